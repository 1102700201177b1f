/*
 * driver: driver_step looks at the state and starts the next step. It runs
 * after every event, and does nothing while something runs or a question to the
 * user is open. The order of its tests is the policy.
 */
#ifndef ASSENT_CORE_DRIVER_H
#define ASSENT_CORE_DRIVER_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;

/* Run driver_step from the loop, after the current callback. */
void	driver_soon(struct core *);
/* Client command; `client` is the client's name. Like say_message; with
 * `interrupt` the current work is stopped first, and the message starts new
 * work. */
int	driver_say_now(struct core *, const cJSON *command, const char *client,
	    struct err *);
/* Client command: stop the user's own command; without one, interrupt the
 * agent. */
int	driver_interrupt_one(struct core *, const cJSON *command,
	    const char *client, struct err *);
#define DRIVER_SIGNAL "signal"	/* no client, nor the user */
/* Stop everything, keep what is staged, and end the core. */
void	driver_end(struct core *, const char *client);
/* Client command: propose the staged changes now. */
int	driver_propose(struct core *, const cJSON *command,
	    const char *client, struct err *);
/* A client has left; `first`: it is the one that began the session. */
void	driver_client_gone(struct core *, bool first);

#endif
