#include "config.h"

#include "core/stage/stages.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/kernel/core.h"
#include "journal/event.h"

int
own_copy_open(struct core *c, struct own_copy *o, const char *dir,
    struct err *e)
{
	if (o->stage != NULL)
		return 0;
	/* What an earlier core left there was merged, or it was lost with the
	 * call. */
	if (stages_remove(c, dir, e) < 0)
		return -1;
	xstrset(&o->dir, dir);
	o->stage = stages_open_as(c, dir, SANDBOX_VIEW_COPY, e);
	return o->stage == NULL ? -1 : 0;
}

int
own_copy_recover(struct core *c, struct own_copy *o, const char *dir,
    struct err *e)
{
	xstrset(&o->dir, dir);
	o->stage = stages_open_as(c, dir, SANDBOX_VIEW_COPY, e);
	if (o->stage == NULL || stage_scan(c->stage, &o->before, e) < 0)
		return -1;
	o->copied = true;
	return 0;
}

void
own_copy_clear(struct own_copy *o)
{
	stage_scan_release(&o->before);
	o->copied = false;
}

void
own_copy_drop(struct core *c, struct own_copy *o)
{
	own_copy_clear(o);
	if (o->stage != NULL) {
		stage_free(o->stage);
		o->stage = NULL;
		(void)stages_remove(c, o->dir, NULL);
	}
	FREE_NULL(o->dir);
}

/* The ignored files that this scan of `from` found, if they have changed since:
 * `mix` is that of then. */
static int
own_copy_ignored(const struct own_copy *o, struct stage *to,
    const struct stage *from, const struct stage_scan *scan, uint64_t *mix,
    const struct timespec *latest, struct err *e)
{
	if (!o->ignored || *mix == scan->ignored_mix)
		return 0;
	*mix = scan->ignored_mix;
	return stage_take_ignored(to, from, scan, latest, e);
}

int
own_copy_update(struct own_copy *o, struct stage *session,
    struct buf *notes, struct err *e)
{
	AUTO_BUF struct buf unsaid = BUF_INIT(1 << 16);
	AUTO(stage_scan_release) struct stage_scan own = { 0 };
	int rc;

	own_copy_clear(o);
	(void)clock_gettime(CLOCK_REALTIME, &o->updated);
	if (stage_before_call(session, false, notes, e) < 0 ||
	    stage_scan(session, &o->before, e) < 0)
		return -1;
	o->copied = true;
	if (stage_scan(o->stage, &own, e) < 0)
		return -1;
	rc = stage_level(o->stage, &own, &o->before, true, e) < 0 ? -1 : 0;
	if (rc == 0)
		rc = own_copy_ignored(o, o->stage, session, &o->before,
		    &o->mix[0], NULL, e);
	/* What the user edited meanwhile was said of the session's. */
	if (rc == 0)
		rc = stage_before_call(o->stage, false, &unsaid, e);
	return rc;
}

/* What the session has at a path: its change, or none. */
static bool
own_copy_same(const struct stage_change *a, const struct stage_change *b)
{
	return a == NULL || b == NULL ? a == b :
	    stage_side_equal(&a->after, &b->after);
}

/* `after` is the copy's version of a file, made from `before`. */
static int
own_copy_take(const struct own_copy *o, struct stage *session,
    const struct stage_scan *now, const char *path,
    const struct stage_side *before, const struct stage_side *after,
    struct event *to, struct buf *notes, struct err *e)
{
	struct ev_tool_result *t = &to->tool_result;
	const struct stage_change *is = now == NULL ? NULL :
	    stage_scan_find(now, path);

	if (now != NULL && !own_copy_same(is, stage_scan_find(&o->before,
	    path))) {
		if (!stage_side_equal(is == NULL ? before : &is->after,
		    after)) {
			json_path_quoted(notes, path);
			buf_adds(notes, ": changed by a background command, "
			    "too; that version was dropped\n");
		}
		return 0;
	}
	t->wrote[t->wrote_len++].path_bytes = ev_text(to, path);
	return stage_rebase_file(session, path, before, after, false, e);
}

int
own_copy_merge(struct own_copy *o, struct stage *session,
    const struct stage_scan *now, struct event *to, struct buf *notes,
    struct err *e)
{
	AUTO(stage_scan_release) struct stage_scan own = { 0 };
	int rc = 0;

	if (!o->copied)
		return 0;
	if (stage_after_call(o->stage, notes, e) < 0 ||
	    stage_scan(o->stage, &own, e) < 0)
		return -1;
	to->tool_result.wrote = ev_alloc(to, (own.changes_len +
	    o->before.changes_len + 1) * sizeof(*to->tool_result.wrote));
	MEM_EACH(&own, changes, c) {
		const struct stage_change *had = stage_scan_find(&o->before,
		    c->path);

		if (rc < 0 || (had != NULL && stage_side_equal(&had->after,
		    &c->after)))
			continue;
		rc = own_copy_take(o, session, now, c->path, had != NULL ?
		    &had->before : &c->before, &c->after, to, notes, e);
		/* invariant 2: the user edited it meanwhile. */
		if (rc == 0 && had == NULL && c->changed_on_disk)
			stage_rebase_changed(session, c->path, c->conflict ?
			    &c->was : NULL);
	}
	/* A staged change that is missing from the copy was reverted there. */
	MEM_EACH(&o->before, changes, c)
		if (rc == 0 && stage_scan_find(&own, c->path) == NULL)
			rc = own_copy_take(o, session, now, c->path,
			    &c->before, &c->before, to, notes, e);
	if (rc == 0)
		rc = own_copy_ignored(o, session, o->stage, &own, &o->mix[1],
		    &o->updated, e);
	MEM_EACH(&own, refused, file) {
		json_path_quoted(notes, file->path);
		buf_addf(notes, ": %s\n", file->why);
	}
	own_copy_clear(o);
	return rc;
}
