/* Modes, owners, times, extended attributes; and truncate, where landlock
 * doesn't know it. */
#include "config.h"

#include "sandbox/broker-priv.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <utime.h>

#include "base/mem.h"

#define FILE_XATTR_MAX	65536

/* The result of a system call; closes the file, unless it is an error of
 * ours. */
static int64_t
file_done_take(int fd, int rc)
{
	int64_t result = rc < 0 ? -errno : rc;

	close(fd);
	return result;
}

static int64_t
file_chmod_take(int fd, uint64_t mode)
{
	char name[BROKER_NAME];

	return fd < 0 ? fd : file_done_take(fd, chmod(broker_name(fd, name),
	    (mode_t)mode & 07777));
}

static int64_t
file_chown_take(int fd, uint64_t uid, uint64_t gid)
{
	return fd < 0 ? fd : file_done_take(fd, fchownat(fd, "", (uid_t)uid,
	    (gid_t)gid, AT_EMPTY_PATH));
}

/* `ts` NULL: now. */
static int64_t
file_times_take(int fd, const struct timespec *ts)
{
	return fd < 0 ? fd : file_done_take(fd, utimensat(fd, "", ts,
	    AT_EMPTY_PATH));
}

/* ---- modes ---- */

int64_t
broker_chmod(struct broker_call *c)
{
	return file_chmod_take(broker_path(c, AT_FDCWD, c->args[0], 0),
	    c->args[1]);
}

int64_t
broker_fchmod(struct broker_call *c)
{
	return file_chmod_take(broker_file(c, (int)c->args[0]), c->args[1]);
}

int64_t
broker_fchmodat(struct broker_call *c)
{
	return file_chmod_take(broker_path(c, (int)c->args[0], c->args[1], 0),
	    c->args[2]);
}

int64_t
broker_fchmodat2(struct broker_call *c)
{
	return file_chmod_take(broker_path(c, (int)c->args[0], c->args[1],
	    (int)c->args[3]), c->args[2]);
}

/* ---- owners ---- */

int64_t
broker_chown(struct broker_call *c)
{
	return file_chown_take(broker_path(c, AT_FDCWD, c->args[0], 0),
	    c->args[1], c->args[2]);
}

int64_t
broker_lchown(struct broker_call *c)
{
	return file_chown_take(broker_path(c, AT_FDCWD, c->args[0],
	    AT_SYMLINK_NOFOLLOW), c->args[1], c->args[2]);
}

int64_t
broker_fchown(struct broker_call *c)
{
	return file_chown_take(broker_file(c, (int)c->args[0]), c->args[1],
	    c->args[2]);
}

int64_t
broker_fchownat(struct broker_call *c)
{
	return file_chown_take(broker_path(c, (int)c->args[0], c->args[1],
	    (int)c->args[4]), c->args[2], c->args[3]);
}

/* ---- times ---- */

/* From an array of two of struct timeval. */
static int64_t
file_timevals(struct broker_call *c, int dirfd, uint64_t path, uint64_t at)
{
	struct timespec ts[2];
	struct timeval tv[2];
	int i, rc;

	if (at == 0)
		return file_times_take(broker_path(c, dirfd, path, 0), NULL);
	rc = broker_read(c, at, tv, sizeof(tv));
	if (rc < 0)
		return rc;
	for (i = 0; i < 2; i++) {
		if (tv[i].tv_usec < 0 || tv[i].tv_usec >= 1000000)
			return -EINVAL;
		ts[i].tv_sec = tv[i].tv_sec;
		ts[i].tv_nsec = tv[i].tv_usec * 1000;
	}
	return file_times_take(broker_path(c, dirfd, path, 0), ts);
}

int64_t
broker_utime(struct broker_call *c)
{
	struct timespec ts[2] = { 0 };
	struct utimbuf u;
	int rc;

	if (c->args[1] == 0)
		return file_times_take(broker_path(c, AT_FDCWD, c->args[0],
		    0), NULL);
	rc = broker_read(c, c->args[1], &u, sizeof(u));
	if (rc < 0)
		return rc;
	ts[0].tv_sec = u.actime;
	ts[1].tv_sec = u.modtime;
	return file_times_take(broker_path(c, AT_FDCWD, c->args[0], 0), ts);
}

int64_t
broker_utimes(struct broker_call *c)
{
	return file_timevals(c, AT_FDCWD, c->args[0], c->args[1]);
}

int64_t
broker_futimesat(struct broker_call *c)
{
	return file_timevals(c, (int)c->args[0], c->args[1], c->args[2]);
}

int64_t
broker_utimensat(struct broker_call *c)
{
	struct timespec ts[2];
	int fd, rc = 0;

	if (c->args[2] != 0)
		rc = broker_read(c, c->args[2], ts, sizeof(ts));
	if (rc < 0)
		return rc;
	fd = c->args[1] == 0 ? broker_file(c, (int)c->args[0]) :
	    broker_path(c, (int)c->args[0], c->args[1], (int)c->args[3]);
	return file_times_take(fd, c->args[2] == 0 ? NULL : ts);
}

/* ---- extended attributes, which nothing sets or removes ---- */

/* Landlock lets anybody read them; of files that aren't the payload's there are
 * none. Without a name: list them. */
static int64_t
file_getxattr_take(struct broker_call *c, int fd, bool named)
{
	char path[BROKER_NAME], name[XATTR_NAME_MAX + 2];
	size_t n = (size_t)c->args[2 + named];
	AUTO_FREE char *value = NULL;
	int64_t rc = 0;
	int written;
	char *to;

	if (fd < 0)
		return fd == -EACCES ? -EOPNOTSUPP : fd;
	if (named)
		rc = broker_read_string(c, c->args[1], name, sizeof(name));
	if (rc < 0) {
		close(fd);
		return rc == -ENAMETOOLONG ? -ERANGE : rc;
	}
	if (n > FILE_XATTR_MAX)
		n = FILE_XATTR_MAX;
	value = xmalloc(n + 1);
	to = n == 0 ? NULL : value;
	broker_name(fd, path);
	rc = file_done_take(fd, (int)(named ? getxattr(path, name, to, n) :
	    listxattr(path, to, n)));
	written = rc <= 0 || n == 0 ? 0 : broker_write(c, c->args[1 + named],
	    value, (size_t)rc);
	return written < 0 ? written : rc;
}

int64_t
broker_getxattr(struct broker_call *c)
{
	return file_getxattr_take(c, broker_path(c, AT_FDCWD, c->args[0], 0),
	    true);
}

int64_t
broker_lgetxattr(struct broker_call *c)
{
	return file_getxattr_take(c, broker_path(c, AT_FDCWD, c->args[0],
	    AT_SYMLINK_NOFOLLOW), true);
}

int64_t
broker_listxattr(struct broker_call *c)
{
	return file_getxattr_take(c, broker_path(c, AT_FDCWD, c->args[0], 0),
	    false);
}

int64_t
broker_llistxattr(struct broker_call *c)
{
	return file_getxattr_take(c, broker_path(c, AT_FDCWD, c->args[0],
	    AT_SYMLINK_NOFOLLOW), false);
}

/* ---- */

int64_t
broker_truncate(struct broker_call *c)
{
	char name[BROKER_NAME];
	int64_t size = (int64_t)c->args[1];
	struct stat st;
	int fd;

	if (size < 0)
		return -EINVAL;
	if (size > c->b->file_max)
		return -EFBIG;
	fd = broker_path(c, AT_FDCWD, c->args[0], 0);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return -EINVAL;
	}
	return file_done_take(fd, truncate(broker_name(fd, name), size));
}
