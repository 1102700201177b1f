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

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "provider/format.h"
#include "provider/provider.h"
#include "provider/schema.h"

#define ANTHROPIC_STRICT ",\"strict\":true"
#define ANTHROPIC_EAGER ",\"eager_input_streaming\":true"
#define ANTHROPIC_MARKER "{\"role\":\"system\",\"content\":[],\"output_config\":" \
    "{\"effort\":\""
#define ANTHROPIC_MARKER_END "\"}}"
#define ANTHROPIC_CACHE "\"cache_control\":{\"type\":\"ephemeral\"}"
#define ANTHROPIC_CACHE_1H "\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"1h\"}"

/* Is there more than white space? The API rejects a text block without. */
static bool
anthropic_has_text(const char *s)
{
	return s != NULL && s[strspn(s, " \t\r\n\f\v")] != '\0';
}

static void
anthropic_add_images(cJSON *list, const struct message *m)
{
	cJSON *o;

	MEM_EACH(m, images, image) {
		o = JSON_TEXTS("type", "image");
		json_set_take(o, "source", JSON_TEXTS("type", "base64",
		    "media_type", image->type,
		    "data", image->data));
		cJSON_AddItemToArray(list, o);
	}
}

/* A tool_use block; arguments that aren't an object become {}. */
static cJSON *
anthropic_tool_use(const char *id, const char *name, const char *arguments)
{
	AUTO_FREE char *args = reply_echo_args(arguments);
	cJSON *o = JSON_TEXTS("type", "tool_use", "id", id,
	    "name", reply_echo_name(name));

	json_set_take(o, "input", json_parse(args, strlen(args),
	    JSON_NUL_REFUSE, NULL));
	return o;
}

static cJSON *
anthropic_raw_blocks(const struct message *m)
{
	cJSON *list = cJSON_CreateArray();
	const cJSON *it;

	cJSON_ArrayForEach(it, m->raw)
		if (!m->unbound || strstr(json_str_or(it, "type", ""),
		    "thinking") == NULL)
			cJSON_AddItemToArray(list, cJSON_Duplicate(it, 1));
	return list;
}

/* The effort of what follows; such a mark stays in its place. */
static void
anthropic_add_marker(struct buf *out, enum effort e)
{
	buf_addf(out, ANTHROPIC_MARKER "%s" ANTHROPIC_MARKER_END,
	    facts_effort_names[e]);
}

static cJSON *
anthropic_assistant_blocks(const struct message *m, const char *model)
{
	cJSON *list;

	/* Signed thinking is bound to the model that made it. */
	if (provider_raw_fits(m, &anthropic_format, model) &&
	    cJSON_GetArraySize(m->raw) > 0)
		return anthropic_raw_blocks(m);
	list = cJSON_CreateArray();
	if (anthropic_has_text(m->text))
		provider_add_text(list, "text", m->text);
	MEM_EACH(m, calls, call)
		cJSON_AddItemToArray(list, anthropic_tool_use(call->id,
		    call->name, call->arguments));
	return list;
}

/* The user's message, after the results of calls if there are any. */
static cJSON *
anthropic_user_blocks(const struct message *m)
{
	cJSON *list = cJSON_CreateArray(), *o;

	MEM_EACH(m, results, r) {
		o = JSON_TEXTS("type", "tool_result", "tool_use_id", r->id);
		if (r->text != NULL && r->text[0] != '\0')
			json_add_str(o, "content", r->text);
		if (!r->ok)
			json_add_bool(o, "is_error", true);
		cJSON_AddItemToArray(list, o);
	}
	/* Results must come first, or the request is rejected. */
	anthropic_add_images(list, m);
	if (anthropic_has_text(m->text))
		provider_add_text(list, "text", m->text);
	return list;
}

static void
anthropic_message(struct buf *out, const struct message *m, const char *model,
    const struct dialect *dialect UNUSED)
{
	AUTO_JSON cJSON *o = cJSON_CreateObject();
	bool own = m->role == MESSAGE_ASSISTANT;
	cJSON *list = own ? anthropic_assistant_blocks(m, model) :
	    anthropic_user_blocks(m);

	if (cJSON_GetArraySize(list) == 0)
		provider_add_text(list, "text", "(empty)");
	json_add_str(o, "role", own ? "assistant" : "user");
	json_set_take(o, "content", list);
	if (own && m->effort > EFFORT_OFF) {
		anthropic_add_marker(out, m->effort);
		buf_addc(out, ',');
	}
	json_append(out, o);
}

/* Models with this API that are older. */
static bool
anthropic_keeps_schemas(const char *model)
{
	static const char *const older[] = { "claude-2", "claude-3",
		"claude-instant", "claude-opus-4-0", "claude-opus-4-2",
		"claude-sonnet-4-0", "claude-sonnet-4-2" };

	return strncmp(model, "claude-", 7) == 0 && !MEM_BEGINS(older, model);
}

static const struct refusal anthropic_refusals[] = {
	{ "mid-conversation-output-config", REQUEST_MARKERS },
	{ "thinking-binding-controls", REQUEST_BINDING },
	{ "block_binding", REQUEST_BINDING },
	{ "interleaved-thinking", REQUEST_INTERLEAVED },
	{ ".ttl", REQUEST_CACHE_TTL },
	{ "eager_input_streaming", REQUEST_EAGER },
	{ "diagnostics", REQUEST_DIAGNOSTICS },
	/* Without a name: all named ones. */
	{ "beta", REQUEST_BINDING | REQUEST_INTERLEAVED | REQUEST_MARKERS },
	{ "role 'system'", REQUEST_MARKERS },
	/* Budgeted thinking can't continue a turn that had none. */
	{ "must start with a thinking block", REQUEST_THINKING },
	{ "signature", REQUEST_SIGNED },
	{ "cannot be modified", REQUEST_SIGNED },
	{ "thinking block", REQUEST_SIGNED },
	{ "display", REQUEST_DISPLAY },
	{ "output_config", REQUEST_MARKERS },
	{ "output_config", REQUEST_EFFORT },
	{ "effort", REQUEST_EFFORT },
	{ "thinking", REQUEST_THINKING },
	{ "strict", REQUEST_STRICT },
	{ "schema", REQUEST_STRICT },
	{ NULL, 0 },
};

/* The mark with its two lifetimes; all marks of a request have the same. */
static const char *
anthropic_cache(const struct request *q)
{
	return q->long_cache && q->facts != NULL && q->facts->cache_ask &&
	    (q->without & REQUEST_CACHE_TTL) == 0 ? ANTHROPIC_CACHE_1H :
	    ANTHROPIC_CACHE;
}

static unsigned
anthropic_add_tools(struct buf *out, const struct request *q)
{
	unsigned options = q->dialect != NULL && q->dialect->eager &&
	    q->tools_len > 0 ? ~q->without & REQUEST_EAGER : 0;
	size_t i;

	for (i = 0; i < q->tools_len; i++) {
		const struct tool_schema *t = &q->tools[i];
		/* NULL: the schema is sent as it is. */
		AUTO_FREE char *exact = NULL;

		buf_adds(out, i == 0 ? ",\"tools\":[" : ",");
		provider_open_tool(out, "{", t);
		if (t->strict && anthropic_keeps_schemas(q->model) &&
		    (q->without & REQUEST_STRICT) == 0)
			exact = strict_schema(t->parameters, false);
		options |= exact == NULL ? 0 : REQUEST_STRICT;
		buf_addf(out, ",\"input_schema\":%s%s%s%s%s}", exact == NULL ?
		    t->parameters : exact, exact == NULL ? "" :
		    ANTHROPIC_STRICT,
		    (options & REQUEST_EAGER) == 0 ? "" : ANTHROPIC_EAGER,
		    i + 1 == q->tools_len ? "," : "",
		    i + 1 == q->tools_len ? anthropic_cache(q) : "");
	}
	if (q->tools_len > 0)
		buf_addc(out, ']');
	if (q->tools_len > 0 && q->no_calls)
		buf_adds(out, ",\"tool_choice\":{\"type\":\"none\"}");
	return options;
}

/* A serialized message with the mark in its last block. Thinking blocks can't
 * have one, so messages that end with thinking go without. */
static void
anthropic_add_marked(struct buf *out, const char *message, const char *mark)
{
	static const char user[] = "{\"role\":\"user\"", end[] = "}]}";
	size_t n = strlen(message);

	if (strncmp(message, user, sizeof(user) - 1) != 0 ||
	    n < sizeof(end) || strcmp(message + n - 3, end) != 0) {
		buf_adds(out, message);
		return;
	}
	buf_add(out, message, n - 3);
	buf_addf(out, ",%s%s", mark, end);
}

/* Adaptive thinking: ask for its text, because it contains what a model says
 * between its calls; allow the server to drop thinking bound to a history that
 * has changed. */
static unsigned
anthropic_add_adaptive(struct buf *out, const struct request *q, enum effort e)
{
	unsigned options = REQUEST_THINKING;

	if (e == EFFORT_OFF) {
		buf_addf(out, ",\"thinking\":{\"type\":\"%s\"}",
		    q->facts == NULL || q->facts->off[0] == '\0' ? "disabled" :
		    q->facts->off);
		return options;
	}
	buf_adds(out, ",\"thinking\":{\"type\":\"adaptive\"");
	if ((q->without & REQUEST_DISPLAY) == 0) {
		buf_adds(out, ",\"display\":\"summarized\"");
		options |= REQUEST_DISPLAY;
	}
	if (q->facts != NULL && q->facts->bound &&
	    (q->without & REQUEST_BINDING) == 0) {
		buf_adds(out, ",\"block_binding\":{"
		    "\"prefix_mismatch_behavior\":\"drop_block\"}");
		options |= REQUEST_BINDING;
	}
	buf_addc(out, '}');
	return options;
}

/* Effort as a word. If it is among the messages, the one for the whole request,
 * which is part of the cache key, is always the same. */
static unsigned
anthropic_add_effort(struct buf *out, const struct request *q, enum effort e)
{
	bool markers = facts_marks(q->facts, e) &&
	    (q->without & REQUEST_MARKERS) == 0;

	if (e <= EFFORT_OFF || (q->without & REQUEST_EFFORT) != 0)
		return 0;
	buf_addf(out, ",\"output_config\":{\"effort\":\"%s\"}",
	    facts_effort_names[markers ? EFFORT_LOW : e]);
	return REQUEST_EFFORT | (markers ? REQUEST_MARKERS : 0);
}

static unsigned
anthropic_add_thinking(struct buf *out, const struct request *q, enum effort *e)
{
	enum thinking how = facts_thinking(q->facts, THINKING_ADAPTIVE, e);
	unsigned options = 0;
	int64_t budget;

	if (how == THINKING_ADAPTIVE) {
		if ((q->without & REQUEST_THINKING) == 0)
			options = anthropic_add_adaptive(out, q, *e);
		return options | anthropic_add_effort(out, q, *e);
	}
	budget = how != THINKING_BUDGET || (q->without & REQUEST_THINKING) != 0 ?
	    0 : facts_budget(*e, q->max_tokens);
	if (budget < 1024)
		return 0;
	buf_addf(out, ",\"thinking\":{\"type\":\"enabled\","
	    "\"budget_tokens\":%lld}", (long long)budget);
	return REQUEST_THINKING | (~q->without & REQUEST_INTERLEAVED);
}

/* Ask why the cache missed since the answer before; null: there was none. */
static unsigned
anthropic_add_diagnostics(struct buf *out, const struct request *q)
{
	if (q->dialect == NULL || !q->dialect->diagnoses ||
	    (q->without & REQUEST_DIAGNOSTICS) != 0)
		return 0;
	buf_adds(out, ",\"diagnostics\":{\"previous_message_id\":");
	if (q->previous == NULL)
		buf_adds(out, "null");
	else
		json_quote(out, q->previous, strlen(q->previous));
	buf_addc(out, '}');
	return REQUEST_DIAGNOSTICS;
}

static unsigned
anthropic_request(struct buf *out, const struct request *q)
{
	static const char marker[] = ANTHROPIC_MARKER;
	enum effort e = q->effort;
	unsigned options;
	const char *text;
	size_t i;

	buf_adds(out, "{\"stream\":true,");
	if (q->in_path)
		buf_adds(out, "\"anthropic_version\":\"vertex-2023-10-16\"");
	else {
		buf_adds(out, "\"model\":");
		json_quote(out, q->model, strlen(q->model));
	}
	buf_addf(out, ",\"max_tokens\":%lld", (long long)q->max_tokens);
	options = anthropic_add_thinking(out, q, &e);
	if (strcmp(anthropic_cache(q), ANTHROPIC_CACHE) != 0)
		options |= REQUEST_CACHE_TTL;
	if (anthropic_has_text(q->system)) {
		buf_adds(out, ",\"system\":[{\"type\":\"text\",\"text\":");
		json_quote(out, q->system, strlen(q->system));
		buf_addf(out, ",%s}]", anthropic_cache(q));
	}
	options |= anthropic_add_tools(out, q);
	buf_adds(out, ",\"messages\":[");
	for (i = 0; i < q->messages_len; i++) {
		text = q->messages[i];
		if ((options & REQUEST_MARKERS) == 0 &&
		    strncmp(text, marker, sizeof(marker) - 1) == 0)
			text = strstr(text, ANTHROPIC_MARKER_END) +
			    sizeof(ANTHROPIC_MARKER_END);
		if (i > 0)
			buf_addc(out, ',');
		if (i + 1 == q->messages_len || i + 1 == q->stable_len)
			anthropic_add_marked(out, text, anthropic_cache(q));
		else
			buf_adds(out, text);
	}
	if ((options & REQUEST_MARKERS) != 0) {
		buf_addc(out, ',');
		anthropic_add_marker(out, e);
	}
	buf_addc(out, ']');
	options |= anthropic_add_diagnostics(out, q);
	buf_addc(out, '}');
	return options;
}

static void
anthropic_headers(struct buf *out, unsigned options)
{
	static const char version[] = "anthropic-version: 2023-06-01";
	static const struct { unsigned option; const char *name; } betas[] = {
		{ REQUEST_BINDING, "thinking-binding-controls-2026-08-01" },
		{ REQUEST_INTERLEAVED, "interleaved-thinking-2025-05-14" },
		{ REQUEST_MARKERS, "mid-conversation-output-config-2026-07-01" },
	};
	bool any = false;
	size_t i;

	/* Including its NUL, which separates the lines. */
	buf_add(out, version, sizeof(version));
	for (i = 0; i < MEM_COUNT(betas); i++)
		if ((options & betas[i].option) != 0) {
			buf_addf(out, "%s%s", any ? "," : "anthropic-beta: ",
			    betas[i].name);
			any = true;
		}
	if (any)
		buf_addc(out, '\0');
}

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
	char			*stop;
	char			*refusal;
};

/* Forget the answer so far: nothing has arrived, or a proxy started over. */
static void
anthropic_reset(struct decoder *base)
{
	struct anthropic *d = (struct anthropic *)base;

	MEM_EACH(d, blocks, b) {
		buf_release(&b->body);
		buf_release(&b->signature);
		FREE_ALL(b->id, b->name, b->data, b->input);
	}
	FREE_NULL(d->blocks);
	d->blocks_len = 0;
	d->d.calls = 0;
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
	b = GROW_ADD(d->blocks, d->blocks_len);
	b->index = index;
	b->kind = kind;
	return b;
}

/* ---- events ---- */

static void
anthropic_usage(struct anthropic *d, const cJSON *u)
{
	static const struct json_field counts[] = {
		USAGE_FIELD(input, "input_tokens"),
		USAGE_FIELD(cached, "cache_read_input_tokens"),
		USAGE_FIELD(cache_write, "cache_creation_input_tokens"),
		USAGE_FIELD(output, "output_tokens"),
	};
	struct usage *to = &d->d.usage;

	JSON_READ(to, u, counts);
	to->write_1h = json_int(json_get(u, "cache_creation"),
	    "ephemeral_1h_input_tokens", to->write_1h);
	to->reasoning = json_int(json_get(u, "output_tokens_details"),
	    "thinking_tokens", to->reasoning);
}

/* Null without a reason is a comparison that isn't over; no object, one that
 * found no difference, or none. */
static void
anthropic_diagnosis(struct usage *to, const cJSON *o)
{
	static const char word[] = "abcdefghijklmnopqrstuvwxyz_";
	const cJSON *why = json_get(o, "cache_miss_reason");
	const char *type = json_str_or(why, "type", "pending");

	to->missed = json_int(why, "cache_missed_input_tokens", -1);
	if (cJSON_IsObject(o))
		snprintf(to->miss, sizeof(to->miss), "%.*s",
		    (int)strspn(type, word), type);
}

static void
anthropic_on_message_start(struct anthropic *d, const cJSON *root)
{
	const cJSON *m = json_get(root, "message");
	const char *id = json_str_or(m, "id", "");

	/* Some proxies send this event twice. If the id differs, the proxy
	 * repeated the request, and the text so far isn't part of this
	 * answer. */
	if (d->message_id != NULL && strcmp(d->message_id, id) == 0)
		return;
	anthropic_reset(&d->d);
	d->message_id = xstrdup(id);
	anthropic_usage(d, json_get(m, "usage"));
	anthropic_diagnosis(&d->d.usage, json_get(m, "diagnostics"));
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
	decoder_emit_call(&d->d, b->name);
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
			decoder_append(&d->d, &b->signature, DELTA_NONE, s);
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
	static const struct anthropic_delta {
		const char		*type, *member;
		enum anthropic_kind	 kind;
		enum delta_kind		 shown;
	} rows[] = {
		{ "input_json_delta", "partial_json", ANTHROPIC_TOOL,
		    DELTA_CALL },
		{ "text_delta", "text", ANTHROPIC_TEXT, DELTA_TEXT },
		{ "thinking_delta", "thinking", ANTHROPIC_THINKING,
		    DELTA_THINKING },
	};
	const cJSON *delta = json_get(root, "delta");
	const char *type = json_str_or(delta, "type", ""), *s;
	const struct anthropic_delta *row = MEM_FIND(rows, type);
	int64_t index = json_int(root, "index", -1);
	struct anthropic_block *b = anthropic_block_find(d, index);

	/* A server that omits the start event loses nothing. */
	if (b == NULL && row != NULL && row->kind == ANTHROPIC_TEXT)
		b = anthropic_block_add(d, index, ANTHROPIC_TEXT);
	if (b == NULL)
		return;
	if (row != NULL && b->kind == row->kind)
		decoder_append(&d->d, &b->body, row->shown,
		    json_str(delta, row->member));
	else if (row == NULL && (s = json_str(delta, "signature")) != NULL) {
		b->is_signed = true;
		decoder_append(&d->d, &b->signature, DELTA_NONE, s);
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
anthropic_on_message_stop(struct anthropic *d, const cJSON *root UNUSED)
{
	d->d.done = true;
}

/* All of it, from a server that doesn't stream. */
static void
anthropic_on_message(struct anthropic *d, const cJSON *root)
{
	AUTO_JSON cJSON *event = cJSON_CreateObject();
	const cJSON *block;

	if (json_array(root, "content") == NULL)
		return;
	json_copy(event, "message", root);
	json_copy(event, "delta", root);
	anthropic_on_message_start(d, event);
	cJSON_ArrayForEach(block, json_array(root, "content")) {
		json_add_int(event, "index", (int64_t)d->blocks_len);
		json_copy(event, "content_block", block);
		anthropic_on_block_start(d, event);
		anthropic_on_block_stop(d, event);
	}
	anthropic_on_message_delta(d, event);
	anthropic_on_message_stop(d, event);
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
	{ "message", anthropic_on_message },
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
	r->stop = d->d.calls > 0 ? REPLY_TOOL_CALLS : REPLY_END;
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

	MEM_EACH(d, blocks, b) {
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
	FREE_SET(r->text, buf_take(&text));
	FREE_SET(r->thinking, buf_take(&thinking));
}

/* One block to send back; NULL if it must not be. */
static cJSON *
anthropic_block_json(const struct anthropic_block *b)
{
	const char *body = buf_str(&b->body);

	switch (b->kind) {
	case ANTHROPIC_TEXT:
		return anthropic_has_text(body) ?
		    JSON_TEXTS("type", "text", "text", body) : NULL;
	case ANTHROPIC_THINKING:
		return JSON_TEXTS("type", "thinking", "thinking", body,
		    "signature", b->is_signed ? buf_str(&b->signature) : NULL);
	case ANTHROPIC_REDACTED:
		return JSON_TEXTS("type", "redacted_thinking", "data", b->data);
	case ANTHROPIC_TOOL:
		return anthropic_tool_use(b->id, b->name,
		    anthropic_block_args(b));
	case ANTHROPIC_OTHER:
		break;
	}
	return NULL;
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

	MEM_EACH(d, blocks, block)
		special = special || block->kind == ANTHROPIC_THINKING ||
		    block->kind == ANTHROPIC_REDACTED;
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
	r->id = xstrdup_null(d->message_id);
	if (d->refusal != NULL)
		xstrset(&r->refusal, d->refusal);
	r->raw = anthropic_end_raw(d, r);
}

static const struct decoder_ops anthropic_ops = {
	.size = sizeof(struct anthropic),
	.take = anthropic_take,
	.end = anthropic_end,
	.release = anthropic_reset,
};

const struct provider_format anthropic_format = {
	.name = "anthropic",
	.url_suffix = "/v1/messages",
	.list_suffix = "/v1/models?limit=1000",
	.message = anthropic_message,
	.request = anthropic_request,
	.auth = "x-api-key",
	.headers = anthropic_headers,
	.decoder = &anthropic_ops,
	/* 5 MB of base64 per image, 32 MB per request. */
	.images = { .bytes = 3900000, .total = 20000000, .side = 8000 },
	.refusals = anthropic_refusals,
};
