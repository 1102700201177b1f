#include "config.h"

#include "core/agent/run.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/agent/call.h"
#include "core/job/job.h"
#include "core/job/output.h"
#include "core/job/program.h"
#include "core/kernel/core.h"
#include "core/review/evidence.h"
#include "core/review/propose.h"
#include "core/stage/stages.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/journal.h"

#define RUN_COMMAND_MAX	((size_t)100000)	/* bytes; the limit on one
						   argument is small */

static void
run_init(struct core *c)
{
	c->runs = xcalloc(1, sizeof(*c->runs));
}

static void
run_release(struct run *r)
{
	FREE_ALL(r->command, r->client);
	memset(r, 0, sizeof(*r));
}

static void
run_free(struct core *c)
{
	struct runs *rs = c->runs;

	MEM_EACH(rs, queue, r)
		run_release(r);
	run_release(&rs->now);
	free(rs);
}

/* The line that lists the waiting commands. */
static cJSON *
run_queue_line(const struct core *c)
{
	const struct runs *rs = c->runs;
	const char *commands[RUN_QUEUE_MAX];
	size_t i;

	for (i = 0; i < rs->queue_len; i++)
		commands[i] = rs->queue[i].command;
	return EVENT_LINE(queued, .commands = commands,
	    .commands_len = rs->queue_len);
}

static cJSON *
run_present(struct core *c)
{
	return c->runs->queue_len == 0 ? NULL : run_queue_line(c);
}

#define RUN_TOOL "bash"		/* its tool name, for the worker and in the
				   journal */

/* ---- waiting commands ---- */

/* Client command `run`. */
static int
run_command(struct core *c, const cJSON *m, const char *client, struct err *e)
{
	const char *command = json_str_or(m, "command", "");
	struct runs *rs = c->runs;
	struct run *r;

	if (c->mode != MODE_INTERACTIVE && c->mode != MODE_DEMO)
		return err_set(e, c->mode == MODE_EXEC ?
		    "this run takes no commands from you; resume it when it "
		    "has ended" : "this session runs no commands of yours");
	if (command[strspn(command, " \t\r\n")] == '\0')
		return err_set(e, "empty command");
	if (strlen(command) > RUN_COMMAND_MAX)
		return err_set(e, "the command is too long: at most %zu bytes",
		    RUN_COMMAND_MAX);
	if (rs->queue_len == RUN_QUEUE_MAX)
		return err_set(
		    e, "%d commands are already queued", RUN_QUEUE_MAX);
	r = &rs->queue[rs->queue_len++];
	r->command = xstrdup(command);
	r->client = xstrdup_null(client);
	if (!job_may(c, JOB_OWN))
		emit_line(c, run_queue_line(c));
	core_soon(c);
	return 0;
}

/* ---- changes by the command ---- */

static struct stage *
run_stage(const struct core *c)
{
	return c->runs->planning ? c->plan.stage : c->stage;
}

static bool
run_has_changed(const struct core *c)
{
	char now[SHA256_HEX_SIZE];

	/* If the state is unknown, assume a change. */
	return c->runs->before[0] == '\0' ||
	    stage_digest(run_stage(c), true, now) < 0 ||
	    strcmp(now, c->runs->before) != 0;
}

/* Will its changes be proposed together with the agent's? While planning, the
 * agent changes nothing. */
static bool
run_joins(const struct core *c)
{
	return task_runs(c) && !task_plans(c) && c->fold->proposal == NULL;
}

/*
 * Propose the changes: now if no task is running, also while a proposal is
 * open; unchanged hunks keep their marks.
 */
static void
run_offer(struct core *c)
{
	c->review.touched = true;
	/* Apply a pending decision first; that leads to a new proposal. */
	if (c->decision.line != NULL || run_joins(c))
		return;
	c->review.final = !task_runs(c) ||
	    c->fold->proposal == NULL || c->fold->proposal->final;
	propose_make(c, false);
}

static const char *
run_note(const struct core *c, bool changed)
{
	if (!changed)
		return NULL;
	if (c->runs->planning)
		return "its changes are dropped with the planning copy";
	if (run_joins(c) && c->review.staged > 0)
		return "its changes are proposed with the agent's";
	return NULL;
}

/* ---- the end of a command ---- */

/* Journal its result; the event has the known members. `stage_notes`: NULL if it
 * didn't run. */
static void
run_close(struct core *c, struct event *e, const struct buf *stage_notes)
{
	struct runs *rs = c->runs;
	AUTO_BUF struct buf notes = BUF_INIT(1 << 16);
	bool recheck = rs->recheck;
	bool changed = stage_notes != NULL && run_has_changed(c);
	const char *note;

	if (changed && !rs->planning) {
		propose_count(c, NULL);
		evidence_stale(c);
	}
	e->tool_result.changed = changed && !rs->planning;
	note = run_note(c, changed);
	if (stage_notes != NULL && stage_notes->len > 0) {
		buf_add(&notes, buf_str(stage_notes), stage_notes->len);
		buf_add(&c->feedback.notes, buf_str(&notes), notes.len);
	}
	while (notes.len > 0 && notes.p[notes.len - 1] == '\n')
		notes.p[--notes.len] = '\0';
	if (note != NULL)
		buf_addf(&notes, "%s%s", notes.len > 0 ? "\n" : "", note);
	if (notes.len > 0)
		e->tool_result.note = buf_str(&notes);
	emit_add_notes(c, e);
	capture_end(&c->calls);
	EMIT_THIS(c, "user", tool_result, &e->tool_result);
	c->own_command = OWN_NONE;
	rs->recheck = false;
	run_release(&rs->now);
	if (changed && !rs->planning)
		run_offer(c);
	if (recheck && job_may(c, JOB_CHECK)) {
		c->check.on = CHECK_OF_ACCEPTED;
		evidence_start(c);
	}
	rs->planning = false;
	if (c->phase == PHASE_MODEL)
		program_prepare(c);
	core_soon(c);
}

/* Journal that it didn't run. */
static void
run_not_run(struct core *c, const char *kind, const char *why)
{
	AUTO_EVENT struct event e = CALL_RESULT(c->fold->open.run, RUN_TOOL);

	e.tool_result.error = kind;
	e.tool_result.text = why;
	run_close(c, &e, NULL);
}

/* It ended, or was stopped. */
static void
run_ended(struct core *c, struct job *was,
    const struct sandbox_result *r)
{
	AUTO_EVENT struct event e = CALL_RESULT(c->fold->open.run, RUN_TOOL);

	if (r != NULL)
		output_command(c, RUN_TOOL, c->runs->now.command, r, &e);
	else {
		output_stopped(c, was->why, true, &e);
		e.tool_result.ms = clock_mono_ms() - c->runs->since;
	}
	run_close(c, &e, &was->notes);
}

void
run_stop(struct core *c, const char *why, const char *client)
{
	struct runs *rs = c->runs;
	size_t n = rs->queue_len, i;

	for (i = 0; i < n; i++)
		run_release(&rs->queue[i]);
	rs->queue_len = 0;
	if (n > 0) {
		emit_line(c, run_queue_line(c));
		emit_note(c,
		    n == 1 ? "your queued command was not run" :
			     "your %zu queued commands were not run",
		    n);
	}
	if (c->own_command == OWN_NONE)
		return;
	if (c->own_command == OWN_ASKS) {
		EMIT(c, "user", answer, .id = c->fold->open.run,
		    .client = client);
		run_not_run(c, "interrupted", why);
		return;
	}
	(void)job_stop(c, JOB_OWN, why);
}

/* ---- the start of a command ---- */

static void
run_journal(struct core *c)
{
	struct runs *rs = c->runs;
	AUTO_JSON cJSON *args = cJSON_CreateObject();
	AUTO_FREE char *id = xasprintf("user-%lld",
	    (long long)c->journal->chain.seq + 1);
	AUTO_FREE char *title = xasprintf("! %s", rs->now.command);

	c->own_command = OWN_RUNS;
	json_add_str(args, "command", rs->now.command);
	EMIT(c, "user", tool_call, .id = id, .turn = c->fold->turn,
	    .name = RUN_TOOL, .args = args, .title = title,
	    .client = rs->now.client);
}

/* There is no sandbox: the user typed the command, but may believe that it runs
 * in one. */
static void
run_ask(struct core *c)
{
	AUTO_FREE char *why = program_outside_why("your command");

	EMIT(c, "user", ask, .id = c->fold->open.run,
	    .command = c->runs->now.command, .why = why);
	c->own_command = OWN_ASKS;
	core_soon(c);
}

static void
run_start(struct core *c)
{
	struct runs *rs = c->runs;
	struct program_plan plan = { .ended = run_ended,
		.output = capture_output, .id = c->fold->open.run,
		.command = rs->now.command };
	struct err e = ERR_INIT;

	/* phases: it never shares the copy with the check. */
	assert(c->own_command == OWN_RUNS && c->phase != PHASE_CHECK);
	/* invariant 6: only the user's own command */
	assert(c->person);
	if (rs->planning && stages_open_plan(c, &e) < 0) {
		run_not_run(c, "stage", e.text);
		return;
	}
	if (stage_digest(run_stage(c), true, rs->before) < 0)
		rs->before[0] = '\0';
	rs->since = clock_mono_ms();
	/* No call of the model's is current. */
	c->calls.room = 0;
	plan.stage = run_stage(c);
	if (job_start(&c->jobs[JOB_OWN], &plan, &e) < 0)
		run_not_run(c, "stage", e.text);
}

static void
run_begin(struct core *c)
{
	struct runs *rs = c->runs;

	rs->now = rs->queue[0];
	memmove(&rs->queue[0], &rs->queue[1],
	    --rs->queue_len * sizeof(rs->queue[0]));
	memset(&rs->queue[rs->queue_len], 0, sizeof(rs->queue[0]));
	emit_line(c, run_queue_line(c));
	if (c->phase == PHASE_CHECK) {
		rs->recheck = c->check.on != CHECK_OF_STAGE;
		c->check.due = !rs->recheck && c->fold->proposal != NULL;
		(void)evidence_stop(c, CHECK_ANY);
	}
	rs->planning = task_runs(c) && task_plans(c);
	run_journal(c);
	if (c->sandbox.level == SANDBOX_NONE)
		run_ask(c);
	else
		run_start(c);
}

bool
run_step(struct core *c)
{
	struct runs *rs = c->runs;

	if (rs->queue_len > 0 && job_may(c, JOB_OWN))
		run_begin(c);
	if (c->own_command == OWN_NONE)
		return false;
	if (c->phase != PHASE_IDLE)
		return true;
	if (c->own_command == OWN_ASKS)
		status_ask(c);
	else
		status_tell(c, "tool", "running your command");
	return true;
}

static bool
run_answer(struct core *c, const cJSON *command, const char *client)
{
	if (c->own_command != OWN_ASKS || !json_is(command, "id", c->fold->open.run))
		return false;
	emit_answered(c, command, client);
	c->own_command = OWN_RUNS;
	if (json_bool(command, "allow", false))
		run_start(c);
	else
		run_not_run(c, "refused", "it was not allowed to run");
	core_soon(c);
	return true;
}

/* ---- after a crash ---- */

void
run_recover(struct core *c)
{
	const struct fold_open *o = &c->fold->open;
	const char *open = o->run;
	bool ran = open != NULL ||
	    o->ran_end > o->last[EVENT_PROPOSAL];
	AUTO_EVENT struct event e = CALL_RESULT(open, RUN_TOOL);

	if (open != NULL) {
		if (c->fold->ask.id != NULL &&
		    strcmp(c->fold->ask.id, open) == 0)
			emit_unanswered(c, open);
		e.tool_result.error = "interrupted";
		e.tool_result.text = "assent was restarted while this command "
		    "ran; what it did to the files may be incomplete";
		call_recover(c, &e);
		EMIT_THIS(c, "user", tool_result, &e.tool_result);
	}
	if (ran && !task_runs(c) && c->decision.line == NULL) {
		c->review.final = true;
		propose_make(c, false);
	}
}

static const struct core_command run_commands[] = {
	{ "run", IN_ANY, 0, HAS_UNDO, WITH_USER, .act = run_command },
	{ 0 }
};

static unsigned
run_facts(const struct core *c)
{
	return (c->own_command == OWN_ASKS ? HAS_ASK : 0u) |
	    (c->own_command != OWN_NONE ? HAS_RUN : 0u);
}

const struct core_part run_part = {
	.facts = run_facts, .has = HAS_ASK | HAS_RUN,
	.init = run_init, .present = run_present, .answer = run_answer,
	.free = run_free, .commands = run_commands,
};
