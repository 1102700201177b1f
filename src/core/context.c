/* The fold from events to messages. context-cut.c chooses what to remove; the
 * choice comes back as an event, to context-truncate.c. */
#include "config.h"

#include "core/context-int.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/tokens.h"
#include "journal/event.h"
#include "provider/dialect.h"
#include "provider/facts.h"
#include "provider/provider.h"
#include "sandbox/sandbox.h"

#define CONTEXT_MESSAGE_TOKENS	8	/* overhead per message */

struct context *
context_new(const struct provider_format *format, const char *model,
    const struct dialect *dialect)
{
	struct context *c = xcalloc(1, sizeof(*c));

	c->format = format;
	c->model = xstrdup(model);
	c->dialect = dialect;
	c->known = -1;
	c->scale = 1000;
	return c;
}

void
context_set_load(struct context *c, context_load *load, void *arg)
{
	c->load = load;
	c->load_arg = arg;
}

void
context_set_facts(struct context *c, const struct model_facts *facts)
{
	c->facts = facts;
}

bool
context_has_thinking(const struct context *c)
{
	size_t i;

	for (i = 0; i < c->len; i++)
		if (c->entries[i].own_raw != NULL && !c->entries[i].refused)
			return true;
	return false;
}

void
context_results_clear(struct context *c)
{
	size_t i;

	for (i = 0; i < c->results_len; i++) {
		free(c->results[i].id);
		free(c->results[i].name);
		free(c->results[i].text);
		free(c->origins[i].out);
	}
	free(c->results);
	free(c->origins);
	c->results = NULL;
	c->origins = NULL;
	c->results_len = c->results_have = 0;
}

void
context_entry_release(struct context_entry *en)
{
	size_t i;

	free(en->m.text);
	for (i = 0; i < en->m.calls_len; i++) {
		free(en->m.calls[i].id);
		free(en->m.calls[i].name);
		free(en->m.calls[i].arguments);
	}
	free(en->m.calls);
	for (i = 0; i < en->m.results_len; i++) {
		free(en->m.results[i].id);
		free(en->m.results[i].name);
		free(en->m.results[i].text);
		free(en->origins[i].out);
		free(en->origins[i].whole);
	}
	free(en->m.results);
	free(en->origins);
	cJSON_Delete(en->own_raw);
	free(en->raw_format);
	free(en->raw_model);
	free(en->said);
	context_images_release(&en->images);
	free(en->wire);
}

void
context_free(struct context *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < c->len; i++)
		context_entry_release(&c->entries[i]);
	free(c->entries);
	free(c->wires);
	context_results_clear(c);
	context_pending_clear(c);
	free(c->ran_id);
	free(c->ran_command);
	cJSON_Delete(c->compaction);
	free(c->model);
	free(c->prefix);
	free(c);
}

/* ---- messages ---- */

void
context_serialize(struct context *c, struct context_entry *en)
{
	struct buf b = BUF_INIT(0);
	struct message m = en->m;

	m.raw = en->own_raw;
	m.raw_format = en->raw_format;
	m.raw_model = en->raw_model;
	m.unbound = en->refused || (en->unbound && c->facts != NULL &&
	    c->facts->bound);
	m.effort = c->facts != NULL && c->facts->markers ? en->effort :
	    EFFORT_UNSET;
	c->format->message(&b, &m, c->model, c->dialect);
	en->tokens = CONTEXT_MESSAGE_TOKENS +
	    tokens_estimate(buf_str(&b), b.len);
	if (en->images.len > 0)
		context_images_serialize(c, &en->images, &m, &b, &en->tokens);
	FREE_SET(en->wire, buf_take(&b));
	c->wires[en - c->entries] = en->wire;
}

struct context_entry *
context_insert(struct context *c, size_t at)
{
	size_t i;

	GROW(c->entries, c->len);
	GROW(c->wires, c->len);
	for (i = c->len++; i > at; i--) {
		c->entries[i] = c->entries[i - 1];
		c->wires[i] = c->wires[i - 1];
	}
	memset(&c->entries[at], 0, sizeof(c->entries[at]));
	c->entries[at].seq = c->seq;
	c->entries[at].effort = EFFORT_UNSET;
	return &c->entries[at];
}

static struct context_entry *
context_add(struct context *c, enum message_role role)
{
	struct context_entry *en = context_insert(c, c->len);

	en->m.role = role;
	return en;
}

size_t
context_after(const struct context *c, int64_t upto)
{
	size_t i = 0;

	while (i < c->len && c->entries[i].seq <= upto)
		i++;
	return i;
}

/* All results are in: build one message, with the pending text. */
static void
context_push_results(struct context *c)
{
	struct context_entry *en = context_add(c, MESSAGE_TOOL_RESULTS);

	en->m.results = c->results;
	en->m.results_len = c->results_len;
	en->origins = c->origins;
	c->results = NULL;
	c->origins = NULL;
	c->results_len = c->results_have = 0;
	en->m.text = context_pending_take(c, &en->said, &en->images);
	context_serialize(c, en);
}

/* Make the pending text a message of its own. */
static void
context_push_pending(struct context *c)
{
	struct context_entry *en = context_add(c, MESSAGE_USER);

	en->m.text = context_pending_take(c, &en->said, &en->images);
	context_serialize(c, en);
}

static void
context_user(struct context *c, const cJSON *event)
{
	struct context_images images = { 0 };

	/* The same request is repeated. */
	if (json_bool(event, "again", false) &&
	    json_str_or(event, "text", "")[0] == '\0')
		return;
	context_images_read(&images, event, c->seq);
	context_hold_take(c, xstrdup(json_str_or(event, "text", "")),
	    json_is(event, "by", "user") ? CONTEXT_SAID : CONTEXT_TOLD, images);
	if (c->results_len == 0 && !c->asking)
		context_push_pending(c);
}

/* It goes into the user's message that it belongs to, before its text: some
 * models don't accept two user messages in a row. */
static void
context_environment(struct context *c, const cJSON *event)
{
	struct context_entry *en = c->len == 0 ? NULL : &c->entries[c->len - 1];
	char *all;

	if (en == NULL || en->m.role == MESSAGE_ASSISTANT || c->asking ||
	    c->results_len > 0) {
		context_user(c, event);
		return;
	}
	all = xasprintf("%s%s%s", json_str_or(event, "text", ""),
	    en->m.text == NULL ? "" : "\n",
	    en->m.text == NULL ? "" : en->m.text);
	FREE_SET(en->m.text, all);
	context_serialize(c, en);
}

/* Pending text that can be sent now. */
static void
context_flush_pending(struct context *c)
{
	if (c->pending_len > 0 && c->results_len == 0)
		context_push_pending(c);
}

/* Send pending messages now, with the output pending before them. Output alone
 * waits for the user's next message or the next turn. */
static void
context_flush_messages(struct context *c)
{
	if (context_has_pending_message(c))
		context_flush_pending(c);
}

static void
context_call(struct message_call *call, struct message_result *result,
    const cJSON *it)
{
	struct err e = ERR_INIT;
	const char *args = json_str_or(it, "arguments", "{}");
	AUTO_JSON cJSON *parsed =
	    json_parse(args, strlen(args), JSON_NUL_REPLACE, &e);

	call->id = xstrdup(json_str_or(it, "id", "call"));
	call->name = xstrdup(json_str_or(it, "name", "unknown"));
	/* Servers would reject arguments that aren't an object. */
	call->arguments = xstrdup(json_bool(it, "complete", true) &&
	    cJSON_IsObject(parsed) ? args : "{}");
	call->custom = result->custom = json_bool(it, "custom", false);
	result->id = xstrdup(call->id);
	result->name = xstrdup(call->name);
}

static void
context_assistant(struct context *c, const cJSON *event)
{
	const cJSON *calls = json_array(event, "calls"), *it;
	const cJSON *raw = json_get(event, "raw");
	const char *text = json_str(event, "text");
	struct context_entry *en;
	size_t n, i = 0;

	n = (size_t)cJSON_GetArraySize(calls);
	if (n == 0 && (text == NULL || text[0] == '\0') && raw == NULL)
		return;
	en = context_add(c, MESSAGE_ASSISTANT);
	en->m.text = xstrdup_null(text);
	en->own_raw = raw == NULL ? NULL : cJSON_Duplicate(raw, 1);
	en->raw_format = xstrdup_null(json_str(event, "raw_format"));
	en->raw_model = xstrdup_null(json_str(event, "raw_model"));
	en->effort = facts_effort_find(json_str(event, "effort"));
	if (n > 0) {
		en->m.calls = xcalloc(n, sizeof(*en->m.calls));
		en->m.calls_len = n;
		c->results = xcalloc(n, sizeof(*c->results));
		c->origins = xcalloc(n, sizeof(*c->origins));
		c->results_len = n;
	}
	cJSON_ArrayForEach(it, calls) {
		context_call(&en->m.calls[i], &c->results[i], it);
		i++;
	}
	context_serialize(c, en);
}

/* Answer calls that never got a result: providers reject unanswered calls. */
static void
context_close_calls(struct context *c)
{
	size_t i;

	if (c->results_len == 0)
		return;
	for (i = 0; i < c->results_len; i++) {
		if (c->results[i].text != NULL)
			continue;
		c->results[i].text = xstrdup(
		    "not finished: the run was interrupted");
		c->results[i].ok = false;
	}
	context_push_results(c);
}

static void
context_result(struct context *c, const cJSON *event)
{
	const char *id = json_str_or(event, "id", "");
	const char *out = json_str(json_get(event, "out"), "sha256");
	size_t i;

	for (i = 0; i < c->results_len; i++) {
		if (c->results[i].text != NULL ||
		    strcmp(c->results[i].id, id) != 0)
			continue;
		c->results[i].text = xstrdup(json_str_or(event, "text", ""));
		c->results[i].ok = json_bool(event, "ok", false);
		c->origins[i].seq = c->seq;
		c->origins[i].bytes = (int64_t)strlen(c->results[i].text);
		if (out != NULL)
			c->origins[i].out =
			    xasprintf("%s/%s", SANDBOX_OUT_DIR, out);
		if (++c->results_have == c->results_len)
			context_push_results(c);
		return;
	}
}

bool
context_is_answered(const struct context *c)
{
	return c->pending_len == 0 && c->len > 0 &&
	    c->entries[c->len - 1].m.role == MESSAGE_ASSISTANT &&
	    c->entries[c->len - 1].m.calls_len == 0;
}

void
context_unbind(struct context *c, size_t from, bool refused)
{
	struct context_entry *en;
	size_t i;

	for (i = from; i < c->len; i++) {
		en = &c->entries[i];
		if (en->own_raw == NULL || (refused ? en->refused :
		    en->unbound))
			continue;
		en->unbound = true;
		en->refused = en->refused || refused;
		context_serialize(c, en);
	}
}

void
context_changed(struct context *c, size_t from)
{
	c->known = -1;
	context_unbind(c, from, false);
	if (c->asked > from)
		c->asked = from;
	if (c->asked_before > from)
		c->asked_before = from;
}

void
context_set_model(struct context *c, const struct provider_format *format,
    const char *model, const struct dialect *dialect)
{
	size_t i;

	xstrset(&c->model, model);
	c->format = format;
	c->dialect = dialect;
	for (i = 0; i < c->len; i++)
		context_serialize(c, &c->entries[i]);
	c->known = -1;
	c->asked = c->asked_before = 0;
	c->scale = 1000;
}

/* ---- events ---- */

static void
context_turn(struct context *c, const cJSON *event)
{
	context_close_calls(c);
	context_flush_pending(c);
	c->asking = true;
	context_person(c, event);
	/* Instructions or tools differ from those of the earlier answers. */
	if (c->prefix != NULL && json_str(event, "prefix") != NULL &&
	    strcmp(c->prefix, json_str(event, "prefix")) != 0)
		context_unbind(c, 0, false);
	if (json_str(event, "prefix") != NULL)
		xstrset(&c->prefix, json_str(event, "prefix"));
	c->asked_before = c->asked;
	c->asked = c->len;
	c->asked_tokens = json_int(event, "tokens", 0);
}

static void
context_answer(struct context *c, const cJSON *event)
{
	const char *text = json_str_or(event, "text", "");
	size_t asked, i;

	/* A refused answer never enters the messages. */
	if (json_bool(event, "broken", false) ||
	    json_is(event, "stop", "refusal") ||
	    json_is(event, "stop", "content_filter"))
		return;
	c->asking = false;
	c->answered_ms = context_time(event);
	context_worked(c, event);
	c->busy_ms = 0;
	context_close_calls(c);
	for (i = c->len; i > 0 && !c->entries[i - 1].seen; i--)
		c->entries[i - 1].seen = true;
	asked = c->len;
	/* Servers refuse a message that is empty. */
	if (text[strspn(text, " \t\r\n")] != '\0' ||
	    cJSON_GetArraySize(json_array(event, "calls")) > 0)
		context_assistant(c, event);
	context_learn(c, json_get(event, "usage"), asked);
	context_flush_messages(c);
}

static void
context_end(struct context *c, const cJSON *event)
{
	context_flush_messages(c);
	c->asking = false;
	context_worked(c, event);
	c->worked_ms = 0;
}

static void (*const context_types[EVENT_TYPES_LEN])(struct context *,
    const cJSON *) = {
	[EVENT_AGENT_END] = context_end,
	[EVENT_ASSISTANT_MESSAGE] = context_answer,
	[EVENT_COMPACTION] = context_compaction,
	[EVENT_ENVIRONMENT] = context_environment,
	[EVENT_HOOK] = context_hook,
	[EVENT_SHORTENED] = context_shortened,
	[EVENT_TOOL_RESULT] = context_result,
	[EVENT_TURN_START] = context_turn,
	[EVENT_UNQUEUED] = context_unqueued,
	[EVENT_USER_MESSAGE] = context_user,
};

void
context_event(struct context *c, const cJSON *event)
{
	enum event_type type = event_type(event);

	if (context_run(c, type, event))
		return;
	if (context_types[type] == NULL)
		return;
	c->seq = json_int(event, "seq", c->seq);
	context_types[type](c, event);
}

const char *const *
context_messages(struct context *c, size_t *n)
{
	context_close_calls(c);
	*n = c->len;
	return c->wires;
}

size_t
context_stable(const struct context *c)
{
	return c->asked_before;
}

const cJSON *
context_summary(const struct context *c)
{
	return c->compaction;
}
