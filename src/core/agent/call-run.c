#include "config.h"

#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/acp/peer.h"
#include "core/agent/background.h"
#include "core/agent/call.h"
#include "core/agent/hook.h"
#include "core/agent/terminal.h"
#include "core/context/compact.h"
#include "core/context/context.h"
#include "core/job/agent-plan.h"
#include "core/job/hint.h"
#include "core/job/job.h"
#include "core/job/output.h"
#include "core/job/program.h"
#include "core/kernel/core.h"
#include "core/kernel/secrets.h"
#include "core/mcp/mcp.h"
#include "core/project/project.h"
#include "core/review/evidence.h"
#include "core/review/propose.h"
#include "core/review/seen.h"
#include "core/review/undeclared.h"
#include "core/stage/changes.h"
#include "core/stage/stages.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "tool/tool.h"

/* Add the notes about what was removed from the copy, or can't be
 * proposed, for the journal and the model. The task then isn't "done". */
static void
call_notes_join(struct core *c, const struct buf *notes, struct event *e)
{
	if (notes->len == 0)
		return;
	e->tool_result.note = ev_text(e, buf_str(notes));
	buf_add(&c->feedback.notes, buf_str(notes), notes->len);
	c->task.faults |= FAULT_LEFT_OUT;
}

/* May the call change anything that will be proposed? */
static bool
call_may_change(const struct core *c, const struct core_call *call)
{
	return !task_plans(c) && (call->effects & (TOOL_WRITES |
	    TOOL_COMMAND)) != 0;
}

/* Is this a command, whose output is text for the user and the model? The
 * output of a file tool is a JSON reply for the core. */
static bool
call_is_command(const struct core_call *call)
{
	return (call->effects & TOOL_COMMAND) != 0;
}

/* ---- did a test fail before the code was changed? ---- */

/*
 * Only the check counts, or a command named in the approved plan, and
 * only while the task has changed nothing but tests.
 */

/* Do the staged and applied changes of this task affect tests only? */
static bool
first_is_untouched(struct core *c, struct stage *stage)
{
	AUTO_FREE struct changes_op *ops = NULL;
	AUTO(stage_scan_release) struct stage_scan scan = { 0 };
	bool is = true;
	size_t i, n;

	ops = changes_ops(c, &n);
	for (i = 0; i < n; i++)
		is = is && policy_is_test(c->policy, ops[i].path);
	if (!is || stage == NULL || stage_scan(stage, &scan, NULL) < 0)
		return false;
	MEM_EACH(&scan, changes, ch)
		is = is && policy_is_test(c->policy, ch->path);
	return is;
}

/* Is "`command`" in one of the plan's sentences? */
static bool
first_plan_names(const cJSON *plan, const char *mark)
{
	const cJSON *it;

	if (cJSON_IsString(plan))
		return strstr(plan->valuestring, mark) != NULL;
	cJSON_ArrayForEach(it, plan)
		if (first_plan_names(it, mark))
			return true;
	return false;
}

static bool
first_is_named(const struct core *c, const char *command)
{
	const struct fold_plan *p = &c->fold->plan;
	AUTO_JSON cJSON *plan = NULL;
	AUTO_FREE char *mark = NULL;

	if (c->check.command != NULL && strcmp(command, c->check.command) == 0)
		return true;
	if (p->json == NULL || p->status != FOLD_PLAN_APPROVED)
		return false;
	plan = json_parse(p->json, strlen(p->json), JSON_NUL_REPLACE, NULL);
	mark = xasprintf("`%s`", command);
	return first_plan_names(plan, mark);
}

/* Does this result show a failing test on the old code? */
static bool
test_first_failed(struct core *c, struct stage *stage, const char *tool,
    const cJSON *args, const struct ev_tool_result *result)
{
	return json_is(c->start, "test_first", "on") &&
	    ev_is(result->error, "exit") && (strcmp(tool, "run_tests") == 0 ||
	    first_is_named(c, json_str_or(args, "command", ""))) &&
	    first_is_untouched(c, stage);
}

/* Count what the call changed, and add all notes to its result. True if it may
 * have changed what is proposed. */
static bool
call_settle(struct core *c, const struct core_call *call,
    const struct buf *notes, struct event *e)
{
	bool changed = call_may_change(c, call);

	call_notes_join(c, notes, e);
	if (changed || (task_plans(c) && call_is_command(call)))
		propose_count(c, e);
	emit_add_notes(c, e);
	c->review.touched = c->review.touched || changed;
	return changed;
}

/* ---- the result of a file tool, from its reply ---- */

struct call_misses { char *path; int n; };

#define CALL_MISSES	3	/* failed edits of one file */
#define CALL_MISSES_AFTER 2	/* the same, for a model that failed with
				   apply_patch before */

/*
 * After several failed edits of one file, advise the model to write the whole
 * file, if an answer can hold it. Malloc'ed, or NULL.
 */
static char *
call_advice(struct core *c, const struct core_call *call, const cJSON *reply)
{
	const char *path = call->targets_len == 0 ? "" :
	    call->targets[0].path;
	struct tokens_room room;
	struct call_misses *m;

	if (json_bool(reply, "ok", false)) {
		if ((call->effects & TOOL_WRITES) != 0)
			pathmap_remove(&c->edits.misses, path);
		return NULL;
	}
	/* An edit that changes nothing found its place. */
	if (strcmp(call->name, "edit") != 0 ||
	    json_get(reply, "size") == NULL ||
	    json_is(reply, "kind", "no_change"))
		return edit_tools_advice(c, call,
		    json_str_or(reply, "kind", ""));
	m = pathmap_add(&c->edits.misses, path, sizeof(*m));
	if (++m->n < (c->edits.patch != PATCH_ON ? CALL_MISSES_AFTER :
	    CALL_MISSES))
		return NULL;
	compact_room(c, &c->target, &room);
	if (json_int(reply, "size", 0) / 2 > room.reserve)
		return xasprintf("\n\n%d edits of this file in a row have "
		    "failed. Read the lines around the place again, and use "
		    "one or two whole lines of what read shows, without their "
		    "numbers, as old_string.", m->n);
	return xasprintf("\n\n%d edits of this file in a row have failed. "
	    "Do not try another one: read the file, then use write with its "
	    "whole new content.", m->n);
}

/* `signal`: the signal that killed its process, or 0. */
static void
call_no_answer(const struct core_call *call, const struct sandbox_result *r,
    int signal, struct event *e)
{
	struct ev_tool_result *t = &e->tool_result;
	AUTO_FREE char *why = signal == 0 || r->killed != NULL ? output_verdict(r) :
	    xasprintf("its process was killed (signal %d%s)", signal,
	    signal == SIGKILL ? "; memory?" : "");
	AUTO_FREE char *text = xasprintf("the %s tool gave no answer: %s", call->name,
	    why);

	t->error = signal != 0 || r->killed != NULL ? "killed" : "tool_failed";
	t->text = ev_text(e, text);
	t->signal = (struct ev_number){ signal != 0, signal };
}

/* Say so if one of its files, which it couldn't use, is a secret one. */
static void
call_add_secret(const struct core *c, const struct core_call *call,
    const cJSON *reply, struct buf *text)
{
	const char *const *m = (const char *const *)c->policy->secrets;
	const cJSON *unread = json_array(reply, "unread");

	if (json_bool(reply, "ok", false) && cJSON_GetArraySize(unread) == 0)
		return;
	for (; m != NULL && *m != NULL; m++)
		MEM_EACH(call, seen, s)
			if (s->path != NULL && strcmp(s->path, *m) == 0) {
				capture_add(text, "\n", 1);
				hint_add_secret(text, *m, "");
				return;
			}
}

/* What an edit changed, for people to read. */
static void
call_add_diff(const struct core *c, const cJSON *reply, struct event *e)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t n;
	AUTO_FREE char *diff = json_get_bytes(reply, "diff", &n);

	if (diff == NULL)
		return;
	core_mask(c, &b, diff, n);
	if (b.len > 0)
		e->tool_result.diff = (struct ev_bytes){
		    ev_copy(e, b.p, b.len), b.len };
}

/* A file tool's result, from its reply; anything but an object is an error. */
static void
call_file_result(struct core *c, struct core_call *call,
    const struct sandbox_result *r, const cJSON *reply, struct event *e)
{
	struct ev_tool_result *t = &e->tool_result;
	const char *text;
	AUTO_BUF struct buf masked = BUF_INIT(JSON_MAX_BYTES);
	AUTO_FREE char *advice = NULL, *cut = NULL;

	if (!r->built) {
		output_not_built(r, e);
		return;
	}
	if (json_get(reply, "ok") == NULL) {
		call_no_answer(call, r, (int)json_int(reply, "killed",
		    r->signal), e);
		return;
	}
	t->ok = json_bool(reply, "ok", false);
	t->error = json_str(reply, "kind");
	text = json_str(reply, t->ok ? "text" : "error");
	if (text != NULL)
		capture_add(&masked, text, strlen(text));
	advice = call_advice(c, call, reply);
	if (advice != NULL)
		capture_add(&masked, advice, strlen(advice));
	call_add_secret(c, call, reply, &masked);
	if ((call->effects & TOOL_WRITES) != 0)
		seen_note(c, call, &masked);
	cut = output_keep(c, &masked, (size_t)72 << 10, false, e);
	t->text = ev_text(e, cut);
	call_add_diff(c, reply, e);
	t->ms = r->ms;
}

/* Journal the result of one call, from `reply` if it was a file tool. */
static void
call_ended(struct core *c, const struct sandbox_result *r, const cJSON *reply,
    const struct buf *notes)
{
	struct core_call *call = &c->calls.list[c->calls.next];
	AUTO_EVENT struct event e = CALL_RESULT(call->id, call->name);
	/* These have our names of the arguments. */
	AUTO_JSON cJSON *args = call_args(c, call, NULL);
	AUTO_FREE char *args_text = json_print(args);
	bool changed;

	if (!r->built && c->mode == MODE_TRY)
		c->task.faults |= FAULT_NO_START;
	if (call_is_command(call))
		output_command(c, call->name, args_text, r, &e);
	else
		call_file_result(c, call, r, reply, &e);
	if ((call->effects & TOOL_WRITES) != 0 && e.tool_result.ok)
		MEM_EACH(call, seen, s)
			include_written(c, s->path);
	changed = call_settle(c, call, notes, &e);
	e.tool_result.test_failed = test_first_failed(c, stages_current(c),
	    call->name, args, &e.tool_result);
	if (e.tool_result.ok)
		seen_done(call, reply, &e);
	emit_result_made(c, call, &e.tool_result);
	/* First: a core that is killed in between would resume with a result of
	 * the check that is of older text. */
	if (changed)
		evidence_stale(c);
	EMIT_THIS(c, "core", tool_result, &e.tool_result);
	undeclared_tell(c, json_get(reply, "undeclared"));
	MEM_EACH(call, seen, s)
		if (e.tool_result.ok && s->path != NULL)
			instructions_below(c, s->path);
	edit_tools_note(c);
	c->calls.next++;
}

/* They were stopped: each gets a result, too. */
static void
call_stopped(struct core *c, const char *why, struct buf *notes)
{
	for (; c->calls.running > 0; c->calls.running--) {
		const struct core_call *call = &c->calls.list[c->calls.next++];
		AUTO_EVENT struct event e = CALL_RESULT(call->id, call->name);

		output_stopped(c, why, call_is_command(call), &e);
		if (call_settle(c, call, notes, &e))
			evidence_stale(c);
		buf_clear(notes);
		EMIT_THIS(c, "core", tool_result, &e.tool_result);
	}
	c->review.touched = true;
}

static void
call_over(struct core *c, struct job *was,
    const struct sandbox_result *r)
{
	bool command = call_is_command(&c->calls.list[c->calls.next]);
	struct err e = ERR_INIT;
	size_t n = c->calls.running, i;
	AUTO_JSON cJSON *reply = NULL;

	if (r == NULL && was->why != NULL)
		call_stopped(c, was->why, &was->notes);
	if (r == NULL) {
		capture_end(&c->calls);
		return;
	}
	c->calls.running = 0;
	if (!command && r->built && r->exit == 0) {
		reply = json_parse(buf_str(&was->out), was->out.len,
		    JSON_NUL_REPLACE, &e);
	}
	for (i = 0; i < n; i++) {
		call_ended(c, r, n == 1 ? reply :
		    cJSON_GetArrayItem(reply, (int)i), &was->notes);
		buf_clear(&was->notes);
	}
	capture_end(&c->calls);
	if (json_str(c->start, "patch_sha256") != NULL && r->exit != 0)
		c->task.faults |= FAULT_NO_START;
	core_soon(c);
}

/* These calls can't run: their results say why. */
static void
call_not_run(struct core *c, const struct err *e)
{
	const struct core_call *call;

	for (; c->calls.running > 0; c->calls.running--) {
		call = &c->calls.list[c->calls.next++];
		emit_result(c, call->id, call->name, false, "stage", e->text);
	}
	if (c->mode == MODE_TRY)
		c->task.faults |= FAULT_NO_START;
	core_soon(c);
}

#define CALL_NOTES	400	/* bytes beside the content of an answer */
#define CALL_LEAST	1000
#define CALL_SMALL	2000	/* for a call that asks for little */
#define CALL_FEW_LINES	40
#define CALL_AMPLE	20000	/* more is seldom needed */

/* May its answer be long? Others, such as an edit's, have CALL_LEAST. */
static bool
call_is_long(const struct core_call *call)
{
	return (call->effects & (TOOL_READS | TOOL_COMMAND)) != 0 ||
	    strcmp(call->name, "background") == 0;
}

/* Do its arguments ask for little? */
static bool
call_is_small(const struct core *c, const struct core_call *call)
{
	AUTO_JSON cJSON *args = NULL;

	if (strcmp(call->name, "glob") == 0 || (call->effects & TOOL_CORE) != 0)
		return true;
	if ((call->effects & TOOL_READS) != 0)
		args = call_args(c, call, NULL);
	return json_bool(args, "files", false) ||
	    json_num(args, "lines", CALL_FEW_LINES + 1) <= CALL_FEW_LINES;
}

size_t
call_room(struct core *c, size_t *together)
{
	const struct context *context = recall_context(c);
	size_t left = c->calls.len - c->calls.next, many = 0, small = 0, i;
	const struct core_call *call = &c->calls.list[c->calls.next];
	struct tokens_room room;
	int64_t n;

	*together = TOOL_TOGETHER_MOST;
	for (i = 0; i < left; i++)
		many += call_is_long(call + i);
	if (context == NULL || !call_is_long(call))
		return 0;
	compact_room(c, &c->target, &room);
	n = context_share(context, &room, many) - CALL_NOTES -
	    (int64_t)((left - many) * CALL_LEAST / many);
	/* Where room is scarce, each gets what those before it left, and small
	 * calls after this one keep no more than they need. */
	if (n < CALL_AMPLE) {
		*together = 1;
		for (i = 1; i < left; i++)
			small += call_is_long(call + i) &&
			    call_is_small(c, call + i);
		n = MAX(n, (n * (int64_t)many - (int64_t)small * CALL_SMALL) /
		    (int64_t)(many - small));
	}
	return n < CALL_LEAST ? CALL_LEAST : (size_t)n;
}

void
call_run(struct core *c, const char *tool, const cJSON *args, size_t n)
{
	bool command = call_is_command(&c->calls.list[c->calls.next]);
	struct program_plan plan = { .ended = call_over,
		.output = command ? capture_output : NULL,
		.first = (size_t)c->sandbox.limits.output_bytes + 65536,
		.spec.tool = tool, .spec.args = args,
		.id = c->calls.list[c->calls.next].id,
		.command = json_str(args, "command"),
		.more = terminal_of(args),
		.agent = c->mode == MODE_TRY && agent_name(c) != NULL };
	struct err e = ERR_INIT;

	/* phases: TOOL runs the next calls, and no others. */
	assert(n > 0 && c->calls.next + n <= c->calls.len);
	/* invariant 6: without a sandbox the user allows each command. */
	assert(c->sandbox.level != SANDBOX_NONE || c->mode == MODE_DEMO ||
	    !command || (c->calls.list[c->calls.next].allowed &&
	    c->calls.list[c->calls.next].asked == ASKED_OUTSIDE));
	c->calls.running = n;
	plan.spec.room = (int64_t)c->calls.room;
	if (task_plans(c) && stages_open_plan(c, &e) < 0) {
		call_not_run(c, &e);
		return;
	}
	plan.stage = stages_current(c);
	if (job_start(&c->jobs[JOB_CALL], &plan, &e) < 0) {
		call_not_run(c, &e);
		return;
	}
	status_tell(c, "tool", "running `%s`",
	    c->calls.list[c->calls.next].name);
}

void
call_stop_worker(struct core *c, const char *why)
{
	job_yield(c, JOB_APPLY);
	hook_stop(c, why);
	if (!peer_stop(c, why) && !mcp_call_stop(c, why) &&
	    !background_stop_start(c, why))
		(void)job_stop(c, JOB_CALL, why);
}

void
call_recover(struct core *c, struct event *result)
{
	AUTO_BUF struct buf notes = BUF_INIT(1 << 16);

	if (!task_plans(c)) {
		(void)stage_after_call(c->stage, &notes, NULL);
		emit_stage_notes(c, &notes);
		propose_count(c, result);
		emit_add_notes(c, result);
		evidence_stale(c);
	}
}
