/*
 * resume: restores a session from an old journal: settings, fold and context by
 * replaying the lines, then the work at the core's death. A decision without its
 * applied line is applied once; a call without a result is answered as
 * interrupted, but for those after a plan that waits; an open plan or proposal
 * is open again.
 */
#include "config.h"

#include "core/main/start.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/agent/call.h"
#include "core/agent/plan.h"
#include "core/agent/run.h"
#include "core/agent/say.h"
#include "core/context/prompt.h"
#include "core/kernel/core.h"
#include "core/kernel/server.h"
#include "core/main/start-int.h"
#include "core/mcp/mcp.h"
#include "core/review/comment.h"
#include "core/review/decision.h"
#include "core/review/evidence.h"
#include "core/review/feedback.h"
#include "core/review/propose.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "policy/approve.h"
#include "provider/provider.h"
#include "tool/tool.h"

static void
resume_keep(cJSON **slot, const cJSON *v)
{
	cJSON_Delete(*slot);
	*slot = cJSON_Duplicate(v, 1);
}

/* The user's words beside a decision are due once it was applied, until they are
 * sent. */
static void
resume_recall_message(struct core *c, const struct event *e)
{
	const struct event *d = c->fold->open.decision;
	struct core_said *said = &c->decision.said;

	/* A proposal after a decision offers the rest: the decision was
	 * applied. */
	if (e->type == EVENT_PROPOSAL && d != NULL && feedback_recall(c,
	    &d->decision, c->fold->open.applied)) {
		xstrset(&said->text, d->decision.say);
		xstrset(&said->client, d->decision.client);
	} else if (e->type == EVENT_USER_MESSAGE && ev_is(e->by, "user"))
		FREE_NULL(said->text);
}

void
resume_line(struct resume *r, const struct event *e)
{
	resume_recall_message(r->core, e);
	start_line(r->core, e);
	switch (e->type) {
	case EVENT_SESSION_START:
		resume_keep(&r->start, e->session_start.settings);
		resume_keep(&r->model, json_get(r->start, "model"));
		resume_keep(&r->prompts, e->session_start.prompts);
		break;
	case EVENT_PROMPTS:
		resume_keep(&r->prompts, e->prompts.prompts);
		break;
	case EVENT_MODE:
		json_add_str(r->start, "plan", e->mode.plan);
		break;
	case EVENT_MODEL:
		/* A fallback or a phase's model isn't the session's model: a
		 * resume goes back to the first. */
		resume_keep(&r->model, e->model.model);
		if (!e->model.failover && e->model.route == NULL)
			json_copy(r->start, "model", e->model.model);
		break;
	case EVENT_CHECK:
		/* The user's choice, as if made at the start. */
		json_add_str(r->start, "test", e->check.command);
		json_add_str(r->start, "test_by", e->check.check_by);
		break;
	default:
		break;
	}
}

void
resume_free(struct resume *r)
{
	if (r == NULL)
		return;
	free(r->note);
	free(r->restaged);
	free(r->image);
	cJSON_Delete(r->start);
	cJSON_Delete(r->model);
	cJSON_Delete(r->prompts);
	free(r);
}

/* Paths of the user's own programs, from the session's start and from now. */
static void
resume_own_files(cJSON *merged, const cJSON *start)
{
	cJSON *all = cJSON_CreateArray();
	const cJSON *it;

	cJSON_ArrayForEach(it, json_array(merged, "own_files"))
		cJSON_AddItemToArray(all, cJSON_Duplicate(it, 1));
	cJSON_ArrayForEach(it, json_array(start, "own_files"))
		cJSON_AddItemToArray(all, cJSON_Duplicate(it, 1));
	json_set_take(merged, "own_files", all);
}

int
resume_settings(struct resume *r, char *note_take, struct err *e)
{
	struct core *c = r->core;
	const cJSON *old = r->start;
	static const char *const fresh[] = {
		"mode",
		"person",
		"keep_alive",
		"home",
		"path",
		"sandbox",
		"limits",
		"session",
		"recover",
		"redecide",
		"go_on",
	};
	/* Settings of the user's, which the journal can't bring back. */
	static const char *const users[] = { "net_allow", "forward", "hooks",
		"diagnostics",
		"commands_dir", "instructions", "machine", "prompts_dir",
		"skills", "encodings", "certificates" };
	/* Only if it began without a model and one is configured now. */
	static const char *const models[] = { "model", "failover", "routes" };
	static const char *const one_run[] = { "allow_protected", "require_mcp",
		"rollback" };
	cJSON *merged;
	int least = sandbox_level_find(json_str_or(c->start, "sandbox_require",
	    ""));
	int began = sandbox_level_find(json_str_or(old, "sandbox_require",
	    "none"));
	size_t i;

	r->note = note_take;
	if (old == NULL)
		return err_set(e, "the journal of %s has no session_start",
		    c->id);
	merged = cJSON_Duplicate(old, 1);
	for (i = 0; i < MEM_COUNT(users); i++)
		cJSON_DeleteItemFromObjectCaseSensitive(merged, users[i]);
	JSON_COPY(merged, c->start, fresh);
	JSON_COPY(merged, c->start, users);
	/* The image that it began with stays, but a container isn't taken over;
	 * unless the user chooses another sandbox now. */
	if (json_is(c->start, "sandbox", "auto") &&
	    !json_bool(c->start, "override_sandbox", false) &&
	    !json_is(old, "sandbox", "container"))
		json_copy(merged, "sandbox", json_get(old, "sandbox"));
	resume_own_files(merged, c->start);
	for (i = 0; i < MEM_COUNT(one_run) &&
	    !json_bool(c->start, "go_on", false); i++)
		cJSON_DeleteItemFromObjectCaseSensitive(merged, one_run[i]);
	/* Work that began in a sandbox never continues in a weaker one. */
	if (least >= 0 && least < began)
		json_add_str(merged, "sandbox_require",
		    sandbox_levels[least].name);
	if (json_bool(c->start, "override_model", false) &&
	    json_get(c->start, "model") != NULL)
		json_copy(merged, "model", json_get(c->start, "model"));
	else if (!cJSON_IsObject(json_get(old, "model")))
		JSON_COPY(merged, c->start, models);
	cJSON_DeleteItemFromObjectCaseSensitive(merged, "task");
	cJSON_Delete(c->start);
	c->start = merged;
	return 0;
}

bool
resume_is_fork(const struct core *c)
{
	return c->forked != NULL && c->forked->seq == c->fold->seq;
}

/* Is that question about this call? Its id is the call's, or that with ".2" and
 * so on. */
static bool
resume_asks_of(const char *ask, const char *call)
{
	size_t n = strlen(call);

	return strncmp(ask, call, n) == 0 && (ask[n] == '\0' || ask[n] == '.');
}

/* The answer to a call that has none because the core died: only a call that
 * ran, and may write, can have left half-done work. */
static void
resume_call(struct core *c, const struct ev_call *call, bool begun)
{
	const struct fold *f = c->fold;
	const char *name = call->name;
	const struct tool_entry *t = tool_find(name);
	bool writes = t == NULL ||
	    (t->effects & (TOOL_WRITES | TOOL_COMMAND)) != 0;
	const char *server = mcp_server_of(c, name);
	bool planned = !begun && f->plan.seq > f->open.since &&
	    f->plan.status == FOLD_PLAN_PROPOSED;
	AUTO_EVENT struct event e = CALL_RESULT(call->id, name);

	/* The user had not allowed it yet. */
	if (f->ask.id != NULL && resume_asks_of(f->ask.id, call->id))
		begun = false;
	e.tool_result.ok = planned;
	e.tool_result.error = planned ? NULL : "interrupted";
	e.tool_result.server = server;
	e.tool_result.text = planned ? "the plan waited for the user, and this "
	    "call did not run: make it again if the plan still asks for it" :
	    !begun ?
	    f->open.last[EVENT_INTERRUPT] > f->open.since ?
	    "did not begin: interrupted by the user" :
	    "assent was restarted; this call did not begin" : !writes ?
	    "assent was restarted; this call was not answered; call it again "
	    "if you need it" : server != NULL ?
	    "assent was restarted while this call ran; what the MCP server "
	    "had written for it is lost" : "assent was restarted "
	    "while this call ran; what it did to the staged files may be "
	    "incomplete";
	if (begun && writes && server == NULL)
		call_recover(c, &e);
	EMIT_THIS(c, "core", tool_result, &e.tool_result);
	if (begun && server != NULL)
		emit_note(c, "assent was stopped while %s of MCP server %s "
		    "ran: what it had written to its copy is lost", name,
		    server);
}

/* Calls that were running or waiting when the core died. */
static void
resume_calls(struct core *c)
{
	const struct fold *f = c->fold;
	const struct fold_open *o = &f->open;
	const struct ev_call *call;
	size_t i;

	for (i = 0; (call = fold_open_call(f, i)) != NULL; i++) {
		if (o->calls[i] == CALL_ENDED)
			continue;
		if (ev_is(call->name, "plan") && f->plan.seq > o->since)
			plan_resume(c);
		else if (ev_is(call->name, "done") &&
		    o->calls[i] == CALL_BEGUN && (f->proposal != NULL ||
		    o->last[EVENT_DECISION] > o->since ||
		    o->task == TASK_ENDED))
			call_says_done(c, o->done);
		/* As if we had waited. */
		else if (o->calls[i] == CALL_WAITS && task_runs(c) &&
		    (c->waits & WAIT_PLAN) != 0 &&
		    ev_str(call->arguments, "")[0] != '\0')
			(void)call_add(c, call->id, call->name,
			    call->arguments, call->complete);
		else
			resume_call(c, call, o->calls[i] == CALL_BEGUN);
	}
}

/* A flag may name another model than the session's; and a fallback's or a phase's
 * model isn't used any more. */
static void
resume_model(struct core *c, const struct resume *r)
{
	const cJSON *now = json_get(c->start, "model");

	if (cJSON_IsObject(now) && !cJSON_Compare(now, r->model, 1))
		EMIT(c, cJSON_Compare(now, json_get(r->start, "model"), 1) ?
		    "core" : "user", model, .model = now);
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
resume_try(struct core *c)
{
	AUTO_EVENT struct event e = CALL_RESULT(c->fold->open.run, "argv");

	if (c->fold->open.ran == 0 || c->fold->ask.id != NULL)
		return;
	c->task.model = MODEL_ENDED;
	c->task.owed = c->fold->open.task == TASK_NONE;
	if (e.tool_result.id == NULL)
		return;
	e.tool_result.error = "interrupted";
	e.tool_result.text = "assent was stopped while this command ran; it is "
	    "not run again, and what it changed until then is proposed";
	call_recover(c, &e);
	EMIT_THIS(c, "user", tool_result, &e.tool_result);
	emit_note(c, "assent was stopped while the command ran. It isn't run "
	    "again; what it changed until then is proposed.");
}

/* Did the core before us end with no work left but questions to the user: is the
 * task over, or does it wait for them? */
static bool
resume_was_idle(const struct fold *f)
{
	const struct fold_open *o = &f->open;
	const int64_t asked = o->last[EVENT_TURN_START];
	const struct ev_call *call;
	size_t i;

	if (o->run != NULL || o->task != TASK_RUNS)
		return o->run == NULL;
	for (i = 0; (call = fold_open_call(f, i)) != NULL; i++)
		if (o->calls[i] != CALL_ENDED && !ev_is(call->name, "plan") &&
		    !ev_is(call->name, "done"))
			return false;
	return asked <= MAX(o->since, f->end.seq) && o->decision == NULL &&
	    (f->proposal != NULL || f->pause != NULL ||
	    (f->plan.seq > o->since && f->plan.status == FOLD_PLAN_PROPOSED));
}

/* Unfinished work at a fork's message is dropped. */
static void
resume_fork(struct core *c, bool rests)
{
	const struct fold_proposal *p = c->fold->proposal;

	if (!rests && task_runs(c))
		phase_stop(c, STOP_INTERRUPT);
	c->review.final = !task_runs(c) || !rests || p == NULL || p->final;
	propose_make(c, false);
}

/* A task's end is reported once its proposal is decided; changes left by the
 * user's own commands alone belong to no task, and a review has none. */
static void
resume_end(struct core *c)
{
	const struct fold_proposal *p = c->fold->proposal;

	if (task_runs(c) || p == NULL || c->mode == MODE_REVIEW ||
	    (p->id > c->fold->end.seq &&
	    c->fold->open.ran > c->fold->end.seq && resume_is_interactive(c)))
		return;
	c->task.owed = true;
	xstrset(&c->task.summary, c->fold->end.summary);
}

static void
resume_state(struct core *c)
{
	const struct fold *f = c->fold;
	const struct fold_open *o = &f->open;
	const bool ended = fold_model_ended(f), said = o->said >
	    MAX(o->heard, f->end.seq);
	/* If a proposal is open, or one was decided since the model's last
	 * answer, the check of that answer is over. */
	const bool decided = o->last[EVENT_DECISION] > o->since;
	/* One that isn't approved yet sets no check. */
	const struct fold_plan *plan = f->plan.was != NULL ? f->plan.was :
	    &f->plan;

	c->clock.worked_ms = f->facts.usage.task.worked_ms;
	c->review.touched = true;
	if (plan->status == FOLD_PLAN_APPROVED && plan->check != NULL &&
	    c->check.command == NULL) {
		c->check.command = xstrdup(plan->check);
		c->check.by = xstrdup(ev_str(plan->check_by, "model"));
	}
	resume_calls(c);
	c->request.answered = (size_t)f->turn;
	decision_recover(c);
	if (c->mode == MODE_TRY)
		resume_try(c);
	else
		run_recover(c);
	c->task.go_on = said;
	if (c->task.model == MODEL_GOES_ON && !said &&
	    ((f->proposal != NULL && f->proposal->final) ||
	    (ended && !task_plans(c))))
		c->task.model = MODEL_ENDED;
	c->check.final = f->proposal != NULL || decided ? FINAL_CHECK_DONE :
	    FINAL_CHECK_NOT_RUN;
	resume_end(c);
	if (o->question != NULL)
		question_open(c, o->question, c->task.model);
	PART_EACH(c, p)
		if ((*p)->resumed != NULL)
			(*p)->resumed(c);
}

/* assent may have another version now, or the user's own texts may have
 * changed. */
static void
resume_prompts(struct core *c, const struct resume *r)
{
	AUTO_JSON cJSON *now = c->prompts == NULL ? NULL :
	    prompts_hashes(c->prompts);

	if (now == NULL || cJSON_Compare(now, r->prompts, 1))
		return;
	EMIT(c, "core", prompts, .prompts = now);
	emit_note(c, "The prompts are not those that the session had before");
}

int
resume_go_on(struct resume *r, struct err *e)
{
	struct core *c = r->core;
	bool forked = resume_is_fork(c), rests = resume_was_idle(c->fold);
	AUTO(grants_release) struct grants grants = grant_list(c->start);

	evidence_recover(c);
	/* There is no need to report a new core with the same sandbox. */
	EMIT(c, "core", note, .text = r->note == NULL ? "resumed" : r->note,
	    .resumed = true, .format = EVENT_FORMAT,
	    .idle = r->note == NULL && rests && ev_is(c->fold->sandbox.level,
	    json_str_or(c->sandbox.info, "level", "")),
	    .sandbox = c->sandbox.info, .grants = grants.v,
	    .grants_len = grants.len);
	if ((c->task.faults & FAULT_LOST) != 0)
		emit_error(c, "stage", "%s", r->restaged);
	else if (r->restaged != NULL)
		emit_note(c, "%s", r->restaged);
	if (r->image != NULL)
		emit_note(c, "%s", r->image);
	start_begun(c);
	resume_prompts(c, r);
	resume_model(c, r);
	resume_state(c);
	if (forked)
		resume_fork(c, rests);
	/* A task that runs goes on by itself. */
	return json_bool(c->start, "go_on", false) &&
	    c->fold->open.task != TASK_RUNS ?
	    say_again(c, NULL, "start", e) : 0;
}
