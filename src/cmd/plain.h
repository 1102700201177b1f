/*
 * plain: plain mode.  Events are printed as lines; input is a message, a
 * command that starts with '/', or the answer to the open question.  For screen
 * readers, TERM=dumb, and simple terminals.
 *
 * A question appears only on request (Enter alone), so that text being typed
 * can't answer it, and nothing else is printed while it is open.
 */
#ifndef ASSENT_CMD_PLAIN_H
#define ASSENT_CMD_PLAIN_H

#include <stdbool.h>

#include "front/client.h"
#include "ui/app/app.h"

/* Does TERM rule out the full-screen UI? */
bool	plain_is_needed(void);

/* What waits for the user, such as "diff:17"; malloc'ed or NULL. */
char	*plain_waiting(const struct fold *);

/* As app_run: the exit code, and how it ended. The caller keeps the client. */
int	plain_run(struct client *, const struct ui_options *);

#endif
