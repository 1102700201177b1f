/* A session as a state machine, and its next step. */
#include "config.h"

#include "core/kernel/core.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/kernel/server.h"
#include "journal/fold.h"
#include "loop/loop.h"
#include "provider/provider.h"

/*
 * phase: the session's state machine.  It consists of four small ones, since
 * a question to the user can be open while the agent does something else:
 *
 *   task    whether a task runs, and how the last one ended (fold.h)
 *   phase   what the agent is doing: one thing at a time, or nothing
 *   waits   the open questions to the user (the open proposal belongs to the
 *           fold instead, and can be reviewed in any phase)
 *   stop    why a task ends before the model says that it is done
 *
 *           driver_step(), or a command of a client
 *   IDLE -----------------------------------------> MODEL, RETRY,
 *        <----------------------------------------- TOOL, LOOK, CHECK, HOOK
 *           it ended, or was stopped
 *
 * In IDLE driver_step() chooses the next step; an open question keeps it in
 * IDLE.  Only core.c changes these members, and it asserts the rules below.
 * phase_check() asserts which members belong to a phase.
 *
 *   from    may become                why
 *   IDLE    any other                 driver_step(), or a command of a client
 *   MODEL   IDLE                      answered, failed or cancelled
 *           MODEL                     the request is amended and sent again
 *   RETRY   IDLE                      the wait is over or was cut short
 *   TOOL, LOOK, CHECK  IDLE           the worker ended or was stopped
 *   HOOK    IDLE                      the event's hooks have ended
 *
 *   waits   begins                    and ends with
 *   LIMIT   a limit, with a user      extend, wrap or stop
 *   CALL    level none, or a hook: the
 *           next call                 allow or reject
 *   CHECK   level none: the check     the same
 *   PLAN    the plan was proposed     approve, edit or return
 *   The end of the task ends all of them.
 */

static const unsigned phase_next[] = {
	[PHASE_IDLE] = IN(PHASE_MODEL) | IN(PHASE_RETRY) | IN(PHASE_TOOL) |
	    IN(PHASE_LOOK) | IN(PHASE_CHECK) | IN(PHASE_HOOK),
	[PHASE_MODEL] = IN(PHASE_IDLE) | IN(PHASE_MODEL),
	[PHASE_RETRY] = IN(PHASE_IDLE),
	[PHASE_TOOL] = IN(PHASE_IDLE),
	[PHASE_LOOK] = IN(PHASE_IDLE),
	[PHASE_CHECK] = IN(PHASE_IDLE),
	[PHASE_HOOK] = IN(PHASE_IDLE),
};

bool
core_has_model(const struct core *c)
{
	return c->mode != MODE_TRY && c->mode != MODE_REVIEW;
}

bool
task_runs(const struct core *c)
{
	return c->fold->open.task == TASK_RUNS || c->task.owed;
}

bool
task_plans(const struct core *c)
{
	return c->fold->open.planning && c->plan.mode != PLAN_SKIP &&
	    core_has_model(c);
}

bool
task_is_wrapped(const struct core *c)
{
	return c->fold->facts.usage.state == USAGE_OPEN &&
	    c->fold->facts.usage.wrapped;
}

void
phase_set(struct core *c, enum core_phase phase)
{
	/* phases: the agent does one thing at a time. */
	assert((phase_next[c->phase] & IN(phase)) != 0);
	c->phase = phase;
}

void
phase_wait(struct core *c, enum core_wait wait)
{
	/* waits: the core asks only while nothing runs. */
	assert(c->phase == PHASE_IDLE);
	/* waits: a question about a limit or a command needs a user; a plan
	 * without a user to approve it ends the task. */
	assert(c->person || wait == WAIT_PLAN);
	c->waits |= wait;
}

void
phase_answered(struct core *c, unsigned waits)
{
	c->waits &= ~waits;
}

void
phase_stop(struct core *c, enum core_stop why)
{
	if (why > c->task.stop)
		c->task.stop = why;
}

void
phase_check(const struct core *c)
{
	/* phases: MODEL, and only MODEL, has a request. */
	assert((c->phase == PHASE_MODEL) == (c->request.call != NULL));
	/* phases: RETRY has a function to call after the wait. */
	assert((c->phase == PHASE_RETRY) == (c->retry.again != NULL));
	/* phases: an MCP server's tool is a call in TOOL. */
	assert(c->mcp_call == NULL || c->phase == PHASE_TOOL);
	/* phases: a tool call belongs to a task. */
	assert(c->phase != PHASE_TOOL || task_runs(c));
	/* phases: calls run in TOOL only. */
	assert(c->phase == PHASE_TOOL || c->calls.running == 0);
	/* phases: hooks run in HOOK only. */
	assert((c->phase == PHASE_HOOK) == (c->hook_round != NULL));
	/* phases: a check that starts by itself never asks the user. */
	assert(c->check.on != CHECK_BY_ITSELF || (c->waits & WAIT_CHECK) == 0);
	/* phases: RETRY's timer runs in RETRY only. */
	assert((c->phase == PHASE_RETRY) == (c->retry.timer != NULL));
	assert(c->calls.next + c->calls.running <= c->calls.len);
	/* waits: a question about a call or a limit needs a task. */
	assert(task_runs(c) ||
	    (c->waits & (WAIT_LIMIT | WAIT_CALL)) == 0);
	assert((c->waits & WAIT_LIMIT) == 0 || c->fold->pause != NULL);
	assert((c->waits & WAIT_CHECK) == 0 || c->check.command != NULL ||
	    c->check.require != NULL);
	/* waits: the core asks about a call before it runs. */
	assert((c->waits & WAIT_CALL) == 0 || c->calls.next < c->calls.len);
	/* waits: a plan can be open only while planning. */
	assert((c->waits & WAIT_PLAN) == 0 || task_plans(c) ||
	    c->fold->plan.was != NULL);
	/* invariant 3: a decision is in the journal before it is due. */
	assert(c->decision.line == NULL || c->decision.line->seq > 0);
}

static void
core_step(void *arg)
{
	struct core *c = arg;

	c->step_posted = false;
	c->main->step(c);
	server_stepped(c->server);
}

void
core_soon(struct core *c)
{
	if (c->step_posted)
		return;
	c->step_posted = true;
	loop_timer_new(c->loop, 0, core_step, c);
}
