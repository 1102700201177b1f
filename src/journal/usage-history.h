/*
 * usage-history: what the tasks of a project have used so far, from the ends of
 * its last
 * sessions' journals.  Bounded in what it reads, however many there are.
 */
#ifndef ASSENT_JOURNAL_USAGE_HISTORY_H
#define ASSENT_JOURNAL_USAGE_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct usage_history {			/* of tasks whose tokens were told */
	int64_t	 sessions, tasks;
	int64_t	 turns;			/* of all of them */
	int64_t	 in, out, cached;	/* tokens, likewise */
	int64_t	 turns_low;		/* of the shorter tasks: a quarter had
					   no more */
	int64_t	 turns_median;
};

/* The sessions of project `root`, but for `but` (an id, or NULL). None is no
 * error. */
int	usage_history_read(const char *root, const char *but,
	    struct usage_history *,
	    struct err *);

#endif
