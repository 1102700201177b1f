#include "config.h"

#include "core/finish.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "core/budget.h"
#include "core/call.h"
#include "core/core.h"
#include "core/disk.h"
#include "core/evidence.h"
#include "core/mcp/mcp.h"
#include "core/propose.h"
#include "core/stages.h"
#include "gate/gate.h"
#include "journal/event.h"
#include "journal/fold.h"

#define FINISH_LIMIT	4	/* exit code */

struct change {
	char		*path;
	const struct fold_change_file *first, *last;
	const char	*from;		/* its old name; NULL: not renamed */
	bool		 mixed;		/* someone else changed it in between */
};

/* All that was written in the task, by path. */
static void
changes_read(const struct core *c, struct pathmap *all)
{
	const struct fold *f = c->fold;
	const struct fold_change *t;
	const struct fold_change_file *file;
	struct change *ch;

	for (t = f->changes; t < f->changes + f->changes_len; t++)
		for (file = t->files; t->seq > c->tally.since &&
		    file < t->files + t->files_len; file++) {
			ch = pathmap_add(all, file->path_bytes, sizeof(*ch));
			if (ch->first == NULL)
				ch->first = file;
			else if (!fold_change_is_back(file, ch->last))
				ch->mixed = true;
			ch->last = file;
			if (file->from != NULL)
				ch->from = file->from;
		}
}

/* The file that had another name when the task began and was renamed to this
 * one, if nothing has the old name now. */
static const struct change *
change_origin(const struct pathmap *all, const struct change *c)
{
	size_t steps;

	if (c->first->before.exists || !c->last->after.exists)
		return NULL;
	for (steps = 0; c != NULL && c->from != NULL && steps < all->len;
	    steps++) {
		c = pathmap_find(all, c->from);
		if (c != NULL && c->first->before.exists)
			return c->last->after.exists ? NULL : c;
	}
	return NULL;
}

struct changes_op *
changes_ops(const struct core *c, size_t *n)
{
	AUTO(pathmap_release) struct pathmap all = { 0 };
	AUTO_FREE void **list = NULL;
	const struct change *ch, *from;
	struct changes_op *ops, *old;
	size_t i;

	changes_read(c, &all);
	list = pathmap_list(&all);
	ops = xcalloc(all.len + 1, sizeof(*ops));
	for (i = 0, *n = 0; list[i] != NULL; i++) {
		ch = list[i];
		propose_side(&ops[*n].before, &ch->first->before);
		propose_side(&ops[*n].after, &ch->last->after);
		if (stage_side_equal(&ops[*n].before, &ops[*n].after))
			continue;
		ops[*n].path = ch->first->path_bytes;
		ops[*n].mixed = ch->mixed;
		from = change_origin(&all, ch);
		ops[(*n)++].other = from == NULL ? NULL :
		    from->first->path_bytes;
	}
	for (i = 0; i < *n; i++) {
		old = ops[i].other == NULL || !ops[i].after.exists ? NULL :
		    MEM_SEARCH(ops, *n, ops[i].other);
		if (old != NULL)
			old->other = ops[i].path;
	}
	return ops;
}

cJSON *
changes_paths(const struct core *c)
{
	cJSON *a = cJSON_CreateArray();
	size_t i, n;
	AUTO_FREE struct changes_op *ops = changes_ops(c, &n);

	for (i = 0; i < n; i++) {
		AUTO_BUF struct buf text = BUF_INIT(0);

		json_path_text(&text, ops[i].path);
		cJSON_AddItemToArray(a, cJSON_CreateString(buf_str(&text)));
	}
	return a;
}

/* [{"from", "path"}] of the renamed ones; the caller deletes. */
static cJSON *
changes_renamed(const struct core *c)
{
	cJSON *a = cJSON_CreateArray(), *o;
	size_t i, n;
	AUTO_FREE struct changes_op *ops = changes_ops(c, &n);

	for (i = 0; i < n; i++) {
		if (ops[i].other == NULL || !ops[i].after.exists)
			continue;
		o = cJSON_CreateObject();
		json_add_path(o, "from", ops[i].other);
		json_add_path(o, "path", ops[i].path);
		cJSON_AddItemToArray(a, o);
	}
	return a;
}

/* The unified diff of all of them. */
static int
changes_patch(const struct core *c, struct buf *out, struct err *e)
{
	size_t i, n;
	AUTO_FREE struct changes_op *ops = changes_ops(c, &n);

	for (i = 0; i < n; i++)
		if (gate_patch(out, c->blobs, ops[i].path, &ops[i].before,
		    &ops[i].after, c->diff, true, e) < 0)
			return -1;
	return 0;
}

/* If nothing can be changed, no check is needed. */
static bool
finish_has_check(const struct core *c)
{
	return c->check.command != NULL && c->mode != MODE_TRY &&
	    c->plan.mode != PLAN_LOOK;
}

/* Did the success check pass, in a run that counts (see ARCHITECTURE.md)? */
static bool
finish_is_proven(const struct core *c)
{
	const struct fold_evidence *ev = &c->fold->evidence;

	/* The failing changes were undone, whatever the check says now. */
	if (c->rollback.state >= ROLLBACK_TRIED)
		return false;
	/* A test that never failed proves nothing (see call.c). */
	if (c->task.test_first_told && !c->tally.failed)
		return false;
	if (c->task.model == MODEL_SILENT)
		return false;
	if (!finish_has_check(c))
		return true;
	return !evidence_is_models(c) &&
	    evidence_counts(c) && ev->exit == 0 && ev->killed == NULL;
}

/* Did a limit end the task's last run of the check? */
static bool
finish_check_is_cut(const struct core *c)
{
	const struct fold_evidence *ev = &c->fold->evidence;

	return ev->known && !ev->past && (ev->met != NULL ||
	    (ev->killed != NULL && !fold_not_run(ev->killed)));
}

/* Several may apply; the first in this order is reported. */
static int
finish_exit(const struct core *c, const char **outcome)
{
	const unsigned faults = c->task.faults;
	const struct {
		bool		 holds;
		int		 exit;
		const char	*outcome;
	} order[] = {
		{ c->task.stop == STOP_INTERRUPT, 130, "interrupted" },
		{ c->task.stop == STOP_PROVIDER, 6, "provider" },
		{ c->task.stop == STOP_LIMIT || (c->waits & WAIT_LIMIT) != 0 ||
		    (faults & FAULT_KILLED) != 0 || finish_check_is_cut(c) ||
		    (budget_is_wrapped(c) &&
		    (!finish_has_check(c) || !finish_is_proven(c))),
		    FINISH_LIMIT, "limit" },
		{ c->task.stop == STOP_UNMET, 5, "unmet" },
		{ propose_is_open(c) || (faults & FAULT_NO_APPROVAL) != 0 ||
		    (c->mode == MODE_EXEC && (c->waits & WAIT_PLAN) != 0), 5,
		    "waiting" },
		/* The user decided on changes, and rejected them all. */
		{ (c->tally.rejected > 0 && c->tally.accepted == 0) ||
		    (faults & (FAULT_REFUSED | FAULT_NO_SANDBOX_CALL)) != 0 ||
		    (c->mode == MODE_TRY && (faults & (FAULT_NO_SANDBOX |
		    FAULT_LEFT_OUT)) != 0) ||
		    (c->mode == MODE_EXEC && c->review.not_proposable != NULL &&
		    c->review.not_proposable->child != NULL), 5, "refused" },
		{ c->review.failed || (faults & (FAULT_NO_START |
		    FAULT_LOST)) != 0, 1, "error" },
		{ (faults & FAULT_NO_NET) != 0 && !finish_is_proven(c), 5,
		    "refused" },
		{ !finish_is_proven(c), 3, "unproven" },
		{ true, 0, "done" },
	};
	size_t i;

	for (i = 0; !order[i].holds; i++)
		;
	*outcome = order[i].outcome;
	return order[i].exit;
}

static cJSON *
finish_check(const struct core *c)
{
	const struct fold_evidence *ev = &c->fold->evidence;
	cJSON *o;

	if (!finish_has_check(c))
		return cJSON_CreateNull();
	o = cJSON_CreateObject();
	json_add_str(o, "command", c->check.command);
	json_add_str(o, "by", c->check.by);
	if (ev->known && !ev->stale && ev->killed == NULL && ev->exit >= 0)
		json_add_int(o, "exit", ev->exit);
	else
		json_add_null(o, "exit");
	if (!ev->stale)
		json_add_str(o, "met", ev->met);
	return o;
}

static cJSON *
finish_proposed(const struct core *c)
{
	const struct fold_proposal *p = c->fold->proposal;
	cJSON *a = cJSON_CreateArray();
	size_t i;

	for (i = 0; p != NULL && i < p->files_len; i++) {
		AUTO_JSON cJSON *o = cJSON_CreateObject();

		json_add_str(o, "p", p->files[i].path);
		cJSON_AddItemToArray(a,
		    cJSON_CreateString(json_str_or(o, "p", "")));
	}
	return a;
}

/* Write the patch of the applied changes to out/; add its hash, if any. */
static void
finish_patch(struct core *c, cJSON *o)
{
	size_t room = disk_room(c, DISK_PATCH_SHARE);
	AUTO_BUF struct buf patch = BUF_INIT(room == 0 ? 1 : room);
	struct err e = ERR_INIT;
	char hex[SHA256_HEX_SIZE];

	if (changes_patch(c, &patch, &e) < 0 ||
	    (patch.len > 0 && capture_keep_out(c->out_dir, buf_str(&patch), patch.len,
	    hex, &e) < 0))
		emit_note(c, "the patch could not be kept: %s%s", e.text,
		    e.sys == EFBIG ? "; outputs and patches may take half of "
		    "--disk" : "");
	else if (patch.len > 0)
		json_add_str(o, "patch", hex);
}

static cJSON *
finish_tokens(int64_t in, int64_t out, int64_t cached)
{
	cJSON *o = cJSON_CreateObject();

	json_add_count(o, "in", in);
	json_add_count(o, "out", out);
	json_add_count(o, "cached", cached);
	return o;
}

/* Turns and tokens of the ending task, and of the whole session. */
static void
finish_usage(const struct core *c, cJSON *o)
{
	const struct fold *f = c->fold;
	cJSON *session = cJSON_CreateObject();
	const struct task_usage_sum *sum = &f->spent.session;
	const struct task_stats *t = &c->tally;

	json_add_int(o, "turns", t->turns);
	json_set_take(o, "tokens", finish_tokens(t->in, t->out, t->cached));
	json_set_take(o, "cost_usd", money_to_json(f->spent.task.unpriced > 0 ?
	    MONEY_UNKNOWN : f->spent.task.cost));
	json_add_int(session, "turns", c->fold->turn);
	json_set_take(session, "tokens", finish_tokens(
	    sum->guessed && sum->counted == 0 ? -1 : sum->counted,
	    sum->guessed && sum->counted_out == 0 ? -1 : sum->counted_out,
	    sum->cached_told ? sum->cached : -1));
	json_set_take(session, "cost_usd", money_to_json(
	    sum->unpriced > 0 ? MONEY_UNKNOWN : sum->cost));
	json_set_take(o, "session", session);
}

static cJSON *
finish_steps(const struct core *c)
{
	const struct fold_plan *p = &c->fold->plan;
	cJSON *a = cJSON_CreateArray(), *o;
	size_t i;

	for (i = 0; i < p->steps_len; i++) {
		o = cJSON_CreateObject();
		json_add_str(o, "title", p->steps[i].title);
		json_add_bool(o, "done", p->steps[i].done);
		cJSON_AddItemToArray(a, o);
	}
	return a;
}

void
finish_task(struct core *c, bool waits)
{
	cJSON *o, *renamed, *missing;
	const char *outcome;

	/* invariant 4: a task ends once. */
	assert(phase_has_task(c));
	call_unprepare(c);
	if (c->mode != MODE_INTERACTIVE)
		(void)call_done_result(c, true, NULL, "noted");
	o = cJSON_CreateObject();
	c->exit_code = finish_exit(c, &outcome);
	json_add_str(o, "outcome", outcome);
	json_add_int(o, "exit", c->exit_code);
	json_add_bool(o, "stopped", c->task.stop != STOP_NONE);
	if (c->exit_code == FINISH_LIMIT)
		json_set_take(o, "limit", budget_end(c));
	json_add_str(o, "summary", c->task.summary == NULL ? "" :
	    c->task.summary);
	finish_usage(c, o);
	json_set_take(o, "modified_files", changes_paths(c));
	renamed = changes_renamed(c);
	if (renamed->child != NULL)
		json_set_take(o, "renamed", renamed);
	else
		cJSON_Delete(renamed);
	json_set_take(o, "proposed", finish_proposed(c));
	json_add_int(o, "decided", c->tally.accepted + c->tally.rejected);
	json_add_int(o, "rejected", c->tally.rejected);
	if (c->tally.replaced > 0)
		json_add_int(o, "replaced", c->tally.replaced);
	if (c->task.planning && c->plan.dropped > 0)
		json_add_int(o, "dropped", c->plan.dropped);
	if (c->rollback.state == ROLLBACK_DONE)
		json_add_bool(o, "rolled_back", true);
	if (c->mode == MODE_TRY && (c->task.faults & FAULT_LEFT_OUT) != 0)
		json_add_bool(o, "left_out", true);
	if (c->review.not_proposable != NULL &&
	    c->review.not_proposable->child != NULL)
		json_copy(o, "not_proposable", c->review.not_proposable);
	if (c->review.products != NULL && c->review.products->child != NULL)
		json_copy(o, "products", c->review.products);
	/* A question that is still open counts. */
	json_add_int(o, "prompts", c->tally.answers +
	    (waits || (c->task.faults & FAULT_NO_APPROVAL) != 0));
	json_copy(o, "accepted_by", c->tally.accepted_by);
	json_set_take(o, "check", finish_check(c));
	if (c->tally.findings->child != NULL)
		json_copy(o, "findings", c->tally.findings);
	if (c->tally.hooks->child != NULL)
		json_copy(o, "hooks", c->tally.hooks);
	if ((missing = mcp_missing(c)) != NULL)
		json_set_take(o, "mcp_missing", missing);
	json_set_take(o, "calls", c->fold->calls == NULL ?
	    cJSON_CreateObject() : cJSON_Duplicate(c->fold->calls, true));
	if (c->fold->plan.steps_len > 0 && !c->fold->plan.past)
		json_set_take(o, "steps", finish_steps(c));
	finish_patch(c, o);
	json_add_num(o, "seconds", (double)(clock_mono_ms() -
	    c->clock.task_started_ms) / 1000.0);
	budget_clock(c, false);
	budget_add_worked(c, o);
	stages_drop_plan(c);
	/* invariant 4: decisions are applied before the end. */
	assert(c->decision.line == NULL || c->phase != PHASE_IDLE);
	phase_task(c, c->task.stop != STOP_NONE ? TASK_STOPPED : TASK_ENDED);
	phase_answered(c, c->waits);
	c->task.faults &= ~(unsigned)FAULT_LOST;
	emit_event(c, EVENT_AGENT_END, "core", o);
	emit_sync(c);
}
