/*
 * stage-file: single files of the stage and of the real tree. Everything is
 * reached through a folder's descriptor, and no link is followed: hostile code
 * wrote the upper folder, and the real tree isn't ours.
 */

#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "gate/stage-priv.h"

#define STAGE_READ_TRIES 5

bool
stage_is_missing(int error)
{
	return error == ENOENT || error == ENOTDIR || error == ELOOP;
}

bool
stage_side_equal(const struct stage_side *a, const struct stage_side *b)
{
	if (!a->exists || !b->exists)
		return a->exists == b->exists;
	return a->mode == b->mode && strcmp(a->hash, b->hash) == 0;
}

bool
stage_ignores(struct stage *st, const char *path, bool is_dir)
{

	return st->o.ignores(st->o.policy, path, is_dir) != IGNORED_NOT;
}

bool
stage_hides(struct stage *st, const char *path)
{
	AUTO_FREE char *copy = xstrdup(path);
	struct stat sb;

	if (st->view != &stage_copy)
		return false;
	/* Above what is there are only folders. */
	while (stage_stat_real(st, copy, &sb) < 0)
		if (!fs_up(copy))
			return false;
	return S_ISREG(sb.st_mode) && st->o.is_secret(st->o.policy, copy);
}

mode_t
stage_mode(mode_t old, unsigned mode)
{
	old &= 03777;		/* as after write(2), without setuid */
	if ((mode & 0111) == 0)
		return old & ~(mode_t)0111;
	/* A new program doesn't run with its group's rights. */
	return (old & S_IXUSR) != 0 ? old :
	    (old & 01777) | ((old & 0444) >> 2);
}

void
stage_own(const struct stage *st, int fd)
{
	if (!st->o.keep_owner && (st->root_st.st_uid != 0 ||
	    st->root_st.st_gid != 0) && geteuid() == 0 &&
	    fchown(fd, st->root_st.st_uid, st->root_st.st_gid) < 0)
		return;		/* the sandbox will report write errors */
}

int
stage_stat(int dirfd, const char *path, struct stat *sb)
{
	AUTO_CLOSE int fd = -1;

	if (strchr(path, '/') == NULL)
		return fstatat(dirfd, path, sb, AT_SYMLINK_NOFOLLOW);
	fd = fs_open_beneath(dirfd, path, O_PATH | O_NOFOLLOW, 0);
	return fd < 0 ? -1 : fstat(fd, sb);
}

void
stage_pass(struct stage *st, bool begins)
{
	st->passing = begins;
	FREE_NULL(st->near);
	fs_close(st->near_fd);
	st->near_fd = -1;
}

/* The folder of the project's file, and its name there; -1. */
static int
stage_near(struct stage *st, const char *path, const char **name)
{
	size_t n;

	*name = basename(path);
	n = (size_t)(*name - path);
	if (n == 0)
		return st->root_fd;
	if (st->near == NULL || strlen(st->near) != n - 1 ||
	    memcmp(st->near, path, n - 1) != 0) {
		stage_pass(st, true);
		st->near = xmemdup(path, n - 1);
		st->near_fd = fs_open_beneath(st->root_fd, st->near,
		    O_PATH | O_DIRECTORY, 0);
		st->near_error = errno;
	}
	errno = st->near_error;
	return st->near_fd;
}

bool
stage_real_is_mount(struct stage *st, const char *path, struct stat *sb)
{
	const char *name;
	int dirfd = stage_near(st, path, &name);
	uint64_t attributes = 0;

	memset(sb, 0, sizeof(*sb));
	return dirfd >= 0 && fs_look(dirfd, name, sb, &attributes) == 0 &&
	    (attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

int
stage_stat_real(struct stage *st, const char *path, struct stat *sb)
{
	const char *name;
	int fd;

	if (!st->passing)
		return stage_stat(st->root_fd, path, sb);
	fd = stage_near(st, path, &name);
	if (fd < 0)
		return -1;
	/* If it isn't there, the user's git may have removed the folder since
	 * it was opened, and made it anew. */
	return fstatat(fd, name, sb, AT_SYMLINK_NOFOLLOW) == 0 ? 0 :
	    stage_stat(st->root_fd, path, sb);
}

#define STAGE_DIR (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

int
stage_scan_dir(const struct stage *st, int dirfd, const char *name)
{
	return st->live ? openat(dirfd, name, STAGE_DIR) :
	    stage_open_dir(dirfd, name);
}

int
stage_open_dir(int dirfd, const char *name)
{
	const int flags = STAGE_DIR;
	struct stat sb;
	int fd = openat(dirfd, name, flags);

	if (fd >= 0 && geteuid() != 0 && fstat(fd, &sb) == 0 &&
	    (sb.st_mode & 0700) != 0700)
		(void)fchmod(fd, (sb.st_mode & 07777) | 0700);
	if (fd >= 0 || errno != EACCES)
		return fd;
	/* The stage is idle: no command can create a link there now. */
	if (fstatat(dirfd, name, &sb, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	if (!S_ISDIR(sb.st_mode) ||
	    fchmodat(dirfd, name, (sb.st_mode & 07777) | 0700, 0) < 0) {
		errno = EACCES;
		return -1;
	}
	return openat(dirfd, name, flags);
}

/* Get access to `path` in the stage, even if a command took the permission
 * away. */
static void
stage_widen(struct stage *st, const char *path)
{
	const char *name;
	struct stat sb;
	AUTO_CLOSE int fd = stage_open_parent(st, path, &name, NULL);

	if (fd >= 0 && fstatat(fd, name, &sb, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(sb.st_mode) && (sb.st_mode & 0400) == 0)
		(void)!fchmodat(fd, name, (sb.st_mode & 07777) | 0600, 0);
}

static enum stage_got
stage_read_link(struct stage *st, int dirfd, const char *path,
    struct stage_side *side, struct stage_id *id, const char **why,
    struct err *e)
{
	char target[PATH_MAX + 1];
	struct stat sb;
	ssize_t n;
	AUTO_CLOSE int fd =
	    fs_open_beneath(dirfd, path, O_PATH | O_NOFOLLOW, 0);

	if (fd < 0)
		return stage_is_missing(errno) ? STAGE_GOT :
		    (enum stage_got)err_sys(e, "cannot read %s", path);
	if (fstat(fd, &sb) < 0)
		return (enum stage_got)err_sys(e, "cannot read %s", path);
	if (!S_ISLNK(sb.st_mode)) {
		/* A parent can't be a link: we hold the entry. */
		*why = "changes while it is being read";
		return STAGE_REFUSED;
	}
	n = readlinkat(fd, "", target, sizeof(target));
	if (n < 0)
		return (enum stage_got)err_sys(e, "cannot read %s", path);
	if (blob_put(st->blobs, target, (size_t)n, side->hash, e) < 0)
		return STAGE_FAILED;
	side->exists = true;
	side->mode = 0120000;
	side->size = n;
	stage_id_make(id, &sb);
	return STAGE_GOT;
}

const char *
stage_type_name(mode_t mode)
{
	return S_ISDIR(mode) ? "a folder" : S_ISFIFO(mode) ? "a fifo" :
	    S_ISSOCK(mode) ? "a socket" : "a device";
}

/* Which of these set-user-id and set-group-id bits does the real file lack? */
static mode_t
stage_new_bits(struct stage *st, const char *path, mode_t mode)
{
	struct stat sb;

	mode &= S_ISUID | S_ISGID;
	return mode == 0 || stage_stat_real(st, path, &sb) < 0 ? mode :
	    mode & ~sb.st_mode;
}

bool
stage_known(struct stage *st, const char *path, bool staged,
    const struct stat *now, struct stage_side *side)
{
	const struct manifest_entry *m = pathmap_find(&st->manifest->files,
	    path);
	const struct stage_side *is = m == NULL ? NULL : staged ? &m->after :
	    &m->base;
	struct stage_id id;

	stage_id_make(&id, now);
	if (is == NULL || !is->exists || !stage_id_holds(staged ?
	    &m->after_id : &m->base_id, &id) || !blob_has(st->blobs, is->hash))
		return false;
	*side = *is;
	return true;
}

/* `sb`: what fd is now. */
static enum stage_got
stage_read_fd(struct stage *st, int fd, struct stat sb, const char *path,
    bool staged, struct stage_side *side, struct stage_id *id,
    const char **why, struct err *e)
{
	struct stage_id then;
	int tries, rc;

	for (tries = 0; tries < STAGE_READ_TRIES; tries++) {
		*why = staged && stage_new_bits(st, path, sb.st_mode) != 0 ?
		    "set-user-id or set-group-id bit" :
		    sb.st_size > st->o.max_bytes ? "too large" : NULL;
		if (*why != NULL)
			return STAGE_REFUSED;
		stage_id_make(&then, &sb);
		*id = then;
		if (stage_known(st, path, staged, &sb, side))
			return STAGE_GOT;
		rc = blob_put_file(st->blobs, fd, sb.st_size, side->hash, e);
		if (rc < 0)
			return STAGE_FAILED;
		if (fstat(fd, &sb) < 0)
			return (enum stage_got)err_sys(e, "cannot read %s",
			    path);
		stage_id_make(id, &sb);
		if (rc == 0 && stage_id_equal(&then, id))
			break;
	}
	if (tries == STAGE_READ_TRIES) {
		*why = "changes while it is being read";
		return STAGE_REFUSED;
	}
	/* Settled by the earlier check: the later one may have waited. */
	id->settled = then.settled;
	side->exists = true;
	side->mode = (sb.st_mode & 0100) != 0 ? 0100755 : 0100644;
	side->size = sb.st_size;
	return STAGE_GOT;
}

enum stage_got
stage_read(struct stage *st, const char *path, bool staged,
    struct stage_side *side, struct stage_id *id, const char **why,
    struct err *e)
{
	const int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW;
	int dirfd = staged ? st->staged_fd : st->root_fd;
	const char *unasked;
	struct stat sb;
	AUTO_CLOSE int fd = -1;

	if (why == NULL)
		why = &unasked;
	memset(side, 0, sizeof(*side));
	memset(id, 0, sizeof(*id));
	*why = NULL;
	fd = fs_open_beneath(dirfd, path, flags, 0);
	if (fd < 0 && errno == EACCES && staged && !st->live) {
		stage_widen(st, path);
		fd = fs_open_beneath(dirfd, path, flags, 0);
	}
	if (fd < 0 && errno == ELOOP)
		return stage_read_link(st, dirfd, path, side, id, why, e);
	if (fd < 0 && stage_is_missing(errno))
		return STAGE_GOT;
	if (fd < 0) {
		*why = errno == ENXIO || errno == ENODEV ?
		    "a socket or device" : "cannot be read";
		return STAGE_REFUSED;
	}
	if (fstat(fd, &sb) < 0)
		return (enum stage_got)err_sys(e, "cannot read %s", path);
	if (S_ISREG(sb.st_mode))
		return stage_read_fd(st, fd, sb, path, staged, side, id, why,
		    e);
	*why = stage_type_name(sb.st_mode);
	stage_id_make(id, &sb);
	return STAGE_REFUSED;
}

bool
stage_has_staged(struct stage *st, const char *path,
    const struct stage_side *side)
{
	struct stage_side now;
	struct stage_id id;

	return stage_read(st, path, true, &now, &id, NULL,
	    NULL) == STAGE_GOT && stage_side_equal(&now, side);
}

bool
stage_is_opaque(int fd)
{
	char c = 0;

	return fgetxattr(fd, "user.overlay.opaque", &c, 1) == 1 && c == 'y';
}

int
stage_make_dir(struct stage *st, int fd, const char *name, const char *path,
    bool opaque)
{
	struct stat sb;
	int sub;

	if (mkdirat(fd, name, 0700) < 0 && errno != EEXIST)
		return -1;
	sub = stage_open_dir(fd, name);
	if (sub < 0)
		return -1;
	if (stage_stat_real(st, path, &sb) < 0 || !S_ISDIR(sb.st_mode))
		sb.st_mode = st->root_st.st_mode;
	stage_own(st, sub);
	if (fchmod(sub, (sb.st_mode & 0777) | 0700) < 0 ||
	    (opaque && fsetxattr(sub, "user.overlay.opaque", "y", 1, 0) < 0)) {
		close(sub);
		return -1;
	}
	return sub;
}

int
stage_open_parent(struct stage *st, const char *path, const char **name,
    struct err *e)
{
	char *copy = xstrdup(path), *p = copy, *slash;
	int fd = openat(st->staged_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat sb;
	int next, error;

	while (fd >= 0 && (slash = strchr(p, '/')) != NULL) {
		*slash = '\0';
		next = stage_open_dir(fd, p);
		error = errno;
		if (next < 0 && error == ENOENT)
			next = stage_make_dir(st, fd, p, copy, false);
		else if (next < 0 && fstatat(fd, p, &sb,
		    AT_SYMLINK_NOFOLLOW) == 0 && S_ISCHR(sb.st_mode) &&
		    unlinkat(fd, p, 0) == 0)
			next = stage_make_dir(st, fd, p, copy, true);
		else
			errno = error;
		fs_close(fd);
		fd = next;
		*slash = '/';
		p = slash + 1;
	}
	error = errno;
	*name = path + (p - copy);
	free(copy);
	errno = error;
	if (fd < 0)
		err_sys(e, "can't write %s in the copy", path);
	return fd;
}

static int
stage_write_new(struct stage *st, const char *path,
    const struct stage_side *side, struct err *e)
{
	AUTO_BUF struct buf target = BUF_INIT(0);
	struct stat sb;
	struct timespec times[2];
	mode_t mode = 0644;
	AUTO_CLOSE int fd = -1;

	if (side->mode == 0120000)
		return blob_get(st->blobs, side->hash, &target, e) == 0 &&
		    symlinkat(buf_str(&target), st->dir_fd, STAGE_NEW) == 0 ?
		    0 : err_sys(e, "can't write %s in the copy", path);
	if ((stage_stat(st->staged_fd, path, &sb) == 0 &&
	    S_ISREG(sb.st_mode)) || (stage_stat_real(st, path, &sb) == 0 &&
	    S_ISREG(sb.st_mode)))
		mode = (sb.st_mode & 0777) | 0600;
	mode &= (mode_t)~0111;
	if (side->mode == 0100755)
		mode |= (mode & 0444) >> 2;
	fd = openat(st->dir_fd, STAGE_NEW, O_WRONLY | O_CREAT | O_EXCL |
	    O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(e, "can't write %s in the copy", path);
	stage_own(st, fd);
	/* Finer than the kernel's own stamp, which may be a tick behind:
	 * what was built earlier must be older than this file. */
	clock_gettime(CLOCK_REALTIME, &times[1]);
	times[0] = times[1];
	if (blob_copy(st->blobs, side->hash, fd, e) < 0 ||
	    fchmod(fd, mode) < 0 || futimens(fd, times) < 0)
		return err_sys(e, "can't write %s in the copy", path);
	return 0;
}

int
stage_write(struct stage *st, const char *path, const struct stage_side *side,
    struct err *e)
{
	const char *name;
	AUTO_CLOSE int fd = -1;
	int rc;

	if (unlinkat(st->dir_fd, STAGE_NEW, 0) < 0 && errno != ENOENT)
		return err_sys(e, "can't write %s in the copy", path);
	if (stage_write_new(st, path, side, e) < 0 ||
	    (fd = stage_open_parent(st, path, &name, e)) < 0)
		return -1;
	rc = renameat(st->dir_fd, STAGE_NEW, fd, name);
	if (rc < 0 && (errno == EISDIR || errno == ENOTEMPTY ||
	    errno == EEXIST) && fs_remove_tree(fd, name, e) == 0)
		rc = renameat(st->dir_fd, STAGE_NEW, fd, name);
	if (rc < 0)
		err_sys(e, "can't write %s in the copy", path);
	return rc;
}

int
stage_again(struct stage *st, struct manifest_entry *m, struct err *e)
{
	memset(&m->after_id, 0, sizeof(m->after_id));
	st->dirty = true;
	return !m->after.exists ? st->view->erase(st, m->path, e) :
	    stage_has_staged(st, m->path, &m->after) ? 0 :
	    stage_write(st, m->path, &m->after, e);
}

/* Remove the folders above `path` that are empty and that the project lacks: it
 * may have a file in their place, which stays deleted if it was. */
static void
stage_prune(struct stage *st, const char *path)
{
	AUTO_FREE char *copy = xstrdup(path);
	bool gone = true;

	while (gone && fs_up(copy)) {
		const struct manifest_entry *m;
		const char *name;
		struct stat sb;
		int fd;

		if (stage_stat_real(st, copy, &sb) == 0 &&
		    S_ISDIR(sb.st_mode))
			return;
		fd = fs_open_parent(st->staged_fd, copy, false, &name);
		gone = fd >= 0 && unlinkat(fd, name, AT_REMOVEDIR) == 0;
		fs_close(fd);
		m = pathmap_find(&st->manifest->files, copy);
		if (gone && m != NULL && !m->after.exists)
			(void)st->view->erase(st, copy, NULL);
	}
}

int
stage_remove(struct stage *st, const char *path, struct err *e)
{
	const char *name;
	struct stat sb;
	int rc = 0;
	AUTO_CLOSE int fd = fs_open_parent(st->staged_fd, path, false, &name);

	if (fd < 0 && errno == EACCES) {
		stage_widen(st, path);
		fd = fs_open_parent(st->staged_fd, path, false, &name);
	}
	if (fd < 0)
		return stage_is_missing(errno) ? 0 :
		    err_sys(e, "cannot unstage %s", path);
	/* A folder in its place is handled with other paths. */
	if (fstatat(fd, name, &sb, AT_SYMLINK_NOFOLLOW) == 0 &&
	    !S_ISDIR(sb.st_mode) && unlinkat(fd, name, 0) < 0)
		rc = err_sys(e, "cannot unstage %s", path);
	stage_prune(st, path);
	return rc;
}

/* Takes ownership of fd. */
static bool
stage_dir_is_staged(struct stage *st, int fd, struct buf *path, int depth)
{
	AUTO_DIR DIR *d = fs_dir_take(fd);
	bool found = d == NULL || depth >= STAGE_MAX_DEPTH;
	struct dirent *de;

	while (!found && (de = fs_dir_next(&d)) != NULL) {
		size_t len = path->len;
		struct stat sb;

		if (fstatat(dirfd(d), de->d_name, &sb, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		buf_addf(path, "/%s", de->d_name);
		if (S_ISDIR(sb.st_mode))
			found = !stage_ignores(st, buf_str(path), true) &&
			    stage_dir_is_staged(st, stage_open_dir(dirfd(d),
			    de->d_name), path, depth + 1);
		else	/* a device is a deletion */
			found = !S_ISCHR(sb.st_mode) &&
			    !stage_ignores(st, buf_str(path), false) &&
			    !copy_is_own(st, buf_str(path), &sb);
		buf_cut(path, len);
	}
	return found;
}

bool
stage_is_staged_below(struct stage *st, const char *path)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	buf_adds(&b, path);
	return stage_dir_is_staged(st, fs_open_beneath(st->staged_fd, path,
	    O_RDONLY | O_DIRECTORY, 0), &b, 0);
}

int
stage_count_deleted(struct stage *st, const char *path, struct err *e)
{
	struct manifest_entry *m;
	struct stage_side real;
	struct stage_id id;
	enum stage_got got = stage_read(st, path, false, &real, &id, NULL, e);

	if (got != STAGE_GOT || !real.exists)
		return got == STAGE_FAILED ? -1 : 0;
	m = pathmap_add(&st->manifest->files, path, sizeof(*m));
	m->base = real;
	m->base_id = id;
	m->during = true;
	st->dirty = true;
	return 0;
}

void
stage_hidden_add(struct pathmap *m, const char *path)
{
	if (path[0] != '\0')
		pathmap_add(m, path, sizeof(struct manifest_hidden));
}

bool
stage_hidden_in(const struct pathmap *m, const char *path)
{
	AUTO_FREE char *copy = xstrdup(path);

	while (pathmap_find(m, copy) == NULL)
		if (!fs_up(copy))
			return false;
	return true;
}
