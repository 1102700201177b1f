/*
 * openai-chat: OpenAI's Chat Completions, and what compatible servers (Ollama,
 * llama.cpp, vLLM, OpenRouter, Mistral, DeepSeek, ...) make of it.
 *
 * Sources: the OpenAI API reference, "Chat Completions" and its streaming
 * events; the servers' own documents for what they do otherwise.  A server that
 * keeps to none of the rules for indexes and ids of calls is the normal case:
 * chat_call_for() says how the pieces are joined.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "provider/error.h"
#include "provider/format.h"
#include "provider/openai-chat.h"
#include "provider/reply.h"
#include "provider/sse.h"

#define CHAT_CALLS_MAX 256

static const struct error_policy chat_policy = {
	.wait_max_ms = 120 * 1000,
	.long_wait_ends = true,
};

struct chat_call {
	char		*id;		/* NULL: none yet */
	char		*name;
	bool		 has_index;
	int64_t		 index;
	struct buf	 args;
	cJSON		*extra;		/* "extra_content", to be echoed */
};

/* One block of OpenRouter's reasoning_details. */
struct chat_detail {
	cJSON		*o;
	const char	*grow_key;	/* its member that comes in pieces */
	struct buf	 grow;
};

struct decoder {
	struct sse		 sse;
	delta_cb		*delta;
	void			*arg;
	struct buf		 text;
	struct buf		 thinking;
	struct buf		 refusal;
	struct chat_call	*calls;
	size_t			 calls_len;
	char			*finish;
	bool			 finish_empty;	/* said, but with no word */
	struct usage		 usage;
	struct provider_error	 error;
	bool			 seen;		/* at least one real chunk */
	bool			 done;		/* [DONE] */
	/* What the server wants back. */
	const char		*reasoning_key;
	struct chat_detail	*details;
	size_t			 details_len;
	bool			 parts;		/* content as a list (Mistral) */
};

/* ---- decoder ---- */

static void
chat_emit(struct decoder *d, enum delta_kind kind, const char *s, size_t n)
{
	if (n > 0 && d->delta != NULL)
		d->delta(d->arg, kind, s, n);
}

static void
chat_append(struct decoder *d, struct buf *b, enum delta_kind kind,
    const char *s)
{
	size_t n = s == NULL ? 0 : strlen(s);

	if (buf_add(b, s == NULL ? "" : s, n) == 0)
		chat_emit(d, kind, s, n);
}

static struct chat_call *
chat_call_add(struct decoder *d, const cJSON *index)
{
	struct chat_call *c;

	if (d->calls_len == CHAT_CALLS_MAX) {
		provider_error_set(&d->error, PROVIDER_PROTOCOL, false,
		    "more than %d tool calls in one answer", CHAT_CALLS_MAX);
		return NULL;
	}
	d->calls = xreallocarray(d->calls, d->calls_len + 1,
	    sizeof(*d->calls));
	c = &d->calls[d->calls_len++];
	memset(c, 0, sizeof(*c));
	if (cJSON_IsNumber(index)) {
		c->has_index = true;
		c->index = (int64_t)index->valuedouble;
	}
	return c;
}

static struct chat_call *
chat_call_by_id(struct decoder *d, const char *id)
{
	size_t i;

	for (i = d->calls_len; i-- > 0;)
		if (d->calls[i].id != NULL && strcmp(d->calls[i].id, id) == 0)
			return &d->calls[i];
	return NULL;
}

static struct chat_call *
chat_call_by_index(struct decoder *d, const cJSON *index)
{
	size_t i;

	for (i = d->calls_len; i-- > 0;)
		if (d->calls[i].has_index &&
		    d->calls[i].index == (int64_t)index->valuedouble)
			return &d->calls[i];
	return NULL;
}

static bool
chat_call_is_whole(const struct chat_call *c)
{
	cJSON *o = json_parse(buf_str(&c->args), c->args.len,
	    JSON_NUL_REPLACE, NULL);
	bool whole = o != NULL;

	cJSON_Delete(o);
	return whole;
}

/*
 * Which call a piece belongs to.  Ids are believed before indexes, since
 * several servers send index 0 for every call; a name without an id opens a
 * call where there is no index, or where the one of that index is whole.
 */
static struct chat_call *
chat_call_for(struct decoder *d, const cJSON *entry, const char *id,
    const char *name)
{
	const cJSON *index = json_get(entry, "index");
	struct chat_call *c = NULL;

	if (!cJSON_IsNumber(index) || !(index->valuedouble > -1e9 &&
	    index->valuedouble < 1e9))
		index = NULL;
	if (id != NULL) {
		if ((c = chat_call_by_id(d, id)) != NULL)
			return c;
		if (index != NULL)
			c = chat_call_by_index(d, index);
		if (c != NULL && c->id == NULL && c->name == NULL)
			return c;
		return chat_call_add(d, index);
	}
	if (index != NULL) {
		c = chat_call_by_index(d, index);
		if (c == NULL || (name != NULL && chat_call_is_whole(c)))
			return chat_call_add(d, index);
		return c;
	}
	if (name != NULL || d->calls_len == 0)
		return chat_call_add(d, NULL);
	return &d->calls[d->calls_len - 1];
}

static void
chat_call_name(struct decoder *d, struct chat_call *c, const char *name)
{
	bool first = c->name == NULL;

	if (!first && strcmp(c->name, name) == 0)
		return;
	free(c->name);
	c->name = xstrdup(name);
	if (!first)
		return;
	if (d->calls_len > 1)
		chat_emit(d, DELTA_CALL, "\n", 1);
	chat_emit(d, DELTA_CALL, name, strlen(name));
	chat_emit(d, DELTA_CALL, " ", 1);
}

static void
chat_call_entry(struct decoder *d, const cJSON *entry, const cJSON *function)
{
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
	if ((c = chat_call_for(d, entry, id, name)) == NULL)
		return;
	if (id != NULL && c->id == NULL)
		c->id = xstrdup(id);
	if (name != NULL)
		chat_call_name(d, c, name);
	if (cJSON_IsString(args)) {
		chat_append(d, &c->args, DELTA_CALL, args->valuestring);
	} else if (cJSON_IsObject(args) || cJSON_IsArray(args)) {
		char *text = json_print(args);

		buf_clear(&c->args);
		chat_append(d, &c->args, DELTA_CALL, text);
		free(text);
	}
	extra = json_get(entry, "extra_content");
	if (cJSON_IsObject(extra)) {
		cJSON_Delete(c->extra);
		c->extra = cJSON_Duplicate(extra, 1);
	}
}

/* The block that a piece continues: same index, same type. */
static struct chat_detail *
chat_detail_for(struct decoder *d, const cJSON *piece)
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
	if (d->details_len == CHAT_CALLS_MAX)
		return NULL;
	d->details = xreallocarray(d->details, d->details_len + 1,
	    sizeof(*d->details));
	t = &d->details[d->details_len++];
	memset(t, 0, sizeof(*t));
	t->o = cJSON_CreateObject();
	return t;
}

static void
chat_add_details(struct decoder *d, const cJSON *list, bool show)
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
				json_set_take(t->o, m->string,
				    cJSON_Duplicate(m, 1));
		for (i = 0; i < MEM_COUNT(growing); i++) {
			const char *s = json_str(piece, growing[i]);

			if (s == NULL)
				continue;
			t->grow_key = growing[i];
			buf_adds(&t->grow, s);
			if (show && i > 0)
				chat_append(d, &d->thinking, DELTA_THINKING,
				    s);
		}
	}
}

static void
chat_add_parts(struct decoder *d, const cJSON *list)
{
	const cJSON *part, *inner;

	d->parts = true;
	cJSON_ArrayForEach(part, list) {
		const char *type = json_str_or(part, "type", "");

		if (strcmp(type, "text") == 0)
			chat_append(d, &d->text, DELTA_TEXT,
			    json_str(part, "text"));
		else if (strcmp(type, "thinking") == 0)
			cJSON_ArrayForEach(inner, json_array(part, "thinking"))
				chat_append(d, &d->thinking, DELTA_THINKING,
				    json_str(inner, "text"));
	}
}

static void
chat_delta(struct decoder *d, const cJSON *delta)
{
	const cJSON *v, *entry;
	const char *s;
	bool shown = false;

	if ((s = json_str(delta, "reasoning_content")) != NULL) {
		d->reasoning_key = "reasoning_content";
		chat_append(d, &d->thinking, DELTA_THINKING, s);
		shown = true;
	} else if ((s = json_str(delta, "reasoning")) != NULL) {
		if (d->reasoning_key == NULL)
			d->reasoning_key = "reasoning";
		chat_append(d, &d->thinking, DELTA_THINKING, s);
		shown = true;
	}
	if ((v = json_array(delta, "reasoning_details")) != NULL)
		chat_add_details(d, v, !shown);
	v = json_get(delta, "content");
	if (cJSON_IsArray(v))
		chat_add_parts(d, v);
	else
		chat_append(d, &d->text, DELTA_TEXT,
		    json_str(delta, "content"));
	/* A refusal is shown where the answer would have stood. */
	chat_append(d, &d->refusal, DELTA_TEXT, json_str(delta, "refusal"));
	cJSON_ArrayForEach(entry, json_array(delta, "tool_calls"))
		chat_call_entry(d, entry, json_get(entry, "function"));
	/* The old form: one call, told apart by nothing. */
	v = json_get(delta, "function_call");
	if (cJSON_IsObject(v)) {
		cJSON *one = cJSON_CreateObject();

		json_add_int(one, "index", 0);
		chat_call_entry(d, one, v);
		cJSON_Delete(one);
	}
}

static void
chat_usage(struct decoder *d, const cJSON *u)
{
	const cJSON *in = json_get(u, "prompt_tokens_details");
	const cJSON *out = json_get(u, "completion_tokens_details");
	struct usage *to = &d->usage;

	if (!cJSON_IsObject(u))
		return;
	to->input = json_int(u, "prompt_tokens", to->input);
	to->output = json_int(u, "completion_tokens", to->output);
	to->cached = json_int(u, "prompt_cache_hit_tokens", to->cached);
	to->cached = json_int(in, "cached_tokens", to->cached);
	to->cache_write = json_int(in, "cache_creation_input_tokens",
	    to->cache_write);
	to->reasoning = json_int(out, "reasoning_tokens", to->reasoning);
}

static void
chat_chunk(struct decoder *d, const char *event, const cJSON *root)
{
	const cJSON *choice = cJSON_GetArrayItem(json_array(root, "choices"),
	    0);
	const cJSON *error = json_get(root, "error");
	const char *finish = json_str(choice, "finish_reason");

	if (choice != NULL || json_get(root, "usage") != NULL ||
	    json_get(root, "choices") != NULL || json_get(root, "id") != NULL)
		d->seen = true;
	chat_delta(d, json_get(choice, "delta"));
	if (finish != NULL && finish[0] != '\0') {
		free(d->finish);
		d->finish = xstrdup(finish);
	} else if (finish != NULL)
		d->finish_empty = true;
	chat_usage(d, json_get(choice, "usage"));
	chat_usage(d, json_get(root, "usage"));
	if (d->error.kind != PROVIDER_OK)
		return;
	if ((error != NULL && !cJSON_IsNull(error)) || cJSON_IsArray(root) ||
	    strcmp(json_str_or(root, "object", ""), "error") == 0 ||
	    (strcmp(event, "error") == 0 && choice == NULL))
		provider_error_from_json(&d->error, 0, "", root,
		    &chat_policy);
}

static void
chat_event(void *arg, const char *event, const char *data, size_t n)
{
	struct decoder *d = arg;
	struct buf b = BUF_INIT(0);
	struct err e = ERR_INIT;
	cJSON *root;

	if (n == 0 || d->done || d->error.kind != PROVIDER_OK)
		return;
	if (strncmp(data, "[DONE]", 6) == 0) {
		d->done = true;
		return;
	}
	utf8_repair(&b, data, n);
	root = json_parse(buf_str(&b), b.len, JSON_NUL_REPLACE, &e);
	if (root == NULL)
		provider_error_set(&d->error, PROVIDER_PROTOCOL, d->seen,
		    "%s, in: %.120s", e.text, buf_str(&b));
	else
		chat_chunk(d, event, root);
	cJSON_Delete(root);
	buf_release(&b);
}

static struct decoder *
chat_decoder_new(delta_cb *delta, void *arg)
{
	struct decoder *d = xcalloc(1, sizeof(*d));

	sse_init(&d->sse, chat_event, d);
	d->delta = delta;
	d->arg = arg;
	d->usage = (struct usage) { -1, -1, -1, -1, -1 };
	d->error.wait_ms = -1;
	return d;
}

static void
chat_decoder_feed(struct decoder *d, const char *p, size_t n)
{
	if (d->done || d->error.kind != PROVIDER_OK)
		return;
	if (sse_feed(&d->sse, p, n) < 0)
		provider_error_set(&d->error, PROVIDER_PROTOCOL, false,
		    "a line or event of the stream is too long");
}

static bool
chat_decoder_is_done(const struct decoder *d)
{
	return d->done || d->error.kind != PROVIDER_OK;
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

/* Words that end an answer which the server could not finish. */
static const struct {
	const char			*word;
	enum provider_error_kind	 kind;
} chat_failures[] = {
	{ "abort", PROVIDER_SERVER },
	{ "error", PROVIDER_SERVER },
	{ "insufficient_system_resource", PROVIDER_OVERLOADED },
};

static void
chat_end_stop(struct decoder *d, struct reply *r)
{
	size_t i;

	if (d->finish == NULL && d->done && d->finish_empty)
		d->finish = xstrdup("");
	r->stop_raw = xstrdup_null(d->finish);
	for (i = 0; d->finish != NULL && d->error.kind == PROVIDER_OK &&
	    i < MEM_COUNT(chat_failures); i++)
		if (strcmp(chat_failures[i].word, d->finish) == 0)
			provider_error_set(&d->error, chat_failures[i].kind,
			    true, "the server ended the answer with \"%s\"",
			    d->finish);
	r->error = d->error;
	if (d->error.kind != PROVIDER_OK) {
		r->stop = REPLY_ERROR;
		return;
	}
	if (d->finish == NULL && !d->seen && d->sse.foreign) {
		r->stop = REPLY_ERROR;
		provider_error_set(&r->error, PROVIDER_PROTOCOL, false,
		    "the answer is not a stream of events");
		return;
	}
	if (d->finish == NULL) {
		r->stop = REPLY_TRUNCATED;
		provider_error_set(&r->error, PROVIDER_TRUNCATED, true,
		    "%s", "");
		return;
	}
	r->stop = REPLY_END;
	for (i = 0; i < MEM_COUNT(chat_stops); i++) {
		if (strcmp(chat_stops[i].word, d->finish) == 0) {
			r->stop = chat_stops[i].stop;
			return;
		}
	}
	if (d->calls_len > 0)
		r->stop = REPLY_TOOL_CALLS;
	else if (r->refusal[0] != '\0')
		r->stop = REPLY_REFUSAL;
}

static void
chat_end_calls(struct decoder *d, struct reply *r)
{
	bool whole = r->stop == REPLY_TOOL_CALLS;
	size_t i;

	for (i = 0; i < d->calls_len; i++) {
		struct chat_call *c = &d->calls[i];
		/* gpt-oss templates leave remains of their marks. */
		char *mark = c->name == NULL ? NULL : strstr(c->name, "<|");

		if (mark != NULL && mark != c->name)
			*mark = '\0';
		/* "0" and "1" come again in every answer. */
		if (c->id == NULL || strlen(c->id) < 4) {
			free(c->id);
			c->id = reply_make_id();
		}
		/* Of a cut answer only the last call can be cut. */
		reply_add_call(r, c->id, c->name == NULL ? "" : c->name,
		    buf_str(&c->args), whole ||
		    (r->stop != REPLY_ERROR && r->stop != REPLY_TRUNCATED &&
		    i + 1 < d->calls_len && c->args.len > 0));
	}
	if (r->stop == REPLY_ERROR || r->stop == REPLY_TRUNCATED)
		reply_break_calls(r);
}

/* Mistral's content, in its own shape. */
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
chat_end_details(struct decoder *d)
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
 * The message to send back, where text and calls alone would lose something.
 * reasoning_content goes back with calls only: DeepSeek and others demand it
 * there, and ignore or (the first R1) refuse it elsewhere.
 */
static cJSON *
chat_end_raw(struct decoder *d, const struct reply *r)
{
	bool reasoning = d->reasoning_key != NULL && r->calls_len > 0;
	bool extra = false;
	cJSON *m, *list;
	size_t i;

	if (r->stop == REPLY_ERROR || r->stop == REPLY_TRUNCATED)
		return NULL;
	for (i = 0; i < d->calls_len; i++)
		extra = extra || d->calls[i].extra != NULL;
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
		    r->calls[i].arguments, d->calls[i].extra);
	json_set_take(m, "tool_calls", list);
	return m;
}

static void
chat_decoder_free(struct decoder *d)
{
	size_t i;

	for (i = 0; i < d->calls_len; i++) {
		free(d->calls[i].id);
		free(d->calls[i].name);
		buf_release(&d->calls[i].args);
		cJSON_Delete(d->calls[i].extra);
	}
	for (i = 0; i < d->details_len; i++) {
		cJSON_Delete(d->details[i].o);
		buf_release(&d->details[i].grow);
	}
	free(d->calls);
	free(d->details);
	free(d->finish);
	buf_release(&d->text);
	buf_release(&d->thinking);
	buf_release(&d->refusal);
	sse_release(&d->sse);
	free(d);
}

static struct reply *
chat_decoder_end_free(struct decoder *d)
{
	struct reply *r = reply_new();

	if (d->error.kind == PROVIDER_OK)
		sse_end(&d->sse);
	free(r->text);
	r->text = buf_take(&d->text);
	free(r->thinking);
	r->thinking = buf_take(&d->thinking);
	free(r->refusal);
	r->refusal = buf_take(&d->refusal);
	r->usage = d->usage;
	chat_end_stop(d, r);
	chat_end_calls(d, r);
	r->raw = chat_end_raw(d, r);
	chat_decoder_free(d);
	return r;
}

static void
chat_http_error(struct provider_error *e, long status, const char *headers,
    const char *body, size_t n)
{
	provider_error_from_body(e, status, headers, body, n, &chat_policy);
}

const struct provider_format openai_chat_format = {
	.name = "openai-chat",
	.url_suffix = "/chat/completions",
	.message = chat_message,
	.request = chat_request,
	.headers = chat_headers,
	.decoder_new = chat_decoder_new,
	.decoder_feed = chat_decoder_feed,
	.decoder_is_done = chat_decoder_is_done,
	.decoder_end_free = chat_decoder_end_free,
	.http_error = chat_http_error,
	.body_amend = chat_body_amend,
};
