/* draw-colour: the palette in terms of curses, for this terminal. */
#ifndef ASSENT_UI_TERM_DRAW_COLOUR_H
#define ASSENT_UI_TERM_DRAW_COLOUR_H

#include <stdbool.h>

#include <curses.h>

#include "ui/term/draw.h"
#include "ui/term/palette.h"
#include "ui/term/screen.h"

struct tty;

struct draw_colours {
	enum palette_depth	depth;
	enum palette_ground	ground;
	bool			direct;	/* curses counts colours as RGB */
	bool			ink;	/* there are colours for syntax */
	struct draw_look {
		attr_t	attr;
		short	pair;
		bool	shows;		/* on blanks, too */
	}			looks[STYLE_COUNT][SYNTAX_COUNT];
};

/* After the terminal was entered. */
void	draw_colour_init(struct draw_colours *, enum draw_colour, bool slow);
/* The background is known, or another. */
void	draw_colour_set(struct draw_colours *, enum palette_ground);
/* What curses has written and wasn't sent yet: the finer shades in place of
 * colours out of 256. */
void	draw_colour_shade(const struct draw_colours *, const struct tty *);
/* About how many bytes it takes to change the style. */
size_t	draw_colour_cost(const struct draw_colours *);

#endif
