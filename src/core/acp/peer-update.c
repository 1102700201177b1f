/*
 * What the agent tells: text, tool calls, its plan, what it used. All of it is a
 * stranger's: it has limits, and says nothing of the files.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/money.h"
#include "base/utf8.h"
#include "core/acp/peer-int.h"
#include "core/job/output.h"
#include "core/kernel/core.h"
#include "core/kernel/secrets.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/task-usage.h"
#include "rpc/acp-names.h"
#include "rpc/rpc.h"

#define UPDATE_BYTES	((size_t)64 << 20)	/* that a prompt may send */
#define UPDATE_COST	((size_t)200)		/* of one, beside its text */
#define UPDATE_CALLS	10000		/* of a prompt */
#define UPDATE_COMMANDS	200
#define CALL_ID		((size_t)1000)
#define CALL_TITLE	((size_t)200)
#define CALL_INPUT	((size_t)16 << 10)	/* more isn't kept */
#define CALL_SHOWN	((size_t)1 << 20)
#define CALL_KEPT	((size_t)30 << 10)	/* in the result */

/* ---- text ---- */

/* Of a content block. */
static const char *
update_text(const cJSON *block)
{
	const cJSON *in = json_get(block, "resource");

	return json_str_or(in != NULL ? in : block, "text", "");
}

static void
update_chunk(struct peer *p, const cJSON *u, struct buf *to, struct buf *delta)
{
	const char *part = update_text(json_get(u, "content"));
	const char *id = json_str_or(u, "messageId", "");
	bool other = to == &p->text && p->message != NULL &&
	    strcmp(id, p->message) != 0;
	AUTO_FREE char *text = xasprintf("%s%s", other && to->len > 0 ?
	    "\n\n" : "", part);
	size_t n = strlen(text), left = PEER_TEXT_MAX - to->len;

	if (to == &p->text)
		xstrset(&p->message, id);
	p->bytes += n;
	n = n > left ? utf8_cut(text, n, left) : n;
	buf_add(to, text, n);
	delta_add(p->core, delta, text, n);
}

void
update_say(struct peer *p, const struct ev_call *call, const char *stop,
    bool broken)
{
	struct core *c = p->core;
	AUTO_FREE char *text = core_masked(c, buf_str(&p->text));
	AUTO_FREE char *thought = core_masked(c, buf_str(&p->thought));
	struct ev_call calls[1] = { { NULL } };

	if (call != NULL)
		calls[0] = *call;
	delta_flush(c);
	EMIT(c, "model", assistant_message, .turn = c->fold->turn, .text = text,
	    .thinking = thought[0] == '\0' ? NULL : thought, .calls = calls,
	    .calls_len = call != NULL, .stop = stop, .broken = broken);
	buf_clear(&p->text);
	buf_clear(&p->thought);
}

/* ---- tool calls ---- */

/* Only these are names of calls: none is one of assent's that means something. */
static const char *
call_kind(const char *word)
{
	static const char *const kinds[] = { "read", "edit", "delete", "move",
		"search", "execute", "think", "fetch", "switch_mode" };
	const char *const *found = MEM_FIND(kinds, word);

	return found == NULL ? "other" : *found;
}

static struct peer_call *
call_find(struct peer *p, const char *id, bool *had)
{
	*had = false;
	MEM_EACH_BACK(p, calls, it)
		if (strcmp(it->theirs, id) == 0) {
			*had = true;
			return it->ended ? NULL : it;
		}
	return NULL;
}

static struct peer_call *
call_new(struct peer *p, const char *id)
{
	struct peer_call *call;

	if (p->calls_len == UPDATE_CALLS)
		return NULL;
	call = GROW_ADD(p->calls, p->calls_len);
	*call = (struct peer_call){ .theirs = xstrdup(id),
		.id = xasprintf("agent-%lld-%zu", (long long)p->core->fold->turn,
		    p->calls_len),
		.kind = xstrdup("other"), .title = xstrdup("a tool"),
		.began_ms = clock_mono_ms() };
	buf_init(&call->text, CALL_SHOWN);
	return call;
}

static void
call_show(struct buf *to, const char *text)
{
	size_t n = strlen(text), left = CALL_SHOWN - to->len;

	if (n > 0 && to->len > 0 && left > 0)
		buf_addc(to, '\n'), left--;
	buf_add(to, text, n > left ? utf8_cut(text, n, left) : n);
}

/* What it printed. A diff isn't shown: the comparison says what has changed. */
static void
call_output(struct peer_call *call, const cJSON *u)
{
	const cJSON *content = json_array(u, "content"), *it;
	const cJSON *raw = json_get(u, "rawOutput");
	const cJSON *more = json_get(json_get(u, "_meta"),
	    "terminal_output_delta");

	if (cJSON_GetArraySize(content) > 0)
		buf_clear(&call->text);
	cJSON_ArrayForEach(it, content)
		call_show(&call->text, update_text(json_get(it, "content")));
	if (more != NULL)
		call_show(&call->text, json_str_or(more, "data", ""));
	if (call->text.len == 0 && raw != NULL)
		call_show(&call->text, cJSON_IsString(raw) ? raw->valuestring :
		    json_str_or(raw, "output", json_str_or(raw, "text", "")));
}

static void
call_take(struct peer *p, struct peer_call *call, const cJSON *u)
{
	const char *title = json_str(u, "title");
	const cJSON *input = json_get(u, "rawInput");
	size_t had = call->text.len;

	if (json_str(u, "kind") != NULL)
		xstrset(&call->kind, call_kind(json_str(u, "kind")));
	if (title != NULL) {
		AUTO_FREE char *line = xmemdup(title, strcspn(title, "\r\n"));
		AUTO_FREE char *cut = utf8_cut_dup(line, CALL_TITLE);

		FREE_SET(call->title, core_masked(p->core, cut));
	}
	if (cJSON_IsObject(input) && input->child != NULL) {
		FREE_SET(call->input, json_print(input));
		if (strlen(call->input) > CALL_INPUT)
			FREE_NULL(call->input);
		else
			p->bytes += strlen(call->input);
	}
	call_output(call, u);
	p->bytes += call->text.len > had ? call->text.len - had : 0;
}

static void
call_begin(struct peer *p, struct peer_call *call)
{
	struct core *c = p->core;
	AUTO_FREE char *masked = core_masked(c, ev_str(call->input, ""));
	AUTO_FREE char *title = strcmp(call->kind, "execute") == 0 ?
	    xasprintf("$ %s", call->title) : xstrdup(call->title);
	AUTO_JSON cJSON *args = json_parse(masked, strlen(masked),
	    JSON_NUL_REPLACE, NULL);

	call->begun = true;
	p->bytes += strlen(masked) + strlen(title);
	update_say(p, &(struct ev_call){ .id = call->id, .name = call->kind,
	    .arguments = "", .complete = true }, "tool_calls", false);
	EMIT(c, "model", tool_call, .id = call->id, .turn = c->fold->turn,
	    .name = call->kind, .args = args, .title = title);
	status_tell(c, "tool", "running `%s`", title);
	FREE_NULL(call->input);
}

void
update_end(struct peer *p, struct peer_call *call, bool ok, struct event *r)
{
	struct core *c = p->core;
	struct ev_tool_result *t = &r->tool_result;
	AUTO_FREE char *text = output_keep(c, &call->text, CALL_KEPT, false, r);

	t->ok = ok;
	t->error = ok ? NULL : t->error == NULL ? "tool_failed" : t->error;
	t->text = text;
	t->allowed = call->asked;
	t->ms = clock_mono_ms() - call->began_ms;
	EMIT_THIS(c, "core", tool_result, t);
	call->ended = true;
	buf_release(&call->text);
	if (p->state == PEER_WORKS)
		status_tell(c, "model", "%s works", p->name);
}

struct peer_call *
update_call(struct peer *p, const cJSON *u, bool begins)
{
	const char *id = json_str(u, "toolCallId");
	struct peer_call *call;
	bool had;

	if (id == NULL || strlen(id) > CALL_ID)
		return NULL;
	call = call_find(p, id, &had);
	/* What is over stays so; its id may be used again. */
	if (call == NULL && had && json_is(u, "sessionUpdate", ACP_CALL_MORE))
		return NULL;
	if (call == NULL && (call = call_new(p, id)) == NULL)
		return NULL;
	call_take(p, call, u);
	if (begins && !call->begun)
		call_begin(p, call);
	return call;
}

/* A call that is being prepared isn't complete: it begins later. */
static void
update_tool(struct peer *p, const cJSON *u)
{
	const char *status = json_str_or(u, "status", "");
	bool ok = strcmp(status, "completed") == 0;
	bool ends = ok || strcmp(status, "failed") == 0;
	struct peer_call *call = update_call(p, u, ends ||
	    strcmp(status, "in_progress") == 0);

	if (call != NULL && ends) {
		AUTO_EVENT struct event r = CALL_RESULT(call->id, call->kind);

		update_end(p, call, ok, &r);
	}
	permit_shown(p);
}

/* ---- the rest ---- */

static void
update_plan(struct peer *p, const cJSON *u)
{
	const cJSON *list = json_array(u, "entries"), *it;
	int n = 1;

	cJSON_ArrayForEach(it, list) {
		AUTO_FREE char *text = NULL, *masked = NULL;

		if (!json_is(it, "status", "in_progress")) {
			n++;
			continue;
		}
		text = xasprintf("%s: %d of %d: %.100s", p->name, n,
		    cJSON_GetArraySize(list), json_str_or(it, "content", ""));
		masked = core_masked(p->core, text);
		status_progress(p->core, masked);
		break;
	}
}

/* A limit that only its answer's end would tell. */
static void
update_limits(struct peer *p)
{
	const struct task_usage *s = &p->core->fold->facts.usage;
	int64_t more[LIMIT_KINDS] = { [LIMIT_TOKENS] = p->used,
		[LIMIT_MONEY] = p->told > p->paid ? p->told - p->paid : 0 };
	enum limit_kind kind;

	for (kind = LIMIT_TOKENS; kind <= LIMIT_MONEY; kind++) {
		AUTO_FREE char *why = NULL;

		if (s->now[kind] <= 0 || p->stop != NULL ||
		    limit_used(s, kind) + more[kind] < s->now[kind])
			continue;
		why = xasprintf("the limit on %s was reached",
		    limit_rows[kind].word);
		(void)peer_stop(p->core, why);
	}
}

static void
update_usage(struct peer *p, const cJSON *u)
{
	const cJSON *cost = json_get(u, "cost");
	int64_t used = json_int(u, "used", 0);

	if (used > 0 && used < TASK_USAGE_MAX)
		p->used = used;
	if (json_is(cost, "currency", "USD"))
		p->told = money_from_json(json_get(cost, "amount"));
	if (p->state == PEER_WORKS)
		update_limits(p);
}

static void
update_commands(struct peer *p, const cJSON *u)
{
	const cJSON *it;
	int n = 0;

	cJSON_Delete(p->commands);
	p->commands = cJSON_CreateArray();
	cJSON_ArrayForEach(it, json_array(u, "availableCommands")) {
		const char *name = json_str_or(it, "name", "");
		AUTO_FREE char *about = utf8_cut_dup(json_str_or(it,
		    "description", ""), CALL_TITLE);
		AUTO_FREE char *hint = utf8_cut_dup(json_str_or(json_get(it,
		    "input"), "hint", ""), CALL_TITLE);
		cJSON *o;

		if (name[0] == '\0' || strlen(name) > 60 ||
		    !utf8_is_line(name) || strchr(name, ' ') != NULL ||
		    n++ == UPDATE_COMMANDS)
			continue;
		o = JSON_TEXTS("name", name, "description", about,
		    "hint", hint[0] == '\0' ? NULL : hint);
		cJSON_AddItemToArray(p->commands, o);
	}
	PART_EACH(p->core, part)
		if ((*part)->prompts != NULL)
			(*part)->prompts(p->core);
}

void
update_count(struct peer *p)
{
	p->bytes += UPDATE_COST;
	if (p->bytes > UPDATE_BYTES && p->stop == NULL)
		(void)peer_stop(p->core, "it sent more than 64 MB in one turn");
}

void
peer_heard(void *peer, const char *method, const cJSON *params)
{
	struct peer *p = peer;
	struct core *c = p->core;
	const cJSON *u = json_get(params, "update");
	const char *what = json_str_or(u, "sessionUpdate", "");

	if (strcmp(method, ACP_UPDATE) != 0)
		return;
	if (strcmp(what, ACP_COMMANDS) == 0)
		update_commands(p, u);
	else if (strcmp(what, ACP_MODE) == 0)
		xstrset(&p->mode, json_str(u, "currentModeId"));
	else if (strcmp(what, ACP_OPTIONS) == 0)
		peer_modes(p, u);
	else if (strcmp(what, ACP_USAGE) == 0)
		update_usage(p, u);
	/* What it tells of an earlier prompt, or after its end, isn't shown. */
	if (p->state != PEER_WORKS)
		return;
	update_count(p);
	if (strcmp(what, ACP_TEXT) == 0)
		update_chunk(p, u, &p->text, &c->delta.text);
	else if (strcmp(what, ACP_THOUGHT) == 0)
		update_chunk(p, u, &p->thought, &c->delta.thinking);
	else if (strcmp(what, ACP_CALL) == 0 ||
	    strcmp(what, ACP_CALL_MORE) == 0)
		update_tool(p, u);
	else if (strcmp(what, ACP_PLAN) == 0)
		update_plan(p, u);
}
