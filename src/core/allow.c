#include "config.h"

#include "core/allow.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "core/run.h"
#include "core/compact.h"
#include "core/core.h"
#include "core/net/network.h"
#include "core/plan.h"
#include "core/propose-open.h"
#include "journal/fold.h"

/* What the agent is doing, by phase. */
static const char *const phase_words[] = {
	[PHASE_IDLE] = "idle",
	[PHASE_MODEL] = "thinking",
	[PHASE_RETRY] = "waiting to ask the model again",
	[PHASE_TOOL] = "running a tool",
	[PHASE_LOOK] = "looking at the project",
	[PHASE_CHECK] = "running the success check",
	[PHASE_HOOK] = "running a hook",
};

struct fact_words {
	enum core_fact	 fact;
	const char	*missing;	/* error if a command needs the fact;
					   NULL: none does */
	const char	*first;		/* error if the fact blocks a command */
};

/* In the order of the enum. */
static const struct fact_words fact_words[] = {
	{ HAS_LIMIT, "the task isn't paused at a limit",
	    "the task is paused at a limit: say first how to continue" },
	{ HAS_ASK, "no command waits for your answer",
	    "a command waits for your answer: allow or reject it first" },
	{ HAS_PLAN, "no plan waits for your approval",
	    "decide the plan first: approve it, or send it back" },
	{ HAS_PLAN_LEFT, NULL,
	    "decide the plan first: approve it, or send it back" },
	{ HAS_DECISION, NULL,
	    "your decision is being applied: wait for it" },
	{ HAS_RUN, NULL,
	    "your command is running: wait for it, or interrupt it" },
	{ HAS_UNDO, NULL,
	    "review the open undo first" },
	{ HAS_REVIEW, "no proposal is open",
	    "review the open proposal first" },
	{ HAS_SUMMARY, NULL,
	    "a summary is being made: wait for it" },
	{ HAS_FAILED, "nothing to retry: the model didn't fail and wasn't "
	    "interrupted", NULL },
	{ HAS_TASK, "no task is running",
	    "the task has not ended: wait for it, or interrupt it" },
	{ HAS_PLANNING, NULL, "approve the plan first: files written while "
	    "planning are thrown away" },
	{ HAS_ENDING, NULL, "the task is about to end; its changes are "
	    "proposed then" },
};

static unsigned
allow_facts(const struct core *c)
{
	bool failed = c->phase == PHASE_RETRY || (c->phase == PHASE_IDLE &&
	    c->fold->ended && fold_can_retry(c->fold));

	return ((c->waits & WAIT_LIMIT) != 0 ? HAS_LIMIT : 0u) |
	    ((c->waits & WAIT_COMMAND) != 0 || run_is_asking(c) ||
	    network_is_asking(c) ? HAS_ASK : 0u) |
	    ((c->waits & WAIT_PLAN) != 0 && phase_has_task(c) ? HAS_PLAN : 0u) |
	    (plan_is_left(c) ? HAS_PLAN_LEFT : 0u) |
	    (c->decision.line != NULL ? HAS_DECISION : 0u) |
	    (run_is_on(c) ? HAS_RUN : 0u) |
	    (c->review.undoing != 0 ? HAS_UNDO : 0u) |
	    (propose_is_open(c) ? HAS_REVIEW : 0u) |
	    (compact_is_running(c) ? HAS_SUMMARY : 0u) |
	    (failed ? HAS_FAILED : 0u) |
	    (phase_has_task(c) ? HAS_TASK : 0u) |
	    (c->task.planning && c->plan.mode != PLAN_LOOK ?
	    HAS_PLANNING : 0u) |
	    (c->task.stop != STOP_NONE ? HAS_ENDING : 0u);
}

/* "idle, thinking or running a tool" */
static void
allow_list(struct buf *b, unsigned phases)
{
	size_t n = MEM_COUNT(phase_words), i, left = 0;

	for (i = 0; i < n; i++)
		left += (phases & IN(i)) != 0;
	for (i = 0; i < n; i++) {
		if ((phases & IN(i)) == 0)
			continue;
		left--;
		buf_addf(b, "%s%s", phase_words[i], left == 0 ? "" :
		    left == 1 ? " or " : ", ");
	}
}

static const struct fact_words *
fact_lowest(unsigned facts)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(fact_words); i++)
		if ((facts & fact_words[i].fact) != 0)
			return &fact_words[i];
	return NULL;
}

int
allow_command(const struct core *c, unsigned phases, unsigned needs,
    unsigned bars, struct err *e)
{
	unsigned facts = allow_facts(c), in_the_way = facts & bars;
	struct buf list = BUF_INIT(0);

	if (needs != 0 && (facts & needs) == 0)
		return err_set(e, "%s", fact_lowest(needs)->missing);
	if ((phases & IN(c->phase)) == 0) {
		allow_list(&list, phases);
		err_set(e, "the agent is %s: wait for it, or interrupt it; "
		    "this works while it is %s", phase_words[c->phase],
		    buf_str(&list));
		buf_release(&list);
		return -1;
	}
	if (in_the_way != 0)
		return err_set(e, "%s", fact_lowest(in_the_way)->first);
	return 0;
}
