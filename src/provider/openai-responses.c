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

#include "provider/openai-responses.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "provider/decoder.h"
#include "provider/error.h"
#include "provider/format.h"
#include "provider/openai-responses-items.h"
#include "provider/reply.h"

struct responses {
	struct decoder	 d;		/* first */
	struct items	 items;
	char		*status;	/* at the end: "completed", ... */
	char		*reason;	/* why it is incomplete */
};

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
		item_take(&d->items, &d->d, it, o);
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
	const cJSON *in = json_get(u, "input_tokens_details");
	const cJSON *out = json_get(u, "output_tokens_details");
	struct usage *to = &d->d.usage;

	to->input = json_int(u, "input_tokens", to->input);
	to->cached = json_int(in, "cached_tokens", to->cached);
	to->cache_write = json_int(in, "cache_write_tokens", to->cache_write);
	to->output = json_int(u, "output_tokens", to->output);
	to->reasoning = json_int(out, "reasoning_tokens", to->reasoning);
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
	const cJSON *o = json_get(root, "response");
	const char *type = json_str_or(root, "type", "response.completed");

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
		item_show_call(&d->items, &d->d, it, json_str(root, "name"));
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

	if (json_get(root, "type") == NULL && json_get(root, "error") != NULL)
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

static bool
responses_whole(struct decoder *base, const cJSON *root)
{
	struct responses *d = (struct responses *)base;
	AUTO_JSON cJSON *event = NULL;

	if (!json_is(root, "object", "response") ||
	    json_array(root, "output") == NULL)
		return false;
	event = cJSON_CreateObject();
	json_copy(event, "response", root);
	responses_on_end(d, event);
	return true;
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

static size_t
responses_count(const struct responses *d, enum item_kind kind)
{
	size_t i, n = 0;

	for (i = 0; i < d->items.len; i++)
		n += d->items.list[i].kind == kind;
	return n;
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
	else if (responses_count(d, ITEM_CALL) > 0)
		r->stop = REPLY_TOOL_CALLS;
	else
		r->stop = r->refusal[0] != '\0' ? REPLY_REFUSAL : REPLY_END;
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
			reply_call_custom(r, whole);
	}
	if (r->stop == REPLY_ERROR || r->stop == REPLY_TRUNCATED)
		reply_break_calls(r);
}

/*
 * The items in order, if text and calls alone would lose something. Reasoning
 * with nothing after it is omitted: the API rejects it.
 */
static cJSON *
responses_end_raw(struct responses *d, const struct reply *r)
{
	cJSON *list, *o, *last;
	bool special = false;
	size_t i;

	if (r->stop == REPLY_ERROR || r->stop == REPLY_TRUNCATED)
		return NULL;
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
	r->raw = responses_end_raw(d, r);
}

static void
responses_release(struct decoder *base)
{
	struct responses *d = (struct responses *)base;

	items_release(&d->items);
	free(d->status);
	free(d->reason);
}

static const struct decoder_ops responses_ops = {
	.size = sizeof(struct responses),
	.bare_errors = true,
	.take = responses_take,
	.whole = responses_whole,
	.end = responses_end,
	.release = responses_release,
};

const struct provider_format openai_responses_format = {
	.name = "openai-responses",
	.url_suffix = "/responses",
	.list_suffix = "/models",
	.message = responses_message,
	.request = responses_request,
	.headers = provider_bearer,
	.decoder = &responses_ops,
	/* A request may have 50 MB. */
	.images = { .bytes = 15000000, .total = 30000000 },
	.refused = responses_refused,
};
