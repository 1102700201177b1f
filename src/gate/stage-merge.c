/*
 * stage-merge: the user edits while the agent works. Before a call, every
 * staged file whose real one has changed is updated: directly if only the user
 * changed it, with a three-way merge if both did. If both changed the same
 * lines, the agent's version stays staged, as a change of the user's newest
 * version and marked as a conflict until it is decided: the user sees which of
 * their own lines it would overwrite, and no rule accepts it.
 */
#include "config.h"

#include "gate/stage-priv.h"

#include <string.h>

#include <git2.h>

#include "base/json.h"
#include "base/utf8.h"
#include "store/gitlib.h"

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
		manifest_remove(&st->manifest, m->path);
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
			manifest_remove(&st->manifest, m->path);
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
	got = stage_read(st, st->staged_fd, m->path, true, &now, &id, &why, e);
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
	manifest_remove(&st->manifest, m->path);
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
	got = stage_get_real(st, m->path, &real, &id, e);
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
