/*
 * stage-unhide: a folder that the stage deleted, or created anew, hides the
 * real one's contents. Files that the user adds to the real one later were
 * never visible to a tool: they must not count as deleted, and the agent must
 * see them. So the scan keeps a list of such folders (any file in them that
 * isn't on record came later), and before a call those with new files are
 * opened: deletions are marked file by file, and the rest becomes visible. So
 * does a file that the user puts where the stage has a folder, or deleted one.
 */
#include "config.h"

#include "gate/stage-priv.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/dotgit.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"

struct reveal {
	struct stage	*st;
	struct buf	 path;
	struct timespec	 since;		/* the deletion, or 0 */
	bool		 moved_in;	/* see struct stage_scan_state */
	struct err	*e;
	int		 rc;
};

void
stage_hidden_add(struct pathmap *m, const char *path)
{
	if (path[0] != '\0')
		pathmap_add(m, path, sizeof(struct manifest_hidden));
}

bool
stage_hidden_in(const struct pathmap *m, const char *path)
{
	char *copy, *slash;
	bool is;

	if (m->len == 0)
		return false;
	copy = xstrdup(path);
	is = pathmap_find(m, copy) != NULL;
	while (!is && (slash = strrchr(copy, '/')) != NULL) {
		*slash = '\0';
		is = pathmap_find(m, copy) != NULL;
	}
	free(copy);
	return is;
}

/* Forget what is known to be hidden at and below r->path. */
static void
reveal_forget(struct reveal *r)
{
	struct pathmap *hidden = &r->st->manifest.hidden;
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

static void
reveal_pop(struct reveal *r, size_t len)
{
	r->path.len = len;
	r->path.p[len] = '\0';
}

/* When this was deleted; a folder that was made anew doesn't say. */
static struct timespec
reveal_since(const struct stat *sb)
{
	return sb != NULL && S_ISCHR(sb->st_mode) ? sb->st_mtim :
	    (struct timespec){ 0 };
}

/* After the deletion? Before it, the agent has deleted what no scan could
 * record. */
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
	    manifest_find(&r->st->manifest, path) == NULL &&
	    !stage_keeps(r->st, path);
}

/* Everything may be new in a folder that changed: what r->moved_in was. */
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

		if (dotgit_is_name(de->d_name) ||
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
		reveal_pop(r, len);
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

static void reveal_dir(struct reveal *, int up, int real, int depth);

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
			stage_hidden_add(&r->st->manifest.hidden, path);
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
		stage_hidden_add(&r->st->manifest.hidden, path);
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

		if (fs_is_dots(de->d_name) || dotgit_is_name(de->d_name))
			continue;
		len = reveal_push(r, de->d_name);
		reveal_entry(r, up, dirfd(d), de->d_name, depth);
		reveal_pop(r, len);
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
		json_path_text(notes, path);
		buf_adds(notes, ": deleted or replaced in the staged copy, but "
		    "the user has added files since, which are kept\n");
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

static void reveal_files(struct reveal *, int up, int depth);

/* r->path is `name` in the stage's folder `up`. */
static void
reveal_staged(struct reveal *r, int up, const char *name, int depth)
{
	struct stat sb, real;

	if (fstatat(up, name, &sb, AT_SYMLINK_NOFOLLOW) < 0 ||
	    (!S_ISDIR(sb.st_mode) && manifest_find(&r->st->manifest,
	    buf_str(&r->path)) != NULL) ||	/* on record, and merged */
	    stage_stat(r->st->root_fd, buf_str(&r->path), &real) < 0)
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
		reveal_pop(r, len);
	}
}

int
stage_unhide(struct stage *st, struct buf *notes, struct err *e)
{
	struct reveal r = { .st = st, .e = e };
	AUTO_FREE void **v = NULL;
	char **paths;
	size_t i, n;

	reveal_files(&r, openat(st->staged_fd, ".",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC), 0);
	FREE_SET(v, pathmap_list(&st->manifest.hidden));
	/* The list changes during the loop. */
	for (n = 0; v[n] != NULL; n++)
		;
	paths = xcalloc(n + 1, sizeof(*paths));
	for (i = 0; i < n; i++)
		paths[i] = xstrdup(((struct manifest_hidden *)v[i])->path);
	for (i = 0; i < n && r.rc == 0; i++) {
		if (pathmap_find(&st->manifest.hidden, paths[i]) == NULL)
			continue;
		buf_clear(&r.path);
		buf_adds(&r.path, paths[i]);
		r.rc = reveal_one(&r, notes);
	}
	xfree_list(paths, n);
	buf_release(&r.path);
	return r.rc;
}
