/*
 * estimate: what a task may use, before it begins: the turns it may take times
 * the average cost of a turn in this project. A pure function.
 */
#ifndef ASSENT_POLICY_ESTIMATE_H
#define ASSENT_POLICY_ESTIMATE_H

#include <stdint.h>

#include <cjson/cJSON.h>

#include "policy/price.h"

struct estimate_past {		/* sums over finished tasks */
	int64_t	 tasks, turns, in, out, cached;
	int64_t	 turns_low;	/* of the shorter tasks */
};

/*
 * The members of an `estimate` line in assent-journal(5), including the
 * explanation in `text`. Tokens and cost are null if unknown: no earlier tasks,
 * or no price (NULL). The caller deletes.
 */
cJSON	*estimate_make(const struct estimate_past *, int64_t max_turns,
	    const struct price *);

#endif
