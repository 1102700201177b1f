#include "config.h"

#include "core/say.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/budget.h"
#include "core/call-answer.h"
#include "core/seen.h"
#include "core/attach.h"
#include "core/context.h"
#include "core/recall.h"
#include "core/core.h"
#include "core/mcp/mcp.h"
#include "core/project/project-context.h"
#include "core/project/symbols.h"
#include "core/feedback.h"
#include "core/plan.h"
#include "core/propose-open.h"
#include "core/question.h"
#include "core/rollback.h"
#include "core/undo.h"
#include "core/driver.h"
#include "core/emit.h"
#include "core/failover.h"
#include "core/model.h"
#include "core/retry.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "policy/mask.h"

/* Begin a task: a user's message while no task is running. */
static void
say_begin_task(struct core *c)
{
	/* After an interruption the message continues the approved plan. */
	if (c->task.state != TASK_STOPPED)
		c->task.planning = c->plan.mode != PLAN_SKIP &&
		    c->mode != MODE_TRY;
	phase_task(c, TASK_RUNS);
	c->task.go_on = false;
	c->decision.tries = 0;
	c->task.model = MODEL_GOES_ON;
	c->plan.nudged = c->task.test_first_told = false;
	c->request.empty = 0;
	c->task.faults &= ~(unsigned)(FAULT_REFUSED | FAULT_KILLED);
	c->clock.task_started_ms = clock_mono_ms();
	budget_begin(c);
	FREE_NULL(c->task.summary);
	c->check.due = false;
	rollback_reset(c);
	if (c->context != NULL) {
		project_context_take(c);
		c->project.environment = ENVIRONMENT_LOOK;
	}
}

/* The text of hunks, without the keys that we know; malloc'ed. */
static char *
say_masked(struct core *c, const char *text)
{
	struct mask_list secrets = { 0 };
	struct buf b = BUF_INIT(0);

	model_secrets(c, &secrets);
	mask_secrets(&b, text, strlen(text), &secrets);
	mask_list_release(&secrets);
	return buf_take(&b);
}

void
say_feedback(struct core *c)
{
	bool ok = c->feedback.words.len == 0;
	AUTO_FREE char *text = feedback_take(c), *masked = NULL;

	if (text == NULL)
		return;
	masked = say_masked(c, text);
	if (!call_done_result(c, ok, "refused", masked))
		emit_tell_model(c, masked);
}

static void
say_seen(struct core *c)
{
	struct mask_list secrets = { 0 };

	model_secrets(c, &secrets);
	seen_tell(c, &secrets);
	mask_list_release(&secrets);
}

static void
say_go_on(struct core *c)
{
	c->task.said = true;
	/* A message while a proposal is open: the model may continue. */
	c->task.go_on = true;
	c->task.model = c->question.model = MODEL_GOES_ON;
	driver_soon(c);
}

void
say_question(struct core *c, const char *text, cJSON *about,
    const char *decided, const char *client)
{
	cJSON *o = cJSON_CreateObject();
	bool planning = c->task.planning;
	AUTO_FREE char *told = NULL, *masked = say_masked(c, text);

	if (!phase_has_task(c)) {
		say_begin_task(c);
		c->task.planning = planning;
	}
	(void)call_done_result(c, true, NULL, propose_is_open(c) ?
	    "not reviewed yet: the user has a question first" :
	    "the task ended; the user has a question");
	undo_tell_model(c);
	json_add_str(o, "text", masked);
	json_add_str(o, "client", client);
	json_set_take(o, "question", about);
	emit_event(c, EVENT_USER_MESSAGE, "user", o);
	told = xasprintf("[assent] %s. Answer in plain text. In this turn you "
	    "can read and search; nothing else works.", decided == NULL ?
	    "That change is under review and stays undecided" :
	    strcmp(decided, "no") == 0 ? "The user rejected that change: it is "
	    "no longer staged" : strcmp(decided, "yes") == 0 ? "The user "
	    "accepted that change: it is in their files" : "The user edited "
	    "that change and accepted it so: it is in their files");
	emit_tell_model(c, told);
	driver_soon(c);
}

int
say_message(struct core *c, const char *text, const char *typed,
    const cJSON *sent, const char *client, struct err *e)
{
	cJSON *o, *images;

	if (text[0] == '\0')
		return 0;
	if (model_needed(c, e) < 0 || attach_find(c, typed, sent,
	    &images, e) < 0)
		return -1;
	mcp_said(c);
	mcp_resource_want(c, typed);
	json_drop(&c->question.left);
	if (plan_is_left(c))
		plan_leave(c, client);
	else if ((c->waits & WAIT_PLAN) != 0) {
		plan_send_back(c, text, client);
		driver_soon(c);
		if (images == NULL)
			return 0;
		/* The answer to the plan had the text; the images need a
		 * message of their own. */
		text = "[assent] The images that were named:";
	}
	if (!phase_has_task(c))
		say_begin_task(c);
	say_feedback(c);
	/* The call that ended the last task still needs its answer. */
	(void)call_done_result(c, true, NULL, propose_is_open(c) ?
	    "not reviewed yet: the user has said more first" :
	    "the task ended; the user wrote again");
	undo_tell_model(c);
	say_seen(c);
	o = cJSON_CreateObject();
	json_add_str(o, "text", text);
	json_add_str(o, "client", client);
	if (images != NULL)
		json_set_take(o, "images", images);
	emit_event(c, EVENT_USER_MESSAGE, "user", o);
	symbols_words(c, text);
	failover_home_soon(c);
	say_go_on(c);
	return 0;
}

int
say_unqueue(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	struct context *context = recall_context(c);
	int64_t seq = context == NULL || c->question.on != NULL ? 0 :
	    context_queued(context, json_int(command, "message", 0));
	cJSON *o;

	if (seq == 0)
		return err_set(e, "already sent");
	o = cJSON_CreateObject();
	json_add_int(o, "message", seq);
	json_add_str(o, "client", client);
	emit_event(c, EVENT_UNQUEUED, "user", o);
	c->task.said = context_queued(context, 0) != 0;
	return 0;
}

/* The question (taken) whose hunk was not decided meanwhile. */
static void
say_question_again(struct core *c, cJSON *asked)
{
	c->task.go_on = json_bool(asked, "goes_on", false);
	question_open(c, asked, c->task.go_on ? MODEL_GOES_ON : MODEL_ENDED);
	driver_soon(c);
}

int
say_again(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	const char *words = "Please try again.";
	cJSON *o, *asked;
	bool answered;

	(void)command;
	if (c->phase == PHASE_RETRY) {
		retry_now(c);
		return 0;
	}
	if (model_needed(c, e) < 0 || question_may_repeat(c, e) < 0)
		return -1;
	if (strcmp(c->fold->outcome, "interrupted") == 0)
		words = "Please continue.";
	if (!phase_has_task(c))
		say_begin_task(c);
	answered = c->context != NULL && context_is_answered(recall_context(c));
	asked = cJSON_Duplicate(c->question.left, 1);
	if (asked == NULL)
		say_feedback(c);
	/* As in say_message(). */
	(void)call_done_result(c, true, NULL, propose_is_open(c) ?
	    "not reviewed yet: the user lets you go on" :
	    "the task ended; the user lets you go on");
	undo_tell_model(c);
	o = cJSON_CreateObject();
	/* An empty text repeats the request. But if the model has answered,
	 * only new text makes it the model's turn. */
	json_add_str(o, "text", answered ? words : "");
	json_add_bool(o, "again", true);
	json_add_str(o, "client", client);
	if (asked != NULL)
		json_copy(o, "question", asked);
	emit_event(c, EVENT_USER_MESSAGE, "user", o);
	failover_home_soon(c);
	if (asked == NULL)
		say_go_on(c);
	else
		say_question_again(c, asked);
	return 0;
}
