/*
 * trim: a journal line without its large members, for clients that ask for the
 * old lines of a long session, and for the core that resumes one. It folds to
 * the same state except for texts of items, which are read from the journal when
 * displayed. Nothing that is still open is trimmed.
 *
 * Such a line has no "prev" and no "h", because they cover the whole line, but
 * "cut": the names of the missing members, each with the size of its value in
 * the journal.
 */
#ifndef ASSENT_JOURNAL_TRIM_H
#define ASSENT_JOURNAL_TRIM_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/buf.h"

#define TRIM_MIN 1024	/* bytes of a value worth trimming */

enum trim_for {
	TRIM_SCREEN,
	TRIM_CORE,		/* it keeps the structure of calls, with empty
				   texts: the ids, the paths of written files */
};

/* Put the line into the buffer without values of at least `min` bytes. False if
 * there is nothing to trim, or if the line isn't in the journal's own form: then
 * discard the buffer and use the line as it is. */
bool	trim_line(struct buf *, const char *line, size_t n, enum trim_for,
	    size_t min);
/* Is this member missing from the line? */
bool	trim_has(const cJSON *line, const char *member);

#endif
