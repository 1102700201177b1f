/*
 * step: the driver.  core_step looks at what is and starts what comes next; it
 * is run after everything that happens, and does nothing while something is
 * under way or a person is waited for.  The order of its questions is the
 * policy.
 */
#ifndef ASSENT_CORE_SESSION_STEP_H
#define ASSENT_CORE_SESSION_STEP_H

#include <stdbool.h>

#include "base/err.h"

struct core;

void	core_step(struct core *);
/* A client's commands; `client` names it. */
/* As say_message; with `interrupt` what goes on is ended first, and the words
 * begin the work anew. */
int	core_say_now(struct core *, const char *text, bool interrupt,
	    const char *client, struct err *);
void	core_interrupt(struct core *, const char *client);
/* A client's command: the user's own command is stopped; if there is none, the
 * agent is interrupted. */
void	core_interrupt_one(struct core *, const char *client);
/* Stop whatever is under way, keep what is staged, and end the core. */
void	core_end(struct core *, const char *client);
/* A client's command: put what is staged now to a person. */
int	core_propose(struct core *, struct err *);
bool	core_is_waiting(const struct core *);	/* for a person */
/* A client has gone; `first`: who began the session. */
void	core_client_gone(struct core *, bool first);

#endif
