#include "config.h"

#include "core/main/own-changes.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/kernel/core.h"
#include "core/main/parts.h"
#include "core/review/decision.h"
#include "core/review/propose.h"
#include "core/source/source.h"
#include "core/stage/stages.h"
#include "journal/event.h"
#include "journal/fold.h"

static cJSON *
own_read(struct core *c, struct source *s, const cJSON *asked, struct err *e)
{
	AUTO(stage_scan_release) struct stage_scan scan = { 0 };
	AUTO_EVENT struct event open = { 0 }, made = { 0 };

	event_read(&open, json_get(asked, "open"));
	open.seq = 1;
	fold_event(c->fold, &open);
	if (source_scan(s, &scan, e) < 0 ||
	    (c->policy = stages_policy(c, c->root, e)) == NULL)
		return NULL;
	include_start(c);
	return propose_changes(c, &scan, &made, e) < 0 ? NULL :
	    event_write(EVENT_PROPOSAL, &made.proposal);
}

static cJSON *
own_stage(struct source *s, struct apply_op *ops, size_t n)
{
	AUTO_FREE struct ev_applied_op *list = xcalloc(n + 1, sizeof(*list));
	size_t i;

	source_stage(s, ops, n);
	for (i = 0; i < n; i++)
		list[i] = (struct ev_applied_op){ .path_bytes = ops[i].path,
			.ok = ops[i].done, .text = ops[i].text,
			.error = ops[i].changed_on_disk ? "changed" : NULL };
	return event_write(EVENT_APPLIED, &(const struct ev_applied){
	    .ops = list, .ops_len = n });
}

static cJSON *
own_check(const struct source *s, const cJSON *asked,
    const struct apply_op *ops, size_t n, struct err *e)
{
	return source_fits(s, ops, n, json_bool(asked, "committed", false),
	    e) < 0 ? NULL : cJSON_CreateObject();
}

static cJSON *
own_discard(const struct source *s, const struct apply_op *op, struct err *e)
{
	AUTO_EVENT struct event made = { 0 };
	struct apply_op one = { .path = op->path };

	if (source_checked_out(s, op->path, &op->before, &one.before, e) < 0 ||
	    source_checked_out(s, op->path, &op->after, &one.after, e) < 0)
		return NULL;
	stages_add_ops(&made, &one, 1);
	return event_write(EVENT_APPLY_BEGIN, &made.apply_begin);
}

/* What it is asked. */
static cJSON *
own_answer(struct core *c, struct source *s, const cJSON *asked,
    struct err *e)
{
	const cJSON *stage = json_get(asked, "stage"),
	    *check = json_get(asked, "check");
	AUTO_EVENT struct event begin = { 0 };
	AUTO_FREE struct apply_op *ops = NULL;
	cJSON *o;
	size_t n;

	if (source_open(s, e) < 0)
		return NULL;
	event_read_as(&begin, EVENT_APPLY_BEGIN, stage != NULL ? stage :
	    check != NULL ? check : json_get(asked, "discard"));
	n = recover_ops(&begin.apply_begin, &ops);
	o = stage != NULL ? own_stage(s, ops, n) : check != NULL ?
	    own_check(s, asked, ops, n, e) : n > 0 ?
	    own_discard(s, ops, e) : own_read(c, s, asked, e);
	apply_ops_release(ops, n);
	return o;
}

cJSON *
own_changes(const char *dir, const cJSON *asked, struct err *e)
{
	cJSON *start = cJSON_Duplicate(json_get(asked, "start"), true);
	struct core c = { .parts = core_parts, .mode = MODE_REVIEW,
		.start = start, .root = xstrdup(json_str_or(start, "root", "/")),
		.diff = hunk_diff_find(json_str(start, "diff")),
		.fold = fold_new(), .blobs = blob_store_open(dir, false, e) };
	struct source s = { .root = c.root, .dir = dir,
		.cwd = json_str_or(asked, "cwd", c.root),
		.id = json_str(asked, "id"), .blobs = c.blobs,
		.review = json_get(start, "review"),
		.reads = json_bool(asked, "reads", false), .lock = -1 };
	cJSON *o = NULL;

	propose_part.init(&c);
	c.check.command = xstrdup_null(json_str(asked, "command"));
	if (c.blobs != NULL)
		o = own_answer(&c, &s, asked, e);
	source_release(&s);
	propose_part.free(&c);
	policy_free(c.policy);
	blob_store_free(c.blobs);
	fold_free(c.fold);
	cJSON_Delete(start);
	FREE_ALL(c.root, c.check.command);
	return o;
}
