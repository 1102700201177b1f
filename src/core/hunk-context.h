/*
 * hunk-context: what a person may want to see of a change beside its hunks:
 * the unchanged lines around one, and the file as it is proposed.  Answers for
 * one client; nothing is journaled, and nothing of it is decided.
 */
#ifndef ASSENT_CORE_HUNK_CONTEXT_H
#define ASSENT_CORE_HUNK_CONTEXT_H

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;

/* NULL with the reason. */

/* Unchanged lines around a hunk. */
cJSON	*hunk_context_lines(struct core *, const cJSON *command, struct err *);
/* The file as it is proposed (or as it is, when it is to go). */
cJSON	*hunk_context_file(struct core *, const cJSON *command, struct err *);

#endif
