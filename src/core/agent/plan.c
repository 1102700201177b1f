#include "config.h"

#include "core/agent/plan.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/glob.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/agent/run.h"
#include "core/agent/say.h"
#include "core/context/compact.h"
#include "core/context/model.h"
#include "core/job/program.h"
#include "core/kernel/core.h"
#include "core/review/evidence.h"
#include "core/stage/changes.h"
#include "gate/gate.h"
#include "gate/stage.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "policy/approve.h"
#include "tool/tool.h"

#define PLAN_NOTE_MAX	8000	/* bytes */
#define PLAN_NOTES	"\nThe user's notes on it, which count where it says " \
	"otherwise (if one needs other paths than its step has, hand in a " \
	"changed plan):\n"
#define PLAN_BACK_NOTES	"\nThe user's notes on it, for the next one:\n"

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
	return c->check.by != NULL && !evidence_is_models(c) &&
	    strcmp(c->check.command, command) == 0;
}

bool
plan_sets_check(const struct core *c)
{
	return c->check.by == NULL || evidence_is_models(c) ||
	    strcmp(c->check.by, "user") == 0 ||
	    strcmp(c->check.by, "approved") == 0;
}

/* Journal the plan, from the model or the user, with what of it is kept. */
static void
plan_emit(struct core *c, const cJSON *plan, int version, const char *status,
    bool person, const char *by, const char *client, const cJSON *seen,
    const char *notes)
{
	const cJSON *given = json_get(plan, "check");
	const char *command = cJSON_IsString(given) ? given->valuestring :
	    json_str(given, "command");
	bool approves = strcmp(status, "approved") == 0;
	struct ev_plan_check check = { NULL, NULL };
	AUTO_EVENT struct event e = { 0 };

	event_read_as(&e, EVENT_PLAN, plan);
	if (!plan_sets_check(c))
		check = (struct ev_plan_check){ c->check.command,
		    c->check.by };
	else if (command != NULL && command[0] != '\0')
		check = (struct ev_plan_check){ command,
		    plan_check_is_set(c, command) ? c->check.by :
		    !person ? "model" : !plan_suggested(c, command) ? "user" :
		    approves ? "approved" : "model" };
	else if (!person && c->check.command != NULL)
		/* It goes on to hold. */
		check = (struct ev_plan_check){ c->check.command,
		    c->check.by };
	EMIT(c, by, plan, .version = version, .status = status,
	    .goal = e.plan.goal, .steps = e.plan.steps,
	    .steps_len = e.plan.steps_len, .files = e.plan.files,
	    .files_len = e.plan.files_len, .risks = e.plan.risks,
	    .risks_len = e.plan.risks_len,
	    .check = check.command != NULL ? &check : NULL,
	    .seen = { cJSON_IsBool(seen), cJSON_IsTrue(seen) },
	    .notes = notes, .client = client);
	if (approves) {
		xstrset(&c->check.command, check.command);
		xstrset(&c->check.by, check.by);
	}
}

/* Append the path, if it is protected. */
static void
plan_add_protected(const struct core *c, struct buf *b, const char *path)
{
	AUTO_FREE char *name = NULL;

	path += strncmp(path, "./", 2) == 0 ? 2 : 0;
	name = xmemdup(path, strlen(path) - (path[0] != '\0' &&
	    path[strlen(path) - 1] == '/'));
	if (policy_protected(c->policy, name, NULL, NULL, NULL) != NULL &&
	    !(c->approve->rule && policy_allows(c->policy, name)) &&
	    strstr(buf_str(b), path) == NULL)
		buf_addf(b, "%s%.200s", b->len == 0 ? "" : ", ", path);
}

/* The plan's protected files, "a, b"; malloc'ed, NULL if there are none. */
static char *
plan_protected(const struct core *c)
{
	const struct fold_plan *p = &c->fold->plan;
	AUTO_BUF struct buf b = BUF_INIT(0);

	MEM_EACH(p, steps, s)
		MEM_EACH(s, paths, path)
			plan_add_protected(c, &b, *path);
	MEM_EACH(p, files, path)
		plan_add_protected(c, &b, *path);
	return b.len == 0 ? NULL : xstrdup(buf_str(&b));
}

static void
plan_approve(struct core *c, const cJSON *plan, const char *by,
    const char *client, const cJSON *seen, const char *notes, bool person,
    bool fresh)
{
	bool edited = c->fold->plan.edited, change = c->fold->plan.was != NULL;
	AUTO_FREE char *text = NULL, *shown = NULL, *next = NULL, *prot = NULL;

	/* phases: no worker uses the planning copy, which is thrown away
	 * now. */
	assert(c->phase != PHASE_TOOL && c->phase != PHASE_HOOK &&
	    !c->runs->planning);
	shown = edited ? json_print(plan) : NULL;
	plan_emit(c, plan, c->fold->plan.version, "approved", person, by,
	    client, seen, notes);
	c->plan.nudged = false;
	c->calls.unheard = edited || notes != NULL;
	phase_answered(c, WAIT_PLAN);
	program_drop_plan(c);
	next = plan_next(c);
	prot = plan_protected(c);
	text = xasprintf("The %splan is approved%s%s%s%s.%s%s%s%s%s",
	    change ? "changed " : "",
	    edited ? ", as the user edited it: " : "",
	    edited ? shown : "", change ? "; " : ". You can change files now; "
	    "what commands wrote while you planned was thrown away. Begin "
	    "with step 1", change ? next : "", prot == NULL ? "" :
	    " Protected, so that only the user accepts them: ",
	    prot == NULL ? "" : prot, prot == NULL ? "" : ".",
	    notes == NULL ? "" : PLAN_NOTES, ev_str(notes, ""));
	if (!emit_owed_result(c, "plan", true, NULL, text))
		emit_tell_model(c, text);
	if (c->peer == NULL && (fresh || json_bool(c->start, "fresh", false)))
		xstrset(&c->compact->fresh, text);
}

/* A plan that is complete. */
void
plan_wait(struct core *c, const cJSON *plan)
{
	AUTO_FREE char *prot = NULL;

	plan_emit(c, plan, c->fold->plan.version + 1, "proposed", false,
	    "model", NULL, NULL, NULL);
	emit_sync(c);
	prot = plan_protected(c);
	if (prot != NULL)
		emit_note(c, "protected files of this plan, which no rule "
		    "accepts: %s", prot);
	/* waits: only one plan is open. */
	assert((c->waits & WAIT_PLAN) == 0);
	if (c->plan.mode == PLAN_AUTO)
		plan_approve(c, plan, "rule:auto", NULL, NULL, NULL, false,
		    false);
	else
		phase_wait(c, WAIT_PLAN);
}

void
plan_propose(struct core *c, const struct core_call *call, const cJSON *args)
{
	struct err e = ERR_INIT;

	/* The next turn is for the model that plans. */
	if (c->models.at == ROUTE_EXPLORE && c->plan.mode != PLAN_LOOK) {
		emit_result(c, call->id, "plan", true, NULL, "This is a draft: "
		    "the exploring is done. Now write the plan from what was "
		    "found, and hand it in with the plan tool.");
		return;
	}
	if (plan_check(args, &e) < 0) {
		emit_result(c, call->id, "plan", false, "bad_arguments",
		    e.text);
		return;
	}
	plan_wait(c, args);
}

/* The modes that the user can set; -1: none of them. */
static int
plan_mode_find(const char *word)
{
	static const char *const words[] = { [PLAN_AUTO] = "auto",
		[PLAN_REQUIRE] = "require", [PLAN_SKIP] = "skip",
		[PLAN_LOOK] = "look" };
	const char *const *found = MEM_FIND(words, word);

	return found == NULL ? -1 : (int)(found - words);
}

/* Client command, between two tasks: does a task begin with a plan? */
static int
plan_set(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	const char *word = json_str_or(command, "plan", "");

	if (plan_mode_find(word) < 0)
		return err_set(e, "/plan needs one of require, auto, skip");
	if (task_runs(c))
		return err_set(e, "a task is running: interrupt it first, or "
		    "wait for its end");
	if (c->fold->plan.status == FOLD_PLAN_PROPOSED)
		return err_set(e, "a plan is open: approve it or return it "
		    "first");
	EMIT(c, "user", mode, .plan = word, .client = client,
	    .text = plan_mode_find(word) == PLAN_LOOK ?
	    "the next tasks only look: what they change isn't kept" :
	    plan_mode_find(word) == PLAN_SKIP ?
	    "the next task begins without a plan" :
	    plan_mode_find(word) == PLAN_AUTO ?
	    "the next task begins with a plan, approved without asking" :
	    "the next task begins with a plan");
	return 0;
}

/* Append the open plan, if the user has edited it, and what they noted on it. */
static void
plan_add_edit(const struct core *c, struct buf *b, const char *head,
    const char *notes)
{
	if (c->fold->plan.edited && c->fold->plan.status != FOLD_PLAN_APPROVED)
		buf_addf(b, "\nThe plan, as the user edited it: %s",
		    c->fold->plan.json);
	if (notes != NULL)
		buf_addf(b, "%s%s", head, notes);
}

/* The user's words about the plan, their edit and their notes are the call's
 * answer, no error. */
static char *
plan_back_text(const struct core *c, const char *word, const char *notes,
    bool change)
{
	bool says = word != NULL && word[0] != '\0';
	struct buf b = BUF_INIT(0);

	if (change)
		buf_addf(&b, "The user sent the changed plan back%s%s%s. "
		    "Hand in a better one, or go on with the one before.",
		    says ? ": \xc2\xab" : "", says ? word : "",
		    says ? "\xc2\xbb" : "");
	else
		buf_addf(&b, "The user sent the plan back%s%s", says ? ": " :
		    ".", says ? word : "");
	plan_add_edit(c, &b, PLAN_BACK_NOTES, notes);
	return buf_take(&b);
}

/* The notes of the open plan, as the model is told; malloc'ed, NULL: none. */
static char *
plan_notes(const struct core *c)
{
	const struct fold_plan *p = &c->fold->plan;
	struct buf b = BUF_INIT(0);

	MEM_EACH(p, notes, x) {
		buf_adds(&b, b.len > 0 ? "\n" : "");
		fold_plan_note_text(&b, p, x->at, x->text);
	}
	return b.len > 0 ? buf_take(&b) : NULL;
}

void
plan_resume(struct core *c)
{
	const struct fold_plan *p = &c->fold->plan;
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *now = NULL;
	AUTO_FREE char *text = NULL;

	if (p->status == FOLD_PLAN_PROPOSED) {
		now = c->plan.mode != PLAN_AUTO ? NULL :
		    json_parse(p->json, strlen(p->json), JSON_NUL_REPLACE, &e);
		if (now != NULL)
			plan_approve(c, now, "rule:auto", NULL, NULL, NULL,
			    false, false);
		else
			phase_wait(c, WAIT_PLAN);
		return;
	}
	if (p->word != NULL)
		text = plan_back_text(c, p->word, p->said, p->status ==
		    FOLD_PLAN_APPROVED);
	else
		text = xasprintf("The plan is approved as it now stands: %s\n"
		    "You can change files now; what commands wrote while you "
		    "planned was thrown away.%s%s", p->json == NULL ? "" :
		    p->json, p->said == NULL ? "" : PLAN_NOTES,
		    ev_str(p->said, ""));
	(void)emit_owed_result(c, "plan", true, NULL, text);
}

/* Return the plan, as the answer to the model's call. */
static void
plan_return(struct core *c, const char *word, const char *notes,
    const char *client, const char *text)
{
	EMIT(c, "user", plan, .version = c->fold->plan.version,
	    .status = "returned", .word = word, .notes = notes,
	    .client = client);
	c->calls.unheard = true;
	phase_answered(c, WAIT_PLAN);
	if (!emit_owed_result(c, "plan", true, NULL, text))
		emit_tell_model(c, text);
}

static void
plan_send_back(struct core *c, const char *word, const char *client)
{
	AUTO_FREE char *notes = plan_notes(c), *text = plan_back_text(c, word,
	    notes, c->fold->plan.was != NULL);

	plan_return(c, word, notes, client, text);
}

/* The user's note on a row of the open plan; "" deletes it. */
static int
plan_note(struct core *c, const cJSON *note, const char *client, struct err *e)
{
	const char *at = json_str_or(note, "at", "");
	const char *text = json_str_or(note, "word", "");

	if (fold_plan_row(&c->fold->plan, at) == NULL)
		return err_set(e, "the plan has no \"%.40s\"", at);
	if (strlen(text) > PLAN_NOTE_MAX)
		return err_set(e, "a note has at most %d bytes", PLAN_NOTE_MAX);
	EMIT(c, "user", plan, .version = c->fold->plan.version,
	    .status = "note", .at = at, .word = text, .client = client);
	return 0;
}

bool
plan_take_message(struct core *c, const char *text, const char *client)
{
	if (!task_runs(c) &&
	    c->fold->plan.status == FOLD_PLAN_PROPOSED) {
		AUTO_FREE char *notes = plan_notes(c);
		AUTO_BUF struct buf said = BUF_INIT(0);

		buf_adds(&said, "The task ended before the user decided on the "
		    "plan. Now they have sent a message.");
		plan_add_edit(c, &said, PLAN_NOTES, notes);
		plan_return(c, NULL, notes, client, buf_str(&said));
	} else if ((c->waits & WAIT_PLAN) != 0) {
		plan_send_back(c, text, client);
		core_soon(c);
		return true;
	}
	return false;
}

/* Client command: the user's decision. */
static int
plan_decide(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	int version = (int)json_int(command, "version", 0);
	const char *action = json_str_or(command, "action", "");
	bool back = json_is(command, "action", "return");
	bool edits = json_is(command, "action", "edit");
	bool left = !task_runs(c) &&
	    c->fold->plan.status == FOLD_PLAN_PROPOSED;
	AUTO_FREE char *notes = NULL;
	const cJSON *note;

	/* commands: while a plan is open, or a task left one. */
	assert((c->waits & WAIT_PLAN) != 0 || left);
	if (version != c->fold->plan.version)
		return err_set(e, "that was plan v%d; plan v%d is open now",
		    version - c->fold->plan.before,
		    c->fold->plan.version - c->fold->plan.before);
	if (json_is(command, "action", "note"))
		return plan_note(c, command, client, e);
	cJSON_ArrayForEach(note, json_array(command, "notes"))
		if (plan_note(c, note, client, e) < 0)
			return -1;
	if (left && model_needed(c, e) < 0)
		return -1;
	if (c->runs->planning && !back)
		return err_set(e, "your command is running on the planning "
				  "copy: wait for it, or interrupt it");
	if (c->phase == PHASE_HOOK && !back)
		return err_set(e, "your hook is running on the planning "
				  "copy: wait for it, or interrupt it");
	if (edits) {
		if (plan_check(json_get(command, "plan"), e) < 0)
			return -1;
		/* The next one: a script approves it at once, others when
		 * they have seen it. */
		plan_emit(c, json_get(command, "plan"),
		    c->fold->plan.version + 1, "proposed", true, "user", client,
		    NULL, NULL);
		emit_sync(c);
		if (!json_bool(command, "approve", false))
			return 0;
	}
	if (edits || json_is(command, "action", "approve")) {
		AUTO_JSON cJSON *now = json_parse(c->fold->plan.json,
		    strlen(c->fold->plan.json), JSON_NUL_REPLACE, e);

		if (now == NULL)
			return -1;
		notes = plan_notes(c);
		plan_approve(c, now, "user", client, json_get(command, "seen"),
		    notes, true, json_bool(command, "fresh", false));
	} else if (back)
		plan_send_back(c, json_str(command, "word"), client);
	else
		return err_set(e, "unknown plan action \"%s\"", action);
	/* The answer to the call says what to do. */
	if (left)
		say_continue(c, client);
	core_soon(c);
	return 0;
}

/* ---- the current step of the plan ---- */

/*
 * Limits the model to the current step of the approved plan, from its start to
 * its step_done. The current step is the first that isn't done.
 *
 * `paths` (patterns as in .gitignore, from the project's root): the
 * only files that file tools may change. What a command changes that no step names
 * stays staged, and no rule accepts it: the user decides.
 */

#define STEP_NAMES 20	/* files or steps named in one text */

struct step_outside { char *path; };

static bool
step_plan_holds(const struct core *c)
{
	const struct fold_plan *p = &c->fold->plan;

	return !task_plans(c) && c->plan.mode != PLAN_SKIP &&
	    c->plan.mode != PLAN_LOOK && p->task != PLAN_OF_EARLIER &&
	    p->status == FOLD_PLAN_APPROVED;
}

/* The current step; steps_len if all are done. */
static size_t
step_now(const struct fold_plan *p)
{
	size_t i = 0;

	while (i < p->steps_len && p->steps[i].state != FOLD_STEP_OPEN)
		i++;
	return i;
}

/* The paths of the steps up to this one, or of all; NULL if one up to this one may
 * change any. */
static struct glob_list *
step_globs_new(const struct core *c, size_t to, bool all)
{
	const struct fold_plan *p = &c->fold->plan;
	const char *root = c->root;
	struct glob_list *g = glob_list_new(false);
	size_t i;

	for (i = 0; (all || i <= to) && i < p->steps_len; i++) {
		const struct fold_step *s = &p->steps[i];

		if (s->paths_len == 0 && i <= to) {
			glob_list_free(g);
			return NULL;
		}
		MEM_EACH(s, paths, it) {
			const char *one = *it;

			while (strncmp(one, "./", 2) == 0)
				one += 2;
			if (fs_is_below(one, root))
				one += strlen(root);
			/* The whole project. */
			if (one[0] == '\0' || strcmp(one, ".") == 0)
				one = "*";
			glob_list_add(g, one, strlen(one));
		}
	}
	return g;
}

char *
plan_step_refuses(const struct core *c, const struct tool_entry *t,
    const char *path)
{
	const struct fold_plan *p = &c->fold->plan;
	const struct fold_step *s;
	size_t at = step_now(p);
	AUTO(glob_list_free_at) struct glob_list *g = NULL;
	AUTO_FREE char *inside = NULL;

	if ((t->effects & TOOL_WRITES) == 0 || !step_plan_holds(c) ||
	    at == p->steps_len || path == NULL ||
	    (g = step_globs_new(c, at, false)) == NULL)
		return NULL;
	inside = fs_inside(c->root, c->cwd, path);
	/* The tool itself rejects paths outside the project. */
	if (inside == NULL || glob_list_covers(g, inside))
		return NULL;
	s = &p->steps[at];
	return xasprintf("%.200s is not part of step %zu of the plan (only %.400s); "
	    "nothing was done. Finish the step and call step_done, then go on "
	    "with the next one; or hand in a changed plan", path, at + 1,
	    s->held == NULL ? "" : s->held);
}

/* Is a message due that no plan was proposed and that its changes aren't
 * kept? */
static bool
plan_is_missing(struct core *c, const struct core_call *call)
{
	AUTO_FREE char *text = NULL;
	long long n = c->plan.dropped;

	if (!task_plans(c) || n == 0 || c->plan.nudged)
		return false;
	c->plan.nudged = true;
	text = xasprintf("not yet: nothing was kept. Your commands changed %lld "
	    "file%s before a plan was approved, and those changes are thrown "
	    "away. Propose a plan with the tool plan and make the changes "
	    "after it is approved; or call done again if nothing is to be "
	    "changed", n, n == 1 ? "" : "s");
	emit_result(c, call->id, "done", false, "plan_phase", text);
	return true;
}

void
plan_tick(struct core *c, size_t step)
{
	EMIT(c, "model", plan, .version = c->fold->plan.version,
	    .status = "step", .step = EV_IS((int64_t)step - 1));
}

/* Are steps open, and is the message about that due? The last one alone is ticked
 * if the work changed anything. */
static bool
plan_has_open_steps(struct core *c, const struct core_call *call)
{
	const struct fold_plan *p = &c->fold->plan;
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t i, n = 0;

	if (!step_plan_holds(c) || c->plan.nudged)
		return false;
	for (i = 0; i < p->steps_len; i++)
		if (p->steps[i].state == FOLD_STEP_OPEN && n++ < STEP_NAMES)
			buf_addf(&b, "%s%zu (%.200s)", n == 1 ? "not yet: open "
			    "steps of the plan: " : ", ", i + 1,
			    p->steps[i].title);
	if (n == 0)
		return false;
	if (n == 1 && step_now(p) == p->steps_len - 1 &&
	    (c->review.staged > 0 || changes_any(c))) {
		plan_tick(c, p->steps_len);
		return false;
	}
	c->plan.nudged = true;
	if (n > STEP_NAMES)
		buf_addf(&b, " and %zu more", n - STEP_NAMES);
	buf_adds(&b, ". Call step_done for each that is done, and do the "
	    "others; or call done again, and say in its summary why they stay "
	    "open");
	emit_result(c, call->id, call->name, false, "plan_step", buf_str(&b));
	return true;
}

char *
plan_next(const struct core *c)
{
	const struct fold_plan *p = &c->fold->plan;
	size_t at = step_now(p);
	const struct event *ran = c->check.ran;
	int64_t code = ran != NULL ? ev_int(ran->tool_result.exit, -1) :
	    c->fold->evidence.exit;
	const char *check = c->check.command == NULL ? "" :
	    ran == NULL && !evidence_counts(c) ?
	    "; the check hasn't run on this" : code == 0 ?
	    "; the check passed" : "; the check failed";

	return at == p->steps_len ? xasprintf("all steps are done%s", check) :
	    xasprintf("next is step %zu of %zu: %.200s%s", at + 1,
	    p->steps_len, p->steps[at].title, check);
}

bool
plan_refuses_done(struct core *c, const struct core_call *call)
{
	return plan_is_missing(c, call) || plan_has_open_steps(c, call);
}

/* After a call: add the staged changes that no step names, old and new, to its
 * result as `outside`. */
static void
plan_step_note_outside(struct core *c, const struct stage_scan *scan,
    struct event *result)
{
	struct ev_tool_result *r = &result->tool_result;
	const struct fold_plan *p = &c->fold->plan;
	const struct tool_entry *t = tool_find(ev_str(r->name, ""));
	bool edited = t != NULL && (t->effects & TOOL_WRITES) != 0;
	AUTO(glob_list_free_at) struct glob_list *g = NULL;
	size_t n = 0;

	r->outside = ev_alloc(result, (scan->changes_len + 1) *
	    sizeof(*r->outside));
	if (step_plan_holds(c) && p->steps_len > 0)
		g = step_globs_new(c, step_now(p), true);
	MEM_EACH(scan, changes, ch) {
		const char *path = ch->path;
		bool known = pathmap_find(&c->plan.outside, path) != NULL;

		if (g == NULL ? !known : glob_list_covers(g, path))
			continue;
		if (!known && n++ < STEP_NAMES) {
			buf_adds(&c->feedback.notes, n > 1 ? ", " : edited ?
			    "not in the plan, so the user will decide: " :
			    "made or changed by a command or server, not in the "
			    "plan, so the user will decide: ");
			json_path_quoted(&c->feedback.notes, path);
		}
		r->outside[r->outside_len++].path_bytes = ev_text(result,
		    path);
	}
	if (n > STEP_NAMES)
		buf_addf(&c->feedback.notes, " and %zu more", n - STEP_NAMES);
	if (n > 0)
		buf_addc(&c->feedback.notes, '\n');
	/* An empty list ends an earlier one. */
	if (r->outside_len == 0 && c->plan.outside.len == 0)
		r->outside = NULL;
}

static void
plan_line(struct core *c, const struct event *e)
{
	int mode = e->type == EVENT_MODE ? plan_mode_find(e->mode.plan) : -1;

	if (mode >= 0)
		c->plan.mode = (enum core_plan_mode)mode;
	if (e->type != EVENT_TOOL_RESULT || e->tool_result.outside == NULL)
		return;
	/* The last result with a list counts. */
	pathmap_release(&c->plan.outside);
	MEM_EACH(&e->tool_result, outside, it)
		if (it->path_bytes != NULL)
			pathmap_add(&c->plan.outside, it->path_bytes,
			    sizeof(struct step_outside));
}

static void
plan_free(struct core *c)
{
	stage_free(c->plan.stage);
	pathmap_release(&c->plan.outside);
}

static const struct core_command plan_commands[] = {
	{ "plan", IN_ANY, HAS_PLAN | HAS_PLAN_LEFT, 0, NOBODY,
	    .act = plan_decide },
	{ "set", IN_ANY, 0, 0, NOBODY, .has = "plan", .act = plan_set },
	{ 0 }
};

static unsigned
plan_facts(const struct core *c)
{
	return ((c->waits & WAIT_PLAN) != 0 && task_runs(c) ? HAS_PLAN : 0u) |
	    (!task_runs(c) && c->fold->plan.status == FOLD_PLAN_PROPOSED ?
	    HAS_PLAN_LEFT : 0u) |
	    (task_plans(c) && c->plan.mode != PLAN_LOOK ? HAS_PLANNING : 0u);
}

const struct core_part plan_part = {
	.facts = plan_facts, .has = HAS_PLAN | HAS_PLAN_LEFT |
	    HAS_PLANNING,
	.scanned = plan_step_note_outside,
	.line = plan_line, .lines = OF(EVENT_MODE) | OF(EVENT_TOOL_RESULT),
	.free = plan_free, .commands = plan_commands,
};
