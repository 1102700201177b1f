/*
 * The driver.  core_step looks at what is and starts what comes next; it is
 * run after everything that happens, and does nothing while something is under
 * way or a person is waited for.  The order of its questions is the policy.
 */
#include "config.h"

#include "core/core.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"

static void	core_pause(struct core *, const char *what, double used,
		    double limit);

#define REPEAT_MAX 5	/* identical calls in a row */
#define WRAP_TURNS 3	/* turns to wrap up in */

bool
core_is_waiting(const struct core *c)
{
	return c->wait_plan || c->wait_ask || c->wait_pause ||
	    (c->busy == BUSY_NONE && propose_is_open(c));
}

static void
core_step_cb(void *arg)
{
	struct core *c = arg;

	c->step_posted = false;
	core_step(c);
}

void
core_step_soon(struct core *c)
{
	if (c->step_posted)
		return;
	c->step_posted = true;
	loop_timer_new(c->loop, 0, core_step_cb, c);
}

/* Begin a task: a user's message when nothing was being worked on. */
static void
core_task_begin(struct core *c)
{
	/* After an interruption the words go on with the approved plan. */
	if (!c->unfinished)
		c->planning = c->plan_mode != PLAN_SKIP && c->mode != MODE_TRY;
	c->active = true;
	c->ended = false;
	c->go_on = false;
	c->apply_failures = 0;
	c->model_ended = c->done_called = false;
	c->plan_nudged = false;
	c->wrap_up = false;
	c->wrap_turns = 0;
	c->refused_any = c->interrupted = c->provider_failed = false;
	c->limit_hit = c->command_killed = false;
	c->task_turns = c->extended = 0;
	c->task_started_ms = clock_mono_ms();
	c->repeats = 0;
	free(c->summary);
	c->summary = NULL;
	c->evidence_due = false;
}

static void
core_time_up(void *arg)
{
	struct core *c = arg;

	c->time_timer = NULL;
	if (!c->active || c->ended)
		return;
	turn_cancel(c, "the time limit was reached");
	call_stop_worker(c, "the time limit was reached");
	core_pause(c, "time", (double)c->max_time_ms / 1000.0,
	    (double)c->max_time_ms / 1000.0);
	core_step_soon(c);
}

static void
core_time_start(struct core *c)
{
	loop_timer_free(c->time_timer);
	c->time_timer = NULL;
	if (c->max_time_ms > 0)
		c->time_timer = loop_timer_new(c->loop, c->max_time_ms,
		    core_time_up, c);
}

/* What the model did not get to hear yet. */
static void
core_flush_feedback(struct core *c)
{
	if (c->feedback.len == 0)
		return;
	if (c->done_call_id != NULL) {
		call_result(c, c->done_call_id, "done", false, "refused",
		    buf_str(&c->feedback));
		free(c->done_call_id);
		c->done_call_id = NULL;
	} else
		core_tell_model(c, buf_str(&c->feedback));
	buf_clear(&c->feedback);
}

void
core_say(struct core *c, const char *text, const char *client)
{
	cJSON *o;
	struct err e = ERR_INIT;

	if (text[0] == '\0')
		return;
	if (c->wait_plan) {
		if (plan_decide(c, c->fold->plan.version, "return", text, NULL,
		    client, &e) == 0)
			return;
	}
	if (!c->active) {
		core_task_begin(c);
		core_time_start(c);
	}
	/* The call that ended the last task is still owed its answer. */
	if (c->done_call_id != NULL) {
		call_result(c, c->done_call_id, "done", true, NULL,
		    "noted; the person has said more");
		free(c->done_call_id);
		c->done_call_id = NULL;
	}
	core_flush_feedback(c);
	o = cJSON_CreateObject();
	json_add_str(o, "text", text);
	json_add_str(o, "client", client);
	core_emit(c, "user_message", "user", o);
	c->said = true;
	/* Words while a proposal is open: the model may go on with them. */
	c->go_on = true;
	c->model_ended = c->done_called = false;
	core_step_soon(c);
}

void
core_interrupt(struct core *c, const char *client)
{
	cJSON *o;

	if (!c->active || c->ended)
		return;
	o = cJSON_CreateObject();
	json_add_str(o, "client", client);
	core_emit(c, "interrupt", "user", o);
	c->interrupted = true;
	turn_cancel(c, "interrupted");
	call_stop_worker(c, "interrupted by the user");
	core_step_soon(c);
}

void
core_end(struct core *c, const char *client)
{
	c->ending = true;
	if (c->active && core_is_waiting(c))
		core_finish(c);
	else if (c->active && !c->ended)
		core_interrupt(c, client);
	else
		server_end_when_flushed(c->server, c->exit_code);
}

int
core_set(struct core *c, const cJSON *command, struct err *e)
{
	static const struct {
		const char		*word;
		enum core_approve	 approve;
	} modes[] = {
		{ "ask", APPROVE_ASK }, { "each", APPROVE_EACH },
		{ "later", APPROVE_LATER },
	};
	const char *word = json_str_or(command, "approve", "");
	size_t i;
	cJSON *o;

	for (i = 0; i < MEM_COUNT(modes); i++) {
		if (strcmp(modes[i].word, word) != 0)
			continue;
		c->approve = modes[i].approve;
		o = cJSON_CreateObject();
		json_add_str(o, "approve", word);
		core_emit(c, "mode", "user", o);
		core_step_soon(c);
		return 0;
	}
	return err_set(e, "unknown mode \"%s\"", word);
}

static void
core_pause(struct core *c, const char *what, double used, double limit)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "what", what);
	json_add_num(o, "used", used);
	json_add_num(o, "limit", limit);
	core_emit(c, "budget", "core", o);
	if (c->person) {
		c->wait_pause = true;
		c->prompts++;
	} else
		c->limit_hit = true;
}

void
core_budget_action(struct core *c, const char *action)
{
	cJSON *o;

	if (!c->wait_pause)
		return;
	o = cJSON_CreateObject();
	json_add_str(o, "what", c->fold->pause == NULL ? "turns" :
	    c->fold->pause->what);
	json_add_str(o, "action", action);
	core_emit(c, "budget", "user", o);
	c->wait_pause = false;
	c->repeats = 0;
	if (strcmp(action, "extend") == 0) {
		c->extended += c->max_turns;
		core_time_start(c);
	} else if (strcmp(action, "wrap") == 0) {
		c->wrap_up = true;
		core_tell_model(c, "[assent] A limit was reached. Finish in "
		    "this turn with what there is: call done with a short "
		    "summary of what is finished and what is not.");
	} else
		c->limit_hit = true;
	core_step_soon(c);
}

/* A limit before the next turn? True if the task pauses or ends there. */
static bool
core_over_limit(struct core *c)
{
	if (c->wrap_up) {
		/* Asked to finish, it got a few turns to do so. */
		if (++c->wrap_turns > WRAP_TURNS)
			c->limit_hit = true;
		return c->limit_hit;
	}
	if (c->task_turns >= c->max_turns + c->extended) {
		core_pause(c, "turns", c->task_turns,
		    c->max_turns + c->extended);
		return true;
	}
	if (c->repeats >= REPEAT_MAX) {
		core_pause(c, "repeat", c->repeats, REPEAT_MAX);
		return true;
	}
	return false;
}

/* Say what a person is waited for; without a client the core may go. */
static void
core_wait(struct core *c, const char *what)
{
	core_status(c, "waiting", "you: %s", what);
	server_check_idle(c->server);
}

static void
core_wait_proposal(struct core *c)
{
	char what[64];

	snprintf(what, sizeof(what), "%d of %d hunks to decide",
	    fold_undecided(c->fold->proposal), fold_hunks(c->fold->proposal));
	core_wait(c, what);
}

void
core_rest(struct core *c)
{
	if (propose_is_open(c))
		core_wait_proposal(c);
	else {
		core_status(c, "idle", "you: a task");
		server_check_idle(c->server);
	}
}

/* The open proposal stands in the way: true if so. */
static bool
core_at_proposal(struct core *c)
{
	bool at_end = c->model_ended || c->limit_hit || c->interrupted ||
	    c->provider_failed;

	if (!propose_is_open(c))
		return false;
	if (c->approve == APPROVE_YES && c->model_ended && !c->limit_hit &&
	    !c->interrupted && !c->provider_failed && !c->command_killed) {
		propose_decide_by_rule(c);
		if (c->decide_due) {
			core_step_soon(c);
			return true;
		}
	}
	if (!c->person) {
		if (c->approve == APPROVE_LATER && !at_end)
			return false;
		if (c->approve == APPROVE_YES && !at_end)
			return false;
		if (c->evidence_due)
			evidence_start(c);
		if (c->busy == BUSY_NONE)
			core_finish(c);
		return true;
	}
	if (c->approve == APPROVE_LATER && !at_end)
		return false;
	/* Words from a person let the model go on beside an open proposal. */
	if (c->go_on && !at_end)
		return false;
	if (c->evidence_due)
		evidence_start(c);
	if (c->busy == BUSY_NONE)
		core_wait_proposal(c);
	return true;
}

/* All calls of the last message are answered: is it time to propose? */
static void
core_after_calls(struct core *c)
{
	if (c->done_called)
		c->model_ended = true;
	if (c->planning)
		return;
	c->propose_final = c->model_ended || c->limit_hit || c->interrupted ||
	    c->provider_failed;
	if (c->propose_final)
		c->propose_due = true;
	else if (c->approve == APPROVE_EACH && c->stage_touched)
		c->propose_due = true;
	if (c->propose_due)
		c->go_on = false;
	if (c->propose_due && c->stage_touched)
		propose_make(c);
	c->propose_due = false;
}

static bool
core_wants_evidence(struct core *c)
{
	return c->criterion != NULL && c->mode != MODE_TRY &&
	    !(c->planning && c->mode == MODE_INTERACTIVE) &&
	    !c->limit_hit && !c->interrupted && !c->provider_failed &&
	    (!c->fold->evidence.known || c->fold->evidence.stale);
}

void
core_step(struct core *c)
{
	if (c->journal == NULL)
		return;
	/* A decision is applied between calls; evidence is killed for it. */
	if (c->decide_due) {
		if (c->busy == BUSY_TOOL) {
			core_status(c, "applying", "the running tool call, "
			    "then your decision is applied");
			return;
		}
		evidence_cancel(c);
		propose_apply(c);
	}
	if (c->busy != BUSY_NONE)
		return;
	if (!c->active) {
		core_rest(c);
		return;
	}
	if (c->interrupted || c->provider_failed || c->limit_hit) {
		call_queue_clear(c);
		c->wait_plan = c->wait_ask = c->wait_pause = false;
		c->ask_evidence = false;
		core_after_calls(c);
		core_finish(c);
		return;
	}
	if (c->wait_pause) {
		core_wait(c, "a limit was reached");
		return;
	}
	if (c->wait_ask) {
		core_wait(c, "may this command run?");
		return;
	}
	if (c->wait_plan && !c->person) {
		c->plan_unapproved = true;
		core_finish(c);
		return;
	}
	if (c->wait_plan) {
		core_wait(c, "the plan");
		return;
	}
	if (c->calls_next < c->calls_len) {
		call_next(c);
		return;
	}
	if (c->mode == MODE_TRY && !c->model_ended) {
		call_try(c);
		return;
	}
	core_after_calls(c);
	if (c->busy != BUSY_NONE || core_at_proposal(c))
		return;
	if (c->feedback.len > 0) {
		/* Refused with words: the model gets another go. */
		core_flush_feedback(c);
		c->model_ended = c->done_called = c->refused_any = false;
	}
	if (c->model_ended) {
		if (core_wants_evidence(c)) {
			evidence_start(c);
			if (c->busy != BUSY_NONE || c->wait_ask)
				return;
		}
		core_finish(c);
		return;
	}
	if (core_over_limit(c)) {
		core_step_soon(c);
		return;
	}
	turn_start(c);
}
