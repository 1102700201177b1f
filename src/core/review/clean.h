/*
 * clean: `assent try --clean`: build products and what the sandbox's home, /tmp
 * and caches hold are removed from a session's stage, never a change.  It needs
 * no room on the disk.
 */
#ifndef ASSENT_CORE_REVIEW_CLEAN_H
#define ASSENT_CORE_REVIEW_CLEAN_H

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;

/* The answer (type, bytes, files, names) for the client, or NULL with *e while
 * something else is at the stage. */
cJSON	*clean_command(struct core *, struct err *);
/* The same in the folder of a session that has no core; `start` has the user's
 * `products`. */
cJSON	*clean_folder(const char *dir, const cJSON *start, struct err *);

#endif
