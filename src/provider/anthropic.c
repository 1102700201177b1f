/*
 * anthropic: the Messages API, read.  An answer is a list of blocks, each with
 * an index; blocks may interleave, and some servers close all of them at the
 * end, so everything goes by index and nothing by order.
 *
 * Sources: the Anthropic API documents, "Messages", "Streaming messages",
 * "Extended thinking", "Errors".  Thinking blocks are signed: they are kept
 * and given back unchanged, in their place.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "provider/anthropic.h"
#include "provider/decoder.h"
#include "provider/error.h"
#include "provider/format.h"
#include "provider/reply.h"

#define CLAUDE_BLOCKS_MAX 1024

enum claude_kind {
	CLAUDE_OTHER,		/* of server tools, or of the future: skipped */
	CLAUDE_TEXT,
	CLAUDE_THINKING,
	CLAUDE_REDACTED,
	CLAUDE_TOOL,
};

struct claude_block {
	enum claude_kind kind;
	int64_t		 index;
	struct buf	 body;		/* text, thinking, JSON of arguments */
	struct buf	 signature;
	bool		 is_signed;	/* a signature came, if only "" */
	char		*id;
	char		*name;
	char		*data;		/* of a redacted block */
	char		*input;		/* arguments given at the start */
	bool		 closed;
};

struct claude {
	struct decoder		 d;		/* first */
	char			*message_id;
	struct claude_block	*blocks;
	size_t			 blocks_len;
	size_t			 calls_len;
	char			*stop;
	char			*refusal;
	int64_t			 in, cached, cache_write, out, reasoning,
						 write_1h;
};

/* Forget the answer so far: nothing came yet, or a proxy began a new one. */
static void
claude_reset(struct claude *d)
{
	size_t i;

	for (i = 0; i < d->blocks_len; i++) {
		struct claude_block *b = &d->blocks[i];

		buf_release(&b->body);
		buf_release(&b->signature);
		free(b->id);
		free(b->name);
		free(b->data);
		free(b->input);
	}
	free(d->blocks);
	d->blocks = NULL;
	d->blocks_len = 0;
	d->calls_len = 0;
	free(d->stop);
	d->stop = NULL;
	free(d->refusal);
	d->refusal = NULL;
	free(d->message_id);
	d->message_id = NULL;
	d->in = d->cached = d->cache_write = d->out = d->reasoning =
	    d->write_1h = -1;
}

static struct claude_block *
claude_block_find(struct claude *d, int64_t index)
{
	size_t i;

	for (i = d->blocks_len; i-- > 0;)
		if (d->blocks[i].index == index)
			return &d->blocks[i];
	return NULL;
}

static struct claude_block *
claude_block_add(struct claude *d, int64_t index, enum claude_kind kind)
{
	struct claude_block *b;

	if (d->blocks_len == CLAUDE_BLOCKS_MAX) {
		provider_error_set(&d->d.error, PROVIDER_PROTOCOL, false,
		    "more than %d blocks in one answer", CLAUDE_BLOCKS_MAX);
		return NULL;
	}
	d->blocks = xreallocarray(d->blocks, d->blocks_len + 1,
	    sizeof(*d->blocks));
	b = &d->blocks[d->blocks_len++];
	memset(b, 0, sizeof(*b));
	b->index = index;
	b->kind = kind;
	return b;
}

/* ---- events ---- */

static void
claude_usage(struct claude *d, const cJSON *u)
{
	const cJSON *details = json_get(u, "output_tokens_details");

	d->in = json_int(u, "input_tokens", d->in);
	d->cached = json_int(u, "cache_read_input_tokens", d->cached);
	d->cache_write = json_int(u, "cache_creation_input_tokens",
	    d->cache_write);
	d->write_1h = json_int(json_get(u, "cache_creation"),
	    "ephemeral_1h_input_tokens", d->write_1h);
	d->out = json_int(u, "output_tokens", d->out);
	d->reasoning = json_int(details, "thinking_tokens", d->reasoning);
}

static void
claude_on_message_start(struct claude *d, const cJSON *root)
{
	const cJSON *m = json_get(root, "message");
	const char *id = json_str_or(m, "id", "");

	/* Sent twice by some proxies. Another id: the proxy asked again, and
	 * what came before is not part of this answer. */
	if (d->message_id != NULL && strcmp(d->message_id, id) == 0)
		return;
	claude_reset(d);
	d->message_id = xstrdup(id);
	claude_usage(d, json_get(m, "usage"));
}

static void
claude_start_tool(struct claude *d, struct claude_block *b, const cJSON *c)
{
	const cJSON *input = json_get(c, "input");

	b->id = xstrdup(json_str_or(c, "id", ""));
	b->name = xstrdup(json_str_or(c, "name", ""));
	if (cJSON_IsObject(input) && cJSON_GetArraySize(input) > 0)
		b->input = json_print(input);
	if (d->calls_len++ > 0)
		decoder_emit(&d->d, DELTA_CALL, "\n", 1);
	decoder_emit(&d->d, DELTA_CALL, b->name, strlen(b->name));
	decoder_emit(&d->d, DELTA_CALL, " ", 1);
}

static void
claude_on_block_start(struct claude *d, const cJSON *root)
{
	static const struct {
		const char		*type;
		enum claude_kind	 kind;
	} kinds[] = {
		{ "redacted_thinking", CLAUDE_REDACTED },
		{ "text", CLAUDE_TEXT },
		{ "thinking", CLAUDE_THINKING },
		{ "tool_use", CLAUDE_TOOL },
	};
	const cJSON *c = json_get(root, "content_block");
	const char *type = json_str_or(c, "type", ""), *s;
	enum claude_kind kind = CLAUDE_OTHER;
	struct claude_block *b;
	size_t i;

	for (i = 0; i < MEM_COUNT(kinds); i++)
		if (strcmp(kinds[i].type, type) == 0)
			kind = kinds[i].kind;
	b = claude_block_add(d, json_int(root, "index",
	    (int64_t)d->blocks_len), kind);
	if (b == NULL)
		return;
	switch (kind) {
	case CLAUDE_TEXT:
		decoder_append(&d->d, &b->body, DELTA_TEXT, json_str(c, "text"));
		break;
	case CLAUDE_THINKING:
		decoder_append(&d->d, &b->body, DELTA_THINKING, json_str(c, "thinking"));
		if ((s = json_str(c, "signature")) != NULL) {
			b->is_signed = true;
			(void)decoder_keep(&d->d, &b->signature, s);
		}
		break;
	case CLAUDE_REDACTED:
		b->data = xstrdup(json_str_or(c, "data", ""));
		break;
	case CLAUDE_TOOL:
		claude_start_tool(d, b, c);
		break;
	case CLAUDE_OTHER:
		break;
	}
}

static void
claude_on_block_delta(struct claude *d, const cJSON *root)
{
	const cJSON *delta = json_get(root, "delta");
	const char *type = json_str_or(delta, "type", ""), *s;
	int64_t index = json_int(root, "index", -1);
	struct claude_block *b = claude_block_find(d, index);

	if (strcmp(type, "text_delta") == 0) {
		/* A server that forgets the start loses nothing by it. */
		if (b == NULL)
			b = claude_block_add(d, index, CLAUDE_TEXT);
		if (b != NULL && b->kind == CLAUDE_TEXT)
			decoder_append(&d->d, &b->body, DELTA_TEXT,
			    json_str(delta, "text"));
	} else if (b == NULL) {
		return;
	} else if (strcmp(type, "thinking_delta") == 0) {
		if (b->kind == CLAUDE_THINKING)
			decoder_append(&d->d, &b->body, DELTA_THINKING,
			    json_str(delta, "thinking"));
	} else if (strcmp(type, "signature_delta") == 0) {
		if ((s = json_str(delta, "signature")) != NULL) {
			b->is_signed = true;
			(void)decoder_keep(&d->d, &b->signature, s);
		}
	} else if (strcmp(type, "input_json_delta") == 0) {
		if (b->kind == CLAUDE_TOOL)
			decoder_append(&d->d, &b->body, DELTA_CALL,
			    json_str(delta, "partial_json"));
	}
}

static void
claude_on_block_stop(struct claude *d, const cJSON *root)
{
	struct claude_block *b = claude_block_find(d,
	    json_int(root, "index", -1));

	if (b != NULL)
		b->closed = true;
}

static void
claude_on_message_delta(struct claude *d, const cJSON *root)
{
	const cJSON *delta = json_get(root, "delta");
	const char *s;

	if ((s = json_str(delta, "stop_reason")) != NULL) {
		free(d->stop);
		d->stop = xstrdup(s);
	}
	s = json_str(json_get(delta, "stop_details"), "explanation");
	if (s == NULL || s[0] == '\0')
		s = json_str(json_get(delta, "stop_details"), "category");
	if (s != NULL) {
		free(d->refusal);
		d->refusal = xstrdup(s);
	}
	claude_usage(d, json_get(root, "usage"));
}

static void
claude_on_message_stop(struct claude *d, const cJSON *root)
{
	(void)root;
	d->d.done = true;
}

static void
claude_on_error(struct claude *d, const cJSON *root)
{
	provider_error_from_json(&d->d.error, 0, "", root);
}

static const struct {
	const char	*type;
	void		(*take)(struct claude *, const cJSON *);
} claude_events[] = {
	{ "content_block_delta", claude_on_block_delta },
	{ "content_block_start", claude_on_block_start },
	{ "content_block_stop", claude_on_block_stop },
	{ "error", claude_on_error },
	{ "message_delta", claude_on_message_delta },
	{ "message_start", claude_on_message_start },
	{ "message_stop", claude_on_message_stop },
};

static void
claude_take(struct decoder *base, const char *event, const cJSON *root)
{
	struct claude *d = (struct claude *)base;
	const char *type = json_str_or(root, "type", event);
	size_t i;

	/* llama.cpp keeps OpenAI's shape for errors here too. */
	if (json_get(root, "type") == NULL && json_get(root, "error") != NULL)
		type = "error";
	for (i = 0; i < MEM_COUNT(claude_events); i++) {
		if (strcmp(claude_events[i].type, type) == 0) {
			d->d.seen = true;
			claude_events[i].take(d, root);
			return;
		}
	}
	if (strcmp(type, "ping") == 0)
		d->d.seen = true;
}

/* ---- the end of an answer ---- */

static const struct {
	const char	*word;
	enum reply_stop	 stop;
} claude_stops[] = {
	{ "end_turn", REPLY_END },
	{ "max_tokens", REPLY_MAX_TOKENS },
	{ "model_context_window_exceeded", REPLY_CONTEXT_FULL },
	{ "pause_turn", REPLY_PAUSE },
	{ "refusal", REPLY_REFUSAL },
	{ "stop_sequence", REPLY_STOP_SEQUENCE },
	{ "tool_use", REPLY_TOOL_CALLS },
};

static void
claude_end_stop(struct claude *d, struct reply *r)
{
	size_t i;

	r->stop_raw = xstrdup_null(d->stop);
	if (!decoder_end_stop(&d->d, d->d.done && d->message_id != NULL, r))
		return;
	/* A word that is not known ends the answer; the calls still count. */
	r->stop = d->calls_len > 0 ? REPLY_TOOL_CALLS : REPLY_END;
	r->stop_unknown = d->stop != NULL;
	for (i = 0; d->stop != NULL && i < MEM_COUNT(claude_stops); i++)
		if (strcmp(claude_stops[i].word, d->stop) == 0) {
			if (claude_stops[i].stop != REPLY_END)
				r->stop = claude_stops[i].stop;
			r->stop_unknown = false;
		}
}

static const char *
claude_block_args(const struct claude_block *b)
{
	if (b->body.len == 0 && b->input != NULL)
		return b->input;
	return buf_str(&b->body);
}

static void
claude_end_blocks(struct claude *d, struct reply *r)
{
	struct buf text = BUF_INIT(0), thinking = BUF_INIT(0);
	bool whole = r->stop == REPLY_TOOL_CALLS;
	size_t i;

	for (i = 0; i < d->blocks_len; i++) {
		struct claude_block *b = &d->blocks[i];

		if (b->kind == CLAUDE_TEXT)
			buf_adds(&text, buf_str(&b->body));
		else if (b->kind == CLAUDE_THINKING)
			buf_adds(&thinking, buf_str(&b->body));
		if (b->kind != CLAUDE_TOOL)
			continue;
		if (b->id[0] == '\0') {
			free(b->id);
			b->id = reply_make_id();
		}
		reply_add_call(r, b->id, b->name, claude_block_args(b),
		    whole && b->closed);
	}
	if (r->stop == REPLY_ERROR || r->stop == REPLY_TRUNCATED)
		reply_break_calls(r);
	free(r->text);
	r->text = buf_take(&text);
	free(r->thinking);
	r->thinking = buf_take(&thinking);
}

/* One block to be sent back; NULL for those that must not be. */
static cJSON *
claude_block_json(const struct claude_block *b)
{
	const char *body = buf_str(&b->body);
	cJSON *o;

	if (b->kind == CLAUDE_OTHER ||
	    (b->kind == CLAUDE_TEXT && !claude_has_text(body)))
		return NULL;
	o = cJSON_CreateObject();
	switch (b->kind) {
	case CLAUDE_TEXT:
		json_add_str(o, "type", "text");
		json_add_str(o, "text", body);
		break;
	case CLAUDE_THINKING:
		json_add_str(o, "type", "thinking");
		json_add_str(o, "thinking", body);
		if (b->is_signed)
			json_add_str(o, "signature", buf_str(&b->signature));
		break;
	case CLAUDE_REDACTED:
		json_add_str(o, "type", "redacted_thinking");
		json_add_str(o, "data", b->data);
		break;
	case CLAUDE_TOOL:
		claude_fill_tool_use(o, b->id, b->name, claude_block_args(b));
		break;
	case CLAUDE_OTHER:
		break;
	}
	return o;
}

/* Thinking that was cut off has no signature, and none may end an answer: both
 * are refused when they come back. */
static bool
claude_block_is_cut(const struct claude *d, size_t i, const struct reply *r)
{
	const struct claude_block *b = &d->blocks[i];

	if (b->kind != CLAUDE_THINKING && b->kind != CLAUDE_REDACTED)
		return false;
	if (r->stop == REPLY_MAX_TOKENS && b->kind == CLAUDE_THINKING &&
	    b->signature.len == 0)
		return true;
	while (++i < d->blocks_len)
		if (d->blocks[i].kind == CLAUDE_TOOL ||
		    (d->blocks[i].kind == CLAUDE_TEXT &&
		    claude_has_text(buf_str(&d->blocks[i].body))))
			return false;
	return r->stop != REPLY_PAUSE;
}

/* The blocks in their order, where text and calls alone would lose any. */
static cJSON *
claude_end_raw(struct claude *d, const struct reply *r)
{
	bool special = false;
	cJSON *list, *o;
	size_t i;

	if (r->stop == REPLY_ERROR || r->stop == REPLY_TRUNCATED)
		return NULL;
	for (i = 0; i < d->blocks_len; i++)
		special = special || d->blocks[i].kind == CLAUDE_THINKING ||
		    d->blocks[i].kind == CLAUDE_REDACTED;
	if (!special)
		return NULL;
	list = cJSON_CreateArray();
	for (i = 0; i < d->blocks_len; i++)
		if (!claude_block_is_cut(d, i, r) &&
		    (o = claude_block_json(&d->blocks[i])) != NULL)
			cJSON_AddItemToArray(list, o);
	if (list->child == NULL) {
		cJSON_Delete(list);
		list = NULL;
	}
	return list;
}

static void
claude_end_usage(const struct claude *d, struct usage *u)
{
	u->cached = d->cached;
	u->cache_write = d->cache_write;
	u->write_1h = d->write_1h;
	u->output = d->out;
	u->reasoning = d->reasoning;
	if (d->in >= 0)
		u->input = d->in + (d->cached > 0 ? d->cached : 0) +
		    (d->cache_write > 0 ? d->cache_write : 0);
}

static void
claude_end(struct decoder *base, struct reply *r)
{
	struct claude *d = (struct claude *)base;

	claude_end_stop(d, r);
	claude_end_blocks(d, r);
	claude_end_usage(d, &r->usage);
	if (d->refusal != NULL) {
		free(r->refusal);
		r->refusal = xstrdup(d->refusal);
	}
	r->raw = claude_end_raw(d, r);
}

static void
claude_release(struct decoder *base)
{
	claude_reset((struct claude *)base);
}

static const struct decoder_ops claude_ops = {
	.done_mark = false,
	.take = claude_take,
	.end = claude_end,
	.release = claude_release,
};

static struct decoder *
claude_decoder_new(delta_cb *delta, void *arg)
{
	struct claude *d = xcalloc(1, sizeof(*d));

	decoder_init(&d->d, &claude_ops, delta, arg);
	claude_reset(d);
	return &d->d;
}

const struct provider_format anthropic_format = {
	.name = "anthropic",
	.url_suffix = "/v1/messages",
	.list_suffix = "/v1/models?limit=1000",
	.message = claude_message,
	.request = claude_request,
	.headers = claude_headers,
	.decoder_new = claude_decoder_new,
	/* 5 MB of base64 for one image, 32 MB for a request. */
	.images = { .bytes = 3900000, .total = 20000000, .side = 8000 },
	.refused = claude_refused,
};
