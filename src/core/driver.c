#include "config.h"

#include "core/driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/budget.h"
#include "core/call.h"
#include "core/comment.h"
#include "core/compact.h"
#include "core/core.h"
#include "core/decision.h"
#include "core/evidence.h"
#include "core/finish.h"
#include "core/hook.h"
#include "core/mcp/mcp.h"
#include "core/model.h"
#include "core/plan.h"
#include "core/project/project.h"
#include "core/propose.h"
#include "core/run.h"
#include "core/say.h"
#include "core/server.h"
#include "core/turn.h"
#include "core/undo.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/task-usage.h"
#include "loop/loop.h"
#include "policy/approve.h"

#define RUN_STOPPED "interrupted by the user"

static void driver_task_end(struct core *);

/* Is it the user's turn? */
static bool
driver_is_waiting(const struct core *c)
{
	return c->waits != 0 || run_is_asking(c) ||
	    (c->phase == PHASE_IDLE && propose_is_open(c));
}

static void
driver_interrupt(struct core *c, const char *client)
{
	cJSON *o;

	run_stop(c, RUN_STOPPED, client);
	if (!phase_has_task(c) && compact_is_running(c)) {
		turn_cancel(c, "interrupted");
		driver_soon(c);
	}
	if (!phase_has_task(c)) {
		hook_stop(c, "interrupted by the user");
		return;
	}
	o = cJSON_CreateObject();
	json_add_str(o, "client", client);
	emit_event(c, EVENT_INTERRUPT, "user", o);
	phase_stop(c, STOP_INTERRUPT);
	turn_cancel(c, "interrupted");
	call_stop_worker(c, "interrupted by the user");
	driver_soon(c);
}

int
driver_say_now(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	const char *text = json_str_or(command, "text", "");
	bool interrupt = json_bool(command, "interrupt", false);
	const cJSON *sent = json_array(command, "images");
	AUTO_BUF struct buf whole = BUF_INIT(0);
	cJSON *images;
	char *all;

	/* A message that can't be sent must not interrupt anything. */
	if (text[0] != '\0' && model_needed(c, e) < 0)
		return -1;
	(void)evidence_stop(c, IN(CHECK_BY_ITSELF));
	if (interrupt && text[0] != '\0')
		run_stop(c, RUN_STOPPED, client);
	if (!interrupt || text[0] == '\0' || !phase_has_task(c) ||
	    c->phase == PHASE_IDLE) {
		buf_adds(&whole, text);
		attach_unsaved(c, json_array(command, "unsaved"), &whole);
		return say_message(c, buf_str(&whole), text, sent, client, e);
	}
	if (sent != NULL)
		return err_set(e, "a message with images can't interrupt");
	if (attach_find(c, text, NULL, &images, e) < 0)
		return -1;
	cJSON_Delete(images);
	all = c->said.text == NULL ? xstrdup(text) :
	    xasprintf("%s\n\n%s", c->said.text, text);
	free(c->said.text);
	c->said.text = all;
	xstrset(&c->said.client, client);
	driver_interrupt(c, client);
	return 0;
}

/* Send a message that waited. True if there was one. */
static bool
driver_said(struct core *c, struct core_said *said)
{
	struct core_said now = *said;
	struct err e = ERR_INIT;

	if (now.text == NULL || c->ending)
		return false;
	memset(said, 0, sizeof(*said));
	if (say_message(c, now.text, now.text, NULL, now.client, &e) < 0)
		emit_error(c, "image", "not sent: %s", e.text);
	free(now.text);
	free(now.client);
	return true;
}

int
driver_interrupt_one(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	bool check = json_bool(command, "check", false);

	(void)e;
	/* A check that has just ended by itself: then nothing is stopped. */
	if (check && (evidence_stop(c, IN(CHECK_BY_ITSELF) |
	    IN(CHECK_OF_ACCEPTED)) || c->phase != PHASE_CHECK))
		return 0;
	if (run_is_on(c))
		run_stop(c, RUN_STOPPED, client);
	else
		driver_interrupt(c, client);
	return 0;
}

/* Exit. What the user ended is told from what ended by itself. */
static void
driver_exit(struct core *c)
{
	cJSON *o;

	if (hook_session_end(c, driver_exit))
		return;
	if (c->ended && c->mode == MODE_INTERACTIVE) {
		o = cJSON_CreateObject();
		json_add_str(o, "text", "You ended the session. A message "
		    "continues it.");
		json_add_bool(o, "ended", true);
		emit_event(c, EVENT_NOTE, "core", o);
	}
	server_end_when_flushed(c->server, c->exit_code);
}

void
driver_end(struct core *c, const char *client)
{
	c->ended = !c->ending && strcmp(client, DRIVER_SIGNAL) != 0;
	c->ending = true;
	run_stop(c, "the session was ended", client);
	/* Apply a pending decision first. */
	if (c->decision.line != NULL && c->phase == PHASE_IDLE) {
		if (!hook_apply(c, true))
			decision_carry_out(c);
	}
	if (phase_has_task(c) && driver_is_waiting(c))
		driver_task_end(c);
	else if (phase_has_task(c))
		driver_interrupt(c, client);
	else
		driver_exit(c);
}

int
driver_propose(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	(void)command;
	(void)client;
	if (c->plan.mode == PLAN_LOOK)
		return err_set(e, "this session changes nothing (plan: "
		    "look): what commands write is discarded");
	if (c->review.staged == 0)
		return err_set(e, "nothing is staged");
	/* commands: only during a task with an approved plan. */
	assert(phase_has_task(c) && c->task.stop == STOP_NONE);
	c->review.final = false;
	if (c->phase == PHASE_TOOL || c->phase == PHASE_LOOK ||
	    c->phase == PHASE_CHECK || c->phase == PHASE_HOOK ||
	    run_is_on(c)) {
		/* Propose between two calls, as always. */
		c->review.due = true;
		c->review.touched = true;
	} else
		propose_make(c, false);
	driver_soon(c);
	return 0;
}

/* Exit if no client is attached and no work remains; resume continues the
 * session. */
static void
driver_check_idle(struct core *c)
{
	const struct server *s = c->server;

	if (s->started && s->clients == NULL && !s->ending &&
	    (driver_is_waiting(c) || !phase_has_task(c)) &&
	    !run_is_busy(c) && c->hook_round == NULL &&
	    c->hooks->first == NULL)
		server_end_when_flushed(c->server, 0);
}

void
driver_client_gone(struct core *c, bool first)
{
	if (!first || json_bool(c->start, "keep_alive", false))
		driver_check_idle(c);
	else if (phase_has_task(c))
		driver_interrupt(c, "hang-up");
	else
		server_end_when_flushed(c->server, 0);
}

/* Report what we are waiting for; exit if no client is attached. */
static void
driver_wait(struct core *c)
{
	call_unprepare(c);
	if ((c->waits & WAIT_LIMIT) != 0)
		status_tell(c, "waiting", "limit reached");
	else if ((c->waits & WAIT_COMMAND) != 0)
		status_tell(c, "waiting", "%s", fold_ask_words(c->fold)->waits);
	else if ((c->waits & WAIT_PLAN) != 0)
		status_tell(c, "waiting", "plan to review");
	else if (propose_is_open(c))
		status_review(c, "waiting");
	else
		status_tell(c, "idle", plan_is_left(c) ?
		    "ready; the last plan is still open" :
		    !model_is_chosen(c) && c->mode != MODE_TRY ?
		    "no model: choose one with /model" : "ready");
	driver_check_idle(c);
}

/* End the task, then wait for the user or exit. */
static void
driver_task_end(struct core *c)
{
	finish_task(c, driver_is_waiting(c));
	if ((c->mode == MODE_INTERACTIVE ||
	    json_bool(c->start, "keep_alive", false) ||
	    (c->mode == MODE_DEMO && c->person)) && !c->ending)
		driver_wait(c);
	else
		driver_exit(c);
}

static bool
driver_is_at_end(const struct core *c)
{
	return c->task.model != MODEL_GOES_ON || c->task.stop != STOP_NONE;
}

/* Decide by the mode's rule. True if something has to be applied now. */
static bool
driver_by_rule(struct core *c)
{
	const struct approve *mode = c->approve;

	/* The user asked for the undo, so the user decides it. */
	if (mode->rule == NULL || c->review.undoing != 0)
		return false;
	if (mode->at_end && (c->task.model == MODEL_GOES_ON ||
	    c->task.stop != STOP_NONE ||
	    (c->task.faults & FAULT_KILLED) != 0 ||
	    budget_is_wrapped(c)))
		return false;
	if (strcmp(mode->rule, "reviewer") == 0 && c->task.stop <= STOP_LIMIT &&
	    reviewer_begin(c))
		return true;
	propose_decide_by_rule(c, mode->rule);
	if (c->decision.line != NULL)
		driver_soon(c);
	return c->decision.line != NULL;
}

/* True if the open proposal blocks the next step. */
static bool
driver_at_proposal(struct core *c)
{
	bool at_end = driver_is_at_end(c);

	if (!propose_is_open(c))
		return false;
	if (driver_by_rule(c))
		return true;
	if (!at_end && (!c->approve->waits || (!c->person &&
	    (c->approve->opens & APPROVE_AT_TURN) == 0)))
		return false;
	/* After a message from the user the model may continue despite an open
	 * proposal. */
	if ((c->person || c->mode == MODE_EXEC) && c->task.go_on && !at_end)
		return false;
	if (!c->person && rollback_beside_open(c))
		return true;
	if (c->check.due)
		evidence_start(c);
	if (c->phase != PHASE_IDLE)
		return true;
	if (c->person)
		driver_wait(c);
	else
		driver_task_end(c);
	return true;
}

/* All calls of the last message are answered: is a proposal due? */
static void
driver_after_calls(struct core *c)
{
	/* The model went on beside it, and now it is to be reviewed: that is told
	 * also if it is the same. */
	bool again = c->task.go_on && propose_is_open(c);

	if (c->task.planning)
		return;
	c->review.final = driver_is_at_end(c);
	if (c->review.final || c->review.step)
		c->review.due = true;
	else if ((c->approve->opens & APPROVE_AT_TURN) != 0 &&
	    c->review.touched)
		c->review.due = true;
	if (c->review.due)
		c->task.go_on = false;
	if (c->review.due && again)
		propose_make(c, true);
	else if (c->review.due && c->review.touched)
		propose_make(c, false);
	c->review.due = c->review.step = false;
}

static bool
driver_needs_evidence(struct core *c)
{
	return c->check.command != NULL && c->mode != MODE_TRY &&
	    c->plan.mode != PLAN_LOOK && c->rollback.state < ROLLBACK_TRIED &&
	    !(c->task.planning && c->mode == MODE_INTERACTIVE) &&
	    c->task.stop == STOP_NONE &&
	    !evidence_counts(c);
}

/* The task's time limit is reached: stop the current work. */
static void
driver_time_up(struct core *c)
{
	c->clock.is_up = false;
	if (!phase_has_task(c))
		return;
	turn_cancel(c, "the time limit was reached");
	call_stop_worker(c, "the time limit was reached");
	budget_pause(c, LIMIT_TIME);
}

/* Every call is answered, and no question is open: is it the model's turn? */
static bool
driver_goes_on(struct core *c)
{
	if (check_begin(c))
		return false;
	driver_after_calls(c);
	/* The hooks of a proposal before a rule decides it. */
	if (hook_step(c) || c->phase != PHASE_IDLE || driver_at_proposal(c))
		return false;
	if (c->feedback.turn) {
		c->task.model = MODEL_GOES_ON;
		c->task.faults &= ~(unsigned)FAULT_REFUSED;
	}
	if (c->task.model != MODEL_GOES_ON) {
		if (driver_needs_evidence(c)) {
			evidence_start(c);
			if (c->phase != PHASE_IDLE ||
			    (c->waits & WAIT_COMMAND) != 0)
				return false;
		}
		if (rollback_closed(c))
			return false;
		driver_task_end(c);
		return false;
	}
	question_ask_go_on(c);
	say_feedback(c);
	return true;
}

static void
driver_step(struct core *c)
{
	struct err why = ERR_INIT;

	/* Nothing follows but the hooks of the session's end. */
	if (c->journal == NULL || c->hooks->over != NULL)
		return;
	phase_check(c);
	if (c->clock.is_up)
		driver_time_up(c);
	/* A decision is applied between calls; the success check is stopped for
	 * it. */
	if (c->decision.line != NULL) {
		if (c->phase == PHASE_TOOL || c->phase == PHASE_HOOK) {
			status_tell(c, "applying", c->phase == PHASE_TOOL ?
			    "applying after the running tool call" :
			    "applying after the running hook");
			return;
		}
		if (run_is_on(c) && !run_is_asking(c)) {
			status_tell(c, "applying", "applying after your "
			    "command");
			return;
		}
		inspect_stop(c);
		(void)evidence_stop(c, CHECK_ANY);
		if (hook_apply(c, false))
			return;
		decision_carry_out(c);
	}
	(void)driver_said(c, &c->decision.said);
	model_switch_due(c);
	if (run_step(c)) {
		if (run_is_asking(c) && c->phase == PHASE_IDLE)
			driver_check_idle(c);
		return;
	}
	if (c->phase != PHASE_IDLE || (!c->ending && hook_step(c)))
		return;
	if (c->review.product_due)
		include_refresh(c);
	if (!(phase_has_task(c) && c->task.stop != STOP_NONE) &&
	    compact_if_asked(c))
		return;
	if (!phase_has_task(c)) {
		/* The message that interrupted the work. */
		if (!driver_said(c, &c->said) &&
		    !question_ask_step(c))
			driver_wait(c);
		return;
	}
	if (c->task.stop != STOP_NONE) {
		question_drop(c);
		call_queue_clear(c);
		phase_answered(c, c->waits);
		driver_after_calls(c);
		driver_task_end(c);
		if (c->said.text != NULL)
			driver_soon(c);
		return;
	}
	if (c->waits != 0 && !c->person) {
		/* waits: the core asks nothing else without a user. */
		assert(c->waits == WAIT_PLAN);
		c->task.faults |= FAULT_NO_APPROVAL;
		driver_task_end(c);
		return;
	}
	if (c->waits != 0) {
		driver_wait(c);
		return;
	}
	/* No more calls run once the model has been told to wrap up. */
	if (budget_is_wrapped(c))
		call_queue_clear(c);
	if (c->calls.next < c->calls.len) {
		if (budget_repeats(c))
			driver_soon(c);
		else
			call_next(c);
		return;
	}
	if (c->mode == MODE_TRY && c->task.model == MODEL_GOES_ON) {
		call_next(c);
		return;
	}
	if (!question_ask_step(c) && !driver_goes_on(c))
		return;
	if (model_needed(c, &why) < 0) {
		emit_error(c, "model", "%s", why.text);
		phase_stop(c, STOP_PROVIDER);
		driver_soon(c);
		return;
	}
	if (mcp_before_turn(c) || mcp_resource_next(c))
		return;
	if (inspect_before_turn(c)) {
		turn_warm(c);
		return;
	}
	if (evidence_require(c))
		return;
	model_turn(c);
	if (budget_is_over(c)) {
		driver_soon(c);
		return;
	}
	if (!compact_before_turn(c))
		turn_start(c);
}

static void
driver_soon_cb(void *arg)
{
	struct core *c = arg;

	c->step_posted = false;
	driver_step(c);
}

void
driver_soon(struct core *c)
{
	if (c->step_posted)
		return;
	c->step_posted = true;
	loop_timer_new(c->loop, 0, driver_soon_cb, c);
}
