/*
 * driver: driver_step looks at what is and starts what comes next; it is run
 * after everything that happens, and does nothing while something is under way
 * or a person is waited for.  The order of its questions is the policy.
 */
#ifndef ASSENT_CORE_SESSION_DRIVER_H
#define ASSENT_CORE_SESSION_DRIVER_H

#include <stdbool.h>

#include "base/err.h"

struct core;

void	driver_step(struct core *);
/* A client's commands; `client` names it. */
/* As say_message; with `interrupt` what goes on is ended first, and the words
 * begin the work anew. */
int	driver_say_now(struct core *, const char *text, bool interrupt,
	    const char *client, struct err *);
void	driver_interrupt(struct core *, const char *client);
/* A client's command: the user's own command is stopped; if there is none, the
 * agent is interrupted. */
void	driver_interrupt_one(struct core *, const char *client);
/* Stop whatever is under way, keep what is staged, and end the core. */
void	driver_end(struct core *, const char *client);
/* A client's command: put what is staged now to a person. */
int	driver_propose(struct core *, struct err *);
bool	driver_is_waiting(const struct core *);	/* for a person */
/* A client has gone; `first`: who began the session. */
void	driver_client_gone(struct core *, bool first);

#endif
