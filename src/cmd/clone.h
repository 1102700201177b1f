/*
 * clone: the repository of --repo, cloned by the user's git into a folder where
 * assent then works as in any project.
 */
#ifndef ASSENT_CMD_CLONE_H
#define ASSENT_CMD_CLONE_H

#include "cmd/cmd.h"

/* The folder, malloc'ed; NULL with *code after telling the user why. A clone
 * that exists is used as it is. */
char	*clone_repo(const struct cmd_args *, int *code);

#endif
