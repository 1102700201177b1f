/*
 * diff-data: the UI's state of how the changes are displayed.
 */
#ifndef ASSENT_UI_BASE_DIFF_DATA_H
#define ASSENT_UI_BASE_DIFF_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ui/text/page.h"

/* Unchanged lines around a hunk, as the core sent them. */
struct diff_around {
	char	*hunk;			/* id */
	char	*before;		/* hash of the file, and */
	int	 start;			/* the hunk's first line, then */
	int	 lines;			/* requested on each side */
	char	*above, *below;		/* raw; whole lines */
	size_t	 above_len, below_len;
	int	 above_from;		/* number of its first line, in
					   `before` */
	bool	 all;			/* there are no more lines */
};

enum diff_wish { DIFF_BY_WIDTH, DIFF_ON, DIFF_OFF };

struct diff_colours;

struct ui_diff {
	bool	 plain;			/* don't mark changed words */
	bool	 blanks;		/* show all spaces */
	bool	 unwrapped;
	enum diff_wish columns;		/* two columns: as the user wishes, */
	bool	 side;			/* and in the last frame */
	enum diff_wish tree_wish;	/* the tree of files */
	bool	 tree;
	bool	 tree_keys;		/* it has the keys */
	size_t	 tree_cur;		/* row */
	char	**folded;		/* folders, each with its '/' */
	size_t	 folded_len;
	bool	 listed;		/* the page has the list of files */
	char	*held;			/* the hunk under the cursor of the last
					   frame, or NULL, */
	bool	 held_tree, held_side;	/* and the layout it got there */
	bool	 asked;			/* the user asked for another layout */
	bool	 paged;			/* by the last key */
	bool	 on_file;		/* the cursor is on a file's row, and no
					   key for a page brought it there */
	char	**open;			/* generated files that the user has
					   unfolded: paths */
	size_t	 open_len;
	bool	 header;		/* has its own row in the last frame */
	bool	 beside;		/* the page has two columns */
	int	 left;			/* first column, unwrapped */
	bool	 cut;			/* a line of the last frame continues to
					   the right */
	bool	 numbers;		/* line numbers in a single column */
	int	 digits;		/* of the largest line number */
	unsigned built;			/* times that the page was made, and */
	int64_t	 content;		/* times not for its width alone */
	char	*path;			/* without a hunk: the row is `below` */
	int	 kind;			/* the first one of this kind and */
	long	 below;			/* file; NULL: of no file's */
	struct page right;		/* new lines, row by row beside those
					   of the pane's page */
	bool	 coloured;		/* syntax colours are wanted */
	int	 refused;		/* requests for them */
	struct diff_colours *colours;
	size_t	 colours_len;
	struct diff_around *around;
	size_t	 around_len;
};

/* The user picks single lines of a hunk. */
struct ui_lines {
	char		*hunk;		/* id; NULL: not picking */
	bool		*pick;		/* one for each '+' and '-' line */
	size_t		 len;
};

#endif
