/* A message, and what the model is told before it. */
#include "config.h"

#include "core/agent/say.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/attach.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/acp/peer.h"
#include "core/agent/attachment.h"
#include "core/agent/plan.h"
#include "core/context/compact.h"
#include "core/context/context.h"
#include "core/context/model.h"
#include "core/context/query.h"
#include "core/kernel/core.h"
#include "core/kernel/secrets.h"
#include "core/mcp/mcp.h"
#include "core/project/project.h"
#include "core/review/comment.h"
#include "core/review/feedback.h"
#include "core/review/undo.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "provider/provider.h"

/* Begin a task: a user's message while no task is running. */
static void
say_begin_task(struct core *c)
{
	c->task.begun = true;
	c->task.stop = STOP_NONE;
	c->task.go_on = false;
	c->decision.tries = 0;
	c->task.model = MODEL_GOES_ON;
	c->plan.nudged = false;
	c->request.empty = 0;
	c->task.faults &= ~(unsigned)(FAULT_REFUSED | FAULT_KILLED);
	c->clock.task_started_ms = clock_mono_ms();
	PART_EACH(c, p)
		if ((*p)->task != NULL)
			(*p)->task(c);
	FREE_NULL(c->task.summary);
	c->task.asked = false;
	c->check.due = c->check.allowed = false;
	if (c->context != NULL) {
		project_context_take(c);
		if (c->project.environment_known_ms == 0)
			c->project.environment_known_ms = -1;
	}
}

static void
say_feedback(struct core *c)
{
	AUTO_FREE char *text = feedback_take(c), *masked = NULL;

	if (text == NULL)
		return;
	masked = core_masked(c, text);
	if (!emit_owed_result(c, "done", true, NULL, masked))
		emit_tell_model(c, masked);
}

void
say_before_turn(struct core *c)
{
	if (c->fold->open.answered > c->fold->open.last[EVENT_USER_MESSAGE] &&
	    c->context != NULL && context_is_answered(recall_context(c)))
		emit_tell_model(c, "[assent] The user has your answer. Go on "
		    "with the task.");
	say_feedback(c);
	if (c->context != NULL)
		undo_tell_model(c);
}

/* Prepare for a message of the user: begin a task if none runs, and tell the
 * model what comes before the message; the result of the call that ended the
 * last task is `open` while a proposal is, or `ended`. */
static void
say_prepare(struct core *c, bool feedback, const char *open, const char *ended)
{
	if (!task_runs(c))
		say_begin_task(c);
	if (feedback)
		say_feedback(c);
	(void)emit_owed_result(c, "done", true, NULL,
	    c->fold->proposal != NULL ? open : ended);
	PART_EACH(c, p)
		if ((*p)->tell != NULL)
			(*p)->tell(c);
}

static void
say_go_on(struct core *c)
{
	/* A message while a proposal is open: the model may continue. */
	c->task.go_on = true;
	c->task.stopped = STOP_NONE;
	c->task.model = c->question.model = MODEL_GOES_ON;
	core_soon(c);
}

void
say_continue(struct core *c, const char *client)
{
	say_prepare(c, true, "not reviewed yet: the user lets you go on",
	    "the task ended; the user lets you go on");
	EMIT(c, "user", user_message, .text = "", .again = true,
	    .client = client);
	c->models.home_due = true;
	say_go_on(c);
}

void
say_question(struct core *c, const char *text, struct ev_question *about,
    const char *decided, const char *client)
{
	AUTO_FREE char *told = NULL, *masked = core_masked(c, text);

	say_prepare(c, false, "not reviewed yet: the user has a question first",
	    "the task ended; the user has a question");
	EMIT(c, "user", user_message, .text = masked, .client = client,
	    .question = about);
	told = xasprintf("[assent] %s. Answer in plain text. In this turn you "
	    "can read and search; nothing else works.", decided == NULL ?
	    "That change is under review and stays undecided" :
	    strcmp(decided, "no") == 0 ? "The user rejected that change: it is "
	    "not in the copy any more" : strcmp(decided, "yes") == 0 ? "The user "
	    "accepted that change: it is in their files" : "The user edited "
	    "that change and accepted it so: it is in their files");
	emit_tell_model(c, told);
	core_soon(c);
}

/* Resources of MCP servers, named as @SERVER:URI. */
static void
say_resources(struct core *c, const char *text)
{
	const char *p = text;
	char *word;
	bool quoted;

	while ((word = attach_word(text, &p, &quoted)) != NULL) {
		size_t n = attach_resource(c, word), len = strlen(word);

		while (!quoted && len > 0 && strchr(".,;:!?", word[len - 1]))
			word[--len] = '\0';
		if (n > 0 && len > n + 1) {
			word[n] = '\0';
			mcp_resource_want(c, word, word + n + 1);
		}
		free(word);
	}
}

int
say_message(struct core *c, const char *text, const char *typed,
    const cJSON *with, const char *client, struct err *e)
{
	AUTO_EVENT struct event sent = { 0 };
	struct ev_user_message *m = &sent.user_message;
	AUTO_BUF struct buf whole = BUF_INIT(0);
	AUTO_FREE char *masked = NULL;
	struct ev_custom *named;

	if (text[0] == '\0')
		return 0;
	event_read_as(&sent, EVENT_USER_MESSAGE, with);
	named = m->command;
	*m = (struct ev_user_message){ .command = named, .client = client };
	if (model_needed(c, e) < 0 || attach_find(c, typed, with, &sent,
	    e) < 0)
		return -1;
	buf_adds(&whole, named != NULL && named->text != NULL ? named->text :
	    text);
	buf_adds(&whole, named == NULL ? "" : json_str_or(with, "inputs", ""));
	attach_unsaved(c, json_array(with, "unsaved"), &whole);
	if (named == NULL)
		text = buf_str(&whole);
	say_resources(c, typed);
	if (plan_take_message(c, text, client)) {
		if (m->images_len == 0)
			return 0;
		/* The answer to the plan had the text; the images need a
		 * message of their own. */
		text = "[assent] The images that were named:";
	}
	say_prepare(c, true, "not reviewed yet: the user sent a message first",
	    "the task ended; the user wrote again");
	m->text = text;
	if (named != NULL)
		named->text = masked = core_masked(c, buf_str(&whole));
	EMIT_THIS(c, "user", user_message, m);
	c->models.home_due = true;
	say_go_on(c);
	return 0;
}

/* Client command: take back a message that the model hasn't got. */
static int
say_unqueue(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	struct context *context = recall_context(c);
	int64_t message = json_int(command, "message", 0);
	int64_t seq = c->question.on != NULL ? 0 : context == NULL ?
	    peer_queued(c, message) : context_queued(context, message);

	if (seq == 0)
		return err_set(e, "already sent");
	EMIT(c, "user", unqueued, .message = seq, .client = client);
	return 0;
}

/* Can a retry ask the interrupted question again? 0 also if there is none; -1
 * if its hunk is gone or decided. */
static int
say_may_repeat(const struct core *c, struct err *e)
{
	const struct event *left = c->fold->open.left;
	const struct fold_hunk *h;

	if (left != NULL && (fold_find_hunk(c->fold,
	    left->user_message.question->hunk, &h) == NULL || h->decided))
		return err_set(e, "nothing to retry: the hunk of your question "
		    "changed or is decided");
	return 0;
}

int
say_again(struct core *c, const cJSON *command UNUSED, const char *client,
    struct err *e)
{
	const char *words = "Please try again.";
	const struct fold_open *o = &c->fold->open;
	struct ev_question *asked = o->left == NULL ? NULL :
	    o->left->user_message.question;
	bool answered;

	if (c->phase == PHASE_RETRY) {
		retry_now(c);
		return 0;
	}
	if (model_needed(c, e) < 0 || say_may_repeat(c, e) < 0)
		return -1;
	if (strcmp(c->fold->end.outcome, "interrupted") == 0)
		words = "Please continue.";
	answered = c->context != NULL && context_is_answered(recall_context(c));
	say_prepare(c, asked == NULL, "not reviewed yet: the user lets you go "
	    "on", "the task ended; the user lets you go on");
	/* An empty text repeats the request. But if the model has answered,
	 * only new text makes it the model's turn. */
	EMIT(c, "user", user_message, .text = answered ? words : "",
	    .again = true, .client = client, .question = asked);
	c->models.home_due = true;
	if (o->question == NULL)
		say_go_on(c);
	else {
		/* The hunk was not decided meanwhile. */
		c->task.go_on = o->question->user_message.question->goes_on;
		question_open(c, o->question, c->task.go_on ?
		    MODEL_GOES_ON : MODEL_ENDED);
		core_soon(c);
	}
	return 0;
}

/* Client command: a new task, of which the model gets none of the last one. */
static int
say_new_task(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	const char *text = json_str_or(command, "text", "");

	if (text[0] != '\0' && model_needed(c, e) < 0)
		return -1;
	compact_forget(c, client);
	return text[0] == '\0' ? 0 : say_message(c, text, text, NULL, client,
	    e);
}

static const struct core_command say_commands[] = {
	{ "new", IN(PHASE_IDLE), 0, OPEN_QUESTIONS | HAS_REVIEW | HAS_TASK, WITH_ANSWERS,
	    .act = say_new_task },
	{ "retry", IN_ANY, HAS_FAILED, HAS_PLAN_LEFT, NOBODY,
	    .act = say_again },
	{ "unqueue", IN_ANY, 0, 0, NOBODY, .act = say_unqueue },
	{ 0 }
};

static unsigned
say_facts(const struct core *c)
{
	return c->phase == PHASE_RETRY || (c->phase == PHASE_IDLE &&
	    c->fold->ended && fold_can_retry(c->fold)) ? HAS_FAILED : 0;
}

const struct core_part say_part = {
	.facts = say_facts, .has = HAS_FAILED,
	.commands = say_commands
};
