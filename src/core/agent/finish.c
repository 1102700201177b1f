#include "config.h"

#include "core/agent/finish.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/agent/budget.h"
#include "core/agent/hook.h"
#include "core/diagnose/adds-search.h"
#include "core/job/output.h"
#include "core/job/program.h"
#include "core/kernel/core.h"
#include "core/kernel/disk.h"
#include "core/mcp/mcp.h"
#include "core/review/evidence.h"
#include "core/review/propose.h"
#include "core/stage/changes.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/task-usage.h"
#include "policy/approve.h"

#define FINISH_LIMIT	4	/* exit code */

/* Did the check pass, in a run that counts (see ARCHITECTURE.md)? */
static bool
finish_is_proven(const struct core *c)
{
	/* The failing changes were undone, whatever the check says now. */
	if (c->rollback.state >= ROLLBACK_TRIED)
		return false;
	/* A test that never failed proves nothing (see call.c). */
	if (c->fold->facts.test == FACTS_TEST_MISSED)
		return false;
	if (c->task.model == MODEL_SILENT)
		return false;
	if (!evidence_is_needed(c))
		return c->task.model != MODEL_CANNOT_PASS;
	return !evidence_is_models(c) && evidence_passed(c);
}

/* Did a limit end the task's last run of the check? */
static bool
finish_check_is_cut(const struct core *c)
{
	const struct fold_evidence *ev = &c->fold->evidence;

	return ev->known && !ev->past && (ev->met != NULL ||
	    (ev->killed != NULL && !fold_not_run(ev->killed)));
}

/* Would the rule accept some of what is proposed, if the check had passed? With
 * --require-proof that waits as all else does. */
static bool
finish_check_stops(struct core *c)
{
	AUTO_EVENT struct event made = { 0 };

	if (c->mode != MODE_EXEC || !c->approve->rule ||
	    c->fold->proposal == NULL || evidence_stops(c) == NULL ||
	    json_bool(c->start, "require_proof", false))
		return false;
	propose_decision(c, &made, c->approve->name, NULL);
	return made.decision.files_len > 0;
}

/* Several may apply; the first in this order is reported. */
static int
finish_exit(struct core *c, const char **outcome)
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
		    (task_is_wrapped(c) &&
		    (!evidence_is_needed(c) || !finish_is_proven(c))),
		    FINISH_LIMIT, "limit" },
		{ c->task.stop == STOP_UNMET, 5, "unmet" },
		{ finish_check_stops(c), 3, "unproven" },
		{ c->fold->proposal != NULL ||
		    (faults & FAULT_NO_APPROVAL) != 0 ||
		    (c->mode == MODE_EXEC && (c->waits & WAIT_PLAN) != 0), 5,
		    "waiting" },
		/* The user decided on changes, and rejected them all. */
		{ facts_all_rejected(&c->fold->facts,
		    c->fold->facts.since) ||
		    (faults & (FAULT_REFUSED | FAULT_NO_SANDBOX_CALL)) != 0 ||
		    (c->mode == MODE_TRY && (faults & (FAULT_NO_SANDBOX |
		    FAULT_LEFT_OUT)) != 0) ||
		    (c->mode == MODE_EXEC && c->review.left_out != NULL &&
		    c->review.left_out->proposal.refused_len > 0), 5,
		    "refused" },
		{ c->review.scan != SCAN_READ || (faults & (FAULT_NO_START |
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

/* The state of the check. */
static void
finish_check(const struct core *c, struct ev_check_end *check)
{
	const struct fold_evidence *ev = &c->fold->evidence;

	check->command = c->check.command;
	check->by = c->check.by;
	/* Of changes that it had undone, the check said why. */
	if (ev->known && ev->killed == NULL && (!ev->stale ||
	    c->rollback.state == ROLLBACK_DONE))
		check->exit = EV_KNOWN(ev->exit);
	check->met = ev->stale ? NULL : ev->met;
}

/* The files that were written, and those that wait for the user. */
static void
finish_files(const struct core *c, struct event *to)
{
	struct ev_agent_end *end = &to->agent_end;
	const struct fold_proposal *p = c->fold->proposal;
	size_t i, n;
	AUTO_FREE struct changes_op *ops = changes_ops(c, &n);

	end->modified_files = ev_alloc(to, (n + 1) * sizeof(char *));
	for (i = 0; i < n; i++) {
		AUTO_BUF struct buf text = BUF_INIT(0);

		json_path_text(&text, ops[i].path);
		end->modified_files[i] = ev_text(to, buf_str(&text));
		if (ops[i].other == NULL || !ops[i].after.exists)
			continue;
		if (end->renamed == NULL)
			end->renamed = ev_alloc(to, n * sizeof(*end->renamed));
		end->renamed[end->renamed_len++] = (struct ev_renamed){
		    .from_bytes = ops[i].other, .path_bytes = ops[i].path };
	}
	end->modified_files_len = n;
	n = p == NULL ? 0 : p->files_len;
	end->proposed = ev_alloc(to, (n + 1) * sizeof(char *));
	for (; end->proposed_len < n; end->proposed_len++)
		end->proposed[end->proposed_len] =
		    p->files[end->proposed_len].path;
}

#define FINISH_NAMES	100	/* of what wasn't written */

static void
finish_add_name(struct event *to, const char *path, const char *why)
{
	struct ev_agent_end *end = &to->agent_end;

	MEM_EACH(end, not_written, it)
		if (strcmp(it->path_bytes, path) == 0)
			return;		/* the first reason counts */
	if (end->not_written_len < FINISH_NAMES)
		end->not_written[end->not_written_len++] =
		    (struct ev_path_why){ .path_bytes = ev_text(to, path),
		    .why = ev_text(to, why) };
}

/* A file of which this task's hunks were decided. */
struct finish_file {
	char		*path;		/* the key; must stay first */
	int		 kept;		/* not rejected */
};

/* Files of which all was rejected. */
static void
finish_rejected(const struct facts *f, struct event *to)
{
	AUTO(pathmap_release) struct pathmap files = { NULL, 0 };

	MEM_EACH(f, hunks, h)
		if (h->task == f->task && h->verdict != FACTS_UNDECIDED)
			((struct finish_file *)pathmap_add(&files, h->path,
			    sizeof(struct finish_file)))->kept +=
			    !facts_is_rejected(f, h);
	PATHMAP_EACH(&files, finish_file, file)
		if (file->kept == 0)
			finish_add_name(to, file->path, "rejected");
}

/* Open files, and why the rule leaves them; binaries that are one row are named
 * by their folder. */
static void
finish_open(struct core *c, struct event *to)
{
	MEM_EACH(c->fold->proposal, files, f) {
		const char *slash = strrchr(f->path_bytes, '/');
		AUTO_FREE char *dir = slash == NULL ? xstrdup("./") :
		    xmemdup(f->path_bytes, (size_t)(slash + 1 - f->path_bytes));
		AUTO_BUF struct buf why = BUF_INIT(0);

		if (fold_is_in_row(f))
			buf_addf(&why, "%lld binaries, open",
			    (long long)f->binaries);
		else {
			buf_adds(&why, "open");
			rule_leaves(c, f, &why);
		}
		finish_add_name(to, fold_is_in_row(f) ? dir : f->path_bytes,
		    buf_str(&why));
	}
}

static bool
finish_has_written(const struct ev_agent_end *end, const char *path)
{
	MEM_EACH(end, modified_files, it)
		if (strcmp(*it, path) == 0)
			return true;
	return false;
}

/* What the agent made and isn't in the user's files: nothing of it is left out in
 * silence. */
static void
finish_not_written(struct core *c, struct event *to)
{
	struct ev_agent_end *end = &to->agent_end;

	end->not_written = ev_alloc(to, FINISH_NAMES *
	    sizeof(*end->not_written));
	finish_rejected(&c->fold->facts, to);
	if (c->fold->proposal != NULL && c->fold->proposal->undo == 0)
		finish_open(c, to);
	MEM_EACH(&c->fold->evidence, put_away, path)
		if (!finish_has_written(end, *path))
			finish_add_name(to, *path, "by the check alone");
	MEM_EACH(end, products, x) {
		AUTO_FREE char *why = x->rule == NULL ? NULL :
		    xasprintf("ignored by %s", x->rule);

		finish_add_name(to, x->path_bytes, why != NULL ? why :
		    ev_is(x->why, "cache") ? "cache" : "ignored");
	}
}

/* Write the patch of the applied changes to out/, if there is any and somebody
 * may ask for it, as `exec` of the same step does: its hash; else NULL. */
static const char *
finish_patch(struct core *c, char hex[SHA256_HEX_SIZE])
{
	size_t room = disk_room(c, DISK_PATCH_SHARE);
	AUTO_BUF struct buf patch = BUF_INIT(room == 0 ? 1 : room);
	AUTO_BUF struct buf name = BUF_INIT(0);
	struct err e = ERR_INIT;
	const char *large;

	if (ev_is(c->fold->mode, "interactive"))
		return NULL;
	if (changes_patch(c, &patch, &large, &e) < 0 ||
	    (patch.len > 0 && capture_keep_out(c->out_dir, buf_str(&patch),
	    patch.len, hex, &e) < 0)) {
		emit_note(c, "the patch could not be kept: %s%s", e.text,
		    e.sys == EFBIG ? "; outputs and patches may take half of "
		    "--disk" : "");
		return NULL;
	}
	if (large != NULL) {
		json_path_text(&name, large);
		emit_note(c, "the patch lacks the content of %.200s, which has "
		    "more than %zu MB", buf_str(&name),
		    CHANGES_CONTENT_MAX >> 20);
	}
	return patch.len > 0 ? hex : NULL;
}

/* The limit that the task reached. */
static struct ev_limit_met
finish_limit(const struct core *c)
{
	enum limit_kind kind = (enum limit_kind)c->task.limit_kind;

	return (struct ev_limit_met){ .what = limit_rows[kind].word,
	    .used = limit_to_json(kind, c->task.limit_used),
	    .limit = limit_to_json(kind, c->fold->facts.usage.now[kind]),
	    .flag = limit_rows[kind].flag };
}

static void
finish_steps(const struct core *c, struct event *to)
{
	const struct fold_plan *p = &c->fold->plan;
	struct ev_agent_end *end = &to->agent_end;
	size_t i;

	if (p->steps_len == 0 || p->task == PLAN_OF_EARLIER)
		return;
	end->steps = ev_alloc(to, p->steps_len * sizeof(*end->steps));
	end->steps_len = p->steps_len;
	for (i = 0; i < p->steps_len; i++)
		end->steps[i] = (struct ev_step_done){ p->steps[i].title,
		    p->steps[i].state == FOLD_STEP_DONE ||
		    p->steps[i].state == FOLD_STEP_DECIDED };
}

/* Findings of the model and of hooks, and the results of the hooks' last
 * runs. */
static void
finish_reports(const struct core *c, struct event *to)
{
	const struct fold *f = c->fold;
	struct ev_agent_end *end = &to->agent_end;

	if (f->findings.list_len > 0)
		end->findings = ev_alloc(to, f->findings.list_len *
		    sizeof(*end->findings));
	MEM_EACH(&f->findings, list, g)
		end->findings[end->findings_len++] = (struct ev_finding){
			.path_bytes = g->path, .line = g->line,
			.end_line = g->end, .severity = g->severity,
			.rule = g->rule, .message = g->message, .by = g->by };
	if (f->hooks.list_len > 0)
		end->hooks = ev_alloc(to, f->hooks.list_len * sizeof(*end->hooks));
	MEM_EACH(&f->hooks, list, h)
		if (h->decision != NULL)
			end->hooks[end->hooks_len++] = (struct ev_hook_run){
				.name = h->name, .event = h->event,
				.ok = h->ok, .decision = h->decision,
				.reason = h->ok ? h->reason : NULL,
				.error = h->ok ? NULL : h->reason,
				.findings = h->findings };
}

/* What the model says of its work; first why the check can't pass, if it doesn't.
 * malloc'ed. */
static char *
finish_summary(const struct core *c)
{
	const char *summary = ev_str(c->task.summary, "");

	return c->task.model != MODEL_CANNOT_PASS || finish_is_proven(c) ?
	    xstrdup(summary) : xasprintf("The check can't pass: %s\n%s",
	    c->task.cannot_pass, summary);
}

static void
finish_proofs(const struct core *c, struct event *to)
{
	struct ev_agent_end *end = &to->agent_end;
	size_t i;

	end->proofs = ev_alloc(to, FOLD_PROOFS * sizeof(*end->proofs));
	for (i = 0; i < FOLD_PROOFS; i++) {
		const struct fold_proof *p = &c->fold->proofs[i];

		if (p->status != NULL)
			end->proofs[end->proofs_len++] = (struct ev_proof_end){
				.which = fold_proof_names[i],
				.status = p->status,
				.reason = p->line->proof.reason,
				.words = p->line->proof.words,
				.text = p->line->proof.text };
	}
	if (c->fold->notice != NULL)
		end->notice = c->fold->notice->notice.result;
}

/* Does a message continue it? Its work was done if only what comes after that was
 * interrupted. */
static bool
finish_is_stopped(const struct core *c)
{
	return c->task.stop != STOP_NONE && (c->task.stop != STOP_INTERRUPT ||
	    (c->task.model != MODEL_CALLED_DONE &&
	    c->task.model != MODEL_CANNOT_PASS));
}

/* The task is over: its line. */
static void
finish_emit(struct core *c, const char *outcome, bool waits)
{
	const unsigned faults = c->task.faults;
	const struct facts *f = &c->fold->facts;
	struct ev_check_end check = { 0 };
	struct ev_limit_met limit;
	const struct event *rest = c->review.left_out;
	char patch[SHA256_HEX_SIZE];
	AUTO_JSON cJSON *none = cJSON_CreateObject();
	AUTO_JSON cJSON *accepted_by = NULL;
	AUTO_FREE char *summary = finish_summary(c);
	AUTO_EVENT struct event e = { .type = EVENT_AGENT_END, .agent_end = {
		.outcome = outcome, .exit = c->exit_code,
		.stopped = EV_ON(finish_is_stopped(c)),
		.summary = summary,
		.dropped = task_plans(c) ? c->plan.dropped : 0,
		.rolled_back = c->rollback.state == ROLLBACK_DONE,
		.left_out = c->mode == MODE_TRY &&
		    (faults & FAULT_LEFT_OUT) != 0,
		.worked_ms = c->clock.worked_ms,
		.calls = c->fold->calls == NULL ? none : c->fold->calls,
		.seconds = (double)(clock_mono_ms() -
		    c->clock.task_started_ms) / 1000.0,
	} };
	struct ev_agent_end *end = &e.agent_end;

	accepted_by = facts_end(f, &e);
	/* A question that is still open counts. */
	end->prompts += waits || (faults & FAULT_NO_APPROVAL) != 0;
	if (c->exit_code == FINISH_LIMIT && c->task.limit_kind != LIMIT_NONE) {
		limit = finish_limit(c);
		end->limit = &limit;
	}
	if (evidence_is_needed(c)) {
		finish_check(c, &check);
		end->check = &check;
	}
	if (rest != NULL && rest->proposal.refused_len > 0) {
		end->not_proposable = rest->proposal.refused;
		end->not_proposable_len = rest->proposal.refused_len;
	}
	if (rest != NULL && rest->proposal.products_len > 0) {
		end->products = rest->proposal.products;
		end->products_len = rest->proposal.products_len;
	}
	finish_files(c, &e);
	finish_not_written(c, &e);
	adds_end(c, &e);
	end->mcp_missing = mcp_missing(c, &e, &end->mcp_missing_len);
	finish_steps(c, &e);
	finish_reports(c, &e);
	finish_proofs(c, &e);
	end->patch = finish_patch(c, patch);
	program_drop_plan(c);
	/* invariant 4: decisions are applied before the end. */
	assert(c->decision.line == NULL || c->phase != PHASE_IDLE);
	c->task.owed = false;
	phase_answered(c, c->waits);
	c->task.faults &= ~(unsigned)FAULT_LOST;
	EMIT_THIS(c, "core", agent_end, end);
	emit_sync(c);
}

void
finish_task(struct core *c, bool waits)
{
	const char *outcome, *told = "noted";

	/* invariant 4: a task ends once. */
	assert(task_runs(c));
	if (finish_check_stops(c))
		told = "noted; the check didn't pass, so what isn't written "
		    "yet waits for the user's review";
	program_unprepare(c);
	if (c->mode != MODE_INTERACTIVE)
		(void)emit_owed_result(c, "done", true, NULL, told);
	/* Deciding what was staged doesn't finish the work. */
	phase_stop(c, c->task.stopped);
	c->exit_code = finish_exit(c, &outcome);
	budget_clock(c, false);
	finish_emit(c, outcome, waits);
}
