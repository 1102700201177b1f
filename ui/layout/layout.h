/*
 * layout: how the room of the screen is shared out.  Pure arithmetic, and what
 * of it a person has chosen by keys.
 */
#ifndef ASSENT_UI_LAYOUT_LAYOUT_H
#define ASSENT_UI_LAYOUT_LAYOUT_H

#include <stdbool.h>

struct layout;

#define LAYOUT_COLUMNS_MIN 160	/* below that there is one pane at a time */
#define LAYOUT_COLUMN_MIN 60

struct layout_wish {
	int	strip;		/* rows of the plan's strip */
	int	input;		/* rows of the input; 0: none */
	int	hints;		/* rows below the status line */
	bool	zoom;		/* strip and second column away */
	bool	columns;	/* two panes, where there is room */
	bool	front_right;	/* the pane in front has the right one */
	int	share;		/* of the left one, in hundredths */
};

void	layout_make(struct layout *, int rows, int cols,
	    const struct layout_wish *);
/* The share nearest to this one that leaves both their least. */
int	layout_share(int share, int cols);

#endif
