/*
 * plain: a session without panes: what happens is printed as plain lines, what
 * is typed is a message, a command that starts with '/', or the answer to the
 * question that stands.  For screen readers, for TERM=dumb, and for terminals
 * that do not do what they should.
 *
 * A question is shown when it is asked for (Enter alone), so that nothing that
 * was being typed can answer it, and while it stands nothing else is printed.
 */
#ifndef ASSENT_CMD_PLAIN_PLAIN_H
#define ASSENT_CMD_PLAIN_PLAIN_H

#include <stdbool.h>

#include "cmd/client.h"
#include "ui/app/app.h"

/* Does TERM say that there can be no screen? */
bool	plain_is_needed(void);

/* As app_run: the exit code, and how it ended. The client is the caller's. */
int	plain_run(struct client *, const struct ui_options *);

#endif
