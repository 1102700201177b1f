/*
 * palette: what each style looks like, by the number of colours that a terminal
 * has and by its background.  Pure: no terminal, no curses.
 */
#ifndef ASSENT_UI_TERM_PALETTE_H
#define ASSENT_UI_TERM_PALETTE_H

#include <stdint.h>

#include "journal/syntax-class.h"
#include "ui/term/screen.h"

enum palette_depth {
	PALETTE_NONE,		/* attributes alone */
	PALETTE_8,		/* the terminal's own */
	PALETTE_256,
	PALETTE_TRUE,		/* 256, some of them in finer shades */
};

/* The background of the terminal. */
enum palette_ground { PALETTE_UNKNOWN, PALETTE_DARK, PALETTE_LIGHT };

#define PALETTE_OWN	(-1)	/* the terminal's own text or background */

enum {
	PALETTE_BOLD = 1, PALETTE_DIM = 2, PALETTE_UNDERLINE = 4,
	PALETTE_REVERSE = 8,
};

struct palette_look {
	int	 fg, bg;	/* one of 8 or 256 colours, or PALETTE_OWN */
	unsigned attr;
};

struct palette_look palette_look(enum style, enum palette_depth,
	    enum palette_ground);
/* The same with the text in the colour of this class; with fewer than 256
 * colours it is the style's. */
struct palette_look palette_ink(enum style, enum syntax_class,
	    enum palette_depth, enum palette_ground);
/* The red, green and blue of a colour from 16 on, as 0xrrggbb. */
uint32_t palette_rgb(int colour);
/* The same for PALETTE_TRUE. */
uint32_t palette_shade(int colour, enum palette_ground);

#endif
