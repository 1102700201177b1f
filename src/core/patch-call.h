/*
 * patch-call: `assent apply`: git applies a patch to the staged copy, inside
 * the sandbox. The core never reads the patch: it is kept in out/, which the
 * sandbox mounts read-only, and the result is proposed like any other change.
 *
 * git uses a repository of ours, empty except for rules that leave all bytes
 * unchanged. The project's own .gitattributes or configuration could convert
 * line ends or encodings, or run a filter.
 */
#ifndef ASSENT_CORE_PATCH_CALL_H
#define ASSENT_CORE_PATCH_CALL_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;

/* Move the start object's patch, if any, into out/. */
int	patch_keep(struct core *, struct err *);
/* Does the first proposal have exactly the files that the start object says the
 * patch makes (`patch_files`: path, after, any), if it says so? -1 with *e. */
int	patch_check(struct core *, const cJSON *files, struct err *e);
bool	patch_is_wanted(const struct core *);
/* The command that applies it to the staged copy; the caller deletes. */
cJSON	*patch_argv(const struct core *);

#endif
