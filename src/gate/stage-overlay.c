/*
 * stage-overlay: the stage as an overlay's upper folder, read and edited while
 * nothing is mounted. With `userxattr` there are exactly three marks: a
 * character device 0:0 is a deletion, user.overlay.opaque=y hides the real
 * folder's contents, everything else is content. A tool can't forge any of
 * them.
 */

#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/dotgit.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "gate/stage-priv.h"

static void	overlay_dir(struct stage_scan_state *, int fd, int depth,
    bool opaque);

struct reveal {
	struct stage	*st;
	struct buf	 path;
	struct timespec	 since;		/* the deletion, or 0 */
	bool		 moved_in;	/* see struct stage_scan_state */
	struct err	*e;
	int		 rc;
};

static void reveal_dir(struct reveal *, int up, int real, int depth);
static void reveal_files(struct reveal *, int up, int depth);

/* Forget what is known to be hidden at and below r->path. */
static void
reveal_forget(struct reveal *r)
{
	struct pathmap *hidden = &r->st->manifest->hidden;
	AUTO_FREE char *below = xasprintf("%s/", buf_str(&r->path));
	const struct manifest_hidden *h;

	pathmap_remove(hidden, buf_str(&r->path));
	while ((h = pathmap_after(hidden, below)) != NULL &&
	    strncmp(h->path, below, strlen(below)) == 0)
		pathmap_remove(hidden, h->path);
}

static size_t
reveal_push(struct reveal *r, const char *name)
{
	size_t len = r->path.len;

	buf_addf(&r->path, "%s%s", len > 0 ? "/" : "", name);
	return len;
}

/* When this was deleted; unknown if the folder was created again. */
static struct timespec
reveal_since(const struct stat *sb)
{
	return sb != NULL && S_ISCHR(sb->st_mode) ? sb->st_mtim :
	    (struct timespec){ 0 };
}

/* Is the real file newer than the deletion that hides it? If it is older, the
 * agent deleted it before a scan could record it. */
static bool
reveal_is_later(const struct reveal *r, const struct stat *sb)
{
	struct stage_id id;

	stage_id_make(&id, sb);
	return r->moved_in ||
	    stage_real_is_newer(r->st, &id, &r->since);
}

/* The user's: a file that no scan has seen. */
static bool
reveal_is_new(struct reveal *r, const struct stat *sb)
{
	const char *path = buf_str(&r->path);

	return (S_ISREG(sb->st_mode) || S_ISLNK(sb->st_mode)) &&
	    reveal_is_later(r, sb) && r->path.len <= STAGE_MAX_PATH &&
	    pathmap_find(&r->st->manifest->files, path) == NULL &&
	    !stage_ignores(r->st, path, false);
}

/* If the folder changed after the deletion, anything in it may be new: set
 * r->moved_in. Returns its old value. */
static bool
reveal_enter(struct reveal *r, DIR *d)
{
	bool was = r->moved_in;
	struct stat sb;

	if (d != NULL && fstat(dirfd(d), &sb) == 0)
		r->moved_in = reveal_is_later(r, &sb);
	return was;
}

/* Is anything new in the real folder `fd`? Takes ownership of fd. */
static bool
reveal_finds(struct reveal *r, int fd, int depth)
{
	AUTO_DIR DIR *d = fs_dir_take(fd);
	struct dirent *de;
	struct stat sb;
	bool found = false, moved_in = reveal_enter(r, d);

	while (!found && (de = fs_dir_next(&d)) != NULL) {
		size_t len;

		if (dotgit_in_path(de->d_name) ||
		    fstatat(dirfd(d), de->d_name, &sb,
		    AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		len = reveal_push(r, de->d_name);
		if (!S_ISDIR(sb.st_mode))
			found = reveal_is_new(r, &sb);
		else if (depth < STAGE_MAX_DEPTH &&
		    !stage_ignores(r->st, buf_str(&r->path), true))
			found = reveal_finds(r, openat(dirfd(d), de->d_name,
			    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
			    depth + 1);
		buf_cut(&r->path, len);
	}
	r->moved_in = moved_in;
	return found;
}

static void
reveal_fail(struct reveal *r)
{
	r->rc = err_sys(r->e, "cannot show what is new in %s",
	    buf_str(&r->path));
}

static int
reveal_open_real(int fd, const char *name)
{
	return openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
}

/* `name` is in the real folder, and the folder `up` hid it. */
static void
reveal_entry(struct reveal *r, int up, int real, const char *name, int depth)
{
	const char *path = buf_str(&r->path);
	struct stat sb, is;
	bool dir, deep = depth >= STAGE_MAX_DEPTH;
	int sub;

	if (fstatat(real, name, &is, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	dir = S_ISDIR(is.st_mode);
	if (fstatat(up, name, &sb, AT_SYMLINK_NOFOLLOW) == 0) {
		if (!dir || deep || !S_ISDIR(sb.st_mode))
			return;
		sub = stage_open_dir(up, name);
		if (sub < 0) {
			reveal_fail(r);
		} else if (stage_is_opaque(sub) && !reveal_finds(r,
		    reveal_open_real(real, name), depth + 1)) {
			stage_hidden_add(&r->st->manifest->hidden, path);
			close(sub);
		} else
			reveal_dir(r, sub, reveal_open_real(real, name),
			    depth + 1);
		return;
	}
	if (dir && !deep && reveal_finds(r, reveal_open_real(real, name),
	    depth + 1)) {
		sub = stage_make_dir(r->st, up, name, path, false);
		if (sub < 0)
			reveal_fail(r);
		else
			reveal_dir(r, sub, reveal_open_real(real, name),
			    depth + 1);
		return;
	}
	if (!dir && reveal_is_new(r, &is))
		return;
	if (mknodat(up, name, S_IFCHR, makedev(0, 0)) < 0)
		reveal_fail(r);
	else if (dir)
		stage_hidden_add(&r->st->manifest->hidden, path);
}

/* Takes ownership of both. */
static void
reveal_dir(struct reveal *r, int up, int real, int depth)
{
	AUTO_DIR DIR *d = fs_dir_take(real);
	bool moved_in = reveal_enter(r, d);
	struct dirent *de;

	while (d != NULL && r->rc == 0 && (de = readdir(d)) != NULL) {
		size_t len;

		if (fs_is_dots(de->d_name) || dotgit_in_path(de->d_name))
			continue;
		len = reveal_push(r, de->d_name);
		reveal_entry(r, up, dirfd(d), de->d_name, depth);
		buf_cut(&r->path, len);
	}
	r->moved_in = moved_in;
	/* Do this last: if we are cut off before, everything stays hidden. */
	if (d != NULL && r->rc == 0 && stage_is_opaque(up) &&
	    fremovexattr(up, "user.overlay.opaque") < 0)
		reveal_fail(r);
	close(up);
}

/* r->path is a folder of the real tree that the stage hides. */
static int
reveal_one(struct reveal *r, struct buf *notes)
{
	const char *path = buf_str(&r->path), *name;
	struct stat sb;
	int parent, up, real;

	r->since = reveal_since(stage_stat(r->st->staged_fd, path, &sb) == 0 ?
	    &sb : NULL);
	real = fs_open_beneath(r->st->root_fd, path, O_RDONLY | O_DIRECTORY,
	    0);
	if (real < 0 || !reveal_finds(r, real, 0))
		return 0;
	parent = stage_open_parent(r->st, path, &name, r->e);
	if (parent < 0)
		return -1;
	up = stage_open_dir(parent, name);
	if (up < 0 && fstatat(parent, name, &sb, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISCHR(sb.st_mode) && unlinkat(parent, name, 0) == 0)
		up = stage_make_dir(r->st, parent, name, path, true);
	close(parent);
	if (up < 0)	/* a staged file: the scan reports it */
		return 0;
	reveal_forget(r);
	r->st->dirty = true;
	reveal_dir(r, up, fs_open_beneath(r->st->root_fd, path,
	    O_RDONLY | O_DIRECTORY, 0), 0);
	if (r->rc == 0) {
		json_path_quoted(notes, path);
		buf_adds(notes, ": deleted or replaced in the copy, but "
		    "files were added there on disk, which are kept\n");
	}
	return r->rc;
}

/* The stage has the folder r->path, `name` in `up`, where the user has put a
 * file: show the file, unless the agent's are in the folder. */
static void
reveal_file(struct reveal *r, int up, const char *name)
{
	const char *path = buf_str(&r->path);

	if (stage_is_staged_below(r->st, path)) {
		r->rc = stage_count_deleted(r->st, path, r->e);
		return;
	}
	reveal_forget(r);
	r->st->dirty = true;
	r->rc = fs_remove_tree(up, name, r->e);
}

/* r->path is `name` in the stage's folder `up`. */
static void
reveal_staged(struct reveal *r, int up, const char *name, int depth)
{
	struct stat sb, real;

	if (fstatat(up, name, &sb, AT_SYMLINK_NOFOLLOW) < 0 ||
	    (!S_ISDIR(sb.st_mode) && pathmap_find(&r->st->manifest->files,
	    buf_str(&r->path)) != NULL) ||	/* on record, and merged */
	    stage_stat_real(r->st, buf_str(&r->path), &real) < 0)
		return;
	if (S_ISDIR(sb.st_mode) && S_ISDIR(real.st_mode)) {
		reveal_files(r, stage_open_dir(up, name), depth + 1);
		return;
	}
	r->since = reveal_since(&sb);
	if (!reveal_is_new(r, &real))
		return;
	if (S_ISDIR(sb.st_mode))
		reveal_file(r, up, name);
	else if (S_ISCHR(sb.st_mode) && unlinkat(up, name, 0) < 0)
		reveal_fail(r);
}

/* The user's files that deletions and folders in the folder `up` of the stage
 * hide. Takes ownership of up. */
static void
reveal_files(struct reveal *r, int up, int depth)
{
	AUTO_DIR DIR *d = fs_dir_take(up);
	struct dirent *de;

	while (r->rc == 0 && depth < STAGE_MAX_DEPTH &&
	    (de = fs_dir_next(&d)) != NULL) {
		size_t len;

		if (de->d_type == DT_REG || de->d_type == DT_LNK)
			continue;
		len = reveal_push(r, de->d_name);
		reveal_staged(r, dirfd(d), de->d_name, depth);
		buf_cut(&r->path, len);
	}
}

/* Show the files that the user has put where the stage has a folder, and unhide
 * the folders in which the user has created something since. */
static int
stage_unhide(struct stage *st, struct buf *notes, struct err *e)
{
	struct reveal r = { .st = st, .e = e };
	char **paths = NULL;
	size_t i, n = 0;

	reveal_files(&r, openat(st->staged_fd, ".",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC), 0);
	/* The list changes during the loop. */
	PATHMAP_EACH(&st->manifest->hidden, manifest_hidden, h) {
		GROW(paths, n);
		paths[n++] = xstrdup(h->path);
	}
	for (i = 0; i < n && r.rc == 0; i++) {
		if (pathmap_find(&st->manifest->hidden, paths[i]) == NULL)
			continue;
		buf_clear(&r.path);
		buf_adds(&r.path, paths[i]);
		r.rc = reveal_one(&r, notes);
	}
	xfree_list(paths, n);
	buf_release(&r.path);
	return r.rc;
}

/* ---- the view ---- */

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

/* Is the real file visible at `path` if the upper has nothing there? *dir (may
 * be NULL) becomes the upper's folder of it, or -1. */
static enum overlay_cover
overlay_cover(struct stage *st, const char *path, int *dir)
{
	enum overlay_cover cover = OVERLAY_OPEN;
	AUTO_FREE char *copy = xstrdup(path);
	char *p = copy, *slash;
	int fd = openat(st->staged_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
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
	if (dir != NULL)
		*dir = fd;
	else
		fs_close(fd);
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

	/* Most folders lack the first. */
	for (i = 0; i < MEM_COUNT(parts) && (i == 0 || there[0]); i++) {
		struct stat sb;
		size_t len;
		bool hidden;

		there[i] = overlay_has(fd, parts[i], &hidden);
		ours += there[i];
		if (there[i] || hidden || opaque ||
		    !stage_scan_push(s, parts[i], &len))
			continue;
		there[i] = stage_stat_real(s->st, buf_str(&s->path),
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

	if (dotgit_in_path(name)) {
		stage_leave_out(s, "git's own files are left out");
		return;
	}
	if (fstatat(fd, name, &sb, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (overlay_is_whiteout(&sb)) {
		since = sb.st_mtim;	/* all of a call may be one inode */
		stage_scan_add_gone(s, &since);
		/* Gone in the real tree, too: files that the user creates there
		 * later are not deletions. */
		if (!s->st->live && stage_stat_real(s->st, buf_str(&s->path),
		    &real) < 0 && stage_is_missing(errno))
			(void)unlinkat(fd, name, 0);
		return;
	}
	if (S_ISREG(sb.st_mode) || S_ISLNK(sb.st_mode)) {
		stage_scan_add(s, &sb);
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
	if (stage_stat_real(s->st, buf_str(&s->path), &real) == 0 &&
	    !S_ISDIR(real.st_mode)) {
		stage_scan_add_gone(s, NULL);
		opaque = true;
	}
	sub = stage_scan_dir(s->st, fd, name);
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
	while ((de = fs_dir_next(&d)) != NULL) {
		struct stat sb;
		size_t len;

		if (dotgit_in_path(de->d_name) || fstatat(fd, de->d_name, &sb,
		    AT_SYMLINK_NOFOLLOW) == 0 ||
		    !stage_scan_push(s, de->d_name, &len))
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
	AUTO_DIR DIR *d = NULL;

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
		return err_sys(e, "cannot prepare the copy");
	return 0;
}

/* The kernel leaves a folder without permissions in the work folder: without
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
	AUTO_CLOSE int fd = -1;

	if (stage_unhide(st, notes, e) < 0)
		return -1;
	/* The worker empties it, and may be creating it, too. */
	if (mkdirat(st->dir_fd, "wk", 0700) < 0)
		return errno == EEXIST ? 0 :
		    err_sys(e, "cannot prepare the copy");
	fd = openat(st->dir_fd, "wk", O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	if (fd >= 0)
		stage_own(st, fd);
	return 0;
}

/* Changed since the call began, or newer than the deletion that covers it. */
static bool
overlay_suspect(struct stage *st, const char *path UNUSED,
    const struct stage_id *now, const struct timespec *since)
{
	return stage_real_is_newer(st, now, since);
}

/* Git tracked it when the call began, and the folder changed since. */
static bool
overlay_lost(struct stage *st, const char *path)
{
	AUTO_FREE char *copy = xstrdup(path);
	struct stage_id id;
	struct stat sb;
	bool below;

	if (!st->o.is_tracked(st->o.policy, path))
		return false;
	do {
		below = fs_up(copy);
		if (stage_stat_real(st, below ? copy : ".", &sb) == 0) {
			stage_id_make(&id, &sb);
			return stage_real_is_newer(st, &id, NULL);
		}
	} while (below);
	return false;
}

/* Whiteouts that are made between two scans are links of one file, as the
 * kernel's of one mount are: where many inodes were freed, it takes long to make
 * a new one. Where it has all the links that it may have, another file begins. */
static int
overlay_make_whiteout(struct stage *st, int fd, const char *name)
{
	char first[32];

	snprintf(first, sizeof(first), "/proc/self/fd/%d", st->whiteout_fd);
	if (st->whiteout_fd >= 0 && st->whiteout_serial == st->serial &&
	    linkat(AT_FDCWD, first, fd, name, AT_SYMLINK_FOLLOW) == 0)
		return 0;
	if (mknodat(fd, name, S_IFCHR, makedev(0, 0)) < 0)
		return -1;
	fs_close(st->whiteout_fd);
	st->whiteout_fd = openat(fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	st->whiteout_serial = st->serial;
	return 0;
}

static int
overlay_erase(struct stage *st, const char *path, struct err *e)
{
	const char *name = basename(path);
	struct stat sb;
	AUTO_CLOSE int fd = -1;
	enum overlay_cover cover = overlay_cover(st, path, &fd);

	if (cover == OVERLAY_DELETED)
		return 0;
	if (stage_remove(st, path, e) < 0)
		return -1;
	/* If the real tree or the stage has a folder, its files are handled one
	 * by one. The folder of a real file was not removed. */
	if (cover != OVERLAY_OPEN || stage_stat_real(st, path, &sb) < 0 ||
	    S_ISDIR(sb.st_mode) || (fd >= 0 && fstatat(fd, name, &sb,
	    AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(sb.st_mode)))
		return 0;
	if (fd < 0 && (fd = stage_open_parent(st, path, &name, e)) < 0)
		return -1;
	return overlay_make_whiteout(st, fd, name) == 0 ? 0 :
	    err_sys(e, "can't delete %s in the copy", path);
}

static int
overlay_follow(struct stage *st, const char *path,
    const struct stage_side *real, const struct stage_id *shown, bool *stays,
    struct err *e)
{
	enum overlay_cover cover = overlay_cover(st, path, NULL);
	struct stat sb;

	*stays = false;
	if (cover == OVERLAY_BLOCKED)	/* that file hides it */
		return 0;
	/* Unless the real file is visible, and newer. */
	*stays = real->exists && (cover != OVERLAY_OPEN ||
	    stage_stat_real(st, path, &sb) < 0 ||
	    !time_before(&shown->mtime, &sb.st_mtim));
	return *stays ? stage_write(st, path, real, e) :
	    stage_remove(st, path, e);
}

static bool
overlay_shows_real(struct stage *st, const char *path)
{
	return overlay_cover(st, path, NULL) == OVERLAY_OPEN;
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
