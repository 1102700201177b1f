/* own-changes: the process of a session of `assent review` that runs git. */
#ifndef ASSENT_CORE_OWN_CHANGES_H
#define ASSENT_CORE_OWN_CHANGES_H

#include <cjson/cJSON.h>

#include "base/err.h"

/* The answer to a question of source-run.c about the session with this folder: the
 * members of a `proposal`; for `stage` (an apply_begin) those of `applied`; for
 * `check` (the same) none, if the index can be changed so; for `discard` (the
 * same) the sides as git checks them out. The caller deletes; NULL with *e. */
cJSON	*own_changes(const char *dir, const cJSON *asked, struct err *);

#endif
