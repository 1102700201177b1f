#include "config.h"

#include "core/call-run.h"

#include <stdlib.h>

#include "base/json.h"
#include "core/disk.h"
#include "core/call-answer.h"
#include "core/call-result.h"
#include "core/call-sandbox.h"
#include "core/capture.h"
#include "core/edit-tools.h"
#include "core/patch-call.h"
#include "core/run.h"
#include "core/seen.h"
#include "core/core.h"
#include "core/hook-tool.h"
#include "core/hook.h"
#include "core/mcp/mcp.h"
#include "core/net/network.h"
#include "core/project/inspect.h"
#include "core/project/instructions.h"
#include "core/evidence-known.h"
#include "core/evidence.h"
#include "core/include.h"
#include "core/plan.h"
#include "core/propose.h"
#include "core/test-first.h"
#include "core/delta.h"
#include "core/driver.h"
#include "core/emit.h"
#include "core/stages.h"
#include "core/status.h"
#include "journal/event.h"
#include "tool/tool.h"

/* Add the notes about what was removed from the staged copy, or can't be
 * proposed, for the journal and the model. The task then isn't "done". */
static void
call_notes_join(struct core *c, const struct buf *notes, cJSON *o)
{
	if (notes->len == 0)
		return;
	json_add_str(o, "note", buf_str(notes));
	buf_add(&c->model_notes, buf_str(notes), notes->len);
	c->task.faults |= FAULT_LEFT_OUT;
}

/* May the call change anything that will be proposed? Where nothing holds it, so
 * may a program that should only read, but parses what others wrote. */
static bool
call_may_change(const struct core *c, const struct core_call *call)
{
	const struct tool_entry *t = tool_find(call->name);

	return !c->task.planning && (t == NULL ||
	    ((t->effects & (TOOL_WRITES | TOOL_COMMAND)) != 0 &&
	    ((t->effects & TOOL_READS) == 0 || !call_is_walled(c))));
}

/* Is this a command, whose output is text for the user and the model? The
 * output of a file tool is a JSON reply for the core. */
static bool
call_is_command(const struct core_call *call)
{
	const struct tool_entry *t = tool_find(call->name);

	return t == NULL || (t->effects & TOOL_COMMAND) != 0;
}

static void
call_run_output(void *arg, const char *p, size_t n)
{
	struct core *c = arg;

	if (call_is_command(&c->calls.list[c->calls.next]))
		call_output(c, p, n);
	else
		capture_add(&c->capture, p, n);
}

/* Journal the result of one call, from `reply` if it was a file tool. */
static void
call_ended(struct core *c, const struct sandbox_result *r, const cJSON *reply,
    const struct buf *notes)
{
	struct core_call *call = &c->calls.list[c->calls.next];
	const struct tool_entry *t = tool_find(call->name);
	cJSON *o = cJSON_CreateObject();
	bool changed, ok;
	size_t i;

	json_add_str(o, "id", call->id);
	json_add_str(o, "name", call->name);
	if (!r->built) {
		call_setup_failed(r, o);
		if (c->mode == MODE_TRY)
			c->task.faults |= FAULT_NO_START;
	} else if (call_is_command(call))
		call_command_result(c, call, r, o);
	else
		call_file_result(c, call, r, reply, o);
	call_notes_join(c, notes, o);
	changed = call_may_change(c, call);
	if (t != NULL && (t->effects & TOOL_WRITES) != 0 &&
	    json_bool(o, "ok", false))
		for (i = 0; i < call->targets_len; i++)
			include_written(c, call->targets[i].path);
	if (changed)
		propose_count(c, o);
	else if (call_is_command(call))
		plan_count(c, o);
	call_add_notes(c, o);
	if (test_first_failed(c, call_stage(c), call->name, call->args_text,
	    o))
		json_add_bool(o, "test_failed", true);
	ok = json_bool(o, "ok", false);
	if (ok)
		seen_done(call, o);
	hook_tool_after(c, call, o);
	/* First: a core that is killed in between would resume with a result of
	 * the check that is of older text. */
	if (changed) {
		c->review.touched = true;
		evidence_stale(c);
	}
	emit_event(c, EVENT_TOOL_RESULT, "core", o);
	for (i = 0; ok && call->seen != NULL && i < call->targets_len; i++)
		if (call->seen[i].path != NULL)
			instructions_below(c, call->seen[i].path);
	edit_tools_note(c);
	c->calls.next++;
}

static void
call_finished(void *arg, const struct sandbox_result *r)
{
	struct core *c = arg;
	bool command = call_is_command(&c->calls.list[c->calls.next]);
	struct buf notes = BUF_INIT(1 << 16);
	struct err e = ERR_INIT;
	size_t n = c->calls.running, i;
	cJSON *reply = NULL;

	/* phases: a worker's result can arrive in TOOL only. */
	assert(c->phase == PHASE_TOOL && n > 0);
	c->worker_call = NULL;
	network_end(c);
	c->calls.running = 0;
	phase_set(c, PHASE_IDLE);
	/* Build the next call's sandbox while this result is processed. Not
	 * before: a command could move what is mounted in its home. */
	if (c->mode != MODE_TRY)
		call_prepare(c);
	delta_flush(c);
	if (stage_after_call(call_stage(c), &notes, &e) < 0)
		buf_addf(&notes, "%s", e.text);
	disk_after(c, call_stage(c), r, &notes);
	if (!command && r->built && r->exit == 0) {
		reply = json_parse(buf_str(&c->capture), c->capture.len,
		    JSON_NUL_REPLACE, &e);
	}
	for (i = 0; i < n; i++) {
		call_ended(c, r, n == 1 ? reply :
		    cJSON_GetArrayItem(reply, (int)i), &notes);
		buf_clear(&notes);
	}
	cJSON_Delete(reply);
	buf_release(&notes);
	buf_release(&c->capture);
	if (c->mode == MODE_TRY)
		c->task.model = MODEL_ENDED;
	if (patch_is_wanted(c) && r->exit != 0)
		c->task.faults |= FAULT_NO_START;
	driver_soon(c);
}

/* These calls can't run: their results say why. */
static void
call_not_run(struct core *c, const struct err *e)
{
	const struct core_call *call;

	for (; c->calls.running > 0; c->calls.running--) {
		call = &c->calls.list[c->calls.next++];
		call_result(c, call->id, call->name, false, "stage", e->text);
	}
	if (c->mode == MODE_TRY) {
		c->task.model = MODEL_ENDED;
		c->task.faults |= FAULT_NO_START;
	}
	driver_soon(c);
}

void
call_run(struct core *c, const char *tool, const cJSON *args, size_t n)
{
	static const struct sandbox_callbacks callbacks = {
		.output = call_run_output, .done = call_finished,
		.net = network_begin,
	};
	struct err e = ERR_INIT;

	/* phases: TOOL runs the next calls, and no others. */
	assert(n > 0 && c->calls.next + n <= c->calls.len);
	/* phases: no call runs while a user's command uses the staged copy. */
	assert(!run_is_on(c));
	/* invariant 6: without a sandbox the user allows each command. */
	assert(c->level != SANDBOX_NONE || c->mode == MODE_DEMO ||
	    !call_is_command(&c->calls.list[c->calls.next]) ||
	    (c->calls.list[c->calls.next].allowed &&
	    c->calls.list[c->calls.next].asked == ASKED_OUTSIDE));
	c->calls.running = n;
	network_command(c, c->calls.list[c->calls.next].id,
	    json_str(args, "command"));
	if (c->task.planning && stages_open_plan(c, &e) < 0) {
		call_not_run(c, &e);
		return;
	}
	c->worker_call = call_begin(c, call_stage(c), tool, args, &callbacks,
	    &e);
	if (c->worker_call == NULL) {
		call_not_run(c, &e);
		return;
	}
	phase_set(c, PHASE_TOOL);
	status_tell(c, "tool", "running `%s`",
	    c->calls.list[c->calls.next].name);
}

/* A stopped call gets a result, too. */
static void
call_stopped(struct core *c, const char *why)
{
	struct buf notes = BUF_INIT(1 << 16);
	struct err e = ERR_INIT;
	const struct core_call *call;
	cJSON *o;

	delta_flush(c);
	(void)stage_after_call(call_stage(c), &notes, &e);
	for (; c->calls.running > 0; c->calls.running--) {
		call = &c->calls.list[c->calls.next++];
		o = cJSON_CreateObject();
		json_add_str(o, "id", call->id);
		json_add_str(o, "name", call->name);
		call_stopped_result(c, why, call_is_command(call), o);
		call_notes_join(c, &notes, o);
		buf_clear(&notes);
		if (call_may_change(c, call)) {
			propose_count(c, o);
			evidence_stale(c);
		} else if (call_is_command(call))
			plan_count(c, o);
		call_add_notes(c, o);
		emit_event(c, EVENT_TOOL_RESULT, "core", o);
	}
	c->review.touched = true;
	buf_release(&notes);
}

void
call_stop_worker(struct core *c, const char *why)
{
	inspect_stop(c);
	evidence_cancel(c);
	hook_stop(c, why);
	if (mcp_call_stop(c, why) || c->worker_call == NULL)
		return;
	sandbox_call_cancel(c->worker_call);
	c->worker_call = NULL;
	network_end(c);
	if (c->phase == PHASE_TOOL) {
		phase_set(c, PHASE_IDLE);
		if (why != NULL)
			call_stopped(c, why);
	}
	buf_release(&c->capture);
}

void
call_recover(struct core *c, cJSON *result)
{
	struct buf notes = BUF_INIT(1 << 16);

	if (!c->task.planning) {
		(void)stage_after_call(c->stage, &notes, NULL);
		call_stage_notes(c, &notes);
		propose_count(c, result);
		call_add_notes(c, result);
		evidence_stale(c);
	}
	buf_release(&notes);
}
