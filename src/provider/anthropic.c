/*
 * anthropic: reads the Messages API. An answer is a list of indexed blocks;
 * blocks may interleave, and some servers close all of them at the end, so
 * everything goes by index and nothing by order.
 *
 * Sources: the Anthropic API documentation, "Messages", "Streaming messages",
 * "Extended thinking", "Errors". Thinking blocks are signed: they are kept and
 * sent back unchanged, in place.
 */
#include "config.h"

#include "provider/anthropic.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "provider/decoder.h"
#include "provider/error.h"
#include "provider/format.h"
#include "provider/reply.h"

#define ANTHROPIC_BLOCKS_MAX 1024

enum anthropic_kind {
	ANTHROPIC_OTHER, /* of server tools, or unknown: skipped */
	ANTHROPIC_TEXT,
	ANTHROPIC_THINKING,
	ANTHROPIC_REDACTED,
	ANTHROPIC_TOOL,
};

struct anthropic_block {
	enum anthropic_kind kind;
	int64_t		 index;
	struct buf	 body;		/* text, thinking, JSON of arguments */
	struct buf	 signature;
	bool		 is_signed;	/* a signature came, even if "" */
	char		*id;
	char		*name;
	char		*data;		/* of a redacted block */
	char		*input;		/* arguments given at the start */
	bool		 closed;
};

struct anthropic {
	struct decoder		 d;		/* first */
	char			*message_id;
	struct anthropic_block	*blocks;
	size_t			 blocks_len;
	size_t			 calls_len;
	char			*stop;
	char			*refusal;
};

/* Forget the answer so far: nothing has arrived, or a proxy started over. */
static void
anthropic_reset(struct decoder *base)
{
	struct anthropic *d = (struct anthropic *)base;
	size_t i;

	for (i = 0; i < d->blocks_len; i++) {
		struct anthropic_block *b = &d->blocks[i];

		buf_release(&b->body);
		buf_release(&b->signature);
		free(b->id);
		free(b->name);
		free(b->data);
		free(b->input);
	}
	FREE_NULL(d->blocks);
	d->blocks_len = 0;
	d->calls_len = 0;
	FREE_NULL(d->stop);
	FREE_NULL(d->refusal);
	FREE_NULL(d->message_id);
	base->usage = USAGE_UNKNOWN;
}

static struct anthropic_block *
anthropic_block_find(struct anthropic *d, int64_t index)
{
	size_t i;

	for (i = d->blocks_len; i-- > 0;)
		if (d->blocks[i].index == index)
			return &d->blocks[i];
	return NULL;
}

static struct anthropic_block *
anthropic_block_add(
    struct anthropic *d, int64_t index, enum anthropic_kind kind)
{
	struct anthropic_block *b;

	if (d->blocks_len == ANTHROPIC_BLOCKS_MAX) {
		provider_error_set(&d->d.error, PROVIDER_PROTOCOL, false,
		    "more than %d blocks in one answer", ANTHROPIC_BLOCKS_MAX);
		return NULL;
	}
	GROW(d->blocks, d->blocks_len);
	b = &d->blocks[d->blocks_len++];
	memset(b, 0, sizeof(*b));
	b->index = index;
	b->kind = kind;
	return b;
}

/* ---- events ---- */

static void
anthropic_usage(struct anthropic *d, const cJSON *u)
{
	const cJSON *details = json_get(u, "output_tokens_details");
	struct usage *to = &d->d.usage;

	to->input = json_int(u, "input_tokens", to->input);
	to->cached = json_int(u, "cache_read_input_tokens", to->cached);
	to->cache_write = json_int(u, "cache_creation_input_tokens",
	    to->cache_write);
	to->write_1h = json_int(json_get(u, "cache_creation"),
	    "ephemeral_1h_input_tokens", to->write_1h);
	to->output = json_int(u, "output_tokens", to->output);
	to->reasoning = json_int(details, "thinking_tokens", to->reasoning);
}

static void
anthropic_on_message_start(struct anthropic *d, const cJSON *root)
{
	const cJSON *m = json_get(root, "message");
	const char *id = json_str_or(m, "id", "");

	/* Some proxies send it twice. With another id, the proxy repeated the
	 * request, and the text so far isn't part of this answer. */
	if (d->message_id != NULL && strcmp(d->message_id, id) == 0)
		return;
	anthropic_reset(&d->d);
	d->message_id = xstrdup(id);
	anthropic_usage(d, json_get(m, "usage"));
}

static void
anthropic_start_tool(
    struct anthropic *d, struct anthropic_block *b, const cJSON *c)
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
anthropic_on_block_start(struct anthropic *d, const cJSON *root)
{
	static const struct {
		const char		*type;
		enum anthropic_kind	 kind;
	} kinds[] = {
		{ "redacted_thinking", ANTHROPIC_REDACTED },
		{ "text", ANTHROPIC_TEXT },
		{ "thinking", ANTHROPIC_THINKING },
		{ "tool_use", ANTHROPIC_TOOL },
	};
	const cJSON *c = json_get(root, "content_block");
	const char *type = json_str_or(c, "type", ""), *s;
	enum anthropic_kind kind = MEM_FIND(kinds, type) == NULL ?
	    ANTHROPIC_OTHER : MEM_FIND(kinds, type)->kind;
	struct anthropic_block *b;

	b = anthropic_block_add(d, json_int(root, "index",
	    (int64_t)d->blocks_len), kind);
	if (b == NULL)
		return;
	switch (kind) {
	case ANTHROPIC_TEXT:
		decoder_append(&d->d, &b->body, DELTA_TEXT, json_str(c, "text"));
		break;
	case ANTHROPIC_THINKING:
		decoder_append(&d->d, &b->body, DELTA_THINKING, json_str(c, "thinking"));
		if ((s = json_str(c, "signature")) != NULL) {
			b->is_signed = true;
			(void)decoder_keep(&d->d, &b->signature, s);
		}
		break;
	case ANTHROPIC_REDACTED:
		b->data = xstrdup(json_str_or(c, "data", ""));
		break;
	case ANTHROPIC_TOOL:
		anthropic_start_tool(d, b, c);
		break;
	case ANTHROPIC_OTHER:
		break;
	}
}

static void
anthropic_on_block_delta(struct anthropic *d, const cJSON *root)
{
	const cJSON *delta = json_get(root, "delta");
	const char *type = json_str_or(delta, "type", ""), *s;
	int64_t index = json_int(root, "index", -1);
	struct anthropic_block *b = anthropic_block_find(d, index);

	if (strcmp(type, "text_delta") == 0) {
		/* A server that omits the start event loses nothing. */
		if (b == NULL)
			b = anthropic_block_add(d, index, ANTHROPIC_TEXT);
		if (b != NULL && b->kind == ANTHROPIC_TEXT)
			decoder_append(&d->d, &b->body, DELTA_TEXT,
			    json_str(delta, "text"));
	} else if (b == NULL) {
		return;
	} else if (strcmp(type, "thinking_delta") == 0) {
		if (b->kind == ANTHROPIC_THINKING)
			decoder_append(&d->d, &b->body, DELTA_THINKING,
			    json_str(delta, "thinking"));
	} else if (strcmp(type, "signature_delta") == 0) {
		if ((s = json_str(delta, "signature")) != NULL) {
			b->is_signed = true;
			(void)decoder_keep(&d->d, &b->signature, s);
		}
	} else if (strcmp(type, "input_json_delta") == 0) {
		if (b->kind == ANTHROPIC_TOOL)
			decoder_append(&d->d, &b->body, DELTA_CALL,
			    json_str(delta, "partial_json"));
	}
}

static void
anthropic_on_block_stop(struct anthropic *d, const cJSON *root)
{
	struct anthropic_block *b = anthropic_block_find(d,
	    json_int(root, "index", -1));

	if (b != NULL)
		b->closed = true;
}

static void
anthropic_on_message_delta(struct anthropic *d, const cJSON *root)
{
	const cJSON *delta = json_get(root, "delta");
	const char *s;

	if ((s = json_str(delta, "stop_reason")) != NULL)
		xstrset(&d->stop, s);
	s = json_str(json_get(delta, "stop_details"), "explanation");
	if (s == NULL || s[0] == '\0')
		s = json_str(json_get(delta, "stop_details"), "category");
	if (s != NULL)
		xstrset(&d->refusal, s);
	anthropic_usage(d, json_get(root, "usage"));
}

static void
anthropic_on_message_stop(struct anthropic *d, const cJSON *root)
{
	(void)root;
	d->d.done = true;
}

static void
anthropic_on_error(struct anthropic *d, const cJSON *root)
{
	provider_error_from_json(&d->d.error, 0, "", root);
}

static const struct {
	const char	*type;
	void		(*take)(struct anthropic *, const cJSON *);
} claude_events[] = {
	{ "content_block_delta", anthropic_on_block_delta },
	{ "content_block_start", anthropic_on_block_start },
	{ "content_block_stop", anthropic_on_block_stop },
	{ "error", anthropic_on_error },
	{ "message_delta", anthropic_on_message_delta },
	{ "message_start", anthropic_on_message_start },
	{ "message_stop", anthropic_on_message_stop },
};

static void
anthropic_take(struct decoder *base, const char *event, const cJSON *root)
{
	struct anthropic *d = (struct anthropic *)base;
	const char *type = json_str_or(root, "type", event);

	/* llama.cpp keeps OpenAI's form of errors here too. */
	if (json_get(root, "type") == NULL && json_get(root, "error") != NULL)
		type = "error";
	if (MEM_FIND(claude_events, type) == NULL) {
		d->d.seen = d->d.seen || strcmp(type, "ping") == 0;
		return;
	}
	d->d.seen = true;
	MEM_FIND(claude_events, type)->take(d, root);
}

/* The message as the events of its stream. */
static bool
anthropic_whole(struct decoder *base, const cJSON *root)
{
	struct anthropic *d = (struct anthropic *)base;
	AUTO_JSON cJSON *event = cJSON_CreateObject();
	const cJSON *block;
	int64_t i = 0;

	if (!json_is(root, "type", "message") ||
	    json_array(root, "content") == NULL)
		return false;
	json_copy(event, "message", root);
	json_copy(event, "delta", root);
	anthropic_on_message_start(d, event);
	cJSON_ArrayForEach(block, json_array(root, "content")) {
		AUTO_JSON cJSON *one = cJSON_CreateObject();

		json_add_int(one, "index", i++);
		json_copy(one, "content_block", block);
		anthropic_on_block_start(d, one);
		anthropic_on_block_stop(d, one);
	}
	anthropic_on_message_delta(d, event);
	anthropic_on_message_stop(d, event);
	return true;
}

/* ---- the end of an answer ---- */

static const struct claude_stop {
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
anthropic_end_stop(struct anthropic *d, struct reply *r)
{
	const struct claude_stop *row = MEM_FIND(claude_stops, d->stop);

	r->stop_raw = xstrdup_null(d->stop);
	if (!decoder_end_stop(&d->d, d->d.done && d->message_id != NULL, r))
		return;
	/* An unknown word ends the answer; the calls still count. */
	r->stop = d->calls_len > 0 ? REPLY_TOOL_CALLS : REPLY_END;
	r->stop_unknown = d->stop != NULL && row == NULL;
	if (row != NULL && row->stop != REPLY_END)
		r->stop = row->stop;
}

static const char *
anthropic_block_args(const struct anthropic_block *b)
{
	if (b->body.len == 0 && b->input != NULL)
		return b->input;
	return buf_str(&b->body);
}

static void
anthropic_end_blocks(struct anthropic *d, struct reply *r)
{
	struct buf text = BUF_INIT(0), thinking = BUF_INIT(0);
	bool whole = r->stop == REPLY_TOOL_CALLS;
	size_t i;

	for (i = 0; i < d->blocks_len; i++) {
		struct anthropic_block *b = &d->blocks[i];

		if (b->kind == ANTHROPIC_TEXT)
			buf_adds(&text, buf_str(&b->body));
		else if (b->kind == ANTHROPIC_THINKING)
			buf_adds(&thinking, buf_str(&b->body));
		if (b->kind != ANTHROPIC_TOOL)
			continue;
		if (b->id[0] == '\0')
			FREE_SET(b->id, reply_make_id());
		reply_add_call(r, b->id, b->name, anthropic_block_args(b),
		    whole && b->closed);
	}
	if (r->stop == REPLY_ERROR || r->stop == REPLY_TRUNCATED)
		reply_break_calls(r);
	FREE_SET(r->text, buf_take(&text));
	FREE_SET(r->thinking, buf_take(&thinking));
}

/* One block to send back; NULL if it must not be. */
static cJSON *
anthropic_block_json(const struct anthropic_block *b)
{
	const char *body = buf_str(&b->body);
	cJSON *o;

	if (b->kind == ANTHROPIC_OTHER ||
	    (b->kind == ANTHROPIC_TEXT && !anthropic_has_text(body)))
		return NULL;
	o = cJSON_CreateObject();
	switch (b->kind) {
	case ANTHROPIC_TEXT:
		json_add_str(o, "type", "text");
		json_add_str(o, "text", body);
		break;
	case ANTHROPIC_THINKING:
		json_add_str(o, "type", "thinking");
		json_add_str(o, "thinking", body);
		if (b->is_signed)
			json_add_str(o, "signature", buf_str(&b->signature));
		break;
	case ANTHROPIC_REDACTED:
		json_add_str(o, "type", "redacted_thinking");
		json_add_str(o, "data", b->data);
		break;
	case ANTHROPIC_TOOL:
		anthropic_fill_tool_use(
		    o, b->id, b->name, anthropic_block_args(b));
		break;
	case ANTHROPIC_OTHER:
		break;
	}
	return o;
}

/* Cut-off thinking has no signature, and thinking can't end an answer: the API
 * rejects both. */
static bool
anthropic_block_is_cut(
    const struct anthropic *d, size_t i, const struct reply *r)
{
	const struct anthropic_block *b = &d->blocks[i];

	if (b->kind != ANTHROPIC_THINKING && b->kind != ANTHROPIC_REDACTED)
		return false;
	if (r->stop == REPLY_MAX_TOKENS && b->kind == ANTHROPIC_THINKING &&
	    b->signature.len == 0)
		return true;
	while (++i < d->blocks_len)
		if (d->blocks[i].kind == ANTHROPIC_TOOL ||
		    (d->blocks[i].kind == ANTHROPIC_TEXT &&
		    anthropic_has_text(buf_str(&d->blocks[i].body))))
			return false;
	return r->stop != REPLY_PAUSE;
}

/* The blocks in order, if text and calls alone would lose something. */
static cJSON *
anthropic_end_raw(struct anthropic *d, const struct reply *r)
{
	bool special = false;
	cJSON *list, *o;
	size_t i;

	if (r->stop == REPLY_ERROR || r->stop == REPLY_TRUNCATED)
		return NULL;
	for (i = 0; i < d->blocks_len; i++)
		special = special || d->blocks[i].kind == ANTHROPIC_THINKING ||
		    d->blocks[i].kind == ANTHROPIC_REDACTED;
	if (!special)
		return NULL;
	list = cJSON_CreateArray();
	for (i = 0; i < d->blocks_len; i++)
		if (!anthropic_block_is_cut(d, i, r) &&
		    (o = anthropic_block_json(&d->blocks[i])) != NULL)
			cJSON_AddItemToArray(list, o);
	if (list->child == NULL) {
		json_drop(&list);
	}
	return list;
}

static void
anthropic_end_usage(struct usage *u)
{
	if (u->input >= 0)
		u->input += (u->cached > 0 ? u->cached : 0) +
		    (u->cache_write > 0 ? u->cache_write : 0);
}

static void
anthropic_end(struct decoder *base, struct reply *r)
{
	struct anthropic *d = (struct anthropic *)base;

	anthropic_end_stop(d, r);
	anthropic_end_blocks(d, r);
	anthropic_end_usage(&r->usage);
	if (d->refusal != NULL)
		xstrset(&r->refusal, d->refusal);
	r->raw = anthropic_end_raw(d, r);
}

static const struct decoder_ops anthropic_ops = {
	.size = sizeof(struct anthropic),
	.take = anthropic_take,
	.whole = anthropic_whole,
	.end = anthropic_end,
	.release = anthropic_reset,
};

const struct provider_format anthropic_format = {
	.name = "anthropic",
	.url_suffix = "/v1/messages",
	.list_suffix = "/v1/models?limit=1000",
	.message = anthropic_message,
	.request = anthropic_request,
	.headers = anthropic_headers,
	.decoder = &anthropic_ops,
	/* 5 MB of base64 per image, 32 MB per request. */
	.images = { .bytes = 3900000, .total = 20000000, .side = 8000 },
	.refused = anthropic_refused,
};
