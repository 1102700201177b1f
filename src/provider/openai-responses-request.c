/*
 * What goes out to a Responses server.  It keeps nothing of ours ("store" is
 * false): each request has the whole conversation as a list of items, and the
 * reasoning goes along in encrypted form.  A message is one or more items, and
 * their text depends on nothing but the message and the model, so that it is
 * made once and the bytes of a prefix never change.
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

	/* An answer is given back with the type of an answer: some servers
	 * take nothing else from the assistant. */
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
	cJSON *o = cJSON_CreateObject(), *parsed;
	char *args = reply_echo_args(arguments);

	json_add_str(o, "type", custom ? "custom_tool_call" : "function_call");
	json_add_str(o, "call_id", id);
	json_add_str(o, "name", reply_echo_name(name));
	if (custom) {
		parsed = json_parse(args, strlen(args), JSON_NUL_REPLACE,
		    NULL);
		json_add_str(o, "input", json_str_or(parsed, "input", ""));
		cJSON_Delete(parsed);
	} else
		json_add_str(o, "arguments", args);
	free(args);
	return o;
}

/* `first` says whether a comma is needed, and is false afterwards. */
static void
responses_put(struct buf *out, const cJSON *o, bool *first)
{
	char *text = json_print(o);

	if (!*first)
		buf_addc(out, ',');
	*first = false;
	buf_adds(out, text);
	free(text);
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

/* `custom`: calls may be of that kind. */
static void
responses_put_assistant(struct buf *out, const struct message *m,
    const char *model, bool custom, bool *first)
{
	const cJSON *item;
	size_t i;

	/* Encrypted reasoning is bound to the model that made it. */
	if (m->raw_format != NULL && m->raw_model != NULL &&
	    strcmp(m->raw_format, openai_responses_format.name) == 0 &&
	    strcmp(m->raw_model, model) == 0 && cJSON_IsArray(m->raw) &&
	    cJSON_GetArraySize(m->raw) > 0 &&
	    (custom || !responses_has_custom(m))) {
		cJSON_ArrayForEach(item, m->raw)
			responses_put(out, item, first);
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
		char *told = message_result_told(r);
		cJSON *o = cJSON_CreateObject();

		json_add_str(o, "type", custom && r->custom ?
		    "custom_tool_call_output" : "function_call_output");
		json_add_str(o, "call_id", r->id);
		json_add_str(o, "output", told);
		responses_put_take(out, o, first);
		free(told);
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

#define RESPONSES_ENCRYPTED "\"include\":[\"reasoning.encrypted_content\"],"
#define RESPONSES_CACHE "\"prompt_cache_key\":"
#define RESPONSES_SUMMARY "\"reasoning\":{\"summary\":\"auto\"},"

/* Models that do not reason refuse to be asked for it. What is not known by
 * its name is asked, and responses_body_amend helps where that is wrong. */
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

static void
responses_put_tools(struct buf *out, const struct request *q)
{
	size_t i;

	for (i = 0; i < q->tools_len; i++) {
		const struct tool_schema *t = &q->tools[i];
		char *kept = t->strict && q->dialect != NULL &&
		    q->dialect->structured ? strict_schema(t->parameters,
		    true) : NULL;
		bool custom = t->grammar != NULL && q->dialect != NULL &&
		    q->dialect->custom_tools;

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
			continue;
		}
		/* Left out it would count as true, which wants a schema of
		 * another kind. */
		buf_addf(out, ",\"strict\":%s,\"parameters\":%s}", kept ==
		    NULL ? "false" : "true", kept == NULL ? t->parameters :
		    kept);
		free(kept);
	}
	if (q->tools_len > 0)
		buf_addc(out, ']');
	if (q->tools_len > 0 && q->no_calls)
		buf_adds(out, ",\"tool_choice\":\"none\"");
}

void
responses_request(struct buf *out, const struct request *q)
{
	size_t i;

	/* The options stand before anything that holds foreign text, so that
	 * responses_body_amend finds them by their exact words. */
	buf_adds(out, "{\"stream\":true,\"store\":false,");
	if (responses_model_reasons(q->model))
		buf_adds(out, RESPONSES_ENCRYPTED RESPONSES_SUMMARY);
	if (q->conversation != NULL) {
		buf_adds(out, RESPONSES_CACHE);
		json_quote(out, q->conversation, strlen(q->conversation));
		buf_addc(out, ',');
	}
	buf_addf(out, "\"max_output_tokens\":%lld,\"model\":",
	    (long long)q->max_tokens);
	json_quote(out, q->model, strlen(q->model));
	responses_put_tools(out, q);
	if (q->system != NULL && q->system[0] != '\0') {
		buf_adds(out, ",\"instructions\":");
		json_quote(out, q->system, strlen(q->system));
	}
	buf_adds(out, ",\"input\":[");
	for (i = 0; i < q->messages_len; i++) {
		if (i > 0)
			buf_addc(out, ',');
		buf_adds(out, q->messages[i]);
	}
	buf_adds(out, "]}");
}

/* The body without this option, or NULL if it is not there. */
static char *
responses_without(const char *body, const char *option)
{
	const char *at = strstr(body, option);

	if (at == NULL)
		return NULL;
	return xasprintf("%.*s%s", (int)(at - body), body,
	    at + strlen(option));
}

/* The body with a schema that need not be kept. */
static char *
responses_not_strict(const char *body)
{
	static const char yes[] = "\"strict\":true,", no[] =
	    "\"strict\":false,";
	const char *at = strstr(body, yes);

	if (at == NULL)
		return NULL;
	return xasprintf("%.*s%s%s", (int)(at - body), body, no,
	    at + strlen(yes));
}

/* The body without the key of the cache, which is an option with a value. */
static char *
responses_without_cache(const char *body)
{
	const char *at = strstr(body, RESPONSES_CACHE), *end;

	if (at == NULL || (end = strstr(at, "\",")) == NULL)
		return NULL;
	return xasprintf("%.*s%s", (int)(at - body), body, end + 2);
}

/*
 * The body without its reasoning, which another model or account has sealed.
 * What is left must not name itself either: by its id the server would know
 * that something is missing.
 */
static char *
responses_without_reasoning(const char *body)
{
	cJSON *o = json_parse(body, strlen(body), JSON_NUL_REFUSE, NULL);
	cJSON *list = cJSON_GetObjectItemCaseSensitive(o, "input"), *it, *next;
	char *text = NULL;
	bool any = false;

	for (it = list == NULL ? NULL : list->child; it != NULL; it = next) {
		next = it->next;
		if (strcmp(json_str_or(it, "type", ""), "reasoning") == 0) {
			cJSON_Delete(cJSON_DetachItemViaPointer(list, it));
			any = true;
		} else
			cJSON_DeleteItemFromObjectCaseSensitive(it, "id");
	}
	if (any)
		text = json_print(o);
	cJSON_Delete(o);
	return text;
}

char *
responses_body_amend(const char *body, const struct provider_error *e)
{
	char *half, *whole;

	if (e->status != 400 && e->status != 422)
		return NULL;
	if (strcasestr(e->message, "verified to generate reasoning") != NULL)
		return responses_without(body, RESPONSES_SUMMARY);
	if (strcasestr(e->message, "encrypted content") != NULL &&
	    (strcasestr(e->message, "verif") != NULL ||
	    strcasestr(e->message, "decrypt") != NULL))
		return responses_without_reasoning(body);
	if (strstr(e->message, "prompt_cache_key") != NULL)
		return responses_without_cache(body);
	if (strcasestr(e->message, "strict") != NULL ||
	    strcasestr(e->message, "invalid schema") != NULL)
		return responses_not_strict(body);
	/* Who does not know the one does not know the other. */
	if (strcasestr(e->message, "reasoning") == NULL &&
	    strcasestr(e->message, "encrypted") == NULL &&
	    strcasestr(e->message, "include") == NULL)
		return NULL;
	half = responses_without(body, RESPONSES_SUMMARY);
	if (half == NULL)
		return NULL;
	whole = responses_without(half, RESPONSES_ENCRYPTED);
	free(half);
	return whole;
}

void
responses_headers(struct buf *out, const char *key)
{
	if (key == NULL)
		return;
	buf_addf(out, "Authorization: Bearer %s", key);
	buf_addc(out, '\0');
}
