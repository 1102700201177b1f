/*
 * One row for each style.  Colour is never the only difference: signs, letters
 * and brackets say the same.
 *
 * Green is added or good, red removed or bad, yellow a warning; all else that
 * must stand out has one accent.  Rows that changed have a tinted background,
 * and the words that differ a stronger one.  Around the text there is less
 * contrast: context, tabs, status, hints.
 *
 * Syntax has neither green, red nor the accent.
 */

#include "config.h"

#include "ui/term/terminal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define OWN	PALETTE_OWN
#define B	PALETTE_BOLD
#define D	PALETTE_DIM
#define U	PALETTE_UNDERLINE
#define R	PALETTE_REVERSE

enum { RED = 1, GREEN, YELLOW, BLUE, MAGENTA, CYAN };

struct palette_row {
	short	dark, dark_bg;		/* of 256 */
	short	light, light_bg;
	uint8_t	attr;			/* with 256 colours */
	int8_t	eight;			/* text, on the terminal's background */
	uint8_t	eight_attr;
	uint8_t	none;			/* attributes without any colour.
					   Reversed are the cursor, the title
					   of the pane that has the keys, the
					   alarm, what was searched for, and
					   signs that stand for bytes: else
					   those could be taken for text. */
};

static const struct palette_row palette_rows[STYLE_COUNT] = {
	/*		     dark	light		8	    none */
	[STYLE_PLAIN]	 = { OWN, OWN,	OWN, OWN, 0,	OWN, 0,	    0 },
	[STYLE_DIM]	 = { 246, OWN,	242, OWN, 0,	OWN, D,	    0 },
	[STYLE_BOLD]	 = { OWN, OWN,	OWN, OWN, B,	OWN, B,	    B },
	[STYLE_MARK]	 = { 231, 60,	16, 189, 0,	MAGENTA, R, R },
	/* The darkest green of the 256, with a text that is brighter for it. */
	[STYLE_ADD]	 = { 255, 22,	16, 194, 0,	GREEN, 0,   B },
	[STYLE_DEL]	 = { 253, 52,	16, 224, 0,	RED, 0,	    0 },
	[STYLE_ADD_WORD] = { 231, 28,	16, 157, 0,	GREEN, B | U, B | U },
	[STYLE_DEL_WORD] = { 231, 124,	16, 217, 0,	RED, B | U, U },
	[STYLE_DEL_SIGN] = { 253, 52,	16, 224, 0,	RED, B,	    B },
	[STYLE_CONTEXT]	 = { 249, OWN,	239, OWN, 0,	OWN, 0,	    D },
	[STYLE_HUNK]	 = { 80, OWN,	24, OWN, 0,	CYAN, 0,    B },
	[STYLE_FILE]	 = { OWN, OWN,	OWN, OWN, B,	OWN, B,	    B },
	[STYLE_BADGE]	 = { 221, OWN,	94, OWN, B,	YELLOW, B,  B },
	[STYLE_ALARM]	 = { 16, 214,	231, 124, B,	YELLOW, B | R, B | R },
	[STYLE_GOOD]	 = { 114, OWN,	22, OWN, B,	GREEN, B,   B },
	[STYLE_BAD]	 = { 210, OWN,	124, OWN, B,	RED, B,	    B },
	[STYLE_USER]	 = { 80, OWN,	24, OWN, B,	CYAN, B,    B },
	[STYLE_MODEL]	 = { OWN, OWN,	OWN, OWN, 0,	OWN, 0,	    0 },
	[STYLE_TAB]	 = { 249, 236,	239, 254, 0,	OWN, U,	    U },
	[STYLE_TAB_ON]	 = { 16, 80,	231, 24, B,	OWN, B | R, B | R },
	[STYLE_STATUS]	 = { 249, 236,	239, 254, 0,	OWN, U,	    U },
	[STYLE_TURN]	 = { 231, 236,	16, 254, B,	OWN, B | U, B | U },
	[STYLE_RULE]	 = { 236, 236,	254, 254, 0,	OWN, D,	    0 },
	[STYLE_KEY]	 = { 80, OWN,	24, OWN, 0,	OWN, B,	    B },
	[STYLE_CURRENT]	 = { 80, OWN,	24, OWN, B,	CYAN, B,    B | R },
	[STYLE_ROW]	 = { 255, 238,	16, 252, 0,	OWN, U,	    U },
	[STYLE_FOUND]	 = { 16, 221,	16, 221, 0,	CYAN, R,    U | R },
	[STYLE_BLANK]	 = { 16, 179,	16, 179, 0,	YELLOW, R,  R },
	[STYLE_CODE]	 = { 152, OWN,	23, OWN, 0,	CYAN, 0,    0 },
	[STYLE_NAME]	 = { 80, OWN,	24, OWN, 0,	CYAN, 0,    B },
	[STYLE_EMPH]	 = { OWN, OWN,	OWN, OWN, U,	OWN, U,	    U },
	[STYLE_LINK]	 = { 80, OWN,	24, OWN, U,	CYAN, U,    U },
};

/* Inks out of 256 colours, which can be read on tinted rows, too. */
static const struct {
	short	dark, light;
} palette_inks[SYNTAX_COUNT] = {
	[SYNTAX_REST]	  = { OWN, OWN },
	[SYNTAX_COMMENT]  = { 252, 241 },
	[SYNTAX_STRING]	  = { 222, 58 },
	[SYNTAX_NUMBER]	  = { 223, 55 },
	[SYNTAX_KEYWORD]  = { 219, 90 },
	[SYNTAX_FUNCTION] = { 117, 19 },
	[SYNTAX_TYPE]	  = { 159, 23 },
	[SYNTAX_META]	  = { 152, 240 },
};

/* Finer shades of some of the 256, on a dark background and on a light one. */
static const struct {
	short	 colour;
	uint32_t dark, light;
} palette_shades[] = {
	{ 22, 0x14331f, 0x005f00 }, { 28, 0x1f6b38, 0x008700 },
	{ 52, 0x3a1b1d, 0x5f0000 }, { 124, 0x84292c, 0xaf0000 },
	{ 255, 0xdadada, 0xeeeeee },
	{ 194, 0xd7ffd7, 0xe0f7e3 }, { 157, 0xafffaf, 0xa5e5ae },
	{ 224, 0xffd7d7, 0xfde5e4 }, { 217, 0xffafaf, 0xf6b5b0 },
	{ 236, 0x292c30, 0x303030 }, { 254, 0xe4e4e4, 0xebedf0 },
	{ 80, 0x6cc7d9, 0x5fd7d7 }, { 24, 0x005f87, 0x0b5c84 },
	{ 252, 0xa3a9ad, 0xd0d0d0 },
};

/* On a background that we don't know: readable on dark and on light ones. */
static const short palette_middle[] = {
	[RED] = 167, [GREEN] = 29, [YELLOW] = 166, [MAGENTA] = 133,
	[CYAN] = 31,
};

/* Replace colours of the terminal's own eight that are hard to read: yellow and
 * cyan on white, and yellow for text on an unknown background. */
static int
palette_eight(int colour, unsigned attr, enum palette_ground g)
{
	if (colour == YELLOW && g != PALETTE_DARK &&
	    (attr & PALETTE_REVERSE) == 0)
		return MAGENTA;
	if (colour == CYAN && g == PALETTE_LIGHT)
		return BLUE;
	return colour;
}

/* The style's own look. */
static struct palette_look
palette_plain(enum style style, enum palette_depth depth, enum palette_ground g)
{
	const struct palette_row *r = &palette_rows[style];

	if (depth == PALETTE_NONE)
		return (struct palette_look){ OWN, OWN, r->none };
	/* A row with a background of its own is readable on each. */
	if (depth >= PALETTE_256 && g == PALETTE_UNKNOWN && r->dark_bg == OWN &&
	    (r->eight_attr & PALETTE_REVERSE) == 0 && r->dark != OWN &&
	    (style == STYLE_KEY || r->eight != OWN))
		return (struct palette_look){ palette_middle[style ==
		    STYLE_KEY ? CYAN : r->eight], OWN, r->attr };
	if (depth == PALETTE_8 || (g == PALETTE_UNKNOWN && r->dark_bg == OWN))
		return (struct palette_look){ palette_eight(r->eight,
		    r->eight_attr, g), OWN, r->eight_attr };
	return g == PALETTE_LIGHT ?
	    (struct palette_look){ r->light, r->light_bg, r->attr } :
	    (struct palette_look){ r->dark, r->dark_bg, r->attr };
}

struct palette_look
palette_look(enum style style, enum syntax_class class,
    enum palette_depth depth, enum palette_ground g)
{
	struct palette_look look = palette_plain(style, depth, g);
	short ink = g == PALETTE_LIGHT ? palette_inks[class].light :
	    palette_inks[class].dark;

	/* On an unknown background, only rows with a background of their own
	 * get syntax colors. */
	if (depth < PALETTE_256 || ink == OWN ||
	    (g == PALETTE_UNKNOWN && look.bg == OWN))
		return look;
	/* What isn't tinted has more room for a quiet comment. */
	if (class == SYNTAX_COMMENT && look.bg == OWN)
		ink = g == PALETTE_LIGHT ? palette_rows[STYLE_DIM].light :
		    palette_rows[STYLE_DIM].dark;
	look.fg = ink;
	return look;
}

static uint32_t
palette_step(int n)
{
	return n == 0 ? 0 : (uint32_t)n * 40 + 55;
}

uint32_t
palette_rgb(int c, enum palette_depth depth, enum palette_ground g)
{
	size_t i;

	for (i = 0; depth == PALETTE_TRUE && i < MEM_COUNT(palette_shades);
	    i++)
		if (palette_shades[i].colour == c)
			return g == PALETTE_LIGHT ? palette_shades[i].light :
			    palette_shades[i].dark;
	if (c >= 232)
		return (uint32_t)(c - 232) * 0x0a0a0a + 0x080808;
	c -= 16;
	return palette_step(c / 36) << 16 | palette_step(c / 6 % 6) << 8 |
	    palette_step(c % 6);
}

/* ---- the background ---- */

/*
 * Is it dark or light? By the environment, else by the terminal's answer to a
 * question (OSC 11). This only watches the input: what the keys are is decided
 * elsewhere (ui/keys).
 */

static const char ground_begin[] = "\033]11;";

enum palette_ground
ground_by_environment(const char *colorfgbg, const char *term)
{
	const char *last;
	char *end;
	long n;

	if (colorfgbg != NULL && (last = strrchr(colorfgbg, ';')) != NULL) {
		n = strtol(last + 1, &end, 10);
		if (end > last + 1 && *end == '\0' && n >= 0 && n < 16)
			return n < 7 || n == 8 ? PALETTE_DARK : PALETTE_LIGHT;
	}
	/* The console of Linux. */
	return term != NULL && strncmp(term, "linux", 5) == 0 ? PALETTE_DARK :
	    PALETTE_UNKNOWN;
}

/* A part of a colour, of one to four hex digits, in thousandths; -1: none. */
static long
ground_part(const char *s, char **end)
{
	long n = strtol(s, end, 16), most = 1;
	size_t digits = (size_t)(*end - s);

	if (digits < 1 || digits > 4)
		return -1;
	while (digits-- > 0)
		most *= 16;
	return n * 1000 / (most - 1);
}

/* "rgb:R/G/B", or "rgba:R/G/B/A". */
static enum palette_ground
ground_read(const char *s)
{
	const char *p = strchr(s, ':');
	long parts[3];
	char *end;
	int i;

	if (strncmp(s, "rgb", 3) != 0 || p == NULL)
		return PALETTE_UNKNOWN;
	for (i = 0; i < 3; i++, p = end) {
		parts[i] = ground_part(p + 1, &end);
		if (parts[i] < 0 || (i < 2 && *end != '/'))
			return PALETTE_UNKNOWN;
	}
	return parts[0] * 299 + parts[1] * 587 + parts[2] * 114 > 500000 ?
	    PALETTE_LIGHT : PALETTE_DARK;
}

static bool
ground_byte(struct ground *g, unsigned char c)
{
	if (c == 0x9d) {
		g->matched = 2;		/* ESC ] as one byte */
		return false;
	}
	if (g->matched < sizeof(ground_begin) - 1) {
		g->matched = c == (unsigned char)ground_begin[g->matched] ?
		    g->matched + 1 : c == 0x1b;
		return false;
	}
	if (c >= 0x20 && c < 0x7f) {
		if (g->len < sizeof(g->answer) - 1)
			g->answer[g->len++] = (char)c;
		return false;
	}
	/* BEL, or the ESC of its end, or ST as one byte. */
	g->answer[g->len] = '\0';
	g->matched = g->len = 0;
	return true;
}

bool
ground_feed(struct ground *g, const char *p, size_t n,
    enum palette_ground *out)
{
	bool whole = false;
	size_t i;

	for (i = 0; i < n; i++)
		if (ground_byte(g, (unsigned char)p[i])) {
			whole = true;
			*out = ground_read(g->answer);
		}
	return whole;
}
