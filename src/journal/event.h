/* event: a journal or socket line as an object. */
#ifndef ASSENT_JOURNAL_EVENT_H
#define ASSENT_JOURNAL_EVENT_H

#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/err.h"

/* "format" in session_start, and in the note about a resume for the lines after
 * it. */
#define EVENT_FORMAT 2

/* Owned by the caller. NULL with the reason if it isn't JSON. `e` may be
 * NULL. */
cJSON	*event_parse(const char *line, size_t n, struct err *e);

#endif
