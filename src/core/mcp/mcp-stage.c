/*
 * A server's copy of the project: an ordinary staged copy, whose real tree is
 * the project and whose changes, before a call, are those of the session. Each
 * difference after the call is the server's. It stands still meanwhile.
 */
#include "config.h"

#include "core/mcp/mcp-int.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/core.h"
#include "core/stages.h"

int
mcp_stage_open(struct mcp_server *s, struct err *e)
{
	AUTO_FREE char *dir = xasprintf("mcp-%s", s->name);

	if (s->stage != NULL)
		return 0;
	/* What an earlier core left there was merged, or it was lost with the
	 * call. */
	if (stages_remove(s->core, dir, e) < 0)
		return -1;
	s->stage = stages_open_as(s->core, dir, SANDBOX_VIEW_COPY, e);
	return s->stage == NULL ? -1 : 0;
}

void
mcp_stage_drop(struct mcp_server *s)
{
	AUTO_FREE char *dir = xasprintf("mcp-%s", s->name);

	mcp_stage_clear(s);
	if (s->stage == NULL)
		return;
	stage_free(s->stage);
	s->stage = NULL;
	(void)stages_remove(s->core, dir, NULL);
}

void
mcp_stage_clear(struct mcp_server *s)
{
	if (s->copied)
		stage_scan_release(&s->before);
	s->copied = false;
}

/* The copy has these changes; it should have those of s->before. */
static int
mcp_stage_level(struct mcp_server *s, const struct stage_scan *own,
    struct err *e)
{
	const struct stage_scan *want = &s->before;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < own->changes_len; i++) {
		const struct stage_change *c = &own->changes[i];

		if (stage_scan_find(want, c->path) == NULL)
			rc = stage_rebase_file(s->stage, c->path, &c->before,
			    &c->before, false, e);
	}
	for (i = 0; rc == 0 && i < want->changes_len; i++) {
		const struct stage_change *c = &want->changes[i];
		const struct stage_change *has = stage_scan_find(own, c->path);

		if (has == NULL || !stage_side_equal(&has->after, &c->after))
			rc = stage_rebase_file(s->stage, c->path, &c->before,
			    &c->after, false, e);
	}
	return rc;
}

int
mcp_stage_update(struct mcp_server *s, struct stage *session,
    struct buf *notes, struct err *e)
{
	struct buf unsaid = BUF_INIT(1 << 16);
	struct stage_scan own;
	int rc;

	mcp_stage_clear(s);
	rc = stage_before_call(session, notes, e);
	if (rc == 0)
		rc = stage_scan(session, &s->before, e);
	if (rc < 0)
		return -1;
	s->copied = true;
	if (stage_scan(s->stage, &own, e) < 0)
		return -1;
	rc = mcp_stage_level(s, &own, e);
	stage_scan_release(&own);
	/* What the user edited meanwhile was said of the session's. */
	if (rc == 0)
		rc = stage_before_call(s->stage, &unsaid, e);
	buf_release(&unsaid);
	return rc;
}

/* `after` is the server's version of a file, made from `before`. */
static int
mcp_stage_take(struct stage *session, const char *path,
    const struct stage_side *before, const struct stage_side *after,
    cJSON *wrote, struct err *e)
{
	cJSON *o = cJSON_CreateObject();

	json_add_path(o, "path", path);
	cJSON_AddItemToArray(wrote, o);
	return stage_rebase_file(session, path, before, after, false, e);
}

int
mcp_stage_merge(struct mcp_server *s, struct stage *session, cJSON *wrote,
    struct buf *notes, struct err *e)
{
	struct stage_scan own;
	size_t i;
	int rc = 0;

	if (!s->copied)
		return 0;
	if (stage_after_call(s->stage, notes, e) < 0 ||
	    stage_scan(s->stage, &own, e) < 0)
		return -1;
	for (i = 0; rc == 0 && i < own.changes_len; i++) {
		const struct stage_change *c = &own.changes[i];
		const struct stage_change *had = stage_scan_find(&s->before,
		    c->path);

		if (had != NULL && stage_side_equal(&had->after, &c->after))
			continue;
		rc = mcp_stage_take(session, c->path, had != NULL ?
		    &had->before : &c->before, &c->after, wrote, e);
		/* invariant 2: the user edited it during the call. */
		if (rc == 0 && had == NULL && c->changed_on_disk)
			stage_rebase_changed(session, c->path, c->conflict ?
			    &c->was : NULL);
	}
	/* What was staged and is there as it really is: it took that back. */
	for (i = 0; rc == 0 && i < s->before.changes_len; i++) {
		const struct stage_change *c = &s->before.changes[i];

		if (stage_scan_find(&own, c->path) == NULL)
			rc = mcp_stage_take(session, c->path, &c->before,
			    &c->before, wrote, e);
	}
	for (i = 0; i < own.refused_len; i++) {
		json_path_text(notes, own.refused[i].path);
		buf_addf(notes, ": %s\n", own.refused[i].why);
	}
	stage_scan_release(&own);
	mcp_stage_clear(s);
	return rc;
}
