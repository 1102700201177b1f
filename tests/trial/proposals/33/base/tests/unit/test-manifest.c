/* The two files of the manifest: one of them is always whole. */
#include "config.h"

/* Whatever a power cut leaves of the file that is being written, the other one
 * is whole, and isn't written before this one is durable. */
TEST(test_manifest_torn)
{
	static const char *const names[] = { "a", "b", "c" };
	char *dir = scratch_new();
	AUTO_CLOSE int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_BUF struct buf whole = BUF_INIT(0), was = BUF_INIT(0),
	    is = BUF_INIT(0);
	struct manifest m = { .serial = 0 };
	struct err e = ERR_INIT;
	size_t i;
	assert_int_equal(manifest_files(fd), -1);
	fdatasync_fails = false;
	scratch_put(dir, "manifest-2.json", "");
	assert_int_equal(manifest_files(fd), 2);
	scratch_put(dir, "manifest.json", "{\"version\":2,\"serial\":7,");
	assert_int_equal(manifest_files(fd), -1);
	scratch_free(dir);
}
