/*
 * Operations on one name of the real tree. Everything is relative to a
 * descriptor of the folder, and symbolic links are read and replaced, never
 * followed. Nothing here decides whether an operation is allowed.
 */
#include "config.h"

#include "gate/worktree.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"

/* Staged files are far smaller: a larger file can't be the one that a change
 * was made for, so it isn't read. */
#define WORKTREE_MAX_BYTES	((off_t)1 << 30)
#define WORKTREE_ACL	"system.posix_acl_access"
/* A program that saves in place has the file open for less time than this;
 * don't wait for a program that keeps it open. */
#define WORKTREE_WAIT_MS	100

static void
worktree_nap(void)
{
	const struct timespec nap = { 0, 1000000 };

	nanosleep(&nap, NULL);
}

static int
worktree_hash_fd(int fd, char hex[SHA256_HEX_SIZE])
{
	struct sha256 *h = sha256_new();
	char chunk[65536];
	ssize_t n;

	for (;;) {
		n = fs_read(fd, chunk, sizeof(chunk));
		if (n <= 0)
			break;
		sha256_add(h, chunk, (size_t)n);
	}
	sha256_end_free(h, hex);
	return n < 0 ? -1 : 0;
}

static int
worktree_read_link(int dirfd, const char *name, struct worktree_state *s)
{
	size_t cap = (size_t)s->st.st_size + 2;
	AUTO_FREE char *target = xmalloc(cap);
	ssize_t n = readlinkat(dirfd, name, target, cap);

	if (n >= 0 && (size_t)n < cap) {
		sha256_hex(target, (size_t)n, s->side.hash);
		s->side.mode = 0120000;
		s->side.size = n;
	} else if (n >= 0) {
		s->other = true;	/* changed while we read it */
	}
	return n < 0 ? -1 : 0;
}

static int
worktree_read_file(int dirfd, const char *name, struct worktree_state *s)
{
	int rc = 0;
	AUTO_CLOSE int fd = openat(dirfd, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (fstat(fd, &s->st) < 0)
		rc = -1;
	else if (!S_ISREG(s->st.st_mode) || s->st.st_size > WORKTREE_MAX_BYTES)
		s->other = true;
	else
		rc = worktree_hash_fd(fd, s->side.hash);
	s->side.mode = (s->st.st_mode & S_IXUSR) != 0 ? 0100755 : 0100644;
	s->side.size = s->st.st_size;
	return rc;
}

int
worktree_read(int dirfd, const char *name, struct worktree_state *s)
{
	int tries, rc = -1;

	for (tries = 0; tries < 16; tries++) {
		memset(s, 0, sizeof(*s));
		if (fstatat(dirfd, name, &s->st, AT_SYMLINK_NOFOLLOW) < 0)
			return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
		s->side.exists = true;
		if (S_ISLNK(s->st.st_mode)) {
			rc = worktree_read_link(dirfd, name, s);
		} else if (S_ISREG(s->st.st_mode)) {
			rc = worktree_read_file(dirfd, name, s);
		} else {
			s->other = true;
			return 0;
		}
		/* Errors that mean that another type of file has replaced it
		 * meanwhile. */
		if (rc == 0 || (errno != ENOENT && errno != ELOOP &&
		    errno != EINVAL && errno != ENXIO))
			return rc;
	}
	return rc;
}

bool
worktree_is(const struct worktree_state *s, const struct stage_side *want)
{
	if (!s->side.exists || !want->exists)
		return s->side.exists == want->exists;
	return !s->other && s->side.mode == want->mode &&
	    strcmp(s->side.hash, want->hash) == 0;
}

/* Attributes that are never carried over to another content: capabilities and
 * measurements belong to the old bytes, overlay marks to a file system. */
static bool
worktree_xattr_is_left(const char *name)
{
	return strcmp(name, "security.capability") == 0 ||
	    strcmp(name, "security.ima") == 0 ||
	    strcmp(name, "security.evm") == 0 ||
	    strncmp(name, "trusted.overlay.", 16) == 0 ||
	    strncmp(name, "user.overlay.", 13) == 0;
}

/* Losing one of these attributes silently would be an unreviewed change. */
static bool
worktree_xattr_must_stay(const char *name)
{
	return strncmp(name, "user.", 5) == 0 ||
	       strcmp(name, WORKTREE_ACL) == 0;
}

static int
worktree_xattr_copy_one(int from, int to, const char *name)
{
	AUTO_FREE char *value = NULL;
	ssize_t n;
	int rc = 0;

	n = fgetxattr(from, name, NULL, 0);
	if (n < 0)
		return worktree_xattr_must_stay(name) && errno != ENODATA ? -1
									  : 0;
	value = xmalloc((size_t)n + 1);
	n = fgetxattr(from, name, value, (size_t)n);
	if (n < 0 || fsetxattr(to, name, value, (size_t)n, 0) < 0)
		rc = worktree_xattr_must_stay(name) ? -1 : 0;
	return rc;
}

static int
worktree_xattr_copy(int from, int to)
{
	char *names, *p;
	ssize_t n;
	int rc = 0;

	/* The folder's default may give the new file an ACL that the old one
	 * doesn't have. */
	(void)fremovexattr(to, WORKTREE_ACL);
	n = flistxattr(from, NULL, 0);
	if (n <= 0)
		return n == 0 || worktree_is_unsupported(errno) ? 0 : -1;
	names = xmalloc((size_t)n + 1);
	n = flistxattr(from, names, (size_t)n);
	if (n < 0)
		rc = -1;
	for (p = names; rc == 0 && p < names + n; p += strlen(p) + 1)
		if (!worktree_xattr_is_left(p))
			rc = worktree_xattr_copy_one(from, to, p);
	free(names);
	return rc;
}

/* Owner, attributes, then mode: a chown clears bits, an ACL sets some. */
static int
worktree_copy_meta(struct worktree_new *new)
{
	const struct worktree_state *old = new->old;
	mode_t bits = stage_mode(old->st.st_mode, new->mode);
	struct stat st;
	int from, to = new->fd, rc = -1;

	if (fstat(to, &st) < 0)
		return -1;
	if ((st.st_uid != old->st.st_uid || st.st_gid != old->st.st_gid) &&
	    fchown(to, old->st.st_uid, old->st.st_gid) < 0) {
		new->kept_owner = st.st_uid == old->st.st_uid;
		if (st.st_gid != old->st.st_gid &&
		    fchown(to, (uid_t)-1, old->st.st_gid) < 0) {
			/* Another group must not get the permissions of this
			 * one. */
			new->kept_owner = false;
			bits = (bits & ~(mode_t)02070) | ((bits & 07) << 3);
		}
	}
	from = openat(new->old_fd, new->old_name, O_RDONLY | O_NOFOLLOW |
	    O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (from < 0)
		return -1;
	if (worktree_xattr_copy(from, to) == 0 && fchmod(to, bits) == 0 &&
	    fstat(to, &st) == 0)
		rc = 0;
	if (((old->st.st_mode ^ st.st_mode) & (S_ISUID | S_ISGID)) != 0)
		new->kept_owner = false;
	close(from);
	return rc;
}

static int
worktree_make_link(int dirfd, const char *name, struct worktree_new *new)
{
	const struct worktree_state *old = new->old;
	const struct buf *bytes = new->bytes;
	struct stat st;

	if (bytes->len == 0 || strlen(bytes->p) != bytes->len) {
		errno = EINVAL;
		return -1;
	}
	if (symlinkat(bytes->p, dirfd, name) < 0)
		return -1;
	new->fd = worktree_open_path(dirfd, name);
	if (new->fd < 0 || fstat(new->fd, &st) < 0 || !S_ISLNK(st.st_mode))
		return 0;	/* a later comparison will see it */
	fs_own_as(dirfd, new->fd);
	if (old != NULL && S_ISLNK(old->st.st_mode) && geteuid() == 0)
		(void)fchownat(new->fd, "", old->st.st_uid, old->st.st_gid,
		    AT_EMPTY_PATH);
	return 0;
}

int
worktree_write_new(int dirfd, const char *name, struct worktree_new *new)
{
	bool keep = new->old_name != NULL && S_ISREG(new->old->st.st_mode);
	int fd, rc = -1;

	new->kept_owner = true;
	new->fd = -1;
	if (new->mode == 0120000)
		return worktree_make_link(dirfd, name, new);
	/* A new file's mode comes from the umask and the folder; a file that
	 * replaces another is unreadable until it has its mode. */
	fd = openat(dirfd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, keep ? 0600 : (new->mode & 0111) != 0 ? 0777 : 0666);
	if (fd < 0)
		return -1;
	new->fd = fd;
	if (!keep)
		fs_own_as(dirfd, fd);
	if (fs_write_all(fd, buf_str(new->bytes), new->bytes->len) == 0 &&
	    (!keep || worktree_copy_meta(new) == 0) &&
	    (new->unsynced || fsync(fd) == 0))
		rc = 0;
	return rc;
}

bool
worktree_is_unsupported(int error)
{
	return error == EINVAL || error == ENOSYS || error == EOPNOTSUPP ||
	    error == ENOTSUP;
}

int
worktree_exchange(int dirfd, const char *a, const char *b)
{
	return renameat2(dirfd, a, dirfd, b, RENAME_EXCHANGE);
}

int
worktree_move_aside(int from_fd, const char *from, int to_fd, const char *to)
{
	if (renameat2(from_fd, from, to_fd, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (!worktree_is_unsupported(errno))
		return -1;
	return renameat(from_fd, from, to_fd, to);
}

static bool
worktree_is_same_name(int fd_a, const char *a, int fd_b, const char *b)
{
	struct stat x, y;

	return fstatat(fd_a, a, &x, AT_SYMLINK_NOFOLLOW) == 0 &&
	    fstatat(fd_b, b, &y, AT_SYMLINK_NOFOLLOW) == 0 &&
	    x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

int
worktree_rename_new(int from_fd, const char *from, int to_fd, const char *to)
{
	if (renameat2(from_fd, from, to_fd, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (!worktree_is_unsupported(errno))
		return -1;
	/* A server may have made the link although its answer was lost. */
	if (linkat(from_fd, from, to_fd, to, 0) < 0 && (errno != EEXIST ||
	    !worktree_is_same_name(from_fd, from, to_fd, to))) {
		if (errno == EPERM || errno == EMLINK ||
		    worktree_is_unsupported(errno))
			errno = EOPNOTSUPP;
		return -1;
	}
	/* If this fails, the next apply sets aside the file under the other
	 * name. */
	(void)unlinkat(from_fd, from, 0);
	return 0;
}

int
worktree_rename_free(int from_fd, const char *from, int to_fd, const char *to)
{
	struct stat st;

	if (fstatat(to_fd, to, &st, AT_SYMLINK_NOFOLLOW) == 0)
		errno = EEXIST;
	if (errno != ENOENT)
		return -1;
	return renameat(from_fd, from, to_fd, to);
}

void
worktree_wait_writers(int dirfd, const char *name)
{
	int i;
	AUTO_CLOSE int fd = openat(dirfd, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return;
	/* A read lease is refused while there are writers. If it is broken
	 * meanwhile, its signal is ignored. */
	(void)fcntl(fd, F_SETSIG, SIGURG);
	for (i = 0; i < WORKTREE_WAIT_MS; i++) {
		if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0) {
			(void)fcntl(fd, F_SETLEASE, F_UNLCK);
			break;
		}
		if (errno != EAGAIN)
			break;
		worktree_nap();
	}
}

int
worktree_open_path(int dirfd, const char *name)
{
	return openat(dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

bool
worktree_is_same(int fd, const struct stat *a, const struct stat *b)
{
	if (a->st_dev != b->st_dev || a->st_ino == b->st_ino)
		return a->st_dev == b->st_dev;
	return ((a->st_mode ^ b->st_mode) & S_IFMT) == 0 &&
	       a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       !fs_kind_is_known(fd);
}

bool
worktree_is_same_file(int fd_a, int fd_b)
{
	struct stat a, b;

	return fstat(fd_a, &a) == 0 && fstat(fd_b, &b) == 0 &&
	    worktree_is_same(fd_a, &a, &b);
}
