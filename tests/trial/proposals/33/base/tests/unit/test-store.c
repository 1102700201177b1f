#include "config.h"

/* The map is a cache: torn, full of rubbish or gone, the contents are there. */
TEST(test_map_damage)
{
	static const char *const maps[] = {
		"", "rubbish\n", "0123", NULL,
	};
	char *dir = scratch_new(), hex[SHA256_HEX_SIZE], two[SHA256_HEX_SIZE];
	struct blob_store *s = store_open(dir);
	char *map = fs_join(dir, "objects.git/assent-map");
	size_t i;

	store_put(s, "kept", 4, hex);
	blob_store_free(s);
		blob_store_free(s);
		s = store_open(dir);
		store_check(s, two, "more", 4);
		blob_store_free(s);
	}
	free(map);
	scratch_free(dir);
}

/* A key that leads to other bytes is never given out. */
TEST(test_wrong_content)
{
	char *dir = scratch_new(), a[SHA256_HEX_SIZE], b[SHA256_HEX_SIZE];
	struct blob_store *s = store_open(dir);
	struct buf out = BUF_INIT(0);
	struct err e = ERR_INIT;
	char *map, *swapped;

	store_put(s, "one", 3, a);
	assert_int_equal(blob_get(s, a, &out, &e), -1);
	assert_non_null(strstr(e.text, "damaged"));
	blob_store_free(s);
	free(map);
	free(swapped);
	buf_release(&out);
	scratch_free(dir);
}

TEST(test_commit)
{
	char *dir = scratch_new(), one[SHA256_HEX_SIZE], two[SHA256_HEX_SIZE];
	struct blob_store *s = store_open(dir);
	struct err e = ERR_INIT;
	char first[41], second[41], third[41], *ref;
	const struct blob_entry add[] = {
		{ "src/a.c", one, 0100644 }, { "run", one, 0100755 },
		{ "a\nb\x1b.txt", two, 0100644 },
	ref = scratch_get(dir, "objects.git/refs/heads/applied");
	assert_non_null(ref);
	assert_memory_equal(ref, second, 40);
	free(ref);
	assert_int_equal(blob_commit(s, add, 1, "third", third, &e), 0);
	blob_store_free(s);
	scratch_free(dir);
}
