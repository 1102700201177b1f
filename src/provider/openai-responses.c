/*
 * openai-responses: reads OpenAI's Responses API and its variants in compatible
 * servers (llama.cpp, vLLM, Ollama). An answer is a list of items: messages,
 * reasoning, calls. Each is announced, arrives in pieces, and is repeated in
 * full at its end; the last version counts.
 *
 * Sources: the OpenAI API reference, "Responses" and its streaming events;
 * recorded streams for what servers omit.
 */
#include "config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "provider/dialect.h"
#include "provider/format.h"
#include "provider/provider.h"
#include "provider/schema.h"

enum item_kind {
	ITEM_OTHER,		/* of the server's own tools, or unknown */
	ITEM_CALL,
	ITEM_MESSAGE,
	ITEM_REASONING,
};

enum piece_kind { PIECE_ARGS, PIECE_REFUSAL, PIECE_TEXT, PIECE_THINKING };

struct item {
	enum item_kind	 kind;
	int64_t		 index;		/* -1: the server gives none */
	char		*id;		/* or NULL */
	char		*call_id;	/* or NULL */
	char		*name;		/* or NULL */
	bool		 custom;	/* a call whose argument is plain
					   text */
	char		*input;		/* that as an object, built on
					   request */
	struct buf	 args;
	struct buf	 text;
	struct buf	 refusal;
	bool		 thought;	/* part of its thinking was kept */
	int64_t		 part;		/* the current part of a summary */
	cJSON		*done;		/* the complete item from its end event,
					   or NULL */
};

struct items {
	struct item	*list;
	size_t		 len;
	struct buf	 thinking;	/* all of them, in order of arrival */
	bool		 has_text;
};

#define RESPONSES_MARKER "{\"type\":\"configuration_update\",\"reasoning\":" \
    "{\"effort\":\""
#define RESPONSES_MARKER_END "\"}}"

static void
responses_add_image(cJSON *list, const struct message_image *image)
{
	cJSON *part = cJSON_CreateObject();
	AUTO_FREE char *data = xasprintf("data:%s;base64,%s", image->type,
	    image->data);

	JSON_ADD_TEXTS(part, "type", "input_image", "image_url", data,
	    "detail", "auto");
	cJSON_AddItemToArray(list, part);
}

/* New items of an input; arguments that aren't an object become {}. */
static cJSON *
responses_text_item(const char *text)
{
	cJSON *o = JSON_TEXTS("type", "message", "role", "assistant"), *list;

	/* Assistant content needs the type of an answer: some servers accept
	 * nothing else. */
	list = cJSON_AddArrayToObject(o, "content");
	provider_add_text(list, "output_text", text);
	(void)cJSON_AddArrayToObject(list->child, "annotations");
	return o;
}

static cJSON *
responses_call_item(const char *id, const char *name, const char *arguments,
    bool custom)
{
	cJSON *o = cJSON_CreateObject();
	AUTO_FREE char *args = reply_echo_args(arguments);

	JSON_ADD_TEXTS(o, "type", custom ? "custom_tool_call" : "function_call",
	    "call_id", id, "name", reply_echo_name(name));
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
responses_comma(struct buf *out, bool *first)
{
	if (!*first)
		buf_addc(out, ',');
	*first = false;
}

static void
responses_put(struct buf *out, const cJSON *o, bool *first)
{
	responses_comma(out, first);
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
	cJSON *o = cJSON_CreateObject(), *list;
	bool words = m->text != NULL && m->text[0] != '\0';

	json_add_str(o, "role", "user");
	list = cJSON_AddArrayToObject(o, "content");
	MEM_EACH(m, images, image)
		responses_add_image(list, image);
	if (words || m->images_len == 0)
		provider_add_text(list, "input_text", words ? m->text : "");
	responses_put_take(out, o, first);
}

static bool
responses_has_custom(const struct message *m)
{
	MEM_EACH(m, calls, call)
		if (call->custom)
			return true;
	return false;
}

/* An item as received. If its reasoning is left out, its id is, too, since the
 * server would notice from the id that something is missing. */
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
	responses_comma(out, first);
	buf_addf(out, RESPONSES_MARKER "%s" RESPONSES_MARKER_END,
	    facts_effort_names[e]);
}

/* `custom`: custom calls are allowed. */
static void
responses_put_assistant(struct buf *out, const struct message *m,
    const char *model, bool custom, bool *first)
{
	const cJSON *item;

	if (m->effort > EFFORT_OFF)
		responses_put_marker(out, m->effort, first);
	/* Encrypted reasoning is bound to the model that made it. */
	if (provider_raw_fits(m, &openai_responses_format, model) &&
	    cJSON_IsArray(m->raw) && cJSON_GetArraySize(m->raw) > 0 &&
	    (custom || !responses_has_custom(m))) {
		cJSON_ArrayForEach(item, m->raw)
			responses_put_raw(out, m, item, first);
		return;
	}
	if ((m->text != NULL && m->text[0] != '\0') || m->calls_len == 0)
		responses_put_take(out, responses_text_item(m->text == NULL ?
		    "" : m->text), first);
	MEM_EACH(m, calls, call)
		responses_put_take(out, responses_call_item(call->id,
		    call->name, call->arguments,
		    custom && call->custom), first);
}

/* The results of calls, if there are any, and the user's message. */
static void
responses_put_results(struct buf *out, const struct message *m, bool custom,
    bool *first)
{
	MEM_EACH(m, results, r) {
		AUTO_FREE char *told = provider_result_told(r);
		cJSON *o = JSON_TEXTS("type", custom && r->custom ?
		    "custom_tool_call_output" : "function_call_output",
		    "call_id", r->id, "output", told);

		responses_put_take(out, o, first);
	}
	if ((m->text != NULL && m->text[0] != '\0') || m->images_len > 0 ||
	    *first)
		responses_put_user(out, m, first);
}

static void
responses_message(struct buf *out, const struct message *m, const char *model,
    const struct dialect *dialect)
{
	bool first = true;
	bool custom = dialect != NULL && dialect->custom_tools;

	if (m->role == MESSAGE_ASSISTANT)
		responses_put_assistant(out, m, model, custom, &first);
	else
		responses_put_results(out, m, custom, &first);
}

/* Models without reasoning reject a request for it. Unknown models are
 * asked. */
static bool
responses_model_reasons(const char *model)
{
	static const char *const older[] = { "chatgpt", "gpt-3", "gpt-4" };

	return !MEM_BEGINS(older, model);
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
		AUTO_FREE char *kept = !custom && strict && t->strict &&
		    q->dialect != NULL && q->dialect->structured ?
		    strict_schema(t->parameters, true) : NULL;

		buf_adds(out, i == 0 ? ",\"tools\":[" : ",");
		provider_open_tool(out, custom ? "{\"type\":\"custom\"," :
		    "{\"type\":\"function\",", t);
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
			: facts_effort_names[(options & REQUEST_MARKERS) != 0
						? EFFORT_MEDIUM
						: *e],
		    (options & REQUEST_DISPLAY) != 0 ? "," : "");
	if ((options & REQUEST_DISPLAY) != 0)
		buf_adds(out, "\"summary\":\"auto\"");
	buf_adds(out, "},");
	return options;
}

static unsigned
responses_request(struct buf *out, const struct request *q)
{
	enum effort e = q->effort;
	bool first = q->messages_len == 0;
	unsigned options;

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
	provider_add_messages(out, q, (options & REQUEST_MARKERS) != 0 ? NULL :
	    RESPONSES_MARKER, RESPONSES_MARKER_END);
	if ((options & REQUEST_MARKERS) != 0)
		responses_put_marker(out, e, &first);
	buf_adds(out, "]}");
	return options;
}

static const struct refusal responses_refusals[] = {
	/* "The encrypted content ... could not be verified", or so. */
	{ "not be verified", REQUEST_SIGNED },
	{ "not be decrypted", REQUEST_SIGNED },
	{ "decrypt encrypted content", REQUEST_SIGNED },
	{ "verify encrypted content", REQUEST_SIGNED },
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
	/* A server that doesn't support one doesn't support the other. */
	{ "reasoning", REQUEST_ENCRYPTED | REQUEST_DISPLAY | REQUEST_EFFORT },
	{ "encrypted", REQUEST_ENCRYPTED },
	{ "include", REQUEST_ENCRYPTED },
	{ NULL, 0 },
};

/*
 * output_index says which item a piece belongs to; if a server omits it,
 * item_id does. Ids alone are not enough, because some proxies give each event
 * a new one. With neither, it is the newest item of its kind.
 */

#define RESPONSES_ITEMS_MAX 1024

static enum item_kind
item_kind_of(const cJSON *item)
{
	static const struct {
		const char	*type;
		enum item_kind	 kind;
	} kinds[] = {
		{ "custom_tool_call", ITEM_CALL },
		{ "function_call", ITEM_CALL },
		{ "message", ITEM_MESSAGE },
		{ "reasoning", ITEM_REASONING },
	};
	const char *type = json_str(item, "type");

	return MEM_FIND(kinds, type) == NULL ? ITEM_OTHER :
	    MEM_FIND(kinds, type)->kind;
}

/* By index, or, if there is none (-1), by id; NULL if there is no such item. */
static struct item *
item_find(struct items *l, int64_t index, const char *id)
{
	size_t i;

	for (i = l->len; i-- > 0;) {
		struct item *it = &l->list[i];

		if (index >= 0 ? it->index == index : id != NULL &&
		    it->id != NULL && strcmp(it->id, id) == 0)
			return it;
	}
	return NULL;
}

static struct item *
item_newest(struct items *l, enum item_kind kind)
{
	size_t i;

	for (i = l->len; i-- > 0;)
		if (l->list[i].kind == kind)
			return &l->list[i];
	return NULL;
}

/* NULL if there are too many. */
static struct item *
item_add(struct items *l, struct decoder *d, int64_t index, const char *id,
    enum item_kind kind)
{
	struct item *it;

	if (l->len == RESPONSES_ITEMS_MAX) {
		provider_error_set(&d->error, PROVIDER_PROTOCOL, false,
		    "more than %d items in one answer", RESPONSES_ITEMS_MAX);
		return NULL;
	}
	it = GROW_ADD(l->list, l->len);
	it->kind = kind;
	it->index = index;
	decoder_set(&it->id, id);
	return it;
}

/* Set the call's name; the first one shows that a call has begun. NULL is
 * ignored. */
static void
item_show_call(struct decoder *d, struct item *it, const char *name)
{
	bool first = it->name == NULL;

	decoder_set(&it->name, name);
	if (!first || it->name == NULL)
		return;
	decoder_emit_call(d, it->name);
}

/* An item's own data at its start. */
static void
item_take(struct decoder *d, struct item *it, const cJSON *o)
{
	decoder_set(&it->id, json_str(o, "id"));
	if (it->kind != ITEM_CALL)
		return;
	it->custom = it->custom || json_is(o, "type", "custom_tool_call");
	decoder_set(&it->call_id, json_str(o, "call_id"));
	item_show_call(d, it, json_str(o, "name"));
}

/* Separate two messages, or two thoughts. */
static void
item_gap(struct items *l, struct decoder *d, struct item *it, enum piece_kind kind,
    int64_t part)
{
	static const char gap[] = "\n\n";

	if (kind == PIECE_TEXT) {
		if (it->text.len == 0 && l->has_text)
			decoder_emit(d, DELTA_TEXT, gap, 2);
		l->has_text = true;
	} else if (kind == PIECE_THINKING) {
		if (l->thinking.len > 0 && (!it->thought || it->part != part))
			decoder_append(d, &l->thinking, DELTA_THINKING,
			    gap);
		it->thought = true;
		it->part = part;
	}
}

/* `part`: the part of a summary. NULL is ignored. */
static void
item_piece(struct items *l, struct decoder *d, struct item *it, enum piece_kind kind,
    int64_t part, const char *s)
{
	if (s == NULL || s[0] == '\0')
		return;
	item_gap(l, d, it, kind, part);
	switch (kind) {
	case PIECE_ARGS:
		decoder_append(d, &it->args, DELTA_CALL, s);
		break;
	case PIECE_REFUSAL:
		/* Shown in place of the answer. */
		decoder_append(d, &it->refusal, DELTA_TEXT, s);
		break;
	case PIECE_TEXT:
		decoder_append(d, &it->text, DELTA_TEXT, s);
		break;
	case PIECE_THINKING:
		decoder_append(d, &l->thinking, DELTA_THINKING, s);
		break;
	}
}

/* Has any of it arrived? */
static bool
item_has(const struct item *it, enum piece_kind kind)
{
	switch (kind) {
	case PIECE_ARGS:
		return it->args.len > 0;
	case PIECE_REFUSAL:
		return it->refusal.len > 0;
	case PIECE_TEXT:
		return it->text.len > 0;
	case PIECE_THINKING:
		return it->thought;
	}
	return false;
}

/* The complete item: show what was not streamed. */
static void
item_finish(struct items *l, struct decoder *d, struct item *it, const cJSON *o)
{
	bool thought = it->thought, text = it->text.len > 0;
	bool refusal = it->refusal.len > 0;
	const cJSON *p;
	int64_t n = 0;

	item_take(d, it, o);
	cJSON_Delete(it->done);
	it->done = cJSON_Duplicate(o, 1);
	if (it->kind == ITEM_CALL && it->args.len == 0)
		item_piece(l, d, it, PIECE_ARGS, 0, json_str(o, it->custom ?
		    "input" : "arguments"));
	if (it->kind == ITEM_REASONING && !thought) {
		cJSON_ArrayForEach(p, json_array(o, "summary"))
			item_piece(l, d, it, PIECE_THINKING, n++,
			    json_str(p, "text"));
		cJSON_ArrayForEach(p, json_array(o, "content"))
			item_piece(l, d, it, PIECE_THINKING, n++,
			    json_str(p, "text"));
	}
	if (it->kind != ITEM_MESSAGE)
		return;
	cJSON_ArrayForEach(p, json_array(o, "content")) {
		if (!text)
			item_piece(l, d, it, PIECE_TEXT, 0, json_str(p, "text"));
		if (!refusal)
			item_piece(l, d, it, PIECE_REFUSAL, 0,
			    json_str(p, "refusal"));
	}
}

/* A call's arguments, as an object; borrowed. */
static const char *
item_args(struct item *it)
{
	if (it->custom) {
		AUTO_JSON cJSON *o = JSON_TEXTS("input", json_str_or(it->done,
		    "input", buf_str(&it->args)));

		FREE_SET(it->input, json_print(o));
		return it->input;
	}
	return json_str_or(it->done, "arguments", buf_str(&it->args));
}

/* The item to send back; NULL if it must not be. A call has its call_id. */
static cJSON *
item_json(struct item *it)
{
	AUTO_FREE char *args = NULL;
	cJSON *o;

	switch (it->kind) {
	case ITEM_CALL:
		if (it->done == NULL)
			return responses_call_item(it->call_id,
			    it->name == NULL ? "" : it->name, item_args(it),
			    it->custom);
		o = cJSON_Duplicate(it->done, 1);
		/* Send it back as received, without what would be rejected. */
		args = reply_echo_args(item_args(it));
		if (it->custom && json_str(o, "input") == NULL)
			json_add_str(o, "input", buf_str(&it->args));
		else if (!it->custom && !json_is(o, "arguments", args))
			json_add_str(o, "arguments", args);
		if (json_str_or(o, "call_id", "")[0] == '\0')
			json_add_str(o, "call_id", it->call_id);
		if (json_str_or(o, "name", "")[0] == '\0')
			json_add_str(o, "name", reply_echo_name(it->name));
		return o;
	case ITEM_MESSAGE:
		if (it->done != NULL)
			return cJSON_Duplicate(it->done, 1);
		return it->text.len == 0 ? NULL :
		    responses_text_item(buf_str(&it->text));
	case ITEM_REASONING:
		/* A bare id means nothing to a server that stores nothing. */
		if (json_str_or(it->done, "encrypted_content", "")[0] == '\0'
		    && cJSON_GetArraySize(json_array(it->done, "content")) == 0)
			return NULL;
		return cJSON_Duplicate(it->done, 1);
	case ITEM_OTHER:
		return it->done == NULL ? NULL : cJSON_Duplicate(it->done, 1);
	}
	return NULL;
}

static void
items_release(struct items *l)
{
	size_t i;

	for (i = 0; i < l->len; i++) {
		struct item *it = &l->list[i];

		FREE_ALL(it->id, it->call_id, it->name, it->input);
		buf_release(&it->args);
		buf_release(&it->text);
		buf_release(&it->refusal);
		cJSON_Delete(it->done);
	}
	free(l->list);
	buf_release(&l->thinking);
}

struct responses {
	struct decoder	 d;		/* first */
	struct items	 items;
	char		*status;	/* at the end: "completed", ... */
	char		*reason;	/* why it is incomplete */
};

struct responses_piece;

static void	responses_piece(struct responses *d,
    const struct responses_piece *piece, const cJSON *root);

/* ---- events ---- */

/* The item that an event is about; a new one if it has none yet. */
static struct item *
responses_item(struct responses *d, const cJSON *root, const cJSON *o)
{
	int64_t index = json_int(root, "output_index", -1);
	struct item *it = item_find(&d->items, index, json_str(o, "id"));

	return it != NULL ? it : item_add(&d->items, &d->d, index,
	    json_str(o, "id"), item_kind_of(o));
}

static void
responses_on_added(struct responses *d, const cJSON *root)
{
	const cJSON *o = json_get(root, "item");
	struct item *it = responses_item(d, root, o);

	if (it != NULL)
		item_take(&d->d, it, o);
}

static void
responses_on_done(struct responses *d, const cJSON *root)
{
	const cJSON *o = json_get(root, "item");
	struct item *it = responses_item(d, root, o);

	if (it != NULL && it->kind == item_kind_of(o))
		item_finish(&d->items, &d->d, it, o);
}

static void
responses_usage(struct responses *d, const cJSON *u)
{
	static const struct json_field counts[] = {
		USAGE_FIELD(input, "input_tokens"),
		USAGE_FIELD(output, "output_tokens"),
	}, in[] = {
		USAGE_FIELD(cached, "cached_tokens"),
		USAGE_FIELD(cache_write, "cache_write_tokens"),
	};
	struct usage *to = &d->d.usage;

	JSON_READ(to, u, counts);
	JSON_READ(to, json_get(u, "input_tokens_details"), in);
	to->reasoning = json_int(json_get(u, "output_tokens_details"),
	    "reasoning_tokens", to->reasoning);
}

/* Items of the final list that no event had in full. */
static void
responses_fill(struct responses *d, const cJSON *list)
{
	const cJSON *o;
	struct item *it;
	int64_t i = 0;

	cJSON_ArrayForEach(o, list) {
		if (i < (int64_t)d->items.len) {
			it = &d->items.list[i];
			if (it->done == NULL && it->kind == item_kind_of(o))
				item_finish(&d->items, &d->d, it, o);
		} else if ((it = item_add(&d->items, &d->d, i, json_str(o, "id"),
		    item_kind_of(o))) != NULL)
			item_finish(&d->items, &d->d, it, o);
		if (it == NULL)
			return;
		i++;
	}
}

static void
responses_on_end(struct responses *d, const cJSON *root)
{
	const cJSON *o = d->d.whole ? root : json_get(root, "response");
	const char *type = json_str_or(d->d.whole ? NULL : root, "type",
	    "response.completed");

	d->status = xstrdup(json_str_or(o, "status",
	    type + strlen("response.")));
	d->reason = xstrdup_null(json_str(json_get(o, "incomplete_details"),
	    "reason"));
	responses_usage(d, json_get(o, "usage"));
	responses_fill(d, json_array(o, "output"));
	if (d->d.error.kind == PROVIDER_OK && (strcmp(d->status, "failed") ==
	    0 || strcmp(d->status, "cancelled") == 0))
		provider_error_from_json(&d->d.error, 0, "", o);
	d->d.done = true;
}

static void
responses_on_error(struct responses *d, const cJSON *root)
{
	/* With an object of its own it is from the service, and response.failed
	 * repeats it. */
	if (cJSON_IsObject(json_get(root, "error")))
		d->status = xstrdup("failed");
	provider_error_from_json(&d->d.error, 0, "", root);
}

static const struct {
	const char	*type;
	void		(*take)(struct responses *, const cJSON *);
} responses_events[] = {
	{ "error", responses_on_error },
	{ "response.completed", responses_on_end },
	{ "response.failed", responses_on_end },
	{ "response.incomplete", responses_on_end },
	{ "response.output_item.added", responses_on_added },
	{ "response.output_item.done", responses_on_done },
};

/* Events with a piece of an item; those with `whole` set have all of it again,
 * if no piece was seen. */
static const struct responses_piece {
	const char	*type;
	const char	*member;
	enum item_kind	 item;
	enum piece_kind	 piece;
	bool		 whole;
} responses_pieces[] = {
	{ "response.custom_tool_call_input.delta", "delta",
	    ITEM_CALL, PIECE_ARGS, false },
	{ "response.custom_tool_call_input.done", "input",
	    ITEM_CALL, PIECE_ARGS, true },
	{ "response.function_call_arguments.delta", "delta",
	    ITEM_CALL, PIECE_ARGS, false },
	{ "response.function_call_arguments.done", "arguments",
	    ITEM_CALL, PIECE_ARGS, true },
	{ "response.output_text.delta", "delta",
	    ITEM_MESSAGE, PIECE_TEXT, false },
	{ "response.output_text.done", "text",
	    ITEM_MESSAGE, PIECE_TEXT, true },
	{ "response.reasoning_summary_text.delta", "delta",
	    ITEM_REASONING, PIECE_THINKING, false },
	{ "response.reasoning_summary_text.done", "text",
	    ITEM_REASONING, PIECE_THINKING, true },
	{ "response.reasoning_text.delta", "delta",
	    ITEM_REASONING, PIECE_THINKING, false },
	{ "response.reasoning_text.done", "text",
	    ITEM_REASONING, PIECE_THINKING, true },
	{ "response.refusal.delta", "delta",
	    ITEM_MESSAGE, PIECE_REFUSAL, false },
	{ "response.refusal.done", "refusal",
	    ITEM_MESSAGE, PIECE_REFUSAL, true },
};

static void
responses_piece(struct responses *d, const struct responses_piece *piece,
    const cJSON *root)
{
	int64_t index = json_int(root, "output_index", -1);
	const char *id = json_str(root, "item_id");
	struct item *it = index < 0 && id == NULL ?
	    item_newest(&d->items, piece->item) :
	    item_find(&d->items, index, id);

	/* A server that omits the start event loses nothing. */
	if (it == NULL)
		it = item_add(&d->items, &d->d, index, id, piece->item);
	if (it == NULL || it->kind != piece->item)
		return;
	if (it->kind == ITEM_CALL) {
		it->custom = it->custom || strncmp(piece->type,
		    "response.custom_", 16) == 0;
		item_show_call(&d->d, it, json_str(root, "name"));
	}
	if (piece->whole && item_has(it, piece->piece))
		return;
	item_piece(&d->items, &d->d, it, piece->piece,
	    json_int(root, "summary_index", 0),
	    json_str(root, piece->member));
}

static void
responses_take(struct decoder *base, const char *event, const cJSON *root)
{
	struct responses *d = (struct responses *)base;
	const char *type = json_str_or(root, "type", event);
	const struct responses_piece *piece;

	if (base->whole && json_array(root, "output") != NULL)
		type = "response.completed";
	else if (json_get(root, "type") == NULL &&
	    json_get(root, "error") != NULL)
		type = "error";
	if (strncmp(type, "response.", 9) == 0 || strcmp(type, "error") == 0)
		d->d.seen = true;
	if (MEM_FIND(responses_events, type) != NULL) {
		MEM_FIND(responses_events, type)->take(d, root);
		return;
	}
	piece = MEM_FIND(responses_pieces, type);
	if (piece != NULL)
		responses_piece(d, piece, root);
}

/* ---- the end of an answer ---- */

static void
responses_end_text(struct responses *d, struct reply *r)
{
	struct buf text = BUF_INIT(0), refusal = BUF_INIT(0);
	size_t i, from;

	for (i = 0; i < d->items.len; i++) {
		struct item *it = &d->items.list[i];
		const cJSON *p;

		if (it->kind != ITEM_MESSAGE)
			continue;
		from = text.len;
		if (it->done == NULL || json_array(it->done, "content") ==
		    NULL) {
			buf_adds(&text, from > 0 && it->text.len > 0 ?
			    "\n\n" : "");
			buf_adds(&text, buf_str(&it->text));
			buf_adds(&refusal, buf_str(&it->refusal));
			continue;
		}
		cJSON_ArrayForEach(p, json_array(it->done, "content")) {
			const char *s = json_str_or(p, "text", "");

			if (from > 0 && text.len == from && s[0] != '\0')
				buf_adds(&text, "\n\n");
			buf_adds(&text, s);
			buf_adds(&refusal, json_str_or(p, "refusal", ""));
		}
	}
	FREE_SET(r->text, buf_take(&text));
	FREE_SET(r->refusal, buf_take(&refusal));
	FREE_SET(r->thinking, buf_take(&d->items.thinking));
}

static void
responses_end_stop(struct responses *d, struct reply *r)
{
	if (d->status != NULL && d->reason != NULL)
		r->stop_raw = xasprintf("%s:%s", d->status, d->reason);
	else
		r->stop_raw = xstrdup_null(d->status);
	if (!decoder_end_stop(&d->d, d->status != NULL, r))
		return;
	r->stop_unknown = d->reason != NULL &&
	    strcmp(d->reason, "content_filter") != 0 &&
	    strcmp(d->reason, "max_output_tokens") != 0;
	if (strcmp(d->status, "incomplete") == 0)
		/* Unknown reasons mean the same: it is cut off. */
		r->stop = d->reason != NULL && strcmp(d->reason,
		    "content_filter") == 0 ? REPLY_CONTENT_FILTER :
		    REPLY_MAX_TOKENS;
	else if (item_newest(&d->items, ITEM_CALL) != NULL)
		r->stop = REPLY_TOOL_CALLS;
	else
		r->stop = r->refusal[0] != '\0' ? REPLY_REFUSAL : REPLY_END;
}

/* The last call came as plain text, from which its arguments were made; that
 * doesn't show that its end is missing. */
static void
responses_end_custom(struct reply *r, bool whole)
{
	struct reply_call *c = &r->calls[r->calls_len - 1];

	c->custom = true;
	c->complete = whole;
	if (whole)
		return;
	json_drop(&c->args);
	xstrset(&c->args_error, "the call was cut off");
}

static void
responses_end_calls(struct responses *d, struct reply *r)
{
	size_t i;
	bool whole;

	for (i = 0; i < d->items.len; i++) {
		struct item *it = &d->items.list[i];

		if (it->kind != ITEM_CALL)
			continue;
		if (it->call_id == NULL)
			it->call_id = reply_make_id();
		whole = r->stop == REPLY_TOOL_CALLS && it->done != NULL &&
		    !json_is(it->done, "status", "incomplete");
		reply_add_call(r, it->call_id, it->name == NULL ? "" :
		    it->name, item_args(it), whole);
		if (it->custom)
			responses_end_custom(r, whole);
	}
}

/*
 * The items in order, if text and calls alone would lose something. Reasoning
 * with nothing after it is omitted: the API rejects it.
 */
static cJSON *
responses_end_raw(struct responses *d)
{
	cJSON *list, *o, *last;
	bool special = false;
	size_t i;

	list = cJSON_CreateArray();
	for (i = 0; i < d->items.len; i++) {
		struct item *it = &d->items.list[i];

		if ((o = item_json(it)) == NULL)
			continue;
		cJSON_AddItemToArray(list, o);
		special = special || it->kind == ITEM_REASONING ||
		    it->kind == ITEM_OTHER || json_get(o, "phase") != NULL;
	}
	while ((last = list->child) != NULL) {
		while (last->next != NULL)
			last = last->next;
		if (item_kind_of(last) != ITEM_REASONING)
			break;
		cJSON_Delete(cJSON_DetachItemViaPointer(list, last));
	}
	if (special && list->child != NULL)
		return list;
	cJSON_Delete(list);
	return NULL;
}

static void
responses_end(struct decoder *base, struct reply *r)
{
	struct responses *d = (struct responses *)base;

	responses_end_text(d, r);
	responses_end_stop(d, r);
	responses_end_calls(d, r);
	r->raw = responses_end_raw(d);
}

static void
responses_release(struct decoder *base)
{
	struct responses *d = (struct responses *)base;

	items_release(&d->items);
	FREE_ALL(d->status, d->reason);
}

static const struct decoder_ops responses_ops = {
	.size = sizeof(struct responses),
	.bare_errors = true,
	.take = responses_take,
	.end = responses_end,
	.release = responses_release,
};

const struct provider_format openai_responses_format = {
	.name = "openai-responses",
	.url_suffix = "/responses",
	.list_suffix = "/models",
	.message = responses_message,
	.request = responses_request,
	.auth = "bearer",
	.decoder = &responses_ops,
	/* A request may have 50 MB. */
	.images = { .bytes = 15000000, .total = 30000000 },
	.refusals = responses_refusals,
};
