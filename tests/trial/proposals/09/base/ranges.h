/*
 * ranges: lists of numbers such as "3,7-9,12-", sorted, without overlaps.
 */
#ifndef RANGES_H
#define RANGES_H

#include <stdbool.h>
#include <stddef.h>

#define RANGE_END ((size_t)-1)		/* the last of an open range */

struct range {
	size_t	 first, last;		/* both belong to it; from 1 */
};

struct ranges {
	struct range	*v;
	size_t		 len;
};

/* Parse a list; false, with a sentence in *why, if it isn't one. */
bool	ranges_parse(struct ranges *, const char *text, const char **why);
bool	ranges_have(const struct ranges *, size_t n);
void	ranges_release(struct ranges *);

#endif
