/*
 * trim: a line of the journal without its large members, for who asks for the
 * old lines of a long session to be shown.  What stands there folds to the same
 * state, but for the texts of items, which are read from the journal when they
 * are looked at.  Nothing that is decided about is ever left out.
 *
 * Such a line has no "prev" and no "h", since it is not what they vouch for, but
 * "cut": the names of the members that are left out, each with the bytes that
 * its value has in the journal.
 */
#ifndef ASSENT_JOURNAL_TRIM_H
#define ASSENT_JOURNAL_TRIM_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/buf.h"

#define TRIM_MIN 1024	/* bytes of a value that is left out */

/* Put the line into the buffer without values of at least `min` bytes.  False,
 * with the buffer not to be used, where there are none that can go, and where it
 * is not as the journal writes its lines: then it is to be sent as it is. */
bool	trim_line(struct buf *, const char *line, size_t n, size_t min);
/* Is this member left out of the line? */
bool	trim_has(const cJSON *line, const char *member);

#endif
