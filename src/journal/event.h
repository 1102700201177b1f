/*
 * event: a journal or socket line as an object. Names of types, members and
 * words have changed since the first development versions; the tables in
 * event.c translate older lines while reading.
 */
#ifndef ASSENT_JOURNAL_EVENT_H
#define ASSENT_JOURNAL_EVENT_H

#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/err.h"

/* "format" in session_start, and in the note about a resume for the lines after
 * it. A journal without it has format 1, which only development versions
 * wrote. */
#define EVENT_FORMAT 2

/* Owned by the caller. NULL with the reason if it isn't JSON. `e` may be
 * NULL. */
cJSON	*event_parse(const char *line, size_t n, struct err *e);

#endif
