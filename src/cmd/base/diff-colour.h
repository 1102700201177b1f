/*
 * diff-colour: the colours of a unified diff's lines on a terminal, as git has
 * them: heads bold, removed lines red, added lines green.
 */
#ifndef ASSENT_CMD_BASE_DIFF_COLOUR_H
#define ASSENT_CMD_BASE_DIFF_COLOUR_H

#include <stddef.h>

#define DIFF_COLOUR_END "\033[m"

struct diff_colour {		/* all 0 before the first line */
	int	old_lines, new_lines;	/* of the current hunk, still to come */
};

/* The sequence to print before this line, with DIFF_COLOUR_END after it; NULL:
 * no colour. The lines must be given in order. */
const char *diff_colour(struct diff_colour *, const char *line, size_t n);

#endif
