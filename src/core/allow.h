/*
 * allow: decides whether a client's command works now.  For each command the
 * table in dispatch.c names the phases (core/phase.h) in which it works, and
 * facts that must or must not hold, such as an open proposal or a decision that
 * is still to be applied.
 */
#ifndef ASSENT_CORE_ALLOW_H
#define ASSENT_CORE_ALLOW_H

#include "base/err.h"

struct core;

/* In the order in which they are named when a command is refused. */
enum core_fact {
	HAS_LIMIT	= 1u << 0,	/* the task is paused at a limit */
	HAS_ASK		= 1u << 1,	/* a command waits for permission */
	HAS_PLAN	= 1u << 2,	/* a task's plan waits for approval */
	HAS_PLAN_LEFT	= 1u << 3,	/* the same; its task has ended */
	HAS_DECISION	= 1u << 4,	/* a decision is still to be applied */
	HAS_RUN		= 1u << 5,	/* the user's own command is running */
	HAS_UNDO	= 1u << 6,	/* the open proposal is the reverse of
					   a change */
	HAS_REVIEW	= 1u << 7,	/* a proposal is open */
	HAS_SUMMARY	= 1u << 8,	/* the conversation is being summarized */
	HAS_FAILED	= 1u << 9,	/* the provider failed; the user can
					   retry */
	HAS_TASK	= 1u << 10,	/* a task is being worked on */
	HAS_PLANNING	= 1u << 11,	/* the task's plan is being made */
	HAS_ENDING	= 1u << 12,	/* the task is about to end */
};

#define IN_ANY		(~0u)	/* in every phase */

/* May a command run now?  `phases`: IN() of those that allow it.  `needs`:
 * facts of which one has to hold (0: none has to).  `bars`: facts that must
 * not.  -1 with a sentence that says when it works. */
int	allow_command(const struct core *, unsigned phases, unsigned needs,
	    unsigned bars, struct err *);

#endif
