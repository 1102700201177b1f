/*
 * diff-data: what the screen keeps of how the changes are shown.
 */
#ifndef ASSENT_UI_BASE_DIFF_DATA_H
#define ASSENT_UI_BASE_DIFF_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ui/text/page.h"

/* Unchanged lines around a hunk, as the core has told them. */
struct diff_around {
	char	*hunk;			/* id, */
	char	*before;		/* hash of the file, and where the */
	int	 start;			/* hunk is, when they were told */
	int	 lines;			/* wanted on each side */
	char	*above, *below;		/* raw; whole lines */
	size_t	 above_len, below_len;
	int	 above_from;		/* number of its first line, before */
	bool	 all;			/* there is no more */
};

struct ui_diff {
	bool	 plain;			/* no words are marked */
	bool	 blanks;		/* all of them are shown */
	bool	 unwrapped;
	bool	 columns;		/* wished */
	bool	 beside;		/* the page was made so */
	int	 left;			/* first column, unwrapped */
	bool	 cut;			/* the last frame had a line that goes
					   on to the right */
	bool	 numbers;		/* of lines that stand one below the
					   other */
	int	 digits;		/* of the largest line number */
	unsigned built;			/* how often the page was made, and */
	int64_t	 content;		/* how often not for its width alone */
	char	*path;			/* without a hunk: the row is `below` */
	int	 kind;			/* the first one of this kind and */
	long	 below;			/* file; NULL: of no file's */
	struct page right;		/* new lines, row by row beside those
					   of the pane's page */
	struct diff_around *around;
	size_t	 around_len;
};

/* Single lines of a hunk being picked. */
struct ui_lines {
	char		*hunk;		/* id; NULL: they are not */
	bool		*pick;		/* one for each '+' and '-' line */
	size_t		 len;
};

#endif
