/*
 * reading-order: the order in which the files of a proposal are read best,
 * computed from their names and what is known of them. First come those that
 * need a look: protected, executable or outside of the plan. Then code, the most
 * changed first, each file followed by its tests; other tests; documentation;
 * and last what a program writes. No I/O.
 */
#ifndef ASSENT_JOURNAL_READING_ORDER_H
#define ASSENT_JOURNAL_READING_ORDER_H

#include <stdbool.h>
#include <stddef.h>

struct reading_file {
	const char	*path;
	size_t		 lines;		/* changed */
	bool		 first;		/* it needs a look */
	bool		 test;
	size_t		 was;		/* its place before, from 1; 0: it is
					   new */
	size_t		 place;		/* the result, from 0 */
};

/* Set each file's place. Those that were there stay in their order; a new one
 * is put after the file that it follows. */
void	reading_order(struct reading_file *, size_t n);
/* Is it a file that a program writes, by its name? */
bool	reading_is_generated(const char *path);

#endif
