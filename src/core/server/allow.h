/*
 * allow: when a client's command works.  The table of commands (dispatch.c)
 * says in which phases (core/phase.h), and by facts that hold or don't beside
 * them: what waits for a person, what is still to be done.
 */
#ifndef ASSENT_CORE_SERVER_ALLOW_H
#define ASSENT_CORE_SERVER_ALLOW_H

#include "base/err.h"

struct core;

/* In the order in which they are named when a command is refused. */
enum core_fact {
	HAS_LIMIT	= 1u << 0,	/* the task is paused at a limit */
	HAS_ASK		= 1u << 1,	/* a command waits for permission */
	HAS_PLAN	= 1u << 2,	/* a task's plan waits for approval */
	HAS_PLAN_LEFT	= 1u << 3,	/* the plan of a task that has ended */
	HAS_DECISION	= 1u << 4,	/* one is to be applied */
	HAS_RUN		= 1u << 5,	/* the user's own command is on */
	HAS_UNDO	= 1u << 6,	/* the open proposal is the reverse of
					   a change */
	HAS_REVIEW	= 1u << 7,	/* a proposal is open */
	HAS_SUMMARY	= 1u << 8,	/* the conversation is being summarized */
	HAS_FAILED	= 1u << 9,	/* the model can be asked again */
	HAS_TASK	= 1u << 10,	/* one is being worked on */
	HAS_PLANNING	= 1u << 11,	/* its plan is being made */
	HAS_ENDING	= 1u << 12,	/* it is about to end */
};

#define IN_ANY		(~0u)	/* in every phase */

/* May a command run now?  `phases`: IN() of those that allow it.  `needs`:
 * facts of which one has to hold (0: none has to).  `bars`: facts that must
 * not.  -1 with a sentence that says when it works. */
int	allow_command(const struct core *, unsigned phases, unsigned needs,
	    unsigned bars, struct err *);

#endif
