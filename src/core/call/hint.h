/*
 * hint: why a command failed that would have worked outside of the sandbox, and
 * what to do instead, in words for the model.  A table: a new hint is a row.
 */
#ifndef ASSENT_CORE_CALL_HINT_H
#define ASSENT_CORE_CALL_HINT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define HINT_MOST 2	/* for one command */

struct hint_about {
	const char		*output;
	size_t			 n;
	int			 exit;		/* -1: killed */
	int			 signal;
	bool			 sandboxed;		/* levels A and B */
	bool			 joined;	/* the exit status is that of the last
						   of several commands */
	const char *const	*masked;	/* NULL-terminated, or NULL */
};

/* Append at most HINT_MOST lines, each marked as assent's own words. Nothing
 * for a command that succeeded, unless that may hide one that failed: then
 * what it printed is looked at if it is little. */
void	hint_add(struct buf *, const struct hint_about *);
/* Does the output say that a process or a thread could not be had? */
bool	hint_is_crowded(const struct hint_about *);

#endif
