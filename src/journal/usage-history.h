/*
 * usage-history: what a project's tasks have used, from the ends of its latest
 * sessions' journals. Reads a bounded amount however many there are.
 */
#ifndef ASSENT_JOURNAL_USAGE_HISTORY_H
#define ASSENT_JOURNAL_USAGE_HISTORY_H

#include <stdint.h>

#include "base/err.h"

struct usage_history {			/* tasks with known tokens */
	int64_t	 tasks;
	int64_t	 turns;			/* all tasks */
	int64_t	 in, out, cached;	/* tokens, likewise */
	int64_t	 turns_low;		/* of the shorter tasks: a quarter took
					   no more */
};

/* The sessions of project `root` except `but` (an id, or NULL). Having none is
 * no error. */
int	usage_history_read(const char *root, const char *but,
	    struct usage_history *,
	    struct err *);

#endif
