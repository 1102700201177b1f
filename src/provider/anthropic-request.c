/*
 * What goes out to the Messages API.  The text of a message depends on nothing
 * but the message and the model, so that it is made once and the bytes of a
 * prefix never change.  Marks for the cache (four at most) are put in as the
 * request is made: at the end of the system prompt (which covers the tools), of
 * the last message, and of the message that was last in the request before,
 * since the API looks back from a mark by 20 blocks and no further.
 */
#include "config.h"

#include "provider/anthropic.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "provider/format.h"
#include "provider/reply.h"
#include "provider/strict-schema.h"

#define CLAUDE_STRICT ",\"strict\":true"
#define CLAUDE_CACHE "\"cache_control\":{\"type\":\"ephemeral\"}"

bool
claude_has_text(const char *s)
{
	return s != NULL && s[strspn(s, " \t\r\n\f\v")] != '\0';
}

static cJSON *
claude_block_new(const char *type)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "type", type);
	return o;
}

static void
claude_add_text(cJSON *list, const char *text)
{
	cJSON *o = claude_block_new("text");

	json_add_str(o, "text", text);
	cJSON_AddItemToArray(list, o);
}

static void
claude_add_images(cJSON *list, const struct message *m)
{
	cJSON *o, *source;
	size_t i;

	for (i = 0; i < m->images_len; i++) {
		o = claude_block_new("image");
		source = claude_block_new("base64");
		json_add_str(source, "media_type", m->images[i].type);
		json_add_str(source, "data", m->images[i].data);
		json_set_take(o, "source", source);
		cJSON_AddItemToArray(list, o);
	}
}

void
claude_fill_tool_use(cJSON *o, const char *id, const char *name,
    const char *arguments)
{
	char *args = reply_echo_args(arguments);

	json_add_str(o, "type", "tool_use");
	json_add_str(o, "id", id);
	json_add_str(o, "name", reply_echo_name(name));
	json_set_take(o, "input", json_parse(args, strlen(args),
	    JSON_NUL_REFUSE, NULL));
	free(args);
}

static cJSON *
claude_assistant_blocks(const struct message *m, const char *model)
{
	cJSON *list, *o;
	size_t i;

	/* Signed thinking is bound to the model that made it. */
	if (m->raw != NULL && m->raw_format != NULL && m->raw_model != NULL &&
	    strcmp(m->raw_format, anthropic_format.name) == 0 &&
	    strcmp(m->raw_model, model) == 0 &&
	    cJSON_GetArraySize(m->raw) > 0)
		return cJSON_Duplicate(m->raw, 1);
	list = cJSON_CreateArray();
	if (claude_has_text(m->text))
		claude_add_text(list, m->text);
	for (i = 0; i < m->calls_len; i++) {
		o = cJSON_CreateObject();
		claude_fill_tool_use(o, m->calls[i].id, m->calls[i].name,
		    m->calls[i].arguments);
		cJSON_AddItemToArray(list, o);
	}
	return list;
}

static cJSON *
claude_result_blocks(const struct message *m)
{
	cJSON *list = cJSON_CreateArray(), *o;
	size_t i;

	for (i = 0; i < m->results_len; i++) {
		const struct message_result *r = &m->results[i];

		o = claude_block_new("tool_result");
		json_add_str(o, "tool_use_id", r->id);
		if (r->text != NULL && r->text[0] != '\0')
			json_add_str(o, "content", r->text);
		if (!r->ok)
			json_add_bool(o, "is_error", true);
		cJSON_AddItemToArray(list, o);
	}
	/* Results stand first, or the request is refused. */
	claude_add_images(list, m);
	if (claude_has_text(m->text))
		claude_add_text(list, m->text);
	return list;
}

void
claude_message(struct buf *out, const struct message *m, const char *model,
    const struct dialect *dialect)
{
	cJSON *o = cJSON_CreateObject(), *list = NULL;
	const char *role = "user";
	char *text;

	(void)dialect;
	switch (m->role) {
	case MESSAGE_USER:
		list = cJSON_CreateArray();
		claude_add_images(list, m);
		if (claude_has_text(m->text))
			claude_add_text(list, m->text);
		break;
	case MESSAGE_ASSISTANT:
		role = "assistant";
		list = claude_assistant_blocks(m, model);
		break;
	case MESSAGE_TOOL_RESULTS:
		list = claude_result_blocks(m);
		break;
	}
	if (cJSON_GetArraySize(list) == 0)
		claude_add_text(list, "(empty)");
	json_add_str(o, "role", role);
	json_set_take(o, "content", list);
	text = json_print(o);
	buf_adds(out, text);
	free(text);
	cJSON_Delete(o);
}

/* Of the models with this API, those that are older than it. */
static bool
claude_keeps_schemas(const char *model)
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

/* A server that does not know of it. */
char *
claude_body_amend(const char *body, const struct provider_error *e)
{
	const char *at = strstr(body, CLAUDE_STRICT);

	if (e->status != 400 || at == NULL ||
	    (strstr(e->message, "strict") == NULL &&
	    strstr(e->message, "schema") == NULL))
		return NULL;
	return xasprintf("%.*s%s", (int)(at - body), body,
	    at + strlen(CLAUDE_STRICT));
}

static void
claude_add_tools(struct buf *out, const struct request *q)
{
	size_t i;

	for (i = 0; i < q->tools_len; i++) {
		const struct tool_schema *t = &q->tools[i];
		char *kept = NULL;

		buf_adds(out, i == 0 ? ",\"tools\":[" : ",");
		buf_adds(out, "{\"name\":");
		json_quote(out, t->name, strlen(t->name));
		buf_adds(out, ",\"description\":");
		json_quote(out, t->description, strlen(t->description));
		if (t->strict && claude_keeps_schemas(q->model))
			kept = strict_schema(t->parameters, false);
		buf_addf(out, ",\"input_schema\":%s%s}", kept == NULL ?
		    t->parameters : kept, kept == NULL ? "" : CLAUDE_STRICT);
		free(kept);
	}
	if (q->tools_len > 0)
		buf_addc(out, ']');
	if (q->tools_len > 0 && q->no_calls)
		buf_adds(out, ",\"tool_choice\":{\"type\":\"none\"}");
}

/* A serialized message with the mark in its last block.  Thinking takes none, so
 * that of the assistant's none is marked. */
static void
claude_add_marked(struct buf *out, const char *message)
{
	static const char user[] = "{\"role\":\"user\"", end[] = "}]}";
	size_t n = strlen(message);

	if (strncmp(message, user, sizeof(user) - 1) != 0 ||
	    n < sizeof(end) || strcmp(message + n - 3, end) != 0) {
		buf_adds(out, message);
		return;
	}
	buf_add(out, message, n - 3);
	buf_addf(out, "," CLAUDE_CACHE "%s", end);
}

void
claude_request(struct buf *out, const struct request *q)
{
	size_t i;

	buf_adds(out, "{\"stream\":true,\"model\":");
	json_quote(out, q->model, strlen(q->model));
	buf_addf(out, ",\"max_tokens\":%lld", (long long)q->max_tokens);
	if (claude_has_text(q->system)) {
		buf_adds(out, ",\"system\":[{\"type\":\"text\",\"text\":");
		json_quote(out, q->system, strlen(q->system));
		buf_adds(out, "," CLAUDE_CACHE "}]");
	}
	claude_add_tools(out, q);
	buf_adds(out, ",\"messages\":[");
	for (i = 0; i < q->messages_len; i++) {
		if (i > 0)
			buf_addc(out, ',');
		if (i + 1 == q->messages_len || i + 1 == q->stable_len)
			claude_add_marked(out, q->messages[i]);
		else
			buf_adds(out, q->messages[i]);
	}
	buf_adds(out, "]}");
}

void
claude_headers(struct buf *out, const char *key)
{
	static const char version[] = "anthropic-version: 2023-06-01";

	/* With its NUL: that is what parts the lines. */
	buf_add(out, version, sizeof(version));
	if (key == NULL)
		return;
	buf_addf(out, "x-api-key: %s", key);
	buf_addc(out, '\0');
}
