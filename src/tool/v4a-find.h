/*
 * v4a-find: finds a run of lines in a file: first exactly, then ignoring
 * trailing spaces, then also leading ones, then as edit compares (tool-edit.h).
 * Linear in the file and the run, however repetitive they are.
 */
#ifndef ASSENT_TOOL_V4A_FIND_H
#define ASSENT_TOOL_V4A_FIND_H

#include <stdbool.h>
#include <stddef.h>

#define V4A_NONE	((size_t)-1)

struct v4a_piece {		/* a line; borrowed */
	const char	*p;
	size_t		 n;	/* without its line ending */
	size_t		 end;	/* length of the line ending: 0, 1 or 2 */
};

struct v4a_find;

/* The lines must outlive it. */
struct v4a_find *v4a_find_new(const struct v4a_piece *, size_t);
void	v4a_find_free(struct v4a_find *);
/*
 * The first match of these lines (one or more) from `at` on, with the strictest
 * comparison that has one; V4A_NONE if there is none. *more (or NULL): there is
 * another match after it. With `end`, the file's last lines are tried first.
 * *fuzzy is set if the match isn't exact.
 */
size_t	v4a_find(struct v4a_find *, const struct v4a_piece *, size_t,
	    size_t at, bool end, bool *more, bool *fuzzy);

#endif
