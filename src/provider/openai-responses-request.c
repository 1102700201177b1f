/*
 * Requests to a Responses server. It stores nothing ("store" is false): each
 * request contains the whole conversation as a list of items, with encrypted
 * reasoning. A message is one or more items; their text depends only on the
 * message and the model, so it is made once and the bytes of a prefix never
 * change.
 */
#include "config.h"

#include "provider/openai-responses.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "provider/dialect.h"
#include "provider/format.h"
#include "provider/reply.h"
#include "provider/strict-schema.h"

#define RESPONSES_MARKER "{\"type\":\"configuration_update\",\"reasoning\":" \
    "{\"effort\":\""
#define RESPONSES_MARKER_END "\"}}"

/* A part of the content of a message. */
static void
responses_add_text(cJSON *list, const char *type, const char *text)
{
	cJSON *part = cJSON_CreateObject();

	json_add_str(part, "type", type);
	json_add_str(part, "text", text);
	cJSON_AddItemToArray(list, part);
}

static void
responses_add_image(cJSON *list, const struct message_image *image)
{
	cJSON *part = cJSON_CreateObject();
	char *data = xasprintf("data:%s;base64,%s", image->type, image->data);

	json_add_str(part, "type", "input_image");
	json_add_str(part, "image_url", data);
	json_add_str(part, "detail", "auto");
	cJSON_AddItemToArray(list, part);
	free(data);
}

cJSON *
responses_text_item(const char *text)
{
	cJSON *o = cJSON_CreateObject(), *list;

	/* Assistant content needs the type of an answer: some servers accept
	 * nothing else. */
	list = cJSON_CreateArray();
	responses_add_text(list, "output_text", text);
	json_set_take(list->child, "annotations", cJSON_CreateArray());
	json_add_str(o, "type", "message");
	json_add_str(o, "role", "assistant");
	json_set_take(o, "content", list);
	return o;
}

cJSON *
responses_call_item(const char *id, const char *name, const char *arguments,
    bool custom)
{
	cJSON *o = cJSON_CreateObject();
	AUTO_FREE char *args = reply_echo_args(arguments);

	json_add_str(o, "type", custom ? "custom_tool_call" : "function_call");
	json_add_str(o, "call_id", id);
	json_add_str(o, "name", reply_echo_name(name));
	if (custom) {
		AUTO_JSON cJSON *parsed =
		    json_parse(args, strlen(args), JSON_NUL_REPLACE, NULL);

		json_add_str(o, "input", json_str_or(parsed, "input", ""));
	} else
		json_add_str(o, "arguments", args);
	return o;
}

/* `first`: no comma needed; false afterwards. */
static void
responses_put(struct buf *out, const cJSON *o, bool *first)
{
	if (!*first)
		buf_addc(out, ',');
	*first = false;
	json_append(out, o);
}

static void
responses_put_take(struct buf *out, cJSON *o, bool *first)
{
	responses_put(out, o, first);
	cJSON_Delete(o);
}

static void
responses_put_user(struct buf *out, const struct message *m, bool *first)
{
	cJSON *o = cJSON_CreateObject(), *list = cJSON_CreateArray();
	bool words = m->text != NULL && m->text[0] != '\0';
	size_t i;

	for (i = 0; i < m->images_len; i++)
		responses_add_image(list, &m->images[i]);
	if (words || m->images_len == 0)
		responses_add_text(list, "input_text", words ? m->text : "");
	json_add_str(o, "role", "user");
	json_set_take(o, "content", list);
	responses_put_take(out, o, first);
}

static bool
responses_has_custom(const struct message *m)
{
	size_t i;

	for (i = 0; i < m->calls_len; i++)
		if (m->calls[i].custom)
			return true;
	return false;
}

/* An item as received. Without its reasoning, drop its id too: the server would
 * notice from the id that something is missing. */
static void
responses_put_raw(struct buf *out, const struct message *m, const cJSON *item,
    bool *first)
{
	cJSON *o;

	if (!m->unbound) {
		responses_put(out, item, first);
		return;
	}
	if (json_is(item, "type", "reasoning"))
		return;
	o = cJSON_Duplicate(item, 1);
	cJSON_DeleteItemFromObjectCaseSensitive(o, "id");
	responses_put_take(out, o, first);
}

/* The effort of what follows; it stays in its place. */
static void
responses_put_marker(struct buf *out, enum effort e, bool *first)
{
	if (!*first)
		buf_addc(out, ',');
	*first = false;
	buf_addf(out, RESPONSES_MARKER "%s" RESPONSES_MARKER_END,
	    facts_effort_name(e));
}

/* `custom`: custom calls are allowed. */
static void
responses_put_assistant(struct buf *out, const struct message *m,
    const char *model, bool custom, bool *first)
{
	const cJSON *item;
	size_t i;

	if (m->effort > EFFORT_OFF)
		responses_put_marker(out, m->effort, first);
	/* Encrypted reasoning is bound to the model that made it. */
	if (m->raw_format != NULL && m->raw_model != NULL &&
	    strcmp(m->raw_format, openai_responses_format.name) == 0 &&
	    strcmp(m->raw_model, model) == 0 && cJSON_IsArray(m->raw) &&
	    cJSON_GetArraySize(m->raw) > 0 &&
	    (custom || !responses_has_custom(m))) {
		cJSON_ArrayForEach(item, m->raw)
			responses_put_raw(out, m, item, first);
		return;
	}
	if ((m->text != NULL && m->text[0] != '\0') || m->calls_len == 0)
		responses_put_take(out, responses_text_item(m->text == NULL ?
		    "" : m->text), first);
	for (i = 0; i < m->calls_len; i++)
		responses_put_take(out, responses_call_item(m->calls[i].id,
		    m->calls[i].name, m->calls[i].arguments,
		    custom && m->calls[i].custom), first);
}

static void
responses_put_results(struct buf *out, const struct message *m, bool custom,
    bool *first)
{
	size_t i;

	for (i = 0; i < m->results_len; i++) {
		const struct message_result *r = &m->results[i];
		AUTO_FREE char *told = provider_result_told(r);
		cJSON *o = cJSON_CreateObject();

		json_add_str(o, "type", custom && r->custom ?
		    "custom_tool_call_output" : "function_call_output");
		json_add_str(o, "call_id", r->id);
		json_add_str(o, "output", told);
		responses_put_take(out, o, first);
	}
	if ((m->text != NULL && m->text[0] != '\0') || m->images_len > 0 ||
	    *first)
		responses_put_user(out, m, first);
}

void
responses_message(struct buf *out, const struct message *m, const char *model,
    const struct dialect *dialect)
{
	bool first = true;
	bool custom = dialect != NULL && dialect->custom_tools;

	switch (m->role) {
	case MESSAGE_USER:
		responses_put_user(out, m, &first);
		break;
	case MESSAGE_ASSISTANT:
		responses_put_assistant(out, m, model, custom, &first);
		break;
	case MESSAGE_TOOL_RESULTS:
		responses_put_results(out, m, custom, &first);
		break;
	}
}

/* Models without reasoning reject a request for it. Unknown models are
 * asked. */
static bool
responses_model_reasons(const char *model)
{
	static const char *const older[] = { "chatgpt", "gpt-3", "gpt-4" };
	size_t i;

	for (i = 0; i < MEM_COUNT(older); i++)
		if (strncmp(model, older[i], strlen(older[i])) == 0)
			return false;
	return true;
}

static unsigned
responses_put_tools(struct buf *out, const struct request *q)
{
	bool strict = (q->without & REQUEST_STRICT) == 0;
	unsigned options = 0;
	size_t i;

	for (i = 0; i < q->tools_len; i++) {
		const struct tool_schema *t = &q->tools[i];
		bool custom = t->grammar != NULL && q->dialect != NULL &&
		    q->dialect->custom_tools &&
		    (q->without & REQUEST_CUSTOM) == 0;
		char *kept = !custom && strict && t->strict &&
		    q->dialect != NULL && q->dialect->structured ?
		    strict_schema(t->parameters, true) : NULL;

		buf_adds(out, i == 0 ? ",\"tools\":[" : ",");
		buf_adds(out, custom ? "{\"type\":\"custom\",\"name\":" :
		    "{\"type\":\"function\",\"name\":");
		json_quote(out, t->name, strlen(t->name));
		buf_adds(out, ",\"description\":");
		json_quote(out, t->description, strlen(t->description));
		if (custom) {
			buf_adds(out, ",\"format\":{\"type\":\"grammar\","
			    "\"syntax\":\"lark\",\"definition\":");
			json_quote(out, t->grammar, strlen(t->grammar));
			buf_adds(out, "}}");
			options |= REQUEST_CUSTOM;
			continue;
		}
		/* If omitted it defaults to true, which requires another kind
		 * of schema. */
		buf_addf(out, ",\"strict\":%s,\"parameters\":%s}", kept ==
		    NULL ? "false" : "true", kept == NULL ? t->parameters :
		    kept);
		options |= kept == NULL ? 0 : REQUEST_STRICT;
		free(kept);
	}
	if (q->tools_len > 0)
		buf_addc(out, ']');
	if (q->tools_len > 0 && q->no_calls)
		buf_adds(out, ",\"tool_choice\":\"none\"");
	return options;
}

/*
 * Reasoning: how much, a summary for display, and all of it encrypted, to send
 * back. If effort is among the items, the one for the whole request, which is
 * part of the cache key, is always the same.
 */
static unsigned
responses_put_reasoning(struct buf *out, const struct request *q,
    enum effort *e)
{
	const struct model_facts *f = q->facts;
	enum thinking how = facts_thinking(f, THINKING_EFFORT, e);
	unsigned options = 0;

	if (!responses_model_reasons(q->model) || how == THINKING_NONE)
		return 0;
	if (how == THINKING_EFFORT && *e != EFFORT_UNSET)
		options |= REQUEST_EFFORT;
	if (facts_marks(f, *e))
		options |= REQUEST_MARKERS;
	options |= REQUEST_ENCRYPTED | (*e == EFFORT_OFF ? 0 : REQUEST_DISPLAY);
	options &= ~q->without;
	if ((options & REQUEST_EFFORT) == 0)
		options &= ~(unsigned)REQUEST_MARKERS;
	if ((options & REQUEST_ENCRYPTED) != 0)
		buf_adds(out, "\"include\":[\"reasoning.encrypted_content\"],");
	if ((options & (REQUEST_EFFORT | REQUEST_DISPLAY)) == 0)
		return options;
	buf_adds(out, "\"reasoning\":{");
	if ((options & REQUEST_EFFORT) != 0)
		buf_addf(out, "\"effort\":\"%s\"%s",
		    *e == EFFORT_OFF
			? "none"
			: facts_effort_name((options & REQUEST_MARKERS) != 0
						? EFFORT_MEDIUM
						: *e),
		    (options & REQUEST_DISPLAY) != 0 ? "," : "");
	if ((options & REQUEST_DISPLAY) != 0)
		buf_adds(out, "\"summary\":\"auto\"");
	buf_adds(out, "},");
	return options;
}

unsigned
responses_request(struct buf *out, const struct request *q)
{
	static const char marker[] = RESPONSES_MARKER;
	enum effort e = q->effort;
	unsigned options;
	const char *text;
	bool first = true;
	size_t i;

	buf_adds(out, "{\"stream\":true,\"store\":false,");
	options = responses_put_reasoning(out, q, &e);
	if (q->conversation != NULL && (q->without & REQUEST_CACHE_KEY) == 0) {
		options |= REQUEST_CACHE_KEY;
		buf_adds(out, "\"prompt_cache_key\":");
		json_quote(out, q->conversation, strlen(q->conversation));
		buf_addc(out, ',');
	}
	buf_addf(out, "\"max_output_tokens\":%lld,\"model\":",
	    (long long)q->max_tokens);
	json_quote(out, q->model, strlen(q->model));
	options |= responses_put_tools(out, q);
	if (q->system != NULL && q->system[0] != '\0') {
		buf_adds(out, ",\"instructions\":");
		json_quote(out, q->system, strlen(q->system));
	}
	buf_adds(out, ",\"input\":[");
	for (i = 0; i < q->messages_len; i++) {
		text = q->messages[i];
		if ((options & REQUEST_MARKERS) == 0 &&
		    strncmp(text, marker, sizeof(marker) - 1) == 0)
			text = strstr(text, RESPONSES_MARKER_END) +
			    sizeof(RESPONSES_MARKER_END);
		if (!first)
			buf_addc(out, ',');
		first = false;
		buf_adds(out, text);
	}
	if ((options & REQUEST_MARKERS) != 0)
		responses_put_marker(out, e, &first);
	buf_adds(out, "]}");
	return options;
}

unsigned
responses_refused(const struct provider_error *e, unsigned options)
{
	static const struct refusal rows[] = {
		{ "configuration_update", REQUEST_MARKERS },
		{ "verified to generate reasoning", REQUEST_DISPLAY },
		{ "reasoning.summary", REQUEST_DISPLAY },
		{ "reasoning.effort", REQUEST_EFFORT },
		{ "prompt_cache_key", REQUEST_CACHE_KEY },
		{ "strict", REQUEST_STRICT },
		{ "invalid schema", REQUEST_STRICT },
		{ "custom", REQUEST_CUSTOM },
		{ "grammar", REQUEST_CUSTOM },
		{ "lark", REQUEST_CUSTOM },
		/* A server that doesn't support one doesn't support the
		 * other. */
		{ "reasoning", REQUEST_ENCRYPTED | REQUEST_DISPLAY |
		  REQUEST_EFFORT },
		{ "encrypted", REQUEST_ENCRYPTED },
		{ "include", REQUEST_ENCRYPTED },
	};

	if (e->status != 400 && e->status != 422)
		return 0;
	if (strcasestr(e->message, "encrypted content") != NULL &&
	    (strcasestr(e->message, "verif") != NULL ||
	    strcasestr(e->message, "decrypt") != NULL))
		return REQUEST_SIGNED;
	return provider_refused_option(rows, MEM_COUNT(rows), e->message, options);
}
