/*
 * stage-usage: how much disk the stage uses, by name, and what can be removed.
 * One walk for both. The user's own files are free, in a copied view and where
 * a change was accepted. Open changes are removed only if the call that made
 * them was stopped for the space they take, and no scan has recorded them: then
 * all of them, so that no half of its work is proposed.
 */
#include "config.h"

#include "gate/stage-priv.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"

struct usage_name {
	char		*path;		/* the key; must stay first */
	int64_t		 bytes;
};

struct usage {
	struct stage	*st;
	struct buf	 path;		/* in the view, or "home" and so on */
	const char	*name;		/* what everything below counts for;
					   NULL: its own first component */
	struct pathmap	 names;
	struct stage_usage *out;
	bool		 clears;
	bool		 resets;	/* also what isn't on record */
	bool		 view;		/* inside the view */
};

/* Was it deleted before the call? */
static bool
usage_had_gone(struct usage *u, const char *path)
{
	const struct manifest_entry *m =
	    pathmap_find(&u->st->manifest->files, path);

	return (m != NULL && m->refused == NULL && !m->after.exists) ||
	    pathmap_find(&u->st->manifest->hidden, path) != NULL;
}

static void
usage_count(struct usage *u, const struct stat *sb)
{
	const char *path = buf_str(&u->path);
	/* Undone with its call: the folder may stay, and isn't named. */
	bool whole = u->resets && u->name == NULL;
	AUTO_FREE char *name = u->name != NULL ? xstrdup(u->name) :
	    xmemdup(path, whole ? strlen(path) : strcspn(path, "/"));
	struct usage_name *n;
	struct stat real;

	/* The empty folders of a home are no ignored files. */
	if (u->clears && !u->view && S_ISDIR(sb->st_mode))
		return;
	u->out->files++;
	/* A whiteout, or a version of the user's file, which is seen again. */
	if (whole && (S_ISCHR(sb->st_mode) || (stage_stat(u->st->root_fd, path,
	    &real) == 0 && !S_ISDIR(real.st_mode))))
		return;
	if (whole ? !S_ISDIR(sb->st_mode) : sb->st_blocks > 0) {
		n = pathmap_add(&u->names, name, sizeof(*n));
		n->bytes += (int64_t)sb->st_blocks * 512;
	}
	u->out->bytes += (int64_t)sb->st_blocks * 512;
}

/* An accepted change: the staged file equals the project's. */
static bool
usage_is_clean(struct usage *u, const struct stage_id *id)
{
	const char *path = buf_str(&u->path);
	const struct manifest_entry *m =
	    pathmap_find(&u->st->manifest->files, path);
	struct stage_id real_id;
	struct stat real;

	if (m == NULL || !m->base.exists || m->refused != NULL ||
	    !stage_side_equal(&m->base, &m->after) ||
	    !stage_id_equal(&m->after_id, id) ||
	    stage_stat(u->st->root_fd, path, &real) < 0)
		return false;
	stage_id_make(&real_id, &real);
	return stage_id_equal(&m->base_id, &real_id);
}

/* The user's own: accepted, or copied and not changed by a tool. */
static bool
usage_is_free(struct usage *u, const struct stat *sb)
{
	struct stage_id id;
	struct stat real;

	if (!u->view)
		return false;
	stage_id_make(&id, sb);
	if (usage_is_clean(u, &id))
		return true;
	if (u->st->view != &stage_copy)
		return false;
	if (S_ISDIR(sb->st_mode))
		return stage_stat(u->st->root_fd, buf_str(&u->path),
		    &real) == 0 && S_ISDIR(real.st_mode);
	return copy_is_own(u->st, buf_str(&u->path), sb);
}

/* May it be removed? (Not a folder.) */
static bool
usage_goes(struct usage *u, const struct stat *sb)
{
	const char *path = buf_str(&u->path);
	struct stage_id id;

	stage_id_make(&id, sb);
	/* What earlier calls, or sessions, cached stays. */
	if (!u->view)
		return !u->resets || stage_is_surely_newer(u->st, &id);
	if (S_ISCHR(sb->st_mode))
		return u->resets && !usage_had_gone(u, path);
	/* Nor can a change of such a file be proposed. */
	return pathmap_find(&u->st->manifest->files, path) == NULL &&
	    (u->resets || stage_ignores(u->st, path, false) ||
	    sb->st_size > u->st->o.max_bytes);
}

static bool
usage_dir_goes(struct usage *u, int fd)
{
	const char *path = buf_str(&u->path);
	struct stat real;
	bool is_real = stage_stat(u->st->root_fd, path, &real) == 0;

	if (!u->view)
		return !u->resets;
	/* In a file's place. */
	if (u->resets && is_real && !S_ISDIR(real.st_mode))
		return true;
	/* Show again what the call hid. */
	if (u->resets && stage_is_opaque(fd) &&
	    !stage_hidden_in(&u->st->manifest->hidden, path))
		(void)fremovexattr(fd, "user.overlay.opaque");
	return !stage_is_opaque(fd) && !is_real && (u->resets ||
	    stage_ignores(u->st, path, true));
}

/* Takes ownership of fd. */
static void
usage_dir(struct usage *u, int fd, int depth)
{
	DIR *d = fs_dir_take(fd);
	size_t len = u->path.len;
	const char *name = u->name;
	struct dirent *de;

	while ((de = fs_dir_next(&d)) != NULL) {
		struct stat sb;
		int sub = -1, empty = -1;

		if (fstatat(dirfd(d), de->d_name,
		    &sb, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		buf_addf(&u->path, "%s%s", len > 0 ? "/" : "", de->d_name);
		u->out->all_bytes += (int64_t)sb.st_blocks * 512;
		u->out->all_files++;
		if (S_ISDIR(sb.st_mode) && depth < STAGE_MAX_DEPTH &&
		    (sub = stage_open_dir(dirfd(d), de->d_name)) >= 0) {
			AUTO_FREE char *here = xstrdup(buf_str(&u->path));

			if (u->name == NULL && u->view &&
			    stage_ignores(u->st, here, true))
				u->name = here;
			if (u->clears)
				empty = openat(sub, ".", O_RDONLY |
				    O_DIRECTORY | O_CLOEXEC);
			usage_dir(u, sub, depth + 1);
			if (empty >= 0 && usage_dir_goes(u, empty) &&
			    unlinkat(dirfd(d), de->d_name, AT_REMOVEDIR) == 0)
				usage_count(u, &sb);
			else if (!u->clears && !usage_is_free(u, &sb))
				usage_count(u, &sb);
			fs_close(empty);
			u->name = name;
		} else if (!u->clears) {
			if (!usage_is_free(u, &sb))
				usage_count(u, &sb);
		} else if (!usage_is_free(u, &sb) && usage_goes(u, &sb) &&
		    unlinkat(dirfd(d), de->d_name, S_ISDIR(sb.st_mode) ?
		    AT_REMOVEDIR : 0) == 0) {
			usage_count(u, &sb);
			/* Copy the user's file again. */
			if (u->view)
				copy_remove(u->st, buf_str(&u->path));
		}
		buf_cut(&u->path, len);
	}
}

/* Stage again what is on record and was moved, deleted or changed. A failure
 * doesn't stop the rest; *e has the first. */
static int
usage_stage_again(struct usage *u, struct err *e)
{
	struct stage *st = u->st;
	struct stat sb;
	int rc = 0;

	STAGE_EACH(st, m) {
		if (m->refused == NULL && stage_again(st, m, rc == 0 ? e :
		    NULL) < 0)
			rc = -1;
	}
	/* What a copy lacks is copied again. */
	PATHMAP_EACH(&st->copied, copy_entry, c)
		if (!usage_had_gone(u, c->path) &&
		    stage_stat(st->staged_fd, c->path, &sb) < 0)
			copy_remove(st, c->path);
	return rc;
}

/* The stage's own files and folders. */
static void
usage_rest(struct usage *u)
{
	DIR *d = fs_dir_take(openat(u->st->dir_fd, ".", O_RDONLY |
	    O_DIRECTORY | O_CLOEXEC));
	struct dirent *de;
	struct stat sb;

	while ((de = fs_dir_next(&d)) != NULL) {
		if (fstatat(dirfd(d), de->d_name,
		    &sb, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		u->out->all_bytes += (int64_t)sb.st_blocks * 512;
		u->out->all_files++;
	}
}

static int
usage_compare(const void *a, const void *b)
{
	const struct usage_name *x = *(void *const *)a, *y = *(void *const *)b;

	return x->bytes < y->bytes ? 1 : x->bytes > y->bytes ? -1 :
	    strcmp(x->path, y->path);
}

/* The largest, as text. */
static void
usage_names(struct usage *u)
{
	AUTO_FREE void **v = pathmap_list(&u->names);
	size_t i;

	MEM_SORT_BY(v, u->names.len, usage_compare);
	for (i = 0; v[i] != NULL && i < STAGE_USAGE_NAMES; i++) {
		const struct usage_name *n = v[i];

		if (i > 0)
			buf_adds(&u->out->names, ", ");
		json_path_text(&u->out->names, n->path);
		buf_addc(&u->out->names, ' ');
		buf_add_size(&u->out->names, (uint64_t)n->bytes);
	}
	if (u->resets && v[i] != NULL)
		buf_addf(&u->out->names, ", and %zu more", u->names.len - i);
}

static int
usage_walk(struct usage *u, struct err *e)
{
	static const char *const own[] = { "home", "tmp", "cache" };
	static const char *const words[] = { "the sandbox's home",
		"the sandbox's /tmp", "tools' caches" };
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	struct stage *st = u->st;
	size_t i;
	int fd = openat(st->staged_fd, ".", flags), rc = 0;

	memset(u->out, 0, sizeof(*u->out));
	if (fd < 0)
		return err_sys(e, "cannot read the copy");
	st->o.hold(st->o.policy, true);
	u->view = true;
	usage_dir(u, fd, 0);
	u->view = false;
	for (i = 0; i < MEM_COUNT(own); i++) {
		fd = openat(st->dir_fd, own[i], flags);
		u->name = words[i];
		buf_clear(&u->path);
		if (fd >= 0)
			usage_dir(u, fd, 1);
	}
	usage_rest(u);
	if (u->resets)
		rc = usage_stage_again(u, e);
	st->o.hold(st->o.policy, false);
	usage_names(u);
	pathmap_release(&u->names);
	buf_release(&u->path);
	return rc;
}

int
stage_usage(struct stage *st, enum stage_clear clear, struct stage_usage *out,
    struct err *e)
{
	struct usage u = { .st = st, .out = out,
		.clears = clear != STAGE_KEEP, .resets = clear == STAGE_RESET };
	int rc = usage_walk(&u, e);

	if (u.clears && out->files > 0)
		stage_touch(st);
	/* Else the user's files that went would look deleted after a resume. */
	if (rc == 0 && st->copied_dirty)
		rc = copy_index_save(st, e);
	return rc;
}
