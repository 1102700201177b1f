#include "config.h"

#include "core/context/query.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "core/context/answers.h"
#include "core/context/compact.h"
#include "core/context/context.h"
#include "core/context/model.h"
#include "core/kernel/core.h"
#include "core/kernel/secrets.h"
#include "journal/event.h"
#include "loop/loop.h"
#include "provider/http.h"
#include "provider/provider.h"

const struct core_target *
query_target(const struct core *c)
{
	return c->request.target != NULL ? c->request.target : &c->target;
}

static const char *
query_key_from(const struct core *c)
{
	const struct core_target *t = query_target(c);

	return t->key != NULL && t->key_from != NULL ? t->key_from :
	    t->key_env;
}

char *
query_explain(const struct core *c, const struct provider_error *pe)
{
	return provider_error_explain(pe, query_target(c)->provider,
	    query_target(c)->base_url, query_key_from(c));
}

static void
query_over(struct core *c, const struct reply *r)
{
	const char *url = query_target(c)->base_url;

	/* phases: an answer can arrive in MODEL only. */
	assert(c->phase == PHASE_MODEL);
	c->request.call = NULL;
	phase_set(c, PHASE_IDLE);
	if (!r->error.refused && url != NULL)
		pathmap_add(&c->request.reached, url, sizeof(char *));
}

struct ev_usage
query_usage(const struct usage *u)
{
	return (struct ev_usage){
		.input = EV_KNOWN(u->input), .cached = EV_KNOWN(u->cached),
		.cache_write = EV_KNOWN(u->cache_write),
		.cache_write_1h = u->write_1h > 0 ? u->write_1h : 0,
		.output = EV_KNOWN(u->output),
		.reasoning = EV_KNOWN(u->reasoning),
		.miss = u->miss[0] == '\0' ? NULL : u->miss,
		.missed = u->missed > 0 ? u->missed : 0,
	};
}

/*
 * Estimated tokens for this many bytes, if the provider reports none: a third
 * of the bytes, rounded up. English prose and code have 3.5 to 4.5 bytes per
 * token in common vocabularies, so this errs on the high side.
 */
int64_t
query_tokens(uint64_t bytes)
{
	return (int64_t)(bytes / 3 + (bytes % 3 != 0));
}

void
query_cost(const struct core *c, const struct core_request *q,
    const struct usage *u, uint64_t answered, struct query_cost *k)
{
	const struct core_target *t = q->target != NULL ? q->target :
	    &c->target;
	struct price_usage paid = { u->input, u->cached, u->cache_write,
		u->output, u->write_1h };

	*k = (struct query_cost){ .asked = { t->provider, t->model },
	    .usage = query_usage(u) };
	if (u->input < 0)
		k->guess.input = paid.input = query_tokens(q->bytes);
	if (u->output < 0)
		k->guess.output = paid.output = query_tokens(answered);
	k->guessed = u->input < 0 || u->output < 0 ? &k->guess : NULL;
	k->usd.n = t->priced ? price_of(&t->price, &paid) : MONEY_UNKNOWN;
	k->usd.is = k->usd.n != MONEY_UNKNOWN;
}

void
query_cost_of(const struct core *c, const struct reply *r, struct query_cost *k)
{
	query_cost(c, &c->request, &r->usage, strlen(r->text) +
	    strlen(r->thinking), k);
}

/* Limit per request, so that a server which always finds another fault can't
 * keep us asking forever. */
#define AMEND_MOST	3

struct amend_model {
	char	*name;		/* "provider/model" */
	int64_t	 output;	/* 0: unknown */
	unsigned without;	/* request_options */
};

static struct amend_model
amend_find(const struct core *c, const struct core_target *t)
{
	AUTO_FREE char *name = xasprintf("%s/%s", t->provider, t->model);
	const struct amend_model *m = pathmap_find(&c->request.amended, name);

	return m == NULL ? (struct amend_model){ 0 } : *m;
}

int64_t
amend_output(const struct core *c, const struct core_target *t)
{
	int64_t most = amend_find(c, t).output;
	int64_t afford = t == c->request.target ? c->request.amend_afford : 0;

	return afford > 0 && (most == 0 || afford < most) ? afford : most;
}

unsigned
amend_without(const struct core *c, const struct core_target *t)
{
	return amend_find(c, t).without;
}

static void
query_line(struct core *c, const struct event *e)
{
	const struct ev_note *n = &e->note;
	const char *const *option;
	struct amend_model *a;
	AUTO_FREE char *name = NULL;

	if (e->type == EVENT_MODE && e->mode.effort != NULL)
		c->request.effort_said = FACTS_EFFORT(e->mode.effort);
	if (e->type != EVENT_NOTE || n->model == NULL)
		return;
	name = xasprintf("%s/%s", n->model->provider == NULL ? "" :
	    n->model->provider, n->model->name == NULL ? "" : n->model->name);
	a = pathmap_add(&c->request.amended, name, sizeof(*a));
	a->output = n->output > 0 ? n->output : a->output;
	MEM_EACH(n, without, it)
		if ((option = MEM_FIND(request_options, *it)) != NULL)
			a->without |= 1u << (option - request_options);
}

/* Journal what the model's server rejected: its longest answer is `output`
 * (0: that isn't remembered), and later requests omit what `without` names. */
static void
amend_note(struct core *c, int64_t output, const char **without, size_t n,
    char *text_take)
{
	EMIT(c, "core", note, .text = text_take, .output = output,
	    .model = &(struct ev_asked){ query_target(c)->provider,
	    query_target(c)->model }, .without = without, .without_len = n);
	free(text_take);
}

static void
amend_smaller(struct core *c, const struct core_target *t,
    const struct provider_error *pe)
{
	long long n = (long long)pe->output;

	c->request.amend_output = true;
	/* Credit changes with time; the abilities of a model don't. */
	if (pe->kind == PROVIDER_QUOTA) {
		c->request.amend_afford = pe->output;
		amend_note(c, 0, NULL, 0, xasprintf("your credit is enough "
		    "for an answer of %lld tokens: %s is asked again with that",
		    n, t->model));
	} else
		amend_note(c, n, NULL, 0, xasprintf("%s answers with %lld "
		    "tokens at most: asked again with that", t->model, n));
}

/* The server rejects the thinking we sent back. True if it was removed from the
 * messages. */
static bool
amend_no_thinking(struct core *c, const struct provider_error *pe)
{
	struct tokens_room room;

	if (!context_has_thinking(recall_context(c)))
		return false;
	compact_room(c, &c->target, &room);
	emit_note(c, "%s rejects its own earlier thinking (%s): sent again "
	    "without it", c->target.model, pe->message);
	EMIT(c, "core", shortened, .thinking = true, .window = room.window,
	    .tokens = context_tokens(recall_context(c), c->request.overhead));
	return true;
}

static bool
amend_one(struct core *c, const struct core_target *t,
    const struct provider_error *pe)
{
	unsigned bits = provider_refused(t->format, pe, c->request.options),
	    i;
	const char *without[REQUEST_OPTIONS];
	size_t n = 0;

	if (pe->output > 0 && pe->output < c->request.output) {
		if (c->request.amend_output)
			return false;
		amend_smaller(c, t, pe);
		return true;
	}
	if ((bits & REQUEST_SIGNED) != 0)
		return c->request.aside_system == NULL &&
		    amend_no_thinking(c, pe);
	if (bits == 0)
		return false;
	for (i = 0; i < REQUEST_OPTIONS; i++)
		if ((bits & (1u << i)) != 0)
			without[n++] = request_options[i];
	amend_note(c, 0, without, n, xasprintf("%s refused a part of the "
	    "request (%s): asked again without it", t->model, pe->message));
	return true;
}

/* The server rejected the last request to this model. True if the cause can be
 * left out or made smaller; then send the request again. Limited to a few times
 * per request, and once for a shorter answer. */
static bool
amend_refused(struct core *c, const struct core_target *t,
    const struct provider_error *pe)
{
	if (c->request.amendments == AMEND_MOST || !amend_one(c, t, pe))
		return false;
	c->request.amendments++;
	return true;
}

/* ---- how much the model is to think ---- */

/* The user's effort for this phase; NULL: for all of them. */
static enum effort
effort_set(const struct core *c, const char *phase)
{
	return FACTS_EFFORT(json_str(phase == NULL ? c->start :
	    json_get(json_get(c->start, "phases"), phase), "effort"));
}

enum effort
effort_for(const struct core *c, const struct core_target *t, bool aside)
{
	bool sums_up = aside && c->compact->running;
	bool plans = !aside && (c->plan.mode == PLAN_LOOK || task_plans(c));
	enum effort e = sums_up ? EFFORT_UNSET : c->request.effort_said;

	if (e == EFFORT_UNSET && !sums_up)
		e = effort_set(c, plans ? "plan" : "execute");
	if (e == EFFORT_UNSET && !sums_up)
		e = effort_set(c, NULL);
	/* Don't set an effort for a model that thinks only on request. */
	if (e == EFFORT_UNSET && t->facts.efforts != 0 &&
	    t->facts.effort_default != EFFORT_OFF)
		e = sums_up ? EFFORT_LOW : plans ? EFFORT_HIGH : EFFORT_MEDIUM;
	return e;
}

/* Append what the model makes of this effort in a request with tools, if that
 * isn't the same; true if it is so of any effort. */
static bool
effort_remark(const struct core *c, enum effort want, struct buf *b)
{
	const struct core_target *t = &c->target;
	const struct request q = { .facts = &t->facts, .effort = want,
		.dialect = t->dialect, .tools_len = 1 };
	enum effort takes = facts_effort(&t->facts, want), sent = takes;

	if (t->format != NULL && t->format->effort != NULL)
		sent = t->format->effort(&q);
	if (want == EFFORT_UNSET || t->facts.thinking == THINKING_UNKNOWN ||
	    sent == want)
		return false;
	buf_addf(b, "%s ", t->model == NULL ? "the model" : t->model);
	if (sent != takes)
		buf_adds(b, t->facts.responses ? "doesn't think while it has "
		    "tools, unless its format is openai-responses" :
		    "isn't told in the format openai-chat how much to think");
	else if (takes == EFFORT_UNSET)
		buf_adds(b, "takes no effort");
	else
		buf_addf(b, "has no %s, the nearest is %s",
		    facts_effort_names[want], facts_effort_names[takes]);
	return sent != takes;
}

/* Report an effort that the settings name and the model doesn't have. */
static void
effort_note(struct core *c)
{
	static const char *const phases[] = { NULL, "plan", "execute" };
	bool any = false;
	size_t i;

	for (i = 0; i < MEM_COUNT(phases) && !any; i++) {
		AUTO_BUF struct buf b = BUF_INIT(0);
		AUTO_FREE char *name = phases[i] == NULL ? xstrdup("effort") :
		    xasprintf("phases.%s.effort", phases[i]);

		any = effort_remark(c, effort_set(c, phases[i]), &b);
		if (b.len > 0)
			emit_note(c, "%s: %s", name, buf_str(&b));
	}
}

/* Client command; "default" removes the user's choice. */
static int
effort_say(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	const char *word = json_str_or(command, "effort", "");
	enum effort want = FACTS_EFFORT(word);
	AUTO_BUF struct buf b = BUF_INIT(0), remark = BUF_INIT(0);

	if (want == EFFORT_UNSET && strcmp(word, "default") != 0)
		return err_set(e, "/effort needs one of off, low, medium, high, "
		    "xhigh, max, default");
	if (want == EFFORT_UNSET)
		buf_adds(&b, "effort is no longer set here");
	else
		buf_addf(&b, "effort is now %s", word);
	if (want != EFFORT_UNSET &&
	    c->target.facts.thinking == THINKING_UNKNOWN)
		buf_addf(&remark, "the server of %s may not support it",
		    c->target.model == NULL ? "the model" : c->target.model);
	else
		(void)effort_remark(c, want, &remark);
	if (remark.len > 0)
		buf_addf(&b, "; %s", buf_str(&remark));
	EMIT(c, "user", mode, .effort = word, .text = buf_str(&b),
	    .client = client);
	return 0;
}

char *
query_body(struct core *c, struct core_request *q,
    const struct core_target *to, struct request *r, int64_t output)
{
	struct buf body = BUF_INIT(0);

	r->model = to->model;
	r->dialect = to->dialect;
	r->facts = &to->facts;
	r->in_path = to->path != NULL && strstr(to->path, "{model}") != NULL;
	r->without = amend_without(c, to);
	r->previous = q->aside_system == NULL ? q->previous : NULL;
	r->max_tokens = q->output = output;
	r->effort = q->effort = effort_for(c, to, q->aside_system != NULL);
	/* Record the effort that this model really supports. */
	(void)facts_thinking(&to->facts, THINKING_EFFORT, &q->effort);
	q->options = to->format->request(&body, r);
	return buf_take(&body);
}

int64_t
query_answer_max(const struct tokens_room *r, int64_t prompt)
{
	int64_t left = r->window - prompt - prompt / 16;

	if (r->window <= TOKENS_SMALL || left < r->reserve)
		return r->reserve;
	return left < r->output ? left : r->output;
}

/* The body for a text alone, without tools. */
static char *
query_body_aside(struct core *c)
{
	const struct core_target *to = c->request.target;
	struct message m = { .role = MESSAGE_USER,
	    .text = c->request.aside_text };
	AUTO_BUF struct buf wire = BUF_INIT(0);
	struct request q = { 0 };
	struct tokens_room room;
	const char *messages[1];

	to->format->message(&wire, &m, to->model, to->dialect);
	messages[0] = buf_str(&wire);
	compact_room(c, to, &room);
	q.system = c->request.aside_system;
	q.messages = messages;
	q.messages_len = 1;
	return query_body(c, &c->request, to, &q, query_answer_max(&room,
	    tokens_estimate(q.system, strlen(q.system)) +
	    tokens_estimate(messages[0], wire.len)));
}

/* ---- the request ---- */

#define QUERY_WARM_MS	60000	/* servers keep an idle connection about as
				   long */

static void	query_arrived(void *, struct reply *);

/* A file in a call's arguments may take minutes. */
static void
query_writing(struct core *c, size_t n)
{
	size_t before = c->request.written / 1000;
	char doing[64];

	c->request.written += n;
	if (c->request.written < 1000)
		status_tell(c, "model", "writing a tool call");
	else if (c->request.written / 1000 > before) {
		snprintf(doing, sizeof(doing), "writing a tool call, %zu kB",
		    c->request.written / 1000);
		status_progress(c, doing);
	}
}

static void
query_delta(void *arg, enum delta_kind kind, const char *text, size_t n)
{
	struct core *c = arg;

	if (kind == DELTA_CALL)
		query_writing(c, n);
	else
		delta_add(c, kind == DELTA_TEXT ? &c->delta.text :
		    &c->delta.thinking, text, n);
}

/* The connection details for a request (borrowed strings). The caller wipes the
 * lines. */
static void
query_connection(struct core *c, const struct core_request *q,
    const struct core_target *from, struct call_target *t, struct buf *lines)
{
	memset(t, 0, sizeof(*t));
	given_lines(&c->models.headers, from->provider, lines);
	t->headers = lines;
	t->format = from->format;
	t->base_url = from->base_url;
	t->model = from->model;
	t->options = q->options;
	t->path = from->path;
	t->auth = from->auth;
	t->key = from->key;
	t->ca_file = from->ca_file;
	t->idle_timeout_ms = json_int(c->start, "idle_timeout_ms", 600000);
}

void
query_start(struct core *c, struct core_request *q, char *body_take,
    const struct call_callbacks *callbacks, void *arg)
{
	AUTO(given_wipe) struct buf lines = BUF_INIT(0);
	AUTO_FREE char *header = NULL;
	struct call_target t;
	uint64_t images;

	q->bytes = strlen(body_take);
	images = q->aside_system != NULL ? 0 :
	    context_image_bytes(recall_context(c));
	q->bytes -= images < q->bytes ? images : 0;
	if (q->target->answers != NULL) {
		q->call = answers_start(c->loop, q, body_take, callbacks, arg);
		return;
	}
	query_connection(c, q, q->target, &t, &lines);
	if (q->aside_system == NULL && q->target->dialect->header != NULL)
		t.header = header = xasprintf("%s: %s",
		    q->target->dialect->header, c->id);
	q->call = provider_call_start(c->loop, &t, body_take, callbacks, arg);
}

/* Send the current request, for the first time or again. */
static void
query_transmit(struct core *c)
{
	const struct call_callbacks callbacks = {
		.delta = c->request.aside_text != NULL ? NULL : query_delta,
		.done = query_arrived,
	};
	char *body = c->request.body(c);

	c->request.attempt++;
	c->request.written = 0;
	/* phases: one request of the agent's at a time. */
	assert(c->request.call == NULL);
	phase_set(c, PHASE_MODEL);
	query_start(c, &c->request, body, &callbacks, c);
}

void
query_warm(struct core *c)
{
	AUTO(given_wipe) struct buf lines = BUF_INIT(0);
	struct call_target t;

	if (c->target.format == NULL || c->target.answers != NULL ||
	    c->phase == PHASE_MODEL ||
	    (c->request.heard_ms != 0 &&
	    clock_mono_ms() - c->request.heard_ms < QUERY_WARM_MS))
		return;
	query_connection(c, &c->request, &c->target, &t, &lines);
	provider_warm(c->loop, &t, &c->request.warm);
}

void
query_send(struct core *c, const struct query *a)
{
	FREE_ALL(c->request.aside_system, c->request.aside_text);
	c->request.aside_system = xstrdup_null(a->system);
	c->request.aside_text = xstrdup_null(a->text);
	c->request.body = a->body != NULL ? a->body : query_body_aside;
	c->request.target = a->target;
	c->request.done = a->done;
	c->request.cancelled = a->cancelled;
	c->request.again = a->again;
	c->request.other = a->other;
	if (c->request.attempt == 0) {
		c->request.amendments = 0;
		c->request.amend_output = false;
		c->request.amend_afford = 0;
	}
	status_tell(c, "model", "%s", a->doing);
	query_transmit(c);
}

#define RETRY_BACKOFF_MAX_MS 8000
/* Enough attempts if another model can be asked. */
#define RETRY_ATTEMPTS 4

static int64_t
retry_wait_ms(const struct core *c, const struct provider_error *pe)
{
	int64_t wait = c->retry.base_ms;
	int i;

	for (i = 1; i < c->request.attempt && wait < RETRY_BACKOFF_MAX_MS; i++)
		wait *= 2;
	if (wait > RETRY_BACKOFF_MAX_MS)
		wait = RETRY_BACKOFF_MAX_MS;
	/* Subtract up to a quarter, so that many clients don't retry at
	 * once. */
	wait -= wait / 4 * (clock_mono_ms() % 64) / 64;
	return pe->wait_ms > wait ? pe->wait_ms : wait;
}

static void
retry_go(void *arg)
{
	struct core *c = arg;
	void (*again)(struct core *) = c->retry.again;

	assert(c->phase == PHASE_RETRY);	/* phases: its timer */
	/* phases: a wait lies between two attempts. */
	assert(c->request.call == NULL);
	c->retry.timer = NULL;
	c->retry.again = NULL;
	phase_set(c, PHASE_IDLE);
	again(c);
}

#define RETRY_LOOK_MS 60000	/* no timer runs while the machine sleeps */

/* Begin to wait; the caller says for what. */
static void
retry_wait(struct core *c, int64_t wait, int64_t look,
    void (*again)(struct core *))
{
	c->retry.again = again;
	c->retry.due_ms = clock_mono_ms() + wait;
	phase_set(c, PHASE_RETRY);
	c->retry.timer = loop_timer_new(c->loop, wait < look ? wait : look,
	    retry_go, c);
}

bool
retry_until(struct core *c)
{
	char at[CLOCK_STAMP_SIZE];
	int64_t left = c->retry.until_ms - clock_wall_ms();

	if (left <= 0) {
		c->retry.until_ms = 0;
		return false;
	}
	clock_local_ms(c->retry.until_ms, at);
	retry_wait(c, left, RETRY_LOOK_MS, core_soon);
	status_tell(c, "retry", "waiting until %s", at);
	return true;
}

/* A local server that never answered won't start by itself. */
static bool
retry_may_help(const struct core *c, const struct provider_error *pe)
{
	const char *url = query_target(c)->base_url;

	return pe->retry && (!pe->refused || (url != NULL &&
	    pathmap_find(&c->request.reached, url) != NULL));
}

/* Time that remains for waits after this one; negative if this one is too
 * long. */
static int64_t
retry_budget_ms(const struct core *c, int64_t wait)
{
	int64_t waited = c->retry.waited_ms;

	/* After a few attempts their own time counts as well, since each may
	 * last until a timeout. */
	if (c->request.attempt >= RETRY_ATTEMPTS &&
	    waited < clock_mono_ms() - c->retry.from_ms)
		waited = clock_mono_ms() - c->retry.from_ms;
	return c->retry.time_ms - waited - wait;
}

bool
retry_begin(struct core *c, const struct provider_error *pe, bool other,
    void (*again)(struct core *))
{
	int64_t wait, left;
	bool renews;

	if (c->request.attempt <= 1) {
		c->retry.waited_ms = 0;
		c->retry.from_ms = clock_mono_ms();
	}
	renews = model_renew_key(c, pe);
	if (!renews && (c->retry.time_ms == 0 || !retry_may_help(c, pe) ||
	    (other && c->request.attempt >= RETRY_ATTEMPTS)))
		return false;
	wait = renews ? MODEL_RENEW_MS : retry_wait_ms(c, pe);
	left = renews ? 0 : retry_budget_ms(c, wait);
	if (left < 0)
		return false;
	c->retry.waited_ms += renews ? 0 : wait;
	EMIT(c, "core", retry, .attempt = c->request.attempt,
	    .of = other ? RETRY_ATTEMPTS - 1 : 0, .left_ms = EV_IS(left),
	    .wait_ms = wait, .kind = provider_error_names[pe->kind],
	    .text = pe->message, .provider = query_target(c)->provider,
	    .status = { pe->status > 0, pe->status },
	    .request_id = pe->request_id[0] != '\0' ? pe->request_id : NULL);
	retry_wait(c, wait, wait, again);
	status_tell(c, "retry", renews ? "getting a new key (attempt %d)" :
	    "retrying (attempt %d)", c->request.attempt + 1);
	return true;
}

uint64_t
query_answer_bytes(const struct reply *r)
{
	uint64_t n = strlen(r->text) + strlen(r->thinking) +
	    strlen(r->refusal);

	MEM_EACH(r, calls, call)
		n += strlen(call->name) + strlen(call->arguments);
	return n;
}

void
query_counted(const struct core_request *q, struct reply *r)
{
	/* No request is empty: the server didn't count. */
	if (r->usage.input == 0)
		r->usage.input = -1;
	if (r->usage.output == 0 && query_answer_bytes(r) > 0)
		r->usage.output = -1;
	/* If the provider doesn't say which writes live for an hour, all do if
	 * the request asked for it. */
	if ((q->options & REQUEST_CACHE_TTL) != 0 && r->usage.write_1h < 0)
		r->usage.write_1h = r->usage.cache_write;
	/* Nothing changed, and nothing was left in the cache. */
	if ((q->options & REQUEST_DIAGNOSTICS) != 0 && q->held > 0 &&
	    q->aside_system == NULL && r->usage.miss[0] == '\0' &&
	    r->usage.cached == 0 && r->usage.cache_write > 0) {
		snprintf(r->usage.miss, sizeof(r->usage.miss), "expired");
		r->usage.missed = q->held;
	}
}

static void
query_arrived(void *arg, struct reply *r)
{
	AUTO_FREE char *failed = NULL;
	struct core *c = arg;

	c->request.heard_ms = clock_mono_ms();
	if (r->stop == REPLY_ERROR &&
	    amend_refused(c, c->request.target, &r->error)) {
		reply_free(r);
		c->request.call = NULL;
		c->request.attempt--;
		query_transmit(c);
		return;
	}
	query_over(c, r);
	query_counted(&c->request, r);
	if (r->id != NULL && c->request.aside_system == NULL) {
		xstrset(&c->request.previous, r->id);
		c->request.held = r->usage.cached + r->usage.cache_write;
	}
	if (c->request.again != NULL && (r->stop == REPLY_ERROR ||
	    r->stop == REPLY_TRUNCATED)) {
		if (retry_begin(c, &r->error, c->request.other,
		    c->request.again)) {
			reply_free(r);
			return;
		}
		failed = query_explain(c, &r->error);
	}
	c->request.done(c, r, failed);
}

void
retry_now(struct core *c)
{
	c->retry.until_ms = 0;
	loop_timer_free(&c->retry.timer);
	retry_go(c);
}

/* turn_part, freed first, has cancelled the request. */
static void
query_free(struct core *c)
{
	http_stream_free(c->request.warm);
	pathmap_release(&c->request.amended);
	pathmap_release(&c->request.reached);
	FREE_ALL(c->request.aside_system, c->request.aside_text,
	    c->request.previous);
}

static const struct core_command query_commands[] = {
	{ "set", IN_ANY, 0, 0, NOBODY, .has = "effort", .act = effort_say },
	{ 0 }
};

const struct core_part query_part = {
	.ahead = query_warm, .begun = effort_note,
	.line = query_line, .lines = OF(EVENT_MODE) | OF(EVENT_NOTE),
	.free = query_free, .commands = query_commands,
};
