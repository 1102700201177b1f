/*
 * profile-pick: the profile of a new session, chosen from a list on the terminal.
 */
#ifndef ASSENT_CMD_PROFILE_PICK_H
#define ASSENT_CMD_PROFILE_PICK_H

#include "cmd/cmd.h"

struct setup;

/* For --profile without a value: puts the chosen name into the flag, which
 * borrows *name (malloc'ed). 0, or the exit code if the user goes back. */
int	profile_pick(const struct setup *, const struct cmd_args *,
	    char **name);

#endif
