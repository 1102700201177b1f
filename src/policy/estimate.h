/*
 * estimate: what a task may use, before it begins: the turns that it may take
 * times what a turn took in this project so far.  A pure function of numbers.
 */
#ifndef ASSENT_POLICY_ESTIMATE_H
#define ASSENT_POLICY_ESTIMATE_H

#include <stdint.h>

#include <cjson/cJSON.h>

#include "policy/price.h"

struct estimate_past {		/* sums over tasks that have ended */
	int64_t	 tasks, turns, in, out, cached;
	int64_t	 turns_low;	/* of the shorter tasks */
};

/*
 * The members of an `estimate` line in assent-journal(5), with all of it as
 * `text`. Tokens and cost are null when they are not known: without a past, or
 * without a price (NULL). The caller deletes.
 */
cJSON	*estimate_make(const struct estimate_past *, int64_t max_turns,
	    const struct price *);

#endif
