/* What was open when an old journal ended: a fold of its lines. */
#include "config.h"

#include "core/resume-int.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/compact.h"
#include "core/core.h"
#include "core/project/project-context.h"
#include "core/comment.h"
#include "core/feedback.h"
#include "core/include.h"
#include "core/propose.h"
#include "core/question.h"
#include "core/start.h"
#include "journal/event.h"
#include "journal/fold.h"

static void
resume_keep(cJSON **slot, const cJSON *event)
{
	cJSON_Delete(*slot);
	*slot = event == NULL ? NULL : cJSON_Duplicate(event, 1);
}

/* A new task: open calls of the old one need no answer any more. */
static void
resume_new_task(struct resume *r)
{
	cJSON_Delete(r->owed);
	cJSON_Delete(r->begun);
	r->owed = r->begun = NULL;
	json_drop(&r->question);
	json_drop(&r->unanswered);
	r->model_ended = r->decided = false;
	if (r->task == TASK_STOPPED)
		r->task = TASK_ENDED;
	feedback_clear(r->core);
}

/* The open question has its answer: what was so before it, is so again. */
static void
resume_answered(struct resume *r)
{
	resume_keep(&r->question, NULL);
	r->model_ended = r->was_ended;
	r->answered = true;
}

/* Whose turn it is, and in which phase. */
static void
resume_talk(struct resume *r, enum event_type type, const cJSON *ev)
{
	const char *by = json_str_or(ev, "by", "");

	if (type == EVENT_USER_MESSAGE && strcmp(by, "core") == 0 &&
	    r->task != TASK_RUNS) {
		/* Told before the user's message, which begins the task. */
	} else if (type == EVENT_USER_MESSAGE) {
		if (r->task != TASK_RUNS && strcmp(by, "user") == 0) {
			r->planning = r->planning || r->task != TASK_STOPPED;
			r->core->task.faults &= ~(unsigned)FAULT_REFUSED;
		}
		r->task = TASK_RUNS;
		if (json_get(ev, "question") != NULL) {
			resume_keep(&r->question, json_get(ev, "question"));
			r->was_ended = r->model_ended;
			json_drop(&r->unanswered);
		} else if (strcmp(by, "user") == 0) {
			r->was_ended = false;
			r->said = true;
			json_drop(&r->unanswered);
		}
		if (r->question == NULL)
			r->model_ended = false;
		r->answered = false;
	} else if (type == EVENT_COMMENT && strcmp(by, "model") == 0) {
		/* A copy of an older answer, for a new proposal, ends none. */
		if (comment_same_place(r->question, ev))
			resume_answered(r);
	} else if (type == EVENT_TURN_START) {
		r->asked = true;
		r->planning = !json_is(ev, "phase", "execute");
	} else if (type == EVENT_PLAN) {
		const char *status = json_str_or(ev, "status", "");

		if (strcmp(status, "step") != 0)
			resume_keep(&r->plan, ev);
		if (strcmp(status, "approved") == 0) {
			r->planning = false;
			/* Approved after its task had ended: the next message
			 * continues with this plan. */
			if (r->task != TASK_RUNS)
				r->task = TASK_STOPPED;
		}
	} else if (type == EVENT_ASSISTANT_MESSAGE &&
	    !json_bool(ev, "broken", false)) {
		resume_keep(&r->plan, NULL);
		r->asked = false;
		r->decided = false;
		r->model_ended = json_array(ev, "calls") == NULL ||
		    json_array(ev, "calls")->child == NULL;
		r->said = r->said && r->question != NULL;
		/* The answer, even if its hunk was decided meanwhile. */
		if (r->question != NULL && r->model_ended &&
		    !json_is(ev, "stop", "pause") &&
		    !json_is(ev, "stop", "max_tokens"))
			resume_answered(r);
	} else if (type == EVENT_TOOL_CALL && r->begun != NULL) {
		json_add_bool(r->begun, json_str_or(ev, "id", ""), true);
	} else if (type == EVENT_TOOL_RESULT &&
	    json_is(ev, "name", "done") && json_is(ev, "error", "refused")) {
		r->core->task.faults &= ~(unsigned)FAULT_REFUSED;
	} else if (type == EVENT_COMPACTION &&
	    json_is(ev, "why", "new")) {
		resume_new_task(r);
	} else if (type == EVENT_AGENT_END) {
		if (r->question != NULL)
			question_leave(&r->unanswered, r->question, r->said ||
			    json_bool(r->question, "goes_on", false));
		json_drop(&r->question);
		r->asked = r->own = r->said = false;
		r->left = cJSON_GetArraySize(json_array(ev, "proposed")) > 0;
		r->task = fold_is_stopped(ev) ? TASK_STOPPED : TASK_ENDED;
	}
}

/* The user's choice of a success check, as if made at the start. */
static void
resume_check(struct resume *r, const cJSON *ev)
{
	if (r->start == NULL)
		return;
	json_set_take(r->start, "test", cJSON_CreateString(json_str_or(ev,
	    "command", "")));
	json_set_take(r->start, "test_by", cJSON_CreateString(json_str_or(ev,
	    "check_by", "person")));
}

/* Replay the user's own commands. */
static void
resume_run(struct resume *r, enum event_type type, const cJSON *ev)
{
	FREE_NULL(r->run);
	if (type == EVENT_TOOL_CALL) {
		r->run = xstrdup(json_str_or(ev, "id", ""));
		r->own = r->tried = true;
	} else
		r->ran = true;
}

/* Is the event about the user's own command? The result of a `try` comes from
 * the core, so its call decides. */
static bool
resume_is_run(const struct resume *r, enum event_type type, const cJSON *ev)
{
	if (type == EVENT_TOOL_RESULT && r->run != NULL &&
	    strcmp(json_str_or(ev, "id", ""), r->run) == 0)
		return true;
	return json_is(ev, "by", "user") && (type == EVENT_TOOL_CALL ||
	    type == EVENT_TOOL_RESULT);
}

void
resume_line(struct resume *r, const cJSON *ev)
{
	enum event_type type = event_type(ev);
	bool run = resume_is_run(r, type, ev);

	/* The model has been told. */
	if (feedback_is(json_str_or(ev, "text", "")) && json_is(ev, "by",
	    "core"))
		feedback_clear(r->core);
	/* A proposal after a decision offers the rest: the decision was
	 * applied. */
	if (type == EVENT_PROPOSAL && r->decision != NULL &&
	    feedback_recall(r->core, r->decision, r->applied)) {
		xstrset(&r->core->decision.said.text,
		    json_str(r->decision, "say"));
		xstrset(&r->core->decision.said.client,
		    json_str(r->decision, "client"));
	}
	/* The user's words on it were sent. */
	if (type == EVENT_USER_MESSAGE && json_is(ev, "by", "user"))
		FREE_NULL(r->core->decision.said.text);
	start_fold(r->core, ev);
	include_recall(r->core, ev);
	compact_recall(r->core, ev);
	project_context_recall(r->core, ev);
	if (type == EVENT_SESSION_START ||
	    type == EVENT_PROMPTS)
		resume_keep(&r->prompts, json_get(ev, "prompts"));
	if (type == EVENT_SESSION_START)
		resume_keep(&r->start, json_get(ev, "settings"));
	else if (type == EVENT_MODE && r->start != NULL &&
	    json_get(ev, "plan") != NULL)
		json_copy(r->start, "plan", json_get(ev, "plan"));
	else if (type == EVENT_MODEL && r->start != NULL) {
		/* A fallback or a phase's model isn't the session's model: a
		 * resume goes back to the first. */
		r->failed_over = json_bool(ev, "failover", false) ||
		    json_str(ev, "route") != NULL;
		if (!r->failed_over)
			json_copy(r->start, "model", json_get(ev, "model"));
	}
	else if (type == EVENT_CHECK)
		resume_check(r, ev);
	else if (type == EVENT_DECISION) {
		resume_keep(&r->decision, ev);
		resume_keep(&r->apply_begin, NULL);
		resume_keep(&r->applied, NULL);
		r->decided = true;
	} else if (type == EVENT_APPLY_BEGIN) {
		resume_keep(&r->apply_begin, ev);
		r->tx = json_int(ev, "tx", r->tx);
	} else if (type == EVENT_APPLIED)
		resume_keep(&r->applied, ev);
	else if (type == EVENT_PROPOSAL) {
		resume_keep(&r->decision, NULL);
		propose_offered(r->core, ev);
		r->ran = false;
		if (cJSON_GetArraySize(json_array(ev, "files")) == 0)
			r->left = false;
	} else if (run)
		resume_run(r, type, ev);
	else
		resume_talk(r, type, ev);
	if (type == EVENT_TOOL_CALL && json_is(ev, "name", "done"))
		xstrset(&r->core->task.summary, json_str(json_get(ev, "args"),
		    "summary"));
	else if (type == EVENT_USER_MESSAGE || (json_is(ev, "name",
	    "done") && !json_bool(ev, "ok", true)))
		FREE_NULL(r->core->task.summary);
	if (type == EVENT_COMPACTION)
		r->upto = json_int(ev, "upto", 0);
	if (type == EVENT_TOOL_RESULT && !run && r->owed != NULL)
		cJSON_DeleteItemFromObjectCaseSensitive(r->owed,
		    json_str_or(ev, "id", ""));
	if (type == EVENT_ASSISTANT_MESSAGE &&
	    !json_bool(ev, "broken", false)) {
		const cJSON *it;

		cJSON_Delete(r->owed);
		cJSON_Delete(r->begun);
		r->owed = cJSON_CreateObject();
		r->begun = cJSON_CreateObject();
		cJSON_ArrayForEach(it, json_array(ev, "calls"))
			json_add_str(r->owed, json_str_or(it, "id", ""),
			    json_str_or(it, "name", ""));
	}
}

void
resume_release(struct resume *r)
{
	cJSON_Delete(r->start);
	cJSON_Delete(r->prompts);
	cJSON_Delete(r->apply_begin);
	cJSON_Delete(r->applied);
	cJSON_Delete(r->plan);
	cJSON_Delete(r->decision);
	cJSON_Delete(r->question);
	cJSON_Delete(r->unanswered);
	cJSON_Delete(r->owed);
	cJSON_Delete(r->begun);
	free(r->run);
}
