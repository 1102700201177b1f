/* The palette is readable on each background, and says with any number of
 * colours, or none, what is which.  How the background is known. */
#include "config.h"

#include <math.h>

#include "base/mem.h"
#include "tests/unit/unit.h"
#include "ui/term/terminal.h"

#define READABLE 4.5	/* WCAG 2, for text of the usual size */
#define READABLE_SIGN 3	/* and for what isn't text; on any background */

/* Backgrounds that people have. */
static const uint32_t fix_dark[] = { 0x000000, 0x1e1e1e, 0x282c34, 0x002b36 };
static const uint32_t fix_light[] = { 0xffffff, 0xfdf6e3, 0xeeeeee };

static double
fix_part(uint32_t n)
{
	double c = n / 255.0;

	return c <= 0.03928 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static double
fix_light_of(uint32_t rgb)
{
	return 0.2126 * fix_part(rgb >> 16) +
	    0.7152 * fix_part(rgb >> 8 & 255) + 0.0722 * fix_part(rgb & 255);
}

static double
fix_contrast(uint32_t a, uint32_t b)
{
	double x = fix_light_of(a) + 0.05, y = fix_light_of(b) + 0.05;

	return x > y ? x / y : y / x;
}

static uint32_t
fix_rgb(int colour, uint32_t own, enum palette_depth depth,
    enum palette_ground g)
{
	return colour == PALETTE_OWN ? own : palette_rgb(colour, depth, g);
}

static void
want_readable(enum palette_depth depth, enum palette_ground g, uint32_t ground)
{
	struct palette_look look;
	uint32_t fg, bg;
	int i;

	for (i = 0; i < STYLE_COUNT; i++) {
		look = palette_look((enum style)i, SYNTAX_REST, depth, g);
		if (i == STYLE_RULE)
			continue;	/* no text */
		/* Text in the terminal's own colour is drawn only on its own
		 * background; its own eight colours may look like anything. */
		if (look.fg == PALETTE_OWN)
			assert_int_equal(look.bg, PALETTE_OWN);
		if (look.fg < 16 && look.bg == PALETTE_OWN)
			continue;
		assert_true(look.fg >= 16);
		/* Bold and underlined may be added, not what changes the
		 * colour. */
		assert_int_equal(look.attr & (PALETTE_REVERSE | PALETTE_DIM),
		    0);
		fg = fix_rgb(look.fg, 0, depth, g);
		bg = fix_rgb(look.bg, ground, depth, g);
		if (fix_contrast(fg, bg) < (look.bg == PALETTE_OWN &&
		    g == PALETTE_UNKNOWN ? READABLE_SIGN : READABLE))
			fail_msg("style %d, depth %d: #%06x on #%06x: %.2f", i,
			    (int)depth, fg, bg, fix_contrast(fg, bg));
	}
}

/* Syntax colours, on all that takes them. */
static void
want_ink_readable(enum palette_depth depth, enum palette_ground g,
    uint32_t ground)
{
	struct palette_look look, plain;
	uint32_t fg, bg;
	int i, k;

	for (i = 0; i < STYLE_COUNT; i++)
		for (k = SYNTAX_REST + 1; k < SYNTAX_COUNT; k++) {
			if (!screen_takes_ink((enum style)i))
				continue;
			plain = palette_look((enum style)i, SYNTAX_REST, depth,
			    g);
			look = palette_look((enum style)i,
			    (enum syntax_class)k, depth, g);
			/* Foreground only. */
			assert_int_equal(look.bg, plain.bg);
			assert_int_equal(look.attr, plain.attr);
			if (depth < PALETTE_256 || (g == PALETTE_UNKNOWN &&
			    look.bg == PALETTE_OWN)) {
				assert_int_equal(look.fg, plain.fg);
				continue;
			}
			fg = fix_rgb(look.fg, 0, depth, g);
			bg = fix_rgb(look.bg, ground, depth, g);
			if (fix_contrast(fg, bg) < READABLE)
				fail_msg("style %d, class %d, depth %d: #%06x "
				    "on #%06x: %.2f", i, k, (int)depth, fg,
				    bg, fix_contrast(fg, bg));
		}
}

static void
want_all_readable(enum palette_ground g, uint32_t ground)
{
	int depth;

	for (depth = PALETTE_NONE; depth <= PALETTE_TRUE; depth++) {
		if (depth >= PALETTE_256)
			want_readable((enum palette_depth)depth, g, ground);
		want_ink_readable((enum palette_depth)depth, g, ground);
	}
}

TEST(test_readable)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(fix_dark); i++) {
		want_all_readable(PALETTE_DARK, fix_dark[i]);
		want_all_readable(PALETTE_UNKNOWN, fix_dark[i]);
	}
	for (i = 0; i < MEM_COUNT(fix_light); i++) {
		want_all_readable(PALETTE_LIGHT, fix_light[i]);
		want_all_readable(PALETTE_UNKNOWN, fix_light[i]);
	}
}

static bool
fix_same(enum style a, enum style b, enum palette_depth depth,
    enum palette_ground g)
{
	struct palette_look x = palette_look(a, SYNTAX_REST, depth, g);
	struct palette_look y = palette_look(b, SYNTAX_REST, depth, g);

	return x.fg == y.fg && x.bg == y.bg && x.attr == y.attr;
}

/* Styles that nobody may confuse, with any number of colours. */
TEST(test_different)
{
	static const enum style pairs[][2] = {
		{ STYLE_ADD, STYLE_DEL }, { STYLE_ADD, STYLE_CONTEXT },
		{ STYLE_ADD, STYLE_ADD_WORD }, { STYLE_DEL, STYLE_DEL_WORD },
		{ STYLE_ADD_WORD, STYLE_DEL_WORD },
		{ STYLE_TAB, STYLE_TAB_ON }, { STYLE_PLAIN, STYLE_CURRENT },
		{ STYLE_PLAIN, STYLE_BADGE }, { STYLE_STATUS, STYLE_ALARM },
		{ STYLE_STATUS, STYLE_TURN }, { STYLE_DEL, STYLE_CONTEXT },
		{ STYLE_DEL_SIGN, STYLE_CONTEXT },
		{ STYLE_DEL_SIGN, STYLE_PLAIN },
		{ STYLE_ALARM, STYLE_TURN },
		{ STYLE_PLAIN, STYLE_FOUND },
	};
	/* Marks for bytes look different from text. */
	static const enum style signs[] = { STYLE_MARK, STYLE_BLANK };
	static const enum style texts[] = { STYLE_PLAIN, STYLE_DIM, STYLE_BOLD,
		STYLE_ADD, STYLE_DEL, STYLE_CONTEXT, STYLE_ADD_WORD,
		STYLE_DEL_WORD, STYLE_CODE, STYLE_NAME, STYLE_FOUND,
		STYLE_EMPH };
	int depth, g;
	size_t i, k;

	for (depth = PALETTE_NONE; depth <= PALETTE_TRUE; depth++)
		for (g = PALETTE_UNKNOWN; g <= PALETTE_LIGHT; g++) {
			for (i = 0; i < MEM_COUNT(pairs); i++)
				assert_false(fix_same(pairs[i][0], pairs[i][1],
				    (enum palette_depth)depth,
				    (enum palette_ground)g));
			for (i = 0; i < MEM_COUNT(signs); i++)
				for (k = 0; k < MEM_COUNT(texts); k++)
					if (fix_same(signs[i], texts[k],
					    (enum palette_depth)depth,
					    (enum palette_ground)g))
						fail_msg("%d %d: %d as %d",
						    depth, g, signs[i],
						    texts[k]);
		}
}

/* Without colour nothing has one; the cursor, the focused pane's title, the
 * alarm and what was searched for are reversed, beside the signs. */
TEST(test_none)
{
	struct palette_look look;
	int i, g;

	for (g = PALETTE_UNKNOWN; g <= PALETTE_LIGHT; g++)
		for (i = 0; i < STYLE_COUNT; i++) {
			look = palette_look((enum style)i, SYNTAX_REST,
			    PALETTE_NONE, (enum palette_ground)g);
			assert_int_equal(look.fg, PALETTE_OWN);
			assert_int_equal(look.bg, PALETTE_OWN);
			/* Lines to be decided aren't dim. */
			assert_int_equal((look.attr & PALETTE_DIM) != 0,
			    i == STYLE_CONTEXT);
			assert_int_equal((look.attr & PALETTE_REVERSE) != 0,
			    i == STYLE_CURRENT || i == STYLE_MARK ||
			    i == STYLE_ALARM || i == STYLE_TAB_ON ||
			    i == STYLE_FOUND || i == STYLE_BLANK);
		}
}

/* ---- dark or light? ---- */

TEST(test_answers)
{
	static const struct {
		const char *in;
		bool whole;
		enum palette_ground want;
	} cases[] = {
		{ "\033]11;rgb:0000/0000/0000\007", true, PALETTE_DARK },
		{ "\033]11;rgb:ffff/ffff/ffff\033\\", true, PALETTE_LIGHT },
		{ "yy\033\033]11;rgb:fd/f6/e3\007n", true, PALETTE_LIGHT },
		{ "\033]1\033]11;rgba:0/2/3/f\007", true, PALETTE_DARK },
		{ "\033]10;rgb:ffff/ffff/ffff\007", false, PALETTE_UNKNOWN },
		{ "\033]11;rgb:ffff/ffff/ffff", false, PALETTE_UNKNOWN },
		{ "\033]11;rgb:ffff/ffff\007", true, PALETTE_UNKNOWN },
		{ "\033]11;rgb:fffff/0/0\007", true, PALETTE_UNKNOWN },
		{ "\033]11;rgb://\007", true, PALETTE_UNKNOWN },
		{ "\033]11;white\007", true, PALETTE_UNKNOWN },
		{ "\033]11;rgb:ffff/ffff/ffff/ffff/ffff/ffff/ffff/ffff/ffff\007",
		    true, PALETTE_LIGHT },
	};
	enum palette_ground got;
	struct ground g;
	size_t i, step, at, n, len;
	bool whole;

	for (i = 0; i < MEM_COUNT(cases); i++)
		for (len = strlen(cases[i].in), step = 1; step <= len;
		    step++) {
			memset(&g, 0, sizeof(g));
			got = PALETTE_UNKNOWN;
			whole = false;
			for (at = 0; at < len; at += n) {
				n = len - at < step ? len - at : step;
				whole = ground_feed(&g, cases[i].in + at, n,
				    &got) || whole;
			}
			if (whole != cases[i].whole || got != cases[i].want)
				fail_msg("%zu by %zu: %d, %d", i, step, whole,
				    (int)got);
		}
}
