/*
 * event: a line of a journal, or of a session's socket, as an object.  The names
 * of types, members and words changed with format 2; what was written before
 * is read in today's names, by the tables in event.c.
 */
#ifndef ASSENT_JOURNAL_EVENT_H
#define ASSENT_JOURNAL_EVENT_H

#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/err.h"

/* "format" in session_start, and in the note of a resume: of the lines from
 * there on. A journal without it is of format 1. */
#define EVENT_FORMAT 2

/* Owned by the caller. NULL with why: it is no JSON. `e` may be NULL. */
cJSON	*event_parse(const char *line, size_t n, struct err *e);

#endif
