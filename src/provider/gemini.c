/*
 * gemini: reads the Gemini API. An answer is a list of parts, in pieces of the
 * whole response; it ends with a finish reason and then the end of the stream.
 * A part may carry a signature, which must go back with that part, so signed
 * parts are never joined.
 *
 * Sources: the Gemini API documentation, "GenerateContentResponse", "Function
 * calling", "Thought signatures"; google.rpc for the details of errors.
 */
#include "config.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "provider/format.h"
#include "provider/provider.h"
#include "provider/schema.h"

/*
 * Abilities that older models lack; unknown models are treated as new. New
 * models reject a conversation if a call by another model has no signature:
 * this is the API's own value for "no signature".
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

/* The name if the API accepts it, else a valid one made from it; borrowed. */
static const char *
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
	/* A part without text is rejected. */
	if (text != NULL && text[0] != '\0')
		cJSON_AddItemToArray(parts, JSON_TEXTS("text", text));
}

static void
gemini_add_images(cJSON *parts, const struct message *m)
{
	cJSON *part, *o;

	MEM_EACH(m, images, image) {
		part = cJSON_CreateObject();
		o = cJSON_AddObjectToObject(part, "inlineData");
		JSON_ADD_TEXTS(o, "mimeType", image->type, "data", image->data);
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
	cJSON *part = cJSON_CreateObject();
	cJSON *o = cJSON_AddObjectToObject(part, "functionCall");
	AUTO_FREE char *args = reply_echo_args(c->arguments);

	gemini_add_id(o, c->id);
	json_add_str(o, "name", gemini_name(c->name));
	json_set_take(o, "args", json_parse(args, strlen(args),
	    JSON_NUL_REFUSE, NULL));
	if (first && gemini_model_find(model)->wants_signature)
		json_add_str(part, "thoughtSignature", GEMINI_NO_SIGNATURE);
	return part;
}

static cJSON *
gemini_assistant_parts(const struct message *m, const char *model)
{
	const cJSON *raw = json_array(m->raw, "parts");
	cJSON *parts;
	size_t i;

	/* As received: signatures are bound to the model that made them. */
	if (!m->unbound && provider_raw_fits(m, &gemini_format, model) &&
	    cJSON_GetArraySize(raw) > 0)
		return cJSON_Duplicate(raw, 1);
	parts = cJSON_CreateArray();
	gemini_add_text(parts, m->text);
	for (i = 0; i < m->calls_len; i++)
		cJSON_AddItemToArray(parts, gemini_call_part(&m->calls[i],
		    i == 0, model));
	return parts;
}

/* The user's message, after the results of calls if there are any. */
static cJSON *
gemini_user_parts(const struct message *m)
{
	cJSON *parts = cJSON_CreateArray(), *part, *o;

	MEM_EACH(m, results, r) {
		part = cJSON_CreateObject();
		o = cJSON_AddObjectToObject(part, "functionResponse");
		gemini_add_id(o, r->id);
		json_add_str(o, "name", gemini_name(r->name));
		json_add_str(cJSON_AddObjectToObject(o, "response"), r->ok ?
		    "output" : "error", r->text == NULL ? "" : r->text);
		cJSON_AddItemToArray(parts, part);
	}
	gemini_add_images(parts, m);
	gemini_add_text(parts, m->text);
	return parts;
}

static void
gemini_message(struct buf *out, const struct message *m, const char *model,
    const struct dialect *dialect UNUSED)
{
	AUTO_JSON cJSON *o = cJSON_CreateObject();
	bool own = m->role == MESSAGE_ASSISTANT;
	cJSON *parts = own ? gemini_assistant_parts(m, model) :
	    gemini_user_parts(m);

	if (cJSON_GetArraySize(parts) == 0)
		gemini_add_text(parts, "(empty)");
	json_add_str(o, "role", own ? "model" : "user");
	json_set_take(o, "parts", parts);
	json_append(out, o);
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
		provider_open_tool(out, "{", t);
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
		level = e != EFFORT_OFF ? facts_effort_names[e]
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

static unsigned
gemini_request(struct buf *out, const struct request *q)
{
	unsigned options;

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
	provider_add_messages(out, q, NULL, NULL);
	buf_adds(out, "]}");
	return options;
}

/* A model that doesn't think rejects a request for its thoughts. */
static const struct refusal gemini_refusals[] = {
	{ "thinking_level", REQUEST_EFFORT },
	{ "thinkingLevel", REQUEST_EFFORT },
	{ "thinking level", REQUEST_EFFORT },
	{ "thinkingBudget", REQUEST_EFFORT },
	{ "thinking_budget", REQUEST_EFFORT },
	{ "budget", REQUEST_EFFORT },
	{ "thought_signature", REQUEST_SIGNED },
	{ "thought signature", REQUEST_SIGNED },
	{ "think", REQUEST_THINKING },
	{ NULL, 0 },
};

#define GEMINI_PARTS_MAX 1024

struct gemini_part {
	bool			 is_call;
	struct buf		 text;
	struct buf		 signature;
	/* A call: */
	cJSON			*call;		/* as received */
	char			*id;
	bool			 nul;		/* contained a NUL character */
};

struct gemini {
	struct decoder		 d;		/* first */
	struct gemini_part	*parts;
	size_t			 parts_len;
	struct buf		 thinking;
	char			*finish;
	char			*message;	/* about the finish */
	char			*block;		/* why the prompt was blocked */
	int64_t			 in_tools;	/* not part of the input */
};

/* ---- decoder ---- */

static struct gemini_part *
gemini_part_add(struct gemini *d, bool is_call)
{
	struct gemini_part *p;

	if (d->parts_len == GEMINI_PARTS_MAX) {
		provider_error_set(&d->d.error, PROVIDER_PROTOCOL, false,
		    "more than %d parts in one answer", GEMINI_PARTS_MAX);
		return NULL;
	}
	p = GROW_ADD(d->parts, d->parts_len);
	p->is_call = is_call;
	return p;
}

static void
gemini_take_text(struct gemini *d, const char *text, const char *signature)
{
	struct gemini_part *p = d->parts_len == 0 ? NULL :
	    &d->parts[d->parts_len - 1];

	if (text[0] == '\0' && signature == NULL)
		return;
	if (p == NULL || p->is_call || p->signature.len > 0 ||
	    signature != NULL)
		p = gemini_part_add(d, false);
	if (p == NULL)
		return;
	decoder_append(&d->d, &p->text, DELTA_TEXT, text);
	decoder_append(&d->d, &p->signature, DELTA_NONE, signature);
}

static struct gemini_part *
gemini_call_begin(struct gemini *d, const cJSON *call)
{
	const char *name = json_str_or(call, "name", "");
	const char *id = json_str_or(call, "id", "");
	struct gemini_part *p = gemini_part_add(d, true);

	if (p == NULL)
		return NULL;
	if (id[0] == '\0') {
		AUTO_FREE char *made = reply_make_id();

		p->id = xasprintf(REPLY_OWN_ID "%s", made);
	} else
		p->id = xstrdup(id);
	p->call = cJSON_Duplicate(call, 1);
	decoder_emit_call(&d->d, name);
	return p;
}

static void
gemini_take_call(struct gemini *d, const cJSON *call, const char *signature)
{
	const cJSON *args = json_get(call, "args");
	struct gemini_part *p;

	if (call->child == NULL ||
	    (p = gemini_call_begin(d, call)) == NULL)
		return;
	decoder_append(&d->d, &p->signature, DELTA_NONE, signature);
	if (cJSON_IsObject(args)) {
		AUTO_FREE char *text = json_print(args);

		decoder_emit(&d->d, DELTA_CALL, text, strlen(text));
	}
	p->nul = d->d.nul;
}

static void
gemini_take_part(struct gemini *d, const cJSON *part)
{
	const cJSON *call = json_get(part, "functionCall");
	const char *text = json_str(part, "text");
	const char *signature = json_str(part, "thoughtSignature");

	if (signature != NULL && signature[0] == '\0')
		signature = NULL;
	/* Summaries of thoughts are for display, and never sent back. */
	if (json_bool(part, "thought", false))
		decoder_append(&d->d, &d->thinking, DELTA_THINKING, text);
	else if (cJSON_IsObject(call))
		gemini_take_call(d, call, signature);
	else if (text != NULL || signature != NULL)
		gemini_take_text(d, text == NULL ? "" : text, signature);
}

/* The counts cover the answer so far; the last one counts. */
static void
gemini_usage(struct gemini *d, const cJSON *u)
{
	static const struct json_field counts[] = {
		USAGE_FIELD(input, "promptTokenCount"),
		USAGE_FIELD(cached, "cachedContentTokenCount"),
		USAGE_FIELD(output, "candidatesTokenCount"),
		USAGE_FIELD(reasoning, "thoughtsTokenCount"),
	};

	JSON_READ(&d->d.usage, u, counts);
	d->in_tools = json_int(u, "toolUsePromptTokenCount", d->in_tools);
}

static void
gemini_take(struct decoder *base, const char *event, const cJSON *root)
{
	struct gemini *d = (struct gemini *)base;
	const cJSON *candidate, *feedback, *part, *it;
	const cJSON *error = json_get(root, "error");

	/* A server that ignores "alt=sse" sends a list of the events. */
	if (base->whole && cJSON_IsArray(root)) {
		cJSON_ArrayForEach(it, root)
			if (base->error.kind == PROVIDER_OK)
				gemini_take(base, event, it);
		return;
	}
	if (cJSON_IsArray(root) || strcmp(event, "error") == 0 ||
	    (error != NULL && !cJSON_IsNull(error))) {
		provider_error_from_json(&d->d.error, 0, "", root);
		return;
	}
	candidate = cJSON_GetArrayItem(json_array(root, "candidates"), 0);
	feedback = json_get(root, "promptFeedback");
	if (candidate != NULL || feedback != NULL ||
	    json_get(root, "usageMetadata") != NULL) {
		d->d.seen = true;
		d->d.done = d->d.whole;
	}
	gemini_usage(d, json_get(root, "usageMetadata"));
	decoder_set(&d->block, json_str(feedback, "blockReason"));
	if (d->block != NULL)
		decoder_set(&d->message, json_str(feedback,
		    "blockReasonMessage"));
	cJSON_ArrayForEach(part, json_array(json_get(candidate, "content"),
	    "parts"))
		if (d->d.error.kind == PROVIDER_OK)
			gemini_take_part(d, part);
	decoder_set(&d->finish, json_str(candidate, "finishReason"));
	decoder_set(&d->message, json_str(candidate, "finishMessage"));
}

/* ---- the end of an answer ---- */

/* Sorted by result; STOP and unknown words end it normally. */
static const struct gemini_stop {
	const char			*word;
	enum reply_stop			 stop;
	enum provider_error_kind	 kind;	/* with REPLY_ERROR */
	bool				 retry;
} gemini_stops[] = {
	{ "BLOCKLIST", REPLY_CONTENT_FILTER, PROVIDER_OK, false },
	{ "IMAGE_SAFETY", REPLY_CONTENT_FILTER, PROVIDER_OK, false },
	{ "LANGUAGE", REPLY_CONTENT_FILTER, PROVIDER_OK, false },
	{ "PROHIBITED_CONTENT", REPLY_CONTENT_FILTER, PROVIDER_OK, false },
	{ "RECITATION", REPLY_CONTENT_FILTER, PROVIDER_OK, false },
	{ "SAFETY", REPLY_CONTENT_FILTER, PROVIDER_OK, false },
	{ "SPII", REPLY_CONTENT_FILTER, PROVIDER_OK, false },
	{ "MALFORMED_FUNCTION_CALL", REPLY_ERROR, PROVIDER_MALFORMED_CALL,
	    true },
	{ "MISSING_THOUGHT_SIGNATURE", REPLY_ERROR, PROVIDER_INVALID_REQUEST,
	    false },
	{ "OTHER", REPLY_ERROR, PROVIDER_SERVER, true },
	{ "TOO_MANY_TOOL_CALLS", REPLY_ERROR, PROVIDER_MALFORMED_CALL, true },
	{ "UNEXPECTED_TOOL_CALL", REPLY_ERROR, PROVIDER_MALFORMED_CALL, true },
	{ "MAX_TOKENS", REPLY_MAX_TOKENS, PROVIDER_OK, false },
};

static void
gemini_end_stop(struct gemini *d, struct reply *r)
{
	const char *word = d->finish != NULL ? d->finish : d->block;
	const struct gemini_stop *row = MEM_FIND(gemini_stops, d->finish);

	r->stop_raw = xstrdup_null(word);
	if (row != NULL && row->stop == REPLY_ERROR &&
	    d->d.error.kind == PROVIDER_OK)
		provider_error_set(&d->d.error, row->kind, row->retry, "%s",
		    d->message == NULL ? "" : d->message);
	if (!decoder_end_stop(&d->d, word != NULL, r))
		return;
	if (d->finish == NULL)
		r->stop = REPLY_CONTENT_FILTER;
	else if (row != NULL)
		r->stop = row->stop;
	else {
		r->stop = d->d.calls > 0 ? REPLY_TOOL_CALLS : REPLY_END;
		r->stop_unknown = strcmp(d->finish, "STOP") != 0;
	}
	if (r->stop == REPLY_CONTENT_FILTER && d->message != NULL)
		xstrset(&r->refusal, d->message);
}

/*
 * The arguments as text. They came inside the event, where parsing replaced a
 * NUL by another character: put it back, so that the call is rejected as in
 * other formats.
 */
static char *
gemini_call_args(const struct gemini_part *p)
{
	const cJSON *args = json_get(p->call, "args");
	AUTO_FREE char *text = cJSON_IsObject(args) ? json_print(args) :
	    xstrdup("{}");

	return p->nul ? text_fill(text, "\xef\xbf\xbd", "\\u0000") :
	    xstrdup(text);
}

static void
gemini_end_parts(struct gemini *d, struct reply *r)
{
	struct buf text = BUF_INIT(0);

	MEM_EACH(d, parts, p) {
		AUTO_FREE char *s = NULL;

		if (!p->is_call) {
			buf_adds(&text, buf_str(&p->text));
			continue;
		}
		s = gemini_call_args(p);
		reply_add_call(r, p->id, json_str_or(p->call, "name", ""), s,
		    r->stop == REPLY_TOOL_CALLS);
	}
	FREE_SET(r->text, buf_take(&text));
	FREE_SET(r->thinking, buf_take(&d->thinking));
}

static cJSON *
gemini_part_json(const struct gemini_part *p)
{
	cJSON *o = cJSON_CreateObject(), *call;
	const char *name;

	if (p->is_call) {
		call = cJSON_Duplicate(p->call, 1);
		name = json_str_or(call, "name", "");
		if (strcmp(gemini_name(name), name) != 0)
			json_add_str(call, "name", gemini_name(name));
		json_set_take(o, "functionCall", call);
	} else
		json_add_str(o, "text", buf_str(&p->text));
	if (p->signature.len > 0)
		json_add_str(o, "thoughtSignature", p->signature.p);
	return o;
}

/* The parts in order, if text and calls alone would lose something. */
static cJSON *
gemini_end_raw(struct gemini *d)
{
	cJSON *o, *parts;
	bool special = false;

	MEM_EACH(d, parts, part)
		special = special || part->is_call || part->signature.len > 0;
	if (!special)
		return NULL;
	o = JSON_TEXTS("role", "model");
	parts = cJSON_AddArrayToObject(o, "parts");
	MEM_EACH(d, parts, it)
		cJSON_AddItemToArray(parts, gemini_part_json(it));
	return o;
}

static void
gemini_end_usage(const struct gemini *d, struct usage *u)
{
	if (u->input >= 0 && d->in_tools > 0)
		u->input += d->in_tools;
	if (u->reasoning >= 0)
		u->output = (u->output > 0 ? u->output : 0) + u->reasoning;
}

static void
gemini_end(struct decoder *base, struct reply *r)
{
	struct gemini *d = (struct gemini *)base;

	gemini_end_stop(d, r);
	gemini_end_parts(d, r);
	gemini_end_usage(d, &r->usage);
	r->raw = gemini_end_raw(d);
}

static void
gemini_release(struct decoder *base)
{
	struct gemini *d = (struct gemini *)base;

	MEM_EACH(d, parts, p) {
		buf_release(&p->text);
		buf_release(&p->signature);
		cJSON_Delete(p->call);
		free(p->id);
	}
	free(d->parts);
	buf_release(&d->thinking);
	FREE_ALL(d->finish, d->message, d->block);
}

static const struct decoder_ops gemini_ops = {
	.size = sizeof(struct gemini),
	.bare_errors = true,
	.take = gemini_take,
	.end = gemini_end,
	.release = gemini_release,
};

const struct provider_format gemini_format = {
	.name = "gemini",
	.url_suffix = "/v1beta/models/{model}:streamGenerateContent?alt=sse",
	.list_suffix = "/v1beta/models?pageSize=1000",
	.message = gemini_message,
	.request = gemini_request,
	.auth = "x-goog-api-key",
	.decoder = &gemini_ops,
	/* A request with inline data may have 20 MB. */
	.images = { .bytes = 10000000, .total = 13000000 },
	.refusals = gemini_refusals,
};
