/*
 * clean: `assent try --clean` removes build products, and the contents of the
 * sandbox's home, /tmp and caches, from a session's staged copy, but never a
 * change. It needs no free disk space.
 */
#ifndef ASSENT_CORE_CLEAN_H
#define ASSENT_CORE_CLEAN_H

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;

/* The answer (type, bytes, files, names) for the client, or NULL with *e while
 * the staged copy is in use. */
cJSON	*clean_command(struct core *, const cJSON *command, struct err *);
/* The same in the folder of a session without a core; `start` has the user's
 * `products`. */
cJSON	*clean_folder(const char *dir, const cJSON *start, struct err *);

#endif
