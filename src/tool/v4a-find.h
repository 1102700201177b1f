/*
 * v4a-find: where a run of lines is in a file: as it stands, then without blanks
 * at line ends, then without those at their beginnings, then as edit compares
 * (tool-edit.h).  The time is that of the file and the run, whatever they
 * repeat.
 */
#ifndef ASSENT_TOOL_V4A_FIND_H
#define ASSENT_TOOL_V4A_FIND_H

#include <stdbool.h>
#include <stddef.h>

#define V4A_NONE	((size_t)-1)

struct v4a_piece {		/* a line; borrowed */
	const char	*p;
	size_t		 n;	/* without its end */
	size_t		 end;	/* bytes of that: 0, 1 or 2 */
};

struct v4a_find;

/* The lines must outlive it. */
struct v4a_find *v4a_find_new(const struct v4a_piece *, size_t);
void	v4a_find_free(struct v4a_find *);
/*
 * The first place from `at` on of these lines (one or more), in the first way
 * that has one; V4A_NONE if there is none.  *more (or NULL): they are elsewhere
 * after it, too.  With `end` the last lines of the file are tried before.
 * *fuzzy is set if it is not as it stands.
 */
size_t	v4a_find(struct v4a_find *, const struct v4a_piece *, size_t,
	    size_t at, bool end, bool *more, bool *fuzzy);

#endif
