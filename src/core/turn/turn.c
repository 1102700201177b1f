/*
 * turn: one request to the model: build it, stream the answer to the clients,
 * try again when that may help, journal the reply and queue its calls.
 */
#include "config.h"

#include "core/core.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/turn/amend.h"
#include "core/context/compact.h"
#include "core/turn/effort.h"
#include "core/session/prompt.h"
#include "core/review/reviewer.h"
#include "provider/error.h"

#define TURN_EMPTY_ATTEMPTS 3

static void turn_request(struct core *);

/* The system prompt as it is now; malloc'ed. */
static char *
turn_system(struct core *c)
{
	struct prompt_facts facts = { 0 };
	char *system;

	facts.family = json_str(json_get(json_get(c->start, "model"), "facts"),
	    "prompt");
	facts.plan_first = c->plan_mode == PLAN_AUTO ||
	    c->plan_mode == PLAN_REQUIRE;
	facts.look = c->plan_mode == PLAN_LOOK;
	facts.profile = json_get(c->start, "profile");
	facts.user_text = json_str(c->start, "user_text");
	facts.project_text = json_str(c->start, "project_text");
	facts.project = c->brief;
	system = prompt_system(c->prompts, &facts);
	if (text_calls_are_on(c) && !budget_is_wrapped(c))
		system = text_calls_prompt(c, system);
	return system;
}

int64_t
turn_overhead(struct core *c)
{
	struct tool_schema *tools;
	char *system = turn_system(c);
	int64_t n = 64 + tokens_estimate(system, strlen(system));
	size_t i, len;

	free(system);
	if (text_calls_are_on(c))
		return n;
	tools = call_tools(c, &len);
	for (i = 0; i < len; i++)
		n += 16 + tokens_estimate(tools[i].name,
		    strlen(tools[i].name)) +
		    tokens_estimate(tools[i].description,
		    strlen(tools[i].description)) +
		    tokens_estimate(tools[i].parameters,
		    strlen(tools[i].parameters));
	free(tools);
	return n;
}

static uint64_t
turn_hash(uint64_t h, const char *s)
{
	/* FNV-1a, the NUL included, so that texts stay apart. */
	do
		h = (h ^ (unsigned char)*s) * 1099511628211u;
	while (*s++ != '\0');
	return h;
}

/* Instructions and tools of the next request, and whether marks of effort stand
 * among its messages, as a hash: signed thinking may be bound to them. */
static void
turn_add_prefix(struct core *c, cJSON *o)
{
	struct tool_schema *tools;
	char *system, text[24];
	uint64_t h = 14695981039346656037u;
	size_t i, n;

	if (!c->target.facts.bound)
		return;
	system = turn_system(c);
	tools = call_tools(c, &n);
	h = turn_hash(turn_hash(h, system), facts_marks(&c->target.facts,
	    effort_for(c, &c->target, false)) && (amend_without(c, &c->target) &
	    REQUEST_MARKERS) == 0 ? "marks" : "");
	for (i = 0; i < n; i++)
		h = turn_hash(turn_hash(turn_hash(h, tools[i].name),
		    tools[i].description), tools[i].parameters);
	snprintf(text, sizeof(text), "%016llx", (unsigned long long)h);
	json_add_str(o, "prefix", text);
	free(tools);
	free(system);
}

/* The body of a request to this model; what it allows and has in it is kept. */
static char *
turn_body_of(struct core *c, const struct core_target *to, struct request *r,
    int64_t output)
{
	struct buf body = BUF_INIT(0);

	r->model = to->model;
	r->dialect = &to->dialect;
	r->facts = &to->facts;
	r->without = amend_without(c, to);
	r->max_tokens = c->asked_output = output;
	r->effort = c->asked_effort = effort_for(c, to, c->aside_text != NULL);
	/* What it takes of that is what it was asked with. */
	(void)facts_thinking(&to->facts, THINKING_EFFORT, &c->asked_effort);
	c->asked_options = to->format->request(&body, r);
	return buf_take(&body);
}

static char *
turn_body(struct core *c)
{
	struct tokens_room room;
	struct request r = { 0 };
	struct tool_schema *tools;
	char *system = turn_system(c), *body;

	compact_room(c, &room);
	tools = call_tools(c, &r.tools_len);
	if (text_calls_are_on(c))
		r.tools_len = 0;
	r.no_calls = budget_is_wrapped(c);
	r.conversation = c->id;
	r.system = system;
	r.tools = tools;
	r.messages = context_messages(c->context, &r.messages_len);
	r.stable_len = context_stable(c->context);
	r.long_cache = context_waits(c->context);
	body = turn_body_of(c, &c->target, &r, tokens_answer(&room,
	    context_tokens(c->context, c->overhead)));
	free(tools);
	free(system);
	return body;
}

/* A text alone, without tools. */
static char *
turn_body_aside(struct core *c)
{
	const struct core_target *to = c->asked;
	struct message m = { .role = MESSAGE_USER, .text = c->aside_text };
	struct buf wire = BUF_INIT(0);
	struct request q = { 0 };
	struct tokens_room room;
	const char *messages[1];
	char *body;

	to->format->message(&wire, &m, to->model, &to->dialect);
	messages[0] = buf_str(&wire);
	compact_room_of(c, to, &room);
	q.system = c->aside_system;
	q.messages = messages;
	q.messages_len = 1;
	body = turn_body_of(c, to, &q, tokens_answer(&room,
	    tokens_estimate(q.system, strlen(q.system)) +
	    tokens_estimate(messages[0], wire.len)));
	buf_release(&wire);
	return body;
}

static void
turn_delta(void *arg, enum delta_kind kind, const char *text, size_t n)
{
	struct core *c = arg;

	if (kind == DELTA_TEXT)
		delta_text(c, text, n);
	else if (kind == DELTA_THINKING)
		delta_thinking(c, text, n);
	else
		core_status(c, "model", "the model: writing a tool call");
}

const struct core_target *
turn_asked(const struct core *c)
{
	return c->asked != NULL ? c->asked : &c->target;
}

void
turn_over(struct core *c, const struct reply *r)
{
	const char *url = turn_asked(c)->base_url;

	c->request = NULL;
	c->busy = BUSY_NONE;
	if (!r->error.refused && !json_bool(c->reached, url, false))
		json_add_bool(c->reached, url, true);
}

void
turn_add_asked(const struct core *c, cJSON *o)
{
	cJSON *m = cJSON_CreateObject();

	json_add_str(m, "provider", turn_asked(c)->provider);
	json_add_str(m, "name", turn_asked(c)->model);
	json_set_take(o, "model", m);
}

static cJSON *
turn_usage(const struct usage *u)
{
	cJSON *o = cJSON_CreateObject();

	json_add_count(o, "input", u->input);
	json_add_count(o, "cached", u->cached);
	json_add_count(o, "cache_write", u->cache_write);
	if (u->write_1h > 0)
		json_add_int(o, "cache_write_1h", u->write_1h);
	json_add_count(o, "output", u->output);
	json_add_count(o, "reasoning", u->reasoning);
	return o;
}

void
turn_add_spent(struct core *c, cJSON *o, const struct usage *u,
    uint64_t answered)
{
	cJSON *guess = cJSON_CreateObject();
	struct price_usage paid = { u->input, u->cached, u->cache_write,
		u->output, u->write_1h };

	json_set_take(o, "usage", turn_usage(u));
	if (paid.input < 0) {
		paid.input = price_tokens_guess(c->request_bytes);
		json_add_int(guess, "input", paid.input);
	}
	if (paid.output < 0) {
		paid.output = price_tokens_guess(answered);
		json_add_int(guess, "output", paid.output);
	}
	if (guess->child != NULL)
		json_set_take(o, "guess", guess);
	else
		cJSON_Delete(guess);
	json_set_take(o, "cost_usd", money_to_json(turn_asked(c)->priced ?
	    price_of(&turn_asked(c)->price, &paid) : MONEY_UNKNOWN));
}

/* A turn, or an attempt at one, is paid for. */
static void
turn_spent(struct core *c, const struct usage *u, uint64_t answered,
    bool broken)
{
	cJSON *o = cJSON_CreateObject();

	json_add_int(o, "turn", c->turn);
	turn_add_spent(c, o, u, answered);
	if (broken)
		json_add_bool(o, "broken", true);
	budget_add_worked(c, o);
	core_emit(c, "turn_end", "core", o);
}

void
turn_lost(struct core *c)
{
	const struct usage untold = { -1, -1, -1, -1, -1, -1 };

	if (!c->fold->spent.in_turn)
		return;
	c->request_bytes = 3 * (uint64_t)c->fold->spent.context;
	turn_spent(c, &untold, 0, true);
}

static uint64_t
turn_answered(const struct reply *r)
{
	uint64_t n = strlen(r->text) + strlen(r->thinking) +
	    strlen(r->refusal);
	size_t i;

	for (i = 0; i < r->calls_len; i++)
		n += strlen(r->calls[i].name) + strlen(r->calls[i].arguments);
	return n;
}

/* What thinking has cost, of the answer's cost. */
static void
turn_add_thought(const struct core *c, cJSON *o, const struct usage *u)
{
	const struct core_target *t = turn_asked(c);
	struct price_usage all = { u->input, u->cached, u->cache_write,
		u->output, u->write_1h }, rest = all;
	int64_t cost;

	if (u->reasoning <= 0 || u->reasoning > u->output || !t->priced)
		return;
	rest.output -= u->reasoning;
	cost = price_of(&t->price, &all);
	if (cost != MONEY_UNKNOWN && price_of(&t->price, &rest) !=
	    MONEY_UNKNOWN)
		json_set_take(o, "thinking_usd", money_to_json(cost -
		    price_of(&t->price, &rest)));
}

static void
turn_journal_reply(struct core *c, struct reply *r, bool broken)
{
	cJSON *o = cJSON_CreateObject(), *calls = cJSON_CreateArray();
	struct usage paid = r->usage;
	size_t i;

	json_add_int(o, "turn", c->turn);
	json_add_str(o, "text", r->text);
	if (r->thinking[0] != '\0')
		json_add_str(o, "thinking", r->thinking);
	if (r->refusal[0] != '\0')
		json_add_str(o, "refusal", r->refusal);
	for (i = 0; i < r->calls_len; i++) {
		cJSON *it = cJSON_CreateObject();

		json_add_str(it, "id", r->calls[i].id);
		json_add_str(it, "name", r->calls[i].name);
		json_add_str(it, "arguments", r->calls[i].arguments);
		json_add_bool(it, "complete", r->calls[i].complete &&
		    r->calls[i].args != NULL);
		if (r->calls[i].custom)
			json_add_bool(it, "custom", true);
		cJSON_AddItemToArray(calls, it);
	}
	json_set_take(o, "calls", calls);
	if (r->raw != NULL) {
		/* A string is what calls in text were read from. */
		json_add_str(o, "raw_format", cJSON_IsString(r->raw) ? "text" :
		    c->target.format->name);
		json_set_take(o, "raw", r->raw);
		r->raw = NULL;
		json_add_str(o, "raw_model", c->target.model);
	}
	json_add_str(o, "effort", facts_effort_name(c->asked_effort));
	json_add_str(o, "stop", reply_stop_name(r->stop));
	json_add_str(o, "stop_raw", r->stop_raw);
	json_set_take(o, "usage", turn_usage(&r->usage));
	turn_add_thought(c, o, &r->usage);
	if (broken)
		json_add_bool(o, "broken", true);
	budget_add_worked(c, o);
	core_emit(c, "assistant_message", "model", o);
	/* Of a stream that died the count at its end never came. */
	if (broken && paid.output < price_tokens_guess(turn_answered(r)))
		paid.output = -1;
	turn_spent(c, &paid, turn_answered(r), broken);
}

static void
turn_retry(void *arg)
{
	turn_request(arg);
}

const char *
turn_key_from(const struct core *c)
{
	const struct core_target *t = turn_asked(c);

	return t->key != NULL && t->key_from != NULL ? t->key_from :
	    t->key_env;
}

static void
turn_failed(struct core *c, const struct provider_error *pe)
{
	char *text;

	if (text_calls_instead(c, pe))
		return;
	if (retry_begin(c, pe, failover_has_next(c), turn_retry))
		return;
	if ((pe->kind == PROVIDER_CONTEXT_FULL ||
	    pe->kind == PROVIDER_TOO_LARGE) && compact_on_full(c, pe))
		return;
	if (compact_no_images(c, pe))
		return;
	text = pe->kind == PROVIDER_CONTEXT_FULL ? compact_explain(c, pe) :
	    provider_error_explain(pe, c->target.provider,
	    c->target.base_url, turn_key_from(c));
	if (failover_next(c, text)) {
		turn_ask_again(c);
	} else {
		core_error(c, provider_error_name(pe->kind), "%s", text);
		c->provider_failed = true;
	}
	free(text);
}

/* A reply without calls: the end of the task, or a nudge. */
static void
turn_no_calls(struct core *c, const struct reply *r)
{
	if (r->stop == REPLY_MAX_TOKENS) {
		core_tell_model(c, r->text[0] == '\0' ? "[assent] Your answer "
		    "reached the output limit before it said anything. Think "
		    "less and answer in smaller steps." : "[assent] Your answer "
		    "was cut off at the output limit. Go on where you "
		    "stopped.");
		return;
	}
	if (r->stop == REPLY_PAUSE || c->said)
		return;
	if (c->planning && c->plan_mode != PLAN_LOOK &&
	    c->mode != MODE_INTERACTIVE && !c->plan_nudged) {
		c->plan_nudged = true;
		core_tell_model(c, "[assent] Hand in your plan with the plan "
		    "tool, or call done if nothing is to be changed.");
		return;
	}
	c->model_ended = true;
	free(c->summary);
	c->summary = xstrdup(r->text);
}

/* An answer that says and does nothing is no end of a task: models give one now
 * and then, and the next one is better. */
static bool
turn_is_empty(const struct core *c, const struct reply *r)
{
	return r->stop == REPLY_END && r->calls_len == 0 &&
	    r->text[strspn(r->text, " \t\r\n")] == '\0' &&
	    c->target.replay_dir == NULL;
}

/* The last words at a limit: the end, whatever it would still have called. */
static void
turn_wrapped(struct core *c, const struct reply *r)
{
	c->model_ended = true;
	free(c->summary);
	c->summary = xstrdup(r->text);
}

static void
turn_done(void *arg, struct reply *r)
{
	struct core *c = arg;
	bool failed = r->stop == REPLY_ERROR || r->stop == REPLY_TRUNCATED;
	char *wrong = NULL, *text;

	turn_over(c, r);
	delta_flush(c);
	if (turn_is_empty(c, r)) {
		c->empty++;
		if (c->empty < TURN_EMPTY_ATTEMPTS)
			provider_error_set(&r->error, PROVIDER_SERVER, true,
			    "the answer is empty");
		else
			provider_error_set(&r->error, PROVIDER_SERVER, false,
			    "%d answers in a row were empty%s", c->empty,
			    r->thinking[0] == '\0' ? "" :
			    " (thinking only)");
		failed = true;
	}
	if (failed) {
		/* What was streamed is shown, marked, and not sent back. */
		if (r->text[0] != '\0' || r->thinking[0] != '\0' ||
		    r->calls_len > 0 || r->usage.input >= 0)
			turn_journal_reply(c, r, true);
		turn_failed(c, &r->error);
		goto out;
	}
	c->attempt = c->empty = 0;
	if (text_calls_are_on(c) && !budget_is_wrapped(c))
		wrong = text_calls_read(c, r);
	if (r->stop_unknown)
		core_note(c, "the answer ended with \"%s\", which assent does "
		    "not know", r->stop_raw);
	/* What it could still say is shown; the turn is asked again. */
	turn_journal_reply(c, r, r->stop == REPLY_CONTEXT_FULL);
	if (r->stop == REPLY_CONTEXT_FULL) {
		if (compact_on_full(c, NULL))
			goto out;
		core_error(c, "context_full", "the conversation no longer fits "
		    "into the model's window; start a new task with what is "
		    "still to be done");
		c->limit_hit = true;
	} else if (r->stop == REPLY_REFUSAL ||
	    r->stop == REPLY_CONTENT_FILTER) {
		core_error(c, reply_stop_name(r->stop), "the model declined to "
		    "answer%s%s", r->refusal[0] != '\0' ? ": " : "",
		    r->refusal);
		c->provider_failed = true;
	} else if (budget_is_wrapped(c))
		turn_wrapped(c, r);
	else if (text_calls_end(c, wrong))
		;
	else if (r->calls_len > 0)
		call_queue(c, r);
	else if (wrong != NULL) {
		text = xasprintf("[assent] %s", wrong);
		core_tell_model(c, text);
		free(text);
	} else
		turn_no_calls(c, r);
out:
	free(wrong);
	reply_free(r);
	core_step_soon(c);
}

void
turn_target(struct core *c, const struct core_target *from,
    struct call_target *t)
{
	memset(t, 0, sizeof(*t));
	t->format = from->format;
	t->base_url = from->base_url;
	t->model = from->model;
	t->options = c->asked_options;
	t->key = from->key;
	t->proxy = from->proxy;
	t->ca_file = from->ca_file;
	t->replay_dir = from->replay_dir;
	t->replay_turn = c->replay_turn++;
	t->replay_paced = from->replay_paced;
	t->connect_timeout_ms = json_int(c->start, "connect_timeout_ms",
	    15000);
	t->idle_timeout_ms = json_int(c->start, "idle_timeout_ms", 600000);
}

static void	turn_arrived(void *, struct reply *);

/* The question that was asked last, once more or for the first time. */
static void
turn_send(struct core *c, delta_cb *delta)
{
	const struct call_callbacks callbacks = {
		.delta = delta, .done = turn_arrived,
	};
	struct call_target t;
	char *body = c->aside_text != NULL ? turn_body_aside(c) : turn_body(c);
	char *header = NULL;
	uint64_t images;

	c->attempt++;
	c->request_bytes = strlen(body);
	images = c->aside_text != NULL ? 0 : context_image_bytes(c->context);
	c->request_bytes -= images < c->request_bytes ? images : 0;
	turn_target(c, c->asked, &t);
	if (c->aside_text == NULL && dialect_has_header(&c->asked->dialect))
		t.header = header = xasprintf("%s: %s",
		    c->asked->dialect.conversation, c->id);
	c->busy = BUSY_MODEL;
	c->request = provider_call_start(c->loop, &t, body, &callbacks, c);
	free(header);
}

/* Whom to ask, and who reads the answer. A text (and its prompt): beside the
 * conversation. */
static void
turn_ask(struct core *c, const struct core_target *to, const char *system,
    const char *text, const char *doing,
    const struct call_callbacks *callbacks)
{
	free(c->aside_system);
	free(c->aside_text);
	c->aside_system = xstrdup_null(system);
	c->aside_text = xstrdup_null(text);
	c->asked = to;
	c->asked_done = callbacks->done;
	if (c->attempt == 0)
		amend_begin(c);
	core_status(c, "model", "%s", doing);
	turn_send(c, callbacks->delta);
}

static void
turn_arrived(void *arg, struct reply *r)
{
	struct core *c = arg;

	if (r->stop == REPLY_ERROR && amend_refused(c, c->asked, &r->error)) {
		reply_free(r);
		c->request = NULL;
		c->attempt--;
		turn_send(c, c->aside_text != NULL ? NULL : turn_delta);
		return;
	}
	usage_add_hour(&r->usage, c->asked_options);
	c->asked_done(c, r);
}

void
turn_ask_aside(struct core *c, const struct core_target *to,
    const char *system, const char *text, const char *doing,
    const struct call_callbacks *callbacks)
{
	turn_ask(c, to, system, text, doing, callbacks);
}

static void
turn_request(struct core *c)
{
	static const struct call_callbacks callbacks = {
		.delta = turn_delta, .done = turn_done,
	};

	turn_ask(c, &c->target, NULL, NULL, "the model", &callbacks);
	call_prepare(c);
	estimate_note(c);
}

const char *
turn_phase(const struct core *c)
{
	return c->plan_mode == PLAN_LOOK ? "look" : c->planning ? "plan" :
	    "execute";
}

void
turn_ask_again(struct core *c)
{
	c->attempt = c->empty = 0;
	turn_request(c);
}

void
turn_start(struct core *c)
{
	cJSON *o = cJSON_CreateObject();
	struct tokens_room room;

	c->turn++;
	c->said = false;
	c->check_closed = false;
	/* What it changes from here on is another decision. */
	if (c->apply_failures <= CORE_APPLY_TRIES)
		c->apply_failures = 0;
	json_add_int(o, "turn", c->turn);
	json_add_str(o, "phase", turn_phase(c));
	budget_add_worked(c, o);
	compact_room(c, &room);
	json_add_int(o, "tokens", context_tokens(c->context, c->overhead));
	if (c->target.replay_dir == NULL)
		json_add_int(o, "window", room.window);
	turn_add_prefix(c, o);
	core_emit(c, "turn_start", "core", o);
	c->attempt = c->empty = 0;
	turn_request(c);
}

void
turn_cancel(struct core *c, const char *why)
{
	const struct usage untold = { -1, -1, -1, -1, -1, -1 };
	bool asked = c->busy == BUSY_MODEL;
	uint64_t answered = c->fold->buf_text.len +
	    c->fold->buf_thinking.len + c->fold->buf_call.len;

	if (c->request != NULL)
		provider_call_cancel(c->request);
	c->request = NULL;
	retry_stop(c);
	if (c->busy != BUSY_MODEL && c->busy != BUSY_RETRY)
		return;
	c->busy = BUSY_NONE;
	delta_flush(c);
	if (compact_is_running(c)) {
		compact_cancelled(c);
		return;
	}
	if (reviewer_is_running(c)) {
		reviewer_cancelled(c);
		return;
	}
	if (why != NULL && c->fold->partial_text != NULL &&
	    c->fold->partial_text[0] != '\0') {
		cJSON *o = cJSON_CreateObject();

		json_add_int(o, "turn", c->turn);
		json_add_str(o, "text", c->fold->partial_text);
		json_set_take(o, "calls", cJSON_CreateArray());
		json_add_str(o, "stop", "truncated");
		json_add_str(o, "stop_raw", why);
		json_add_bool(o, "broken", true);
		core_emit(c, "assistant_message", "model", o);
	}
	/* What went out is paid for, also where nobody waits for the answer. */
	if (asked && why != NULL)
		turn_spent(c, &untold, answered, true);
}
