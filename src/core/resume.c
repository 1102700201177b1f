/*
 * Restores a session from an old journal: settings, fold and context by
 * replaying the lines, then the work at the core's death (resume-line.c says
 * which). A decision without its applied line is applied once; a call without a
 * result is answered as interrupted; an open plan or proposal is open again.
 */
#include "config.h"

#include "core/feedback.h"
#include "core/start.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/budget.h"
#include "core/call-run.h"
#include "core/run.h"
#include "core/compact.h"
#include "core/recall.h"
#include "core/core.h"
#include "core/mcp/mcp.h"
#include "core/hook.h"
#include "core/net/network.h"
#include "core/decision.h"
#include "core/plan.h"
#include "core/question.h"
#include "core/server.h"
#include "core/emit.h"
#include "core/prompt.h"
#include "core/recover.h"
#include "core/say.h"
#include "core/restage.h"
#include "core/resume-int.h"
#include "core/set.h"
#include "core/target.h"
#include "core/turn.h"
#include "journal/event.h"
#include "journal/fold-ask.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"
#include "journal/journal.h"
#include "policy/approve.h"
#include "policy/grant.h"
#include "tool/tool.h"

/* The answer to a call that has none because the core died: only a call that
 * ran, and may write, can have left half-done work. */
static void
resume_call(struct core *c, const char *id, const char *name, bool begun)
{
	const struct tool_entry *t = tool_find(name);
	bool writes = t == NULL ||
	    (t->effects & (TOOL_WRITES | TOOL_COMMAND)) != 0;
	cJSON *o = cJSON_CreateObject();

	const char *server = mcp_server_of(c, name);

	/* The user had not allowed it yet. */
	if (c->fold->ask.id != NULL && fold_ask_is_of(c->fold->ask.id, id))
		begun = false;
	json_add_str(o, "id", id);
	json_add_str(o, "name", name);
	json_add_bool(o, "ok", false);
	json_add_str(o, "error", "interrupted");
	json_add_str(o, "text", !begun ? "assent was restarted; this call did "
	    "not begin" : !writes ? "assent was restarted; this call was not "
	    "answered; call it again if you need it" : server != NULL ?
	    "assent was restarted while this call ran; what the MCP server "
	    "had written for it is lost" : "assent was restarted "
	    "while this call ran; what it did to the staged files may be "
	    "incomplete");
	json_add_str(o, "server", server);
	if (begun && writes && server == NULL)
		call_recover(c, o);
	emit_event(c, EVENT_TOOL_RESULT, "core", o);
	if (begun && server != NULL)
		emit_note(c, "assent was stopped while %s of MCP server %s "
		    "ran: what it had written to its copy is lost", name,
		    server);
}

/* Calls that were running or waiting when the core died. */
static void
resume_calls(struct core *c, const struct resume *r)
{
	const cJSON *it;

	cJSON_ArrayForEach(it, r->owed) {
		const char *name = it->valuestring;

		if (strcmp(name, "plan") == 0 && r->plan != NULL)
			plan_resume(c, it->string, json_str_or(r->plan,
			    "status", ""), json_str(r->plan, "word"));
		else if (strcmp(name, "done") == 0 &&
		    (c->fold->proposal != NULL || r->decided ||
		    r->task == TASK_ENDED)) {
			xstrset(&c->task.done_call_id, it->string);
			c->task.model = MODEL_CALLED_DONE;
		} else
			resume_call(c, it->string, name, json_get(r->begun,
			    it->string) != NULL);
	}
}

/* A flag may name another model than the session's. */
static void
resume_model(struct core *c, const cJSON *old, bool failed_over)
{
	const cJSON *now = json_get(c->start, "model");
	cJSON *o;

	if (!cJSON_IsObject(now) || (!failed_over && cJSON_Compare(now,
	    json_get(old, "model"), 1)))
		return;
	o = cJSON_CreateObject();
	json_set_take(o, "model", cJSON_Duplicate(now, 1));
	emit_event(c, EVENT_MODEL, failed_over ? "core" : "user", o);
}

/* Restore the last approval mode; a mode for one run only is over. */
static void
resume_mode(struct core *c)
{
	const struct approve *mode = approve_find(c->fold->approve);

	/* The same run goes on, with the same flags. */
	if (json_bool(c->start, "go_on", false))
		return;
	if (mode == NULL || mode->one_run)
		set_mode(c, approve_find("ask"), "core", NULL);
	else {
		c->approve = mode;
		json_add_str(c->start, "approve", mode->name);
	}
}

static bool
resume_is_interactive(const struct core *c)
{
	const char *mode = c->fold->mode == NULL ? "" : c->fold->mode;

	return strcmp(mode, "interactive") == 0 || strcmp(mode, "demo") == 0;
}

/* The command of `try` never runs twice: if it had begun, it is over, and its
 * staged changes are proposed. If the user had not allowed it yet, it had not
 * begun. */
static void
resume_try(struct core *c, const struct resume *r)
{
	cJSON *o;

	feedback_clear(c);
	if (!r->tried || c->fold->ask.id != NULL)
		return;
	c->task.model = MODEL_ENDED;
	if (!phase_has_task(c) && r->task == TASK_NONE)
		phase_task(c, TASK_RUNS);
	if (r->run == NULL)
		return;
	o = cJSON_CreateObject();
	json_add_str(o, "id", r->run);
	json_add_str(o, "name", "argv");
	json_add_bool(o, "ok", false);
	json_add_str(o, "error", "interrupted");
	json_add_str(o, "text", "assent was stopped while this command ran; it "
	    "is not run again, and what it changed until then is proposed");
	call_recover(c, o);
	emit_event(c, EVENT_TOOL_RESULT, "user", o);
	emit_note(c, "assent was stopped while the command ran. It isn't run "
	    "again; what it changed until then is proposed.");
}

static void
resume_state(struct core *c, struct resume *r)
{
	c->clock.worked_ms = c->fold->spent.task.worked_ms;
	turn_lost(c);
	phase_task(c, r->task);
	c->review.touched = true;
	c->task.planning = r->planning && c->plan.mode != PLAN_SKIP &&
	    c->mode != MODE_TRY;
	if (c->fold->plan.check != NULL && c->check.command == NULL) {
		c->check.command = xstrdup(c->fold->plan.check);
		c->check.by = xstrdup(c->fold->plan.check_by == NULL ?
		    "model" : c->fold->plan.check_by);
	}
	resume_calls(c, r);
	c->request.replay_turn = (size_t)c->fold->turn;
	c->decision.tx = r->tx;
	if (r->decision != NULL) {
		decision_recover(c, r->decision, r->apply_begin, r->applied);
		r->decision = NULL;
	}
	if (c->mode == MODE_TRY)
		resume_try(c, r);
	else
		run_recover(c, r->run, r->ran);
	network_recover(c);
	hook_recover(c);
	if (r->question != NULL)
		r->model_ended = r->was_ended;
	c->task.go_on = r->said;
	if (c->task.model == MODEL_GOES_ON && !r->said &&
	    ((c->fold->proposal != NULL && c->fold->proposal->final) || (r->model_ended && !c->task.planning)))
		c->task.model = MODEL_ENDED;
	/* If a proposal is open, or one was decided since the model's last
	 * answer, the check of that answer is over. */
	c->check.say = c->fold->proposal != NULL || r->decided ?
	    CHECK_HAS_SAID : CHECK_MAY_SAY;
	/* A task's end is reported once its proposal is decided; changes left
	 * by the user's own commands alone belong to no task. */
	if (!phase_has_task(c) && c->fold->proposal != NULL && (r->left ||
	    !r->own || !resume_is_interactive(c)))
		phase_task(c, TASK_RUNS);
	question_recover(c, r->question, r->unanswered, r->answered);
	r->question = r->unanswered = NULL;
	budget_resume(c);
}

/* Did the core before us end with no work left but questions to the user? Then
 * there is no need to report a new core with the same sandbox. */
static bool
resume_is_idle(const struct resume *r)
{
	const struct fold *f = r->core->fold;
	const char *plan = json_str_or(r->plan, "status", "");
	const cJSON *it;

	if (f->level == NULL || strcmp(f->level,
	    json_str_or(r->core->sandbox_info, "level", "")) != 0)
		return false;
	if (r->run != NULL)
		return false;
	if (r->task != TASK_RUNS)
		return true;
	cJSON_ArrayForEach(it, r->owed)
		if (strcmp(it->valuestring, "plan") != 0 &&
		    strcmp(it->valuestring, "done") != 0)
			return false;
	return !r->asked && r->decision == NULL && (f->proposal != NULL ||
	    f->pause != NULL || strcmp(plan, "proposed") == 0);
}

/* assent may have another version now, or the user's own texts may have
 * changed. */
static void
resume_prompts(struct core *c, const struct resume *r)
{
	cJSON *now, *o;

	if (c->prompts == NULL)
		return;
	now = prompts_hashes(c->prompts);
	if (cJSON_Compare(now, r->prompts, 1)) {
		cJSON_Delete(now);
		return;
	}
	o = cJSON_CreateObject();
	json_set_take(o, "prompts", now);
	emit_event(c, EVENT_PROMPTS, "core", o);
	emit_note(c, "The prompts are not those that the session had before");
}

int
resume_session(struct core *c, const char *key, struct err *e)
{
	struct resume r = { .core = c };
	cJSON *o;
	char *note = NULL, *restaged = NULL;
	int rc = -1;

	c->resume = &r;
	c->journal = journal_open(c->dir, false, start_on_line, c, &note, e);
	c->resume = NULL;
	if (c->journal == NULL)
		goto out;
	if (r.start == NULL) {
		err_set(e, "the journal of %s has no session_start", c->id);
		goto out;
	}
	resume_settings(c, r.start);
	target_set_key(&c->target, key);
	if (start_settings(c, e) < 0 || (r.decision != NULL &&
	    r.apply_begin != NULL && r.applied == NULL &&
	    recover_choose(c, r.apply_begin, e) < 0) ||
	    start_prompts(c, e) < 0 ||
	    server_listen(c->server, c->dir, e) < 0 ||
	    start_sandbox_begin(c, e) < 0 ||
	    (c->blobs = blob_store_open(c->dir, e)) == NULL ||
	    start_policy(c, e) < 0 || start_sandbox(c, e) < 0 ||
	    restage_open(c, &restaged, e) == NULL)
		goto out;
	start_context(c);
	recall_begin(c, r.upto);
	o = cJSON_CreateObject();
	json_add_str(o, "text", note == NULL ? "resumed" : note);
	json_add_bool(o, "resumed", true);
	json_add_int(o, "format", EVENT_FORMAT);
	if (note == NULL && resume_is_idle(&r))
		json_add_bool(o, "idle", true);
	json_set_take(o, "sandbox", cJSON_Duplicate(c->sandbox_info, 1));
	json_set_take(o, "grants", grant_list(c->start));
	emit_event(c, EVENT_NOTE, "core", o);
	if ((c->task.faults & FAULT_LOST) != 0)
		emit_error(c, "stage", "%s", restaged);
	else if (restaged != NULL)
		emit_note(c, "%s", restaged);
	start_notes(c);
	resume_prompts(c, &r);
	resume_model(c, r.start, r.failed_over);
	resume_mode(c);
	resume_state(c, &r);
	/* A task that runs goes on by itself. */
	rc = json_bool(c->start, "go_on", false) && r.task != TASK_RUNS ?
	    say_again(c, NULL, "start", e) : 0;
out:
	free(note);
	free(restaged);
	resume_release(&r);
	return rc;
}
