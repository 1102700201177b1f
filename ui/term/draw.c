/* Only rows that changed are passed to curses. */

#include "config.h"

#include "ui/term/terminal.h"

#include <curses.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "ui/term/screen.h"
#include "ui/term/tty-int.h"

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

/* At most: the styles, and five that take the colours of syntax. */
#define DRAW_COLOUR_PAIRS	(STYLE_COUNT + 5 * (SYNTAX_COUNT - 1))

/*
 * Each style has a pair of curses.  A terminal whose entry counts 256 colours
 * may know RGB all the same (COLORTERM, or the flags Tc and RGB in the entry).
 * curses can't be told so without redefining the user's colours: it writes
 * numbers out of 256, and the sequences with them are replaced in our queue.
 */

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
	return (int)palette_rgb(colour, PALETTE_TRUE, c->ground);
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

/* The background is known, or another. */
static void
draw_colour_set(struct draw_colours *c, enum palette_ground ground)
{
	short pair = 1;
	int i, k;

	c->ground = ground;
	for (i = 0; i < STYLE_COUNT; i++) {
		for (k = SYNTAX_REST; k < SYNTAX_COUNT; k++)
			if (k == SYNTAX_REST || (c->ink &&
			    screen_takes_ink((enum style)i)))
				draw_colour_look(c, palette_look((enum style)i,
				    (enum syntax_class)k, c->depth, ground),
				    &c->looks[i][k], &pair);
			else
				c->looks[i][k] = c->looks[i][SYNTAX_REST];
	}
}

/* Begin or end a frame: a terminal that can (synchronized output) shows it only
 * when it is complete. */
static void
draw_sync(const struct tty *t, bool begin)
{
	if (t->sync)
		sendq_adds(t->sendq, begin ? "\033[?2026h" : TTY_SYNC_OFF);
}

/* Turn wrapping off; curses turns it on when it enters the terminal. */
static void
draw_unwrap(const struct tty *t)
{
	if (t->unwraps)
		sendq_adds(t->sendq, "\033[?7l");
}

/* After the terminal was entered. */
static void
draw_colour_init(struct draw_colours *c, enum draw_colour liked, bool slow,
    bool shades)
{
	memset(c, 0, sizeof(*c));
	if (liked != DRAW_COLOUR_NEVER && has_colors() &&
	    COLORS >= 8 && COLOR_PAIRS > STYLE_COUNT) {
#if defined(NCURSES_EXT_COLORS) && NCURSES_EXT_COLORS
		c->direct = COLORS > 256;
#endif
		c->depth = (slow && liked == DRAW_COLOUR_AUTO) ||
		    COLORS < 256 ? PALETTE_8 : c->direct ||
		    shades ? PALETTE_TRUE : PALETTE_256;
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

/* What is after a control sequence that ends so; NULL: it is another. */
static const char *
draw_after(const char *p, char end)
{
	if (p == NULL || p[0] != '\033' || p[1] != '[')
		return NULL;
	p += 2 + strspn(p + 2, "0123456789;");
	return *p == end ? p + 1 : NULL;
}

/* To scroll a part of the screen, curses also saves the cursor or goes there,
 * though it doesn't know afterwards where it is. What is after all that; NULL:
 * it is something else. */
static const char *
draw_short_scroll(const char *esc, struct buf *out)
{
	const char *region = esc[1] == '7' ? esc + 2 : esc, *by, *rest;
	const char *at = draw_after(region, 'r'), *end = at;

	if (at == NULL || (esc < region && strncmp(at, "\0338", 2) != 0))
		return NULL;
	at += esc < region ? 2 : 0;
	at += *at == '\r';
	by = draw_after(at, 'H');
	by = by != NULL ? by : draw_after(at, 'd');
	by = by != NULL ? by : at;
	rest = *by == '\n' ? by + 1 : draw_after(by, 'S');
	if (rest == NULL || strncmp(rest, "\033[1;", 4) != 0 ||
	    (at = draw_after(rest, 'r')) == NULL)
		return NULL;
	buf_add(out, region, (size_t)(end - region));
	if (*by == '\n')
		buf_adds(out, "\033[S");
	else
		buf_add(out, by, (size_t)(rest - by));
	buf_adds(out, "\033[r");
	return at;
}

/* What is after a sequence that the next one makes needless: the set of
 * characters, which is always the same, and colours before all is reset. */
static const char *
draw_needless(const char *esc)
{
	static const char *const none[] = { "\033(B", "\033[39m", "\033[49m",
		"\033[39;49m" };
	const char *after;
	size_t i;

	for (i = 0; i < MEM_COUNT(none); i++)
		if (strncmp(esc, none[i], strlen(none[i])) == 0)
			break;
	if (i == MEM_COUNT(none))
		return NULL;
	after = esc + strlen(none[i]);
	esc = strncmp(after, none[0], 3) == 0 ? after + 3 : after;
	return strncmp(esc, "\033[m", 3) == 0 || strncmp(esc, "\033[0", 3) == 0 ?
	    esc : NULL;
}

#define DRAW_THEMED 22	/* the colours before it are other ones in some themes */

/* A finer shade in place of a colour out of 256, if it has one. */
static const char *
draw_shade(const struct draw_colours *c, const char *esc, struct buf *out)
{
	const char *after;
	long n = draw_colour_read(esc, &after);
	uint32_t rgb;

	if (n < 0)
		return NULL;
	rgb = palette_rgb((int)n, PALETTE_TRUE, c->ground);
	if (n >= DRAW_THEMED && rgb == palette_rgb((int)n, PALETTE_256,
	    c->ground))
		return NULL;
	buf_addf(out, "\033[%c8;2;%u;%u;%um", esc[2], rgb >> 16,
	    rgb >> 8 & 255, rgb & 255);
	return after;
}

#define DRAW_ASK_GROUND	"\033]11;?\007"
#define DRAW_ANSWER_MS	2000	/* an answer may still be under way */
#define DRAW_SCROLL_MIN 4	/* rows that stay when text moves up */
#define DRAW_GREW 4		/* cells that the last one begins with */

struct draw {
	struct tty	*tty;
	struct screen	 last;
	bool		 valid;
	struct draw_colours colours;
	struct ground	 ground;	/* the answer, as far as it came */
	bool		 hides;		/* the cursor is invisible */
	cchar_t		*row;		/* one row, built here */
	const struct draw_look *look;	/* of these; NULL: of none */
	cchar_t		 ascii[0x80];	/* characters for curses, */
	bool		 made[0x80];	/* if they are made */
	bool		*pick;		/* rows to send now */
	size_t		 rewritten;	/* bytes that wait to be sent, of this
					   frame */
};

struct draw *
draw_new(struct tty *tty, enum draw_colour liked, bool slow)
{
	struct draw *d = xcalloc(1, sizeof(*d));

	d->tty = tty;
	draw_colour_init(&d->colours, liked, slow, tty->shades);
	return d;
}

void
draw_free(struct draw *d)
{
	if (d == NULL)
		return;
	screen_release(&d->last);
	FREE_ALL(d->row, d->pick, d);
}

bool
draw_has_ink(const struct draw *d)
{
	return d->colours.ink;
}

/* The background is this. */
static void
draw_set_ground(struct draw *d, enum palette_ground ground)
{
	draw_colour_set(&d->colours, ground);
	d->look = NULL;
	/* curses finds out which of the cells look different now. */
	if (d->last.cells != NULL)
		memset(d->last.cells, 0, (size_t)d->last.rows *
		    (size_t)d->last.cols * sizeof(*d->last.cells));
}

bool
draw_ask_ground(struct draw *d, bool slow)
{
	enum palette_ground ground = ground_by_environment(
	    getenv("COLORFGBG"), getenv("TERM"));
	struct tty *t = d->tty;

	if (d->colours.depth == PALETTE_NONE ||
	    d->colours.ground != PALETTE_UNKNOWN)
		return false;
	if (ground != PALETTE_UNKNOWN)
		draw_set_ground(d, ground);
	/* A slow line would get a frame twice. */
	if (ground != PALETTE_UNKNOWN || slow || !t->like_xterm || !t->entered)
		return false;
	sendq_adds(t->sendq, DRAW_ASK_GROUND);
	t->asked_until = clock_mono_ms() + DRAW_ANSWER_MS;
	return true;
}

bool
draw_read_ground(struct draw *d, const char *p, size_t n)
{
	enum palette_ground ground;

	if (!ground_feed(&d->ground, p, n, &ground))
		return false;
	d->tty->asked_until = 0;
	if (ground != PALETTE_UNKNOWN)
		draw_set_ground(d, ground);
	return true;
}

void
draw_reset(struct draw *d, int rows, int cols)
{
	screen_resize(&d->last, rows, cols);
	d->row = xreallocarray(d->row, (size_t)d->last.cols + 1,
	    sizeof(*d->row));
	d->pick = xreallocarray(d->pick, (size_t)d->last.rows,
	    sizeof(*d->pick));
	d->valid = false;
	if (LINES != rows || COLS != cols)
		resizeterm(rows, cols);
	clearok(curscr, TRUE);
}

/* Do blanks in this style look different? */
static bool
draw_shows(const struct draw *d, enum style style)
{
	return d->colours.looks[style][SYNTAX_REST].shows;
}

/* Where the blanks end that begin here and show nothing; x: there are none. */
static int
draw_blanks_end(const struct draw *d, const struct cell *now, int x, int cols)
{
	while (x < cols && now[x].text[0] == ' ' && now[x].text[1] == '\0' &&
	    !d->colours.looks[now[x].style][SYNTAX_REST].shows)
		x++;
	return x;
}

/* The style of the blanks [x, to), which show nothing of it: the one that costs
 * no bytes between the words on both sides, and plain at the ends of a row. */
static enum style
draw_blank_style(const struct draw *d, const struct cell *now, int x, int to,
    int cols)
{
	if (x == 0 || to == cols || now[x - 1].style == STYLE_PLAIN)
		return STYLE_PLAIN;
	if (!draw_shows(d, now[to].style))
		return now[to].style;
	return draw_shows(d, now[x - 1].style) ? STYLE_PLAIN : now[x - 1].style;
}

static void
draw_character(const struct cell *c, const struct draw_look *look, cchar_t *out)
{
	wchar_t w[CCHARW_MAX + 1];
	size_t i, n = strlen(c->text), used, len = 0;
	uint32_t cp;

	for (i = 0; i < n && len < CCHARW_MAX; i += used) {
		used = utf8_next(c->text + i, n - i, &cp);
		if (used == 0)
			break;
		w[len++] = (wchar_t)cp;
	}
	w[len] = L'\0';
	if (setcchar(out, w, look->attr, look->pair, NULL) == ERR)
		setcchar(out, L"?", A_REVERSE, 0, NULL);
}

static void
draw_cell(struct draw *d, const struct cell *c, enum style style, uint8_t ink,
    cchar_t *out)
{
	const struct draw_look *look = &d->colours.looks[style][ink];
	unsigned char at = (unsigned char)c->text[0];

	if (at >= MEM_COUNT(d->ascii) || c->text[1] != '\0') {
		draw_character(c, look, out);
		return;
	}
	if (d->look != look)
		memset(d->made, 0, sizeof(d->made));
	d->look = look;
	if (!d->made[at])
		draw_character(c, look, &d->ascii[at]);
	d->made[at] = true;
	*out = d->ascii[at];
}

/* The cells [x, last) of a row for curses; returns how many. */
static int
draw_cells(struct draw *d, const struct cell *now, int x, int last, int cols)
{
	enum style style;
	uint8_t ink = x > 0 ? now[x - 1].ink : SYNTAX_REST;
	int to, end, n = 0;

	for (; x < last; x = to) {
		to = x + 1;
		style = now[x].style;
		/* The colour of a space doesn't show. */
		if (now[x].text[0] != ' ' || x == 0 ||
		    style != now[x - 1].style)
			ink = now[x].ink;
		end = now[x].text[0] != ' ' ? x :
		    draw_blanks_end(d, now, x, cols);
		if (end > x) {
			to = end;
			style = draw_blank_style(d, now, x, to, cols);
			if (style == STYLE_PLAIN)
				ink = SYNTAX_REST;
		}
		for (; x < to && x < last; x++)
			/* The second cell of a wide character isn't sent. */
			if (now[x].text[0] != '\0')
				draw_cell(d, &now[x], style, ink,
				    &d->row[n++]);
	}
	return n;
}

/* Our own dots, and vertical lines (see screen_bar), which a file may have,
 * too. */
static bool
draw_is_own(const struct cell *c)
{
	return (unsigned char)c->text[0] >= 0x80 &&
	    (strcmp(c->text, "\xc2\xb7") == 0 ||
	    ((c->style == STYLE_RULE || c->style == STYLE_CURRENT) &&
	    strcmp(c->text, "\xe2\x94\x82") == 0));
}

/*
 * Does anything change after a character that the terminal may count as wider
 * or narrower than we do, so that we may not know the column? Time and tokens,
 * which change often, follow our own dots, and panes our lines: these count only
 * if they appear, disappear or move.
 */
static bool
draw_is_doubtful(const struct cell *was, const struct cell *now, int cols)
{
	bool wide = false, same;
	int x, bits = 0;

	for (x = 0; x < cols; x++)
		bits |= was[x].text[0] | now[x].text[0];
	/* Most rows are ASCII. */
	if ((bits & 0x80) == 0)
		return false;
	for (x = 0; x < cols; x++) {
		same = memcmp(&was[x], &now[x], sizeof(*now)) == 0;
		if (!same && (draw_is_own(&was[x]) || draw_is_own(&now[x])))
			return true;
		wide = wide || ((unsigned char)was[x].text[0] >= 0x80 &&
		    !draw_is_own(&was[x])) ||
		    ((unsigned char)now[x].text[0] >= 0x80 &&
		    !draw_is_own(&now[x]));
		if (wide && !same)
			return true;
	}
	return false;
}

/* ---- what is sent ---- */

static size_t
draw_line(const struct screen *s)
{
	return (size_t)s->cols * sizeof(*s->cells);
}

static const struct cell *
draw_last(const struct draw *d, int y)
{
	return d->last.cells + (size_t)y * (size_t)d->last.cols;
}

static bool
draw_is_same(const struct cell *was, const struct cell *now)
{
	return memcmp(was, now, sizeof(*now)) == 0;
}

static void
draw_choose(struct draw *d, const struct screen *s)
{
	int y;

	for (y = 0; y < s->rows; y++)
		d->pick[y] = !d->valid || ((s->anew.rows == 0 || (y >=
		    s->anew.y && y < s->anew.y + s->anew.rows)) &&
		    memcmp(screen_cell(s, y, 0), draw_last(d, y),
		    draw_line(s)) != 0);
}

/* Does a row have nothing but ASCII? */
static bool
draw_is_ascii(const struct cell *row, int cols)
{
	int x, bits = 0;

	for (x = 0; x < cols; x++)
		bits |= row[x].text[0];
	return (bits & 0x80) == 0;
}

/* How many rows from y on were shown `by` rows further down; *n: how many of them
 * differ from what was shown there. */
static int
draw_moved(const struct draw *d, const struct screen *s, int y, int by, int *n)
{
	int end = y;

	for (*n = 0; end + by < s->rows && memcmp(screen_cell(s, end, 0),
	    draw_last(d, end + by), draw_line(s)) == 0 &&
	    draw_is_ascii(draw_last(d, end), s->cols) &&
	    draw_is_ascii(draw_last(d, end + by), s->cols); end++)
		*n += d->pick[end];
	return end - y;
}

/* Where the terminal's cursor is, as far as that is known, in what is rewritten. */
struct draw_at {
	int	 y;		/* -1: unknown */
	bool	 plain;		/* no style is set */
};

/* To a row below, if newlines, and blanks that are there or a column, are
 * shorter. */
static const char *
draw_next_row(const struct draw *d, const char *esc, struct draw_at *at,
    struct buf *out)
{
	const char *after = draw_after(esc, 'H');
	int y, x, n, was = at->y;
	char *end, column[16];
	bool blanks;

	if (after == NULL)
		return NULL;
	at->y = -1;
	y = (int)strtol(esc + 2, &end, 10);
	x = *end == ';' ? (int)strtol(end + 1, NULL, 10) : 0;
	if (y < 1 || x < 1 || y-- > d->last.rows)
		return NULL;
	at->y = y;
	if (!d->tty->unwraps || was < 0 || y <= was || x > d->last.cols)
		return NULL;
	n = snprintf(column, sizeof(column), "\033[%dG", x);
	blanks = at->plain && x <= n &&
	    draw_blanks_end(d, draw_last(d, y), 0, x - 1) >= x - 1;
	if (y - was + (blanks ? x : n) >= after - esc)
		return NULL;
	buf_adds(out, blanks ? "\r" : "");
	for (; was < y; was++)
		buf_addc(out, '\n');
	if (blanks)
		buf_addf(out, "%*s", x - 1, "");
	else
		buf_adds(out, column);
	return after;
}

/* What is after the sequence, if it was rewritten; NULL: it stays. */
static const char *
draw_rewrite_one(const struct draw *d, const char *esc, struct draw_at *at,
    struct buf *out)
{
	const struct draw_colours *c = &d->colours;
	const char *after = c->depth == PALETTE_TRUE && !c->direct ?
	    draw_shade(c, esc, out) : NULL;

	if (after != NULL) {
		at->plain = false;
		return after;
	}
	if (!d->tty->like_xterm)
		return NULL;
	if ((after = draw_needless(esc)) != NULL ||
	    (after = draw_next_row(d, esc, at, out)) != NULL ||
	    draw_after(esc, 'H') != NULL)
		return after;
	if (draw_after(esc, 'm') != NULL)
		at->plain = strncmp(esc, "\033[m", 3) == 0;
	else
		at->y = -1;
	return draw_short_scroll(esc, out);
}

/* What curses has written and wasn't sent yet: in fewer bytes, and with finer
 * shades. */
static void
draw_rewrite(struct draw *d)
{
	AUTO_BUF struct buf b = BUF_INIT(0), out = BUF_INIT(0);
	struct draw_at at = { .y = -1, .plain = true };
	struct sendq *q = d->tty->sendq;
	const char *p, *end, *esc, *after;

	if (!sendq_has_escapes(q))
		return;
	sendq_take_back(q, &b);
	end = buf_str(&b) + b.len;
	buf_add(&out, buf_str(&b), d->rewritten);
	for (p = buf_str(&b) + d->rewritten; (esc = memchr(p, '\033', (size_t)(end - p))) !=
	    NULL; p = after) {
		buf_add(&out, p, (size_t)(esc - p));
		if (memchr(p, '\n', (size_t)(esc - p)) != NULL)
			at.y = -1;
		after = draw_rewrite_one(d, esc, &at, &out);
		if (after == NULL) {
			buf_addc(&out, *esc);
			after = esc + 1;
		}
	}
	buf_add(&out, p, (size_t)(end - p));
	sendq_add(q, buf_str(&out), out.len);
	d->rewritten = out.len;
}

/* Pass what differs in a row of the screen to curses, for there. The blanks
 * beside it may have another style now. */
static void
draw_row(struct draw *d, const struct screen *s, int y, int to)
{
	const struct cell *now = screen_cell(s, y, 0), *was = draw_last(d, to);
	int x = 0, end = s->cols;

	while (end > 0 && draw_is_same(&was[end - 1], &now[end - 1]))
		end--;
	if (draw_blanks_end(d, now, end, s->cols) < s->cols)
		end = s->cols;
	while (x < end && draw_is_same(&was[x], &now[x]))
		x++;
	while (x > 0 && x < end && (now[x - 1].text[0] == ' ' ||
	    now[x].text[0] == '\0'))
		x--;
	memcpy(d->last.cells + (size_t)to * (size_t)s->cols, now, draw_line(s));
	mvadd_wchnstr(to, x, d->row, draw_cells(d, now, x, end, s->cols));
}

/* In curses' window, and in what was shown: the first of these rows go, and the
 * last ones come. */
static void
draw_up(struct draw *d, int from, int rows, int by)
{
	struct cell *first = d->last.cells + (size_t)from *
	    (size_t)d->last.cols;

	scrollok(stdscr, TRUE);
	wsetscrreg(stdscr, from, from + rows - 1);
	wscrl(stdscr, by);
	wsetscrreg(stdscr, 0, d->last.rows - 1);
	scrollok(stdscr, FALSE);
	memmove(first, first + by * d->last.cols, (size_t)(rows - by) *
	    draw_line(&d->last));
	for (; by > 0; by--)
		screen_fill(&d->last, from + rows - by, 0, d->last.cols,
		    STYLE_PLAIN);
}

/* Has the row that was shown there moved up, too, and grown? */
static bool
draw_grew(const struct draw *d, const struct screen *s, int y, int up)
{
	return y < s->rows && d->pick[y] && memcmp(draw_last(d, y),
	    screen_cell(s, y - up, 0), (size_t)(s->cols < DRAW_GREW ? s->cols :
	    DRAW_GREW) * sizeof(*s->cells)) == 0;
}

/*
 * Text that moved up, as a stream's does: curses moves these rows in its window,
 * so they need not be passed to it cell by cell. It doesn't move rows on the
 * terminal by more than there are of them: then it does so twice, and the rows
 * that came first are among those that move.
 */
static void
draw_scroll(struct draw *d, const struct screen *s)
{
	int by, y, n, len, least = DRAW_SCROLL_MIN, most = 0, from = 0;
	int up = 0, end;

	for (y = n = 0; y < s->rows; y++)
		n += d->pick[y];
	if (n < least)
		return;
	for (by = 1; by < s->rows; by++)
		for (y = 0; y + by < s->rows; y += len + 1) {
			len = 0;
			if (d->pick[y])
				len = draw_moved(d, s, y, by, &n);
			if (len > 0 && n >= least) {
				least = n + 1;
				most = len;
				from = y;
				up = by;
			}
		}
	if (most == 0)
		return;
	for (y = 0; y < s->rows; y++)
		if (d->pick[y] && draw_is_doubtful(draw_last(d, y),
		    screen_cell(s, y, 0), s->cols))
			return;
	end = from + most + up;
	end += draw_grew(d, s, end, up);
	if (up > most) {
		by = up / 2;
		draw_up(d, from, end - from, by);
		up -= by;
		for (y = from + most + up; y < end; y++)
			draw_row(d, s, y - up, y);
		draw_sync(d->tty, true);
		refresh();
		draw_rewrite(d);
		most = end - from - up;
	}
	draw_up(d, from, end - from, up);
	for (y = from; y < end; y++)
		d->pick[y] = y >= from + most;
}

/* Pass the chosen rows to curses, and write them. */
static void
draw_rows(struct draw *d, const struct screen *s, bool anew)
{
	bool lost = false, was, any = false, corner = false;
	bool changed = anew;
	int y, rows = 0;

	for (y = 0; y < s->rows; y++) {
		const struct cell *now = screen_cell(s, y, 0);
		size_t at = (size_t)y * (size_t)s->cols;

		if (!d->pick[y])
			continue;
		/* We don't know where the old characters end, or where the
		 * cursor is after them: write the whole row again, and the
		 * next one, too. */
		was = lost;
		lost = draw_is_doubtful(d->last.cells + at, now, s->cols);
		if (lost || was)
			wredrawln(stdscr, y, 1);
		any = any || lost;
		corner = y == s->rows - 1 && (lost || was || anew ||
		    !draw_is_same(d->last.cells + at + s->cols - 1,
		    now + s->cols - 1));
		draw_row(d, s, y, y);
		changed = true;
		rows++;
	}
	if (s->cursor_y != d->last.cursor_y ||
	    s->cursor_x != d->last.cursor_x || anew) {
		d->hides = curs_set(s->cursor_y >= 0) != ERR &&
		    s->cursor_y < 0;
		changed = true;
	}
	if (!changed)
		return;
	/* A cursor that can't be hidden must not cover the first key. */
	move(s->cursor_y >= 0 ? s->cursor_y : s->rows - 1,
	    s->cursor_y >= 0 ? s->cursor_x : d->hides ? 0 : s->cols - 1);
	d->last.cursor_y = s->cursor_y;
	d->last.cursor_x = s->cursor_x;
	/* If the cursor is invisible, leave it at the end of the written text,
	 * where the next word of a stream begins. */
	leaveok(stdscr, d->hides && !any && !anew);
	/* A single row can't be shown half. */
	if (rows > 1 && !anew)
		draw_sync(d->tty, true);
	refresh();
	draw_rewrite(d);
	/* For the last cell, curses turns wrapping on again. */
	if (corner)
		draw_unwrap(d->tty);
	if (any) {
		/* Place the cursor, whatever widths the terminal assumed. */
		tty_place(d->tty, getcury(stdscr), getcurx(stdscr));
	}
	if (rows > 1 || anew)
		draw_sync(d->tty, false);
}

void
draw_push(struct draw *d, const struct screen *s)
{
	const char *colours;
	bool anew;

	if (d->last.rows != s->rows || d->last.cols != s->cols)
		draw_reset(d, s->rows, s->cols);
	anew = !d->valid;
	draw_choose(d, s);
	if (anew) {
		/* Turn wrapping off before a row is written. */
		draw_sync(d->tty, true);
		erase();
		refresh();
		tty_ask_keys(d->tty);
		/* When curses enters the terminal again it resets all
		 * colours, even the user's own. */
		colours = tigetstr("oc");
		if (d->tty->again && colours != NULL &&
		    colours != (const char *)-1)
			sendq_strip(d->tty->sendq, colours);
		draw_unwrap(d->tty);
	}
	d->valid = true;
	d->rewritten = 0;
	if (!anew)
		draw_scroll(d, s);
	draw_rows(d, s, anew);
}
