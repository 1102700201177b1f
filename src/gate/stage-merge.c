/*
 * stage-merge: the user edits while the agent works. Before a call, every
 * staged file whose real one has changed is updated: directly if only the user
 * changed it, with a three-way merge if both did. If both changed the same
 * lines, the agent's version stays staged, as a change of the user's newest
 * version and marked as a conflict until it is decided: the user sees which of
 * their own lines it would overwrite, and no rule accepts it.
 */

#include "config.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <git2.h>

#include "base/dotgit.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "gate/stage-priv.h"
#include "store/gitlib.h"

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
	    pathmap_find(&r->st->manifest.files, path) == NULL &&
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

/* r->path is `name` in the stage's folder `up`. */
static void
reveal_staged(struct reveal *r, int up, const char *name, int depth)
{
	struct stat sb, real;

	if (fstatat(up, name, &sb, AT_SYMLINK_NOFOLLOW) < 0 ||
	    (!S_ISDIR(sb.st_mode) && pathmap_find(&r->st->manifest.files,
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
		buf_cut(&r->path, len);
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

#define MERGE_MAX_BYTES ((int64_t)8 << 20)

static git_merge_file_input
merge_input(const struct buf *b)
{
	git_merge_file_input in;

	memset(&in, 0, sizeof(in));
	in.version = GIT_MERGE_FILE_INPUT_VERSION;
	in.ptr = buf_str(b);
	in.size = b->len;
	in.mode = 0100644;
	return in;
}

static bool
merge_can(const struct stage_side *s)
{
	return s->exists && s->mode != 0120000 && s->size <= MERGE_MAX_BYTES;
}

/* 1: loaded; 0: it can't be merged, being binary or so large that a merge could
 * take too long; -1: error. */
static int
merge_load(struct blob_store *blobs, const struct stage_side *s,
    struct buf *b, struct err *e)
{
	if (blob_get(blobs, s->hash, b, e) < 0)
		return -1;
	return b->len <= (size_t)MERGE_MAX_BYTES && (b->len == 0 ||
	    memchr(b->p, '\0', b->len) == NULL);
}

/* Is it UTF-8, and not ASCII alone? */
static bool
merge_is_utf8(const struct buf *b)
{
	return !utf8_is_ascii(buf_str(b), b->len) &&
	    utf8_is_valid(buf_str(b), b->len);
}

int
stage_merge_sides(struct blob_store *blobs, const char *path,
    const struct stage_side *base, const struct stage_side *ours,
    const struct stage_side *theirs, bool insist, struct stage_side *out,
    struct err *e)
{
	git_merge_file_options opt;
	const struct stage_side *sides[3] = { base, theirs, ours };
	struct buf text[3] = { BUF_INIT(0), BUF_INIT(0), BUF_INIT(0) };
	git_merge_file_input in[3];
	git_merge_file_result r;
	int rc = 1, i;

	memset(&r, 0, sizeof(r));
	for (i = 0; i < 3 && rc == 1; i++)
		rc = !merge_can(sides[i]) ? 0 : merge_load(blobs, sides[i],
		    &text[i], e);
	if (rc != 1)
		goto out;
	for (i = 0; i < 3; i++)
		in[i] = merge_input(&text[i]);
	git_merge_file_options_init(&opt, GIT_MERGE_FILE_OPTIONS_VERSION);
	if (insist)
		/* What libgit2 calls ours is in[1], our `theirs`. */
		opt.favor = GIT_MERGE_FILE_FAVOR_OURS;
	if (git_merge_file(&r, &in[0], &in[1], &in[2], &opt) < 0) {
		rc = gitlib_error(e, "cannot merge %s", path);
		goto out;
	}
	/* A file never gets two encodings. */
	if (!r.automergeable || (!utf8_is_valid(r.ptr, r.len) &&
	    (merge_is_utf8(&text[1]) || merge_is_utf8(&text[2])))) {
		rc = 0;
		goto out;
	}
	*out = *ours;
	if (blob_put(blobs, r.ptr, r.len, out->hash, e) < 0) {
		rc = -1;
		goto out;
	}
	out->size = (int64_t)r.len;
	out->mode = theirs->mode != base->mode ? theirs->mode : ours->mode;
out:
	git_merge_file_result_free(&r);
	for (i = 0; i < 3; i++)
		buf_release(&text[i]);
	return rc;
}

static void
merge_note(struct buf *notes, const char *path, const char *what)
{
	json_path_text(notes, path);
	buf_addf(notes, ": %s\n", what);
}

/* The staged file is a change of this real file now. There is no conflict any
 * more if it is the common ancestor again. */
static void
merge_rebase(struct manifest_entry *m, const struct stage_side *real,
    const struct stage_id *id)
{
	m->base = *real;
	m->base_id = *id;
	if (!m->during && stage_side_equal(&m->was, real))
		m->conflict = false;
}

/* Two conflicting versions: keep the staged one, as a change of the real
 * file. */
static void
merge_conflict(struct manifest_entry *m, const struct stage_side *real,
    const struct stage_id *id, struct buf *notes, const char *what)
{
	if (!m->conflict)
		m->was = m->base;
	m->conflict = true;
	merge_rebase(m, real, id);
	merge_note(notes, m->path, m->conflict ? what :
	    "as it was before the user changed it");
}

/* The project's file can't be the base of a merge. */
static void
merge_blocked(struct manifest_entry *m, struct buf *notes, const char *what)
{
	if (!m->conflict) {
		merge_note(notes, m->path, what);
		m->was = m->base;
	}
	m->conflict = true;
}

int
stage_fast_forward(struct stage *st, struct manifest_entry *m,
    const struct stage_side *real, const struct stage_id *id, struct err *e)
{
	bool stays;

	if (st->view->follow(st, m->path, real, &m->after_id, &stays, e) < 0)
		return -1;
	if (!stays) {
		pathmap_remove(&st->manifest.files, m->path);
		return 0;
	}
	m->base = m->after = *real;
	m->base_id = *id;
	memset(&m->after_id, 0, sizeof(m->after_id));
	m->during = m->conflict = false;
	return 0;
}

static int
merge_changed(struct stage *st, struct manifest_entry *m,
    const struct stage_side *real, const struct stage_id *id,
    struct buf *notes, struct err *e)
{
	struct stage_side merged;
	bool fits;
	int rc;

	if (stage_side_equal(&m->after, real)) {
		/* The same on both sides now. */
		m->base = *real;
		m->base_id = *id;
		m->during = m->conflict = false;
		if (!real->exists) {
			if (stage_remove(st, m->path, e) < 0)
				return -1;
			pathmap_remove(&st->manifest.files, m->path);
		}
		return 0;
	}
	if (stage_side_equal(&m->after, &m->base))
		return stage_fast_forward(st, m, real, id, e);
	if (m->during || !merge_can(&m->base) || !merge_can(&m->after) ||
	    !merge_can(real)) {
		merge_conflict(m, real, id, notes, !m->after.exists ?
		    "deleted in the staged copy, but the user changed it" :
		    !real->exists ?
		    "changed in the staged copy, but the user deleted it" :
		    "changed by the user too, and cannot be merged");
		return 0;
	}
	rc = stage_merge_sides(st->blobs, m->path, &m->base, real, &m->after,
	    false, &merged, e);
	fits = rc == 1;
	if (rc == 0)
		rc = stage_merge_sides(st->blobs, m->path, &m->base, real,
		    &m->after, true, &merged, e);
	if (rc < 0)
		return -1;
	if (rc == 0) {
		merge_conflict(m, real, id, notes,
		    "changed by the user too, and cannot be merged");
		return 0;
	}
	if (!stage_side_equal(&merged, &m->after) &&
	    stage_write(st, m->path, &merged, e) < 0)
		return -1;
	if (fits) {
		merge_note(notes, m->path, "the user's newer version was "
		    "merged in");
		merge_rebase(m, real, id);
	} else
		merge_conflict(m, real, id, notes, "the user edited the same "
		    "lines: their text stays unless they accept that hunk");
	/* If the merge added something, we wrote the file, not a command. Else
	 * it is as it was, with its time. */
	m->by_tool = m->by_tool || !stage_side_equal(&merged, &m->after);
	m->after = merged;
	memset(&m->after_id, 0, sizeof(m->after_id));
	return 0;
}

/* Make the entry's `after` the content that is staged now. */
static int
merge_refresh(struct stage *st, struct manifest_entry *m, struct err *e)
{
	struct stage_side now;
	struct stage_id id;
	struct stat sb;
	const char *why;
	enum stage_got got;

	if (stage_stat(st->staged_fd, m->path, &sb) == 0) {
		stage_id_make(&id, &sb);
		if (m->after.exists && stage_id_holds(&m->after_id, &id))
			return 0;
	}
	if (!m->after.exists)
		return 0;	/* the scan handles deletions */
	got = stage_read(st, m->path, true, &now, &id, &why, e);
	if (got == STAGE_FAILED)
		return -1;
	if (got == STAGE_GOT) {
		m->after = now;
		m->after_id = id;
	}
	m->refused = got == STAGE_REFUSED ? why : NULL;
	return 0;
}

/* The user created a secret file at a staged path: none of it may get into the
 * view, not even by a merge. */
static int
merge_hidden(struct stage *st, struct manifest_entry *m, struct buf *notes,
    struct err *e)
{
	if (st->view->erase(st, m->path, e) < 0)
		return -1;
	if (!stage_side_equal(&m->after, &m->base))
		merge_note(notes, m->path, "the project has a secret file "
		    "there now; the staged change was dropped");
	pathmap_remove(&st->manifest.files, m->path);
	st->dirty = true;
	return 0;
}

int
stage_merge_upstream(struct stage *st, struct manifest_entry *m,
    struct buf *notes, struct err *e)
{
	struct stage_side real;
	struct stage_id id;
	struct stat sb;
	enum stage_got got;
	bool touched, hidden;

	if (stage_is_at_base(st, m))
		return 0;
	/* A hidden file is read only to find out whether it is the one that
	 * this session applied, so only if its size is the same. If it isn't
	 * that one, its content may not get into the view. */
	hidden = stage_hides(st, m->path);
	if (hidden && (!m->base.exists || stage_stat(st->root_fd, m->path,
	    &sb) < 0 || sb.st_size != m->base.size))
		return merge_hidden(st, m, notes, e);
	got = stage_read(st, m->path, false, &real, &id, NULL, e);
	if (got == STAGE_FAILED || merge_refresh(st, m, e) < 0)
		return -1;
	if (hidden && (got != STAGE_GOT || !stage_side_equal(&real,
	    &m->base)))
		return merge_hidden(st, m, notes, e);
	if (m->refused != NULL)
		return 0;
	st->dirty = true;
	/* The user has made it a folder, or the like. */
	if (got == STAGE_REFUSED && (!m->after.exists ||
	    stage_side_equal(&m->after, &m->base)))
		return stage_fast_forward(st, m, &real, &id, e);
	if (got == STAGE_REFUSED) {
		merge_blocked(m, notes, "the project no longer has a "
		    "readable file there");
		return 0;
	}
	if (!stage_side_equal(&real, &m->base))
		return merge_changed(st, m, &real, &id, notes, e);
	/* The same content. Perhaps touched on purpose: show that. */
	touched = m->base_id.ino != 0 && (id.mtime_s != m->base_id.mtime_s ||
	    id.mtime_ns != m->base_id.mtime_ns);
	merge_rebase(m, &real, &id);
	if (touched && real.exists && stage_side_equal(&m->after, &m->base) &&
	    (id.mtime_s > m->after_id.mtime_s ||
	    (id.mtime_s == m->after_id.mtime_s &&
	    id.mtime_ns > m->after_id.mtime_ns)))
		return stage_fast_forward(st, m, &real, &id, e);
	return 0;
}
