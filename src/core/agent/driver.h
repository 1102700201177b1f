/*
 * driver: driver_step looks at the state and starts the next step. It runs
 * after every event, and does nothing while something runs or a question to the
 * user is open. The order of the rows in driver_rows is the policy.
 */
#ifndef ASSENT_CORE_DRIVER_H
#define ASSENT_CORE_DRIVER_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "gate/stage.h"

struct core;

void	driver_step(struct core *);
#define DRIVER_SIGNAL "signal"	/* no client, nor the user */
/* Client command: stop everything, keep what is staged, and end the core. */
int	driver_end(struct core *, const cJSON *command, const char *client,
	    struct err *);
/* A client has left; `first`: it is the one that began the session. */
void	driver_client_gone(struct core *, bool first);

#endif
