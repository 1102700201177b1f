#include "config.h"

#include <unistd.h>

#include "scratch.h"
#include "store/blob.h"
#include "tests/unit/unit.h"

static struct blob_store *
store_open(const char *dir)
{
	struct err e = ERR_INIT;
	struct blob_store *s = blob_store_open(dir, false, &e);

	if (s == NULL)
		fail_msg("%s", e.text);
	return s;
}

static void
store_put(struct blob_store *s, const void *p, size_t n, char *hex)
{
	struct err e = ERR_INIT;

	if (blob_put(s, p, n, hex, &e) < 0)
		fail_msg("%s", e.text);
}

static void
store_check(struct blob_store *s, const char *hex, const void *p, size_t n)
{
	struct err e = ERR_INIT;
	struct buf b = BUF_INIT(0);

	if (blob_get(s, hex, &b, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(b.len, n);
	assert_true(n == 0 || memcmp(b.p, p, n) == 0);
	buf_release(&b);
}

/* Two processes of a session: each finds what the other stores. */
SCRATCH_TEST(test_two_stores)
{
	char *dir = *state, hex[SHA256_HEX_SIZE];
	struct blob_store *one = store_open(dir), *two = store_open(dir);
	const char *const texts[] = { "a", "b", "c", "d", "e", "f" };
	size_t i;

	for (i = 0; i < MEM_COUNT(texts); i++) {
		/* Its own lines don't hide the other's. */
		store_put(one, texts[i], 1, hex);
		store_put(two, i == 0 ? "own" : texts[i - 1], i == 0 ? 3 : 1,
		    hex);
		store_put(i % 2 == 0 ? one : two, "again", 5, hex);
		store_put(i % 2 == 0 ? one : two, texts[i], 1, hex);
		store_check(i % 2 == 0 ? two : one, hex, texts[i], 1);
	}
	blob_store_free(one);
	blob_store_free(two);
}

/* The map is a cache: torn, full of rubbish or gone, the contents are there. */
SCRATCH_TEST(test_map_damage)
{
	static const char *const maps[] = {
		"", "rubbish\n", "0123", NULL,
	};
	char *dir = *state, hex[SHA256_HEX_SIZE], two[SHA256_HEX_SIZE];
	struct blob_store *s = store_open(dir);
	char *map = fs_join(dir, "objects.git/assent-map");
	size_t i;

	store_put(s, "kept", 4, hex);
	blob_store_free(s);
	for (i = 0; i < MEM_COUNT(maps); i++) {
		if (maps[i] == NULL)
			unlink(map);
		else
			scratch_put(dir, "objects.git/assent-map", maps[i]);
		s = store_open(dir);
		store_put(s, "more", 4, two);
		store_check(s, hex, "kept", 4);
		blob_store_free(s);
		s = store_open(dir);
		store_check(s, two, "more", 4);
		blob_store_free(s);
	}
	free(map);
}

/* A key that leads to other bytes is never given out. */
SCRATCH_TEST(test_wrong_content)
{
	char *dir = *state, a[SHA256_HEX_SIZE], b[SHA256_HEX_SIZE];
	struct blob_store *s = store_open(dir);
	struct buf out = BUF_INIT(0);
	struct err e = ERR_INIT;
	char *map, *swapped;

	store_put(s, "one", 3, a);
	store_put(s, "two", 3, b);
	blob_store_free(s);
	map = scratch_get(dir, "objects.git/assent-map");
	swapped = xasprintf("%s %.40s\n", a, strstr(map, b) + 65);
	scratch_put(dir, "objects.git/assent-map", swapped);
	s = store_open(dir);
	assert_int_equal(blob_get(s, a, &out, &e), -1);
	assert_non_null(strstr(e.text, "damaged"));
	blob_store_free(s);
	free(map);
	free(swapped);
	buf_release(&out);
}

SCRATCH_TEST(test_commit)
{
	char *dir = *state, one[SHA256_HEX_SIZE], two[SHA256_HEX_SIZE];
	struct blob_store *s = store_open(dir);
	struct err e = ERR_INIT;
	char first[41], second[41], third[41], *ref;
	const struct blob_entry add[] = {
		{ "src/a.c", one, 0100644 }, { "run", one, 0100755 },
		{ "a\nb\x1b.txt", two, 0100644 },
	};
	const struct blob_entry gone[] = {
		{ "src/a.c", NULL, 0 }, { "never", NULL, 0 },
	};
	const struct blob_entry bad[] = {
		{ "x", "0000", 0100644 },
	};

	store_put(s, "1\n", 2, one);
	store_put(s, "2\n", 2, two);
	assert_int_equal(blob_commit(s, add, 3, "first", first, &e), 0);
	assert_int_equal(blob_commit(s, bad, 1, "bad", second, &e), -1);
	e = (struct err)ERR_INIT;
	blob_store_free(s);
	s = store_open(dir);
	assert_int_equal(blob_commit(s, gone, 2, "second", second, &e), 0);
	assert_string_not_equal(first, second);
	ref = scratch_get(dir, "objects.git/refs/heads/applied");
	assert_non_null(ref);
	assert_memory_equal(ref, second, 40);
	free(ref);
	assert_int_equal(blob_commit(s, add, 1, "third", third, &e), 0);
	blob_store_free(s);
}
