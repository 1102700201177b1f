#include "config.h"

#include "core/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/call-answer.h"
#include "core/run.h"
#include "core/core.h"
#include "core/hook-session.h"
#include "core/driver.h"
#include "core/emit.h"
#include "core/say.h"
#include "core/stages.h"
#include "core/route.h"
#include "gate/stage.h"
#include "journal/event.h"
#include "journal/fold.h"

static int
plan_check(const cJSON *plan, struct err *e)
{
	const cJSON *steps = json_array(plan, "steps"), *it;

	if (!cJSON_IsObject(plan))
		return err_set(e, "a plan is a JSON object");
	if (json_str_or(plan, "goal", "")[0] == '\0')
		return err_set(e, "the plan has no \"goal\"");
	if (cJSON_GetArraySize(steps) < 1)
		return err_set(e, "the plan has no \"steps\"");
	cJSON_ArrayForEach(it, steps)
		if (json_str_or(it, "title", "")[0] == '\0')
			return err_set(e, "a step of the plan has no "
			    "\"title\"");
	return 0;
}

/* Is this the command from the open plan? */
static bool
plan_suggested(const struct core *c, const char *command)
{
	const struct fold_plan *p = &c->fold->plan;

	return p->check != NULL && strcmp(p->check, command) == 0 &&
	    p->check_by != NULL && strcmp(p->check_by, "model") == 0;
}

/* Did the user set or approve this command already? */
static bool
plan_check_is_set(const struct core *c, const char *command)
{
	return c->check.by != NULL && strcmp(c->check.by, "model") != 0 &&
	    strcmp(c->check.command, command) == 0;
}

/* The members of a plan that are kept, from the model or the user. */
static cJSON *
plan_fields(struct core *c, const cJSON *plan, int version, const char *status,
    bool person)
{
	static const char *const kept[] = { "goal", "steps", "files", "risks" };
	cJSON *o = cJSON_CreateObject(), *crit;
	const cJSON *given = json_get(plan, "check");
	const char *command, *approved = "approved";

	json_add_int(o, "version", version);
	json_add_str(o, "status", status);
	JSON_COPY(o, plan, kept);
	command = cJSON_IsString(given) ? given->valuestring :
	    json_str(given, "command");
	if (strcmp(status, "proposed") == 0)
		approved = "model";
	crit = cJSON_CreateObject();
	if (c->check.by != NULL && strcmp(c->check.by, "model") != 0 &&
	    strcmp(c->check.by, "user") != 0 &&
	    strcmp(c->check.by, "approved") != 0) {
		/* A flag or the configuration overrides the plan. */
		json_add_str(crit, "command", c->check.command);
		json_add_str(crit, "by", c->check.by);
	} else if (command != NULL && command[0] != '\0') {
		json_add_str(crit, "command", command);
		json_add_str(crit, "by", plan_check_is_set(c, command) ?
		    c->check.by : !person ? "model" :
		    plan_suggested(c, command) ? approved : "user");
	}
	if (crit->child != NULL)
		json_set_take(o, "check", crit);
	else
		cJSON_Delete(crit);
	return o;
}

static void
plan_approve(struct core *c, const cJSON *plan, const char *by,
    const char *client, const cJSON *seen, bool person)
{
	bool edited = c->fold->plan.edited;
	cJSON *o = plan_fields(c, plan, c->fold->plan.version, "approved",
	    person);
	const cJSON *crit = json_get(o, "check");
	AUTO_FREE char *text = NULL, *shown = NULL;

	/* phases: no worker uses the planning copy, which is thrown away
	 * now. */
	assert(c->phase != PHASE_TOOL && c->phase != PHASE_HOOK &&
	    !run_is_planning(c));
	json_add_str(o, "client", client);
	emit_add_seen(o, seen);
	if (crit != NULL) {
		char *command = xstrdup(json_str_or(crit, "command", ""));
		char *from = xstrdup(json_str_or(crit, "by", "model"));

		free(c->check.command);
		free(c->check.by);
		c->check.command = command;
		c->check.by = from;
	}
	shown = edited ? json_print(plan) : NULL;
	emit_event(c, EVENT_PLAN, by, o);
	c->task.planning = c->plan.nudged = false;
	phase_answered(c, WAIT_PLAN);
	stages_drop_plan(c);
	text = xasprintf("The plan is approved%s%s. You can change files now; "
	    "what commands wrote while you planned was thrown away. Begin "
	    "with step 1.",
	    edited ? ", as the user edited it: " : "",
	    edited ? shown : "");
	if (c->plan.call_id != NULL)
		call_result(c, c->plan.call_id, "plan", true, NULL, text);
	else
		emit_tell_model(c, text);
	FREE_NULL(c->plan.call_id);
}

void
plan_propose(struct core *c, const struct core_call *call, const cJSON *args)
{
	struct err e = ERR_INIT;
	cJSON *o;

	if (route_plans_next(c)) {
		call_result(c, call->id, "plan", true, NULL, "This is a draft: "
		    "the exploring is done. Now write the plan from what was "
		    "found, and hand it in with the plan tool.");
		return;
	}
	if (plan_check(args, &e) < 0) {
		call_result(c, call->id, "plan", false, "bad_arguments",
		    e.text);
		return;
	}
	o = plan_fields(c, args, c->fold->plan.version + 1, "proposed", false);
	hook_session_plan(c, o);
	emit_event(c, EVENT_PLAN, "model", o);
	emit_sync(c);
	/* waits: only one plan is open. */
	assert((c->waits & WAIT_PLAN) == 0);
	xstrset(&c->plan.call_id, call->id);
	if (c->plan.mode == PLAN_AUTO)
		plan_approve(c, args, "rule:auto", NULL, NULL, false);
	else
		phase_wait(c, WAIT_PLAN);
}

/* The modes that the user can set; -1: none of them. */
static int
plan_find(const char *word)
{
	static const char *const words[] = { [PLAN_AUTO] = "auto",
		[PLAN_REQUIRE] = "require", [PLAN_SKIP] = "skip" };
	const char *const *found = MEM_FIND(words, word);

	return found == NULL ? -1 : (int)(found - words);
}

int
plan_set(struct core *c, const char *word, const char *client, struct err *e)
{
	cJSON *o;

	if (plan_find(word) < 0)
		return err_set(e, "/plan needs one of skip, require, auto");
	if (c->plan.mode == PLAN_LOOK)
		return err_set(e, "this session changes nothing (plan: look)");
	if (phase_has_task(c))
		return err_set(e, "a task is running: interrupt it first, or "
		    "wait for its end");
	if (plan_is_left(c))
		return err_set(e, "a plan is open: approve it or return it "
		    "first");
	o = cJSON_CreateObject();
	json_add_str(o, "plan", word);
	json_add_str(o, "text", plan_find(word) == PLAN_SKIP ?
	    "the next task begins without a plan" :
	    plan_find(word) == PLAN_AUTO ?
	    "the next task begins with a plan, approved without asking" :
	    "the next task begins with a plan");
	json_add_str(o, "client", client);
	emit_event(c, EVENT_MODE, "user", o);
	/* An interrupted task continues without one, too. */
	if (c->plan.mode == PLAN_SKIP)
		c->task.planning = false;
	return 0;
}

void
plan_event(struct core *c, const cJSON *line)
{
	int mode = event_type(line) == EVENT_MODE ?
	    plan_find(json_str(line, "plan")) : -1;

	if (mode >= 0)
		c->plan.mode = (enum core_plan_mode)mode;
}

void
plan_count(struct core *c, cJSON *result)
{
	AUTO_FREE char *text = NULL;
	struct stage_scan scan;
	int64_t had = c->plan.dropped;
	long long n;

	/* A session that only looks has no plan to hand in. */
	if (!c->task.planning || c->plan.mode == PLAN_LOOK ||
	    c->plan.stage == NULL || stage_scan(c->plan.stage, &scan, NULL) < 0)
		return;
	n = c->plan.dropped = (int64_t)scan.changes_len;
	stage_scan_release(&scan);
	if (n == 0 || n == had)
		return;
	text = xasprintf("%lld file%s changed; changes before an approved plan "
	    "aren't kept. Propose a plan with the tool plan, then run it "
	    "again.", n, n == 1 ? "" : "s");
	if (json_str(result, "note") == NULL)
		json_add_str(result, "note", text);
	buf_addf(&c->model_notes, "%s\n", text);
}

bool
plan_refuses_done(struct core *c, const struct core_call *call)
{
	AUTO_FREE char *text = NULL;
	long long n = c->plan.dropped;

	if (!c->task.planning || n == 0 || c->plan.nudged)
		return false;
	c->plan.nudged = true;
	text = xasprintf("not yet: nothing was kept. Your commands changed %lld "
	    "file%s before a plan was approved, and those changes are thrown "
	    "away. Propose a plan with the tool plan and make the changes "
	    "after it is approved; or call done again if nothing is to be "
	    "changed", n, n == 1 ? "" : "s");
	call_result(c, call->id, "done", false, "plan_phase", text);
	return true;
}

/* What the user says of the plan is the call's answer, no error. */
static char *
plan_back_text(const char *word)
{
	return xasprintf("The user sent the plan back%s%s", word != NULL &&
	    word[0] != '\0' ? ": " : ".", word == NULL ? "" : word);
}

void
plan_resume(struct core *c, const char *call_id, const char *status,
    const char *word)
{
	struct err e = ERR_INIT;
	cJSON *now;
	AUTO_FREE char *text = NULL;

	if (strcmp(status, "proposed") == 0) {
		xstrset(&c->plan.call_id, call_id);
		c->task.planning = true;
		now = c->plan.mode != PLAN_AUTO ? NULL :
		    json_parse(c->fold->plan.json, strlen(c->fold->plan.json),
		    JSON_NUL_REPLACE, &e);
		if (now != NULL)
			plan_approve(c, now, "rule:auto", NULL, NULL, false);
		else
			phase_wait(c, WAIT_PLAN);
		cJSON_Delete(now);
		return;
	}
	if (strcmp(status, "returned") == 0)
		text = plan_back_text(word);
	else
		text = xasprintf("The plan is approved as it now stands: %s\n"
		    "You can change files now; what commands wrote while you "
		    "planned was thrown away.", c->fold->plan.json == NULL ? "" :
		    c->fold->plan.json);
	call_result(c, call_id, "plan", true, NULL, text);
}

bool
plan_is_left(const struct core *c)
{
	const char *status = c->fold->plan.status;

	return !phase_has_task(c) && status != NULL &&
	    strcmp(status, "proposed") == 0;
}

/* Return the plan, as the answer to the model's call. */
static void
plan_return(struct core *c, const char *word, const char *client,
    const char *text)
{
	cJSON *o = cJSON_CreateObject();

	json_add_int(o, "version", c->fold->plan.version);
	json_add_str(o, "status", "returned");
	json_add_str(o, "word", word);
	json_add_str(o, "client", client);
	emit_event(c, EVENT_PLAN, "user", o);
	phase_answered(c, WAIT_PLAN);
	if (c->plan.call_id != NULL)
		call_result(c, c->plan.call_id, "plan", true, NULL, text);
	FREE_NULL(c->plan.call_id);
}

void
plan_leave(struct core *c, const char *client)
{
	plan_return(c, NULL, client,
	    "The task ended before the user decided on the plan; now they "
	    "say more.");
}

/* The user's version: the next one, which they approve when they have seen it. */
static void
plan_edit(struct core *c, const cJSON *plan, const char *client)
{
	cJSON *o = plan_fields(c, plan, c->fold->plan.version + 1, "proposed",
	    true);

	json_add_str(o, "client", client);
	emit_event(c, EVENT_PLAN, "user", o);
	emit_sync(c);
}

void
plan_send_back(struct core *c, const char *word, const char *client)
{
	AUTO_FREE char *text = plan_back_text(word);

	plan_return(c, word, client, text);
}

int
plan_decide(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	int version = (int)json_int(command, "version", 0);
	const char *action = json_str_or(command, "action", ""), *word;
	bool left = plan_is_left(c);

	/* commands: while a plan is open, or a task left one. */
	assert((c->waits & WAIT_PLAN) != 0 || left);
	if (version != c->fold->plan.version)
		return err_set(e, "that was plan v%d; plan v%d is open now",
		    version - c->fold->plan.before,
		    fold_plan_number(&c->fold->plan));
	if (run_is_planning(c) && strcmp(action, "return") != 0)
		return err_set(e, "your command is running on the planning "
				  "copy: wait for it, or interrupt it");
	if (c->phase == PHASE_HOOK && strcmp(action, "return") != 0)
		return err_set(e, "your hook is running on the planning "
				  "copy: wait for it, or interrupt it");
	if (strcmp(action, "approve") == 0) {
		AUTO_JSON cJSON *now = json_parse(c->fold->plan.json,
		    strlen(c->fold->plan.json), JSON_NUL_REPLACE, e);

		if (now == NULL)
			return -1;
		plan_approve(c, now, "user", client, json_get(command, "seen"),
		    true);
	} else if (strcmp(action, "edit") == 0) {
		if (plan_check(json_get(command, "plan"), e) < 0)
			return -1;
		plan_edit(c, json_get(command, "plan"), client);
		return 0;
	} else if (strcmp(action, "return") == 0)
		plan_send_back(c, json_str(command, "word"), client);
	else
		return err_set(e, "unknown plan action \"%s\"", action);
	/* Continue the ended task, as if the user had written so, which is what
	 * the key means. */
	if (left) {
		phase_task(c, TASK_STOPPED);	/* else it would plan again */
		word = strcmp(action, "return") == 0 ? "Make another plan." :
		    "Begin with the plan.";
		return say_message(c, word, word, NULL, client, e);
	}
	driver_soon(c);
	return 0;
}
