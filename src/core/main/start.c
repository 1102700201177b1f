/*
 * Makes a session that can work from a client's start object, or from an old
 * journal: settings, folder, journal, blobs, sandbox, stage, policy, context.
 */
#include "config.h"

#include "core/main/start.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/acp/peer.h"
#include "core/agent/aside.h"
#include "core/agent/attachment.h"
#include "core/agent/background.h"
#include "core/agent/call.h"
#include "core/agent/plan.h"
#include "core/agent/run.h"
#include "core/agent/say.h"
#include "core/agent/slash.h"
#include "core/context/context.h"
#include "core/context/model.h"
#include "core/context/prompt.h"
#include "core/context/query.h"
#include "core/job/agent-plan.h"
#include "core/job/job.h"
#include "core/job/program.h"
#include "core/kernel/core.h"
#include "core/kernel/server.h"
#include "core/main/parts.h"
#include "core/main/start-int.h"
#include "core/mcp/mcp.h"
#include "core/net/network.h"
#include "core/project/project.h"
#include "core/review/comment.h"
#include "core/review/decision.h"
#include "core/review/evidence.h"
#include "core/review/feedback.h"
#include "core/review/propose.h"
#include "core/stage/stages.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/journal.h"
#include "journal/session.h"
#include "policy/approve.h"
#include "provider/provider.h"
#include "sandbox/cgroup.h"
#include "tool/tool.h"

/*
 * ---- resuming ----
 *
 * Restores a session from an old journal: settings, fold and context by
 * replaying the lines, then the work at the core's death. A decision without its
 * applied line is applied once; a call without a result is answered as
 * interrupted, but for those after a plan that waits; an open plan or proposal
 * is open again.
 */

/* A session that is resumed: what is told when it goes on, and its settings. The
 * fold has what is open. */
struct resume {
	struct core	*core;
	char		*note;		/* about the journal's end, or NULL */
	char		*restaged;	/* about the copy, or NULL */
	char		*image;		/* about its image, or NULL */
	cJSON		*start;		/* settings of session_start, as the
					   user has changed them since */
	cJSON		*model;		/* the one in use */
	cJSON		*prompts;	/* hashes, from session_start or the
					   last `prompts` */
};

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
	    &d->decision, c->fold->open.applied, &e->proposal)) {
		xstrset(&said->text, d->decision.say);
		xstrset(&said->client, d->decision.client);
	} else if (e->type == EVENT_USER_MESSAGE && ev_is(e->by, "user"))
		FREE_NULL(said->text);
}

/* A line of the journal: fold it, and pass it to all parts. */
static void
start_line(struct core *c, const struct event *e)
{
	fold_event(c->fold, e);
	PART_EACH(c, p)
		if (((*p)->lines & OF(e->type)) != 0)
			(*p)->line(c, e);
}

static void
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

/* A line of the old journal. */
static void
resume_free(struct resume *r)
{
	if (r == NULL)
		return;
	FREE_ALL(r->note, r->restaged, r->image);
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

/* Use the recorded settings, updated with those that the resuming client sent.
 * `note` is the journal's, about its end. */
static int
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
		"rests",
		"alias",
		"terminal",
	};
	/* Settings of the user's, which the journal can't bring back. */
	static const char *const users[] = { "agent", "net_allow", "forward",
		"hooks", "diagnostics", "commands_dir", "instructions", "machine", "prompts_dir",
		"skills", "encodings", "certificates", "devices" };
	/* Only if it began without a model and one is configured now. */
	static const char *const models[] = { "model", "failover", "routes" };
	static const char *const one_run[] = { "allow_protected", "require_mcp",
		"rollback", "wait_limit" };
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

/* Is this a fork that no core has gone on with yet? */
static bool
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
	const struct tool_entry *t = name == NULL ? NULL :
	    tool_meant(name);
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
	    "while this call ran; what it did to the files may be "
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
		if (tool_is(call->name, "plan") && f->plan.seq > o->since)
			plan_resume(c);
		else if (tool_is(call->name, "done") &&
		    o->calls[i] == CALL_BEGUN && (f->proposal != NULL ||
		    o->last[EVENT_DECISION] > o->since ||
		    o->task == TASK_ENDED))
			call_says_done(c, o->done);
		/* Go on as if we had waited. */
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
		if (o->calls[i] != CALL_ENDED && !tool_is(call->name, "plan") &&
		    !tool_is(call->name, "done"))
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
 * user's own commands alone belong to no task, an undo neither, and a review has
 * none. */
static void
resume_end(struct core *c)
{
	const struct fold_proposal *p = c->fold->proposal;
	const char *was = c->fold->end.stopped ? c->fold->end.outcome : NULL;

	if (task_runs(c) || p == NULL || c->mode == MODE_REVIEW ||
	    (p->undo != 0 && c->fold->below == NULL) ||
	    (p->id > c->fold->end.seq &&
	    c->fold->open.ran > c->fold->end.seq && resume_is_interactive(c)))
		return;
	c->task.owed = true;
	c->task.stopped = ev_is(was, "interrupted") ? STOP_INTERRUPT :
	    ev_is(was, "provider") ? STOP_PROVIDER :
	    ev_is(was, "limit") ? STOP_LIMIT : STOP_NONE;
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

/* Tell all parts that the sandbox and the copy are there. */
static void
start_begun(struct core *c)
{
	PART_EACH(c, p)
		if ((*p)->begun != NULL)
			(*p)->begun(c);
}

/* Go on with the work at the old core's death. */
static int
resume_go_on(struct resume *r, struct err *e)
{
	struct core *c = r->core;
	bool forked = resume_is_fork(c), rests = resume_was_idle(c->fold);
	AUTO(grants_release) struct grants grants = { 0 };
	const struct approve *last = approve_within(c->start, c->fold->approve);

	/* What was for one run is over, unless that goes on. */
	if (json_str(c->start, "session") != NULL && last != NULL &&
	    !json_bool(c->start, "go_on", false))
		json_add_str(c->start, "approve", last->name);
	grants = grant_list(c->start);
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

/* ---- starting ---- */

/* First those in which something may run. */
const struct core_part *const core_parts[] = {
	&terminal_part, &peer_part, &aside_part, &turn_part, &query_part, &sandbox_part,
	&network_part, &registry_part, &call_part, &diagnose_part, &adds_part, &job_part,
	&program_part, &mcp_part, &background_part, &hook_part, &syntax_part, &agent_part,
	&inspect_part, &run_part, &clean_part, &approval_part, &status_part,
	&emit_part, &propose_part, &model_part, &context_part, &compact_part, &rule_part,
	&undo_part, &again_part, &seen_part, &tools_part, &plan_part, &project_part,
	&paths_part, &feedback_part, &say_part, &slash_part, &comment_part,
	/* Of a command the first row that fits counts: those of proof's and
	 * notice's have a member. */
	&fork_part, &recover_part, &source_part, &proof_part, &notice_part,
	&evidence_part, &baseline_part,
	&budget_part, &driver_part,
	&dispatch_part, &prompt_part, &undeclared_part, NULL
};

/* The index of the word in `words`; -1 with a message if it isn't there. */
static int
start_word(const cJSON *o, const char *key, const char *const *words, int def,
    struct err *e)
{
	const char *s = json_str(o, key);
	int i;

	if (s == NULL)
		return def;
	for (i = 0; words[i] != NULL; i++)
		if (strcmp(words[i], s) == 0)
			return i;
	return err_set(e, "unknown %s \"%s\"", key, s);
}

static const char *const mode_words[] = {
	"interactive", "exec", "try", "demo", "review", NULL
};
static const char *const plan_words[] = { "auto", "require", "skip",
	"look", NULL };

static int
start_read_settings(struct core *c, const char *key, struct err *e)
{
	int mode, plan;
	const char *approve = json_str_or(c->start, "approve", "ask");

	mode = start_word(c->start, "mode", mode_words, MODE_INTERACTIVE, e);
	plan = start_word(c->start, "plan", plan_words, PLAN_REQUIRE, e);
	if (mode < 0 || plan < 0)
		return -1;
	c->approve = approve_within(c->start, approve);
	if (c->approve == NULL)
		return err_set(e, "unknown approve \"%s\"", approve);
	json_add_str(c->start, "approve", c->approve->name);
	c->mode = (enum core_mode)mode;
	c->plan.mode = (enum core_plan_mode)plan;
	c->person = json_bool(c->start, "person", false);
	c->diff = hunk_diff_find(json_str(c->start, "diff"));
	c->check.require = xstrdup_null(json_str(c->start, "require"));
	c->rollback.on = json_bool(c->start, "rollback", false);
	c->retry.base_ms = json_int(c->start, "retry_base_ms", 500);
	c->retry.time_ms = json_int(c->start, "retry_time_ms", 120000);
	c->root = xstrdup_null(json_str(c->start, "root"));
	c->cwd = xstrdup(json_str_or(c->start, "cwd",
	    c->root == NULL ? "/" : c->root));
	if (c->root == NULL || c->root[0] != '/')
		return err_set(e, "no project folder is given");
	if (!fs_is_below(c->cwd, c->root))
		xstrset(&c->cwd, c->root);
	if (json_str(c->start, "test") != NULL) {
		c->check.command = xstrdup(json_str(c->start, "test"));
		c->check.by = xstrdup(json_str_or(c->start, "test_by",
		    "config"));
	}
	sandbox_limits_usual(&c->sandbox.limits, cgroup_memory(""));
	sandbox_limits_decode(json_get(c->start, "limits"),
	    &c->sandbox.limits);
	agent_limits(c);
	return model_start(c, key, e);
}

int
start_policy(struct core *c, struct err *e)
{
	c->policy = stages_policy(c, c->root, e);
	if (c->policy == NULL)
		return -1;
	include_start(c);
	return 0;
}

/* At the start of a session: report everything unusual. */
static void
start_begin_notes(struct core *c)
{
	const cJSON *profile = json_get(c->start, "profile");

	if (json_str(profile, "name") != NULL)
		emit_note(c, "Profile %s%s%s", json_str(profile, "name"),
		    json_str(profile, "about") == NULL ? "" : ": ",
		    json_str_or(profile, "about", ""));
}

/* Record the start, with the start object, which a resume needs. */
static void
start_session_emit(struct core *c)
{
	const char *command = json_str(c->start, "command");
	const char *task = json_str_or(c->start, "task",
	    json_str(json_get(c->start, "review"), "words"));
	const cJSON *m = json_get(c->start, "model");
	AUTO_FREE char *text = command == NULL ? NULL : xasprintf("/%s %s",
	    command, task == NULL ? "" : task);
	AUTO(grants_release) struct grants grants = grant_list(c->start);
	AUTO_JSON cJSON *limits = cJSON_CreateObject();
	AUTO_JSON cJSON *prompts = c->prompts == NULL ?
	    cJSON_CreateObject() : prompts_hashes(c->prompts);

	sandbox_limits_json(&c->sandbox.limits, limits);
	EMIT(c, "core", session_start, .version = CORE_VERSION,
	    .format = EVENT_FORMAT, .session = c->id, .root = c->root,
	    .cwd = c->cwd, .mode = mode_words[c->mode],
	    .task = text == NULL ? task : text,
	    .model = cJSON_IsObject(m) ? m : NULL, .settings = c->start,
	    .grants = grants.v, .grants_len = grants.len, .prompts = prompts,
	    .limits = limits, .sandbox = c->sandbox.info,
	    .head = c->policy->head);
}

static int
start_folder(struct core *c, bool resume, struct err *e)
{
	struct err why = ERR_INIT;

	if (resume) {
		c->dir = session_check(c->id, e) < 0 ? NULL :
		    session_dir(c->id, e);
		if (c->dir == NULL)
			return -1;
		if (access(c->dir, F_OK) != 0)
			return err_set(e, "no session %s (see assent ls)", c->id);
	} else if (session_check_disk(json_int(c->start, "sessions_disk", 0),
	    e) < 0) {
		return -1;
	} else if (session_make_dir(&c->id, &c->dir, false, &why) < 0) {
		e->sys = why.sys;
		return err_set(e, "can't store the session: %s (set XDG_STATE_"
		    "HOME to a folder that you can write to)", why.text);
	}
	c->out_dir = fs_join(c->dir, "out");
	c->state_dir = session_state_dir(NULL);
	c->undo_dir = fs_join(c->dir, "undo");
	if (fs_mkdirs(c->out_dir, geteuid() == 0 ? 0755 : 0700, e) < 0 ||
	    fs_mkdirs(c->undo_dir, 0700, e) < 0)
		return -1;
	return 0;
}

/* The state is written after so many bytes of the journal, so that a reader of
 * it needn't read more. */
#define START_STATE_EVERY (256 << 10)

static void
start_state(struct core *c)
{
	struct facts *f = &c->fold->facts;
	int64_t at = f->state.at;

	f->state.at = c->journal->chain.end;
	if (f->news || at / START_STATE_EVERY != f->state.at / START_STATE_EVERY)
		session_state_write(c->journal->dirfd, &f->state);
	f->news = false;
}

/* Every line of the journal passes here once, when read or appended. */
static void
start_on_line(void *arg, struct event *e, const char *line, size_t n)
{
	struct core *c = arg;

	if (c->resume != NULL) {
		resume_line(c->resume, e);
		return;
	}
	start_line(c, e);
	start_state(c);
	/* Sending copies the line, which may be long. */
	event_release(e);
	server_send(c->server, line, n, e->seq, true);
}

/* Make the journal, or read an old one. */
static int
start_journal(struct core *c, struct resume *r, struct err *e)
{
	char *note = NULL;

	if (start_folder(c, r != NULL, e) < 0)
		return -1;
	c->resume = r;
	c->journal = journal_open(c->dir, r == NULL, start_on_line, c, &note,
	    e);
	c->resume = NULL;
	if (c->journal != NULL && r != NULL) {
		c->fold->facts.state.at = c->journal->chain.end;
		session_state_write(c->journal->dirfd,
		    &c->fold->facts.state);
		return resume_settings(r, note, e);
	}
	free(note);
	return c->journal == NULL ? -1 : 0;
}

/* context_load from a blob_store. */
static int
start_load(void *arg, const char *hash, struct buf *b)
{
	return blob_get(arg, hash, b, NULL);
}

/* An empty context; none without a model. */
static void
start_context(struct core *c)
{
	bool chosen = c->target.format != NULL;
	struct context_options o = {
		/* Until a model is chosen, any format will do. */
		.format = chosen ? c->target.format :
		    provider_format_find("openai-chat"),
		.model = chosen ? c->target.model : "",
		.dialect = c->target.dialect, .facts = &c->target.facts,
		.load = start_load, .load_arg = c->blobs,
	};

	if (core_has_model(c) && c->peer == NULL)
		c->context = context_new(&o);
}

/* All that a session needs; `r` if it is resumed. */
static int
start_open(struct core *c, struct resume *r, const char *key, struct err *e)
{
	char **gone = r == NULL ? NULL : &r->image;
	bool lends;

	if (start_read_settings(c, key, e) < 0 || prompts_load(c, e) < 0 ||
	    recover_choose(c, e) < 0 ||
	    (r == NULL && start_journal(c, NULL, e) < 0) ||
	    /* The sandbox probe tests that commands can't reach this socket. */
	    server_listen(c->server, c->dir, e) < 0)
		return -1;
	/* The command is certain to come: it gets the worker of the self-
	 * test. */
	lends = r == NULL && c->mode == MODE_TRY && !start_in_container(c);
	if (!lends && start_sandbox_begin(c, gone, e) < 0)
		return -1;
	if (core_has_model(c) && json_str_or(c->start, "task", "")[0] != '\0')
		query_warm(c);
	if ((c->blobs = blob_store_open(c->dir, false, e)) == NULL ||
	    start_policy(c, e) < 0)
		return -1;
	if (lends) {
		c->sandbox.level = SANDBOX_A;
		c->stage = stages_scratch(c, "stage", NULL);
		if (start_sandbox_begin(c, gone, e) < 0)
			return -1;
	}
	/* The self-test runs meanwhile. */
	if (r == NULL)
		return start_stage(c, e);
	return start_sandbox(c, true, e) < 0 ||
	    restage_open(c, resume_is_fork(c) ? &c->forked->note : NULL,
	    &r->restaged, e) == NULL ? -1 : 0;
}

/* Report that there is no model, if none could be chosen. */
static void
start_note_none(struct core *c)
{
	if (c->target.format == NULL && core_has_model(c) && c->peer == NULL)
		EMIT(c, "core", note, .text = "No model is configured, so a "
		    "message has nobody to answer it. Commands work: !COMMAND "
		    "runs one in the sandbox, /help lists those of assent. "
		    "/model PROVIDER/NAME chooses a model; assent login, in "
		    "another terminal, stores its key. For later sessions, set "
		    "\"model\" in config.json (assent-config(5)).",
		    .no_model = true);
}

/* Send the task, or the command with the task's words. */
static int
start_task(struct core *c, const char *task, const char *typed, struct err *e)
{
	const char *command = json_str(c->start, "command");
	AUTO_JSON cJSON *say = NULL;
	AUTO_FREE char *text = NULL, *unknown = NULL;

	if (command == NULL)
		return task[0] == '\0' ? 0 : say_message(c, task, typed, c->start,
		    "start", e);
	text = xasprintf("/%s %s", command, typed);
	unknown = xasprintf("there is no command %s.md in the folder commands "
	    "beside config.json, nor in the project's .agents/commands and "
	    ".claude/commands, and no skill with this name", command);
	say = JSON_TEXTS("text", text, "inputs", task + strlen(typed),
	    "unknown", unknown);
	if (slash_say(c, say, "start", e) >= 0)
		return 0;
	/* A user has to look at it first. */
	c->exit_code = e->misuse ? CORE_EXIT_USAGE : CORE_EXIT_WAITS;
	return -1;
}

/* What the model found before this review began, in a session of its own. */
static void
start_findings(struct core *c, const cJSON *looked)
{
	AUTO_EVENT struct event e = { 0 };

	event_read_as(&e, EVENT_AGENT_END, looked);
	if (e.agent_end.summary != NULL)
		emit_note(c, "%s", e.agent_end.summary);
	MEM_EACH(&e.agent_end, findings, it)
		if (it->by == NULL)
			EMIT_THIS(c, "model", finding, it);
}

/* A new session's first lines, and its task. */
static int
start_begin(struct core *c, struct err *e)
{
	const char *task = json_str_or(c->start, "task", "");
	const char *typed = json_str_or(c->start, "typed", task);
	AUTO_JSON cJSON *looked = cJSON_DetachItemFromObjectCaseSensitive(
	    c->start, "looked");

	if ((task[0] != '\0' && c->context != NULL && model_needed(c, e) < 0) ||
	    attach_check_all(c, typed, c->start, e) < 0) {
		c->exit_code = CORE_EXIT_USAGE;
		return -1;
	}
	if (json_str(c->start, "command") != NULL &&
	    start_task(c, task, typed, e) < 0)
		return -1;
	start_session_emit(c);
	/* Nothing runs in a review. */
	if (c->sandbox.level == SANDBOX_NONE && c->mode != MODE_REVIEW)
		emit_note(c, "There is no sandbox on this host: %s. Commands "
		    "run on a copy of the project%s.",
		    json_str_or(c->sandbox.info, "why",
		    "namespaces are refused"), c->mode == MODE_DEMO ?
		    "; the demo runs only commands that come with it" :
		    ", each one only after you allow it");
	start_begun(c);
	start_begin_notes(c);
	start_findings(c, looked);
	start_note_none(c);
	/* It runs while the message is written to the disk. */
	if (task[0] != '\0' && c->context != NULL)
		inspect_begin(c, task);
	if (start_task(c, task, typed, e) < 0)
		return -1;
	c->task.owed = task[0] == '\0' && c->mode == MODE_TRY;
	/* No client has a line yet: sync a task's message and session_start
	 * together. */
	emit_sync(c);
	return 0;
}

int
start_session(struct core *c, cJSON *start, const char *key, int *exit_code,
    struct err *e)
{
	const char *id = json_str(start, "session");
	struct resume *r = id == NULL ? NULL : xcalloc(1, sizeof(*r));
	int rc;

	if (r != NULL)
		r->core = c;
	*exit_code = 1;
	c->start = start;
	c->clock.task_started_ms = clock_mono_ms();
	c->id = xstrdup_null(id);
	rc = r == NULL ? 0 : start_journal(c, r, e);
	peer_make(c, c->start);
	if (rc == 0 && (rc = start_open(c, r, key, e)) == 0) {
		start_context(c);
		rc = r == NULL ? start_begin(c, e) : resume_go_on(r, e);
	}
	resume_free(r);
	if (rc == 0) {
		core_soon(c);
		return 0;
	}
	if (c->exit_code != 0)
		*exit_code = c->exit_code;
	sandbox_find_free(c->sandbox.search);
	c->sandbox.search = NULL;
	/* They would make folders in what is removed. */
	(void)job_stop(c, JOB_LOOK, NULL);
	program_unprepare(c);
	/* Keep nothing of a session that never began. */
	if (id == NULL && c->journal != NULL && c->journal->chain.seq == 0)
		(void)fs_remove_tree(AT_FDCWD, c->dir, NULL);
	return -1;
}
