/*
 * layout: the screen's rectangles. Pure arithmetic.
 */
#ifndef ASSENT_UI_PANES_LAYOUT_H
#define ASSENT_UI_PANES_LAYOUT_H

#include <stdbool.h>

struct layout;

#define LAYOUT_COLUMNS_MIN 160	/* narrower: one pane at a time */

struct layout_wish {
	int	strip;		/* rows of the plan's strip */
	int	input;		/* rows of the message line; 0: none */
	int	hints;		/* rows below the status line */
	bool	zoom;		/* no strip, no second column */
	bool	columns;	/* two panes if there is room */
	bool	front_right;	/* the focused pane is the right one */
	int	enough;		/* rows that the focused pane can fill; 0: all.
				   With one column on a high screen, the other
				   pane has the rest */
};

void	layout_make(struct layout *, int rows, int cols,
	    const struct layout_wish *);
/* Has a screen of so many rows room for little but hunks in front of the diff? */
bool	layout_is_low(int rows);

#endif
