/* draw: the picture to the terminal. The only file with curses output. */
#ifndef ASSENT_UI_TERM_DRAW_H
#define ASSENT_UI_TERM_DRAW_H

#include <stdbool.h>
#include <stddef.h>

#include "ui/term/screen.h"

enum draw_colour {
	DRAW_COLOUR_AUTO,		/* the terminal's own eight */
	DRAW_COLOUR_NEVER,
	DRAW_COLOUR_LIGHT, DRAW_COLOUR_DARK,	/* for such a background */
};

struct draw;
struct tty;

/* The terminal is borrowed. */
struct draw *draw_new(struct tty *, enum draw_colour);
void	draw_free(struct draw *);
/* Everything is to be sent again, at this size. */
void	draw_reset(struct draw *, int rows, int cols);
/* What of a picture goes out at once, on a slow line. */
struct draw_share {
	size_t	room;		/* bytes; 0: only what comes first */
	int	y, rows;	/* these rows come first, whatever the room */
	int	from;		/* the others from this one on, and around */
};

/*
 * Send what differs from the last picture: all of it (NULL), or so many rows as
 * there is likely to be room for, at least one more than the first ones.  False
 * if some are still to be sent.
 */
bool	draw_push(struct draw *, const struct screen *,
	    const struct draw_share *);

#endif
