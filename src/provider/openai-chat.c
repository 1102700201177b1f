/*
 * openai-chat: reads OpenAI's Chat Completions and its variants in compatible
 * servers (Ollama, llama.cpp, vLLM, OpenRouter, Mistral, DeepSeek, ...).
 *
 * Sources: the OpenAI API reference, "Chat Completions" and its streaming
 * events; the servers' own documentation for their differences.
 * openai-chat-calls.c joins the pieces of calls.
 */
#include "config.h"

#include "provider/openai-chat.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "provider/decoder.h"
#include "provider/error.h"
#include "provider/format.h"
#include "provider/openai-chat-calls.h"

#define CHAT_DETAILS_MAX 256

const char *const chat_reasoning_names[] = { "reasoning_content", "reasoning",
	"thinking", NULL };

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
	bool			 finish_empty;	/* present, but empty */
	/* What the server needs back. */
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
		    strcmp(json_str_or(t->o, "type", ""), type) == 0)
			return t;
	}
	if (d->details_len == CHAT_DETAILS_MAX)
		return NULL;
	GROW(d->details, d->details_len);
	t = &d->details[d->details_len++];
	memset(t, 0, sizeof(*t));
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
			(void)decoder_keep(&d->d, &t->grow, s);
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
		const char *type = json_str_or(part, "type", "");

		if (strcmp(type, "text") == 0)
			decoder_append(&d->d, &d->text, DELTA_TEXT,
			    json_str(part, "text"));
		else if (strcmp(type, "thinking") == 0)
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

	for (i = 0; chat_reasoning_names[i] != NULL && !shown; i++) {
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
		chat_calls_add(&d->calls, &d->d, entry, json_get(entry, "function"));
	/* The old form: a single call, without id or index. */
	v = json_get(delta, "function_call");
	if (cJSON_IsObject(v)) {
		AUTO_JSON cJSON *one = cJSON_CreateObject();

		json_add_int(one, "index", 0);
		chat_calls_add(&d->calls, &d->d, one, v);
	}
}

static void
chat_usage(struct chat *d, const cJSON *u)
{
	const cJSON *in = json_get(u, "prompt_tokens_details");
	const cJSON *out = json_get(u, "completion_tokens_details");
	struct usage *to = &d->d.usage;

	if (!cJSON_IsObject(u))
		return;
	to->input = json_int(u, "prompt_tokens", to->input);
	to->output = json_int(u, "completion_tokens", to->output);
	to->cached = json_int(u, "prompt_cache_hit_tokens", to->cached);
	to->cached = json_int(in, "cached_tokens", to->cached);
	to->cache_write = json_int(in, "cache_creation_input_tokens",
	    to->cache_write);
	to->cache_write = json_int(in, "cache_write_tokens", to->cache_write);
	to->reasoning = json_int(out, "reasoning_tokens", to->reasoning);
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
	chat_delta(d, json_get(choice, "delta"));
	decoder_set(&d->finish, finish);
	if (finish != NULL && finish[0] == '\0')
		d->finish_empty = true;
	chat_usage(d, json_get(choice, "usage"));
	chat_usage(d, json_get(root, "usage"));
	if (d->d.error.kind != PROVIDER_OK)
		return;
	if ((error != NULL && !cJSON_IsNull(error)) || cJSON_IsArray(root) ||
	    json_is(root, "object", "error") ||
	    (strcmp(event, "error") == 0 && choice == NULL))
		provider_error_from_json(&d->d.error, 0, "", root);
}

/* A server that answers with a whole "message" numbers no calls. */
static bool
chat_whole(struct decoder *base, const cJSON *root)
{
	struct chat *d = (struct chat *)base;
	AUTO_JSON cJSON *copy = NULL;
	cJSON *choice, *message, *calls, *it;
	int64_t i = 0;

	if (!cJSON_IsObject(json_get(cJSON_GetArrayItem(json_array(root,
	    "choices"), 0), "message")))
		return false;
	copy = cJSON_Duplicate(root, 1);
	choice = cJSON_GetArrayItem(json_array(copy, "choices"), 0);
	message = cJSON_DetachItemFromObjectCaseSensitive(choice, "message");
	calls = cJSON_GetObjectItemCaseSensitive(message, "tool_calls");
	cJSON_ArrayForEach(it, calls)
		json_add_int(it, "index", i++);
	json_set_take(choice, "delta", message);
	chat_take(base, "", copy);
	/* The reason may be missing: all of it is here. */
	d->finish_empty = true;
	d->d.done = true;
	return true;
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
	"function_call", "stop", "stop_sequence", "tool_calls", "tool_use" };

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
	if (d->finish == NULL && d->d.done && d->finish_empty)
		d->finish = xstrdup("");
	r->stop_raw = xstrdup_null(d->finish);
	if (MEM_FIND(chat_failures, d->finish) != NULL &&
	    d->d.error.kind == PROVIDER_OK)
		provider_error_set(&d->d.error,
		    MEM_FIND(chat_failures, d->finish)->kind, true,
		    "the server ended the answer with \"%s\"", d->finish);
	if (!decoder_end_stop(&d->d, d->finish != NULL, r))
		return;
	r->stop = REPLY_END;
	if (MEM_FIND(chat_stops, d->finish) != NULL) {
		r->stop = MEM_FIND(chat_stops, d->finish)->stop;
		return;
	}
	r->stop_unknown = MEM_FIND(chat_ends, d->finish) == NULL;
	if (d->calls.len > 0)
		r->stop = REPLY_TOOL_CALLS;
	else if (r->refusal[0] != '\0')
		r->stop = REPLY_REFUSAL;
}

/* Mistral's content, in its own form. */
static cJSON *
chat_end_parts(const struct reply *r)
{
	cJSON *list = cJSON_CreateArray(), *part, *inner, *o;

	if (r->thinking[0] != '\0') {
		part = cJSON_CreateObject();
		inner = cJSON_CreateArray();
		o = cJSON_CreateObject();
		json_add_str(o, "type", "text");
		json_add_str(o, "text", r->thinking);
		cJSON_AddItemToArray(inner, o);
		json_add_str(part, "type", "thinking");
		json_set_take(part, "thinking", inner);
		cJSON_AddItemToArray(list, part);
	}
	if (r->text[0] != '\0') {
		part = cJSON_CreateObject();
		json_add_str(part, "type", "text");
		json_add_str(part, "text", r->text);
		cJSON_AddItemToArray(list, part);
	}
	return list;
}

static cJSON *
chat_end_details(struct chat *d)
{
	cJSON *list = cJSON_CreateArray();
	size_t i;

	for (i = 0; i < d->details_len; i++) {
		struct chat_detail *t = &d->details[i];

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

	if (r->stop == REPLY_ERROR || r->stop == REPLY_TRUNCATED)
		return NULL;
	for (i = 0; i < d->calls.len; i++)
		extra = extra || d->calls.list[i].extra != NULL;
	if (!reasoning && !extra && d->details_len == 0 && !d->parts)
		return NULL;
	m = cJSON_CreateObject();
	json_add_str(m, "role", "assistant");
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
	list = cJSON_CreateArray();
	for (i = 0; i < r->calls_len; i++)
		chat_add_call_json(list, r->calls[i].id, r->calls[i].name,
		    r->calls[i].arguments, d->calls.list[i].extra);
	json_set_take(m, "tool_calls", list);
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
	size_t i;

	for (i = 0; i < d->details_len; i++) {
		cJSON_Delete(d->details[i].o);
		buf_release(&d->details[i].grow);
	}
	free(d->details);
	chat_calls_release(&d->calls);
	free(d->finish);
	buf_release(&d->text);
	buf_release(&d->thinking);
	buf_release(&d->refusal);
}

const struct decoder_ops chat_ops = {
	.size = sizeof(struct chat),
	.done_mark = true,
	.take = chat_take,
	.whole = chat_whole,
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
	.headers = provider_bearer,
	.decoder = &chat_ops,
	/* A request may have 50 MB. */
	.images = { .bytes = 15000000, .total = 30000000 },
	.refused = chat_refused,
};
