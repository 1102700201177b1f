/*
 * notice: would a test notice? When the check has passed on a proposal, and the
 * proofs have ended, it runs again in a copy: with one small change to a line that
 * the proposal adds (mutate.h), then without one of the hunks, each time. It begins
 * by itself after a check that took a short time, else when it is asked for. It is
 * in nobody's way: what uses the project's copy ends a run, which then begins again.
 */
#ifndef ASSENT_CORE_NOTICE_H
#define ASSENT_CORE_NOTICE_H

#include <stdbool.h>

struct core;

/* Start what is due. True: it isn't over. */
bool	notice_step(struct core *);
/* Does its next run begin within a second? */
bool	notice_waits(const struct core *);
/* End it; for these contents it doesn't begin again by itself. False: none ran. */
bool	notice_stop(struct core *);

#endif
