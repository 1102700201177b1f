#include "config.h"

#include "core/agent/aside.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "core/agent/turn.h"
#include "core/agent/budget.h"
#include "core/context/context.h"
#include "core/context/model.h"
#include "core/context/query.h"
#include "core/kernel/core.h"
#include "core/kernel/secrets.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/task-usage.h"
#include "provider/provider.h"

#define ASIDE_HUNK	8000	/* bytes of the hunk under the cursor, */
#define ASIDE_SAID	8000	/* and of the answer that streams: its end */

struct aside {
	struct core_request request;
	/* What the request asked: /model may choose another one meanwhile. */
	struct core_target target;
};

static void
aside_release(struct core *c)
{
	struct aside *a = c->aside;

	if (a != NULL)
		FREE_ALL(a->target.provider, a->target.model,
		    a->target.base_url, a->target.key_env, a);
	c->aside = NULL;
}

/* It is over, with the reply as far as there is one. */
static void
aside_end(struct core *c, const struct reply *r, uint64_t answered,
    const char *why)
{
	struct query_cost k;

	query_cost(c, &c->aside->request, &r->usage, answered, &k);
	delta_flush(c);
	EMIT(c, answered == 0 ? "core" : "model", btw, .status = "done",
	    .text = r->text, .why = why,
	    /* A session can go on without a model. */
	    .model = k.asked.provider == NULL ? NULL : &k.asked,
	    .usage = &k.usage, .guess = k.guessed, .cost_usd = k.usd);
	aside_release(c);
	/* The last client may have left meanwhile. */
	core_soon(c);
}

/* "it wanted to call read and bash: ..."; malloc'ed. */
static char *
aside_refused(const struct reply *r)
{
	struct buf b = BUF_INIT(0);

	buf_adds(&b, "it wanted to call ");
	MEM_EACH(r, calls, call)
		buf_addf(&b, "%s%s", call == r->calls ? "" : ", ", call->name);
	buf_adds(&b, ": /btw answers from what is known");
	return buf_take(&b);
}

/* Why there is no answer, or not all of it; malloc'ed, or NULL. */
static char *
aside_why(const struct aside *a, const struct reply *r)
{
	AUTO_FREE char *declined = reply_declined(r, "answer");

	if (r->stop == REPLY_ERROR || r->stop == REPLY_TRUNCATED)
		return provider_error_explain(&r->error, a->target.provider,
		    a->target.base_url, a->target.key_env);
	if (declined != NULL)
		return xasprintf("the model %s", declined);
	if (r->calls_len > 0)
		return aside_refused(r);
	return r->stop == REPLY_MAX_TOKENS ? xstrdup("cut off at the output "
	    "limit") : r->text[0] == '\0' ? xstrdup("the answer is empty") :
	    NULL;
}

static void
aside_done(void *arg, struct reply *r)
{
	struct core *c = arg;
	AUTO_FREE char *why = aside_why(c->aside, r);

	query_counted(&c->aside->request, r);
	aside_end(c, r, query_answer_bytes(r), why);
	reply_free(r);
}

static void
aside_delta(void *arg, enum delta_kind kind, const char *text, size_t n)
{
	struct core *c = arg;

	if (kind == DELTA_TEXT)
		delta_add(c, &c->delta.aside, text, n);
}

/* What the model is asked: what it can't know from the conversation so far, and
 * the question; malloc'ed. */
static char *
aside_text(const struct core *c, const struct fold_file *f,
    const struct fold_hunk *h, const char *question)
{
	const struct fold *fold = c->fold;
	const char *said = ev_str(fold->partial.text.p, "");
	struct buf b = BUF_INIT(0);

	buf_adds(&b, "[assent] The user asks you this beside the work, which "
	    "goes on. Answer in text, from what you know: no tool runs for it, "
	    "and later requests have neither question nor answer.\nMeanwhile:");
	context_tell_later(recall_context(c), &b);
	if (said[0] != '\0')
		buf_addf(&b, "\n- You are saying, so far: %s",
		    said + utf8_tail(said, strlen(said), ASIDE_SAID));
	buf_addf(&b, "\n- The session's state: %s", ev_str(fold->status.doing,
	    "ready"));
	if (h != NULL)
		buf_addf(&b, "\n- The user looks at this hunk of the proposal, "
		    "in %s from line %d on:\n%.*s", f->path, h->new_start,
		    (int)utf8_cut(h->text, h->text_len, ASIDE_HUNK), h->text);
	buf_addf(&b, "\n\nThe question: %s", question);
	return buf_take(&b);
}

static void
aside_send(struct core *c, char *text)
{
	const struct call_callbacks callbacks = {
		.delta = aside_delta, .done = aside_done,
	};
	struct aside *a = c->aside = xcalloc(1, sizeof(*a));
	const struct core_target *t = &c->target;

	a->target = *t;
	a->target.provider = xstrdup_null(t->provider);
	a->target.model = xstrdup_null(t->model);
	a->target.base_url = xstrdup_null(t->base_url);
	a->target.key_env = xstrdup_null(t->key_env);
	a->request.target = &a->target;
	query_start(c, &a->request, turn_body(c, &a->request, text),
	    &callbacks, c);
}

static int
aside_ask(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	AUTO_FREE char *question = core_masked(c, json_str_or(command, "text",
	    ""));
	int limit = budget_reached(c);
	const struct fold_hunk *h = NULL;
	const struct fold_file *f = fold_find_hunk(c->fold,
	    json_str_or(command, "hunk", ""), &h);
	AUTO_FREE char *all = NULL, *text = NULL;

	if (question[strspn(question, " \n")] == '\0')
		return err_set(e, "/btw needs a question");
	if (c->aside != NULL)
		return err_set(e, "one /btw at a time: wait for its answer");
	if (limit != LIMIT_NONE)
		return err_set(e, "the task's limit on %s is reached: no /btw "
		    "before you extend it or begin another task",
		    limit_rows[limit].word);
	if (model_needed(c, e) < 0)
		return -1;
	all = aside_text(c, f, f == NULL ? NULL : h, question);
	text = core_masked(c, all);	/* the hunk's lines */
	EMIT(c, "user", btw, .status = "running", .question = question,
	    .path_bytes = f == NULL ? NULL : f->path_bytes,
	    .path = f == NULL ? NULL : f->path,
	    .tokens = context_tokens(recall_context(c), c->request.overhead) +
	    tokens_estimate(text, strlen(text)), .client = client);
	aside_send(c, text);
	return 0;
}

/* The answer ends here; the request has its costs nevertheless. */
static void
aside_cut(struct core *c, const char *why)
{
	const struct reply r = { .text = c->fold->aside.text.p,
		.usage = USAGE_UNKNOWN };

	aside_end(c, &r, c->fold->aside.text.len, why);
}

void
aside_stop(struct core *c)
{
	if (c->aside == NULL)
		return;
	c->aside->request.call->cancel(c->aside->request.call);
	delta_flush(c);
	aside_cut(c, "stopped");
}

static int
aside_stop_command(struct core *c, const cJSON *command UNUSED,
    const char *client UNUSED, struct err *e UNUSED)
{
	aside_stop(c);
	return 0;
}

/* The core died meanwhile. */
static void
aside_resumed(struct core *c)
{
	const struct event *asked = c->fold->aside.asked;

	if (asked == NULL)
		return;
	c->aside = xcalloc(1, sizeof(*c->aside));
	/* About three bytes for each of its tokens. */
	c->aside->request.bytes = 3 * (uint64_t)asked->btw.tokens;
	aside_cut(c, "interrupted: the session's process ended");
}

static void
aside_free(struct core *c)
{
	if (c->aside != NULL)
		c->aside->request.call->cancel(c->aside->request.call);
	aside_release(c);
}

static const struct core_command aside_commands[] = {
	{ "btw", IN_ANY, 0, 0, NOBODY, .has = "stop",
	    .act = aside_stop_command },
	{ "btw", IN_ANY, 0, 0, WITH_USER | WITH_MODEL, .act = aside_ask },
	{ 0 }
};

const struct core_part aside_part = {
	.resumed = aside_resumed, .free = aside_free,
	.commands = aside_commands,
};
