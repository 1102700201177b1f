/*
 * Requests to the Gemini API. A message's text depends only on the message and
 * the model, so it is made once and the bytes of a prefix never change, as its
 * implicit cache requires.
 */
#include "config.h"

#include "provider/gemini.h"

#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/mem.h"
#include "provider/format.h"
#include "provider/plain-schema.h"
#include "provider/reply.h"

/*
 * What older models lack; unknown models are treated as new. New models reject
 * a conversation if a call that another model made has no signature: this is
 * the API's own value for "there is none".
 */
#define GEMINI_NO_SIGNATURE "skip_thought_signature_validator"

static const struct gemini_model {
	const char	*prefix;
	bool		 thinks;
	bool		 wants_signature;
} gemini_models[] = {
	{ "gemini-1", false, false },
	{ "gemini-2.0", false, false },
	{ "gemini-2", true, false },
	{ "gemma", false, false },
	{ "", true, true },
};

static const struct gemini_model *
gemini_model_find(const char *model)
{
	size_t i;

	for (i = 0; i + 1 < MEM_COUNT(gemini_models); i++)
		if (strncmp(model, gemini_models[i].prefix,
		    strlen(gemini_models[i].prefix)) == 0)
			break;
	return &gemini_models[i];
}

const char *
gemini_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ_";
	static const char rest[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789.:-";
	size_t n = name == NULL ? 0 : strlen(name);

	if (n == 0 || n > 128 || strchr(letters, name[0]) == NULL ||
	    strspn(name, rest) != n)
		return "unknown";
	return name;
}

static void
gemini_add_text(cJSON *parts, const char *text)
{
	cJSON *o;

	/* A part without text is rejected. */
	if (text == NULL || text[0] == '\0')
		return;
	o = cJSON_CreateObject();
	json_add_str(o, "text", text);
	cJSON_AddItemToArray(parts, o);
}

static void
gemini_add_images(cJSON *parts, const struct message *m)
{
	cJSON *part, *o;
	size_t i;

	for (i = 0; i < m->images_len; i++) {
		part = cJSON_CreateObject();
		o = cJSON_CreateObject();
		json_add_str(o, "mimeType", m->images[i].type);
		json_add_str(o, "data", m->images[i].data);
		json_set_take(part, "inlineData", o);
		cJSON_AddItemToArray(parts, part);
	}
}

static void
gemini_add_id(cJSON *o, const char *id)
{
	if (strncmp(id, REPLY_OWN_ID, strlen(REPLY_OWN_ID)) != 0)
		json_add_str(o, "id", id);
}

static cJSON *
gemini_call_part(const struct message_call *c, bool first, const char *model)
{
	cJSON *part = cJSON_CreateObject(), *o = cJSON_CreateObject();
	AUTO_FREE char *args = reply_echo_args(c->arguments);

	gemini_add_id(o, c->id);
	json_add_str(o, "name", gemini_name(c->name));
	json_set_take(o, "args", json_parse(args, strlen(args),
	    JSON_NUL_REFUSE, NULL));
	json_set_take(part, "functionCall", o);
	if (first && gemini_model_find(model)->wants_signature)
		json_add_str(part, "thoughtSignature", GEMINI_NO_SIGNATURE);
	return part;
}

static cJSON *
gemini_assistant_parts(const struct message *m, const char *model)
{
	cJSON *parts = cJSON_CreateArray();
	size_t i;

	gemini_add_text(parts, m->text);
	for (i = 0; i < m->calls_len; i++)
		cJSON_AddItemToArray(parts, gemini_call_part(&m->calls[i],
		    i == 0, model));
	return parts;
}

static cJSON *
gemini_result_parts(const struct message *m)
{
	cJSON *parts = cJSON_CreateArray(), *part, *o, *response;
	size_t i;

	for (i = 0; i < m->results_len; i++) {
		const struct message_result *r = &m->results[i];

		part = cJSON_CreateObject();
		o = cJSON_CreateObject();
		response = cJSON_CreateObject();
		gemini_add_id(o, r->id);
		json_add_str(o, "name", gemini_name(r->name));
		json_add_str(response, r->ok ? "output" : "error",
		    r->text == NULL ? "" : r->text);
		json_set_take(o, "response", response);
		json_set_take(part, "functionResponse", o);
		cJSON_AddItemToArray(parts, part);
	}
	gemini_add_images(parts, m);
	gemini_add_text(parts, m->text);
	return parts;
}

/* The parts as received: signatures are bound to the model that made them. */
static bool
gemini_raw_fits(const struct message *m, const char *model)
{
	return m->raw_format != NULL && m->raw_model != NULL && !m->unbound &&
	    strcmp(m->raw_format, gemini_format.name) == 0 &&
	    strcmp(m->raw_model, model) == 0 &&
	    cJSON_GetArraySize(json_array(m->raw, "parts")) > 0;
}

void
gemini_message(struct buf *out, const struct message *m, const char *model,
    const struct dialect *dialect)
{
	cJSON *o = cJSON_CreateObject(), *parts = NULL;
	const char *role = "user";

	(void)dialect;
	switch (m->role) {
	case MESSAGE_USER:
		parts = cJSON_CreateArray();
		gemini_add_images(parts, m);
		gemini_add_text(parts, m->text);
		break;
	case MESSAGE_ASSISTANT:
		role = "model";
		parts = gemini_raw_fits(m, model) ?
		    cJSON_Duplicate(json_array(m->raw, "parts"), 1) :
		    gemini_assistant_parts(m, model);
		break;
	case MESSAGE_TOOL_RESULTS:
		parts = gemini_result_parts(m);
		break;
	}
	if (cJSON_GetArraySize(parts) == 0)
		gemini_add_text(parts, "(empty)");
	json_add_str(o, "role", role);
	json_set_take(o, "parts", parts);
	json_append(out, o);
	cJSON_Delete(o);
}

static void
gemini_put_tools(struct buf *out, const struct request *q)
{
	size_t i;

	for (i = 0; i < q->tools_len; i++) {
		const struct tool_schema *t = &q->tools[i];
		AUTO_JSON cJSON *schema =
		    plain_schema_gemini(t->parameters);

		buf_adds(out, i == 0 ?
		    ",\"tools\":[{\"functionDeclarations\":[" : ",");
		buf_adds(out, "{\"name\":");
		json_quote(out, t->name, strlen(t->name));
		buf_adds(out, ",\"description\":");
		json_quote(out, t->description, strlen(t->description));
		if (schema != NULL) {
			buf_adds(out, ",\"parameters\":");
			json_append(out, schema);
		}
		buf_addc(out, '}');
	}
	if (q->tools_len > 0)
		buf_adds(out, "]}]");
	if (q->tools_len > 0 && q->no_calls)
		buf_adds(out, ",\"toolConfig\":{\"functionCallingConfig\":{"
		    "\"mode\":\"NONE\"}}");
}

/* Settings for a model that thinks; asks for its thoughts. */
static unsigned
gemini_put_thinking(struct buf *out, const struct request *q)
{
	enum effort e = q->effort;
	enum thinking how = facts_thinking(q->facts, THINKING_LEVEL, &e);
	const char *level = NULL, *p;

	if (!gemini_model_find(q->model)->thinks || how == THINKING_NONE ||
	    (q->without & REQUEST_THINKING) != 0)
		return 0;
	buf_adds(out, ",\"thinkingConfig\":{\"includeThoughts\":true");
	if ((q->without & REQUEST_EFFORT) != 0)
		e = EFFORT_UNSET;
	if (how == THINKING_LEVEL && e > EFFORT_HIGH)
		e = EFFORT_HIGH;	/* there is no higher one */
	if (e != EFFORT_UNSET && how == THINKING_BUDGET)
		buf_addf(out, ",\"thinkingBudget\":%lld",
		    (long long)facts_budget(e, q->max_tokens));
	else if (e != EFFORT_UNSET && how == THINKING_LEVEL)
		level = e != EFFORT_OFF ? facts_effort_name(e)
			: q->facts == NULL || q->facts->off[0] == '\0'
			    ? "minimal"
			    : q->facts->off;
	if (level != NULL) {
		buf_adds(out, ",\"thinkingLevel\":\"");
		for (p = level; *p != '\0'; p++)
			buf_addc(out, (char)(*p & ~0x20));
		buf_addc(out, '"');
	}
	buf_addc(out, '}');
	return REQUEST_THINKING | (e == EFFORT_UNSET ? 0 : REQUEST_EFFORT);
}

unsigned
gemini_request(struct buf *out, const struct request *q)
{
	unsigned options;
	size_t i;

	buf_addf(out, "{\"generationConfig\":{\"maxOutputTokens\":%lld",
	    (long long)q->max_tokens);
	options = gemini_put_thinking(out, q);
	buf_addc(out, '}');
	if (q->system != NULL && q->system[0] != '\0') {
		buf_adds(out, ",\"systemInstruction\":{\"parts\":[{\"text\":");
		json_quote(out, q->system, strlen(q->system));
		buf_adds(out, "}]}");
	}
	gemini_put_tools(out, q);
	buf_adds(out, ",\"contents\":[");
	for (i = 0; i < q->messages_len; i++) {
		if (i > 0)
			buf_addc(out, ',');
		buf_adds(out, q->messages[i]);
	}
	buf_adds(out, "]}");
	return options;
}

/* A model that doesn't think rejects a request for its thoughts. */
unsigned
gemini_refused(const struct provider_error *e, unsigned options)
{
	if (e->status != 400)
		return 0;
	if ((options & REQUEST_EFFORT) != 0 &&
	    (strcasestr(e->message, "thinking_level") != NULL ||
	    strcasestr(e->message, "thinkingLevel") != NULL ||
	    strcasestr(e->message, "thinking level") != NULL ||
	    strcasestr(e->message, "budget") != NULL))
		return REQUEST_EFFORT;
	if (strcasestr(e->message, "thought_signature") != NULL ||
	    strcasestr(e->message, "thought signature") != NULL)
		return REQUEST_SIGNED;
	return strcasestr(e->message, "think") != NULL ?
	    options & REQUEST_THINKING : 0;
}

void
gemini_headers(struct buf *out, const char *key, unsigned options)
{
	(void)options;
	if (key == NULL)
		return;
	buf_addf(out, "x-goog-api-key: %s", key);
	buf_addc(out, '\0');
}
