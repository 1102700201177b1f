/*
 * blob-large: writes a content above BLOB_LARGE as an uncompressed loose object
 * (compressing 100 MB would take seconds). libgit2 can't read what it writes
 * itself at level 0, so this writes the stored blocks of RFC 1950 and 1951, in
 * slices.
 */
#include "config.h"

#include "store/blob-priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "store/gitlib.h"

#define BLOB_STORED_MAX 65535u

/* One stored deflate block: last or not, length, its complement, bytes. */
static void
blob_slice_add(struct buf *out, uint32_t adler[2], const unsigned char *p,
    size_t n, bool last)
{
	const char head[5] = {
		last ? 1 : 0, (char)(n & 0xff), (char)(n >> 8),
		(char)(~n & 0xff), (char)((~n >> 8) & 0xff),
	};
	size_t i = 0;

	buf_add(out, head, sizeof(head));
	buf_add(out, p, n);
	while (i < n) {
		/* With this many bytes the sums stay below 2^32. */
		size_t stop = n - i > 5552 ? i + 5552 : n;

		for (; i < stop; i++) {
			adler[0] += p[i];
			adler[1] += adler[0];
		}
		adler[0] %= 65521;
		adler[1] %= 65521;
	}
}

static int
blob_write_stored(int fd, const unsigned char *p, size_t n)
{
	AUTO_BUF struct buf out = BUF_INIT(0);
	uint32_t adler[2] = { 1, 0 };
	char head[40];
	size_t at = 0;
	int rc, len;

	len = snprintf(head, sizeof(head), "blob %zu", n) + 1;
	buf_add(&out, "\x78\x01", 2);
	blob_slice_add(&out, adler, (const unsigned char *)head, (size_t)len,
	    false);
	do {
		size_t slice = n - at > BLOB_STORED_MAX ? BLOB_STORED_MAX :
		    n - at;

		blob_slice_add(&out, adler, p + at, slice, at + slice == n);
		at += slice;
		if (at == n) {
			const char tail[4] = {
				(char)(adler[1] >> 8), (char)adler[1],
				(char)(adler[0] >> 8), (char)adler[0],
			};

			buf_add(&out, tail, sizeof(tail));
		}
		rc = 0;
		if (out.len > BLOB_LARGE || at == n) {
			rc = fs_write_all(fd, out.p, out.len);
			buf_clear(&out);
		}
	} while (rc == 0 && at < n);
	return rc;
}

int
blob_write_large(struct blob_store *s, git_oid *oid, const void *p, size_t n,
    struct err *e)
{
	char hex[GIT_OID_HEXSZ + 1], dir[3], name[GIT_OID_HEXSZ + 2];
	const char *const tmp = "assent-new";
	AUTO_CLOSE int fd = -1;

	if (git_odb_hash(oid, p, n, GIT_OBJECT_BLOB) < 0)
		return gitlib_error(e, "cannot hash a blob");
	git_oid_tostr(hex, sizeof(hex), oid);
	snprintf(dir, sizeof(dir), "%.2s", hex);
	snprintf(name, sizeof(name), "%.2s/%s", hex, hex + 2);
	fd = openat(s->objects_fd, tmp, O_WRONLY | O_CREAT | O_TRUNC |
	    O_NOFOLLOW | O_CLOEXEC, 0444);
	if (fd < 0 && errno == EACCES && unlinkat(s->objects_fd, tmp, 0) == 0)
		fd = openat(s->objects_fd, tmp, O_WRONLY | O_CREAT | O_EXCL |
		    O_NOFOLLOW | O_CLOEXEC, 0444);
	if (fd < 0)
		return err_sys(e, "cannot store a blob");
	if (blob_write_stored(fd, p, n) < 0 || fsync(fd) < 0 ||
	    (mkdirat(s->objects_fd, dir, 0777) < 0 && errno != EEXIST) ||
	    renameat(s->objects_fd, tmp, s->objects_fd, name) < 0 ||
	    fs_fsync_dir(s->objects_fd, dir) < 0) {
		err_sys(e, "cannot store a blob of %zu bytes", n);
		unlinkat(s->objects_fd, tmp, 0);
		return -1;
	}
	return 0;
}
