#include "config.h"

#include "core/context.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"

struct context {
	const struct provider_format *format;
	char		*model;
	const struct dialect *dialect;
	char		**messages;	/* serialized */
	size_t		 len, cap;
	/* Calls of the last assistant message and the results so far. */
	struct message_result *results;
	size_t		 results_len, results_have;
	struct buf	 held;	/* user's words said before all were in, or
				   while the model was being asked */
	bool		 asking;	/* a turn has begun, no answer yet */
};

struct context *
context_new(const struct provider_format *format, const char *model,
    const struct dialect *dialect)
{
	struct context *c = xcalloc(1, sizeof(*c));

	c->format = format;
	c->model = xstrdup(model);
	c->dialect = dialect;
	return c;
}

static void
context_results_clear(struct context *c)
{
	size_t i;

	for (i = 0; i < c->results_len; i++) {
		free(c->results[i].id);
		free(c->results[i].name);
		free(c->results[i].text);
	}
	free(c->results);
	c->results = NULL;
	c->results_len = c->results_have = 0;
}

void
context_free(struct context *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < c->len; i++)
		free(c->messages[i]);
	free(c->messages);
	context_results_clear(c);
	buf_release(&c->held);
	free(c->model);
	free(c);
}

static void
context_push(struct context *c, const struct message *m)
{
	struct buf b = BUF_INIT(0);

	c->format->message(&b, m, c->model, c->dialect);
	if (c->len == c->cap) {
		c->cap = c->cap == 0 ? 16 : 2 * c->cap;
		c->messages = xreallocarray(c->messages, c->cap,
		    sizeof(*c->messages));
	}
	c->messages[c->len++] = buf_take(&b);
}

/* All results are in: one message, with the words that were held back. */
static void
context_push_results(struct context *c)
{
	struct message m = { .role = MESSAGE_TOOL_RESULTS };

	m.results = c->results;
	m.results_len = c->results_len;
	m.text = c->held.len > 0 ? c->held.p : NULL;
	context_push(c, &m);
	context_results_clear(c);
	buf_clear(&c->held);
}

static void
context_user(struct context *c, const char *text)
{
	struct message m = { .role = MESSAGE_USER };
	char *copy;

	if (c->results_len > 0 || c->asking) {
		if (c->held.len > 0)
			buf_adds(&c->held, "\n\n");
		buf_adds(&c->held, text);
		return;
	}
	copy = xstrdup(text);
	m.text = copy;
	context_push(c, &m);
	free(copy);
}

/* Words that were held back and no longer need to be. */
static void
context_flush_held(struct context *c)
{
	struct message m = { .role = MESSAGE_USER };

	if (c->held.len == 0 || c->results_len > 0)
		return;
	m.text = c->held.p;
	context_push(c, &m);
	buf_clear(&c->held);
}

static void
context_assistant(struct context *c, const cJSON *event)
{
	struct message m = { .role = MESSAGE_ASSISTANT };
	const cJSON *calls = json_array(event, "calls"), *it;
	char *text;
	size_t n, i = 0;

	text = xstrdup_null(json_str(event, "text"));
	m.text = text;
	m.raw = json_get(event, "raw");
	m.raw_format = json_str(event, "raw_format");
	m.raw_model = json_str(event, "raw_model");
	n = (size_t)cJSON_GetArraySize(calls);
	if (n == 0 && (text == NULL || text[0] == '\0') && m.raw == NULL) {
		free(text);
		return;
	}
	m.calls = xcalloc(n, sizeof(*m.calls));
	m.calls_len = n;
	c->results = xcalloc(n, sizeof(*c->results));
	c->results_len = n;
	cJSON_ArrayForEach(it, calls) {
		struct err e = ERR_INIT;
		const char *args = json_str_or(it, "arguments", "{}");
		cJSON *parsed = json_parse(args, strlen(args),
		    JSON_NUL_REPLACE, &e);

		m.calls[i].id = xstrdup(json_str_or(it, "id", "call"));
		m.calls[i].name = xstrdup(json_str_or(it, "name", "unknown"));
		/* Arguments that are no object would be refused by servers. */
		m.calls[i].arguments = xstrdup(
		    json_bool(it, "complete", true) && cJSON_IsObject(parsed) ?
		    args : "{}");
		cJSON_Delete(parsed);
		c->results[i].id = xstrdup(m.calls[i].id);
		c->results[i].name = xstrdup(m.calls[i].name);
		i++;
	}
	context_push(c, &m);
	for (i = 0; i < n; i++) {
		free(m.calls[i].id);
		free(m.calls[i].name);
		free(m.calls[i].arguments);
	}
	free(m.calls);
	free(text);
	if (n == 0)
		context_results_clear(c);
}

/* Calls that never got a result: a provider refuses unanswered calls. */
static void
context_answer_open(struct context *c)
{
	size_t i;

	if (c->results_len == 0)
		return;
	for (i = 0; i < c->results_len; i++) {
		if (c->results[i].text != NULL)
			continue;
		c->results[i].text = xstrdup(
		    "not finished: the run was interrupted");
		c->results[i].ok = false;
	}
	context_push_results(c);
}

static void
context_result(struct context *c, const cJSON *event)
{
	const char *id = json_str_or(event, "id", "");
	size_t i;

	for (i = 0; i < c->results_len; i++) {
		if (c->results[i].text != NULL ||
		    strcmp(c->results[i].id, id) != 0)
			continue;
		c->results[i].text = xstrdup(json_str_or(event, "text", ""));
		c->results[i].ok = json_bool(event, "ok", false);
		if (++c->results_have == c->results_len)
			context_push_results(c);
		return;
	}
}

void
context_event(struct context *c, const cJSON *event)
{
	const char *type = json_str_or(event, "type", "");

	if (strcmp(type, "turn_start") == 0 ||
	    strcmp(type, "agent_end") == 0) {
		context_flush_held(c);
		c->asking = type[0] == 't';
	} else if (strcmp(type, "user_message") == 0)
		context_user(c, json_str_or(event, "text", ""));
	else if (strcmp(type, "assistant_message") == 0) {
		if (json_bool(event, "broken", false))
			return;
		c->asking = false;
		context_answer_open(c);
		context_assistant(c, event);
		context_flush_held(c);
	} else if (strcmp(type, "tool_result") == 0)
		context_result(c, event);
}

const char *const *
context_messages(struct context *c, size_t *n)
{
	context_answer_open(c);
	*n = c->len;
	return (const char *const *)c->messages;
}
