/* The two files of the manifest: one of them is always whole. */
#include "config.h"

#include <errno.h>

#include "base/fs.h"
#include "base/mem.h"
#include "gate/manifest.h"
#include "scratch.h"
#include "tests/unit/unit.h"

static bool fdatasync_fails;

int	__real_fdatasync(int);
int	__wrap_fdatasync(int);

int
__wrap_fdatasync(int fd)
{
	if (fdatasync_fails) {
		errno = EIO;
		return -1;
	}
	return __real_fdatasync(fd);
}

/* How many files the manifest in dirfd has; -1: it is damaged. */
static int
manifest_files(int dirfd)
{
	struct manifest m = { .serial = 0 };
	struct err e = ERR_INIT;
	int n = manifest_load(&m, dirfd, &e) < 0 ? -1 : (int)m.files.len;

	manifest_release(&m);
	return n;
}

/* Whatever a power cut leaves of the file that is being written, the other one
 * is whole, and isn't written before this one is durable. */
SCRATCH_TEST(test_manifest_torn)
{
	static const char *const names[] = { "a", "b", "c" };
	char *dir = *state;
	AUTO_CLOSE int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_BUF struct buf whole = BUF_INIT(0), was = BUF_INIT(0),
	    is = BUF_INIT(0);
	struct manifest m = { .serial = 0 };
	struct err e = ERR_INIT;
	size_t i;

	for (i = 0; i < 3; i++) {
		pathmap_add(&m.files, names[i],
		    sizeof(struct manifest_entry));
		assert_int_equal(manifest_save(&m, fd, &e), 0);
	}
	manifest_release(&m);
	assert_int_equal(fs_read_file(fd, "manifest.json", &whole, &e), 0);
	assert_int_equal(fs_read_file(fd, "manifest-2.json", &was, &e), 0);
	assert_int_equal(manifest_files(fd), 3);
	for (i = 0; i < whole.len; i++) {
		char *text = xmemdup(whole.p, whole.len);

		text[i] ^= 1;
		scratch_put(dir, "manifest.json", text);
		assert_int_equal(manifest_files(fd), 2);
		text[i] = '\0';
		scratch_put(dir, "manifest.json", text);
		assert_int_equal(manifest_files(fd), 2);
		free(text);
	}
	/* The next save is to the torn one, also if it fails. */
	assert_int_equal(manifest_load(&m, fd, &e), 0);
	for (i = 0; i < 3; i++) {
		fdatasync_fails = i < 2;
		assert_int_equal(manifest_save(&m, fd, &e), i < 2 ? -1 : 0);
		buf_clear(&is);
		assert_int_equal(fs_read_file(fd, "manifest-2.json", &is, &e),
		    0);
		assert_string_equal(buf_str(&is), buf_str(&was));
	}
	manifest_release(&m);
	/* A manifest that isn't durable isn't used: the other one will be
	 * overwritten. */
	fdatasync_fails = true;
	assert_int_equal(manifest_files(fd), -1);
	fdatasync_fails = false;
	scratch_put(dir, "manifest-2.json", "");
	assert_int_equal(manifest_files(fd), 2);
	scratch_put(dir, "manifest.json", "{\"version\":2,\"serial\":7,");
	assert_int_equal(manifest_files(fd), -1);
}
