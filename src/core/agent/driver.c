#include "config.h"

#include "core/agent/driver.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/acp/peer.h"
#include "core/agent/aside.h"
#include "core/agent/attachment.h"
#include "core/agent/background.h"
#include "core/agent/budget.h"
#include "core/agent/call.h"
#include "core/agent/finish.h"
#include "core/agent/hook.h"
#include "core/agent/run.h"
#include "core/agent/say.h"
#include "core/agent/slash.h"
#include "core/agent/turn.h"
#include "core/context/compact.h"
#include "core/context/model.h"
#include "core/diagnose/adds-search.h"
#include "core/diagnose/diagnose.h"
#include "core/job/agent-plan.h"
#include "core/job/job.h"
#include "core/job/program.h"
#include "core/kernel/core.h"
#include "core/kernel/server.h"
#include "core/net/network.h"
#include "core/project/project.h"
#include "core/proof/baseline.h"
#include "core/proof/notice.h"
#include "core/proof/proof.h"
#include "core/review/comment.h"
#include "core/review/decision.h"
#include "core/review/evidence.h"
#include "core/review/propose.h"
#include "core/review/undo.h"
#include "core/source/source.h"
#include "journal/fold.h"
#include "journal/task-usage.h"
#include "policy/approve.h"

#define RUN_STOPPED "interrupted by the user"

/* Is it the user's turn? */
static bool
driver_is_waiting(const struct core *c)
{
	return c->waits != 0 || c->own_command == OWN_ASKS ||
	    (c->phase == PHASE_IDLE && c->fold->proposal != NULL);
}

/* Does a killed task stay so, since who opened the session didn't ask for it? */
static bool
driver_is_resting(const struct core *c)
{
	return json_bool(c->start, "rests", false) && !c->task.owed &&
	    c->phase == PHASE_IDLE;
}

/* Exit. The reason says whether the user ended it or it ended by itself. */
static void
driver_exit(struct core *c)
{
	job_yield(c, JOB_STOP);
	if (hook_session_end(c, driver_exit) || hook_waits_end(c, driver_exit))
		return;
	/* `assent exec` and `try` end theirs, too: that isn't you. */
	if (c->ending == ENDING_BY_CLIENT && (c->mode == MODE_INTERACTIVE ||
	    c->mode == MODE_REVIEW || (c->mode == MODE_TRY &&
	    json_str(c->start, "session") != NULL)))
		EMIT(c, "core", note, .text = c->mode == MODE_REVIEW ?
		    "You ended the review." : c->mode == MODE_TRY ?
		    "You ended the session." : "You ended the session. A message "
		    "continues it.", .ended = true);
	server_end_when_flushed(c->server, c->exit_code);
}

/* Exit if no client is attached and no work remains, nor a job that a stop waits
 * for; resume continues the session. */
static void
driver_check_idle(struct core *c)
{
	const struct server *s = c->server;

	if (s->started && s->clients == NULL && !s->ending &&
	    (driver_is_waiting(c) || driver_is_resting(c) ||
	    !task_runs(c)) &&
	    !decision_is_open(c) && !job_waits(c, JOB_STOP) &&
	    !notice_waits(c) &&
	    c->aside == NULL && !c->step_posted &&
	    c->hook_round == NULL && c->hooks->beside == NULL &&
	    c->hooks->first == NULL)
		server_end_when_flushed(c->server, 0);
}

/* Report what we are waiting for; exit if no client is attached. */
static void
driver_wait(struct core *c)
{
	program_unprepare(c);
	if ((c->waits & WAIT_LIMIT) != 0)
		status_tell(c, "waiting", "limit reached");
	else if ((c->waits & WAIT_COMMAND) != 0 ||
	    c->fold->ask.kind != ASK_NONE)
		status_ask(c);
	else if ((c->waits & WAIT_PLAN) != 0)
		status_tell(c, "waiting", "plan to review");
	else if (c->fold->proposal != NULL)
		status_review(c, "waiting");
	else
		status_tell(c, "idle",
		    c->fold->plan.status == FOLD_PLAN_PROPOSED ?
		    "ready; the last plan is still open" :
		    c->mode == MODE_REVIEW ? c->review.scan == SCAN_READ ?
		    "nothing left to review" :
		    "your files aren't read; /reread tries again" :
		    c->target.format == NULL && c->peer == NULL &&
		    core_has_model(c) ?
		    "no model: choose one with /model" : "ready");
	hook_waits(c);
	driver_check_idle(c);
}

/* End the task, then wait for the user or exit. */
static void
driver_task_end(struct core *c)
{
	finish_task(c, driver_is_waiting(c));
	if ((c->mode == MODE_INTERACTIVE ||
	    json_bool(c->start, "keep_alive", false) ||
	    (c->mode == MODE_DEMO && c->person)) && c->ending == ENDING_NOT)
		driver_wait(c);
	else {
		hook_waits(c);
		driver_exit(c);
	}
}

/* Is there something to interrupt? A task that has ended, and is told of again
 * once its proposal is decided, keeps its end, unless the model goes on. */
static bool
driver_works(const struct core *c)
{
	return task_runs(c) && !(c->task.owed && c->fold->ended &&
	    c->phase == PHASE_IDLE && !c->feedback.turn &&
	    c->fold->open.last[EVENT_TURN_START] < c->fold->end.seq);
}

static void
driver_interrupt(struct core *c, const char *client)
{
	run_stop(c, RUN_STOPPED, client);
	if (!task_runs(c) && c->compact->running) {
		turn_cancel(c, "interrupted");
		core_soon(c);
	}
	if (!driver_works(c)) {
		aside_stop(c);
		source_interrupt(c);
		hook_stop(c, "interrupted by the user");
		return;
	}
	EMIT(c, "user", interrupt, .client = client);
	phase_stop(c, STOP_INTERRUPT);
	turn_cancel(c, "interrupted");
	call_stop_worker(c, "interrupted by the user");
	core_soon(c);
}

/* Client command; `client` is the client's name. Like say_message; with
 * `interrupt` the current work is stopped first, and the message starts new
 * work. */
static int
driver_say_now(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	const char *text = json_str_or(command, "text", "");
	bool interrupt = json_bool(command, "interrupt", false);
	char *all;
	int rc;

	/* Exactly the shown text is sent: only slash_send says which text a
	 * command stands for. */
	if (json_get(command, "command") != NULL)
		return err_set(e, "say: \"command\" isn't a client's to send");
	rc = json_bool(command, "slash", false) ? slash_say(c, command,
	    client, e) : 0;
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	/* A message that can't be sent must not interrupt anything. */
	if (text[0] != '\0' && model_needed(c, e) < 0)
		return -1;
	cJSON_DeleteItemFromObjectCaseSensitive(c->start, "rests");
	(void)evidence_stop(c, BIT(CHECK_BY_ITSELF));
	if (interrupt && text[0] != '\0')
		run_stop(c, RUN_STOPPED, client);
	if (!interrupt || text[0] == '\0' || !task_runs(c) ||
	    c->phase == PHASE_IDLE)
		return say_message(c, text, json_str_or(command, "typed", text),
		    command, client, e);
	if (json_array(command, "images") != NULL ||
	    json_array(command, "outside") != NULL)
		return err_set(e, "a message with images can't interrupt");
	if (attach_check_all(c, text, NULL, e) < 0)
		return -1;
	all = c->said.text == NULL ? xstrdup(text) :
	    xasprintf("%s\n\n%s", c->said.text, text);
	free(c->said.text);
	c->said.text = all;
	xstrset(&c->said.client, client);
	driver_interrupt(c, client);
	return 0;
}

/* Send a message that waited. True if one did. */
static bool
driver_send_kept(struct core *c, struct core_said *said)
{
	struct core_said now = *said;
	struct err e = ERR_INIT;

	if (now.text == NULL || c->ending != ENDING_NOT)
		return false;
	memset(said, 0, sizeof(*said));
	if (say_message(c, now.text, now.text, NULL, now.client, &e) < 0)
		emit_error(c, "image", "not sent: %s", e.text);
	FREE_ALL(now.text, now.client);
	return true;
}

/* Client command: stop the user's own command; without one, interrupt the
 * agent. */
static int
driver_interrupt_one(struct core *c, const cJSON *command, const char *client,
    struct err *e UNUSED)
{
	bool check = json_bool(command, "check", false);

	/* A check that has just ended by itself: then nothing is stopped. */
	if (check && (evidence_stop(c, BIT(CHECK_BY_ITSELF) |
	    BIT(CHECK_OF_ACCEPTED)) || notice_stop(c) ||
	    c->phase != PHASE_CHECK))
		return 0;
	job_yield(c, JOB_STOP);
	(void)notice_stop(c);
	if (c->own_command != OWN_NONE)
		run_stop(c, RUN_STOPPED, client);
	else
		driver_interrupt(c, client);
	return 0;
}

int
driver_end(struct core *c, const cJSON *command UNUSED, const char *client,
    struct err *e UNUSED)
{
	if (c->ending == ENDING_NOT)
		c->ending = strcmp(client, DRIVER_SIGNAL) == 0 ?
		    ENDING_BY_SIGNAL : ENDING_BY_CLIENT;
	run_stop(c, "the session was ended", client);
	/* Apply a pending decision first. */
	if (c->decision.line != NULL && c->phase == PHASE_IDLE &&
	    !source_writes(c) && !hook_apply(c, true))
		decision_carry_out(c);
	if (c->mode == MODE_REVIEW && c->phase == PHASE_IDLE &&
	    decision_is_open(c))
		return 0;	/* driver_be_ready ends it then */
	if (task_runs(c) && driver_is_waiting(c))
		driver_task_end(c);
	else if (task_runs(c))
		driver_interrupt(c, client);
	else
		driver_exit(c);
	return 0;
}

/* Client command: propose the reverse of a change. What runs is stopped; the task
 * goes on when that is decided. */
static int
driver_undo(struct core *c, const cJSON *command, unsigned client,
    struct err *e)
{
	if (c->phase == PHASE_IDLE)
		return undo_propose(c, command, client, e);
	/* Nothing stops for a change that there isn't. */
	if (undo_change(c, command, e) == NULL)
		return -1;
	cJSON_Delete(c->review.undo_asked);
	c->review.undo_asked = cJSON_Duplicate(command, true);
	c->review.undo_client = client;
	turn_cancel(c, "undo");
	call_stop_worker(c, "stopped: the user looks at an undo; "
	    "run it again if it is still needed");
	core_soon(c);
	return 0;
}

/* What ran has stopped. */
static bool
driver_undo_now(struct core *c)
{
	AUTO_JSON cJSON *command = c->review.undo_asked;
	struct err e = ERR_INIT;

	if (command == NULL)
		return false;
	c->review.undo_asked = NULL;
	if ((c->waits & ~(unsigned)WAIT_LIMIT) != 0 || c->decision.line != NULL)
		err_set(&e, "something else was asked");
	else
		(void)undo_propose(c, command, c->review.undo_client, &e);
	if (err_is_set(&e))
		server_answer(c->server, c->review.undo_client,
		    EVENT_LINE(refused, .to = "undo", .text = e.text,
		    .exit = EV_IS(1)));
	return false;
}

/* An undo in the middle of a task is decided before the task goes on. */
static bool
driver_undo_waits(struct core *c)
{
	if (c->review.undoing == 0 || c->fold->proposal == NULL || !c->person)
		return false;
	driver_wait(c);
	return true;
}

static bool
driver_rests(struct core *c)
{
	if (driver_is_resting(c))
		driver_wait(c);
	return driver_is_resting(c);
}

/* Client command: propose the staged changes now. */
static int
driver_propose(struct core *c, const cJSON *command UNUSED,
    const char *client UNUSED, struct err *e)
{
	if (c->plan.mode == PLAN_LOOK)
		return err_set(e, "this task only looks: what commands "
		    "write isn't kept");
	if (c->review.staged == 0)
		return err_set(e, "nothing is to be reviewed");
	/* commands: only during a task with an approved plan. */
	assert(task_runs(c) && c->task.stop == STOP_NONE);
	c->review.final = false;
	if (c->phase == PHASE_TOOL || c->phase == PHASE_LOOK ||
	    c->phase == PHASE_CHECK || c->phase == PHASE_HOOK ||
	    c->own_command != OWN_NONE) {
		/* Propose between two calls, as always. */
		c->review.due = true;
		c->review.touched = true;
	} else
		propose_make(c, false);
	core_soon(c);
	return 0;
}

/* The first client may end what it began, and nothing else. */
void
driver_client_gone(struct core *c, bool first)
{
	bool others = c->mode == MODE_INTERACTIVE &&
	    (!c->task.begun || c->server->clients != NULL);

	/* For somebody who is still there it goes on. */
	if (first && c->server->clients != NULL) {
		cJSON_DeleteItemFromObjectCaseSensitive(c->start, "rests");
		core_soon(c);
	}
	if (!first || others || json_bool(c->start, "keep_alive", false))
		driver_check_idle(c);
	else if (driver_works(c))
		driver_interrupt(c, "hang-up");
	else
		server_end_when_flushed(c->server, 0);
}

static bool
driver_is_at_end(const struct core *c)
{
	return c->task.model != MODEL_GOES_ON || c->task.stop != STOP_NONE;
}

/* A question of the model's comes before the check. */
static bool
driver_is_asked(const struct core *c)
{
	return c->person && c->task.asked && c->task.model == MODEL_ENDED;
}

/* Decide by the mode's rule. True if something has to be applied now. */
static bool
driver_by_rule(struct core *c)
{
	const struct approve *mode = c->approve;

	/* The user asked for the undo, so the user decides it; what a task left
	 * at its end, or a fork takes back, is the user's, too. */
	if (!mode->rule || c->review.undoing != 0 || fold_adds_wait(c->fold) ||
	    (c->task.owed && c->fold->open.task != TASK_RUNS &&
	    c->mode != MODE_TRY))
		return false;
	if (mode->at_end && (c->task.model == MODEL_GOES_ON ||
	    c->task.stop != STOP_NONE ||
	    (c->task.faults & FAULT_KILLED) != 0 ||
	    task_is_wrapped(c)))
		return false;
	if (c->check.command != NULL && driver_is_asked(c))
		return false;
	return propose_decide_by_rule(c, !mode->at_end &&
	    json_is(c->start, "reviewer", "on") ? "reviewer" : mode->name);
}

static bool
driver_review(struct core *c)
{
	bool at_end = driver_is_at_end(c);

	if (c->fold->proposal == NULL)
		return false;
	if (driver_by_rule(c))
		return true;
	if (!at_end && (c->approve->at_end || !c->person))
		return false;
	/* After a message from the user the model may continue despite an open
	 * proposal. */
	if ((c->person || c->mode == MODE_EXEC) && c->task.go_on && !at_end)
		return false;
	if (!c->person && rollback_step(c))
		return true;
	if (c->check.due && !driver_is_asked(c))
		evidence_start(c);
	if (c->phase != PHASE_IDLE)
		return true;
	if (c->person)
		driver_wait(c);
	else
		driver_task_end(c);
	return true;
}

/* If nobody reads the proposal meanwhile, or a rule may accept of it, wait first
 * for what the proofs say; exec, for small changes, too. */
static bool
driver_prove(struct core *c)
{
	bool at_end = driver_is_at_end(c) && c->task.stop == STOP_NONE, proves;

	if (task_runs(c) && !c->person && !at_end)
		return false;
	proves = proof_step(c);
	if (proves ? c->person && !(c->approve->rule && at_end) :
	    !notice_step(c) || c->mode != MODE_EXEC)
		return false;
	status_tell(c, "evidence", "running the check with %s", proves ?
	    "other tests" : "small changes");
	return true;
}

/* What it adds is shown with it, and rules ask for it. */
static bool
driver_adds(struct core *c)
{
	if (!adds_step(c) || !task_runs(c))
		return false;
	status_tell(c, "tool", "looking for what the change adds");
	return true;
}

static bool
driver_make_proposal(struct core *c)
{
	/* The model went on while it was open; now it is ready for review: say
	 * so, even if it hasn't changed. */
	bool again = c->task.go_on && c->fold->proposal != NULL;

	if (task_plans(c))
		return false;
	c->review.final = driver_is_at_end(c);
	if (c->review.final || c->review.step)
		c->review.due = true;
	if (c->review.due)
		c->task.go_on = false;
	if (c->review.due && again)
		propose_make(c, true);
	else if (c->review.due && c->review.touched)
		propose_make(c, false);
	c->review.due = c->review.step = false;
	return false;
}

static bool
driver_needs_evidence(struct core *c)
{
	return evidence_is_needed(c) && c->rollback.state < ROLLBACK_TRIED &&
	    !(task_plans(c) && c->mode == MODE_INTERACTIVE) &&
	    c->task.stop == STOP_NONE &&
	    !evidence_counts(c);
}

static bool
driver_time_limit(struct core *c)
{
	bool is_up = c->clock.is_up && task_runs(c);

	c->clock.is_up = false;
	if (!is_up)
		return false;
	turn_cancel(c, "the time limit was reached");
	if (!peer_stops(c))
		call_stop_worker(c, "the time limit was reached");
	/* Another agent needs a moment. */
	if (peer_prompts(c))
		c->clock.is_up = true;
	else
		budget_pause(c, LIMIT_TIME);
	return false;
}

/* Apply a decision between two calls; a running check is stopped for
 * it. */
static bool
driver_apply(struct core *c)
{
	const char *after = c->phase == PHASE_TOOL ? "the running tool call" :
	    c->phase == PHASE_HOOK ? "the running hook" :
	    c->own_command == OWN_RUNS ? "your command" : NULL;

	if (c->decision.line == NULL)
		return false;
	if (source_writes(c))
		return true;
	if (after != NULL) {
		status_tell(c, "applying", "applying after %s", after);
		return true;
	}
	job_yield(c, JOB_APPLY);
	if (hook_apply(c, false))
		return true;
	decision_carry_out(c);
	return source_writes(c);
}

static bool
driver_send_after_decision(struct core *c)
{
	(void)driver_send_kept(c, &c->decision.said);
	return false;
}

static bool
driver_switch_model(struct core *c)
{
	model_switch_due(c);
	return false;
}

static bool	driver_turn(struct core *);

static bool
driver_ask_host(struct core *c)
{
	network_ask_next(c);
	peer_ask_next(c);
	return false;
}

static bool
driver_tell_question(struct core *c)
{
	if (c->fold->ask.kind != ASK_NONE)
		hook_waits(c);
	return false;
}

/* May the first request go before all files were looked at, or before the
 * inspection ends? Not if something else has to come before it. */
static bool
driver_goes_first(const struct core *c)
{
	return c->project.first == FIRST_HURRIES && task_runs(c) &&
	    c->fold->turn == 0 && c->context != NULL && c->peer == NULL &&
	    c->runs->queue_len == 0 && c->calls.next == c->calls.len &&
	    c->hooks->first == NULL && c->check.require == NULL &&
	    c->question.on == NULL && json_get(c->start, "review") == NULL &&
	    cJSON_GetArraySize(json_get(c->start, "mcp_servers")) == 0;
}

/* The user's servers start, the project is inspected, and the model's server
 * connected to, so that the request needn't wait for them: at once, and again when
 * programs may run. */
static bool
driver_ahead(struct core *c)
{
	if (c->ahead == 0 || (c->ahead == 1 && !program_masks(c)))
		return false;
	c->ahead--;
	PART_EACH(c, p)
		if ((*p)->ahead != NULL)
			(*p)->ahead(c);
	return false;
}

/* Will a program run? Not for an answer without calls. */
static bool
driver_needs_masks(const struct core *c)
{
	return c->runs->queue_len > 0 || c->hooks->first != NULL ||
	    (task_runs(c) && c->mode != MODE_REVIEW &&
	    c->task.stop == STOP_NONE && !driver_is_waiting(c) &&
	    !driver_is_resting(c) && (c->task.model == MODEL_GOES_ON ||
	    c->check.command != NULL));
}

/* Programs wait until all of the project's files were looked at, and until the
 * inspection has ended. */
static bool
driver_search(struct core *c)
{
	bool looks;

	if (c->phase == PHASE_IDLE && c->task.model != MODEL_GOES_ON)
		inspect_end(c);
	looks = inspect_goes_on(c);
	if (!looks && (!driver_needs_masks(c) || program_masks(c)))
		return false;
	if (c->phase != PHASE_IDLE)
		return true;
	if (driver_goes_first(c))
		return driver_turn(c);
	if (looks || policy_is_whole(c->policy))
		status_tell(c, "tool", looks ? "looking at the project" :
		    "testing the sandbox");
	else
		status_tell(c, "tool", "looking at the project's files: %zu "
		    "so far", policy_searched(c->policy));
	return true;
}

static bool
driver_run_own(struct core *c)
{
	if (!run_step(c))
		return false;
	if (c->own_command == OWN_ASKS && c->phase == PHASE_IDLE)
		driver_check_idle(c);
	return true;
}

static bool
driver_is_busy(struct core *c)
{
	return c->phase != PHASE_IDLE;
}

static bool
driver_baseline(struct core *c)
{
	baseline_step(c);
	return false;
}

static bool
driver_run_hooks(struct core *c)
{
	return c->ending == ENDING_NOT && hook_step(c);
}

static bool
driver_refresh_ignored(struct core *c)
{
	if (c->review.scan_due)
		include_refresh(c);
	return false;
}

static bool
driver_read(struct core *c)
{
	if (!source_reads(c))
		return false;
	status_tell(c, "tool", "reading your changes");
	driver_check_idle(c);
	return true;
}

static bool
driver_compact(struct core *c)
{
	return !(task_runs(c) && c->task.stop != STOP_NONE) &&
	    compact_if_asked(c);
}

static bool
driver_stop(struct core *c)
{
	if (c->task.stop == STOP_NONE)
		return false;
	question_drop(c);
	diagnose_drop(c);
	call_queue_clear(c);
	phase_answered(c, c->waits);
	(void)driver_make_proposal(c);
	driver_task_end(c);
	if (c->said.text != NULL)
		core_soon(c);
	return true;
}

static bool
driver_wait_for_answer(struct core *c)
{
	if (c->waits == 0)
		return false;
	if (c->person) {
		driver_wait(c);
		return true;
	}
	/* waits: the core asks nothing else without a user. */
	assert(c->waits == WAIT_PLAN);
	c->task.faults |= FAULT_NO_APPROVAL;
	driver_task_end(c);
	return true;
}

static bool
driver_call(struct core *c)
{
	/* No more calls run once the model has been told to wrap up. */
	if (task_is_wrapped(c))
		call_queue_clear(c);
	if (c->mode == MODE_TRY && c->calls.next > 0)
		c->task.model = MODEL_ENDED;	/* it has one call */
	if (c->calls.next == c->calls.len &&
	    (c->mode != MODE_TRY || c->task.model != MODEL_GOES_ON))
		return false;
	call_next(c);
	return true;
}

/* The next request waits a moment for what it shall tell. */
static bool
driver_diagnose(struct core *c)
{
	if (!diagnose_step(c))
		return false;
	status_tell(c, "tool", "looking for new errors");
	return true;
}

/* Send a request, unless something has to come before it. */
static void
driver_request(struct core *c)
{
	struct err why = ERR_INIT;

	if (model_needed(c, &why) < 0) {
		emit_error(c, "model", "%s", why.text);
		phase_stop(c, STOP_PROVIDER);
		core_soon(c);
		return;
	}
	PART_EACH(c, p)
		if ((*p)->wait != NULL && (*p)->wait(c))
			return;
	/* The command of --require, on your files. */
	if (c->check.require != NULL && c->fold->turn == 0) {
		c->check.on = CHECK_REQUIRED;
		evidence_start(c);
		return;
	}
	model_turn(c);
	if (budget_is_over(c))
		core_soon(c);
	else if (c->peer != NULL || !compact_before_turn(c))
		turn_start(c);
}

static bool
driver_ask_in_task(struct core *c)
{
	if (!question_ask_step(c, say_question))
		return false;
	driver_request(c);
	return true;
}

static bool
driver_continue_after_feedback(struct core *c)
{
	if (c->feedback.turn) {
		c->task.model = MODEL_GOES_ON;
		c->task.faults &= ~(unsigned)FAULT_REFUSED;
	}
	return false;
}

static bool
driver_check(struct core *c)
{
	if (!driver_needs_evidence(c))
		return false;
	evidence_start(c);
	return c->phase != PHASE_IDLE || (c->waits & WAIT_COMMAND) != 0;
}

static bool
driver_end_task(struct core *c)
{
	driver_task_end(c);
	return true;
}

static bool
driver_turn(struct core *c)
{
	say_before_turn(c);
	driver_request(c);
	return true;
}

static bool
driver_send_after_interrupt(struct core *c)
{
	return driver_send_kept(c, &c->said);
}

static bool
driver_ask(struct core *c)
{
	return question_ask_step(c, say_question);
}

static bool
driver_be_ready(struct core *c)
{
	if (c->ending != ENDING_NOT && !c->server->ending)
		driver_exit(c);
	else
		driver_wait(c);
	return true;
}

/*
 * The agent's policy. A step calls the rows that fit, from the top, until one
 * returns true: it has started something, or all below it has to wait.
 */
static const struct driver_row {
	enum { ANY_TIME, IN_TASK, MODEL_IS_DONE, NO_TASK } when;
	bool		(*step)(struct core *);
} driver_rows[] = {
	{ ANY_TIME, driver_time_limit },	/* stop what runs */
	{ ANY_TIME, driver_apply },		/* your decision */
	{ ANY_TIME, driver_send_after_decision },
	{ ANY_TIME, driver_switch_model },
	{ ANY_TIME, driver_ask_host },		/* for which a connection waits,
						   or what an agent asks */
	{ ANY_TIME, driver_tell_question },	/* to a hook of yours */
	{ ANY_TIME, driver_ahead },		/* while you type */
	{ ANY_TIME, driver_search },		/* for what they must not see */
	{ ANY_TIME, driver_run_own },		/* `!command` */
	{ ANY_TIME, driver_is_busy },
	{ ANY_TIME, driver_undo_now },		/* asked while something ran */
	{ ANY_TIME, driver_baseline },		/* beside all that follows */
	{ ANY_TIME, driver_run_hooks },
	{ ANY_TIME, driver_refresh_ignored },	/* `include` */
	{ ANY_TIME, driver_read },		/* by git, in `assent review` */
	{ ANY_TIME, driver_compact },		/* `/compact` */

	{ IN_TASK, background_step },		/* update their copies */
	{ IN_TASK, agent_commits },		/* what another agent's say */
	{ IN_TASK, driver_stop },		/* after an interrupt, a limit */
	{ IN_TASK, driver_wait_for_answer },	/* plan, limit, command */
	{ IN_TASK, driver_undo_waits },
	{ IN_TASK, driver_rests },
	{ IN_TASK, driver_call },		/* the model's next tool call */
	{ IN_TASK, driver_diagnose },		/* errors of its edits */
	{ IN_TASK, driver_ask_in_task },	/* your question about a hunk */
	{ IN_TASK, check_begin },		/* before the model may end */
	{ IN_TASK, driver_make_proposal },
	{ IN_TASK, driver_adds },		/* what it adds */
	{ IN_TASK, driver_run_hooks },		/* of that proposal */
	{ IN_TASK, driver_is_busy },
	{ IN_TASK, driver_prove },		/* that its tests say something */
	{ IN_TASK, driver_review },		/* by a rule, or wait for you */
	{ IN_TASK, driver_continue_after_feedback },
	{ MODEL_IS_DONE, driver_check },	/* of what is in your files */
	{ MODEL_IS_DONE, rollback_step },	/* if that failed */
	{ MODEL_IS_DONE, driver_end_task },
	{ IN_TASK, driver_turn },		/* the model's next request */

	{ NO_TASK, driver_send_after_interrupt },
	{ NO_TASK, driver_ask },		/* your question about a hunk */
	{ NO_TASK, driver_adds },		/* what is proposed adds */
	{ NO_TASK, driver_prove },		/* if a decision needs it */
	{ NO_TASK, driver_be_ready },		/* or exit */
};

static bool
driver_fits(const struct core *c, const struct driver_row *r)
{
	switch (r->when) {
	case IN_TASK:
		return task_runs(c);
	case MODEL_IS_DONE:
		return task_runs(c) && c->task.model != MODEL_GOES_ON;
	case NO_TASK:
		return !task_runs(c);
	case ANY_TIME:
		break;
	}
	return true;
}

void
driver_step(struct core *c)
{
	const struct driver_row *r = driver_rows;

	/* Nothing follows but the hooks of the session's end. */
	if (c->journal == NULL || c->hooks->over != NULL)
		return;
	phase_check(c);
	/* phases: in TOOL a call runs, in CHECK the check. */
	assert((c->phase == PHASE_TOOL) == (job_runs(c, JOB_CALL) ||
	    c->mcp_call != NULL || c->calls.starting != NULL ||
	    peer_prompts(c)));
	assert((c->phase == PHASE_CHECK) == job_runs(c, JOB_CHECK));
	blob_keep(c->blobs, true);
	while (!driver_fits(c, r) || !r->step(c))
		r++;
	/* It rests, or something else has begun. */
	if (!c->step_posted)
		blob_keep(c->blobs, false);
}

static const struct core_command driver_commands[] = {
	{ "end", IN_ANY, 0, 0, NOBODY, .act = driver_end },
	{ "interrupt", IN_ANY, 0, 0, NOBODY, .act = driver_interrupt_one },
	{ "propose", IN_ANY, HAS_TASK, HAS_PLANNING | HAS_ENDING, NOBODY,
	    .act = driver_propose },
	{ "say", IN_ANY, 0, 0, NOBODY, .act = driver_say_now },
	{ "undo", IN_ANY, 0, HAS_ASK | HAS_PLAN | HAS_RUN | HAS_DECISION, NOBODY,
	    .serve = driver_undo },
	{ 0 }
};

static unsigned
driver_facts(const struct core *c)
{
	return (task_runs(c) ? HAS_TASK : 0u) |
	    (c->task.stop != STOP_NONE ? HAS_ENDING : 0u);
}

const struct core_part driver_part = {
	.facts = driver_facts, .has = HAS_TASK | HAS_ENDING,
	.commands = driver_commands
};
