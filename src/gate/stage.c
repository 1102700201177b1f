/*
 * stage: opening, the steps around a call, and the effect of a decision on a
 * staged file. The order is always: before_call, call, after_call, scan;
 * nothing here runs while a view is mounted.
 */

#include "config.h"

#include "gate/stage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <git2.h>

#include "base/dotgit.h"
#include "base/encoding.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "gate/stage-priv.h"
#include "store/gitlib.h"

#define STAGE_MAX_CHANGES	((size_t)300000)
#define STAGE_MAX_SCAN		((int64_t)512 << 20)	/* of content, both
							   sides */

/*
 * The user edits while the agent works. Before a call, every staged file whose
 * real one has changed is updated: directly if only the user changed it, with a
 * three-way merge if both did. If both changed the same
 * lines, the agent's version stays staged, as a change of the user's newest
 * version and marked as a conflict until it is decided: the user sees which of
 * their own lines it would overwrite, and no rule accepts it.
 */

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

/* 1: loaded, as text if it has a mark; 0: it can't be merged, being binary or so
 * large that a merge could take too long; -1: error. */
static int
merge_load(struct blob_store *blobs, const struct stage_side *s,
    struct buf *b, struct encoding *c, struct err *e)
{
	if (blob_get(blobs, s->hash, b, e) < 0)
		return -1;
	/* In UTF-16 a byte that is LF needn't be one. */
	if (encoding_marked(c, buf_str(b), b->len) && strcmp(c->name,
	    "UTF-8") != 0 && encoding_decode_in_place(c, b, NULL) < 0)
		return 0;
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
	AUTO_BUF struct buf old = BUF_INIT(0), mine = BUF_INIT(0),
	    other = BUF_INIT(0);
	AUTO_BUF struct buf bytes = BUF_INIT(0);
	struct buf *text[3] = { &old, &other, &mine };
	struct encoding c[3];
	git_merge_file_input in[3];
	AUTO(git_merge_file_result_free) git_merge_file_result r = { 0 };
	int rc, i;

	for (i = 0; i < 3; i++) {
		rc = !merge_can(sides[i]) ? 0 : merge_load(blobs, sides[i],
		    text[i], &c[i], e);
		if (rc != 1)
			return rc;
		if (strcmp(c[i].name, c[0].name) != 0)
			return 0;
		in[i] = merge_input(text[i]);
	}
	git_merge_file_options_init(&opt, GIT_MERGE_FILE_OPTIONS_VERSION);
	if (insist)
		/* What libgit2 calls ours is in[1], our `theirs`. */
		opt.favor = GIT_MERGE_FILE_FAVOR_OURS;
	if (git_merge_file(&r, &in[0], &in[1], &in[2], &opt) < 0)
		return gitlib_error(e, "cannot merge %s", path);
	/* A file never gets two encodings. */
	if (!r.automergeable || (!utf8_is_valid(r.ptr, r.len) &&
	    (merge_is_utf8(&other) || merge_is_utf8(&mine))))
		return 0;
	if (c[0].name[0] == '\0')
		buf_add(&bytes, r.ptr, r.len);
	else if (encoding_encode(&c[0], r.ptr, r.len, &bytes, NULL) < 0)
		return 0;
	*out = *ours;
	if (blob_put(blobs, buf_str(&bytes), bytes.len, out->hash, e) < 0)
		return -1;
	out->size = (int64_t)bytes.len;
	out->mode = theirs->mode != base->mode ? theirs->mode : ours->mode;
	return 1;
}

static void
merge_note(struct buf *notes, const char *path, const char *what)
{
	json_path_quoted(notes, path);
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
	    "as it was before it changed on disk");
}

/* The project's file can't be the base of a merge. */
static void
merge_blocked(struct stage *st, struct manifest_entry *m, struct buf *notes,
    const char *what)
{
	if (m->conflict)
		return;
	merge_note(notes, m->path, what);
	m->was = m->base;
	m->conflict = st->dirty = true;
}

/* Nothing of the agent's is left at this entry: show what the project has there,
 * a file never with an older mtime than m->after_id has. The entry may be gone
 * afterwards. */
static int
stage_fast_forward(struct stage *st, struct manifest_entry *m,
    const struct stage_side *real, const struct stage_id *id, struct err *e)
{
	bool stays;

	if (st->view->follow(st, m->path, real, &m->after_id, &stays, e) < 0)
		return -1;
	if (!stays) {
		pathmap_remove(&st->manifest->files, m->path);
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
			pathmap_remove(&st->manifest->files, m->path);
		}
		return 0;
	}
	if (stage_side_equal(&m->after, &m->base))
		return stage_fast_forward(st, m, real, id, e);
	if (m->during || !merge_can(&m->base) || !merge_can(&m->after) ||
	    !merge_can(real)) {
		merge_conflict(m, real, id, notes, !m->after.exists ?
		    "deleted in the copy, but changed on disk" :
		    !real->exists ?
		    "changed in the copy, but deleted on disk" :
		    "changed on disk too, and can't be merged");
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
		    "changed on disk too, and can't be merged");
		return 0;
	}
	if (!stage_side_equal(&merged, &m->after) &&
	    stage_write(st, m->path, &merged, e) < 0)
		return -1;
	if (fits) {
		merge_note(notes, m->path, "the newer version on disk was "
		    "merged in");
		merge_rebase(m, real, id);
	} else
		merge_conflict(m, real, id, notes, "changed on disk in the "
		    "same lines: those stay unless that hunk is accepted");
	/* If the merge added something, we wrote the file, not a command. If
	 * not, the file is as it was, with its time. */
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
	st->dirty = true;
	if (got == STAGE_GOT) {
		m->after = now;
		m->after_id = id;
	}
	m->refused = got == STAGE_REFUSED ? why : NULL;
	return 0;
}

/*
 * A merge is about to write to this staged file. If a kill leaves the user's
 * newer lines in it, and the user resets the project, they would look like the
 * agent's. First record the staged content of each file that may be merged now,
 * in one save for all; the next start puts that back.
 */
static int
merge_begin(struct stage *st, const struct manifest_entry *first, struct err *e)
{
	/* A deletion isn't merged. */
	if (first->merging || !first->after.exists)
		return 0;
	STAGE_EACH(st, m) {
		if (stage_is_at_base(st, m))
			continue;
		if (merge_refresh(st, m, e) < 0)
			return -1;
		m->merging = m->refused == NULL && m->after.exists;
	}
	st->dirty = true;
	return stage_save(st, e);
}

static void
merge_end(struct stage *st)
{
	STAGE_EACH(st, m) {
		st->dirty = st->dirty || m->merging;
		m->merging = false;
	}
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
		    "there now; the agent's change was dropped");
	pathmap_remove(&st->manifest->files, m->path);
	st->dirty = true;
	return 0;
}

/* Merge the user's newer version into one staged file. */
static int
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
	if (hidden && (!m->base.exists || stage_stat_real(st, m->path,
	    &sb) < 0 || sb.st_size != m->base.size))
		return merge_hidden(st, m, notes, e);
	got = stage_read(st, m->path, false, &real, &id, NULL, e);
	/* Else merge_begin has just done it. */
	if (got == STAGE_FAILED || (!m->merging && merge_refresh(st, m, e) < 0))
		return -1;
	if (hidden && (got != STAGE_GOT || !stage_side_equal(&real,
	    &m->base)))
		return merge_hidden(st, m, notes, e);
	if (m->refused != NULL)
		return 0;
	/* The user has made it a folder, or the like. */
	if (got == STAGE_REFUSED && m->after.exists &&
	    !stage_side_equal(&m->after, &m->base)) {
		merge_blocked(st, m, notes, "the project no longer has a "
		    "readable file there");
		return 0;
	}
	if (!stage_side_equal(&real, &m->base) && merge_begin(st, m, e) < 0)
		return -1;
	st->dirty = true;
	if (got == STAGE_REFUSED)
		return stage_fast_forward(st, m, &real, &id, e);
	if (!stage_side_equal(&real, &m->base))
		return merge_changed(st, m, &real, &id, notes, e);
	/* The same content. Perhaps touched on purpose: show that. */
	touched = m->base_id.ino != 0 &&
	    !time_equal(&id.mtime, &m->base_id.mtime);
	merge_rebase(m, &real, &id);
	if (touched && real.exists && stage_side_equal(&m->after, &m->base) &&
	    time_before(&m->after_id.mtime, &id.mtime))
		return stage_fast_forward(st, m, &real, &id, e);
	return 0;
}

/* Is it in the store, and undamaged? */
static bool
stage_stores(const struct stage *st, const struct stage_side *s)
{
	return !s->exists || blob_copy(st->blobs, s->hash, -1, NULL) == 0;
}

/*
 * After a reboot. The overlay is mounted volatile, and a copy isn't
 * synced, so recent writes may be incomplete, and their times prove nothing.
 * Files in the manifest are restored from the store; the rest (ignored files,
 * a call that wasn't scanned) can't be checked and is dropped, with a note.
 */

#define BOOT_NAMES 5

struct boot {
	struct stage	*st;
	struct buf	 path;
	size_t		 dropped;
	struct buf	 names;		/* of the first */
	struct err	*e;
	int		 rc;
};

static void
boot_dropped(struct boot *b, const char *path)
{
	if (++b->dropped > BOOT_NAMES)
		return;
	buf_adds(&b->names, b->dropped == 1 ? "" : ", ");
	if (b->dropped == BOOT_NAMES)
		buf_adds(&b->names, "...");
	else
		json_path_quoted(&b->names, path);
}

/* Has the host rebooted since the last call? (Before the view is opened.) */
static int
stage_boot_check(struct stage *st, struct err *e)
{
	/* The tools' caches are volatile overlays, too. An inspection writes to
	 * them and notes no boot. */
	if ((st->manifest->rebooted || st->manifest->boot == NULL) &&
	    fs_remove_tree(st->dir_fd, "cache", e) < 0)
		return -1;
	if (!st->manifest->rebooted || st->view != &stage_copy)
		return 0;
	/* Recreated, with the staged changes on top. */
	if (fs_remove_tree(st->dir_fd, STAGE_COPY_INDEX, e) < 0)
		return -1;
	return fs_remove_tree(st->dir_fd, st->view->folder, e);
}

/* Drop what isn't on record. Takes ownership of fd. */
static void
boot_drop_dir(struct boot *b, int fd, int depth)
{
	AUTO_DIR DIR *d = fs_dir_take(fd);
	struct dirent *de;
	struct stat sb;
	size_t len = b->path.len;
	int sub;

	while (b->rc == 0 && (de = fs_dir_next(&d)) != NULL) {
		if (fstatat(fd, de->d_name, &sb, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		buf_addf(&b->path, "%s%s", len > 0 ? "/" : "", de->d_name);
		if (S_ISDIR(sb.st_mode) && depth < STAGE_MAX_DEPTH &&
		    (sub = stage_open_dir(fd, de->d_name)) >= 0)
			boot_drop_dir(b, sub, depth + 1);
		else if (!S_ISCHR(sb.st_mode) && pathmap_find(
		    &b->st->manifest->files, buf_str(&b->path)) == NULL &&
		    (b->rc = fs_remove_tree(fd, de->d_name, b->e)) == 0)
			boot_dropped(b, buf_str(&b->path));
		buf_cut(&b->path, len);
	}
}

static int
boot_restore(struct boot *b, struct manifest_entry *m)
{
	struct stage *st = b->st;

	if (stage_has_staged(st, m->path, &m->after) ||
	    stage_stores(st, &m->after))
		return stage_again(st, m, b->e);
	if (stage_remove(st, m->path, b->e) < 0)
		return -1;
	boot_dropped(b, m->path);
	pathmap_remove(&st->manifest->files, m->path);
	return 0;
}

/* If the machine was rebooted, restore what is on record and drop the rest.
 * Otherwise restore only what a merge may have written that was cut off; if the
 * store lost it, all lines may be the user's. */
static int
stage_boot_mend(struct stage *st, struct err *e)
{
	struct boot b = { .st = st, .e = e };
	const bool all = st->manifest->rebooted;
	int fd;

	if (all && st->view == &stage_overlay) {
		fd = openat(st->staged_fd, ".", O_RDONLY | O_DIRECTORY |
		    O_CLOEXEC);
		if (fd < 0)
			return err_sys(e, "cannot read the copy");
		boot_drop_dir(&b, fd, 0);
	}
	STAGE_EACH(st, m) {
		if (b.rc < 0)
			break;
		if (all)
			b.rc = boot_restore(&b, m);
		else if (m->merging && (stage_has_staged(st, m->path,
		    &m->after) || stage_stores(st, &m->after)))
			b.rc = stage_again(st, m, e);
		else if (m->merging)
			m->during = m->during_now = true;
	}
	if (b.rc == 0)
		merge_end(st);
	if (b.rc == 0 && all) {
		(void)unlinkat(st->dir_fd, STAGE_CALL, 0);
		buf_adds(&st->note, st->note.len > 0 ? "; " : "");
		buf_adds(&st->note, "the host rebooted since the last call");
		if (b.dropped > 0)
			buf_addf(&st->note, "; %zu changed file%s not on record "
			    "and impossible to check: dropped (%s)", b.dropped,
			    b.dropped == 1 ? " was" : "s were",
			    buf_str(&b.names));
		else if (st->view == &stage_copy)
			buf_adds(&st->note, "; build output in the copy is "
			    "gone");
		FREE_NULL(st->manifest->boot);
		st->dirty = true;
		b.rc = stage_save(st, e);
	}
	buf_release(&b.path);
	buf_release(&b.names);
	return b.rc;
}

/*
 * Contents missing from the store while the stage still exists.
 * Contents that the stage or the real tree still has are stored again. If a
 * change's original content is lost, the change becomes one of the user's
 * newest version, all of which it then overwrites: the reviewer sees that, and
 * no rule accepts it.
 */

static int
restore_base(struct stage *st, struct manifest_entry *m, struct buf *notes,
    struct err *e)
{
	struct stage_side real;
	struct stage_id id;
	enum stage_got got = stage_read(st, m->path, false, &real, &id, NULL, e);

	if (got == STAGE_FAILED)
		return -1;
	if (got == STAGE_REFUSED || stage_side_equal(&real, &m->base))
		return 0;
	json_path_quoted(notes, m->path);
	buf_adds(notes, ": the original content of this change is missing from "
	    "the session's store; the change is shown against the current "
	    "file\n");
	m->base = real;
	m->base_id = id;
	m->conflict = false;
	m->during = m->during_now = true;
	return 0;
}

static int
restore_one(struct stage *st, struct manifest_entry *m, struct buf *notes,
    struct err *e)
{
	if (m->refused != NULL || stage_side_equal(&m->base, &m->after) ||
	    stage_hides(st, m->path))
		return 0;
	if (!stage_stores(st, &m->after)) {
		st->dirty = true;
		memset(&m->after_id, 0, sizeof(m->after_id));
		if (merge_refresh(st, m, e) < 0)
			return -1;
		if (m->refused != NULL)
			return 0;
	}
	/* It is unknown where the lines differ: all of it overwrites. */
	if (m->conflict && !stage_stores(st, &m->was)) {
		m->conflict = false;
		m->during = st->dirty = true;
	}
	if (stage_stores(st, &m->base))
		return 0;
	st->dirty = true;
	return restore_base(st, m, notes, e);
}

int
stage_restore(struct stage *st, struct buf *notes, struct err *e)
{
	int rc = 0;

	STAGE_EACH(st, m)
		rc = rc < 0 ? rc : restore_one(st, m, notes, e);
	return rc < 0 ? -1 : stage_save(st, e);
}

#define STAGE_MAX_BYTES	((int64_t)256 << 20)

static const char *const stage_folders[] = { "wk", "home", "tmp" };

/* The stage's folders that the sandbox's user writes to. */
static int
stage_make_folder(struct stage *st, const char *name, struct err *e)
{
	int fd;

	if (mkdirat(st->dir_fd, name, 0700) < 0 && errno != EEXIST)
		return err_sys(e, "cannot create %s/%s", st->dir, name);
	fd = stage_open_dir(st->dir_fd, name);
	if (fd < 0)
		return err_sys(e, "cannot open %s/%s", st->dir, name);
	stage_own(st, fd);
	return fd;
}

static int
stage_fill(struct stage *st, struct err *e)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(stage_folders); i++) {
		AUTO_CLOSE int fd = stage_make_folder(st, stage_folders[i], e);

		if (fd < 0)
			return -1;
	}
	st->staged_fd = stage_make_folder(st, st->view->folder, e);
	if (st->staged_fd < 0)
		return -1;
	return st->view->open(st, e);
}

int
stage_catch_up(struct stage *st, struct err *e)
{
	struct stage_scan scan;

	if (!st->unscanned)
		return 0;
	if (stage_scan(st, &scan, e) < 0)
		return -1;
	stage_scan_release(&scan);
	return 0;
}

struct stage *
stage_open(const struct stage_options *o, struct err *e)
{
	struct stage *st = xcalloc(1, sizeof(*st));

	st->manifest = xcalloc(1, sizeof(*st->manifest));
	st->dir_fd = st->root_fd = st->staged_fd = -1;
	st->whiteout_fd = st->near_fd = -1;
	st->mask = umask(0);
	(void)umask(st->mask);
	st->blobs = o->blobs;
	st->o = *o;
	if (o->max_bytes == 0)
		st->o.max_bytes = STAGE_MAX_BYTES;
	if (o->max_scan == 0)
		st->o.max_scan = STAGE_MAX_SCAN;
	if (o->max_changes == 0)
		st->o.max_changes = STAGE_MAX_CHANGES;
	st->view = o->view == SANDBOX_VIEW_COPY ? &stage_copy : &stage_overlay;
	st->o.dir = st->dir = xstrdup(o->dir);
	st->o.root = st->root = xstrdup(o->root);
	st->staged_path = fs_join(o->dir, st->view->folder);
	st->work_path = fs_join(o->dir, "wk");
	st->home_path = fs_join(o->dir, "home");
	st->tmp_path = fs_join(o->dir, "tmp");
	if (gitlib_init(e) < 0)
		st->blobs = NULL;
	else if (fs_mkdirs(o->dir, 0700, e) < 0)
		;
	else if ((st->root_fd = open(o->root, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC)) < 0 || fstat(st->root_fd, &st->root_st) < 0)
		err_sys(e, "cannot open the project %s", o->root);
	else if ((st->dir_fd = open(o->dir, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC)) < 0)
		err_sys(e, "cannot open %s", o->dir);
	else if (manifest_load(st->manifest, st->dir_fd, e) == 0 &&
	    stage_boot_check(st, e) == 0 && stage_fill(st, e) == 0 &&
	    stage_boot_mend(st, e) == 0) {
		(void)stage_call_begin(st, true, e);
		return st;
	}
	stage_free(st);
	return NULL;
}

void
stage_free(struct stage *st)
{
	if (st == NULL)
		return;
	if (st->staged_fd >= 0)
		(void)stage_save(st, NULL);
	if (st->view != NULL)
		st->view->release(st);
	manifest_release(st->manifest);
	free(st->manifest);
	fs_close(st->staged_fd);
	fs_close(st->whiteout_fd);
	fs_close(st->root_fd);
	fs_close(st->dir_fd);
	FREE_ALL(st->dir, st->root, st->staged_path, st->work_path,
	    st->home_path, st->tmp_path);
	buf_release(&st->note);
	if (st->blobs != NULL)
		gitlib_release();
	free(st);
}

void
stage_fill_spec(const struct stage *st, struct sandbox_spec *spec)
{
	bool copy = st->view == &stage_copy;

	spec->upper = copy ? NULL : st->staged_path;
	spec->work = copy ? NULL : st->work_path;
	spec->copy = copy ? st->staged_path : NULL;
	spec->sandbox_home = st->home_path;
	spec->sandbox_tmp = st->tmp_path;
	spec->quota_dir = st->dir;
}

int
stage_save(struct stage *st, struct err *e)
{
	if (!st->dirty)
		return 0;
	if (manifest_save(st->manifest, st->dir_fd, e) < 0)
		return -1;
	st->dirty = false;
	return 0;
}

/* The notes after the first ones are left out. */
static void
stage_note_more(struct buf *notes, size_t told)
{
	if (told > STAGE_MAX_NOTES)
		buf_addf(notes, "... and %zu more\n", told - STAGE_MAX_NOTES);
}

/* A call mounts the folder at the path: it must still be the one we have
 * open. */
static int
stage_check_root(const struct stage *st, struct err *e)
{
	struct stat sb, root;

	if (lstat(st->root, &sb) < 0)
		return err_sys(e, "cannot find the project %s", st->root);
	/* Compare with the folder that is open, not with a recorded number: on
	 * some file systems inode numbers don't last. */
	if (fstat(st->root_fd, &root) < 0 || sb.st_dev != root.st_dev ||
	    sb.st_ino != root.st_ino)
		return err_set(e, "%s is a different folder than when the "
		    "session began", st->root);
	return 0;
}

static int
stage_catch_up_all(struct stage *st, struct buf *notes, struct err *e)
{
	size_t told = 0, len;
	int rc = 0;

	STAGE_EACH(st, m) {
		len = notes->len;
		rc = rc < 0 ? rc : stage_merge_upstream(st, m, notes, e);
		if (notes->len > len && told++ >= STAGE_MAX_NOTES)
			buf_cut(notes, len);
	}
	stage_note_more(notes, told);
	merge_end(st);
	return rc;
}

/* A command may have closed its home or /tmp, or the project's top folder, and
 * we need them as much as the next one, or an inspection. */
static void
stage_open_own(const struct stage *st)
{
	const char *const names[] = { "home", "tmp", st->view->folder };
	struct stat sb;
	size_t i;

	for (i = 0; i < MEM_COUNT(names); i++)
		if (fstatat(st->dir_fd, names[i], &sb,
		    AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(sb.st_mode) &&
		    (sb.st_mode & S_IRWXU) != S_IRWXU)
			(void)!fchmodat(st->dir_fd, names[i],
			    (sb.st_mode & 07777) | S_IRWXU, 0);
}

int
stage_before_call(struct stage *st, bool reads, struct buf *notes,
    struct err *e)
{
	struct err first = ERR_INIT;
	int rc;

	stage_open_own(st);
	if (stage_check_root(st, e) < 0 || stage_catch_up(st, e) < 0)
		return -1;
	/* The boot in which something may be staged. */
	if (!reads || st->view != &stage_overlay)
		st->dirty = st->dirty || st->manifest->boot == NULL;
	st->command = false;
	st->o.hold(st->o.policy, true);
	stage_pass(st, true);
	rc = stage_catch_up_all(st, notes, &first);
	/* A content that the merge needs may be missing in the store. */
	if (rc < 0 && (rc = stage_restore(st, notes, e)) == 0)
		rc = stage_catch_up_all(st, notes, e);
	if (rc == 0)
		rc = st->view->sync(st, notes, e);
	if (rc == 0)
		rc = stage_save(st, e);
	if (rc == 0 && (!reads || st->view != &stage_overlay))
		rc = stage_call_begin(st, false, e);
	st->o.hold(st->o.policy, false);
	stage_pass(st, false);
	return rc;
}

struct stage_clean {
	struct stage	*st;
	struct buf	 path;
	struct buf	*notes;
	size_t		 entries, told;
	struct err	*e;
	int		 rc;
};

static void
stage_clean_entry(struct stage_clean *c, int fd, const char *name,
    const char *what)
{
	/* An empty .git at the top is the mount point at which the sandbox
	 * shows the project's .git: no note. */
	bool quiet = c->path.len == strlen(name) &&
	    unlinkat(fd, name, AT_REMOVEDIR) == 0;

	if (!quiet && fs_remove_tree(fd, name, c->e) < 0)
		c->rc = -1;
	if (quiet || c->told++ >= STAGE_MAX_NOTES)
		return;
	json_path_quoted(c->notes, buf_str(&c->path));
	buf_addf(c->notes, ": %s\n", what);
}

/* Takes ownership of fd. */
static void
stage_clean_dir(struct stage_clean *c, int fd, int depth)
{
	const bool overlay = c->st->view == &stage_overlay;
	size_t len = c->path.len;
	AUTO_DIR DIR *d = fs_dir_take(fd);
	struct dirent *de;
	struct stat sb;
	int sub;

	while (c->rc == 0 && (de = fs_dir_next(&d)) != NULL &&
	    c->entries++ < STAGE_MAX_WALK) {
		if (de->d_type == DT_REG && !dotgit_in_path(de->d_name))
			continue;
		if (fstatat(fd, de->d_name, &sb, AT_SYMLINK_NOFOLLOW) < 0 ||
		    (c->st->has_git && depth == 0 &&
		    strcmp(de->d_name, ".git") == 0))
			continue;
		if (len > 0)
			buf_addc(&c->path, '/');
		buf_adds(&c->path, de->d_name);
		if (dotgit_in_path(de->d_name)) {
			stage_clean_entry(c, fd, de->d_name,
			    "git's own files cannot be changed; removed");
		} else if (S_ISDIR(sb.st_mode)) {
			if (depth < STAGE_MAX_DEPTH &&
			    (sub = stage_open_dir(fd, de->d_name)) >= 0)
				stage_clean_dir(c, sub, depth + 1);
		} else if ((S_ISCHR(sb.st_mode) &&
		    (sb.st_rdev != 0 || !overlay)) || S_ISBLK(sb.st_mode)) {
			stage_clean_entry(c, fd, de->d_name,
			    "devices cannot be created; removed");
		}
		buf_cut(&c->path, len);
	}
}

int
stage_after_call(struct stage *st, struct buf *notes, struct err *e)
{
	struct stage_clean c = { .st = st, .notes = notes, .e = e };
	int fd;

	if (!st->unscanned)
		return 0;
	stage_open_own(st);
	fd = openat(st->staged_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "cannot read the copy");
	stage_clean_dir(&c, fd, 0);
	stage_note_more(notes, c.told);
	buf_release(&c.path);
	return c.rc;
}

/* The user decided a part of a file that they changed, too. If no part is open,
 * the conflict has ended. If one is, the open hunks still overwrite the user's
 * lines, and what was applied is merged into the common ancestor, so that it
 * doesn't count as newer text of the user's. */
static int
stage_settle_conflict(struct stage *st, struct manifest_entry *m,
    const struct stage_side *base, const struct stage_side *want, struct err *e)
{
	struct stage_side was;
	int rc;

	if (stage_side_equal(base, want))
		m->during = m->conflict = false;
	if (!m->conflict || !m->was.exists || stage_side_equal(&m->base, base))
		return 0;
	rc = stage_merge_sides(st->blobs, m->path, &m->base, base, &m->was,
	    true, &was, e);
	if (rc == 1)
		m->was = was;
	return rc < 0 ? -1 : 0;
}

/* Give the staged file the real file's time. */
static void
stage_date(struct stage *st, const char *path, const struct stage_id *real)
{
	const struct timespec times[2] = { real->mtime, real->mtime };
	const char *name;
	AUTO_CLOSE int fd = fs_open_parent(st->staged_fd, path, false, &name);

	if (fd >= 0)
		(void)utimensat(fd, name, times, AT_SYMLINK_NOFOLLOW);
}

/* Show the user's own file; 1 if there is one. */
static int
stage_settle_real(struct stage *st, const char *path,
    const struct stage_id *shown, bool dated, struct err *e)
{
	struct manifest_entry *m;
	struct stage_side real;
	struct stage_id id;
	enum stage_got got = stage_read(st, path, false, &real, &id, NULL, e);

	if (got == STAGE_FAILED)
		return -1;
	if (got == STAGE_REFUSED || !real.exists)
		return 0;
	m = pathmap_add(&st->manifest->files, path, sizeof(*m));
	m->after_id = *shown;
	st->dirty = true;
	if (stage_fast_forward(st, m, &real, &id, e) < 0)
		return -1;
	if (dated && pathmap_find(&st->manifest->files, path) != NULL)
		stage_date(st, path, &id);
	return 1;
}

/* Is the staged file as the last scan has seen it, since only we have written in
 * the stage since? */
static bool
stage_is_seen(const struct stage *st, const struct manifest_entry *m)
{
	return m != NULL && m->seen == st->serial && st->serial > 0 &&
	    !st->unscanned && m->refused == NULL && m->after.exists;
}

/* The stat data of the staged file; left as it is if that is unknown. */
static void
stage_staged_id(struct stage *st, const char *path, struct stage_id *id)
{
	const struct manifest_entry *m = pathmap_find(&st->manifest->files,
	    path);
	struct stat sb;

	if (stage_is_seen(st, m) && m->after_id.ino != 0)
		*id = m->after_id;
	else if (stage_stat(st->staged_fd, path, &sb) == 0)
		stage_id_make(id, &sb);
}

unsigned
stage_hidden_bits(struct stage *st, const char *path, bool real)
{
	struct stage_id id = { .mode = S_IFLNK };
	unsigned bits = 0;
	struct stat sb;

	if (!real)
		stage_staged_id(st, path, &id);
	else if (stage_stat_real(st, path, &sb) == 0)
		id.mode = sb.st_mode;
	if (S_ISLNK(id.mode))
		return 0;
	/* Who can read it counts: folders can give other rights than these. */
	if (((id.mode | st->mask) & 040) == 0)
		bits |= 070;
	if (((id.mode | st->mask) & 04) == 0)
		bits |= 07;
	return bits;
}

void
stage_staged_time(struct stage *st, const char *path, struct timespec *t)
{
	struct stage_id id = { .mtime = *t };

	stage_staged_id(st, path, &id);
	*t = id.mtime;
}

bool
stage_staged(const struct stage *st, const char *path, struct stage_side *side)
{
	const struct manifest_entry *m = pathmap_find(&st->manifest->files,
	    path);
	bool is = m != NULL && m->refused == NULL &&
	    !stage_side_equal(&m->base, &m->after);

	if (is)
		*side = m->after;
	return is;
}

const char *
stage_below(const struct stage *st, const char *path)
{
	AUTO_FREE char *dir = fs_join(path, "");
	const struct manifest_entry *m = pathmap_after(&st->manifest->files,
	    dir);

	while (m != NULL && strncmp(m->path, dir, strlen(dir)) == 0) {
		if (m->after.exists && !stage_side_equal(&m->base, &m->after))
			return m->path;
		m = pathmap_after(&st->manifest->files, m->path);
	}
	return NULL;
}

int
stage_rebase_file(struct stage *st, const char *path,
    const struct stage_side *base, const struct stage_side *want,
    bool keep_mtime, struct err *e)
{
	struct manifest_entry *m = pathmap_find(&st->manifest->files, path);
	const bool known = stage_is_seen(st, m);
	struct stage_side now, real;
	struct stage_id id, real_id;
	enum stage_got got = STAGE_GOT;
	struct stat sb;
	bool same, written = false;
	int rc;

	st->uncovered = true;
	if (known) {
		now = m->after;
		id = m->after_id;
	} else
		got = stage_read(st, path, true, &now, &id, NULL, e);
	if (got == STAGE_FAILED)
		return -1;
	same = got == STAGE_GOT && stage_side_equal(&now, want);
	/* Nothing is staged any more. Show the real file again if the user
	 * created one meanwhile, or if it was built: it keeps its build time. */
	if (stage_side_equal(base, want) && (!want->exists ||
	    (!same && stage_is_built(st, path)))) {
		if (want->exists)
			memset(&id, 0, sizeof(id));
		rc = stage_settle_real(st, path, &id, want->exists, e);
		if (rc != 0)
			return rc < 0 ? -1 : 0;
	}
	if (!want->exists) {
		/* Even if nothing is staged: the real file may become
		 * visible. */
		if (st->view->erase(st, path, e) < 0)
			return -1;
	} else if (got == STAGE_GOT && !now.exists &&
	    stage_side_equal(base, want) && st->view->shows_real(st, path)) {
		pathmap_remove(&st->manifest->files, path);
		st->dirty = true;
		return 0;
	} else if (!same || (stage_side_equal(base, want) && !keep_mtime)) {
		if (stage_write(st, path, want, e) < 0)
			return -1;
		written = true;
	}
	st->dirty = true;
	if (!base->exists && !want->exists) {
		pathmap_remove(&st->manifest->files, path);
		return 0;
	}
	m = pathmap_add(&st->manifest->files, path, sizeof(*m));
	got = STAGE_GOT;
	real = m->base;
	real_id = m->base_id;
	if (!known || !base->exists || !stage_side_equal(&real, base))
		got = stage_read(st, path, false, &real, &real_id, NULL, e);
	if (got == STAGE_FAILED ||
	    stage_settle_conflict(st, m, base, want, e) < 0)
		return -1;
	m->base = *base;
	m->after = *want;
	m->by_tool = m->by_tool || written;
	m->refused = NULL;
	m->seen = st->serial;
	memset(&m->base_id, 0, sizeof(m->base_id));
	memset(&m->after_id, 0, sizeof(m->after_id));
	/* Only if the real file is still the reported one. */
	if (got == STAGE_GOT && stage_side_equal(&real, base))
		m->base_id = real_id;
	/* A folder of the real tree that the staged file stands for: the next
	 * scan would think that the user had made it since. */
	if (got == STAGE_REFUSED && S_ISDIR(real_id.mode) && want->exists)
		stage_hidden_add(&st->manifest->hidden, path);
	if (known && !written && want->exists && id.ino != 0)
		m->after_id = id;
	else if (want->exists && stage_stat(st->staged_fd, path, &sb) == 0)
		stage_id_make(&m->after_id, &sb);
	return 0;
}

void
stage_rebase_changed(struct stage *st, const char *path,
    const struct stage_side *was)
{
	struct manifest_entry *m = pathmap_find(&st->manifest->files, path);

	if (m == NULL)
		return;
	if (was != NULL) {
		m->conflict = true;
		m->was = *was;
	} else
		m->during = true;
	st->dirty = true;
}

int
stage_read_real(struct stage *st, const char *path, const struct stat *looked,
    struct stage_side *side, struct err *e)
{
	struct stage_id id;
	enum stage_got got;

	if (looked != NULL && stage_known(st, path, false, looked, side))
		return 0;
	got = stage_read(st, path, false, side, &id, NULL, e);
	if (got == STAGE_REFUSED) {
		/* This is neither a file nor a link: treat it as having no
		 * content. */
		memset(side, 0, sizeof(*side));
		side->exists = true;
		side->mode = id.mode & S_IFMT;
	}
	return got == STAGE_FAILED ? -1 : 0;
}
