/* draw: sends the screen to the terminal. The only file with curses output. */
#ifndef ASSENT_UI_TERM_DRAW_H
#define ASSENT_UI_TERM_DRAW_H

#include <stdbool.h>
#include <stddef.h>

#include "ui/term/palette.h"
#include "ui/term/screen.h"

enum draw_colour {
	DRAW_COLOUR_AUTO,		/* for the terminal's background */
	DRAW_COLOUR_NEVER,
	DRAW_COLOUR_LIGHT, DRAW_COLOUR_DARK,	/* for this background */
};

struct draw;
struct tty;

/* The terminal is borrowed. On a slow line colours that nobody asked for are as
 * short as possible. */
struct draw *draw_new(struct tty *, enum draw_colour, bool slow);
void	draw_free(struct draw *);
/* Would it draw otherwise if it knew the background? */
bool	draw_wants_ground(const struct draw *);
/* Has it colours for syntax? */
bool	draw_has_ink(const struct draw *);
/* The background is this.  The next frame is sent in its colours. */
void	draw_ground(struct draw *, enum palette_ground);
/* Send everything again, at this size. */
void	draw_reset(struct draw *, int rows, int cols);
/* The part of a frame that is sent at once on a slow line. */
struct draw_share {
	size_t	room;		/* bytes; 0: only the first rows */
	int	y, rows;	/* rows sent first, whatever the room */
	int	from;		/* then the others, from this one on, cyclic */
};

/*
 * Send what differs from the last frame: all of it (NULL), or as many rows as
 * probably fit, at least one more than the first ones.  False if some rows must
 * still be sent.
 */
bool	draw_push(struct draw *, const struct screen *,
	    const struct draw_share *);

#endif
