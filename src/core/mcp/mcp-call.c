/*
 * A call of a server's tool: the copy is brought up to date, the server goes on
 * and answers, stands still again, and what it changed is staged. The phase is
 * TOOL from the first step to the result.
 */
#include "config.h"

#include "core/mcp/mcp.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/call-answer.h"
#include "core/call-result.h"
#include "core/call-sandbox.h"
#include "core/capture.h"
#include "core/core.h"
#include "core/hook-tool.h"
#include "core/mcp/mcp-int.h"
#include "core/net/network.h"
#include "core/evidence-known.h"
#include "core/plan.h"
#include "core/propose.h"
#include "core/driver.h"
#include "core/emit.h"
#include "core/stages.h"
#include "core/status.h"
#include "journal/event.h"

#define CALL_TEXT	((size_t)30 << 10)
#define CALL_STARTS	2	/* of one server in a session */

static void
mcp_call_say(struct core *c, const char *text)
{
	capture_add(&c->capture, text, strlen(text));
}

/* ---- the result ---- */

static void
mcp_call_net(struct mcp_server *s)
{
	const char *host = s->network == NULL ? NULL :
	    network_server_refused(s->network);
	AUTO_FREE char *text = host == NULL ? NULL : xasprintf("\n[it wanted to "
	    "connect to %s, which isn't allowed]", host);

	if (text != NULL)
		mcp_call_say(s->core, text);
	if (s->network != NULL)
		network_server_call(s->network, NULL, NULL);
}

/* `error`: its kind; NULL: the call succeeded. What goes to the model is in
 * c->capture. */
static void
mcp_call_end(struct mcp_server *s, const char *error)
{
	struct core *c = s->core;
	const struct core_call *call = &c->calls.list[c->calls.next];
	struct buf notes = BUF_INIT(1 << 16);
	cJSON *o = cJSON_CreateObject(), *wrote = cJSON_CreateArray();
	struct capture_result cr;
	struct err e = ERR_INIT;
	bool changed;

	if (mcp_stage_merge(s, call_stage(c), wrote, &notes, &e) < 0)
		buf_addf(&notes, "what %s changed was not staged: %s\n",
		    s->name, e.text);
	call_stage_notes(c, &notes);
	buf_release(&notes);
	mcp_call_net(s);
	call_captured(c, &c->capture, CALL_TEXT, false, &cr);
	buf_release(&c->capture);
	json_add_str(o, "id", call->id);
	json_add_str(o, "name", call->name);
	json_add_bool(o, "ok", error == NULL);
	json_add_str(o, "error", error);
	json_add_str(o, "text", cr.text);
	call_add_out(o, &cr);
	capture_result_release(&cr);
	json_add_int(o, "ms", clock_mono_ms() - s->began_ms);
	json_add_str(o, "server", s->name);
	if (mcp_host_is(s))
		json_add_bool(o, "sandbox", false);
	changed = wrote->child != NULL;
	if (changed)
		json_set_take(o, "wrote", wrote);
	else
		cJSON_Delete(wrote);
	mcp_stage_clear(s);
	cJSON_Delete(s->args);
	s->args = NULL;
	c->mcp_call = NULL;
	c->calls.running = 0;
	phase_set(c, PHASE_IDLE);
	if (c->task.planning)
		plan_count(c, o);
	else
		propose_count(c, o);
	call_add_notes(c, o);
	hook_tool_after(c, call, o);
	if (changed && !c->task.planning) {
		c->review.touched = true;
		evidence_stale(c);
	}
	emit_event(c, EVENT_TOOL_RESULT, "core", o);
	mcp_part_images(s, call->name);
	c->calls.next++;
	driver_soon(c);
}

static void
mcp_call_failed(struct mcp_server *s, const char *why)
{
	AUTO_FREE char *text = xasprintf("the MCP server %s %s", s->name, why);

	mcp_call_say(s->core, text);
	mcp_call_end(s, "server");
}

static void
mcp_call_content(struct mcp_server *s, const cJSON *result)
{
	struct core *c = s->core;
	const cJSON *content = json_array(result, "content"), *it;
	const cJSON *data = json_get(result, "structuredContent");

	cJSON_ArrayForEach(it, content)
		mcp_part_add(s, it);
	/* It has to be in the text, too; not all do that. */
	if (c->capture.len == 0 && data != NULL) {
		AUTO_FREE char *text = json_print(data);

		mcp_call_say(c, text);
	}
}

/* ---- the steps ---- */

static void
mcp_call_held(struct mcp_server *s, const cJSON *result, const char *why)
{
	(void)result;
	/* Ended or held: nothing of it runs. */
	(void)why;
	mcp_call_end(s, s->failed ? "tool_failed" : NULL);
}

static void
mcp_call_answered(struct mcp_server *s, const cJSON *result, const char *why)
{
	s->asked = false;
	if (!mcp_server_runs(s)) {
		mcp_call_failed(s, why);
		return;
	}
	s->failed = why != NULL || json_bool(result, "isError", false);
	if (why != NULL)
		mcp_call_say(s->core, why);
	else
		mcp_call_content(s, result);
	mcp_server_hold(s, mcp_call_held);
}

static void
mcp_call_send(struct mcp_server *s)
{
	struct core *c = s->core;
	struct buf notes = BUF_INIT(1 << 16);
	struct err e = ERR_INIT;
	cJSON *params;
	int rc = mcp_host_is(s) ? 0 : call_others_wait(c, &e);

	if (rc == 0 && !mcp_host_is(s))
		rc = mcp_stage_update(s, call_stage(c), &notes, &e);
	call_stage_notes(c, &notes);
	buf_release(&notes);
	if (rc < 0) {
		mcp_stage_clear(s);
		mcp_call_say(c, e.text);
		mcp_call_end(s, "stage");
		return;
	}
	params = cJSON_CreateObject();
	json_add_str(params, "name", s->tool->own);
	json_set_take(params, "arguments", s->args);
	s->args = NULL;
	json_add_int(cJSON_AddObjectToObject(params, "_meta"),
	    "progressToken", ++s->token);
	s->asked = true;
	s->shown_ms = 0;
	if (s->network != NULL)
		network_server_call(s->network, c->calls.list[c->calls.next].id,
		    s->tool->name);
	mcp_server_wake(s);
	mcp_server_ask_take(s, "tools/call", params, mcp_server_timeout_ms(s),
	    mcp_call_answered);
}

/* Started again: is this tool the one that the model knows? */
static void
mcp_call_started(struct mcp_server *s, const cJSON *result, const char *why)
{
	AUTO_BUF struct buf note = BUF_INIT(0);

	(void)result;
	if (why != NULL) {
		mcp_call_failed(s, why);
		return;
	}
	mcp_list_read(s->core->mcp, s, &note);
	if (note.len > 0)
		mcp_note(s, "changed", buf_str(&note));
	if (s->tool->changed == NULL)
		mcp_call_send(s);
	else
		mcp_call_failed(s, "was started again, and describes this tool "
		    "differently now: nothing was called. The user is asked "
		    "about it if you call it again");
}

static void
mcp_call_ask_take(struct core *c, struct core_call *call,
    const struct mcp_tool *tool, const cJSON *args, enum core_asked asked,
    cJSON *o)
{
	AUTO_FREE char *text = json_print(args);
	AUTO_FREE char *command = xasprintf("%s %s", tool->name, text);

	json_add_str(o, "command", command);
	json_add_str(o, "server", tool->server->name);
	call_ask_take(c, call, asked, o);
}

/* About a tool that its server describes differently now. */
static void
mcp_call_ask_changed(struct core *c, struct core_call *call,
    const struct mcp_tool *tool, const cJSON *args)
{
	AUTO_FREE char *why = xasprintf("MCP server %s describes this tool "
	    "differently than when you allowed it; yes accepts the new "
	    "description and calls the tool", tool->server->name);
	AUTO_FREE char *change = mcp_list_change(tool);
	cJSON *o = cJSON_CreateObject();

	memcpy(call->asked_hash, tool->changed->hash, sizeof(call->asked_hash));
	json_add_str(o, "why", why);
	json_add_str(o, "change", change);
	mcp_call_ask_take(c, call, tool, args, ASKED_TOOL, o);
}

/* About a call that nothing restrains. */
static void
mcp_call_ask_host(struct core *c, struct core_call *call,
    const struct mcp_tool *tool, const cJSON *args)
{
	const char *url = mcp_host_url(tool->server);
	AUTO_FREE char *why = xasprintf("MCP server %s is %s%s%s%s",
	    tool->server->name, url != NULL ? "at " : "not sandboxed",
	    url != NULL ? url : "", url != NULL ?
	    ": what this call sends leaves the sandbox" :
	    ": this call runs with all your rights", tool->reads ?
	    "; it says that this tool only reads" : "");
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "why", why);
	mcp_call_ask_take(c, call, tool, args, ASKED_OUTSIDE, o);
}

static void
mcp_call_refuse_host(struct core *c, const struct core_call *call,
    const struct mcp_tool *tool)
{
	AUTO_FREE char *text = xasprintf("the MCP server %s is not sandboxed, "
	    "and nobody is here to allow this call: nothing was called. The "
	    "user can set \"trust\": {\"%s\": \"always\"} for this server in "
	    "config.json, or run assent with a terminal",
	    tool->server->name, tool->own);

	call_result(c, call->id, call->name, false, "no_sandbox", text);
	c->task.faults |= FAULT_NO_SANDBOX | FAULT_NO_SANDBOX_CALL;
	c->calls.next++;
	driver_soon(c);
}

void
mcp_call_run(struct core *c, struct core_call *call, const cJSON *args)
{
	struct mcp_tool *tool = mcp_list_find(c->mcp, call->name);
	struct mcp_server *s = tool->server;
	struct err e = ERR_INIT;

	/* What was shown, not what it may say since. */
	if (tool->changed != NULL && call->allowed &&
	    call->asked == ASKED_TOOL && strcmp(call->asked_hash,
	    tool->changed->hash) == 0) {
		mcp_list_allow(tool);
	} else if (tool->changed != NULL && c->person) {
		mcp_call_ask_changed(c, call, tool, args);
		return;
	}
	if (mcp_host_is(s) && !mcp_host_trusts(s, tool) &&
	    !(call->asked == ASKED_OUTSIDE && call->allowed)) {
		if (c->person)
			mcp_call_ask_host(c, call, tool, args);
		else
			mcp_call_refuse_host(c, call, tool);
		return;
	}
	c->calls.running = 1;
	c->mcp_call = s;
	phase_set(c, PHASE_TOOL);
	status_tell(c, "tool", "running `%s`%s", call->name, mcp_host_is(s) ?
	    ", not sandboxed" : "");
	call_capture(c);
	s->tool = tool;
	s->failed = false;
	s->args = cJSON_Duplicate(args, 1);
	s->began_ms = clock_mono_ms();
	if (c->task.planning && stages_open_plan(c, &e) < 0) {
		mcp_call_say(c, e.text);
		mcp_call_end(s, "stage");
	} else if (tool->changed != NULL) {
		mcp_call_failed(s, "describes this tool differently than when "
		    "it was allowed, and there is nobody to ask");
	} else if (mcp_server_runs(s))
		mcp_call_send(s);
	else if (s->starts >= CALL_STARTS)
		mcp_call_failed(s, "ended, and it was started again "
		    "before: its tools are gone for this session");
	else
		mcp_server_start(s, mcp_call_started);
}

bool
mcp_call_stop(struct core *c, const char *why)
{
	struct mcp_server *s = c->mcp_call;

	if (s == NULL)
		return false;
	/* At the session's end nothing is recorded any more. */
	if (why == NULL) {
		c->mcp_call = NULL;
		c->calls.running = 0;
		phase_set(c, PHASE_IDLE);
		return true;
	}
	if (s->http != NULL && s->asked) {
		mcp_server_interrupt(s);
	} else {
		mcp_server_end(s);
		s->starting = false;
		s->ready = NULL;
		/* That wasn't its fault. */
		if (s->starts > 0)
			s->starts--;
	}
	s->asked = false;
	mcp_call_say(c, why);
	mcp_call_end(s, "interrupted");
	return true;
}
