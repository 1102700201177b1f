/*
 * patch-call: `assent apply`: somebody's patch put on the stage by git, inside
 * the sandbox.  The core never reads the patch: it is kept in out/, which the
 * sandbox
 * shows read-only, and what git made of it is proposed like anything else.
 *
 * git is given a repository of ours beside it, empty but for rules that say:
 * bytes are bytes.  The project's own could have its .gitattributes or its
 * configuration turn line ends, encodings, or run a filter.
 */
#ifndef ASSENT_CORE_CALL_PATCH_CALL_H
#define ASSENT_CORE_CALL_PATCH_CALL_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;

/* Move the start object's patch, if there is one, into out/. */
int	patch_keep(struct core *, struct err *);
bool	patch_is_wanted(const struct core *);
/* The command that puts it on the stage; the caller deletes. */
cJSON	*patch_argv(const struct core *);

#endif
