#include "config.h"

#include "core/review/evidence.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/sha.h"
#include "core/job/job.h"
#include "core/job/output.h"
#include "core/job/program.h"
#include "core/kernel/core.h"
#include "core/project/project.h"
#include "core/review/decision.h"
#include "core/review/propose.h"
#include "core/stage/changes.h"
#include "gate/stage.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/journal.h"
#include "loop/loop.h"

/* `where`: of only that run; NULL: of any run. */
static void
evidence_emit_stale(struct core *c, const char *where, bool stopped)
{
	EMIT(c, "core", evidence, .status = "stale", .where = where,
	    .stopped = stopped);
}

static void
evidence_choice_file(struct sha256 *s, const struct fold_file *f)
{
	/* An undecided name keeps the content out, too. */
	if (f->from != NULL)
		sha256_add(s, &f->hunks[0].mark, sizeof(f->hunks[0].mark));
	MEM_EACH(f, hunks, h) {
		if (h->mark != MARK_YES)
			continue;
		if (f->before.hash != NULL)
			sha256_add(s, f->before.hash, strlen(f->before.hash));
		sha256_add(s, h->id, strlen(h->id) + 1);
		if (h->edit != NULL)
			sha256_add(s, h->edit, h->edit_len);
	}
}

/* The accepted hunks, by their content, beside what was written. */
static void
evidence_choice(const struct core *c, char hex[SHA256_HEX_SIZE])
{
	const struct fold_proposal *p = c->fold->proposal;
	struct sha256 *s = sha256_new();

	sha256_add(s, &c->fold->open.tx, sizeof(c->fold->open.tx));
	if (p != NULL)
		MEM_EACH(p, files, f)
			evidence_choice_file(s, f);
	sha256_end_free(s, hex);
}

/* Was the last such run on the same hunks, or is this one? */
static bool
evidence_choice_is_same(const struct core *c)
{
	char hex[SHA256_HEX_SIZE];

	if (c->check.choice[0] == '\0')
		return false;
	evidence_choice(c, hex);
	return strcmp(hex, c->check.choice) == 0;
}

void
evidence_part_stale(struct core *c)
{
	if (c->fold->evidence.partial &&
	    c->fold->evidence.known && !c->fold->evidence.stale)
		evidence_emit_stale(c, "accepted", false);
}

void
evidence_stale(struct core *c)
{
	const struct fold_evidence *ev = &c->fold->evidence;

	c->check.choice[0] = '\0';
	event_drop(&c->check.ran);
	if (ev->whole != NULL || (ev->known && !ev->stale))
		evidence_emit_stale(c, NULL, false);
}

bool
evidence_is_models(const struct core *c)
{
	return strcmp(c->check.by, "model") == 0;
}

bool
evidence_counts(const struct core *c)
{
	const struct fold_evidence *ev = &c->fold->evidence;

	return ev->known && !ev->stale && !ev->partial;
}

bool
evidence_passed(const struct core *c)
{
	const struct fold_evidence *ev = &c->fold->evidence;

	return evidence_counts(c) && ev->exit == 0 && ev->killed == NULL;
}

/* Does the check say whether a rule may accept what is proposed? An undo is what
 * the user asked for, or the rule "rollback", whose check failed. */
static bool
evidence_binds(const struct core *c)
{
	return c->check.command != NULL && c->mode != MODE_TRY &&
	    c->review.undoing == 0;
}

bool
evidence_begin(struct core *c)
{
	if (!evidence_binds(c) || c->fold->evidence.whole != NULL ||
	    evidence_counts(c))
		return false;
	evidence_start(c);
	return true;
}

const char *
evidence_stops(const struct core *c)
{
	const struct fold_evidence *ev = &c->fold->evidence;

	if (!evidence_binds(c) || ev_is(ev->whole, "passed"))
		return NULL;
	if (ev->whole != NULL)
		return "the check didn't pass";
	if (evidence_counts(c))
		return "the check wasn't run";
	return NULL;
}

static bool
evidence_accepts_all(const struct core *c, const struct ev_decision *d)
{
	int accepted = 0;

	MEM_EACH(d, files, file)
		MEM_EACH(file, hunks, h)
			accepted += ev_is(h->decision, "yes");
	return accepted == fold_hunks(c->fold->proposal);
}

const char *
evidence_word(const struct core *c, const struct ev_decision *d)
{
	const struct fold_evidence *ev = &c->fold->evidence;

	if (c->check.command == NULL)
		return NULL;
	if (ev->whole != NULL && evidence_accepts_all(c, d))
		return ev->whole;
	if (c->phase == PHASE_CHECK)
		return "running";
	if (!ev->known || ev->stale || (!evidence_accepts_all(c, d) &&
	    !ev->partial))
		return "none";
	return ev->exit == 0 ? "passed" : "failed";
}

/* ---- the check at the end ---- */

/*
 * Runs the check when the model says it is done, before anything
 * is applied or shown as finished. If the check fails, the model gets its
 * output and continues, up to `check_retries` times since the user last wrote
 * or decided; only once while nothing changes, and not if the model says why the
 * check can't pass. The journal has the count (`returned` of an `evidence` line), for
 * a resumed session.
 */

#define CHECK_RETRIES	3

static int64_t
check_retries(const struct core *c)
{
	return json_int(c->start, "check_retries", CHECK_RETRIES);
}

/* Did the task change anything? An answer to a question needs no check, unless
 * the user asked for one. */
static bool
check_has_work(const struct core *c)
{
	return c->review.staged > 0 || changes_any(c) ||
	    (c->mode == MODE_EXEC && strcmp(c->check.by, "flag") == 0);
}

bool
evidence_is_needed(const struct core *c)
{
	return c->check.command != NULL && c->mode != MODE_TRY &&
	    c->plan.mode != PLAN_LOOK && (!c->person ||
	    c->task.model != MODEL_ENDED || check_has_work(c));
}

bool
evidence_reruns(const struct core *c)
{
	return task_runs(c) &&
	    (c->mode == MODE_INTERACTIVE || c->mode == MODE_EXEC) &&
	    c->plan.mode != PLAN_LOOK && c->review.staged > 0 &&
	    c->ending == ENDING_NOT;
}

/* Should the check run now? While a user is attached, an answer without calls
 * may be a question to them. */
static bool
check_is_wanted(const struct core *c)
{
	return c->check.final != FINAL_CHECK_DONE && c->check.command != NULL &&
	    check_retries(c) > 0 &&
	    (c->mode == MODE_EXEC || c->mode == MODE_INTERACTIVE) &&
	    c->plan.mode != PLAN_LOOK &&
	    (c->task.model == MODEL_CALLED_DONE ||
	    c->task.model == MODEL_CANNOT_PASS ||
	    (c->task.model == MODEL_ENDED && !c->person)) &&
	    !(task_plans(c) && c->mode == MODE_INTERACTIVE) &&
	    c->review.undoing == 0 && !c->feedback.turn &&
	    c->rollback.state < ROLLBACK_TRIED && !task_is_wrapped(c) &&
	    check_has_work(c);
}

bool
check_begin(struct core *c)
{
	if (!check_is_wanted(c))
		return false;
	if (evidence_passed(c)) {
		c->check.final = FINAL_CHECK_DONE;
		return false;
	}
	c->check.final = FINAL_CHECK_RUNS;
	evidence_start(c);
	/* The check may be over already if it couldn't run. */
	return c->check.final != FINAL_CHECK_DONE;
}

static bool
check_is_passed(const struct ev_evidence *v)
{
	return v->exit.is && v->exit.n == 0 && v->killed == NULL;
}

/* Did it send the model back for the same copy? */
static bool
check_is_again(struct core *c)
{
	char now[SHA256_HEX_SIZE] = "";
	bool same = stage_digest(c->stage, true, now) == 0 &&
	    c->fold->evidence.returned > 0 && strcmp(now, c->check.staged) == 0;

	memcpy(c->check.staged, now, sizeof(now));
	return same;
}

/* The check ended so: should the model continue? If so, call check_give_back
 * after its line. */
static bool
check_goes_back(struct core *c, const struct ev_evidence *v)
{
	if (c->check.final != FINAL_CHECK_RUNS)
		return false;
	c->check.final = FINAL_CHECK_NOT_RUN;
	/* The user sent a message meanwhile: the model continues anyway. */
	if (c->task.model == MODEL_GOES_ON)
		return false;
	c->check.final = FINAL_CHECK_DONE;
	return !check_is_passed(v) && !fold_not_run(v->killed) &&
	    c->task.model != MODEL_CANNOT_PASS && c->fold->evidence.returned <
	    check_retries(c) && !check_is_again(c);
}

/* How the check ended. */
static void
check_how(struct buf *b, const struct ev_evidence *v)
{
	if (v->killed != NULL)
		buf_addf(b, "was stopped at a limit (%s)", v->limit != NULL ?
		    v->limit : v->killed);
	else if (v->signal.is)
		buf_addf(b, "was killed by signal %lld",
		    (long long)v->signal.n);
	else
		buf_addf(b, "failed, exit %lld",
		    (long long)(v->exit.is ? v->exit.n : -1));
}

static void
check_give_back(struct core *c, const struct ev_evidence *v)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	AUTO_EVENT struct event e = { 0 };

	buf_addf(&b, "the check `%s` ", c->check.command);
	check_how(&b, v);
	if (v->words != NULL)
		buf_addf(&b, " (%s)", v->words);
	/* New notes say it themselves. */
	buf_addf(&b, "%s. Fix what it shows%s.\n%s", c->fold->evidence.before &&
	    c->feedback.notes.len == 0 ? "; it failed before your changes, too" :
	    "", c->peer != NULL ? "; if it can't pass, say why" : ", then call "
	    "done again; if it can't pass, say why with cannot_pass",
	    ev_str(v->text, ""));
	e.tool_result.text = buf_str(&b);
	emit_add_notes(c, &e);
	emit_not_done(c, "check", e.tool_result.text);
}

#define EVIDENCE_ASK_ID "evidence"
#define EVIDENCE_SOON_MS 1000	/* after the last mark */
#define EVIDENCE_CAP 4000	/* bytes of output, the last ones */
#define EVIDENCE_NAMES 20	/* of what only the check made */

static const struct stage_paths evidence_none;

/* The command of the next run, or of this one. */
static const char *
evidence_runs(const struct core *c)
{
	return c->check.on == CHECK_REQUIRED ? c->check.require :
	    c->check.command;
}

/* Journal how the run goes, with what it is. */
static int64_t
evidence_emit(struct core *c, struct ev_evidence *v)
{
	v->command = evidence_runs(c);
	if (c->check.on == CHECK_REQUIRED)
		return EMIT(c, "core", require, .status = v->status,
		    .command = v->command, .exit = v->exit,
		    .signal = v->signal, .killed = v->killed,
		    .limit = v->limit, .met = v->met, .words = v->words,
		    .text = v->text, .out = v->out, .ms = v->ms);
	v->check_by = c->check.by;
	v->where = c->check.on != CHECK_OF_STAGE ? "accepted" : "stage";
	return EMIT_THIS(c, "core", evidence, v);
}

/* The task goes on only if it passed. */
static void
evidence_required(struct core *c, const struct ev_evidence *v)
{
	if (!check_is_passed(v)) {
		FREE_SET(c->task.summary, xasprintf("what --require asks for "
		    "isn't met: %s", c->check.require));
		phase_stop(c, STOP_UNMET);
	}
	FREE_NULL(c->check.require);
	c->check.on = CHECK_OF_STAGE;
	core_soon(c);
}

/* ---- on the accepted changes ---- */

/* A separate copy: the real tree plus the accepted hunks. */
static int
evidence_open_stage(struct core *c, struct err *e)
{
	AUTO_EVENT struct event marked = { 0 };
	struct stage *stage = job_scratch(c, JOB_CHECK, e);

	evidence_choice(c, c->check.choice);
	if (stage == NULL)
		return -1;
	if (c->fold->proposal != NULL)
		propose_decision(c, &marked, NULL, NULL);
	return decision_stage(c, &marked.decision, stage, e);
}

/* Client command: run the check on the accepted changes. */
static int
evidence_command(struct core *c, const cJSON *command UNUSED,
    const char *client UNUSED, struct err *e)
{
	if (c->check.command == NULL)
		return err_set(
		    e, "no check is set: use --test or /check");
	/* commands: idle, or during a check, with no decision to apply. */
	assert((c->phase == PHASE_IDLE || c->phase == PHASE_CHECK) &&
	    c->decision.line == NULL);
	if (c->phase == PHASE_CHECK && c->check.on != CHECK_BY_ITSELF)
		return err_set(e, "the check is running");
	c->check.on = CHECK_OF_ACCEPTED;
	if (c->phase != PHASE_CHECK)	/* else the user wants it, too */
		evidence_start(c);
	return 0;
}

/* Are some hunks accepted, but not all? The copy's check is for all. */
static bool
evidence_is_partial(const struct core *c)
{
	const struct fold_proposal *p = c->fold->proposal;
	size_t i, accepted = 0;

	for (i = 0; p != NULL && i < p->hunks_len; i++)
		accepted += p->hunks[i].hunk->mark == MARK_YES;
	return accepted > 0 && accepted < p->hunks_len;
}

static void
evidence_soon_due(void *arg)
{
	struct core *c = arg;

	c->check.soon = NULL;
	if (!job_may(c, JOB_CHECK) || c->check.command == NULL ||
	    !evidence_is_partial(c) || evidence_choice_is_same(c))
		return;
	c->check.on = CHECK_BY_ITSELF;
	evidence_start(c);
}

static void
evidence_soon(struct core *c)
{
	if (evidence_choice_is_same(c))
		return;
	(void)evidence_stop(c, BIT(CHECK_BY_ITSELF));
	/* Without a sandbox each run needs the user's permission. */
	if (c->check.command != NULL && c->sandbox.level != SANDBOX_NONE && c->person)
		c->check.soon = loop_timer_new(c->loop, EVIDENCE_SOON_MS,
		    evidence_soon_due, c);
}

void
evidence_marks_changed(struct core *c)
{
	const struct fold_evidence *ev = &c->fold->evidence;

	if (!evidence_choice_is_same(c))
		evidence_part_stale(c);
	else if (ev->partial && ev->known && ev->stale && !ev->running)
		EMIT(c, "core", evidence, .status = "valid",
		    .where = "accepted");
	evidence_soon(c);
}

/* ---- the run ---- */

/* Journal how it ended; then what follows from that. */
static void
evidence_close(struct core *c, const struct ev_tool_result *t,
    struct ev_number unproposed, const struct stage_paths *made)
{
	AUTO_EVENT struct event names = { 0 };
	struct ev_evidence line = { .status = "done", .exit = t->exit,
		.signal = t->signal, .killed = t->killed, .limit = t->limit,
		.met = t->met, .words = t->words, .text = t->text,
		.out = t->out, .ms = t->ms,
		.unproposed = unproposed }, *v = &line;
	bool required = c->check.on == CHECK_REQUIRED;
	bool back = !required && check_goes_back(c, v);

	v->put_away = ev_alloc(&names, EVIDENCE_NAMES * sizeof(char *));
	while (v->put_away_len < made->len && v->put_away_len < EVIDENCE_NAMES) {
		AUTO_BUF struct buf b = BUF_INIT(0);

		json_path_text(&b, made->v[v->put_away_len]);
		v->put_away[v->put_away_len++] = ev_text(&names, buf_str(&b));
	}
	if (back)
		v->returned = c->fold->evidence.returned + 1;
	evidence_emit(c, v);
	if (required)
		evidence_required(c, v);
	else if (back)
		check_give_back(c, v);
	event_drop(&c->check.ran);
}

/*
 * You approve what the model did: a file that only the check wrote becomes again
 * what it was, or a report that each run writes would be proposed after each
 * decision. While a proposal is shown, so does a file that is in it. Returns how
 * many files.
 */
static int
evidence_put_back(struct core *c, struct stage_paths *made)
{
	struct err e = ERR_INIT;
	int n = stage_put_back(c->stage, c->fold->proposal != NULL, made, &e);

	if (n < 0)
		emit_note(c, "can't undo what the check changed in the "
		    "copy: %s", e.text);
	return n < 0 ? 0 : n;
}

void
evidence_recover(struct core *c)
{
	if (c->fold->evidence.running && !c->fold->evidence.partial)
		(void)evidence_put_back(c, NULL);
}

/* It was stopped. */
static void
evidence_stopped(struct core *c)
{
	if (c->check.on == CHECK_REQUIRED)
		evidence_emit(c, &(struct ev_evidence){ .status = "stopped" });
	else {
		c->check.choice[0] = '\0';
		evidence_emit_stale(c, c->fold->evidence.partial ?
		    "accepted" : "stage", true);
	}
}

static void
evidence_ended(struct core *c, struct job *was,
    const struct sandbox_result *r)
{
	bool required = c->check.on == CHECK_REQUIRED;
	bool accepted = c->check.on != CHECK_OF_STAGE;
	AUTO_EVENT struct event e = { 0 };
	struct ev_tool_result *t = &e.tool_result;
	struct stage_paths made = { NULL, 0 };
	int64_t left = 0;

	if (!accepted) {
		left = c->review.ignored + evidence_put_back(c, &made);
		emit_stage_notes(c, &was->notes);
	}
	if (r == NULL)
		evidence_stopped(c);
	else if (r->built)
		output_result(c, r, EVIDENCE_CAP, true, false, "", &e);
	/* If it didn't run, `limit` is the reason. */
	else
		*t = (struct ev_tool_result){ .killed = "sandbox",
		    .limit = r->error, .text = "" };
	capture_end(&c->calls);
	if (r != NULL)
		evidence_close(c, t, EV_IS(left), &made);
	xfree_list(made.v, made.len);
	if (r != NULL && accepted && !required &&
	    !evidence_choice_is_same(c)) {
		evidence_part_stale(c);
		evidence_soon(c);
	}
	c->check.on = CHECK_OF_STAGE;
	core_soon(c);
}

/* The check can't run: record a result that says so. It isn't tried again, and
 * it doesn't count as passed. */
static void
evidence_not_run(struct core *c, const char *killed, const char *why)
{
	evidence_close(c, &(struct ev_tool_result){ .killed = killed,
	    .limit = why }, (struct ev_number){ 0 }, &evidence_none);
	c->check.on = CHECK_OF_STAGE;
}

/*
 * May the check run? If there is no sandbox, the user has to allow each run:
 * the command is theirs, but the model may have written the files that it runs.
 */
static bool
evidence_may_run(struct core *c)
{
	AUTO_FREE char *why = NULL;
	struct err e = ERR_INIT;

	if (program_others_wait(c, &e) < 0) {
		evidence_not_run(c, "no_sandbox", e.text);
		c->task.faults |= FAULT_NO_SANDBOX;
		return false;
	}
	if (c->sandbox.level != SANDBOX_NONE || c->mode == MODE_DEMO)
		return true;
	if (c->check.allowed) {
		c->check.allowed = false;
		return true;
	}
	if (!c->person) {
		evidence_not_run(c, "no_sandbox",
		    c->check.on == CHECK_REQUIRED ? "this host has no sandbox" :
		    "this host has no sandbox, so the check was not "
		    "run");
		c->task.faults |= FAULT_NO_SANDBOX;
		return false;
	}
	why = program_outside_why(c->check.on == CHECK_REQUIRED ?
	    "the command that the task requires" : "the check");
	EMIT(c, "core", ask, .id = EVIDENCE_ASK_ID,
	    .command = evidence_runs(c), .why = why);
	phase_wait(c, WAIT_CHECK);
	return false;
}

/* The user's answer to the question whether the check may run. */
static bool
evidence_answer(struct core *c, const cJSON *command, const char *client)
{
	bool allow = json_bool(command, "allow", false), same;

	if ((c->waits & WAIT_CHECK) == 0 ||
	    !json_is(command, "id", EVIDENCE_ASK_ID))
		return false;
	/* If another one was set meanwhile, that is asked about. */
	same = evidence_runs(c) != NULL && c->fold->ask.command != NULL &&
	    strcmp(evidence_runs(c), c->fold->ask.command) == 0;
	emit_answered(c, command, client);
	phase_answered(c, WAIT_CHECK);
	c->check.allowed = allow && same;
	c->check.due = allow && c->check.on != CHECK_REQUIRED;
	if (!allow) {
		evidence_not_run(c, "refused", "the user did not allow it");
		c->task.faults |= FAULT_REFUSED;
	}
	/* The one that you asked for runs now, on what is there now. */
	if (c->check.allowed && c->check.on == CHECK_OF_ACCEPTED &&
	    job_may(c, JOB_CHECK))
		evidence_start(c);
	core_soon(c);
	return true;
}

void
evidence_start(struct core *c)
{
	struct program_plan plan = { .ended = evidence_ended, .output = capture_output,
		.stage = c->stage, .id = "check", .path = "",
		.command = evidence_runs(c) };
	struct err e = ERR_INIT;
	int64_t begun;
	int rc;

	c->check.due = false;
	if (evidence_runs(c) == NULL)
		return;
	assert(c->phase == PHASE_IDLE);	/* phases: CHECK follows IDLE */
	if (c->check.on == CHECK_OF_STAGE && c->check.ran != NULL &&
	    c->check.ran->tool_result.ok) {
		evidence_close(c, &c->check.ran->tool_result,
		    (struct ev_number){ 0 }, &evidence_none);
		core_soon(c);
		return;
	}
	if (!evidence_may_run(c)) {
		core_soon(c);
		return;
	}
	rc = c->check.on == CHECK_OF_STAGE ? stage_catch_up(c->stage, &e) :
	    evidence_open_stage(c, &e);
	if (rc == 0) {
		begun = evidence_emit(c, &(struct ev_evidence){
		    .status = "running" });
		emit_sync(c);
		/* invariant 3: its start is durable before it runs. */
		assert(c->journal->synced >= begun);
		rc = job_start(&c->jobs[JOB_CHECK], &plan, &e);
	}
	if (rc < 0) {
		(void)job_stop(c, JOB_CHECK, NULL);
		evidence_not_run(c, "stage", e.text);
		core_soon(c);
		return;
	}
	if (c->fold->proposal != NULL)
		status_review(c, "evidence");
	else
		status_tell(c, "evidence", "running %s `%s`",
		    c->check.on == CHECK_REQUIRED ? "what is required:" :
		    "the check", evidence_runs(c));
}

bool
evidence_stop(struct core *c, unsigned which)
{
	loop_timer_free(&c->check.soon);
	if (which == CHECK_ANY && c->check.final == FINAL_CHECK_RUNS)
		c->check.final = FINAL_CHECK_NOT_RUN;
	return c->phase == PHASE_CHECK && (which & BIT(c->check.on)) != 0 &&
	    job_stop(c, JOB_CHECK, NULL);
}

static void
evidence_yield(struct core *c)
{
	(void)evidence_stop(c, CHECK_ANY);
}

void
evidence_tests_begin(struct core *c)
{
	if (task_plans(c) || strstr(c->check.command, "{path}") != NULL ||
	    stage_digest(c->stage, false, c->check.tests) < 0)
		c->check.tests[0] = '\0';
}

/* What it found counts until anything else is done or said: of what happened
 * meanwhile outside of calls nothing is known. */
static void
evidence_line(struct core *c, const struct event *e)
{
	const struct ev_tool_result *t = &e->tool_result;
	char now[SHA256_HEX_SIZE];

	if (e->type == EVENT_PLAN ? ev_is(e->plan.status, "step") :
	    e->type == EVENT_TOOL_RESULT && ev_is(t->name, "step_done"))
		return;
	event_drop(&c->check.ran);
	if (e->type == EVENT_TOOL_RESULT && ev_is(t->name, "run_tests") &&
	    t->exit.is && c->check.tests[0] != '\0' &&
	    stage_digest(c->stage, false, now) == 0 &&
	    strcmp(now, c->check.tests) == 0)
		event_keep(&c->check.ran, &(struct event){
		    .type = EVENT_TOOL_RESULT, .tool_result = {
		    .ok = t->ok, .exit = t->exit, .words = t->words,
		    .out = t->out, .ms = t->ms } });
	c->check.tests[0] = '\0';
}

/* Use this command as the check; `by` as in the start object. */
static void
set_check(struct core *c, const char *command, const char *by)
{
	AUTO_FREE char *old = c->check.command;

	c->check.command = xstrdup(command);
	c->check.tests[0] = '\0';
	xstrset(&c->check.by, by);
}

/* Alone, the command shows the check, or the one that could be set. */
static int
set_check_show(struct core *c, struct err *e)
{
	const char *found;

	if (c->check.command != NULL)
		return err_set(e, "check: %s (%s); /check COMMAND sets "
		    "another", c->check.command,
		    fold_check_source(c->check.by));
	if (c->project.context == NULL)
		project_context_take(c);
	found = project_known(c)->check == NULL ? NULL :
	    project_known(c)->check->command;
	if (found == NULL)
		return err_set(e, "no check is set: set one with "
		    "/check COMMAND");
	return err_set(e, "no check is set; /check %s sets the project's",
	    found);
}

/* The user sets the check, which overrides a plan's. */
static int
set_check_named(struct core *c, const cJSON *m, const char *client,
    struct err *e)
{
	const char *command = json_str_or(m, "check", "");

	if (command[0] == '\0')
		return set_check_show(c, e);
	if (c->phase == PHASE_CHECK)
		(void)evidence_stop(c, CHECK_ANY);
	set_check(c, command, "person");
	EMIT(c, "user", check, .command = command, .check_by = "person",
	    .client = client);
	evidence_stale(c);
	c->check.due = c->fold->proposal != NULL;
	core_soon(c);
	return 0;
}

static void
evidence_free(struct core *c)
{
	loop_timer_free(&c->check.soon);
	free(c->check.command);
	event_drop(&c->check.ran);
	FREE_ALL(c->check.by, c->check.require);
}

static const struct core_command evidence_commands[] = {
	{ "evidence", IN(PHASE_IDLE) | IN(PHASE_CHECK), 0, HAS_ASK | HAS_RUN | HAS_DECISION, NOBODY,
	    .act = evidence_command },
	{ "set", IN_ANY, 0, 0, NOBODY, .has = "check", .act = set_check_named },
	{ 0 }
};

const struct core_part evidence_part = {
	.line = evidence_line, .lines = OF(EVENT_PLAN) |
	    OF(EVENT_TOOL_RESULT) | OF(EVENT_USER_MESSAGE),
	.job = JOB_CHECK, .yield = evidence_yield,
	.answer = evidence_answer, .free = evidence_free,
	.commands = evidence_commands,
};
