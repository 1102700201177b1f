/*
 * fork: a session that begins as another one was before a message of the
 * user's. It has the lines up to there, and links to the contents; its first
 * core stages what was proposed there (stages.h), ends work that was under way,
 * and proposes the reverse of what the other one has written since.
 */
#ifndef ASSENT_CORE_FORK_H
#define ASSENT_CORE_FORK_H

#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/err.h"

/* Make one of the session `id`, running or not, as it was before the message on
 * line `at` of its journal; 0: the last one. {"session": ID}; the caller deletes.
 * NULL with *e: nothing was made. */
cJSON	*fork_make(const char *id, int64_t at, struct err *e);

#endif
