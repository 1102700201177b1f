/*
 * past: what the tasks of a project have used so far, from the ends of its last
 * sessions' journals.  Bounded in what it reads, however many there are.
 */
#ifndef ASSENT_JOURNAL_PAST_H
#define ASSENT_JOURNAL_PAST_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct past {			/* of tasks whose tokens were told */
	int64_t	 sessions, tasks;
	int64_t	 turns;			/* of all of them */
	int64_t	 in, out, cached;	/* tokens, likewise */
	int64_t	 turns_low;		/* of the shorter tasks: a quarter had
					   no more */
	int64_t	 turns_median;
};

/* The sessions of project `root`, but for `but` (an id, or NULL). None is no
 * error. */
int	past_read(const char *root, const char *but, struct past *,
	    struct err *);

#endif
