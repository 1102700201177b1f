/*
 * openai-chat: reads OpenAI's Chat Completions and its variants in compatible
 * servers (Ollama, llama.cpp, vLLM, OpenRouter, Mistral, DeepSeek, ...).
 *
 * Sources: the OpenAI API reference, "Chat Completions" and its streaming
 * events; the servers' own documentation for their differences.
 */
#include "config.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "provider/dialect.h"
#include "provider/format.h"
#include "provider/provider.h"
#include "provider/schema.h"

struct chat_call {
	char		*id;		/* NULL: none yet */
	char		*name;
	bool		 has_index;
	int64_t		 index;
	struct buf	 args;
	unsigned	 looks;		/* are the args complete? */
	cJSON		*extra;		/* "extra_content", to send back */
};

struct chat_calls {
	struct chat_call	*list;
	size_t			 len;
};

/* The member names that servers use for reasoning; the first one present
 * counts. */
static const char *const chat_reasoning_names[] = { "reasoning_content", "reasoning",
	"thinking" };

#define CHAT_CALLS_MAX 256
#define CHAT_LOOKS_MAX 64

static struct chat_call *
chat_call_new(struct chat_calls *l, struct decoder *d, const cJSON *index)
{
	struct chat_call *c;

	if (l->len == CHAT_CALLS_MAX) {
		provider_error_set(&d->error, PROVIDER_PROTOCOL, false,
		    "more than %d tool calls in one answer", CHAT_CALLS_MAX);
		return NULL;
	}
	c = GROW_ADD(l->list, l->len);
	if (cJSON_IsNumber(index)) {
		c->has_index = true;
		c->index = (int64_t)index->valuedouble;
	}
	return c;
}

static struct chat_call *
chat_call_by_id(const struct chat_calls *l, const char *id)
{
	size_t i;

	for (i = l->len; i-- > 0;)
		if (l->list[i].id != NULL && strcmp(l->list[i].id, id) == 0)
			return &l->list[i];
	return NULL;
}

static struct chat_call *
chat_call_by_index(const struct chat_calls *l, const cJSON *index)
{
	size_t i;

	for (i = l->len; i-- > 0;)
		if (l->list[i].has_index &&
		    l->list[i].index == (int64_t)index->valuedouble)
			return &l->list[i];
	return NULL;
}

/* Servers that make us guess send a call in few pieces; parsing again after
 * each of many would take hours. */
static bool
chat_call_is_whole(struct chat_call *c)
{
	AUTO_JSON cJSON *o = NULL;

	if (++c->looks > CHAT_LOOKS_MAX)
		return false;
	o = json_parse(buf_str(&c->args), c->args.len, JSON_NUL_REPLACE, NULL);
	return o != NULL;
}

/*
 * The call that a piece belongs to. Ids take precedence over indexes, because
 * several servers send index 0 for every call; a name without an id starts a
 * call if there is no index, or if the call with that index is complete.
 */
static struct chat_call *
chat_call_for(struct chat_calls *l, struct decoder *d, const cJSON *entry,
    const char *id, const char *name)
{
	const cJSON *index = json_get(entry, "index");
	struct chat_call *c = NULL;

	if (d->whole)
		return chat_call_new(l, d, NULL);
	if (!cJSON_IsNumber(index) || !(index->valuedouble > -1e9 &&
	    index->valuedouble < 1e9))
		index = NULL;
	if (id != NULL) {
		if ((c = chat_call_by_id(l, id)) != NULL) {
			/* A different call, although the id is the same. */
			if (index != NULL && c->has_index && name != NULL &&
			    c->index != (int64_t)index->valuedouble &&
			    chat_call_is_whole(c))
				return chat_call_new(l, d, index);
			return c;
		}
		if (index != NULL)
			c = chat_call_by_index(l, index);
		if (c != NULL && c->id == NULL && c->name == NULL)
			return c;
		return chat_call_new(l, d, index);
	}
	if (index != NULL) {
		c = chat_call_by_index(l, index);
		if (c == NULL || (name != NULL && chat_call_is_whole(c)))
			return chat_call_new(l, d, index);
		return c;
	}
	if (name != NULL || l->len == 0)
		return chat_call_new(l, d, NULL);
	return &l->list[l->len - 1];
}

static void
chat_call_name(struct decoder *d, struct chat_call *c, const char *name)
{
	bool first = c->name == NULL;

	xstrset(&c->name, name);
	if (first)
		decoder_emit_call(d, name);
}

/* One entry of a delta's "tool_calls"; displayed through
 * the decoder, whose error is set if there are too many. */
static void
chat_calls_add(struct chat_calls *l, struct decoder *d, const cJSON *entry)
{
	const cJSON *function = json_get(entry, "function");
	const char *id = json_str(entry, "id");
	const char *name = json_str(function, "name");
	const cJSON *args = json_get(function, "arguments"), *extra;
	struct chat_call *c;

	if (!cJSON_IsObject(entry))
		return;
	if (id != NULL && id[0] == '\0')
		id = NULL;
	if (name != NULL && name[0] == '\0')
		name = NULL;
	if ((c = chat_call_for(l, d, entry, id, name)) == NULL)
		return;
	if (id != NULL && c->id == NULL)
		c->id = xstrdup(id);
	if (name != NULL)
		chat_call_name(d, c, name);
	if (cJSON_IsString(args)) {
		decoder_append(d, &c->args, DELTA_CALL, args->valuestring);
	} else if (cJSON_IsObject(args) || cJSON_IsArray(args)) {
		AUTO_FREE char *text = json_print(args);

		buf_clear(&c->args);
		decoder_append(d, &c->args, DELTA_CALL, text);
	}
	extra = json_get(entry, "extra_content");
	if (cJSON_IsObject(extra)) {
		cJSON_Delete(c->extra);
		c->extra = cJSON_Duplicate(extra, 1);
	}
}

/* Add them to the reply; its stop, already set, says which are complete. */
static void
chat_calls_end(struct chat_calls *l, struct reply *r)
{
	bool whole = r->stop == REPLY_TOOL_CALLS;
	size_t i;

	for (i = 0; i < l->len; i++) {
		struct chat_call *c = &l->list[i];
		/* gpt-oss templates leave parts of their marks. */
		char *mark = c->name == NULL ? NULL : strstr(c->name, "<|");

		if (mark != NULL && mark != c->name)
			*mark = '\0';
		/* "0" and "1" repeat in every answer. */
		if (c->id == NULL || strlen(c->id) < 4)
			FREE_SET(c->id, reply_make_id());
		/* In a cut-off answer only the last call can be incomplete. */
		reply_add_call(r, c->id, c->name == NULL ? "" : c->name,
		    buf_str(&c->args), whole ||
		    (r->stop != REPLY_ERROR && r->stop != REPLY_TRUNCATED &&
		    i + 1 < l->len && c->args.len > 0));
	}
}

static void
chat_calls_release(struct chat_calls *l)
{
	size_t i;

	for (i = 0; i < l->len; i++) {
		FREE_ALL(l->list[i].id, l->list[i].name);
		buf_release(&l->list[i].args);
		cJSON_Delete(l->list[i].extra);
	}
	free(l->list);
}

/*
 * Requests to a Chat Completions server. A message's JSON depends only on the
 * message, the model and the server's dialect, so it is made once and kept.
 */

/* Add one entry of "tool_calls"; extra ("extra_content") may be NULL. */
static void
chat_add_call_json(cJSON *list, const char *id, const char *name,
    const char *arguments, const cJSON *extra)
{
	cJSON *c = cJSON_CreateObject(), *f;
	AUTO_FREE char *args = reply_echo_args(arguments);

	JSON_ADD_TEXTS(c, "id", id, "type", "function");
	f = cJSON_AddObjectToObject(c, "function");
	JSON_ADD_TEXTS(f, "name", reply_echo_name(name), "arguments", args);
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
	cJSON *o = JSON_TEXTS("role", role, "content", text);

	chat_add_take(out, o);
}

/* The user's text, after its images if there are any. */
static void
chat_add_user(struct buf *out, const struct message *m)
{
	cJSON *o, *list, *part, *url;

	if (m->images_len == 0) {
		chat_add_text(out, "user", m->text == NULL ? "" : m->text);
		return;
	}
	o = JSON_TEXTS("role", "user");
	list = cJSON_AddArrayToObject(o, "content");
	MEM_EACH(m, images, image) {
		AUTO_FREE char *data = xasprintf("data:%s;base64,%s",
		    image->type, image->data);

		part = JSON_TEXTS("type", "image_url");
		url = cJSON_AddObjectToObject(part, "image_url");
		json_add_str(url, "url", data);
		cJSON_AddItemToArray(list, part);
	}
	if (m->text != NULL && m->text[0] != '\0')
		provider_add_text(list, "text", m->text);
	chat_add_take(out, o);
}

/* An answer's reasoning, if this server needs it, where it needs it. */
static void
chat_adjust_reasoning(cJSON *o, const struct dialect *d)
{
	const char *name, *had = NULL;
	cJSON *text = NULL;
	size_t i;

	/* dialects: an answer's reasoning is read by the name it is sent by. */
	assert(d->reasoning == NULL ||
	    MEM_FIND(chat_reasoning_names, d->reasoning) != NULL);
	for (i = 0; i < MEM_COUNT(chat_reasoning_names); i++) {
		name = chat_reasoning_names[i];
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

#define CHAT_ID 10	/* size of a short id */

/* The id in this dialect's form: itself, or one derived from it in `room`,
 * always the same. */
static const char *
chat_id(const struct dialect *d, const char *id, char room[CHAT_ID])
{
	static const char set[] = "0123456789abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	uint64_t h;
	size_t i;

	if (!d->short_ids || (strlen(id) == CHAT_ID - 1 &&
	    strspn(id, set) == CHAT_ID - 1))
		return id;
	/* It only needs to keep the calls of a conversation apart. */
	h = hash_bytes(HASH_BEGIN, id, strlen(id));
	for (i = 0; i + 1 < CHAT_ID; i++) {
		room[i] = set[h % (sizeof(set) - 1)];
		h /= sizeof(set) - 1;
	}
	room[i] = '\0';
	return room;
}

static void
chat_adjust_ids(cJSON *o, const struct dialect *d)
{
	char room[CHAT_ID];
	const char *id, *as;
	cJSON *c;

	cJSON_ArrayForEach(c, cJSON_GetObjectItemCaseSensitive(o,
	    "tool_calls")) {
		id = json_str_or(c, "id", "");
		as = chat_id(d, id, room);
		if (as != id)
			json_add_str(c, "id", as);
	}
}

static void
chat_add_assistant(struct buf *out, const struct message *m, const char *model,
    const struct dialect *d)
{
	cJSON *o, *list;

	if (provider_raw_fits(m, &openai_chat_format, model)) {
		o = cJSON_Duplicate(m->raw, 1);
		chat_adjust_reasoning(o, d);
		chat_adjust_ids(o, d);
		chat_add_take(out, o);
		return;
	}
	o = JSON_TEXTS("role", "assistant");
	/* "", not null: OpenAI accepts both, and some templates print "None" or
	 * fail on null. */
	json_add_str(o, "content", m->text == NULL ? "" : m->text);
	list = m->calls_len == 0 ? NULL :
	    cJSON_AddArrayToObject(o, "tool_calls");
	MEM_EACH(m, calls, call)
		chat_add_call_json(list, call->id, call->name,
		    call->arguments, NULL);
	chat_adjust_reasoning(o, d);
	chat_adjust_ids(o, d);
	chat_add_take(out, o);
}

/* The results of calls, if there are any, and the user's message. */
static void
chat_add_results(struct buf *out, const struct message *m,
    const struct dialect *d)
{
	char room[CHAT_ID];
	size_t i;

	for (i = 0; i < m->results_len; i++) {
		const struct message_result *r = &m->results[i];
		AUTO_FREE char *told = provider_result_told(r);
		cJSON *o = JSON_TEXTS("role", "tool",
		    "tool_call_id", chat_id(d, r->id, room), "content", told);

		if (i > 0)
			buf_addc(out, ',');
		chat_add_take(out, o);
	}
	if ((m->text != NULL && m->text[0] != '\0') || m->images_len > 0 ||
	    i == 0) {
		if (i > 0)
			buf_addc(out, ',');
		chat_add_user(out, m);
	}
}

static const struct dialect *
chat_dialect(const struct dialect *d)
{
	return d == NULL ? dialect_read(NULL, NULL, NULL) : d;
}

static void
chat_message(struct buf *out, const struct message *m, const char *model,
    const struct dialect *d)
{
	d = chat_dialect(d);
	if (m->role == MESSAGE_ASSISTANT)
		chat_add_assistant(out, m, model, d);
	else
		chat_add_results(out, m, d);
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
	bool new = d->max_tokens == MAX_TOKENS_GUESS ?
	    MEM_BEGINS(newer, model) : d->max_tokens == MAX_TOKENS_NEW;

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
		provider_open_tool(out,
		    "{\"type\":\"function\",\"function\":{", t);
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

/* Turn thinking off for OpenAI's models that can't combine it with tools
 * here. */
static enum effort
chat_effort(const struct request *q)
{
	const struct dialect *d = chat_dialect(q->dialect);
	enum effort e = q->effort;
	enum thinking how = facts_thinking(q->facts, THINKING_EFFORT, &e);

	if (d->routes)
		return e;
	if (how != THINKING_EFFORT && (how != THINKING_LEVEL || !d->levels))
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

	if ((q->without & REQUEST_EFFORT) != 0 || e == EFFORT_UNSET)
		return 0;
	word = e == EFFORT_OFF ? "none" : facts_effort_names[e];
	if (d->routes)
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
	if (d->conversation != NULL &&
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

static unsigned
chat_request(struct buf *out, const struct request *q)
{
	const struct dialect *d = chat_dialect(q->dialect);
	unsigned options = REQUEST_MAX_NAME;
	bool keep;

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
	provider_add_messages(out, q, NULL, NULL);
	buf_adds(out, "]}");
	return options & ~q->without;
}

static const struct refusal chat_refusals[] = {
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
	{ NULL, 0 },
};

#define CHAT_DETAILS_MAX 256


/* One block of OpenRouter's reasoning_details. */
struct chat_detail {
	cJSON		*o;
	const char	*grow_key;	/* the member that comes in pieces */
	struct buf	 grow;
};

struct chat {
	struct decoder		 d;		/* first */
	struct buf		 text;
	struct buf		 thinking;
	struct buf		 refusal;
	struct chat_calls	 calls;
	char			*finish;
	/* Members of the reply that the next request must repeat. */
	const char		*reasoning_key;
	struct chat_detail	*details;
	size_t			 details_len;
	bool			 parts;		/* content as a list (Mistral) */
};

/* ---- decoder ---- */

/* The block that a piece continues: same index, same type. */
static struct chat_detail *
chat_detail_for(struct chat *d, const cJSON *piece)
{
	const char *type = json_str_or(piece, "type", "");
	int64_t index = json_int(piece, "index", -1);
	struct chat_detail *t;
	size_t i;

	for (i = d->details_len; i-- > 0;) {
		t = &d->details[i];
		if (json_int(t->o, "index", -1) == index &&
		    json_is(t->o, "type", type))
			return t;
	}
	if (d->details_len == CHAT_DETAILS_MAX)
		return NULL;
	t = GROW_ADD(d->details, d->details_len);
	t->o = cJSON_CreateObject();
	return t;
}

static void
chat_add_details(struct chat *d, const cJSON *list, bool show)
{
	static const char *const growing[] = { "data", "summary", "text" };
	const cJSON *piece, *m;
	size_t i;

	cJSON_ArrayForEach(piece, list) {
		struct chat_detail *t = NULL;

		if (!cJSON_IsObject(piece) ||
		    (t = chat_detail_for(d, piece)) == NULL)
			continue;
		cJSON_ArrayForEach(m, piece)
			if (!cJSON_IsNull(m) ||
			    json_get(t->o, m->string) == NULL)
				json_copy(t->o, m->string, m);
		for (i = 0; i < MEM_COUNT(growing); i++) {
			const char *s = json_str(piece, growing[i]);

			if (s == NULL)
				continue;
			t->grow_key = growing[i];
			decoder_append(&d->d, &t->grow, DELTA_NONE, s);
			if (show && i > 0)
				decoder_append(&d->d, &d->thinking, DELTA_THINKING,
				    s);
		}
	}
}

static void
chat_add_parts(struct chat *d, const cJSON *list)
{
	const cJSON *part, *inner;

	d->parts = true;
	cJSON_ArrayForEach(part, list) {
		if (json_is(part, "type", "text"))
			decoder_append(&d->d, &d->text, DELTA_TEXT,
			    json_str(part, "text"));
		else if (json_is(part, "type", "thinking"))
			cJSON_ArrayForEach(inner, json_array(part, "thinking"))
				decoder_append(&d->d, &d->thinking, DELTA_THINKING,
				    json_str(inner, "text"));
	}
}

static void
chat_delta(struct chat *d, const cJSON *delta)
{
	const cJSON *v, *entry;
	const char *s;
	bool shown = false;
	size_t i;

	for (i = 0; i < MEM_COUNT(chat_reasoning_names) && !shown; i++) {
		if ((s = json_str(delta, chat_reasoning_names[i])) == NULL)
			continue;
		if (d->reasoning_key == NULL || i == 0)
			d->reasoning_key = chat_reasoning_names[i];
		decoder_append(&d->d, &d->thinking, DELTA_THINKING, s);
		shown = true;
	}
	if ((v = json_array(delta, "reasoning_details")) != NULL)
		chat_add_details(d, v, !shown);
	v = json_get(delta, "content");
	if (cJSON_IsArray(v))
		chat_add_parts(d, v);
	else
		decoder_append(&d->d, &d->text, DELTA_TEXT,
		    json_str(delta, "content"));
	/* Show a refusal in place of the answer. */
	decoder_append(&d->d, &d->refusal, DELTA_TEXT, json_str(delta, "refusal"));
	cJSON_ArrayForEach(entry, json_array(delta, "tool_calls"))
		chat_calls_add(&d->calls, &d->d, entry);
}

static void
chat_usage(struct chat *d, const cJSON *u)
{
	static const struct json_field counts[] = {
		USAGE_FIELD(input, "prompt_tokens"),
		USAGE_FIELD(output, "completion_tokens"),
		USAGE_FIELD(cached, "prompt_cache_hit_tokens"),
	}, in[] = {
		USAGE_FIELD(cached, "cached_tokens"),
		USAGE_FIELD(cache_write, "cache_creation_input_tokens"),
		USAGE_FIELD(cache_write, "cache_write_tokens"),
	};
	struct usage *to = &d->d.usage;

	if (!cJSON_IsObject(u))
		return;
	JSON_READ(to, u, counts);
	JSON_READ(to, json_get(u, "prompt_tokens_details"), in);
	to->reasoning = json_int(json_get(u, "completion_tokens_details"),
	    "reasoning_tokens", to->reasoning);
	/* If the sum says so, the server doesn't count reasoning as output. */
	if (to->reasoning > 0 && to->input >= 0 && to->output >= 0 &&
	    json_int(u, "total_tokens", -1) == to->input + to->output +
	    to->reasoning)
		to->output += to->reasoning;
}

static void
chat_take(struct decoder *base, const char *event, const cJSON *root)
{
	struct chat *d = (struct chat *)base;
	const cJSON *choice = cJSON_GetArrayItem(json_array(root, "choices"),
	    0);
	const cJSON *error = json_get(root, "error");
	const char *finish = json_str(choice, "finish_reason");

	if (choice != NULL || json_get(root, "usage") != NULL ||
	    json_get(root, "choices") != NULL || json_get(root, "id") != NULL)
		d->d.seen = true;
	chat_delta(d, json_get(choice, base->whole ? "message" : "delta"));
	/* The reason may be missing: all of it is here. */
	if (base->whole && cJSON_IsObject(json_get(choice, "message")))
		base->done = true;
	decoder_set(&d->finish, finish);
	chat_usage(d, json_get(choice, "usage"));
	chat_usage(d, json_get(root, "usage"));
	if (d->d.error.kind != PROVIDER_OK)
		return;
	if ((error != NULL && !cJSON_IsNull(error)) || cJSON_IsArray(root) ||
	    json_is(root, "object", "error") ||
	    (strcmp(event, "error") == 0 && choice == NULL))
		provider_error_from_json(&d->d.error, 0, "", root);
}

/* ---- the end of an answer ---- */

static const struct {
	const char	*word;
	enum reply_stop	 stop;
} chat_stops[] = {
	{ "content_filter", REPLY_CONTENT_FILTER },
	{ "length", REPLY_MAX_TOKENS },
	{ "model_length", REPLY_CONTEXT_FULL },
};

static const char *const chat_ends[] = { "", "COMPLETE", "end_turn", "eos",
	"stop", "stop_sequence" };
static const char *const chat_call_ends[] = { "function_call", "tool_calls",
	"tool_use" };

/* Words for an answer that the server could not finish. */
static const struct {
	const char			*word;
	enum provider_error_kind	 kind;
} chat_failures[] = {
	{ "abort", PROVIDER_SERVER },
	{ "error", PROVIDER_SERVER },
	{ "insufficient_system_resource", PROVIDER_OVERLOADED },
};

static void
chat_end_stop(struct chat *d, struct reply *r)
{
	if (d->finish == NULL && d->d.done)
		d->finish = xstrdup("");
	r->stop_raw = xstrdup_null(d->finish);
	if (MEM_FIND(chat_failures, d->finish) != NULL &&
	    d->d.error.kind == PROVIDER_OK)
		provider_error_set(&d->d.error,
		    MEM_FIND(chat_failures, d->finish)->kind, true,
		    "the server ended the answer with \"%s\"", d->finish);
	if (d->calls.len == 0 && d->d.error.kind == PROVIDER_OK &&
	    MEM_FIND(chat_call_ends, d->finish) != NULL)
		provider_error_set(&d->d.error, PROVIDER_MALFORMED_CALL, false,
		    REPLY_CALL_AS_TEXT);
	if (!decoder_end_stop(&d->d, d->finish != NULL, r))
		return;
	r->stop = REPLY_END;
	if (MEM_FIND(chat_stops, d->finish) != NULL) {
		r->stop = MEM_FIND(chat_stops, d->finish)->stop;
		return;
	}
	r->stop_unknown = MEM_FIND(chat_ends, d->finish) == NULL &&
	    MEM_FIND(chat_call_ends, d->finish) == NULL;
	if (d->calls.len > 0)
		r->stop = REPLY_TOOL_CALLS;
	else if (r->refusal[0] != '\0')
		r->stop = REPLY_REFUSAL;
}

/* Mistral's content, in its own form. */
static cJSON *
chat_end_parts(const struct reply *r)
{
	cJSON *list = cJSON_CreateArray(), *part;

	if (r->thinking[0] != '\0') {
		part = JSON_TEXTS("type", "thinking");
		provider_add_text(cJSON_AddArrayToObject(part, "thinking"),
		    "text", r->thinking);
		cJSON_AddItemToArray(list, part);
	}
	if (r->text[0] != '\0')
		provider_add_text(list, "text", r->text);
	return list;
}

static cJSON *
chat_end_details(struct chat *d)
{
	cJSON *list = cJSON_CreateArray();

	MEM_EACH(d, details, t) {
		if (t->grow_key != NULL)
			json_add_str(t->o, t->grow_key, buf_str(&t->grow));
		cJSON_AddItemToArray(list, t->o);
		t->o = NULL;
	}
	return list;
}

/*
 * The message to send back, if text and calls alone would lose something.
 * reasoning_content goes back with calls only: DeepSeek and others require it
 * there, and ignore or (the first R1) reject it elsewhere.
 */
static cJSON *
chat_end_raw(struct chat *d, const struct reply *r)
{
	bool reasoning = d->reasoning_key != NULL && r->calls_len > 0;
	bool extra = false;
	cJSON *m, *list;
	size_t i;

	for (i = 0; i < d->calls.len; i++)
		extra = extra || d->calls.list[i].extra != NULL;
	if (!reasoning && !extra && d->details_len == 0 && !d->parts)
		return NULL;
	m = JSON_TEXTS("role", "assistant");
	if (d->parts)
		json_set_take(m, "content", chat_end_parts(r));
	else
		json_add_str(m, "content", r->text);
	if (d->details_len > 0)
		json_set_take(m, "reasoning_details", chat_end_details(d));
	else if (reasoning)
		json_add_str(m, d->reasoning_key, r->thinking);
	if (r->calls_len == 0)
		return m;
	list = cJSON_AddArrayToObject(m, "tool_calls");
	for (i = 0; i < r->calls_len; i++)
		chat_add_call_json(list, r->calls[i].id, r->calls[i].name,
		    r->calls[i].arguments, d->calls.list[i].extra);
	return m;
}

static void
chat_end(struct decoder *base, struct reply *r)
{
	struct chat *d = (struct chat *)base;

	FREE_SET(r->text, buf_take(&d->text));
	FREE_SET(r->thinking, buf_take(&d->thinking));
	FREE_SET(r->refusal, buf_take(&d->refusal));
	chat_end_stop(d, r);
	chat_calls_end(&d->calls, r);
	r->raw = chat_end_raw(d, r);
}

static void
chat_release(struct decoder *base)
{
	struct chat *d = (struct chat *)base;

	MEM_EACH(d, details, detail) {
		cJSON_Delete(detail->o);
		buf_release(&detail->grow);
	}
	free(d->details);
	chat_calls_release(&d->calls);
	free(d->finish);
	buf_release(&d->text);
	buf_release(&d->thinking);
	buf_release(&d->refusal);
}

static const struct decoder_ops chat_ops = {
	.size = sizeof(struct chat),
	.done_mark = true,
	.take = chat_take,
	.end = chat_end,
	.release = chat_release,
};

const struct provider_format openai_chat_format = {
	.name = "openai-chat",
	.url_suffix = "/chat/completions",
	.list_suffix = "/models",
	.message = chat_message,
	.request = chat_request,
	.effort = chat_effort,
	.auth = "bearer",
	.decoder = &chat_ops,
	/* A request may have 50 MB. */
	.images = { .bytes = 15000000, .total = 30000000 },
	.refusals = chat_refusals,
};
