#include "config.h"

#include "core/agent/turn.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/agent/budget.h"
#include "core/agent/call.h"
#include "core/agent/driver.h"
#include "core/agent/model.h"
#include "core/context/compact.h"
#include "core/context/context.h"
#include "core/context/prompt.h"
#include "core/kernel/core.h"
#include "core/kernel/secrets.h"
#include "core/project/project.h"
#include "core/review/comment.h"
#include "core/review/decision.h"
#include "core/review/propose.h"
#include "core/stage/staged.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "loop/loop.h"
#include "provider/http.h"
#include "provider/provider.h"

static const char *
turn_phase(const struct core *c)
{
	return c->plan.mode == PLAN_LOOK ? "look" : task_plans(c) ? "plan" :
	    "execute";
}

static const struct core_target *
turn_asked(const struct core *c)
{
	return c->request.target != NULL ? c->request.target : &c->target;
}

static const char *
turn_key_from(const struct core *c)
{
	const struct core_target *t = turn_asked(c);

	return t->key != NULL && t->key_from != NULL ? t->key_from :
	    t->key_env;
}

/* Why the last request failed, for the user; malloc'ed. */
static char *
turn_explain(const struct core *c, const struct provider_error *pe)
{
	return provider_error_explain(pe, turn_asked(c)->provider,
	    turn_asked(c)->base_url, turn_key_from(c));
}

static void
turn_over(struct core *c, const struct reply *r)
{
	const char *url = turn_asked(c)->base_url;

	/* phases: an answer can arrive in MODEL only. */
	assert(c->phase == PHASE_MODEL);
	c->request.call = NULL;
	phase_set(c, PHASE_IDLE);
	if (!r->error.refused && url != NULL)
		pathmap_add(&c->request.reached, url, sizeof(char *));
}

static struct ev_usage
turn_usage(const struct usage *u)
{
	return (struct ev_usage){
		.input = EV_KNOWN(u->input), .cached = EV_KNOWN(u->cached),
		.cache_write = EV_KNOWN(u->cache_write),
		.cache_write_1h = u->write_1h > 0 ? u->write_1h : 0,
		.output = EV_KNOWN(u->output),
		.reasoning = EV_KNOWN(u->reasoning),
	};
}

/*
 * Estimated tokens for this many bytes, if the provider reports none: a third
 * of the bytes, rounded up. English prose and code have 3.5 to 4.5 bytes per
 * token in common vocabularies, so this errs on the high side.
 */
static int64_t
turn_tokens(uint64_t bytes)
{
	return (int64_t)(bytes / 3 + (bytes % 3 != 0));
}

static void
turn_cost(const struct core *c, const struct usage *u, uint64_t answered,
    struct turn_cost *k)
{
	const struct core_target *t = turn_asked(c);
	struct price_usage paid = { u->input, u->cached, u->cache_write,
		u->output, u->write_1h };

	*k = (struct turn_cost){ .asked = { t->provider, t->model },
	    .usage = turn_usage(u) };
	if (u->input < 0)
		k->guess.input = paid.input = turn_tokens(c->request.bytes);
	if (u->output < 0)
		k->guess.output = paid.output = turn_tokens(answered);
	k->guessed = u->input < 0 || u->output < 0 ? &k->guess : NULL;
	k->usd.n = t->priced ? price_of(&t->price, &paid) : MONEY_UNKNOWN;
	k->usd.is = k->usd.n != MONEY_UNKNOWN;
}

void
turn_cost_of(const struct core *c, const struct reply *r, struct turn_cost *k)
{
	turn_cost(c, &r->usage, strlen(r->text) + strlen(r->thinking), k);
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

/* The request_options that this model's server rejected. */
static unsigned
amend_without(const struct core *c, const struct core_target *t)
{
	return amend_find(c, t).without;
}

static void
turn_line(struct core *c, const struct event *e)
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
	EV_EACH(n, without, it)
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
	    .model = &(struct ev_asked){ turn_asked(c)->provider,
	    turn_asked(c)->model }, .without = without, .without_len = n);
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
	unsigned bits = t->format->refused(pe, c->request.options), i;
	const char *without[REQUEST_OPTIONS];
	size_t n = 0;

	if (pe->output > 0 && pe->output < c->request.output) {
		if (c->request.amend_output)
			return false;
		amend_smaller(c, t, pe);
		return true;
	}
	if ((bits & REQUEST_SIGNED) != 0)
		return c->request.aside_text == NULL &&
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

/*
 * effort: how much the model is to think.
 */

/* The user's effort for this phase; NULL: for all of them. */
static enum effort
effort_set(const struct core *c, const char *phase)
{
	return FACTS_EFFORT(json_str(phase == NULL ? c->start :
	    json_get(json_get(c->start, "phases"), phase), "effort"));
}

/* The effort for a request to this model, in the conversation or outside it. */
static enum effort
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

/*
 * turn-body: the body of a request: instructions, tools, messages.
 */

/* The current system prompt; malloc'ed. */
static char *
turn_system(struct core *c)
{
	struct prompt_facts facts = { 0 };

	facts.family = json_str(json_get(json_get(c->start, "model"), "facts"),
	    "prompt");
	facts.plan_first = c->plan.mode == PLAN_AUTO ||
	    c->plan.mode == PLAN_REQUIRE;
	facts.look = c->plan.mode == PLAN_LOOK;
	facts.profile = json_get(c->start, "profile");
	facts.user_text = json_str(c->start, "user_text");
	facts.project_text = json_str(c->start, "project_text");
	facts.project = project_known(c);
	return prompt_system(c->prompts, &facts);
}

static int64_t
turn_system_tokens(struct core *c)
{
	AUTO_FREE char *system = turn_system(c);

	return 64 + tokens_estimate(system, strlen(system));
}

static int64_t
turn_tools_tokens(struct core *c)
{
	AUTO_FREE struct tool_schema *tools = NULL;
	int64_t n = 0;
	size_t i, len;

	tools = call_tools(c, &len);
	for (i = 0; i < len; i++)
		n += 16 + tokens_estimate(tools[i].name,
		    strlen(tools[i].name)) +
		    tokens_estimate(tools[i].description,
		    strlen(tools[i].description)) +
		    tokens_estimate(tools[i].parameters,
		    strlen(tools[i].parameters));
	return n;
}

int64_t
turn_overhead(struct core *c)
{
	return turn_system_tokens(c) + turn_tools_tokens(c);
}

/* Add one of the files in the system prompt. */
static void
turn_add_part(struct ev_request_parts *p, const char *path, const char *text)
{
	int64_t n = text == NULL ? 0 : tokens_estimate(text, strlen(text));

	GROW(p->files, p->files_len);
	p->files[p->files_len++] = (struct ev_request_file){ path, n };
	p->system -= n;
}

/* What fills the window, by kind; the caller frees p->files. Estimates are
 * scaled so that the parts add up to `all`, of which most is known from the
 * provider. */
static void
turn_parts(struct core *c, int64_t all, struct ev_request_parts *p)
{
	static const struct { const char *by, *name; } skills[] = {
		{ "user", "list of your skills" },
		{ "project", "list of the project's skills, which others "
		    "wrote" },
	};
	const struct ev_project *project = project_known(c);
	int64_t sum;
	size_t i;

	p->system = turn_system_tokens(c);
	p->tools = c->request.overhead - p->system;
	p->messages = context_kinds(recall_context(c), &p->results);
	sum = p->system + p->tools + p->messages + p->results;
	EV_EACH(project, user_files, it)
		turn_add_part(p, it->path, it->text);
	EV_EACH(project, files, f)
		turn_add_part(p, f->path, f->text);
	for (i = 0; i < MEM_COUNT(skills); i++) {
		AUTO_BUF struct buf text = BUF_INIT(0);

		prompt_skills(&text, project, skills[i].by);
		if (text.len > 0)
			turn_add_part(p, skills[i].name, buf_str(&text));
	}
	EV_EACH(p, files, file)
		file->tokens = file->tokens * all / sum;
	p->system = p->system * all / sum;
	p->tools = p->tools * all / sum;
	p->messages = p->messages * all / sum;
	p->results = p->results * all / sum;
}

/* Including the NUL, so that the end of a text counts. */
static uint64_t
turn_hash(uint64_t h, const char *s)
{
	return hash_bytes(h, s, strlen(s) + 1);
}

/* malloc'ed, or NULL. */
static char *
turn_prefix(struct core *c)
{
	AUTO_FREE struct tool_schema *tools = NULL;
	AUTO_FREE char *system = NULL;
	uint64_t h = HASH_BEGIN;
	size_t i, n;

	if (!c->target.facts.bound)
		return NULL;
	system = turn_system(c);
	tools = call_tools(c, &n);
	h = turn_hash(turn_hash(h, system), facts_marks(&c->target.facts,
	    effort_for(c, &c->target, false)) && (amend_without(c, &c->target) &
	    REQUEST_MARKERS) == 0 ? "marks" : "");
	for (i = 0; i < n; i++)
		h = turn_hash(turn_hash(turn_hash(h, tools[i].name),
		    tools[i].description), tools[i].parameters);
	return xasprintf("%016llx", (unsigned long long)h);
}

/* The body of a request to this model. */
static char *
turn_body_of(struct core *c, const struct core_target *to, struct request *r,
    int64_t output)
{
	struct buf body = BUF_INIT(0);

	r->model = to->model;
	r->dialect = to->dialect;
	r->facts = &to->facts;
	r->without = amend_without(c, to);
	r->max_tokens = c->request.output = output;
	r->effort = c->request.effort = effort_for(c, to,
	    c->request.aside_text != NULL);
	/* Record the effort that this model really supports. */
	(void)facts_thinking(&to->facts, THINKING_EFFORT, &c->request.effort);
	c->request.options = to->format->request(&body, r);
	return buf_take(&body);
}

/* Limit on the answer to a prompt of this size, thinking included: in a small
 * window the reserve, else all that is free. */
static int64_t
turn_answer_max(const struct tokens_room *r, int64_t prompt)
{
	int64_t left = r->window - prompt - prompt / 16;

	if (r->window <= TOKENS_SMALL || left < r->reserve)
		return r->reserve;
	return left < r->output ? left : r->output;
}

static char *
turn_body_turn(struct core *c)
{
	struct tokens_room room;
	struct request r = { 0 };
	AUTO_FREE struct tool_schema *tools = NULL;
	AUTO_FREE char *system = turn_system(c);

	compact_room(c, &c->target, &room);
	tools = call_tools(c, &r.tools_len);
	r.no_calls = task_is_wrapped(c);
	r.conversation = c->id;
	r.system = system;
	r.tools = tools;
	context_messages(recall_context(c), &r);
	return turn_body_of(c, &c->target, &r, turn_answer_max(&room,
	    context_tokens(recall_context(c), c->request.overhead)));
}

/* The body for a text alone, without tools. */
static char *
turn_body_aside(struct core *c)
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
	return turn_body_of(c, to, &q, turn_answer_max(&room,
	    tokens_estimate(q.system, strlen(q.system)) +
	    tokens_estimate(messages[0], wire.len)));
}

/*
 * turn-ask: sends a request, in the conversation or outside it, and passes on
 * the streamed answer. The caller's function reads the result.
 */

#define TURN_WARM_MS	60000	/* servers keep an idle connection about as
				   long */

static void	turn_arrived(void *, struct reply *);

static void
turn_delta(void *arg, enum delta_kind kind, const char *text, size_t n)
{
	struct core *c = arg;

	if (kind == DELTA_CALL)
		status_tell(c, "model", "writing a tool call");
	else
		delta_add(c, kind == DELTA_TEXT ? &c->delta.text :
		    &c->delta.thinking, text, n);
}

/* The connection details for a request (borrowed strings); for a recording, its
 * next answer. The caller wipes the lines. */
static void
turn_target(struct core *c, const struct core_target *from,
    struct call_target *t, struct buf *lines)
{
	memset(t, 0, sizeof(*t));
	given_lines(&c->models.headers, from->provider, lines);
	t->headers = lines;
	t->format = from->format;
	t->base_url = from->base_url;
	t->model = from->model;
	t->options = c->request.options;
	t->key = from->key;
	t->ca_file = from->ca_file;
	t->replay_dir = from->replay_dir;
	t->replay_turn = c->request.replay_turn;
	t->replay_paced = from->replay_paced;
	t->idle_timeout_ms = json_int(c->start, "idle_timeout_ms", 600000);
}

/* Send the current request, for the first time or again. */
static void
turn_send(struct core *c)
{
	const struct call_callbacks callbacks = {
		.delta = c->request.aside_text != NULL ? NULL : turn_delta,
		.done = turn_arrived,
	};
	AUTO(given_wipe) struct buf lines = BUF_INIT(0);
	struct call_target t;
	char *body = c->request.aside_text != NULL ? turn_body_aside(c) :
	    turn_body_turn(c);
	char *header = NULL;
	uint64_t images;

	c->request.attempt++;
	c->request.bytes = strlen(body);
	images = c->request.aside_text != NULL ? 0 :
	    context_image_bytes(recall_context(c));
	c->request.bytes -= images < c->request.bytes ? images : 0;
	turn_target(c, c->request.target, &t, &lines);
	c->request.replay_turn++;
	if (c->request.aside_text == NULL &&
	    c->request.target->dialect->header != NULL)
		t.header = header = xasprintf("%s: %s",
		    c->request.target->dialect->header, c->id);
	/* phases: one request at a time. */
	assert(c->request.call == NULL);
	phase_set(c, PHASE_MODEL);
	c->request.call = provider_call_start(c->loop, &t, body, &callbacks, c);
	free(header);
}

void
turn_warm(struct core *c)
{
	AUTO(given_wipe) struct buf lines = BUF_INIT(0);
	struct call_target t;

	if (c->target.format == NULL || c->phase == PHASE_MODEL ||
	    (c->request.heard_ms != 0 &&
	    clock_mono_ms() - c->request.heard_ms < TURN_WARM_MS))
		return;
	turn_target(c, &c->target, &t, &lines);
	provider_warm(c->loop, &t, &c->request.warm);
}

void
turn_ask(struct core *c, const struct turn_ask *a)
{
	free(c->request.aside_system);
	free(c->request.aside_text);
	c->request.aside_system = xstrdup_null(a->system);
	c->request.aside_text = xstrdup_null(a->text);
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
	turn_send(c);
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

/* A local server that never answered won't start by itself. */
static bool
retry_may_help(const struct core *c, const struct provider_error *pe)
{
	const char *url = turn_asked(c)->base_url;

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

/* True if the error may pass: `again` is called after the wait. `other`:
 * another model is available, so a few attempts are enough. */
static bool
retry_begin(struct core *c, const struct provider_error *pe, bool other,
    void (*again)(struct core *))
{
	int64_t wait, left;

	if (c->retry.time_ms == 0 || !retry_may_help(c, pe) ||
	    (other && c->request.attempt >= RETRY_ATTEMPTS))
		return false;
	if (c->request.attempt <= 1) {
		c->retry.waited_ms = 0;
		c->retry.from_ms = clock_mono_ms();
	}
	wait = retry_wait_ms(c, pe);
	left = retry_budget_ms(c, wait);
	if (left < 0)
		return false;
	c->retry.waited_ms += wait;
	EMIT(c, "core", retry, .attempt = c->request.attempt,
	    .of = other ? RETRY_ATTEMPTS - 1 : 0, .left_ms = EV_IS(left),
	    .wait_ms = wait, .kind = provider_error_names[pe->kind],
	    .text = pe->message, .provider = turn_asked(c)->provider,
	    .status = { pe->status > 0, pe->status },
	    .request_id = pe->request_id[0] != '\0' ? pe->request_id : NULL);
	c->retry.again = again;
	c->retry.due_ms = clock_mono_ms() + wait;
	phase_set(c, PHASE_RETRY);
	status_tell(c, "retry", "retrying (attempt %d)",
	    c->request.attempt + 1);
	c->retry.timer = loop_timer_new(c->loop, wait, retry_go, c);
	return true;
}

/* To estimate the answer's tokens if the server didn't count them. */
static uint64_t
turn_answer_bytes(const struct reply *r)
{
	uint64_t n = strlen(r->text) + strlen(r->thinking) +
	    strlen(r->refusal);

	EV_EACH(r, calls, call)
		n += strlen(call->name) + strlen(call->arguments);
	return n;
}

static void
turn_arrived(void *arg, struct reply *r)
{
	AUTO_FREE char *failed = NULL;
	struct core *c = arg;

	c->request.heard_ms = clock_mono_ms();
	if (r->stop == REPLY_ERROR &&
	    amend_refused(c, c->request.target, &r->error)) {
		reply_free(r);
		c->request.call = NULL;
		c->request.attempt--;
		turn_send(c);
		return;
	}
	turn_over(c, r);
	/* No request is empty: the server didn't count. */
	if (r->usage.input == 0)
		r->usage.input = -1;
	if (r->usage.output == 0 && turn_answer_bytes(r) > 0)
		r->usage.output = -1;
	/* If the provider doesn't say which writes live for an hour, all do if
	 * the request asked for it. */
	if ((c->request.options & REQUEST_CACHE_TTL) != 0 &&
	    r->usage.write_1h < 0)
		r->usage.write_1h = r->usage.cache_write;
	if (c->request.again != NULL && (r->stop == REPLY_ERROR ||
	    r->stop == REPLY_TRUNCATED)) {
		if (retry_begin(c, &r->error, c->request.other,
		    c->request.again)) {
			reply_free(r);
			return;
		}
		failed = turn_explain(c, &r->error);
	}
	c->request.done(c, r, failed);
}

void
retry_now(struct core *c)
{
	loop_timer_free(&c->retry.timer);
	retry_go(c);
}

#define TURN_EMPTY_ATTEMPTS 3

static void turn_request(struct core *);

/* Journal the cost of a turn, or of an attempt. */
static void
turn_spent(struct core *c, const struct usage *u, uint64_t answered,
    bool broken)
{
	struct turn_cost k;

	turn_cost(c, u, answered, &k);
	EMIT(c, "core", turn_end, .turn = c->fold->turn, .usage = &k.usage,
	    .guess = k.guessed, .cost_usd = k.usd, .broken = broken,
	    .worked_ms = budget_worked_ms(c));
}

/* The core died during a request: record a guess of its cost. */
static void
turn_resumed(struct core *c)
{
	const struct usage untold = { -1, -1, -1, -1, -1, -1 };

	if (!c->fold->facts.usage.in_turn)
		return;
	/* The request itself is gone: about three bytes for each of its
	 * tokens. */
	c->request.bytes = 3 * (uint64_t)c->fold->facts.usage.context;
	turn_spent(c, &untold, 0, true);
}

/* The share of thinking in the answer's cost. */
static struct ev_number
turn_thought(const struct core *c, const struct usage *u)
{
	const struct core_target *t = turn_asked(c);
	struct price_usage all = { u->input, u->cached, u->cache_write,
		u->output, u->write_1h }, rest = all;
	int64_t cost, without;

	if (u->reasoning <= 0 || u->reasoning > u->output || !t->priced)
		return (struct ev_number){ 0 };
	rest.output -= u->reasoning;
	cost = price_of(&t->price, &all);
	without = price_of(&t->price, &rest);
	return (struct ev_number){ cost != MONEY_UNKNOWN &&
	    without != MONEY_UNKNOWN, cost - without };
}

static void
turn_journal_reply(struct core *c, struct reply *r, bool broken)
{
	AUTO_FREE struct ev_call *calls = xcalloc(r->calls_len + 1,
	    sizeof(*calls));
	struct ev_usage usage = turn_usage(&r->usage);
	struct usage paid = r->usage;
	size_t i;

	for (i = 0; i < r->calls_len; i++)
		calls[i] = (struct ev_call){ .id = r->calls[i].id,
		    .name = r->calls[i].name,
		    .arguments = r->calls[i].arguments,
		    .complete = r->calls[i].complete &&
		    r->calls[i].args != NULL, .custom = r->calls[i].custom };
	EMIT(c, "model", assistant_message, .turn = c->fold->turn,
	    .text = r->text,
	    .thinking = r->thinking[0] != '\0' ? r->thinking : NULL,
	    .refusal = r->refusal[0] != '\0' ? r->refusal : NULL,
	    .calls = calls, .calls_len = r->calls_len, .raw = r->raw,
	    .raw_format = r->raw != NULL ? c->target.format->name : NULL,
	    .raw_model = r->raw != NULL ? c->target.model : NULL,
	    .effort = facts_effort_names[c->request.effort],
	    .stop = provider_stop_names[r->stop], .stop_raw = r->stop_raw,
	    .usage = &usage, .thinking_usd = turn_thought(c, &r->usage),
	    .broken = broken, .worked_ms = budget_worked_ms(c));
	/* A broken stream never sent its final token count. */
	if (broken && paid.output < turn_tokens(turn_answer_bytes(r)))
		paid.output = -1;
	turn_spent(c, &paid, turn_answer_bytes(r), broken);
}

/* There will be no answer; to wrap up it wasn't needed. */
static void
turn_give_up(struct core *c)
{
	phase_stop(c, task_is_wrapped(c) ? STOP_LIMIT : STOP_PROVIDER);
}

/* Send the request for the current turn, with the current context. */
static void
turn_ask_again(struct core *c)
{
	c->request.attempt = c->request.empty = 0;
	turn_request(c);
}

static void
turn_failed(struct core *c, const struct provider_error *pe)
{
	AUTO_FREE char *text = NULL;

	if (retry_begin(c, pe, model_next(c, NULL), turn_request) ||
	    compact_on_full(c, pe, turn_ask_again, &text))
		return;
	if (text == NULL)
		text = turn_explain(c, pe);
	if (model_next(c, text)) {
		c->request.overhead = turn_overhead(c);
		turn_ask_again(c);
	} else {
		emit_error(c, provider_error_names[pe->kind], "%s", text);
		turn_give_up(c);
	}
}

/* A reply without calls ends the task or gets a nudge. */
static void
turn_no_calls(struct core *c, const struct reply *r)
{
	if (r->stop == REPLY_MAX_TOKENS) {
		emit_tell_model(c, r->text[0] == '\0' ? "[assent] Your answer "
		    "reached the output limit before it said anything. Think "
		    "less and answer in smaller steps." : "[assent] Your answer "
		    "was cut off at the output limit. Go on where you "
		    "stopped.");
		return;
	}
	if (r->stop == REPLY_PAUSE || question_answered(c, r->text) ||
	    c->fold->unread > 0)
		return;
	if (task_plans(c) && c->plan.mode != PLAN_LOOK &&
	    c->mode != MODE_INTERACTIVE && !c->plan.nudged) {
		c->plan.nudged = true;
		emit_tell_model(c, "[assent] Nobody can answer a question in "
		    "this run: decide yourself, and state the assumption. Hand "
		    "in your plan with the plan tool, or call done if nothing "
		    "is to be changed.");
		return;
	}
	c->task.model = MODEL_ENDED;
	xstrset(&c->task.summary, r->text);
}

/* An empty answer doesn't end the task: models send one now and then, and the
 * next one is better. */
static bool
turn_is_empty(const struct core *c, const struct reply *r)
{
	return r->stop == REPLY_END && r->calls_len == 0 &&
	    r->text[strspn(r->text, " \t\r\n")] == '\0' &&
	    !task_is_wrapped(c);
}

/* The request is sent again; a service that says nothing has failed. */
static void
turn_empty(struct core *c, struct reply *r)
{
	if (c->request.empty < TURN_EMPTY_ATTEMPTS)
		provider_error_set(&r->error, PROVIDER_SERVER, true,
		    "the answer is empty");
	else
		provider_error_set(&r->error, PROVIDER_SERVER, false,
		    "%d answers in a row were empty%s", c->request.empty,
		    r->thinking[0] == '\0' ? "" : " (thinking only)");
}

/* A model that has worked and then says nothing is asked what is meant. */
static void
turn_silent(struct core *c, struct reply *r)
{
	turn_journal_reply(c, r, false);
	if (c->request.empty == 1) {
		emit_tell_model(c, "[assent] Your answer was empty. Go on with "
		    "the task; if it is finished, say so with done.");
		return;
	}
	emit_error(c, "empty", "the model gave %d empty answers in a row; the "
	    "task isn't finished", c->request.empty);
	c->task.model = MODEL_SILENT;
}

/* The final summary at a limit ends the task, even if it has calls. Nobody can
 * do more about a limit that stopped us. */
static void
turn_wrapped(struct core *c, const struct reply *r)
{
	if (question_answered(c, r->text))
		return;
	c->task.model = MODEL_ENDED;
	xstrset(&c->task.summary, r->text);
	if (!c->person)
		phase_stop(c, STOP_LIMIT);
}

/* The request is on its way, or was answered. */
static void
turn_sent(void *arg)
{
	struct core *c = arg;

	loop_timer_free(&c->request.after);
	staged_prepare(c);
}

static void
turn_done(struct core *c, struct reply *r, const char *why)
{
	bool failed = r->stop == REPLY_ERROR || r->stop == REPLY_TRUNCATED;
	AUTO_FREE char *declined = reply_declined(r, "answer");

	(void)why;
	staged_settle(c);
	if (c->request.after != NULL)
		turn_sent(c);
	delta_flush(c);
	if (turn_is_empty(c, r)) {
		c->request.empty++;
		if (c->fold->calls != NULL) {
			turn_silent(c, r);
			goto out;
		}
		/* A recording has no other answer. */
		if (c->target.replay_dir == NULL) {
			turn_empty(c, r);
			failed = true;
		}
	}
	if (failed) {
		/* Show the partial answer, marked, but don't send it back. */
		if (r->text[0] != '\0' || r->thinking[0] != '\0' ||
		    r->calls_len > 0 || r->usage.input >= 0)
			turn_journal_reply(c, r, true);
		turn_failed(c, &r->error);
		goto out;
	}
	c->request.attempt = c->request.empty = 0;
	if (r->stop_unknown)
		emit_note(c, "the answer ended with \"%s\", which assent does "
		    "not know", r->stop_raw);
	/* Show the partial answer, then repeat the turn. */
	turn_journal_reply(c, r, r->stop == REPLY_CONTEXT_FULL);
	if (r->stop == REPLY_CONTEXT_FULL) {
		if (compact_on_full(c, NULL, turn_ask_again, NULL))
			goto out;
		emit_error(c, "context_full", "the conversation no longer fits "
		    "into the model's window; start a new task with what is "
		    "still to be done");
		phase_stop(c, STOP_LIMIT);
	} else if (declined != NULL) {
		emit_error(c, provider_stop_names[r->stop], "the model %s",
		    declined);
		turn_give_up(c);
	} else if (task_is_wrapped(c))
		turn_wrapped(c, r);
	else if (r->calls_len > 0)
		call_queue(c, r);
	else
		turn_no_calls(c, r);
out:
	reply_free(r);
	core_soon(c);
}

static void
turn_request(struct core *c)
{
	turn_ask(c, &(struct turn_ask){ .target = &c->target,
	    .doing = "thinking", .done = turn_done });
	loop_timer_free(&c->request.after);
	c->request.after = loop_timer_new(c->loop, LOOP_IDLE, turn_sent,
	    c);
}

void
turn_start(struct core *c)
{
	int64_t all = context_tokens(recall_context(c), c->request.overhead);
	struct ev_request_parts parts = { 0 };
	AUTO_FREE char *prefix = turn_prefix(c);
	struct tokens_room room;

	/* phases: only driver_step() begins a turn, and only in a running
	 * task. */
	assert(c->phase == PHASE_IDLE && task_runs(c) &&
	    c->task.stop == STOP_NONE && c->task.model == MODEL_GOES_ON);
	/* waits: no turn begins while the user has to answer a question. */
	assert(c->waits == 0 && c->decision.line == NULL);
	/* invariant 4: all calls of the last turn have their results. */
	assert(c->calls.next == c->calls.len);
	c->check.say = CHECK_MAY_SAY;
	/* For new changes a rule may try again, unless only the user may decide
	 * (CORE_APPLY_NO_RULE). */
	if (c->decision.tries <= CORE_APPLY_TRIES)
		c->decision.tries = 0;
	compact_room(c, &c->target, &room);
	turn_parts(c, all, &parts);
	EMIT(c, "core", turn_start, .turn = c->fold->turn + 1,
	    .phase = turn_phase(c), .worked_ms = budget_worked_ms(c),
	    .tokens = all, .parts = &parts, .prefix = prefix,
	    .window = c->target.replay_dir == NULL ? room.window : 0);
	free(parts.files);
	c->request.attempt = 0;
	turn_request(c);
}

void
turn_cancel(struct core *c, const char *why)
{
	const struct usage untold = { -1, -1, -1, -1, -1, -1 };
	bool asked = c->phase == PHASE_MODEL;
	uint64_t answered = c->fold->partial.text.len +
	    c->fold->partial.thinking.len;

	if (c->request.call != NULL)
		c->request.call->cancel(c->request.call);
	c->request.call = NULL;
	loop_timer_free(&c->request.after);
	loop_timer_free(&c->retry.timer);
	c->retry.again = NULL;
	if (c->phase != PHASE_MODEL && c->phase != PHASE_RETRY)
		return;
	phase_set(c, PHASE_IDLE);
	delta_flush(c);
	if (c->request.cancelled != NULL) {
		c->request.cancelled(c);
		return;
	}
	if (why != NULL && c->fold->partial.text.p != NULL &&
	    c->fold->partial.text.p[0] != '\0')
		EMIT(c, "model", assistant_message, .turn = c->fold->turn,
		    .text = c->fold->partial.text.p, .stop = "truncated",
		    .stop_raw = why, .broken = true);
	/* A cancelled request costs money, too. */
	if (asked && why != NULL)
		turn_spent(c, &untold, answered, true);
}

static void
turn_free(struct core *c)
{
	turn_cancel(c, NULL);
	http_stream_free(c->request.warm);
	pathmap_release(&c->request.amended);
	pathmap_release(&c->request.reached);
	free(c->request.aside_system);
	free(c->request.aside_text);
}

static const struct core_command turn_commands[] = {
	{ "set", IN_ANY, 0, 0, NOBODY, .has = "effort", .act = effort_say },
	{ 0 }
};

const struct core_part turn_part = {
	.ahead = turn_warm, .begun = effort_note,
	.line = turn_line, .lines = OF(EVENT_MODE) | OF(EVENT_NOTE),
	.resumed = turn_resumed, .free = turn_free,
	.commands = turn_commands,
};
