/*
 * openai-chat-calls: assembles tool calls from their pieces. Many servers break
 * the rules for indexes and ids of calls: chat_call_for() explains how pieces
 * are joined. Cut arguments are never repaired.
 */
#include "config.h"

#include "provider/openai-chat-calls.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "provider/decoder.h"
#include "provider/error.h"
#include "provider/reply.h"

#define CHAT_CALLS_MAX 256
#define CHAT_LOOKS_MAX 64

static struct chat_call *
chat_call_new(struct chat_calls *l, struct decoder *d, const cJSON *index)
{
	struct chat_call *c;

	if (l->len == CHAT_CALLS_MAX) {
		provider_error_set(&d->error, PROVIDER_PROTOCOL, false,
		    "more than %d tool calls in one answer", CHAT_CALLS_MAX);
		return NULL;
	}
	GROW(l->list, l->len);
	c = &l->list[l->len++];
	memset(c, 0, sizeof(*c));
	if (cJSON_IsNumber(index)) {
		c->has_index = true;
		c->index = (int64_t)index->valuedouble;
	}
	return c;
}

static struct chat_call *
chat_call_by_id(const struct chat_calls *l, const char *id)
{
	size_t i;

	for (i = l->len; i-- > 0;)
		if (l->list[i].id != NULL && strcmp(l->list[i].id, id) == 0)
			return &l->list[i];
	return NULL;
}

static struct chat_call *
chat_call_by_index(const struct chat_calls *l, const cJSON *index)
{
	size_t i;

	for (i = l->len; i-- > 0;)
		if (l->list[i].has_index &&
		    l->list[i].index == (int64_t)index->valuedouble)
			return &l->list[i];
	return NULL;
}

/* Servers that make us guess send a call in few pieces; parsing again after
 * each of many would take hours. */
static bool
chat_call_is_whole(struct chat_call *c)
{
	AUTO_JSON cJSON *o = NULL;

	if (++c->looks > CHAT_LOOKS_MAX)
		return false;
	o = json_parse(buf_str(&c->args), c->args.len, JSON_NUL_REPLACE, NULL);
	return o != NULL;
}

/*
 * The call that a piece belongs to. Ids take precedence over indexes, because
 * several servers send index 0 for every call; a name without an id starts a
 * call if there is no index, or if the call with that index is complete.
 */
static struct chat_call *
chat_call_for(struct chat_calls *l, struct decoder *d, const cJSON *entry,
    const char *id, const char *name)
{
	const cJSON *index = json_get(entry, "index");
	struct chat_call *c = NULL;

	if (!cJSON_IsNumber(index) || !(index->valuedouble > -1e9 &&
	    index->valuedouble < 1e9))
		index = NULL;
	if (id != NULL) {
		if ((c = chat_call_by_id(l, id)) != NULL) {
			/* A different call, although the id is the same. */
			if (index != NULL && c->has_index && name != NULL &&
			    c->index != (int64_t)index->valuedouble &&
			    chat_call_is_whole(c))
				return chat_call_new(l, d, index);
			return c;
		}
		if (index != NULL)
			c = chat_call_by_index(l, index);
		if (c != NULL && c->id == NULL && c->name == NULL)
			return c;
		return chat_call_new(l, d, index);
	}
	if (index != NULL) {
		c = chat_call_by_index(l, index);
		if (c == NULL || (name != NULL && chat_call_is_whole(c)))
			return chat_call_new(l, d, index);
		return c;
	}
	if (name != NULL || l->len == 0)
		return chat_call_new(l, d, NULL);
	return &l->list[l->len - 1];
}

static void
chat_call_name(struct chat_calls *l, struct decoder *d, struct chat_call *c,
    const char *name)
{
	bool first = c->name == NULL;

	if (!first && strcmp(c->name, name) == 0)
		return;
	xstrset(&c->name, name);
	if (!first)
		return;
	if (l->len > 1)
		decoder_emit(d, DELTA_CALL, "\n", 1);
	decoder_emit(d, DELTA_CALL, name, strlen(name));
	decoder_emit(d, DELTA_CALL, " ", 1);
}

void
chat_calls_add(struct chat_calls *l, struct decoder *d, const cJSON *entry,
    const cJSON *function)
{
	const char *id = json_str(entry, "id");
	const char *name = json_str(function, "name");
	const cJSON *args = json_get(function, "arguments"), *extra;
	struct chat_call *c;

	if (!cJSON_IsObject(entry))
		return;
	if (id != NULL && id[0] == '\0')
		id = NULL;
	if (name != NULL && name[0] == '\0')
		name = NULL;
	if ((c = chat_call_for(l, d, entry, id, name)) == NULL)
		return;
	if (id != NULL && c->id == NULL)
		c->id = xstrdup(id);
	if (name != NULL)
		chat_call_name(l, d, c, name);
	if (cJSON_IsString(args)) {
		decoder_append(d, &c->args, DELTA_CALL, args->valuestring);
	} else if (cJSON_IsObject(args) || cJSON_IsArray(args)) {
		AUTO_FREE char *text = json_print(args);

		buf_clear(&c->args);
		decoder_append(d, &c->args, DELTA_CALL, text);
	}
	extra = json_get(entry, "extra_content");
	if (cJSON_IsObject(extra)) {
		cJSON_Delete(c->extra);
		c->extra = cJSON_Duplicate(extra, 1);
	}
}

void
chat_calls_end(struct chat_calls *l, struct reply *r)
{
	bool whole = r->stop == REPLY_TOOL_CALLS;
	size_t i;

	for (i = 0; i < l->len; i++) {
		struct chat_call *c = &l->list[i];
		/* gpt-oss templates leave parts of their marks. */
		char *mark = c->name == NULL ? NULL : strstr(c->name, "<|");

		if (mark != NULL && mark != c->name)
			*mark = '\0';
		/* "0" and "1" repeat in every answer. */
		if (c->id == NULL || strlen(c->id) < 4)
			FREE_SET(c->id, reply_make_id());
		/* In a cut-off answer only the last call can be incomplete. */
		reply_add_call(r, c->id, c->name == NULL ? "" : c->name,
		    buf_str(&c->args), whole ||
		    (r->stop != REPLY_ERROR && r->stop != REPLY_TRUNCATED &&
		    i + 1 < l->len && c->args.len > 0));
	}
	if (r->stop == REPLY_ERROR || r->stop == REPLY_TRUNCATED)
		reply_break_calls(r);
}

void
chat_calls_release(struct chat_calls *l)
{
	size_t i;

	for (i = 0; i < l->len; i++) {
		free(l->list[i].id);
		free(l->list[i].name);
		buf_release(&l->list[i].args);
		cJSON_Delete(l->list[i].extra);
	}
	free(l->list);
}
