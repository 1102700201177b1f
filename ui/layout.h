/* layout: how the rows of the screen are shared out. Pure arithmetic. */
#ifndef ASSENT_UI_LAYOUT_H
#define ASSENT_UI_LAYOUT_H

#include <stdbool.h>

#include "ui/screen.h"

struct layout_wish {
	int	strip;		/* rows of the plan's strip */
	int	input;		/* rows of the input; 0: none */
	int	hints;		/* rows below the status line */
	bool	zoom;		/* strip away */
};

struct layout {
	struct rect	strip, title, main, status, hints, input;
};

void	layout_make(struct layout *, int rows, int cols,
	    const struct layout_wish *);

#endif
