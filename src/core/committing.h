/*
 * committing: records what the user's own git does for them outside the
 * sandbox: a commit of applied changes, or a merge, push or the like; that it
 * begins, and what came of it.
 */
#ifndef ASSENT_CORE_COMMITTING_H
#define ASSENT_CORE_COMMITTING_H

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;

/* The command "commit": with "begin", what is to be committed; with "end", the
 * result of the one that began. */
int	committing_command(struct core *, const cJSON *command,
	    const char *client, struct err *);
/* The command "git": the same for another act. */
int	committing_git(struct core *, const cJSON *command,
	    const char *client, struct err *);

#endif
