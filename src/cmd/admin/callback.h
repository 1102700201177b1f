/*
 * callback: the answer to a sign-in in a browser, which ends at an address of
 * this machine; or is pasted, if the browser is on another one. Whichever comes
 * first; one counts.
 */
#ifndef ASSENT_CMD_CALLBACK_H
#define ASSENT_CMD_CALLBACK_H

#include "base/err.h"

struct callback {
	int	 fd, port;
	char	*code;		/* NULL: there was an error */
	char	*iss, *error, *description;	/* what it says; or NULL */
};

/* Listen on 127.0.0.1; port 0: on any. */
int	callback_open(struct callback *, int port, struct err *);
/* Wait for the answer that has this state. -1 with *e: none came. */
int	callback_wait(struct callback *, const char *state, struct err *);
void	callback_release(struct callback *);

/* Open it in the user's browser, if there is one here. */
void	callback_browse(const char *url);

#endif
