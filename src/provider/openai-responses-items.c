/*
 * output_index says which item a piece belongs to; if a server omits it,
 * item_id does. Ids alone are not enough, because some proxies give each event
 * a new one. With neither, it is the newest item of its kind.
 */
#include "config.h"

#include "provider/openai-responses-items.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "provider/decoder.h"
#include "provider/error.h"
#include "provider/openai-responses.h"
#include "provider/reply.h"

#define RESPONSES_ITEMS_MAX 1024

enum item_kind
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

struct item *
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

struct item *
item_newest(struct items *l, enum item_kind kind)
{
	size_t i;

	for (i = l->len; i-- > 0;)
		if (l->list[i].kind == kind)
			return &l->list[i];
	return NULL;
}

struct item *
item_add(struct items *l, struct decoder *d, int64_t index, const char *id,
    enum item_kind kind)
{
	struct item *it;

	if (l->len == RESPONSES_ITEMS_MAX) {
		provider_error_set(&d->error, PROVIDER_PROTOCOL, false,
		    "more than %d items in one answer", RESPONSES_ITEMS_MAX);
		return NULL;
	}
	GROW(l->list, l->len);
	it = &l->list[l->len++];
	memset(it, 0, sizeof(*it));
	it->kind = kind;
	it->index = index;
	decoder_set(&it->id, id);
	return it;
}

void
item_show_call(struct items *l, struct decoder *d, struct item *it, const char *name)
{
	bool first = it->name == NULL;

	decoder_set(&it->name, name);
	if (!first || it->name == NULL)
		return;
	if (l->calls_len++ > 0)
		decoder_emit(d, DELTA_CALL, "\n", 1);
	decoder_emit(d, DELTA_CALL, it->name, strlen(it->name));
	decoder_emit(d, DELTA_CALL, " ", 1);
}

void
item_take(struct items *l, struct decoder *d, struct item *it, const cJSON *o)
{
	decoder_set(&it->id, json_str(o, "id"));
	if (it->kind != ITEM_CALL)
		return;
	it->custom = it->custom || json_is(o, "type", "custom_tool_call");
	decoder_set(&it->call_id, json_str(o, "call_id"));
	item_show_call(l, d, it, json_str(o, "name"));
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

void
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

bool
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

void
item_finish(struct items *l, struct decoder *d, struct item *it, const cJSON *o)
{
	bool thought = it->thought, text = it->text.len > 0;
	bool refusal = it->refusal.len > 0;
	const cJSON *p;
	int64_t n = 0;

	item_take(l, d, it, o);
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

const char *
item_args(struct item *it)
{
	if (it->custom) {
		AUTO_JSON cJSON *o = cJSON_CreateObject();

		json_add_str(o, "input", json_str_or(it->done, "input",
		    buf_str(&it->args)));
		FREE_SET(it->input, json_print(o));
		return it->input;
	}
	return json_str_or(it->done, "arguments", buf_str(&it->args));
}

cJSON *
item_json(struct item *it)
{
	cJSON *o;
	char *args;

	switch (it->kind) {
	case ITEM_CALL:
		if (it->done == NULL)
			return responses_call_item(it->call_id,
			    it->name == NULL ? "" : it->name, item_args(it),
			    it->custom);
		o = cJSON_Duplicate(it->done, 1);
		/* As received, without what would be rejected. */
		args = reply_echo_args(item_args(it));
		if (it->custom && json_str(o, "input") == NULL)
			json_add_str(o, "input", buf_str(&it->args));
		else if (!it->custom && strcmp(json_str_or(o, "arguments",
		    ""), args) != 0)
			json_add_str(o, "arguments", args);
		if (json_str_or(o, "call_id", "")[0] == '\0')
			json_add_str(o, "call_id", it->call_id);
		if (json_str_or(o, "name", "")[0] == '\0')
			json_add_str(o, "name", reply_echo_name(it->name));
		free(args);
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

void
items_release(struct items *l)
{
	size_t i;

	for (i = 0; i < l->len; i++) {
		struct item *it = &l->list[i];

		free(it->id);
		free(it->call_id);
		free(it->name);
		free(it->input);
		buf_release(&it->args);
		buf_release(&it->text);
		buf_release(&it->refusal);
		cJSON_Delete(it->done);
	}
	free(l->list);
	buf_release(&l->thinking);
}
