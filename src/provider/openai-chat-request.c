/*
 * Requests to a Chat Completions server. A message's JSON depends only on the
 * message, the model and the server's dialect, so it is made once and kept.
 */
#include "config.h"

#include "provider/openai-chat.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "provider/dialect.h"
#include "provider/format.h"
#include "provider/reply.h"
#include "provider/strict-schema.h"

void
chat_add_call_json(cJSON *list, const char *id, const char *name,
    const char *arguments, const cJSON *extra)
{
	cJSON *c = cJSON_CreateObject(), *f = cJSON_CreateObject();
	AUTO_FREE char *args = reply_echo_args(arguments);

	json_add_str(c, "id", id);
	json_add_str(c, "type", "function");
	json_add_str(f, "name", reply_echo_name(name));
	json_add_str(f, "arguments", args);
	json_set_take(c, "function", f);
	json_copy(c, "extra_content", extra);
	cJSON_AddItemToArray(list, c);
}

static void
chat_add_take(struct buf *out, cJSON *o)
{
	json_append(out, o);
	cJSON_Delete(o);
}

static void
chat_add_text(struct buf *out, const char *role, const char *text)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "role", role);
	json_add_str(o, "content", text);
	chat_add_take(out, o);
}

/* The user's text, after its images if there are any. */
static void
chat_add_user(struct buf *out, const struct message *m)
{
	cJSON *o, *list, *part, *url;
	char *data;
	size_t i;

	if (m->images_len == 0) {
		chat_add_text(out, "user", m->text == NULL ? "" : m->text);
		return;
	}
	o = cJSON_CreateObject();
	list = cJSON_CreateArray();
	json_add_str(o, "role", "user");
	for (i = 0; i < m->images_len; i++) {
		part = cJSON_CreateObject();
		url = cJSON_CreateObject();
		data = xasprintf("data:%s;base64,%s", m->images[i].type,
		    m->images[i].data);
		json_add_str(part, "type", "image_url");
		json_add_str(url, "url", data);
		json_set_take(part, "image_url", url);
		cJSON_AddItemToArray(list, part);
		free(data);
	}
	if (m->text != NULL && m->text[0] != '\0') {
		part = cJSON_CreateObject();
		json_add_str(part, "type", "text");
		json_add_str(part, "text", m->text);
		cJSON_AddItemToArray(list, part);
	}
	json_set_take(o, "content", list);
	chat_add_take(out, o);
}

/* An answer's reasoning, if this server needs it, where it needs it. */
static void
chat_adjust_reasoning(cJSON *o, const struct dialect *d)
{
	const char *name, *had = NULL;
	cJSON *text = NULL;
	size_t i;

	for (i = 0; (name = chat_reasoning_names[i]) != NULL; i++) {
		if (json_get(o, name) == NULL)
			continue;
		had = name;
		cJSON_Delete(text);
		text = cJSON_DetachItemFromObjectCaseSensitive(o, name);
	}
	if (!d->echo_reasoning)
		cJSON_DeleteItemFromObjectCaseSensitive(o,
		    "reasoning_details");
	name = d->reasoning != NULL ? d->reasoning : had != NULL ? had :
	    "reasoning_content";
	if (d->echo_reasoning && text != NULL) {
		json_set_take(o, name, text);
		return;
	}
	cJSON_Delete(text);
	if (d->fill_reasoning && json_array(o, "tool_calls") != NULL)
		json_add_str(o, name, "");
}

static void
chat_adjust_ids(cJSON *o, const struct dialect *d)
{
	char room[DIALECT_ID];
	const char *id, *as;
	cJSON *c;

	cJSON_ArrayForEach(c, cJSON_GetObjectItemCaseSensitive(o,
	    "tool_calls")) {
		id = json_str_or(c, "id", "");
		as = dialect_id(d, id, room);
		if (as != id)
			json_add_str(c, "id", as);
	}
}

static void
chat_add_assistant(struct buf *out, const struct message *m, const char *model,
    const struct dialect *d)
{
	cJSON *o, *list;
	size_t i;

	if (m->raw != NULL && m->raw_format != NULL && m->raw_model != NULL &&
	    strcmp(m->raw_format, openai_chat_format.name) == 0 &&
	    strcmp(m->raw_model, model) == 0) {
		o = cJSON_Duplicate(m->raw, 1);
		chat_adjust_reasoning(o, d);
		chat_adjust_ids(o, d);
		chat_add_take(out, o);
		return;
	}
	o = cJSON_CreateObject();
	json_add_str(o, "role", "assistant");
	/* "", not null: OpenAI accepts both, and some templates print "None" or
	 * fail on null. */
	json_add_str(o, "content", m->text == NULL ? "" : m->text);
	list = cJSON_CreateArray();
	for (i = 0; i < m->calls_len; i++)
		chat_add_call_json(list, m->calls[i].id, m->calls[i].name,
		    m->calls[i].arguments, NULL);
	if (m->calls_len > 0)
		json_set_take(o, "tool_calls", list);
	else
		cJSON_Delete(list);
	chat_adjust_reasoning(o, d);
	chat_adjust_ids(o, d);
	chat_add_take(out, o);
}

static void
chat_add_results(struct buf *out, const struct message *m,
    const struct dialect *d)
{
	char room[DIALECT_ID];
	size_t i;

	for (i = 0; i < m->results_len; i++) {
		const struct message_result *r = &m->results[i];
		AUTO_FREE char *told = provider_result_told(r);
		cJSON *o = cJSON_CreateObject();

		json_add_str(o, "role", "tool");
		json_add_str(o, "tool_call_id", dialect_id(d, r->id, room));
		json_add_str(o, "content", told);
		if (i > 0)
			buf_addc(out, ',');
		chat_add_take(out, o);
	}
	if ((m->text != NULL && m->text[0] != '\0') || m->images_len > 0) {
		if (m->results_len > 0)
			buf_addc(out, ',');
		chat_add_user(out, m);
	}
}

void
chat_message(struct buf *out, const struct message *m, const char *model,
    const struct dialect *d)
{
	if (d == NULL)
		d = dialect_of(NULL);
	switch (m->role) {
	case MESSAGE_USER:
		chat_add_user(out, m);
		break;
	case MESSAGE_ASSISTANT:
		chat_add_assistant(out, m, model, d);
		break;
	case MESSAGE_TOOL_RESULTS:
		chat_add_results(out, m, d);
		break;
	}
}

#define CHAT_MAX_OLD "\"max_tokens\":"
#define CHAT_MAX_NEW "\"max_completion_tokens\":"

/*
 * Every compatible server supports max_tokens, and many nothing else; OpenAI's
 * reasoning models reject it. So, unless the dialect decides: the new name for
 * those models by their name, the old one for all others, and the other one
 * after a rejection.
 */
static const char *
chat_max_name(const char *model, const struct dialect *d, bool other)
{
	static const char *const newer[] = { "gpt-5", "gpt-6", "o1", "o3",
		"o4" };
	bool new = false;
	size_t i;

	for (i = 0; i < MEM_COUNT(newer); i++)
		new = new || strncmp(model, newer[i], strlen(newer[i])) == 0;
	if (d->max_tokens != NULL)
		new = strcmp(d->max_tokens, "max_tokens") != 0;
	return new != other ? CHAT_MAX_NEW : CHAT_MAX_OLD;
}

static unsigned
chat_put_tools(struct buf *out, const struct request *q,
    const struct dialect *d)
{
	bool strict = (q->without & REQUEST_STRICT) == 0;
	unsigned options = 0;
	size_t i;

	for (i = 0; i < q->tools_len; i++) {
		const struct tool_schema *t = &q->tools[i];
		/* NULL: the schema is sent as it is. */
		AUTO_FREE char *exact = strict && t->strict && d->structured ?
		    strict_schema(t->parameters, true) : NULL;

		/* OpenAI rejects an empty list: omit it. */
		buf_adds(out, i == 0 ? ",\"tools\":[" : ",");
		buf_adds(out, "{\"type\":\"function\",\"function\":{\"name\":");
		json_quote(out, t->name, strlen(t->name));
		buf_adds(out, ",\"description\":");
		json_quote(out, t->description, strlen(t->description));
		if (exact != NULL)
			buf_adds(out, ",\"strict\":true");
		options |= exact == NULL ? 0 : REQUEST_STRICT;
		buf_addf(out, ",\"parameters\":%s}}", exact == NULL ?
		    t->parameters : exact);
	}
	if (q->tools_len == 0)
		return 0;
	buf_addc(out, ']');
	if (q->no_calls)
		buf_adds(out, ",\"tool_choice\":\"none\"");
	return options;
}

static const struct dialect *
chat_dialect(const struct request *q)
{
	return q->dialect == NULL ? dialect_of(NULL) : q->dialect;
}

/* Models of OpenAI that can't combine tools and thinking here are told not to
 * think. */
enum effort
chat_effort(const struct request *q)
{
	const char *dialect = chat_dialect(q)->name;
	enum effort e = q->effort;
	enum thinking how = facts_thinking(q->facts, THINKING_EFFORT, &e);

	if (strcmp(dialect, "openrouter") == 0)
		return e;
	if (how != THINKING_EFFORT && (how != THINKING_LEVEL ||
	    strcmp(dialect, "gemini") != 0))
		return EFFORT_UNSET;
	if (q->facts != NULL && q->facts->responses && q->tools_len > 0)
		return (q->facts->efforts & EFFORT_BIT(EFFORT_OFF)) != 0 ?
		    EFFORT_OFF : EFFORT_UNSET;
	return e;
}

/*
 * Effort, if the server is known to support it: "reasoning_effort", for some
 * models beside "thinking" (`keep`: chat_request has already written that), or
 * OpenRouter's own member.
 */
static unsigned
chat_put_effort(struct buf *out, const struct request *q,
    const struct dialect *d, bool keep)
{
	enum effort e = chat_effort(q);
	const char *off = q->facts == NULL ? "" : q->facts->off, *word;
	bool router = strcmp(d->name, "openrouter") == 0;

	if ((q->without & REQUEST_EFFORT) != 0 || e == EFFORT_UNSET)
		return 0;
	word = e == EFFORT_OFF ? "none" : facts_effort_name(e);
	if (router)
		buf_addf(out, "\"reasoning\":{\"effort\":\"%s\"},", word);
	else if (strcmp(off, "disabled") == 0) {
		if (e == EFFORT_OFF || !keep)
			buf_addf(out, "\"thinking\":{\"type\":\"%s\"},", e ==
			    EFFORT_OFF ? off : "enabled");
		if (e != EFFORT_OFF)
			buf_addf(out, "\"reasoning_effort\":\"%s\",", word);
	} else
		buf_addf(out, "\"reasoning_effort\":\"%s\",", e ==
		    EFFORT_OFF && off[0] != '\0' ? off : word);
	return REQUEST_EFFORT;
}

/* Some servers drop earlier thinking unless told to keep it. */
static bool
chat_keeps(const struct request *q, const struct dialect *d)
{
	enum effort e = q->effort;

	return d->clear_thinking && q->facts != NULL && q->facts->keep &&
	    (q->without & REQUEST_KEEP) == 0 && (facts_thinking(q->facts,
	    THINKING_EFFORT, &e) != THINKING_EFFORT || e != EFFORT_OFF);
}

/* Keeps a conversation's requests on the same cache. */
static unsigned
chat_put_cache(struct buf *out, const struct request *q,
    const struct dialect *d)
{
	unsigned options = 0;

	if (q->conversation == NULL)
		return 0;
	if (d->conversation != NULL && !dialect_has_header(d) &&
	    (q->without & REQUEST_CACHE_KEY) == 0) {
		buf_addf(out, "\"%s\":", d->conversation);
		json_quote(out, q->conversation, strlen(q->conversation));
		buf_addc(out, ',');
		options |= REQUEST_CACHE_KEY;
	}
	if (d->cache_control && q->facts != NULL && q->facts->cache_ask &&
	    (q->without & REQUEST_CACHE_CONTROL) == 0) {
		bool hour = q->long_cache &&
		    (q->without & REQUEST_CACHE_TTL) == 0;

		buf_addf(out, "\"cache_control\":{\"type\":\"ephemeral\"%s},",
		    hour ? ",\"ttl\":\"1h\"" : "");
		options |= REQUEST_CACHE_CONTROL | (hour ? REQUEST_CACHE_TTL :
		    0);
	}
	return options;
}

unsigned
chat_request(struct buf *out, const struct request *q)
{
	const struct dialect *d = chat_dialect(q);
	unsigned options = REQUEST_MAX_NAME;
	bool keep;
	size_t i;

	buf_adds(out, "{\"stream\":true,");
	if (d->include_usage && (q->without & REQUEST_USAGE) == 0) {
		buf_adds(out, "\"stream_options\":{\"include_usage\":true},");
		options |= REQUEST_USAGE;
	}
	keep = chat_keeps(q, d);
	if (keep) {
		buf_adds(out, "\"thinking\":{\"type\":\"enabled\","
		    "\"clear_thinking\":false},");
		options |= REQUEST_KEEP;
	}
	options |= chat_put_effort(out, q, d, keep);
	options |= chat_put_cache(out, q, d);
	buf_addf(out, "%s%lld,\"model\":", chat_max_name(q->model, d,
	    (q->without & REQUEST_MAX_NAME) != 0), (long long)q->max_tokens);
	json_quote(out, q->model, strlen(q->model));
	options |= chat_put_tools(out, q, d);
	buf_adds(out, ",\"messages\":[");
	if (q->system != NULL && q->system[0] != '\0') {
		chat_add_text(out, d->system_role, q->system);
		if (q->messages_len > 0)
			buf_addc(out, ',');
	}
	for (i = 0; i < q->messages_len; i++) {
		if (i > 0)
			buf_addc(out, ',');
		buf_adds(out, q->messages[i]);
	}
	buf_adds(out, "]}");
	return options & ~q->without;
}

unsigned
chat_refused(const struct provider_error *e, unsigned options)
{
	static const struct refusal rows[] = {
		{ "stream_options", REQUEST_USAGE },
		{ "prompt_cache_key", REQUEST_CACHE_KEY },
		{ "session_id", REQUEST_CACHE_KEY },
		{ "ttl", REQUEST_CACHE_TTL },
		{ "cache_control", REQUEST_CACHE_CONTROL },
		{ "clear_thinking", REQUEST_KEEP },
		{ "reasoning_effort", REQUEST_EFFORT },
		{ "reasoning", REQUEST_EFFORT },
		/* Both go into this member. */
		{ "thinking", REQUEST_EFFORT | REQUEST_KEEP },
		{ "strict", REQUEST_STRICT },
		{ "schema", REQUEST_STRICT },
		{ "'max_tokens'", REQUEST_MAX_NAME },
		{ "max_tokens is not supported", REQUEST_MAX_NAME },
		{ "max_completion_tokens", REQUEST_MAX_NAME },
	};

	if (e->status != 400 && e->status != 422)
		return 0;
	return provider_refused_option(rows, MEM_COUNT(rows), e->message, options);
}
