/*
 * retry: the wait before the model is asked again.  It grows with each
 * attempt, is never shorter than the server says, and a person can cut it
 * short.  A request's waits together are bounded (retry_time), so that a
 * server that is restarted or loads its model is waited for.
 */
#ifndef ASSENT_CORE_TURN_RETRY_H
#define ASSENT_CORE_TURN_RETRY_H

#include <stdbool.h>

#include "base/err.h"

struct core;
struct provider_error;

/* True if `again` is called once the wait is over: the error may pass. `other`:
 * there is another model to ask, so that a few attempts are enough. */
bool	retry_begin(struct core *, const struct provider_error *, bool other,
	    void (*again)(void *core));
/* A client's command: do not wait any longer. */
int	retry_now(struct core *, struct err *);
void	retry_stop(struct core *);	/* it is not asked again */

#endif
