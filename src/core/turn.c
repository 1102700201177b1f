#include "config.h"

#include "core/turn.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/budget.h"
#include "core/call.h"
#include "core/comment.h"
#include "core/compact.h"
#include "core/context.h"
#include "core/core.h"
#include "core/decision.h"
#include "core/driver.h"
#include "core/model.h"
#include "core/rule.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "loop/loop.h"
#include "provider/provider.h"

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

bool
retry_begin(struct core *c, const struct provider_error *pe, bool other,
    void (*again)(struct core *))
{
	int64_t wait, left;
	cJSON *o;

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
	o = cJSON_CreateObject();
	json_add_int(o, "attempt", c->request.attempt);
	if (other)
		json_add_int(o, "of", RETRY_ATTEMPTS - 1);
	json_add_int(o, "left_ms", left);
	json_add_int(o, "wait_ms", wait);
	json_add_str(o, "kind", provider_error_name(pe->kind));
	json_add_str(o, "text", pe->message);
	json_add_str(o, "provider", turn_asked(c)->provider);
	if (pe->status > 0)
		json_add_int(o, "status", pe->status);
	if (pe->request_id[0] != '\0')
		json_add_str(o, "request_id", pe->request_id);
	emit_event(c, EVENT_RETRY, "core", o);
	c->retry.again = again;
	c->retry.due_ms = clock_mono_ms() + wait;
	phase_set(c, PHASE_RETRY);
	status_tell(c, "retry", "retrying (attempt %d)",
	    c->request.attempt + 1);
	c->retry.timer = loop_timer_new(c->loop, wait, retry_go, c);
	return true;
}

static void
retry_stop(struct core *c)
{
	loop_timer_free(c->retry.timer);
	c->retry.timer = NULL;
	c->retry.again = NULL;
}

void
retry_now(struct core *c)
{
	loop_timer_free(c->retry.timer);
	retry_go(c);
}

#define TURN_EMPTY_ATTEMPTS 3

static void turn_request(struct core *);
static void turn_ask_again(struct core *);

/* Journal the cost of a turn, or of an attempt. */
static void
turn_spent(struct core *c, const struct usage *u, uint64_t answered,
    bool broken)
{
	cJSON *o = cJSON_CreateObject();

	json_add_int(o, "turn", c->fold->turn);
	turn_add_spent(c, o, u, answered);
	if (broken)
		json_add_bool(o, "broken", true);
	budget_add_worked(c, o);
	emit_event(c, EVENT_TURN_END, "core", o);
}

void
turn_lost(struct core *c)
{
	const struct usage untold = { -1, -1, -1, -1, -1, -1 };

	if (!c->fold->spent.in_turn)
		return;
	/* The request itself is gone: about three bytes for each of its
	 * tokens. */
	c->request.bytes = 3 * (uint64_t)c->fold->spent.context;
	turn_spent(c, &untold, 0, true);
}

/* To estimate the answer's tokens if the server didn't count them. */
static uint64_t
turn_answer_bytes(const struct reply *r)
{
	uint64_t n = strlen(r->text) + strlen(r->thinking) +
	    strlen(r->refusal);
	size_t i;

	for (i = 0; i < r->calls_len; i++)
		n += strlen(r->calls[i].name) + strlen(r->calls[i].arguments);
	return n;
}

/* The share of thinking in the answer's cost. */
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

	json_add_int(o, "turn", c->fold->turn);
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
		json_add_str(o, "raw_format", c->target.format->name);
		json_set_take(o, "raw", r->raw);
		r->raw = NULL;
		json_add_str(o, "raw_model", c->target.model);
	}
	json_add_str(o, "effort", facts_effort_name(c->request.effort));
	json_add_str(o, "stop", provider_stop_name(r->stop));
	json_add_str(o, "stop_raw", r->stop_raw);
	json_set_take(o, "usage", turn_usage(&r->usage));
	turn_add_thought(c, o, &r->usage);
	if (broken)
		json_add_bool(o, "broken", true);
	budget_add_worked(c, o);
	emit_event(c, EVENT_ASSISTANT_MESSAGE, "model", o);
	/* A broken stream never sent its final token count. */
	if (broken && paid.output < price_tokens_guess(turn_answer_bytes(r)))
		paid.output = -1;
	turn_spent(c, &paid, turn_answer_bytes(r), broken);
}

/* There will be no answer; to wrap up it wasn't needed. */
static void
turn_give_up(struct core *c)
{
	phase_stop(c, budget_is_wrapped(c) ? STOP_LIMIT : STOP_PROVIDER);
}

static void
turn_failed(struct core *c, const struct provider_error *pe)
{
	char *text;

	if (retry_begin(c, pe, failover_has_next(c), turn_request))
		return;
	if ((pe->kind == PROVIDER_CONTEXT_FULL ||
	    pe->kind == PROVIDER_TOO_LARGE) && compact_on_full(c, pe,
	    turn_ask_again))
		return;
	if (compact_no_images(c, pe)) {
		turn_ask_again(c);
		return;
	}
	text = pe->kind == PROVIDER_CONTEXT_FULL ? compact_explain(c, pe) :
	    provider_error_explain(pe, c->target.provider,
	    c->target.base_url, turn_key_from(c));
	if (failover_next(c, text)) {
		c->overhead = turn_overhead(c);
		turn_ask_again(c);
	} else {
		emit_error(c, provider_error_name(pe->kind), "%s", text);
		turn_give_up(c);
	}
	free(text);
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
	    c->task.said)
		return;
	if (c->task.planning && c->plan.mode != PLAN_LOOK &&
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
	    !budget_is_wrapped(c);
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

	loop_timer_free(c->request.after);
	c->request.after = NULL;
	call_prepare(c);
}

static void
turn_done(void *arg, struct reply *r)
{
	struct core *c = arg;
	bool failed = r->stop == REPLY_ERROR || r->stop == REPLY_TRUNCATED;

	if (c->request.after != NULL)
		turn_sent(c);
	turn_over(c, r);
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
		if (compact_on_full(c, NULL, turn_ask_again))
			goto out;
		emit_error(c, "context_full", "the conversation no longer fits "
		    "into the model's window; start a new task with what is "
		    "still to be done");
		phase_stop(c, STOP_LIMIT);
	} else if (r->stop == REPLY_REFUSAL ||
	    r->stop == REPLY_CONTENT_FILTER) {
		emit_error(c, provider_stop_name(r->stop),
		    "the model declined to answer%s%s",
		    r->refusal[0] != '\0' ? ": " : "", r->refusal);
		turn_give_up(c);
	} else if (budget_is_wrapped(c))
		turn_wrapped(c, r);
	else if (r->calls_len > 0)
		call_queue(c, r);
	else
		turn_no_calls(c, r);
out:
	reply_free(r);
	driver_soon(c);
}

static void
turn_request(struct core *c)
{
	turn_ask(c, &c->target, NULL, NULL, "thinking", turn_done);
	loop_timer_free(c->request.after);
	c->request.after = loop_idle_new(c->loop, turn_sent, c);
}

/* Send the request for the current turn, with the current context. */
static void
turn_ask_again(struct core *c)
{
	c->request.attempt = c->request.empty = 0;
	turn_request(c);
}

void
turn_start(struct core *c)
{
	cJSON *o = cJSON_CreateObject();
	struct tokens_room room;

	/* phases: only driver_step() begins a turn, and only in a running
	 * task. */
	assert(c->phase == PHASE_IDLE && phase_has_task(c) &&
	    c->task.stop == STOP_NONE && c->task.model == MODEL_GOES_ON);
	/* waits: no turn begins while the user has to answer a question. */
	assert(c->waits == 0 && c->decision.line == NULL);
	/* invariant 4: all calls of the last turn have their results. */
	assert(c->calls.next == c->calls.len);
	c->task.said = false;
	c->check.say = CHECK_MAY_SAY;
	/* For new changes a rule may try again, unless only the user may decide
	 * (CORE_APPLY_NO_RULE). */
	if (c->decision.tries <= CORE_APPLY_TRIES)
		c->decision.tries = 0;
	json_add_int(o, "turn", c->fold->turn + 1);
	json_add_str(o, "phase", turn_phase(c));
	budget_add_worked(c, o);
	compact_room(c, &room);
	json_add_int(o, "tokens", context_tokens(recall_context(c), c->overhead));
	if (c->target.replay_dir == NULL)
		json_add_int(o, "window", room.window);
	turn_add_prefix(c, o);
	emit_event(c, EVENT_TURN_START, "core", o);
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
		provider_call_cancel(c->request.call);
	c->request.call = NULL;
	loop_timer_free(c->request.after);
	c->request.after = NULL;
	retry_stop(c);
	if (c->phase != PHASE_MODEL && c->phase != PHASE_RETRY)
		return;
	phase_set(c, PHASE_IDLE);
	delta_flush(c);
	if (compact_is_running(c)) {
		compact_cancelled(c);
		return;
	}
	if (reviewer_is_running(c)) {
		reviewer_cancelled(c);
		return;
	}
	if (why != NULL && c->fold->partial.text.p != NULL &&
	    c->fold->partial.text.p[0] != '\0') {
		cJSON *o = cJSON_CreateObject();

		json_add_int(o, "turn", c->fold->turn);
		json_add_str(o, "text", c->fold->partial.text.p);
		json_set_take(o, "calls", cJSON_CreateArray());
		json_add_str(o, "stop", "truncated");
		json_add_str(o, "stop_raw", why);
		json_add_bool(o, "broken", true);
		emit_event(c, EVENT_ASSISTANT_MESSAGE, "model", o);
	}
	/* A cancelled request costs money, too. */
	if (asked && why != NULL)
		turn_spent(c, &untold, answered, true);
}
