/*
 * Texts that a server has for the user to send, by the name "SERVER:PROMPT". It
 * makes one when it is asked for, from the user's words, so it is new each time:
 * a stranger's text, which slash.c shows before it is sent.
 */

#include "config.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "core/kernel/core.h"
#include "core/mcp/mcp-int.h"

#define PROMPT_MS	30000
#define PROMPT_TEXT	((size_t)64 << 10)

/* "FILE [DEPTH]" */
static void
prompt_hint(const cJSON *prompt, struct buf *b)
{
	const cJSON *it;

	cJSON_ArrayForEach(it, json_array(prompt, "arguments"))
		buf_addf(b, json_bool(it, "required", false) ? "%s%s" :
		    "%s[%s]", b->len > 0 ? " " : "", json_str_or(it, "name",
		    "?"));
}

static void
prompt_list(const struct mcp_server *s, const cJSON *prompt,
    mcp_prompt_add *add, void *arg)
{
	AUTO_BUF struct buf hint = BUF_INIT(0);

	prompt_hint(prompt, &hint);
	add(arg, s->name, json_str_or(prompt, "name", ""), buf_str(&hint),
	    json_str_or(prompt, "description", json_str_or(prompt, "title",
	    "")));
}

void
mcp_prompts_list(struct core *c, mcp_prompt_add *add, void *arg)
{
	const cJSON *it;
	size_t i;

	mcp_ahead(c);
	for (i = 0; c->mcp != NULL && i < c->mcp->servers_len; i++)
		cJSON_ArrayForEach(it, json_get(c->mcp->servers[i]->listing,
		    "prompts"))
			prompt_list(c->mcp->servers[i], it, add, arg);
}

/* ---- its arguments ---- */

/* NULL: the user's word names none. */
static const cJSON *
prompt_named(const cJSON *args, const char *word)
{
	AUTO_FREE char *name = xmemdup(word, strcspn(word, "="));

	return word[strlen(name)] == '=' ? json_find(args, "name", name) : NULL;
}

/* The words in the order of the arguments, or NAME=VALUE. NULL with *e. */
static cJSON *
prompt_args(const cJSON *prompt, char *const *words, size_t n, struct err *e)
{
	const cJSON *args = json_array(prompt, "arguments"), *it, *next;
	cJSON *o = cJSON_CreateObject();
	size_t i;

	next = args == NULL ? NULL : args->child;
	for (i = 0; i < n; i++) {
		it = prompt_named(args, words[i]);
		while (it == NULL && next != NULL && json_get(o,
		    json_str_or(next, "name", "")) != NULL)
			next = next->next;
		if (it == NULL && next == NULL) {
			err_set(e, "there is no place for \"%.100s\"", words[i]);
			break;
		}
		json_set_take(o, json_str_or(it != NULL ? it : next, "name",
		    ""), cJSON_CreateString(it != NULL ? strchr(words[i], '=') +
		    1 : words[i]));
	}
	cJSON_ArrayForEach(it, args)
		if (json_bool(it, "required", false) && json_get(o,
		    json_str_or(it, "name", "")) == NULL)
			err_set(e, "\"%.100s\" is missing", json_str_or(it,
			    "name", ""));
	if (!err_is_set(e))
		return o;
	cJSON_Delete(o);
	return NULL;
}

/* ---- its text ---- */

static void
prompt_add(struct buf *b, const cJSON *message)
{
	const cJSON *content = json_get(message, "content");
	const char *text = json_str_or(content, "text", json_str_or(json_get(
	    content, "resource"), "text", NULL));

	if (b->len > 0)
		buf_adds(b, "\n\n");
	if (json_is(message, "role", "assistant"))
		buf_adds(b, "[as the assistant] ");
	if (text != NULL)
		sanitize_add(b, text, strlen(text), SANITIZE_LINES);
	else
		buf_addf(b, "[%.60s, which isn't sent]", json_str_or(content,
		    "type", "?"));
}

/* Nothing of it runs any more. */
static void
prompt_held(struct mcp_server *s, const cJSON *result UNUSED,
    const char *why UNUSED)
{
	struct mcp *m = s->core->mcp;
	AUTO_FREE char *made = m->made, *unmade = m->unmade;
	mcp_prompt_cb *done = m->prompted;

	m->made = m->unmade = NULL;
	m->prompted = NULL;
	done(s->core, made, unmade);
	core_soon(s->core);
}

static void
prompt_answered(struct mcp_server *s, const cJSON *result, const char *why)
{
	AUTO_BUF struct buf b = BUF_INIT(PROMPT_TEXT);
	struct mcp *m = s->core->mcp;
	const cJSON *it;

	cJSON_ArrayForEach(it, json_array(result, "messages"))
		prompt_add(&b, it);
	if (why == NULL && b.full)
		why = "made a text that is longer than 64 kB";
	else if (why == NULL && b.len == 0)
		why = "made an empty text";
	if (why != NULL)
		m->unmade = xasprintf("MCP server %s: %s", s->name, why);
	else
		m->made = buf_take(&b);
	mcp_server_hold(s, prompt_held);
}

/* "SERVER:PROMPT": the server, or NULL; *prompt: what it lists, or NULL. */
static struct mcp_server *
prompt_find(const struct core *c, const char *name, const cJSON **prompt)
{
	size_t n = strcspn(name, ":");
	AUTO_FREE char *server = xmemdup(name, n);
	struct mcp_server *s = c->mcp == NULL || name[n] == '\0' ? NULL :
	    mcp_server_find(c->mcp, server);

	*prompt = s == NULL ? NULL : json_find(json_get(s->listing, "prompts"),
	    "name", name + n + 1);
	return s;
}

bool
mcp_prompt_is(struct core *c, const char *name)
{
	const struct mcp_server *s;
	const cJSON *prompt;

	if (strchr(name, ':') != NULL)
		mcp_ahead(c);
	s = prompt_find(c, name, &prompt);
	return s != NULL && (prompt != NULL || s->starting);
}

int
mcp_prompt_get(struct core *c, const char *name, char *const *words, size_t n,
    mcp_prompt_cb *done, struct err *e)
{
	const cJSON *prompt;
	struct mcp_server *s = prompt_find(c, name, &prompt);
	AUTO_BUF struct buf hint = BUF_INIT(0);
	cJSON *params, *args;
	struct err why = ERR_INIT;

	if (prompt == NULL || s->starting)
		return err_set(e, "MCP server %s is starting: send it again "
		    "when it runs", s->name);
	if (c->mcp->prompted != NULL || c->mcp->reading != NULL || task_runs(c))
		return err_set(e, "/%s: send it when nothing else runs", name);
	if ((args = prompt_args(prompt, words, n, &why)) == NULL) {
		prompt_hint(prompt, &hint);
		return err_set(e, "/%s %s: %s", name, buf_str(&hint), why.text);
	}
	params = JSON_TEXTS("name", json_str(prompt, "name"));
	json_set_take(params, "arguments", args);
	c->mcp->prompted = done;
	mcp_server_ask_take(s, "prompts/get", params, PROMPT_MS,
	    prompt_answered);
	return 0;
}
