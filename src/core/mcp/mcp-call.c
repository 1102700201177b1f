/*
 * A call of a server's tool: the copy is updated, the server continues, answers
 * and is stopped again, and its changes are staged. The phase is TOOL from the
 * first step to the result.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/b64.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/quote.h"
#include "core/context/context-image.h"
#include "core/job/job.h"
#include "core/job/output.h"
#include "core/job/program.h"
#include "core/kernel/core.h"
#include "core/mcp/mcp.h"
#include "core/mcp/mcp-int.h"
#include "core/net/network.h"
#include "core/review/evidence.h"
#include "core/review/propose.h"
#include "core/stage/stages.h"
#include "gate/hunk.h"
#include "journal/event.h"

static void
mcp_call_say(struct core *c, const char *text)
{
	capture_add(&c->calls.capture, text, strlen(text));
}

/* "[image/png, 12 kB]". */
static void
part_bytes(struct mcp_server *s, const char *type, const char *data)
{
	struct core *c = s->core;
	AUTO_BUF struct buf b = BUF_INIT(0), words = BUF_INIT(0);
	AUTO_FREE char *name = NULL;
	struct err e = ERR_INIT;
	bool image;

	name = xasprintf("%s-%zu.%s", s->name,
	    s->images.user_message.images_len + 1,
	    strcmp(type, "image/jpeg") == 0 ? "jpg" : "png");
	image = b64_decode(&b, data, strlen(data)) == 0 &&
	    strncmp(type, "image/", 6) == 0 &&
	    attach_bytes(c, name, &b, &s->images, &e) == 0;
	buf_addf(&words, "[%.60s, ", type);
	buf_add_size(&words, b.len);
	buf_adds(&words, image ? "]" : ", which isn't shown]");
	mcp_call_say(c, buf_str(&words));
}

/* A part of what it hands over, to core->calls.capture and s->images. */
static void
mcp_part_add(struct mcp_server *s, const cJSON *part)
{
	struct core *c = s->core;
	const cJSON *in = json_get(part, "resource");
	const cJSON *o = cJSON_IsObject(in) ? in : part;
	const char *text = json_str(o, "text"), *uri = json_str(o, "uri");
	const char *data = json_str(o, in != NULL || uri != NULL ? "blob" :
	    "data");
	const char *name = json_str(o, "name");
	const char *words = json_str(o, "description");

	if (c->calls.capture.len > 0)
		mcp_call_say(c, "\n");
	if (uri != NULL) {
		AUTO_FREE char *about = xasprintf("[%.300s]%s%.100s%s%.300s\n",
		    uri, name == NULL ? "" : " ", name == NULL ? "" : name,
		    words == NULL ? "" : ": ", words == NULL ? "" : words);

		mcp_call_say(c, about);
	}
	if (text != NULL)
		mcp_call_say(c, text);
	else if (data != NULL)
		part_bytes(s, json_str_or(o, "mimeType", "bytes"), data);
	else if (uri == NULL) {
		AUTO_FREE char *about = xasprintf("[%.40s, which isn't shown]",
		    json_str_or(part, "type", "a part without a type"));

		mcp_call_say(c, about);
	}
}

/* The images of the last parts: they need a message, since not all services take
 * them in a result. */
static void
mcp_part_images(struct mcp_server *s, const char *of)
{
	AUTO_EVENT struct event sent = s->images;
	AUTO_FREE char *text = xasprintf("[assent] The images of %s:", of);

	s->images = (struct event){ 0 };
	sent.user_message.text = text;
	if (sent.user_message.images_len > 0)
		EMIT_THIS(s->core, "core", user_message, &sent.user_message);
}

/*
 * Resources that you name in a message, as @SERVER:URI. They are read before the
 * next request, one by one, and the model gets them as data.
 */

#define RESOURCE_MAX	10	/* of a message */
#define RESOURCE_TEXT	((size_t)30 << 10)
#define RESOURCE_MS	30000

void
mcp_resource_want(struct core *c, const char *server, const char *uri)
{
	struct mcp *m;
	cJSON *o;

	if (c->mcp == NULL)
		c->mcp = xcalloc(1, sizeof(*c->mcp));
	m = c->mcp;
	if (m->wanted == NULL)
		m->wanted = cJSON_CreateArray();
	if (cJSON_GetArraySize(m->wanted) >= RESOURCE_MAX)
		return;
	o = JSON_TEXTS("server", server, "uri", uri);
	cJSON_AddItemToArray(m->wanted, o);
}

static void
resource_failed(struct core *c, const char *server, const char *uri,
    const char *why)
{
	AUTO_FREE char *text = xasprintf("@%s:%s can't be read: %s", server,
	    uri, why);
	AUTO_FREE char *told = xasprintf("[assent] %s", text);

	emit_note(c, "%s", text);
	emit_tell_model(c, told);
}

static void
resource_read(struct mcp_server *s, const cJSON *result)
{
	struct core *c = s->core;
	const char *uri = json_str_or(c->mcp->reading, "uri", "");
	AUTO_BUF struct buf b = BUF_INIT(0);
	AUTO_FREE char *about = NULL, *of = NULL, *text = NULL;
	const cJSON *it;

	capture_begin(c);
	cJSON_ArrayForEach(it, json_array(result, "contents"))
		mcp_part_add(s, it);
	text = output_keep(c, &c->calls.capture, RESOURCE_TEXT, false, NULL);
	capture_end(&c->calls);
	of = xasprintf("@%s:%s", s->name, uri);
	about = xasprintf("%s, a resource of the MCP server %s", of, s->name);
	buf_adds(&b, "[assent]\n");
	fence_add(&b, about, text, strlen(text), "");
	emit_note(c, "Read for the model, from MCP server %s: %s", s->name,
	    uri);
	emit_tell_model(c, buf_str(&b));
	mcp_part_images(s, of);
}

static void
resource_held(struct mcp_server *s, const cJSON *result UNUSED,
    const char *why UNUSED)
{
	json_drop(&s->core->mcp->reading);
	core_soon(s->core);
}

static void
resource_answered(struct mcp_server *s, const cJSON *result, const char *why)
{
	if (why != NULL)
		resource_failed(s->core, s->name,
		    json_str_or(s->core->mcp->reading, "uri", ""), why);
	else
		resource_read(s, result);
	mcp_server_hold(s, resource_held);
}

/* The text may be somebody else's, such as an issue's in exec: without a user
 * who answers questions, it doesn't count as the user's. */
static bool
resource_is_yours(const struct core *c, const struct mcp_server *s)
{
	return c->person || !s->outside ||
	    json_is(s->config, "trust", "always");
}

struct mcp_server *
mcp_server_find(const struct mcp *m, const char *name)
{
	MEM_EACH(m, servers, server)
		if (strcmp((*server)->name, name) == 0)
			return *server;
	return NULL;
}

/* True: one is being read. */
bool
mcp_resource_next(struct core *c)
{
	struct mcp *m = c->mcp;
	struct mcp_server *s;
	const char *name, *uri;
	cJSON *params;

	while (m->reading == NULL && m->wanted != NULL &&
	    m->wanted->child != NULL) {
		m->reading = cJSON_DetachItemFromArray(m->wanted, 0);
		name = json_str_or(m->reading, "server", "");
		uri = json_str_or(m->reading, "uri", "");
		s = mcp_server_find(m, name);
		if (s == NULL || s->run.rpc == NULL ||
		    !resource_is_yours(c, s)) {
			resource_failed(c, name, uri, s == NULL ||
			    s->run.rpc == NULL ? "the server doesn't run" :
			    "the server is not sandboxed, and nobody is here to "
			    "allow it (\"trust\": \"always\" does)");
			json_drop(&m->reading);
			continue;
		}
		params = JSON_TEXTS("uri", uri);
		status_tell(c, "model", "reading @%s:%.100s", name, uri);
		mcp_server_ask_take(s, "resources/read", params, RESOURCE_MS,
		    resource_answered);
	}
	return m->reading != NULL;
}

#define CALL_TEXT	((size_t)30 << 10)

/* ---- the result ---- */

static void
mcp_call_net(struct mcp_server *s)
{
	size_t n;
	const char *host = network_refused(s->run.network, &n);
	AUTO_FREE char *text = host == NULL ? NULL : xasprintf("\n[it wanted to "
	    "connect to %s, which isn't allowed]", host);

	if (text != NULL)
		mcp_call_say(s->core, text);
	if (s->run.network != NULL)
		network_server_call(s->run.network, NULL, NULL);
}

/* `error`: its kind; NULL: the call succeeded. What goes to the model is in
 * c->calls.capture. */
static void
mcp_call_end(struct mcp_server *s, const char *error)
{
	struct core *c = s->core;
	const struct core_call *call = &c->calls.list[c->calls.next];
	AUTO_EVENT struct event r = CALL_RESULT(call->id, call->name);
	struct ev_tool_result *t = &r.tool_result;
	AUTO_FREE char *text = NULL;
	bool changed;

	mcp_ask_end(s);
	changed = lasting_merge(&s->run, s->name, &r);
	mcp_call_net(s);
	text = output_keep(c, &c->calls.capture, output_cap(c, CALL_TEXT),
	    false, &r);
	capture_end(&c->calls);
	t->ok = error == NULL;
	t->error = error;
	t->text = text;
	t->ms = clock_mono_ms() - s->began_ms;
	t->server = s->name;
	t->sandbox = (struct ev_flag){ s->outside, false };
	json_drop(&s->args);
	c->mcp_call = NULL;
	c->calls.running = 0;
	phase_set(c, PHASE_IDLE);
	propose_count(c, &r);
	emit_add_notes(c, &r);
	emit_result_made(c, call, t);
	if (changed && !task_plans(c)) {
		c->review.touched = true;
		evidence_stale(c);
	}
	EMIT_THIS(c, "core", tool_result, t);
	mcp_part_images(s, call->name);
	c->calls.next++;
	core_soon(c);
}

static void
mcp_call_failed(struct mcp_server *s, const char *why)
{
	AUTO_FREE char *text = xasprintf("the MCP server %s %s", s->name, why);

	mcp_call_say(s->core, text);
	mcp_call_end(s, "server");
}

/* Is it what the text says, or an object around that? */
static bool
part_is_said(const struct buf *text, const cJSON *data)
{
	AUTO_JSON cJSON *said = json_parse(buf_str(text), text->len,
	    JSON_NUL_REPLACE, NULL);
	const cJSON *only = data->child != NULL && data->child->next == NULL ?
	    data->child : data;

	return cJSON_Compare(said, data, true) || cJSON_Compare(said, only,
	    true) || (cJSON_IsString(only) && strcmp(only->valuestring,
	    buf_str(text)) == 0);
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
	if (data != NULL && !part_is_said(&c->calls.capture, data)) {
		AUTO_FREE char *text = json_print(data);

		mcp_call_say(c, c->calls.capture.len > 0 ? "\n" : "");
		mcp_call_say(c, text);
	}
	if (c->calls.capture.len == 0)
		mcp_call_say(c, "[the server said nothing]");
}

/* ---- the steps ---- */

static void
mcp_call_held(struct mcp_server *s, const cJSON *result UNUSED,
    const char *why UNUSED)
{
	/* Ended or held: nothing of it runs. */
	mcp_call_end(s, s->failed ? "tool_failed" : NULL);
}

static void
mcp_call_answered(struct mcp_server *s, const cJSON *result, const char *why)
{
	s->asked = false;
	if (s->run.rpc == NULL) {
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

int64_t
mcp_call_timeout_ms(const struct mcp_server *s)
{
	int64_t own = json_int(s->config, "timeout_s", 0) * 1000;

	return own > 0 ? own : s->core->sandbox.limits.timeout_ms;
}

static void
mcp_call_send(struct mcp_server *s)
{
	struct core *c = s->core;
	AUTO_BUF struct buf notes = BUF_INIT(1 << 16);
	struct err e = ERR_INIT;
	cJSON *params;
	int rc = s->outside ? 0 : program_others_wait(c, &e);

	if (rc == 0 && !s->outside) {
		job_yield(c, JOB_COPY);
		rc = own_copy_update(&s->run.own, stages_current(c), &notes, &e);
	}
	emit_stage_notes(c, &notes);
	if (rc < 0) {
		own_copy_clear(&s->run.own);
		mcp_call_say(c, e.text);
		mcp_call_end(s, "stage");
		return;
	}
	params = JSON_TEXTS("name", s->tool->own);
	json_set_take(params, "arguments", s->args);
	s->args = NULL;
	json_add_int(cJSON_AddObjectToObject(params, "_meta"),
	    "progressToken", ++s->token);
	s->asked = true;
	s->shown_ms = 0;
	if (s->http != NULL)
		mcp_http_mark(s->http, s->tool->marked);
	if (s->run.network != NULL)
		network_server_call(s->run.network, c->calls.list[c->calls.next].id,
		    s->tool->name);
	mcp_server_ask_take(s, "tools/call", params, mcp_call_timeout_ms(s),
	    mcp_call_answered);
}

/* Started again: is this tool the one that the model knows? */
static void
mcp_call_started(struct mcp_server *s, const cJSON *result UNUSED,
    const char *why)
{
	if (why != NULL) {
		mcp_call_failed(s, why);
		return;
	}
	mcp_listed(s);
	if (s->tool->changed == NULL)
		mcp_call_send(s);
	else
		mcp_call_failed(s, "was started again, and describes this tool "
		    "differently now: nothing was called. The user is asked "
		    "about it if you call it again");
}

/* Again, if it hasn't ended too often lately. */
static void
mcp_call_start(struct mcp_server *s)
{
	int64_t now = clock_mono_ms();
	int64_t *then = &s->restarts[s->starts % MCP_RESTARTS];
	int64_t left = *then == 0 ? 0 : *then + MCP_RESTARTS_MS - now;
	AUTO_FREE char *why = xasprintf("ended, and was started again %d times "
	    "in %d minutes: a call in %lld min starts it again; so does the "
	    "user, who can end and resume the session", MCP_RESTARTS,
	    MCP_RESTARTS_MS / 60000, (long long)(left / 60000 + 1));

	if (left > 0) {
		mcp_call_failed(s, why);
		return;
	}
	*then = now;
	mcp_server_start(s, mcp_call_started);
}

/* May it be called without a question? */
static bool
mcp_host_trusts(const struct mcp_server *s, const struct mcp_tool *t)
{
	const cJSON *trust = json_get(s->config, "trust");

	return cJSON_IsObject(trust) ? json_is(trust, t->own, "always") :
	    json_is(s->config, "trust", "always");
}

static void
mcp_call_ask(struct core *c, struct core_call *call,
    const struct mcp_tool *tool, const cJSON *args, enum core_asked asked,
    const char *why, const char *change)
{
	AUTO_FREE char *text = json_print(args);
	AUTO_FREE char *command = xasprintf("%s %s", tool->name, text);

	emit_ask(c, call, asked, &(struct ev_ask){ .command = command,
	    .server = tool->server->name, .why = why, .change = change });
}

#define CHANGE_DIFF	((size_t)256 << 10)

/* Append one text's diff, or nothing. */
static void
change_diff(struct buf *b, const char *title, const char *was, const char *is)
{
	AUTO_BUF struct buf old = BUF_INIT(CHANGE_DIFF);
	AUTO_BUF struct buf new = BUF_INIT(CHANGE_DIFF);
	const struct hunk_side before = { .exists = true, .mode = 0100644,
		.hash = "before", .content = &old };
	const struct hunk_side after = { .exists = true, .mode = 0100644,
		.hash = "after", .content = &new };
	AUTO(hunk_list_release) struct hunk_list l = { 0 };
	size_t i;

	buf_addf(&old, "%s\n", was);
	buf_addf(&new, "%s\n", is);
	if (strcmp(was, is) != 0) {
		buf_addf(b, "%s:\n", title);
		if (hunk_list_change(&l, title, &before, &after,
		    NULL, HUNK_DIFF_MYERS, NULL) < 0)
			buf_addf(b, "+%s\n", is);
		for (i = 0; i < l.len; i++)
			buf_add(b, l.v[i].text, l.v[i].len);
	}
}

/* JSON with a line for each member. */
static char *
change_lines(const char *schema)
{
	AUTO_JSON cJSON *o = json_parse(schema, strlen(schema),
	    JSON_NUL_REPLACE, NULL);

	return cJSON_Print(o);
}

/* What that changes, as a diff; malloc'ed. */
static char *
mcp_call_change(const struct mcp_tool *t)
{
	AUTO_FREE char *was = change_lines(t->schema);
	AUTO_FREE char *is = change_lines(t->changed->schema);
	AUTO_BUF struct buf b = BUF_INIT(0);

	change_diff(&b, "description", t->description, t->changed->description);
	change_diff(&b, "arguments", was == NULL ? "" : was, is == NULL ? "" :
	    is);
	if (b.len == 0)
		buf_adds(&b, "Only what assent doesn't use has changed, such as "
		    "hints.");
	return buf_take(&b);
}

/* About a tool that its server describes differently now. */
static void
mcp_call_ask_changed(struct core *c, struct core_call *call,
    const struct mcp_tool *tool, const cJSON *args)
{
	AUTO_FREE char *why = xasprintf("MCP server %s describes this tool "
	    "differently than when you allowed it; yes accepts the new "
	    "description and calls the tool", tool->server->name);
	AUTO_FREE char *change = mcp_call_change(tool);

	memcpy(call->asked_hash, tool->changed->hash, sizeof(call->asked_hash));
	mcp_call_ask(c, call, tool, args, ASKED_TOOL, why, change);
}

/* About a call that nothing restrains. */
static void
mcp_call_ask_host(struct core *c, struct core_call *call,
    const struct mcp_tool *tool, const cJSON *args)
{
	const char *url = json_str(tool->server->config, "url");
	AUTO_FREE char *why = xasprintf("MCP server %s is %s%s%s%s",
	    tool->server->name, url != NULL ? "at " : "not sandboxed",
	    url != NULL ? url : "", url != NULL ?
	    ": what this call sends leaves the sandbox" :
	    ": this call runs with all your rights", tool->reads ?
	    "; it says that this tool only reads" : "");

	mcp_call_ask(c, call, tool, args, ASKED_OUTSIDE, why, NULL);
}

static void
mcp_call_refuse_host(struct core *c, const struct core_call *call,
    const struct mcp_tool *tool)
{
	AUTO_FREE char *text = xasprintf("the MCP server %s is not sandboxed, "
	    "and nobody is here to allow this call: nothing was called. The "
	    "user can set \"trust\": {\"%s\": \"always\"} in the server's entry "
	    "(in saved.json, if assent added it, else in config.json), or run "
	    "assent with a terminal",
	    tool->server->name, tool->own);

	emit_result(c, call->id, call->name, false, "no_sandbox", text);
	c->task.faults |= FAULT_NO_SANDBOX | FAULT_NO_SANDBOX_CALL;
	c->calls.next++;
	core_soon(c);
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
	if (s->outside && !mcp_host_trusts(s, tool) &&
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
	status_tell(c, "tool", "running `%s`%s", call->name, s->outside ?
	    ", not sandboxed" : "");
	capture_begin(c);
	s->tool = tool;
	s->failed = false;
	s->args = cJSON_Duplicate(args, 1);
	s->began_ms = clock_mono_ms();
	if (task_plans(c) && stages_open_plan(c, &e) < 0) {
		mcp_call_say(c, e.text);
		mcp_call_end(s, "stage");
	} else if (tool->changed != NULL) {
		mcp_call_failed(s, "describes this tool differently than when "
		    "it was allowed, and there is nobody to ask");
	} else if (s->run.rpc != NULL)
		mcp_call_send(s);
	else
		mcp_call_start(s);
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
	mcp_server_stop(s);
	s->asked = false;
	mcp_call_say(c, why);
	mcp_call_end(s, "interrupted");
	return true;
}
