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

/* The commands "commit" and "git": with "begin", what git is to do; with "end",
 * the result of what began. */
int	committing_command(struct core *, const cJSON *command,
	    const char *client, struct err *);

#endif
