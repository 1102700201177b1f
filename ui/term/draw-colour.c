/*
 * Each style has a pair of curses.  A terminal whose entry counts 256 colours
 * may know RGB all the same (COLORTERM, or the flags Tc and RGB in the entry).
 * curses can't be told so without redefining the user's colours: it writes
 * numbers out of 256, and the sequences with them are replaced in our queue.
 */
#include "config.h"

#include "ui/term/draw-colour.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "ui/term/sendq.h"
#include "ui/term/tty-int.h"
#include "ui/term/tty.h"

/* At most: the styles, and five that take the colours of syntax. */
#define DRAW_COLOUR_PAIRS	(STYLE_COUNT + 5 * (SYNTAX_COUNT - 1))

static attr_t
draw_colour_attr(unsigned attr)
{
	return ((attr & PALETTE_BOLD) != 0 ? A_BOLD : A_NORMAL) |
	    ((attr & PALETTE_DIM) != 0 ? A_DIM : A_NORMAL) |
	    ((attr & PALETTE_UNDERLINE) != 0 ? A_UNDERLINE : A_NORMAL) |
	    ((attr & PALETTE_REVERSE) != 0 ? A_REVERSE : A_NORMAL);
}

/* A colour as curses counts it. */
static int
draw_colour_number(const struct draw_colours *c, int colour)
{
	/* The first numbers are the terminal's own colours there, too. */
	if (!c->direct || colour < 16)
		return c->direct && colour >= 8 ? 0 : colour;
	return (int)palette_shade(colour, c->ground);
}

/* A pair of its own for each look that has colours. */
static void
draw_colour_look(const struct draw_colours *c, struct palette_look look,
    struct draw_look *out, short *pair)
{
	int fg, bg;

	out->attr = draw_colour_attr(look.attr);
	out->shows = look.bg != PALETTE_OWN || (look.attr &
	    (PALETTE_REVERSE | PALETTE_UNDERLINE)) != 0;
	out->pair = 0;
	if (look.fg == PALETTE_OWN && look.bg == PALETTE_OWN)
		return;
	out->pair = (*pair)++;
	fg = draw_colour_number(c, look.fg);
	bg = draw_colour_number(c, look.bg);
#if defined(NCURSES_EXT_COLORS) && NCURSES_EXT_COLORS
	init_extended_pair(out->pair, fg, bg);
#else
	init_pair(out->pair, (short)fg, (short)bg);
#endif
}

void
draw_colour_set(struct draw_colours *c, enum palette_ground ground)
{
	short pair = 1;
	int i, k;

	c->ground = ground;
	for (i = 0; i < STYLE_COUNT; i++) {
		draw_colour_look(c, palette_look((enum style)i, c->depth,
		    ground), &c->looks[i][SYNTAX_REST], &pair);
		for (k = SYNTAX_REST + 1; k < SYNTAX_COUNT; k++)
			if (c->ink && screen_takes_ink((enum style)i))
				draw_colour_look(c, palette_ink((enum style)i,
				    (enum syntax_class)k, c->depth, ground),
				    &c->looks[i][k], &pair);
			else
				c->looks[i][k] = c->looks[i][SYNTAX_REST];
	}
}

void
draw_colour_init(struct draw_colours *c, enum draw_colour liked, bool slow)
{
	const char *name = getenv("TERM");

	memset(c, 0, sizeof(*c));
	if (liked != DRAW_COLOUR_NEVER && tty_wants_colour() && has_colors() &&
	    COLORS >= 8 && COLOR_PAIRS > STYLE_COUNT) {
#if defined(NCURSES_EXT_COLORS) && NCURSES_EXT_COLORS
		c->direct = COLORS > 256;
#endif
		c->depth = (slow && liked == DRAW_COLOUR_AUTO) ||
		    COLORS < 256 ? PALETTE_8 : c->direct ||
		    tty_knows_shades(name) ? PALETTE_TRUE : PALETTE_256;
		c->ink = c->depth >= PALETTE_256 &&
		    COLOR_PAIRS > DRAW_COLOUR_PAIRS;
	}
	draw_colour_set(c, liked == DRAW_COLOUR_DARK ? PALETTE_DARK :
	    liked == DRAW_COLOUR_LIGHT ? PALETTE_LIGHT : PALETTE_UNKNOWN);
}

/* Which of the 256 does this sequence set, as text or background? -1: none. */
static long
draw_colour_read(const char *esc, const char **after)
{
	char *end;
	long n;

	if (strncmp(esc, "\033[38;5;", 7) != 0 &&
	    strncmp(esc, "\033[48;5;", 7) != 0 &&
	    strncmp(esc, "\033[38:5:", 7) != 0 &&
	    strncmp(esc, "\033[48:5:", 7) != 0)
		return -1;
	n = strtol(esc + 7, &end, 10);
	*after = end + 1;
	return *end == 'm' && n >= 16 && n < 256 ? n : -1;
}

void
draw_colour_shade(const struct draw_colours *c, const struct tty *t)
{
	AUTO_BUF struct buf b = BUF_INIT(0), out = BUF_INIT(0);
	const char *p, *end, *esc, *after;
	uint32_t rgb;
	long n;

	if (c->depth != PALETTE_TRUE || c->direct)
		return;
	sendq_take_back(t->sendq, &b);
	end = buf_str(&b) + b.len;
	for (p = buf_str(&b); (esc = memchr(p, '\033', (size_t)(end - p))) !=
	    NULL; p = esc) {
		buf_add(&out, p, (size_t)(esc - p));
		if ((n = draw_colour_read(esc, &after)) < 0) {
			buf_addc(&out, *esc++);
			continue;
		}
		rgb = palette_shade((int)n, c->ground);
		buf_addf(&out, "\033[%c8;2;%u;%u;%um", esc[2], rgb >> 16,
		    rgb >> 8 & 255, rgb & 255);
		esc = after;
	}
	buf_add(&out, p, (size_t)(end - p));
	sendq_add(t->sendq, buf_str(&out), out.len);
}

size_t
draw_colour_cost(const struct draw_colours *c)
{
	return c->depth == PALETTE_TRUE ? 36 : c->depth == PALETTE_256 ? 16 :
	    8;
}
