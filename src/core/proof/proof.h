/*
 * proof: when the check has passed on a proposal, it runs again in a copy
 * with a part of the changes: with the user's tests as they are, which the model
 * may have changed until they passed; and with only its new tests, which prove
 * nothing if they pass without the change. The copy is clean: nothing is in it that
 * the model's commands left where no review looks. One after the other, beside what
 * goes on, also while no client is attached. A decision, another proposal or an
 * interrupt stops them.
 */
#ifndef ASSENT_CORE_PROOF_H
#define ASSENT_CORE_PROOF_H

#include <stdbool.h>

struct core;
struct stage_change;
struct test_change;

/* Start what is due. True: one is due, or runs. */
bool	proof_step(struct core *);

/* For tests: does the copy with the user's tests (`its`: with its tests) have this
 * change? */
bool	proof_takes(bool its, const struct test_change *,
	    const struct stage_change *);

#endif
