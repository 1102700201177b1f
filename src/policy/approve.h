/*
 * approve: when changes are put to a person, and what goes through without one.
 * One table: the driver asks it what comes next, configuration and help list
 * it, the words about a grant are made from it.  A new mode is a row; it must
 * not need a condition elsewhere.
 */
#ifndef ASSENT_POLICY_APPROVE_H
#define ASSENT_POLICY_APPROVE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* When a proposal is opened.  Each mode opens one at the end of the work, and
 * when a person asks for it. */
#define APPROVE_AT_STEP	(1u << 0)	/* a step of the plan is done */
#define APPROVE_AT_TURN	(1u << 1)	/* a turn has changed the stage */

/* Where a mode can be chosen. */
#define APPROVE_SCREEN	(1u << 0)
#define APPROVE_EXEC	(1u << 1)
#define APPROVE_TRY	(1u << 2)	/* and apply */
#define APPROVE_ANY	(APPROVE_SCREEN | APPROVE_EXEC | APPROVE_TRY)

struct approve {
	const char	*name;
	unsigned	 opens;		/* APPROVE_AT_... */
	bool		 waits;		/* the model waits for the decision */
	const char	*rule;		/* decides first (core/review/rule.c); or NULL:
					   only a person does */
	bool		 at_end;	/* the rule does so when the model has
					   ended its work, and not before */
	bool		 one_run;	/* a session that is resumed asks */
	unsigned	 where;
	const char	*scope;		/* what the rule takes; or NULL */
};

extern const struct approve approve_table[];
extern const size_t approve_table_len;

/* The rule "small": changed lines, added and removed ones counted. */
#define APPROVE_SMALL_FILE	50	/* since a person decided on it */
#define APPROVE_SMALL_SESSION	200

/* NULL: there is no such mode. */
const struct approve *approve_find(const char *name);
/* "ask, each, small": those that can be chosen there. */
void	approve_names(struct buf *, unsigned where, const char *between);
/* "at the end of a step of the plan and of the work; the model waits": when
 * changes are put to a person, in a line without its end. */
void	approve_words(struct buf *, const struct approve *);

#endif
