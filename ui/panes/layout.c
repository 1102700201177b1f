/* On a small screen the least needed is left out first: strip, title, hints,
 * then extra input rows. The status line stays. */
#include "config.h"

#include "ui/panes/layout.h"

#include <string.h>

#include "ui/panes/pane-data.h"
#include "ui/term/screen.h"

#define LAYOUT_MAIN_MIN 3
#define LAYOUT_LOW_ROWS 24
#define LAYOUT_BELOW_ROWS 45	/* of the screen, for a pane below another */
#define LAYOUT_BELOW_MIN 8	/* rows of that pane */

static struct rect
layout_take(int *y, int rows, int cols)
{
	struct rect r = { *y, 0, rows < 0 ? 0 : rows, cols };

	*y += r.rows;
	return r;
}

bool
layout_is_low(int rows)
{
	return rows <= LAYOUT_LOW_ROWS;
}

/* Divide title and main into two columns. */
static void
layout_part(struct layout *l, int cols, const struct layout_wish *wish)
{
	int left = (cols - 1) / 2;
	struct rect title[2], main[2];
	int front = wish->front_right ? 1 : 0, i;

	for (i = 0; i < 2; i++) {
		title[i] = l->title;
		main[i] = l->main;
		title[i].x = main[i].x = i == 0 ? 0 : left + 1;
		title[i].cols = main[i].cols = i == 0 ? left :
		    cols - left - 1;
	}
	l->line = l->main;
	l->line.y = l->title.y;
	l->line.rows += l->title.rows;
	l->line.x = left;
	l->line.cols = 1;
	l->title = title[front];
	l->main = main[front];
	l->beside_title = title[!front];
	l->beside = main[!front];
}

/* Divide main into two panes, one below the other. */
static void
layout_below(struct layout *l, int enough)
{
	int y, rest;

	if (enough < l->main.rows / 3)
		enough = l->main.rows / 3;
	rest = l->main.rows - enough - 1;
	if (rest < LAYOUT_BELOW_MIN)
		return;
	y = l->main.y + enough;
	l->main.rows = enough;
	l->beside_title = layout_take(&y, 1, l->main.cols);
	l->beside = layout_take(&y, rest, l->main.cols);
}

void
layout_make(struct layout *l, int rows, int cols,
    const struct layout_wish *wish)
{
	int strip = wish->zoom ? 0 : wish->strip, title = 1, status = 1;
	int hints = wish->hints, input = wish->input, y = 0, spare;

	memset(l, 0, sizeof(*l));
	if (input > rows / 3 && input > 1)
		input = rows / 3 > 1 ? rows / 3 : 1;
	spare = rows - LAYOUT_MAIN_MIN - title - status - hints - input;
	if (strip > spare)
		strip = spare > 0 ? spare : 0;
	spare -= strip;
	if (spare < 0 && hints > 1) {
		int give = hints - 1 < -spare ? hints - 1 : -spare;

		hints -= give;
		spare += give;
	}
	if (spare < 0 && input > 1) {
		int give = input - 1 < -spare ? input - 1 : -spare;

		input -= give;
		spare += give;
	}
	if (spare < 0) {
		title = 0;
		spare++;
	}
	if (rows < status + input + hints + 1)
		hints = rows - status - input - 1;
	if (hints < 0)
		hints = 0;
	if (rows < status + input)
		input = rows - status;
	l->strip = layout_take(&y, strip, cols);
	l->title = layout_take(&y, title, cols);
	l->main = layout_take(&y, rows - y - status - hints - input, cols);
	l->status = layout_take(&y, status, cols);
	l->hints = layout_take(&y, hints, cols);
	l->input = layout_take(&y, input, cols);
	if (!wish->columns && !wish->zoom && wish->enough > 0 &&
	    rows >= LAYOUT_BELOW_ROWS)
		layout_below(l, wish->enough);
	if (wish->columns && !wish->zoom && cols >= LAYOUT_COLUMNS_MIN &&
	    l->main.rows > 0)
		layout_part(l, cols, wish);
}
