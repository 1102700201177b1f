/*
 * session-pick: which of several sessions, chosen from a list on the terminal.
 */
#ifndef ASSENT_CMD_SESSION_PICK_H
#define ASSENT_CMD_SESSION_PICK_H

#include "cmd/cmd.h"

/* If no session is named and this project has several: *id is the chosen one
 * (malloc'ed), else NULL. 0, or the exit code if the user goes back. */
int	session_pick(const struct cmd_args *, char **id);

#endif
