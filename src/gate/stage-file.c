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
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/dotgit.h"
#include "base/fs.h"
#include "base/mem.h"
#include "gate/stage-priv.h"

#define STAGE_READ_TRIES 5

static void overlay_dir(struct stage_scan_state *, int fd, int depth,
    bool opaque);

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
	enum product_why why = st->o.product(st->o.policy, path, is_dir);

	return why != PRODUCT_NOT && why != PRODUCT_BINARY;
}

bool
stage_hides(struct stage *st, const char *path)
{
	char *copy, *slash;
	struct stat sb;
	bool yes = false;

	if (st->view != &stage_copy)
		return false;
	copy = xstrdup(path);
	for (;;) {
		if (stage_stat(st->root_fd, copy, &sb) == 0) {
			yes = S_ISREG(sb.st_mode) &&
			    st->o.is_secret(st->o.policy, copy);
			break;		/* there are only folders above it */
		}
		slash = strrchr(copy, '/');
		if (slash == NULL)
			break;
		*slash = '\0';
	}
	free(copy);
	return yes;
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

bool
stage_is_mount(int root_fd, const char *path, struct stat *sb)
{
	struct statx x = { 0 };
	const char *name;
	AUTO_CLOSE int fd = fs_open_parent(root_fd, path, false, &name);
	bool is = fd >= 0 && statx(fd, name, AT_SYMLINK_NOFOLLOW, STATX_TYPE |
	    STATX_MODE | STATX_NLINK, &x) == 0;

	*sb = (struct stat){ .st_mode = is ? x.stx_mode : 0,
		.st_nlink = is ? x.stx_nlink : 0 };
	return is && (x.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

void
stage_own(const struct stage *st, int fd)
{
	if (!st->o.keep_owner && geteuid() == 0 && (st->root_st.st_uid != 0 ||
	    st->root_st.st_gid != 0) &&
	    fchown(fd, st->root_st.st_uid, st->root_st.st_gid) < 0)
		return;		/* the sandbox will report write errors */
}

int
stage_stat(int dirfd, const char *path, struct stat *sb)
{
	int fd, rc, error;

	if (strchr(path, '/') == NULL)
		return fstatat(dirfd, path, sb, AT_SYMLINK_NOFOLLOW);
	fd = fs_open_beneath(dirfd, path, O_PATH | O_NOFOLLOW, 0);
	if (fd < 0)
		return -1;
	rc = fstat(fd, sb);
	error = errno;
	close(fd);
	errno = error;
	return rc;
}

int
stage_open_dir(int dirfd, const char *name)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	struct stat sb;
	int fd = openat(dirfd, name, flags);

	if (fd >= 0 && geteuid() != 0 && fstat(fd, &sb) == 0 &&
	    (sb.st_mode & 0700) != 0700)
		(void)fchmod(fd, (sb.st_mode & 07777) | 0700);
	if (fd >= 0 || errno != EACCES)
		return fd;
	/* The stage is idle: nobody can create a link there now. */
	if (fstatat(dirfd, name, &sb, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	if (!S_ISDIR(sb.st_mode) ||
	    fchmodat(dirfd, name, (sb.st_mode & 07777) | 0700, 0) < 0) {
		errno = EACCES;
		return -1;
	}
	return openat(dirfd, name, flags);
}

/* Get access to `path` in the stage, whatever modes a tool set. */
static void
stage_widen(int dirfd, const char *path)
{
	char *copy = xstrdup(path), *p = copy, *slash;
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), next;
	struct stat sb;

	while (fd >= 0 && (slash = strchr(p, '/')) != NULL) {
		*slash = '\0';
		next = stage_open_dir(fd, p);
		close(fd);
		fd = next;
		p = slash + 1;
	}
	if (fd >= 0) {
		if (fstatat(fd, p, &sb, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(sb.st_mode) && (sb.st_mode & 0400) == 0)
			(void)fchmodat(fd, p, (sb.st_mode & 07777) | 0600, 0);
		close(fd);
	}
	free(copy);
}

static enum stage_got
stage_read_link(struct stage *st, int dirfd, const char *path,
    struct stage_side *side, struct stage_id *id, const char **why,
    struct err *e)
{
	char target[PATH_MAX + 1];
	enum stage_got got = STAGE_FAILED;
	struct stat sb;
	ssize_t n;
	AUTO_CLOSE int fd =
	    fs_open_beneath(dirfd, path, O_PATH | O_NOFOLLOW, 0);

	if (fd < 0)
		return stage_is_missing(errno) ? STAGE_GOT :
		    (enum stage_got)err_sys(e, "cannot read %s", path);
	if (fstat(fd, &sb) < 0) {
		err_sys(e, "cannot read %s", path);
		return got;
	}
	if (!S_ISLNK(sb.st_mode)) {
		/* A parent can't be a link: we hold the entry. */
		*why = "changes while it is being read";
		return STAGE_REFUSED;
	}
	n = readlinkat(fd, "", target, sizeof(target));
	if (n < 0) {
		err_sys(e, "cannot read %s", path);
		return got;
	}
	if (blob_put(st->blobs, target, (size_t)n, side->hash, e) < 0)
		return got;
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
stage_new_bits(const struct stage *st, const char *path, mode_t mode)
{
	struct stat sb;

	mode &= S_ISUID | S_ISGID;
	return mode == 0 || stage_stat(st->root_fd, path, &sb) < 0 ? mode :
	    mode & ~sb.st_mode;
}

static enum stage_got
stage_read_fd(struct stage *st, int fd, const char *path, bool staged,
    struct stage_side *side, struct stage_id *id, const char **why,
    struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT((size_t)st->o.max_bytes);
	enum stage_got got = STAGE_FAILED;
	struct stat sb;
	struct stage_id then;
	int tries;

	for (tries = 0; tries < STAGE_READ_TRIES; tries++) {
		if (fstat(fd, &sb) < 0 || lseek(fd, 0, SEEK_SET) < 0) {
			err_sys(e, "cannot read %s", path);
			return got;
		}
		*why = staged && stage_new_bits(st, path, sb.st_mode) != 0 ?
		    "set-user-id or set-group-id bit" :
		    sb.st_size > st->o.max_bytes ? "too large" : NULL;
		if (*why != NULL)
			return STAGE_REFUSED;
		stage_id_make(&then, &sb);
		buf_clear(&b);
		if (fs_read_all(fd, &b) < 0 && errno != EFBIG) {
			err_sys(e, "cannot read %s", path);
			return got;
		}
		if (fstat(fd, &sb) < 0) {
			err_sys(e, "cannot read %s", path);
			return got;
		}
		stage_id_make(id, &sb);
		if (b.len == (size_t)sb.st_size && stage_id_equal(&then, id))
			break;
	}
	if (tries == STAGE_READ_TRIES) {
		*why = "changes while it is being read";
		return STAGE_REFUSED;
	}
	/* Settled by the earlier check: the later one may have waited. */
	id->settled = then.settled;
	if (blob_put(st->blobs, b.p, b.len, side->hash, e) < 0)
		return got;
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
	enum stage_got got;
	struct stat sb;
	AUTO_CLOSE int fd = -1;

	if (why == NULL)
		why = &unasked;
	memset(side, 0, sizeof(*side));
	memset(id, 0, sizeof(*id));
	*why = NULL;
	fd = fs_open_beneath(dirfd, path, flags, 0);
	if (fd < 0 && errno == EACCES && staged) {
		stage_widen(dirfd, path);
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
	if (fstat(fd, &sb) < 0) {
		got = (enum stage_got)err_sys(e, "cannot read %s", path);
	} else if (!S_ISREG(sb.st_mode)) {
		*why = stage_type_name(sb.st_mode);
		stage_id_make(id, &sb);
		got = STAGE_REFUSED;
	} else {
		got = stage_read_fd(st, fd, path, staged, side, id, why, e);
	}
	return got;
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
	if (stage_stat(st->root_fd, path, &sb) < 0 || !S_ISDIR(sb.st_mode))
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
		if (next < 0 && errno == ENOENT) {
			next = stage_make_dir(st, fd, p, copy, false);
		} else if (next < 0 && fstatat(fd, p, &sb,
		    AT_SYMLINK_NOFOLLOW) == 0 && S_ISCHR(sb.st_mode) &&
		    unlinkat(fd, p, 0) == 0) {
			next = stage_make_dir(st, fd, p, copy, true);
		} else {
			errno = error;
		}
		error = errno;
		close(fd);
		errno = error;
		fd = next;
		*slash = '/';
		p = slash + 1;
	}
	error = errno;
	*name = path + (p - copy);
	free(copy);
	errno = error;
	if (fd < 0)
		err_sys(e, "can't write %s in the staged copy", path);
	return fd;
}

static int
stage_write_new(struct stage *st, const char *path,
    const struct stage_side *side, const struct buf *content, struct err *e)
{
	struct stat sb;
	struct timespec times[2];
	mode_t mode = 0644;
	int fd = -1, rc = -1;

	if (side->mode == 0120000) {
		if (symlinkat(buf_str(content), st->dir_fd, STAGE_NEW) < 0)
			return err_sys(e, "can't write %s in the staged copy",
			    path);
		return 0;
	}
	if ((stage_stat(st->staged_fd, path, &sb) == 0 &&
	    S_ISREG(sb.st_mode)) || (stage_stat(st->root_fd, path, &sb) == 0 &&
	    S_ISREG(sb.st_mode)))
		mode = (sb.st_mode & 0777) | 0600;
	mode &= (mode_t)~0111;
	if (side->mode == 0100755)
		mode |= (mode & 0444) >> 2;
	fd = openat(st->dir_fd, STAGE_NEW, O_WRONLY | O_CREAT | O_EXCL |
	    O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(e, "can't write %s in the staged copy", path);
	stage_own(st, fd);
	/* Finer than the kernel's own stamp, which may be a tick behind:
	 * earlier build products must be older than this file. */
	clock_gettime(CLOCK_REALTIME, &times[1]);
	times[0] = times[1];
	if (fs_write_all(fd, buf_str(content), content->len) < 0 ||
	    fchmod(fd, mode) < 0 || futimens(fd, times) < 0)
		err_sys(e, "can't write %s in the staged copy", path);
	else
		rc = 0;
	close(fd);
	return rc;
}

int
stage_write(struct stage *st, const char *path, const struct stage_side *side,
    struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const char *name;
	AUTO_CLOSE int fd = -1;
	int rc = -1;

	if (blob_get(st->blobs, side->hash, &b, e) < 0)
		return rc;
	fd = stage_open_parent(st, path, &name, e);
	if (fd < 0)
		return rc;
	if (unlinkat(st->dir_fd, STAGE_NEW, 0) < 0 && errno != ENOENT) {
		err_sys(e, "can't write %s in the staged copy", path);
		return rc;
	}
	if (stage_write_new(st, path, side, &b, e) < 0)
		return rc;
	rc = renameat(st->dir_fd, STAGE_NEW, fd, name);
	if (rc < 0 && (errno == EISDIR || errno == ENOTEMPTY ||
	    errno == EEXIST) && fs_remove_tree(fd, name, e) == 0)
		rc = renameat(st->dir_fd, STAGE_NEW, fd, name);
	if (rc < 0)
		err_sys(e, "can't write %s in the staged copy", path);
	return rc;
}

/* Remove the folders above `path` that are empty and that the project lacks: it
 * may have a file in their place. */
static void
stage_prune(struct stage *st, const char *path)
{
	AUTO_FREE char *copy = xstrdup(path);
	bool gone = true;
	char *slash;

	while (gone && (slash = strrchr(copy, '/')) != NULL) {
		const char *name;
		struct stat sb;
		int fd;

		*slash = '\0';
		if (stage_stat(st->root_fd, copy, &sb) == 0 &&
		    S_ISDIR(sb.st_mode))
			return;
		fd = fs_open_parent(st->staged_fd, copy, false, &name);
		gone = fd >= 0 && unlinkat(fd, name, AT_REMOVEDIR) == 0;
		fs_close(fd);
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
		stage_widen(st->staged_fd, path);
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

bool
stage_keeps(struct stage *st, const char *path)
{
	return stage_ignores(st, path, false) ||
	    pathmap_find(&st->manifest.products, path) != NULL;
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
			    !stage_keeps(st, buf_str(path)) &&
			    (st->view != &stage_copy ||
			    !copy_is_own(st, buf_str(path), &sb));
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
	m = pathmap_add(&st->manifest.files, path, sizeof(*m));
	m->base = real;
	m->base_id = id;
	m->during = true;
	st->dirty = true;
	return 0;
}

/*
 * The stage as an overlay's upper folder, read and edited while
 * nothing is mounted. With `userxattr` there are exactly three marks: a
 * character device 0:0 is a deletion, user.overlay.opaque=y hides the real
 * folder's contents, everything else is content. A tool can't forge any of
 * them.
 */

static bool
overlay_is_whiteout(const struct stat *sb)
{
	return S_ISCHR(sb->st_mode) && sb->st_rdev == makedev(0, 0);
}

enum overlay_cover {
	OVERLAY_OPEN,
	OVERLAY_HIDDEN,		/* by a folder of the stage's own */
	OVERLAY_BLOCKED,	/* by a staged file where a folder was */
	OVERLAY_DELETED
};

/* Is the real file visible at `path` if the upper has nothing there? */
static enum overlay_cover
overlay_cover(struct stage *st, const char *path)
{
	enum overlay_cover cover = OVERLAY_OPEN;
	AUTO_FREE char *copy = xstrdup(path);
	char *p = copy, *slash;
	AUTO_CLOSE int fd =
	    openat(st->staged_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat sb;

	while (fd >= 0 && (slash = strchr(p, '/')) != NULL) {
		int next;

		*slash = '\0';
		next = stage_open_dir(fd, p);
		if (next < 0 && errno != ENOENT)
			cover = fstatat(fd, p, &sb, AT_SYMLINK_NOFOLLOW) == 0 &&
			    overlay_is_whiteout(&sb) ? OVERLAY_DELETED :
			    OVERLAY_BLOCKED;
		else if (next >= 0 && stage_is_opaque(next))
			cover = OVERLAY_HIDDEN;
		close(fd);
		fd = next;
		p = slash + 1;
	}
	return cover;
}

static bool
overlay_has(int fd, const char *name, bool *hidden)
{
	struct stat sb;

	*hidden = false;
	if (fstatat(fd, name, &sb, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	*hidden = overlay_is_whiteout(&sb);
	return !*hidden;
}

/*
 * git treats a folder with HEAD, objects and refs as a repository and runs what
 * its config says; also one with HEAD and commondir, which points to the rest.
 */
static bool
overlay_is_repo(struct stage_scan_state *s, int fd, bool opaque)
{
	static const char *const parts[] = { "HEAD", "objects", "refs",
		"commondir" };
	bool there[MEM_COUNT(parts)];
	size_t i, ours = 0;

	for (i = 0; i < MEM_COUNT(parts); i++) {
		struct stat sb;
		size_t len;
		bool hidden;

		there[i] = overlay_has(fd, parts[i], &hidden);
		ours += there[i];
		if (there[i] || hidden || opaque ||
		    !stage_scan_push(s, parts[i], &len))
			continue;
		there[i] = stage_stat(s->st->root_fd, buf_str(&s->path),
		    &sb) == 0;
		buf_cut(&s->path, len);
	}
	if (!there[0] || !(there[3] || (there[1] && there[2])))
		return false;
	/* Don't change an existing one: config in it runs programs too. */
	return ours > 0 || s->path.len > 0;
}

static void
overlay_entry(struct stage_scan_state *s, int fd, const char *name, int depth,
    bool opaque)
{
	struct timespec since;
	struct stat sb, real;
	int sub;

	if (dotgit_is_name(name)) {
		stage_leave_out(s, "git's own files are not staged");
		return;
	}
	if (fstatat(fd, name, &sb, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (overlay_is_whiteout(&sb)) {
		since = sb.st_mtim;	/* all of a call may be one inode */
		stage_scan_add_gone(s, &since);
		/* Gone in the real tree, too: files that the user creates there
		 * later are not deletions. */
		if (stage_stat(s->st->root_fd, buf_str(&s->path), &real) < 0 &&
		    stage_is_missing(errno))
			(void)unlinkat(fd, name, 0);
		return;
	}
	if (S_ISREG(sb.st_mode) || S_ISLNK(sb.st_mode)) {
		stage_scan_add(s, fd, name, &sb);
		return;
	}
	if (!S_ISDIR(sb.st_mode)) {
		stage_leave_out(s, stage_type_name(sb.st_mode));
		return;
	}
	if (depth >= STAGE_MAX_DEPTH) {
		stage_leave_out(s, "folders nested too deep");
		return;
	}
	/* In place of a file or link, which is deleted. */
	if (stage_stat(s->st->root_fd, buf_str(&s->path), &real) == 0 &&
	    !S_ISDIR(real.st_mode)) {
		stage_scan_add_gone(s, NULL);
		opaque = true;
	}
	sub = stage_open_dir(fd, name);
	if (sub < 0) {
		stage_leave_out(s, "cannot be read");
		return;
	}
	overlay_dir(s, sub, depth + 1, opaque || stage_is_opaque(sub));
}

/* Files that the real folder has and this opaque one lacks are deleted. */
static void
overlay_opaque(struct stage_scan_state *s, int fd)
{
	int real = fs_open_beneath(s->st->root_fd,
	    s->path.len == 0 ? "." : buf_str(&s->path),
	    O_RDONLY | O_DIRECTORY, 0);
	DIR *d = fs_dir_take(real);
	struct dirent *de;

	/* Even if there is none: the user may create it later. */
	if (!stage_hidden_in(&s->hidden, buf_str(&s->path)))
		stage_hidden_add(&s->hidden, buf_str(&s->path));
	if (d == NULL)
		return;
	while ((de = fs_dir_next(&d)) != NULL) {
		struct stat sb;
		size_t len;

		if (dotgit_is_name(de->d_name) ||
		    fstatat(fd, de->d_name, &sb, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		if (!stage_scan_push(s, de->d_name, &len))
			continue;
		stage_scan_add_gone(s, NULL);
		buf_cut(&s->path, len);
	}
}

static void
overlay_dir(struct stage_scan_state *s, int fd, int depth, bool opaque)
{
	bool repo = overlay_is_repo(s, fd, opaque);
	struct dirent *de;
	DIR *d;

	if (repo && s->path.len > 0) {
		stage_leave_out(s, STAGE_REPO);
		close(fd);
		return;
	}
	if (opaque)
		overlay_opaque(s, fd);
	d = fs_dir_take(fd);
	if (d == NULL) {
		stage_scan_fail(s);
		return;
	}
	while (s->rc == 0 && (de = stage_scan_next(s, d)) != NULL) {
		size_t len;

		if (!stage_scan_push(s, de->d_name, &len))
			continue;
		if (repo && stage_is_repo_part(de->d_name))
			stage_leave_out(s, STAGE_REPO_PART);
		else
			overlay_entry(s, dirfd(d), de->d_name, depth, opaque);
		buf_cut(&s->path, len);
	}
	closedir(d);
}

static void
overlay_walk(struct stage_scan_state *s)
{
	int fd = openat(s->st->staged_fd, ".",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0) {
		stage_scan_fail(s);
		return;
	}
	overlay_dir(s, fd, 0, false);
}

/* The upper's root is the project's folder as seen in the sandbox. */
static int
overlay_open(struct stage *st, struct err *e)
{
	stage_own(st, st->staged_fd);
	if (fchmod(st->staged_fd, (st->root_st.st_mode & 0777) | 0700) < 0)
		return err_sys(e, "cannot prepare the staged copy");
	return 0;
}

/* The kernel leaves a folder in the work folder that nobody may enter: without
 * it, others can remove the session's folder. */
static void
overlay_release(struct stage *st)
{
	struct err e = ERR_INIT;

	if (st->dir_fd >= 0)
		(void)fs_remove_tree(st->dir_fd, "wk", &e);
}

/* A work folder used with `volatile` can't be mounted again. */
static int
overlay_sync(struct stage *st, struct buf *notes, struct err *e)
{
	int fd;

	if (stage_unhide(st, notes, e) < 0)
		return -1;
	/* The worker empties it, and may be creating it, too. */
	if (mkdirat(st->dir_fd, "wk", 0700) < 0)
		return errno == EEXIST ? 0 :
		    err_sys(e, "cannot prepare the staged copy");
	fd = openat(st->dir_fd, "wk", O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	if (fd >= 0) {
		stage_own(st, fd);
		close(fd);
	}
	return 0;
}

/* Changed since the call began, or newer than the deletion that covers it. */
static bool
overlay_suspect(struct stage *st, const char *path, const struct stage_id *now,
    const struct timespec *since)
{
	(void)path;
	return stage_real_is_newer(st, now, since);
}

/* Git tracked it when the call began, and the folder changed since. */
static bool
overlay_lost(struct stage *st, const char *path)
{
	char *copy, *slash;
	struct stage_id id;
	struct stat sb;
	bool lost = false;

	if (!st->o.is_tracked(st->o.policy, path))
		return false;
	copy = xstrdup(path);
	for (;;) {
		slash = strrchr(copy, '/');
		if (slash != NULL)
			*slash = '\0';
		if (stage_stat(st->root_fd, slash == NULL ? "." : copy,
		    &sb) == 0) {
			stage_id_make(&id, &sb);
			lost = stage_real_is_newer(st, &id, NULL);
			break;
		}
		if (slash == NULL)
			break;
	}
	free(copy);
	return lost;
}

static int
overlay_erase(struct stage *st, const char *path, struct err *e)
{
	enum overlay_cover cover = overlay_cover(st, path);
	const char *name;
	struct stat sb;
	int fd, rc = 0;

	if (cover == OVERLAY_DELETED)
		return 0;
	if (stage_remove(st, path, e) < 0)
		return -1;
	/* If the real tree or the stage has a folder, its files are handled one
	 * by one. */
	if (cover != OVERLAY_OPEN ||
	    (stage_stat(st->staged_fd, path, &sb) == 0 &&
	    S_ISDIR(sb.st_mode)) ||
	    stage_stat(st->root_fd, path, &sb) < 0 || S_ISDIR(sb.st_mode))
		return 0;
	fd = stage_open_parent(st, path, &name, e);
	if (fd < 0)
		return -1;
	if (mknodat(fd, name, S_IFCHR, makedev(0, 0)) < 0)
		rc = err_sys(e, "can't delete %s in the staged copy",
		    path);
	close(fd);
	return rc;
}

static int
overlay_follow(struct stage *st, const char *path,
    const struct stage_side *real, const struct stage_id *shown, bool *stays,
    struct err *e)
{
	enum overlay_cover cover = overlay_cover(st, path);
	struct stat sb;
	bool newer = false;

	*stays = false;
	if (cover == OVERLAY_BLOCKED)	/* that file hides it */
		return 0;
	if (real->exists && stage_stat(st->root_fd, path, &sb) == 0)
		newer = sb.st_mtim.tv_sec > shown->mtime_s ||
		    (sb.st_mtim.tv_sec == shown->mtime_s &&
		    sb.st_mtim.tv_nsec > shown->mtime_ns);
	if (real->exists &&
	    (!newer || cover != OVERLAY_OPEN)) {
		*stays = true;
		return stage_write(st, path, real, e);
	}
	return stage_remove(st, path, e);
}

static bool
overlay_shows_real(struct stage *st, const char *path)
{
	return overlay_cover(st, path) == OVERLAY_OPEN;
}

const struct stage_view stage_overlay = {
	.folder = "up",
	.open = overlay_open,
	.release = overlay_release,
	.sync = overlay_sync,
	.walk = overlay_walk,
	.suspect = overlay_suspect,
	.lost = overlay_lost,
	.erase = overlay_erase,
	.follow = overlay_follow,
	.shows_real = overlay_shows_real,
};
