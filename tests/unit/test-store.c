#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
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

/* If the process is killed before the end of a batch, nothing says that its
 * contents are durable. */
SCRATCH_TEST(test_batch)
{
	char *dir = *state, hex[SHA256_HEX_SIZE];
	struct blob_store *s = store_open(dir);
	AUTO_FREE char *map = xasprintf("%s/objects.git/assent-map", dir);
	struct stat st;

	assert_int_equal(blob_batch(s, true, NULL), 0);
	store_put(s, "a", 1, hex);
	assert_int_equal(stat(map, &st), 0);
	assert_int_equal(st.st_size, 0);
	store_check(s, hex, "a", 1);
	assert_int_equal(blob_batch(s, false, NULL), 0);
	assert_int_equal(stat(map, &st), 0);
	assert_int_not_equal(st.st_size, 0);
	blob_store_free(s);
}

/* What a batch that can't be synced has put is put again. */
SCRATCH_TEST(test_batch_unsynced)
{
	char *dir = *state, hex[SHA256_HEX_SIZE], gone[SHA256_HEX_SIZE];
	struct blob_store *s = store_open(dir);
	AUTO_FREE char *map = NULL, *file = xasprintf("%s/objects.git/objects/"
	    "63/d8dbd40c23542e740659a7168a0ce3138ea748", dir);

	store_put(s, "before", 6, hex);
	assert_int_equal(blob_batch(s, true, NULL), 0);
	store_put(s, "a", 1, hex);
	store_put(s, "b", 1, gone);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(blob_batch(s, false, NULL), -1);
	assert_int_equal(blob_batch(s, true, NULL), 0);
	store_put(s, "a", 1, hex);
	assert_int_equal(blob_batch(s, false, NULL), 0);
	map = scratch_get(dir, "objects.git/assent-map");
	assert_non_null(strstr(map, hex));
	assert_null(strstr(map, gone));
	store_check(s, hex, "a", 1);
	sha256_hex("before", 6, hex);
	store_check(s, hex, "before", 6);
	blob_store_free(s);
}

/* A content that is kept is read from memory, until it isn't kept any more; but
 * whether it is there is looked up. */
SCRATCH_TEST(test_kept)
{
	char *dir = *state, hex[SHA256_HEX_SIZE];
	struct blob_store *s = store_open(dir);
	AUTO_FREE char *file = xasprintf("%s/objects.git/objects/"
	    "63/d8dbd40c23542e740659a7168a0ce3138ea748", dir);
	struct buf out = BUF_INIT(0);

	blob_keep(s, true);
	store_put(s, "b", 1, hex);
	assert_int_equal(unlink(file), 0);
	store_check(s, hex, "b", 1);
	assert_false(blob_has(s, hex));
	assert_int_equal(blob_copy(s, hex, -1, NULL), -1);
	blob_keep(s, false);
	assert_int_equal(blob_get(s, hex, &out, NULL), -1);
	blob_store_free(s);
}

/* git removes a folder of objects that it has packed or pruned. */
SCRATCH_TEST(test_folder_gone)
{
	char *dir = *state, hex[SHA256_HEX_SIZE];
	struct blob_store *s = store_open(dir);
	AUTO_FREE char *map = NULL, *folder = NULL, *name = NULL;

	store_put(s, "a", 1, hex);
	map = scratch_get(dir, "objects.git/assent-map");
	folder = xasprintf("%s/objects.git/objects/%.2s", dir, map + 65);
	name = fs_join(folder, map + 67);
	name[strlen(name) - 1] = '\0';	/* the newline */
	assert_int_equal(unlink(name), 0);
	assert_int_equal(rmdir(folder), 0);
	store_put(s, "a", 1, hex);
	store_check(s, hex, "a", 1);
	blob_store_free(s);
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

/* ---- large contents, in pieces ---- */

#define LARGE (2 * BLOB_LARGE + 4711)

/* Not the same in any two pieces. */
static char *
large_new(void)
{
	char *p = xmalloc(LARGE);
	uint32_t x = 1;
	size_t i;

	for (i = 0; i < LARGE; i++)
		p[i] = (char)((x = x * 1664525 + 1013904223) >> 24);
	return p;
}

static int
large_file(const char *dir, const void *p, size_t n)
{
	AUTO_FREE char *path = fs_join(dir, "file");
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0 && fs_write_all(fd, p, n) == 0);
	return fd;
}

static void
large_check_copy(struct blob_store *s, const char *dir, const char *hex)
{
	struct err e = ERR_INIT;
	char is[SHA256_HEX_SIZE];
	AUTO_CLOSE int fd = large_file(dir, "", 0);

	assert_int_equal(blob_copy(s, hex, fd, &e), 0);
	assert_true(sha256_fd(fd, -1, is) >= 0);
	assert_string_equal(is, hex);
	assert_int_equal(blob_copy(s, hex, -1, &e), 0);
}

/* From memory and from a file they are the same object, which git can read. */
SCRATCH_TEST(test_large)
{
	char *dir = *state, hex[SHA256_HEX_SIZE], two[SHA256_HEX_SIZE], *map;
	AUTO_FREE char *p = large_new(), *path = NULL;
	struct blob_store *s = store_open(dir);
	struct err e = ERR_INIT;
	AUTO_CLOSE int fd = large_file(dir, p, LARGE);

	store_put(s, p, LARGE, hex);
	assert_int_equal(blob_put_file(s, fd, LARGE, two, &e), 0);
	assert_string_equal(hex, two);
	/* Only its first bytes, and without a head of pieces. */
	assert_int_equal(blob_put_file(s, fd, LARGE - 1, two, &e), 0);
	store_check(s, two, p, LARGE - 1);
	assert_int_equal(blob_put_file(s, fd, 5, two, &e), 1);
	assert_int_equal(ftruncate(fd, LARGE - 1), 0);
	assert_int_equal(blob_put_file(s, fd, LARGE, two, &e), 1);
	assert_int_equal(ftruncate(fd, 5), 0);
	assert_int_equal(blob_put_file(s, fd, 5, two, &e), 0);
	store_check(s, two, p, 5);
	large_check_copy(s, dir, two);
	assert_int_equal(ftruncate(fd, 4), 0);
	assert_int_equal(blob_put_file(s, fd, 5, two, &e), 1);
	assert_false(err_is_set(&e));

	store_check(s, hex, p, LARGE);
	large_check_copy(s, dir, hex);
	assert_true(blob_is_over(s, hex, LARGE - 1));
	assert_false(blob_is_over(s, hex, LARGE));
	blob_store_free(s);
	s = store_open(dir);
	assert_true(blob_is_over(s, hex, LARGE - 1));
	large_check_copy(s, dir, hex);
	store_check(s, hex, p, LARGE);
	blob_store_free(s);
	/* Now it is read by git's name, which libgit2 checks. */
	map = fs_join(dir, "objects.git/assent-map");
	assert_int_equal(unlink(map), 0);
	free(map);
	s = store_open(dir);
	store_check(s, hex, p, LARGE);
	large_check_copy(s, dir, hex);
	blob_store_free(s);
}

/* A byte that changed is found, wherever it is, and a missing end. */
SCRATCH_TEST(test_large_damage)
{
	char *dir = *state, hex[SHA256_HEX_SIZE], *name;
	AUTO_FREE char *p = large_new(), *map = NULL;
	struct blob_store *s = store_open(dir);
	const off_t at[] = { 100, 70000, LARGE - 1, -1 };
	struct buf out = BUF_INIT(0);
	size_t i;

	store_put(s, p, LARGE, hex);
	map = scratch_get(dir, "objects.git/assent-map");
	name = xasprintf("%s/objects.git/objects/%.2s/%.38s", dir, map + 65,
	    map + 67);
	assert_int_equal(chmod(name, 0600), 0);
	for (i = 0; i < MEM_COUNT(at); i++) {
		struct err e = ERR_INIT;
		AUTO_CLOSE int fd = open(name, O_RDWR | O_CLOEXEC);
		struct stat st;
		char c;

		assert_true(fd >= 0 && fstat(fd, &st) == 0);
		if (at[i] < 0)
			assert_int_equal(ftruncate(fd, st.st_size - 5), 0);
		else {
			assert_int_equal(pread(fd, &c, 1, at[i]), 1);
			c ^= 1;
			assert_int_equal(pwrite(fd, &c, 1, at[i]), 1);
		}
		buf_adds(&out, "kept");
		assert_int_equal(blob_get(s, hex, &out, &e), -1);
		assert_non_null(strstr(e.text, "damaged"));
		assert_string_equal(buf_str(&out), "kept");
		buf_clear(&out);
		e = (struct err)ERR_INIT;
		errno = 0;
		assert_int_equal(blob_copy(s, hex, -1, &e), -1);
		assert_int_equal(errno, EIO);
		assert_true(err_is_set(&e));
		c ^= 1;
		if (at[i] >= 0)
			assert_int_equal(pwrite(fd, &c, 1, at[i]), 1);
	}
	buf_release(&out);
	free(name);
	blob_store_free(s);
}

/* What can't be written says so by errno alone. */
SCRATCH_TEST(test_large_unwritten)
{
	char *dir = *state, hex[SHA256_HEX_SIZE];
	AUTO_FREE char *p = large_new();
	struct blob_store *s = store_open(dir);
	struct err e = ERR_INIT;
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	store_put(s, p, LARGE, hex);
	assert_int_equal(blob_copy(s, hex, fd, &e), -1);
	assert_int_equal(errno, ENOSPC);
	assert_false(err_is_set(&e));
	close(fd);
	blob_store_free(s);
}
