/*
 * Requests to the Messages API. A message's text depends only on the message
 * and the model, so it is made once and the bytes of a prefix never change.
 * Cache marks (four at most) are inserted as the request is built: at the end
 * of the tools (shared by all sessions), of the system prompt, of the last
 * message, and of the previous request's last message, because the API looks
 * back at most 20 blocks from a mark. They last 5 minutes, or an hour for a
 * user who takes longer (context_waits).
 */
#include "config.h"

#include "provider/anthropic.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "provider/format.h"
#include "provider/reply.h"
#include "provider/strict-schema.h"

#define ANTHROPIC_STRICT ",\"strict\":true"
#define ANTHROPIC_MARKER "{\"role\":\"system\",\"content\":[],\"output_config\":" \
    "{\"effort\":\""
#define ANTHROPIC_MARKER_END "\"}}"
#define ANTHROPIC_CACHE "\"cache_control\":{\"type\":\"ephemeral\"}"
#define ANTHROPIC_CACHE_1H "\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"1h\"}"

bool
anthropic_has_text(const char *s)
{
	return s != NULL && s[strspn(s, " \t\r\n\f\v")] != '\0';
}

static cJSON *
anthropic_block_new(const char *type)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "type", type);
	return o;
}

static void
anthropic_add_text(cJSON *list, const char *text)
{
	cJSON *o = anthropic_block_new("text");

	json_add_str(o, "text", text);
	cJSON_AddItemToArray(list, o);
}

static void
anthropic_add_images(cJSON *list, const struct message *m)
{
	cJSON *o, *source;
	size_t i;

	for (i = 0; i < m->images_len; i++) {
		o = anthropic_block_new("image");
		source = anthropic_block_new("base64");
		json_add_str(source, "media_type", m->images[i].type);
		json_add_str(source, "data", m->images[i].data);
		json_set_take(o, "source", source);
		cJSON_AddItemToArray(list, o);
	}
}

void
anthropic_fill_tool_use(cJSON *o, const char *id, const char *name,
    const char *arguments)
{
	AUTO_FREE char *args = reply_echo_args(arguments);

	json_add_str(o, "type", "tool_use");
	json_add_str(o, "id", id);
	json_add_str(o, "name", reply_echo_name(name));
	json_set_take(o, "input", json_parse(args, strlen(args),
	    JSON_NUL_REFUSE, NULL));
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
	    facts_effort_name(e));
}

static cJSON *
anthropic_assistant_blocks(const struct message *m, const char *model)
{
	cJSON *list, *o;
	size_t i;

	/* Signed thinking is bound to the model that made it. */
	if (m->raw != NULL && m->raw_format != NULL && m->raw_model != NULL &&
	    strcmp(m->raw_format, anthropic_format.name) == 0 &&
	    strcmp(m->raw_model, model) == 0 &&
	    cJSON_GetArraySize(m->raw) > 0)
		return anthropic_raw_blocks(m);
	list = cJSON_CreateArray();
	if (anthropic_has_text(m->text))
		anthropic_add_text(list, m->text);
	for (i = 0; i < m->calls_len; i++) {
		o = cJSON_CreateObject();
		anthropic_fill_tool_use(o, m->calls[i].id, m->calls[i].name,
		    m->calls[i].arguments);
		cJSON_AddItemToArray(list, o);
	}
	return list;
}

static cJSON *
anthropic_result_blocks(const struct message *m)
{
	cJSON *list = cJSON_CreateArray(), *o;
	size_t i;

	for (i = 0; i < m->results_len; i++) {
		const struct message_result *r = &m->results[i];

		o = anthropic_block_new("tool_result");
		json_add_str(o, "tool_use_id", r->id);
		if (r->text != NULL && r->text[0] != '\0')
			json_add_str(o, "content", r->text);
		if (!r->ok)
			json_add_bool(o, "is_error", true);
		cJSON_AddItemToArray(list, o);
	}
	/* Results must come first, or the request is rejected. */
	anthropic_add_images(list, m);
	if (anthropic_has_text(m->text))
		anthropic_add_text(list, m->text);
	return list;
}

void
anthropic_message(struct buf *out, const struct message *m, const char *model,
    const struct dialect *dialect)
{
	cJSON *o = cJSON_CreateObject(), *list = NULL;
	const char *role = "user";

	(void)dialect;
	switch (m->role) {
	case MESSAGE_USER:
		list = cJSON_CreateArray();
		anthropic_add_images(list, m);
		if (anthropic_has_text(m->text))
			anthropic_add_text(list, m->text);
		break;
	case MESSAGE_ASSISTANT:
		role = "assistant";
		list = anthropic_assistant_blocks(m, model);
		break;
	case MESSAGE_TOOL_RESULTS:
		list = anthropic_result_blocks(m);
		break;
	}
	if (cJSON_GetArraySize(list) == 0)
		anthropic_add_text(list, "(empty)");
	json_add_str(o, "role", role);
	json_set_take(o, "content", list);
	if (m->role == MESSAGE_ASSISTANT && m->effort > EFFORT_OFF) {
		anthropic_add_marker(out, m->effort);
		buf_addc(out, ',');
	}
	json_append(out, o);
	cJSON_Delete(o);
}

/* Models with this API that are older. */
static bool
anthropic_keeps_schemas(const char *model)
{
	static const char *const older[] = { "claude-2", "claude-3",
		"claude-instant", "claude-opus-4-0", "claude-opus-4-2",
		"claude-sonnet-4-0", "claude-sonnet-4-2" };
	size_t i;

	for (i = 0; i < MEM_COUNT(older); i++)
		if (strncmp(model, older[i], strlen(older[i])) == 0)
			return false;
	return strncmp(model, "claude-", 7) == 0;
}

unsigned
anthropic_refused(const struct provider_error *e, unsigned options)
{
	/* Words in the message, the special ones first. */
	static const struct refusal rows[] = {
		{ "mid-conversation-output-config", REQUEST_MARKERS },
		{ "thinking-binding-controls", REQUEST_BINDING },
		{ "block_binding", REQUEST_BINDING },
		{ "interleaved-thinking", REQUEST_INTERLEAVED },
		{ ".ttl", REQUEST_CACHE_TTL },
		/* Without a name: all named ones. */
		{ "beta", REQUEST_BINDING | REQUEST_INTERLEAVED |
		  REQUEST_MARKERS },
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
	};

	return e->status != 400 ? 0 : provider_refused_option(rows, MEM_COUNT(rows),
	    e->message, options | REQUEST_SIGNED);
}

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
	unsigned options = 0;
	size_t i;

	for (i = 0; i < q->tools_len; i++) {
		const struct tool_schema *t = &q->tools[i];
		/* NULL: the schema is sent as it is. */
		AUTO_FREE char *exact = NULL;

		buf_adds(out, i == 0 ? ",\"tools\":[" : ",");
		buf_adds(out, "{\"name\":");
		json_quote(out, t->name, strlen(t->name));
		buf_adds(out, ",\"description\":");
		json_quote(out, t->description, strlen(t->description));
		if (t->strict && anthropic_keeps_schemas(q->model) &&
		    (q->without & REQUEST_STRICT) == 0)
			exact = strict_schema(t->parameters, false);
		options |= exact == NULL ? 0 : REQUEST_STRICT;
		buf_addf(out, ",\"input_schema\":%s%s%s%s}", exact == NULL ?
		    t->parameters : exact, exact == NULL ? "" :
		    ANTHROPIC_STRICT,
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
	    facts_effort_name(markers ? EFFORT_LOW : e));
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

unsigned
anthropic_request(struct buf *out, const struct request *q)
{
	static const char marker[] = ANTHROPIC_MARKER;
	enum effort e = q->effort;
	unsigned options;
	const char *text;
	size_t i;

	buf_adds(out, "{\"stream\":true,\"model\":");
	json_quote(out, q->model, strlen(q->model));
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
	buf_adds(out, "]}");
	return options;
}

void
anthropic_headers(struct buf *out, const char *key, unsigned options)
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
	if (key == NULL)
		return;
	buf_addf(out, "x-api-key: %s", key);
	buf_addc(out, '\0');
}
