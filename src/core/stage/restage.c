#include "config.h"

#include "core/stage/stages.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/kernel/core.h"
#include "journal/event.h"
#include "journal/fold.h"

/*
 * Restores a resumed session's copy if it isn't as it was left: its
 * folder is gone, or the host gives another view (a mount below the project,
 * namespaces that are now denied), in which nothing is staged. An empty copy
 * would look as if the agent had reverted everything.
 */

#define RESTAGE "restage"	/* folder while being built */
#define RESTAGED "restaged"	/* folder once complete, until it replaces the
				   copy */
#define RESTAGE_NAMES 20

static bool
restage_has(const struct core *c, const char *folder)
{
	AUTO_FREE char *path = fs_join(c->dir, folder);

	return access(path, F_OK) == 0;
}

/* The changes staged in the other view; stores their contents. */
static int
restage_scan(struct core *c, enum sandbox_view_kind other,
    struct stage_scan *scan,
    struct err *e)
{
	struct stage *s = stages_open_as(c, "stage", other, e);
	int rc = s == NULL ? -1 : stage_scan(s, scan, e);

	stage_free(s);
	return rc;
}

static size_t
restage_add(struct stage_change *v, size_t n, const char *path,
    const struct fold_side *before, const struct fold_side *after)
{
	v[n].path = xstrdup(path);
	if (before != NULL)
		stages_side(&v[n].before, before);
	if (after != NULL)
		stages_side(&v[n].after, after);
	return n + 1;
}

/* The user changed the file too: find the common base, if the line has it. */
static void
restage_changed(const struct core *c, const struct fold_file *f,
    struct stage_change *to)
{
	to->changed_on_disk = f->changed_on_disk;
	if (!f->changed_on_disk || c->review.offered == NULL)
		return;
	MEM_EACH(&c->review.offered->proposal, files, file)
		if (ev_is(file->path_bytes, f->path_bytes) &&
		    file->was != NULL) {
			to->conflict = true;
			gate_side(&to->was, file->was);
		}
}

/* Is the content lost, too? */
static bool
restage_lacks(const struct core *c, const struct fold_side *after)
{
	return after->exists && blob_copy(c->blobs, after->hash, -1, NULL) < 0;
}

/* An apply wrote it before it was stopped: nothing is lost. */
static bool
restage_is_written(int root_fd, const struct fold_file *f)
{
	struct stage_side now, after;

	stages_side(&after, &f->after);
	return gate_look(root_fd, f->path_bytes, INT64_MAX, &now) == 0 &&
	    stage_side_equal(&now, &after);
}

static void
restage_lose(struct buf *lost, size_t n, const struct fold_file *f)
{
	if (n > RESTAGE_NAMES)
		return;
	buf_adds(lost, n > 1 ? ", " : "");
	if (n == RESTAGE_NAMES)
		buf_adds(lost, "...");
	else
		buf_adds(lost, f->path);
}

/* A file that was written after it was proposed, or instead, differs from what is
 * there now. */
static size_t
restage_since(struct stage_change *v, size_t n, const struct ev_note *since)
{
	size_t i;

	MEM_EACH(since, files, f) {
		for (i = 0; i < n && strcmp(v[i].path, f->path_bytes) != 0; i++)
			;
		if (i == n) {
			v[n++].path = xstrdup(f->path_bytes);
			gate_side(&v[i].after, f->after);
		}
		gate_side(&v[i].before, f->before);
		v[i].changed_on_disk = v[i].conflict = false;
	}
	return n;
}

/* The proposed changes, in the form of a scan. Changes whose content is gone
 * are left out and named in `lost`. */
static int
restage_proposed(const struct core *c, const struct ev_note *since,
    struct stage_scan *scan, struct buf *lost, struct err *e)
{
	const struct fold_proposal *p = c->fold->proposal;
	size_t files = p == NULL ? 0 : p->files_len;
	AUTO_CLOSE int root = open(c->root,
	    O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stage_change *v;
	size_t i, n = 0, lacks = 0;

	if (root < 0)
		return err_sys(e, "cannot open the project %s", c->root);
	v = xcalloc(2 * files + (since == NULL ? 0 : since->files_len) + 1,
	    sizeof(*v));
	for (i = 0; i < files; i++) {
		const struct fold_file *f = &p->files[i];

		if (restage_lacks(c, &f->after)) {
			if (!restage_is_written(root, f))
				restage_lose(lost, ++lacks, f);
			continue;
		}
		if (f->from_bytes != NULL)
			n = restage_add(v, n, f->from_bytes, &f->before, NULL);
		n = restage_add(v, n, f->path_bytes, f->from_bytes != NULL ?
		    NULL : &f->before, &f->after);
		restage_changed(c, f, &v[n - 1]);
	}
	scan->changes = v;
	scan->changes_len = since == NULL ? n : restage_since(v, n, since);
	return 0;
}

/* Drop them only if the user says so. */
static int
restage_drop(const struct core *c, const struct buf *lost, struct err *e)
{
	if (lost->len == 0 || json_is(c->start, "recover", "leave"))
		return 0;
	return err_set(e, "the copy is gone, and the content of these "
	    "changes is not in the session's store either: %s. --recover leave "
	    "drops them and continues with the project as it is", buf_str(lost));
}

/* Replace the old copy by the complete new one. A start after a kill
 * begins here: the old one may be half removed, and must not be scanned. */
static int
restage_finish(struct core *c, struct err *e)
{
	AUTO_FREE char *from = fs_join(c->dir, RESTAGED);
	AUTO_FREE char *to = fs_join(c->dir, "stage");
	int rc = stages_remove(c, "stage", e);

	if (rc == 0 && rename(from, to) < 0)
		rc = err_sys(e, "cannot rename %s", from);
	return rc;
}

/* Build a copy of these changes beside the old one, then swap: half of
 * it would look as if the agent had reverted the rest. */
static int
restage_put(struct core *c, const struct stage_scan *scan, struct err *e)
{
	AUTO_BUF struct buf notes = BUF_INIT(1 << 16);
	struct stage *s = stages_scratch(c, RESTAGE, e);
	AUTO_FREE char *from = fs_join(c->dir, RESTAGE);
	AUTO_FREE char *to = fs_join(c->dir, RESTAGED);
	size_t i;
	int rc;

	/* A copy gets the project's files only now. */
	rc = s == NULL ? -1 : stage_before_call(s, false, &notes, e);
	for (i = 0; i < scan->changes_len && rc == 0; i++)
		rc = stage_take_change(s, &scan->changes[i], e);
	stage_free(s);
	if (rc == 0 && rename(from, to) < 0)
		rc = err_sys(e, "cannot rename %s", from);
	if (rc < 0)
		(void)stages_remove(c, RESTAGE, NULL);
	else
		rc = restage_finish(c, e);
	return rc;
}

struct stage *
restage_open(struct core *c, const struct ev_note *since, char **note,
    struct err *e)
{
	const struct fold_proposal *p = c->fold->proposal;
	bool copy = !sandbox_levels[c->sandbox.level].overlays, moves, gone, late;
	AUTO(stage_scan_release) struct stage_scan scan = { 0 };
	AUTO_BUF struct buf lost = BUF_INIT(0);
	int rc = 0;

	*note = NULL;
	late = restage_has(c, RESTAGED);
	if (late && restage_finish(c, e) < 0)
		return NULL;
	(void)stages_remove(c, RESTAGE, NULL);
	stages_sweep(c);
	moves = !restage_has(c, copy ? "stage/copy" : "stage/up") &&
	    restage_has(c, copy ? "stage/up" : "stage/copy");
	gone = !restage_has(c, "stage/up") && !restage_has(c, "stage/copy") &&
	    (p != NULL || since != NULL);
	if (moves)
		rc = restage_scan(c, copy ? SANDBOX_VIEW_OVERLAY :
		    SANDBOX_VIEW_COPY, &scan, e);
	else if (gone && (rc = restage_proposed(c, since, &scan,
	    &lost, e)) == 0)
		rc = restage_drop(c, &lost, e);
	if (rc == 0 && (moves || gone))
		rc = restage_put(c, &scan, e);
	if (rc == 0)
		c->stage = stages_open(c, "stage", e);
	if (lost.len > 0)
		c->task.faults |= FAULT_LOST;
	if (c->stage != NULL && lost.len > 0)
		*note = xasprintf("The copy was gone. These changes "
		    "are lost, since their content is not in the session's "
		    "store: %s", buf_str(&lost));
	else if (c->stage == NULL)
		;
	else if (moves)
		*note = xasprintf("The copy was taken over into %s: "
		    "ignored files in it are gone", copy ?
		    "a copy of the project" : "an overlay of the project");
	else if (since != NULL)
		;
	else if (late)
		*note = xstrdup("The copy is restored after an interruption: "
		    "ignored files in it are gone");
	else if (gone)
		*note = xstrdup("The copy was gone: the open changes were "
		    "restored from the session's objects, ignored files and "
		    "what was not proposed yet are lost");
	return c->stage;
}
