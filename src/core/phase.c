#include "config.h"

#include "core/phase.h"

#include <stddef.h>

#include "core/core.h"
#include "journal/fold.h"

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

static const unsigned task_next[] = {
	[TASK_NONE] = IN(TASK_NONE) | IN(TASK_RUNS) | IN(TASK_ENDED) |
	    IN(TASK_STOPPED),
	[TASK_RUNS] = IN(TASK_ENDED) | IN(TASK_STOPPED),
	[TASK_ENDED] = IN(TASK_RUNS) | IN(TASK_ENDED) | IN(TASK_STOPPED),
	[TASK_STOPPED] = IN(TASK_RUNS) | IN(TASK_ENDED) | IN(TASK_STOPPED),
};

void
phase_task(struct core *c, enum core_task_state state)
{
	/* invariant 4: one task at a time. */
	assert((task_next[c->task.state] & IN(state)) != 0);
	c->task.state = state;
	if (state == TASK_RUNS)
		c->task.stop = STOP_NONE;
}

bool
phase_has_task(const struct core *c)
{
	return c->task.state == TASK_RUNS;
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
	/* phases: the agent's worker runs in TOOL and CHECK only. */
	assert((c->phase == PHASE_TOOL || c->phase == PHASE_CHECK) ==
	    (c->worker_call != NULL || c->mcp_call != NULL));
	/* phases: an MCP server's tool is a call in TOOL. */
	assert(c->mcp_call == NULL || (c->phase == PHASE_TOOL &&
	    c->worker_call == NULL));
	/* phases: a tool call belongs to a task. */
	assert(c->phase != PHASE_TOOL || phase_has_task(c));
	/* phases: calls run in TOOL only. */
	assert(c->phase == PHASE_TOOL || c->calls.running == 0);
	assert((c->phase == PHASE_LOOK) == (c->project.look != NULL));
	/* phases: hooks run in HOOK only. */
	assert((c->phase == PHASE_HOOK) == (c->hook_round != NULL));
	/* phases: only CHECK has a staged copy of the accepted changes. */
	assert(c->phase == PHASE_CHECK || c->check.stage == NULL);
	/* phases: a check that nobody asked for never asks the user. */
	assert(c->check.on != CHECK_BY_ITSELF || (c->waits & WAIT_CHECK) == 0);
	/* phases: RETRY's timer runs in RETRY only. */
	assert((c->phase == PHASE_RETRY) == (c->retry.timer != NULL));
	assert(c->calls.next + c->calls.running <= c->calls.len);
	/* waits: a question about a call or a limit needs a task. */
	assert(phase_has_task(c) || (c->waits & (WAIT_LIMIT | WAIT_CALL)) == 0);
	assert((c->waits & WAIT_LIMIT) == 0 || c->fold->pause != NULL);
	assert((c->waits & WAIT_CHECK) == 0 || c->check.command != NULL ||
	    c->check.require != NULL);
	/* waits: the core asks about a call before it runs. */
	assert((c->waits & WAIT_CALL) == 0 || c->calls.next < c->calls.len);
	/* waits: a plan can be open only while planning. */
	assert((c->waits & WAIT_PLAN) == 0 || c->task.planning);
	/* invariant 3: a decision is in the journal before it is due. */
	assert(c->decision.line == NULL || c->decision.seq > 0);
}
