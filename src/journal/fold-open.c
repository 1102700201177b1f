/* What is open in a session: fold.h has what. */
#include "config.h"

#include "journal/fold.h"

#include <stdlib.h>
#include <sys/param.h>

#include "base/json.h"
#include "base/mem.h"
#include "journal/event.h"
#include "journal/fold-int.h"

bool
fold_same_place(const struct ev_question *a, const struct ev_question *b)
{
	return a->hunk != NULL && ev_is(b->hunk, a->hunk) &&
	    a->line == b->line && MAX(a->line, a->end_line) ==
	    MAX(b->line, b->end_line);
}

/* The open question's. */
static struct ev_question *
open_question(const struct fold *f)
{
	return f->open.question->user_message.question;
}

bool
fold_model_ended(const struct fold *f)
{
	const struct fold_open *o = &f->open;

	return o->question != NULL ? !open_question(f)->goes_on :
	    o->answer != NULL && o->answer->assistant_message.calls_len == 0 &&
	    o->told < o->since;
}

const struct ev_call *
fold_open_call(const struct fold *f, size_t i)
{
	const struct event *e = f->open.answer;

	return e == NULL || i >= e->assistant_message.calls_len ? NULL :
	    &e->assistant_message.calls[i];
}

/* Calls of the answer before need no result any more. */
static void
open_keep_answer(struct fold *f, const struct event *e)
{
	struct fold_open *o = &f->open;

	event_keep(&o->answer, e);
	free(o->calls);
	o->calls = e == NULL ? NULL : xcalloc(
	    e->assistant_message.calls_len + 1, sizeof(*o->calls));
	o->since = f->seq;
}

/* What was so before the question is so again. */
static void
open_answered(struct fold *f)
{
	struct fold_open *o = &f->open;

	if (open_question(f)->goes_on)
		o->told = f->seq;
	event_drop(&o->question);
	o->answered = f->seq;
}

static void
open_on_message(struct fold *f, const struct event *e)
{
	struct fold_open *o = &f->open;
	bool user = ev_is(e->by, "user");

	/* Told before the user's message, which begins the task. */
	if (!user && o->task != TASK_RUNS)
		return;
	if (e->user_message.question != NULL)
		event_keep(&o->question, e);
	else if (user) {
		o->said = f->seq;
		o->planning = o->planning || (o->task != TASK_RUNS &&
		    o->task != TASK_STOPPED);
		if (o->question != NULL)
			open_question(f)->goes_on = true;
	}
	if (user)
		event_drop(&o->left);
	if (o->question == NULL)
		o->told = f->seq;
	o->task = TASK_RUNS;
}

static void
open_on_answer(struct fold *f, const struct event *e)
{
	const struct ev_assistant_message *m = &e->assistant_message;

	if (m->broken)
		return;
	open_keep_answer(f, e);
	if (f->open.question == NULL)
		f->open.heard = f->seq;
	/* The answer, even if its hunk was decided meanwhile. */
	else if (m->calls_len == 0 && !ev_is(m->stop, "pause") &&
	    !ev_is(m->stop, "max_tokens"))
		open_answered(f);
}

/* A copy of an older answer, for a new proposal, ends no question. */
static void
open_on_comment(struct fold *f, const struct event *e)
{
	const struct ev_comment *m = &e->comment;

	if (f->open.question != NULL && ev_is(e->by, "model") &&
	    fold_same_place(open_question(f), &(struct ev_question){
	    m->hunk, m->line, m->end_line, false }))
		open_answered(f);
}

static void
open_set_call(struct fold *f, const char *id, enum fold_call_state state)
{
	const struct ev_call *call;
	size_t i;

	for (i = 0; (call = fold_open_call(f, i)) != NULL; i++)
		if (id != NULL && ev_is(call->id, id))
			f->open.calls[i] = state;
}

static void
open_on_call(struct fold *f, const struct event *e)
{
	const struct ev_tool_call *call = &e->tool_call;

	if (ev_is(e->by, "user")) {
		xstrset(&f->open.run, call->id);
		f->open.ran = f->seq;
		return;
	}
	open_set_call(f, call->id, CALL_BEGUN);
	if (ev_is(call->name, "done")) {
		cJSON_Delete(f->open.done);
		f->open.done = cJSON_Duplicate(call->args, true);
	}
}

/* Find out by the call whether the user's command ended: a try's result comes
 * from the core. */
static void
open_on_result(struct fold *f, const struct event *e)
{
	const struct ev_tool_result *r = &e->tool_result;
	struct fold_open *o = &f->open;

	if (!ev_is(e->by, "user") && (o->run == NULL || !ev_is(r->id, o->run))) {
		open_set_call(f, r->id, CALL_ENDED);
		return;
	}
	FREE_NULL(o->run);
	o->ran_end = f->seq;
}

static void
open_on_turn(struct fold *f, const struct event *e)
{
	f->open.planning = !ev_is(e->turn_start.phase, "execute");
}

static void
open_on_plan(struct fold *f, const struct event *e)
{
	if (fold_plan_status(e) != FOLD_PLAN_APPROVED)
		return;
	f->open.planning = false;
	/* Approved after its task had ended: the next message continues with
	 * this plan. */
	if (f->open.task != TASK_RUNS)
		f->open.task = TASK_STOPPED;
}

static void
open_on_decision(struct fold *f, const struct event *e)
{
	event_keep(&f->open.decision, e);
	event_drop(&f->open.begin);
	event_drop(&f->open.applied);
}

static void
open_on_begin(struct fold *f, const struct event *e)
{
	event_keep(&f->open.begin, e);
	f->open.tx = e->apply_begin.tx;
}

static void
open_on_applied(struct fold *f, const struct event *e)
{
	event_keep(&f->open.applied, e);
}

static void
open_on_proposal(struct fold *f, const struct event *e UNUSED)
{
	open_on_decision(f, NULL);
}

static void
open_on_compaction(struct fold *f, const struct event *e)
{
	struct fold_open *o = &f->open;

	if (!ev_is(e->compaction.why, "new"))
		return;
	open_keep_answer(f, NULL);
	event_drop(&o->question);
	event_drop(&o->left);
	if (o->task == TASK_STOPPED)
		o->task = TASK_ENDED;
}

static void
open_on_end(struct fold *f, const struct event *e)
{
	struct fold_open *o = &f->open;

	if (o->question != NULL) {
		event_drop(&o->left);
		o->left = o->question;
		o->question = NULL;
	}
	o->task = e->agent_end.stopped.on ? TASK_STOPPED : TASK_ENDED;
}

static void
open_release(struct fold *f)
{
	struct fold_open *o = &f->open;

	open_keep_answer(f, NULL);
	open_on_decision(f, NULL);
	event_drop(&o->question);
	event_drop(&o->left);
	free(o->run);
	cJSON_Delete(o->done);
}

const struct fold_part fold_opens = {
	.on = {
		[EVENT_AGENT_END] = open_on_end,
		[EVENT_APPLIED] = open_on_applied,
		[EVENT_APPLY_BEGIN] = open_on_begin,
		[EVENT_ASSISTANT_MESSAGE] = open_on_answer,
		[EVENT_COMMENT] = open_on_comment,
		[EVENT_COMPACTION] = open_on_compaction,
		[EVENT_DECISION] = open_on_decision,
		[EVENT_PLAN] = open_on_plan,
		[EVENT_PROPOSAL] = open_on_proposal,
		[EVENT_TOOL_CALL] = open_on_call,
		[EVENT_TOOL_RESULT] = open_on_result,
		[EVENT_TURN_START] = open_on_turn,
		[EVENT_USER_MESSAGE] = open_on_message,
	},
	.release = open_release,
};
