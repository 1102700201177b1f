/*
 * retry: the wait before the next attempt at a request. The wait grows with
 * each attempt, is never shorter than the server demands, and the user can end
 * it. The sum of a request's waits is limited (retry_time), long enough for a
 * server that restarts or loads its model.
 */
#ifndef ASSENT_CORE_RETRY_H
#define ASSENT_CORE_RETRY_H

#include <stdbool.h>

struct core;
struct provider_error;

/* True if the error may pass: `again` is called after the wait. `other`:
 * another model is available, so a few attempts are enough. */
bool	retry_begin(struct core *, const struct provider_error *, bool other,
	    void (*again)(struct core *));
/* The user ends the wait. Only in RETRY. */
void	retry_now(struct core *);
void	retry_stop(struct core *);	/* cancel the next attempt */

#endif
