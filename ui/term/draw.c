/* Only what differs is sent. curses enters, leaves and clears the terminal. */

#include "config.h"

#include "ui/term/terminal.h"

#include <curses.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "ui/term/screen.h"
#include "ui/term/tty-int.h"

/* At most: the styles, five of them in the colours of syntax, and their blanks. */
#define DRAW_LOOKS	(2 * (STYLE_COUNT + 5 * SYNTAX_COUNT))

struct draw_colours {
	enum palette_depth	depth;
	enum palette_ground	ground;
	bool			direct;	/* curses counts colours as RGB */
	bool			ink;	/* there are colours for syntax */
	/* What differs on the terminal, the first without anything; and which of
	 * them a style has, and its blanks, of which only the background shows. */
	struct pen_look		looks[DRAW_LOOKS];
	size_t			len;
	uint8_t			blanks[DRAW_LOOKS];
	uint8_t			of[STYLE_COUNT][SYNTAX_COUNT];
};

#define DRAW_THEMED 22	/* the colours before it are other ones in some themes */

/* A colour for a look. A terminal whose entry counts 256 may know RGB all the same
 * (COLORTERM, or the flags Tc and RGB in the entry): then it gets a finer shade,
 * where there is one. */
static void
draw_colour_text(const struct draw_colours *c, const struct pen *pen,
    bool ground, int colour, char *out, size_t size)
{
	uint32_t rgb;

	if (colour == PALETTE_OWN)
		return;
	rgb = colour < 16 ? 0 : palette_rgb(colour, c->depth, c->ground);
	/* The first numbers are the terminal's own colours there, too. */
	if (c->direct)
		pen_colour(pen, ground, colour < 8 ? colour : (int)rgb, out,
		    size);
	else if (c->depth == PALETTE_TRUE && colour >= 16 && (colour <
	    DRAW_THEMED || rgb != palette_rgb(colour, PALETTE_256, c->ground)))
		snprintf(out, size, "%c8;2;%u;%u;%u", ground ? '4' : '3',
		    rgb >> 16, rgb >> 8 & 255, rgb & 255);
	else
		pen_colour(pen, ground, colour, out, size);
}

static uint8_t
draw_colour_add(struct draw_colours *c, const struct pen_look *look)
{
	size_t i;

	for (i = 0; i < c->len; i++)
		if (memcmp(&c->looks[i], look, sizeof(*look)) == 0)
			return (uint8_t)i;
	c->looks[c->len] = *look;
	return (uint8_t)c->len++;
}

static uint8_t
draw_colour_look(struct draw_colours *c, const struct pen *pen,
    struct palette_look of)
{
	struct pen_look look = { .attr = pen_has(pen, of.attr,
	    of.fg != PALETTE_OWN || of.bg != PALETTE_OWN) }, blank = { 0 };
	uint8_t at;

	draw_colour_text(c, pen, false, of.fg, look.fg, sizeof(look.fg));
	draw_colour_text(c, pen, true, of.bg, look.bg, sizeof(look.bg));
	memcpy(blank.bg, look.bg, sizeof(blank.bg));
	at = draw_colour_add(c, &look);
	c->blanks[at] = (look.attr & (PALETTE_REVERSE | PALETTE_UNDERLINE)) !=
	    0 ? at : draw_colour_add(c, &blank);
	c->blanks[c->blanks[at]] = c->blanks[at];
	return at;
}

/* The background is known, or another. */
static void
draw_colour_set(struct draw_colours *c, const struct pen *pen,
    enum palette_ground ground)
{
	int i, k;

	c->ground = ground;
	c->len = 0;
	(void)draw_colour_add(c, &pen_plain);
	for (i = 0; i < STYLE_COUNT; i++)
		for (k = SYNTAX_REST; k < SYNTAX_COUNT; k++)
			c->of[i][k] = k != SYNTAX_REST && (!c->ink ||
			    !screen_takes_ink((enum style)i)) ? c->of[i][0] :
			    draw_colour_look(c, pen, palette_look((enum style)i,
			    (enum syntax_class)k, c->depth, ground));
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
draw_colour_init(struct draw_colours *c, const struct pen *pen,
    enum draw_colour liked, bool slow, bool shades)
{
	memset(c, 0, sizeof(*c));
	if (liked != DRAW_COLOUR_NEVER && has_colors() &&
	    COLORS >= 8) {
#if defined(NCURSES_EXT_COLORS) && NCURSES_EXT_COLORS
		c->direct = COLORS > 256;
#endif
		c->depth = (slow && liked == DRAW_COLOUR_AUTO) ||
		    COLORS < 256 ? PALETTE_8 : c->direct ||
		    shades ? PALETTE_TRUE : PALETTE_256;
		c->ink = c->depth >= PALETTE_256;
	}
	draw_colour_set(c, pen, liked == DRAW_COLOUR_DARK ? PALETTE_DARK :
	    liked == DRAW_COLOUR_LIGHT ? PALETTE_LIGHT : PALETTE_UNKNOWN);
}

#define DRAW_ASK_GROUND	"\033]11;?\007"
#define DRAW_ANSWER_MS	2000	/* an answer may still be under way */
#define DRAW_SCROLL_LEAST 40	/* cells that stay when text moves */
#define DRAW_MARKS 2		/* cells that a row's mark may take */
#define DRAW_GREW 4		/* cells that the last one begins with */
#define DRAW_GAP 5		/* so many cells are as long as a move */

static bool
draw_is_blank(const struct cell *c)
{
	return c->text[0] == ' ' && c->text[1] == '\0';
}

static const struct pen_look *
draw_look_of(const struct draw_colours *c, const struct cell *cell)
{
	return &c->looks[draw_is_blank(cell) ?
	    c->blanks[c->of[cell->style][cell->ink]] :
	    c->of[cell->style][cell->ink]];
}

/* Cells of a row that are written in one look, or erased. */
struct draw_run {
	int	y, x, end;
	uint8_t	look;
	bool	erases, done;
};

struct draw {
	struct tty	*tty;
	struct pen	 pen;
	struct screen	 last;
	bool		 valid;
	struct draw_colours colours;
	struct ground	 ground;	/* the answer, as far as it came */
	bool		 hides;		/* the cursor is invisible */
	bool		*pick;		/* rows to send now */
	struct draw_run	*runs;		/* what differs in them */
	size_t		 runs_len;
};

struct draw *
draw_new(struct tty *tty, enum draw_colour liked, bool slow)
{
	struct draw *d = xcalloc(1, sizeof(*d));

	d->tty = tty;
	pen_init(&d->pen, tty);
	draw_colour_init(&d->colours, &d->pen, liked, slow, tty->shades);
	return d;
}

void
draw_free(struct draw *d)
{
	if (d == NULL)
		return;
	screen_release(&d->last);
	pen_release(&d->pen);
	FREE_ALL(d->pick, d->runs, d);
}

bool
draw_has_ink(const struct draw *d)
{
	return d->colours.ink;
}

/* The background is this: cells that look different now are another's. */
static void
draw_set_ground(struct draw *d, enum palette_ground ground)
{
	struct draw_colours was = d->colours;
	size_t i, n = (size_t)d->last.rows * (size_t)d->last.cols;

	draw_colour_set(&d->colours, &d->pen, ground);
	d->pen.look = NULL;
	for (i = 0; i < n; i++) {
		struct cell *c = &d->last.cells[i];

		if (memcmp(draw_look_of(&was, c), draw_look_of(&d->colours, c),
		    sizeof(struct pen_look)) != 0)
			memset(c, 0, sizeof(*c));
	}
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
	d->pick = xreallocarray(d->pick, (size_t)d->last.rows,
	    sizeof(*d->pick));
	d->valid = false;
	if (LINES != rows || COLS != cols)
		resizeterm(rows, cols);
	clearok(curscr, TRUE);
}

/* ---- what differs in a row ---- */

static uint8_t
draw_look(const struct draw *d, const struct cell *c)
{
	return d->colours.of[c->style][c->ink];
}

static uint8_t
draw_blank(const struct draw *d, const struct cell *c)
{
	return d->colours.blanks[draw_look(d, c)];
}

/* Do they look the same on the terminal? */
static bool
draw_is_same(const struct draw *d, const struct cell *a, const struct cell *b)
{
	return strcmp(a->text, b->text) == 0 && (draw_is_blank(a) ?
	    draw_blank(d, a) == draw_blank(d, b) :
	    draw_look(d, a) == draw_look(d, b));
}

/* Where the blanks with the background of this one end. */
static int
draw_blanks_end(const struct draw *d, const struct cell *now, int x, int cols)
{
	uint8_t blank = draw_blank(d, &now[x]);

	while (x < cols && draw_is_blank(&now[x]) &&
	    draw_blank(d, &now[x]) == blank)
		x++;
	return x;
}

static void
draw_run_add(struct draw *d, struct draw_run run)
{
	const struct draw_run *r = d->runs_len == 0 ? NULL :
	    &d->runs[d->runs_len - 1];
	const struct draw_colours *c = &d->colours;

	/* What looks the same in both needs no sequence. */
	if (run.erases && r != NULL && r->y == run.y && r->end == run.x &&
	    c->blanks[r->look] == run.look && r->look != run.look)
		run.look = r->look;
	*GROW_ADD(d->runs, d->runs_len) = run;
}

/* The end of the row's run that was added last. */
static int
draw_run_end(const struct draw *d, int y)
{
	const struct draw_run *r = d->runs_len == 0 ? NULL :
	    &d->runs[d->runs_len - 1];

	return r != NULL && r->y == y ? r->end : 0;
}

/* Blanks that differ from x on, if they are better erased; where they end, or
 * x. */
static int
draw_erase(struct draw *d, const struct cell *was, const struct cell *now,
    int y, int x)
{
	int cols = d->last.cols, end = draw_blanks_end(d, now, x, cols), to;
	struct draw_run run = { .y = y, .x = draw_run_end(d, y), .end = end,
		.look = draw_blank(d, &now[x]), .erases = true };

	/* The cursor is already there. */
	if (run.x == 0 || draw_blanks_end(d, now, run.x, cols) != end)
		run.x = x;
	for (to = end; draw_is_same(d, &was[to - 1], &now[to - 1]); to--)
		;
	if (end < cols)
		run.end = to;
	if (!pen_erases(&d->pen, &d->colours.looks[run.look], to - run.x,
	    end == cols))
		return x;
	draw_run_add(d, run);
	return end;
}

/* Cells in one look that differ from x on; where they end. A few that don't are
 * written, too. */
static int
draw_write(struct draw *d, const struct cell *was, const struct cell *now,
    int y, int x)
{
	uint8_t blank = draw_blank(d, &now[x]);
	struct draw_run run = { .y = y, .x = x, .end = x, .look = blank };
	int cols = d->last.cols, end;
	bool text = false;

	for (; x < cols && x - run.end <= DRAW_GAP && draw_blank(d, &now[x]) ==
	    blank; x++) {
		if (!draw_is_blank(&now[x])) {
			if (text && draw_look(d, &now[x]) != run.look)
				break;
			run.look = draw_look(d, &now[x]);
			text = true;
		} else if (text && x == run.end) {
			end = draw_blanks_end(d, now, x, cols);
			if (pen_erases(&d->pen, &d->colours.looks[blank],
			    end - x, end == cols))
				break;
		}
		if (!draw_is_same(d, &was[x], &now[x]))
			run.end = x + 1;
	}
	draw_run_add(d, run);
	return run.end;
}

/* Signs of ours, beside which all is placed by its column: a terminal may count
 * them as wider. A file may have them, too. */
static bool
draw_is_own(const struct cell *c)
{
	return (c->style == STYLE_RULE || c->style == STYLE_CURRENT ||
	    c->style == STYLE_NAME) ? strcmp(c->text, "\xe2\x94\x82") == 0 :
	    (c->style == STYLE_DIM || c->style == STYLE_ROW) && (strcmp(c->text, "\xc2\xbb") == 0 ||
	    strcmp(c->text, "\xe2\x80\xa6") == 0);
}

static bool
draw_is_dot(const struct cell *c)
{
	return strcmp(c->text, "\xc2\xb7") == 0;
}

/*
 * Does anything change after a character that the terminal may count as wider
 * or narrower than we do, so that we may not know the column? Time and tokens,
 * which change often, follow our own dots: these count only if they appear,
 * disappear or move. `all`: all changes.
 */
static bool
draw_is_doubtful(const struct cell *was, const struct cell *now, int cols,
    bool all)
{
	bool wide = false, same;
	int x, bits = 0;

	for (x = 0; x < cols; x++)
		bits |= was[x].text[0] | now[x].text[0];
	/* Most rows are ASCII. */
	if ((bits & 0x80) == 0)
		return false;
	for (x = 0; x < cols; x++) {
		same = !all && memcmp(&was[x], &now[x], sizeof(*now)) == 0;
		if (!same && (draw_is_dot(&was[x]) || draw_is_dot(&now[x])))
			return true;
		wide = wide || ((unsigned char)was[x].text[0] >= 0x80 &&
		    !draw_is_dot(&was[x]) && !draw_is_own(&was[x])) ||
		    ((unsigned char)now[x].text[0] >= 0x80 &&
		    !draw_is_dot(&now[x]) && !draw_is_own(&now[x]));
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

static struct cell *
draw_last(const struct draw *d, int y)
{
	return d->last.cells + (size_t)y * (size_t)d->last.cols;
}

static void
draw_choose(struct draw *d, const struct screen *s)
{
	int y;

	for (y = 0; y < s->rows; y++)
		d->pick[y] = (s->anew.rows == 0 || (y >= s->anew.y &&
		    y < s->anew.y + s->anew.rows)) && memcmp(screen_cell(s, y,
		    0), draw_last(d, y), draw_line(s)) != 0;
}

static void
draw_cells(struct draw *d, const struct cell *now, int y, int x, int end)
{
	int cols = d->last.cols;

	/* There the terminal would scroll. */
	if (y == d->last.rows - 1 && end == cols && d->pen.wraps)
		end--;
	for (; x < end; x++)
		if (now[x].text[0] != '\0')
			pen_put(&d->pen, now[x].text, x + 1 < cols &&
			    now[x + 1].text[0] == '\0' ? 2 : 1,
			    (unsigned char)now[x].text[0] < 0x80 ||
			    draw_is_dot(&now[x]), cols);
}

/* From its first cell to its last: we don't know where a character ends. */
static void
draw_whole(struct draw *d, const struct screen *s, int y)
{
	const struct cell *now = screen_cell(s, y, 0);
	const struct draw_colours *c = &d->colours;
	uint8_t look = 0;
	int x, end;

	pen_set(&d->pen, c->looks);
	pen_move(&d->pen, y, 0);
	if (pen_erases(&d->pen, c->looks, s->cols, true))
		pen_erase(&d->pen, s->cols, true);
	for (x = 0; x < s->cols; x = end) {
		bool blank = draw_is_blank(&now[x]);

		end = blank ? draw_blanks_end(d, now, x, s->cols) : x + 1;
		if (!blank || c->blanks[look] != draw_blank(d, &now[x]))
			look = blank ? draw_blank(d, &now[x]) :
			    draw_look(d, &now[x]);
		pen_set(&d->pen, &c->looks[look]);
		if (blank && end == s->cols && pen_erases(&d->pen,
		    &c->looks[look], end - x, true))
			pen_erase(&d->pen, end - x, true);
		else
			draw_cells(d, now, y, x, end);
	}
	d->pen.y = d->pen.x = -1;
}

/* Find what differs in a row. */
static void
draw_row(struct draw *d, const struct screen *s, int y)
{
	const struct cell *now = screen_cell(s, y, 0), *was = draw_last(d, y);
	int x = 0, end;

	while (x < s->cols) {
		if (draw_is_same(d, &was[x], &now[x])) {
			x++;
			continue;
		}
		end = draw_is_blank(&now[x]) ? draw_erase(d, was, now, y, x) :
		    x;
		x = end > x ? end : draw_write(d, was, now, y, x);
	}
}

/* Write all of one look before the next: a move is shorter than a colour. */
static void
draw_runs(struct draw *d, const struct screen *s)
{
	struct draw_run *r;
	size_t i, k;

	for (i = 0; i < d->runs_len; i++)
		for (k = i; k < d->runs_len; k++) {
			r = &d->runs[k];
			if (r->done || r->look != d->runs[i].look)
				continue;
			r->done = true;
			pen_move(&d->pen, r->y, r->x);
			pen_set(&d->pen, &d->colours.looks[r->look]);
			if (r->erases)
				pen_erase(&d->pen, r->end - r->x,
				    r->end == s->cols);
			else
				draw_cells(d, screen_cell(s, r->y, 0), r->y,
				    r->x, r->end);
		}
	d->runs_len = 0;
}

/* ---- text that moved ---- */

/* Is this row what was shown `by` rows further down, but for its mark? */
static bool
draw_moved(const struct draw *d, const struct screen *s, int y, int by)
{
	const struct cell *now = screen_cell(s, y, 0), *was;
	int x = s->cols > DRAW_MARKS ? DRAW_MARKS : 0;

	if (y + by < 0 || y + by >= s->rows)
		return false;
	was = draw_last(d, y + by);
	while (x < s->cols && draw_is_same(d, &was[x], &now[x]))
		x++;
	return x == s->cols;
}

/* How many cells of a row aren't blank? */
static int
draw_count(const struct screen *s, int y)
{
	const struct cell *now = screen_cell(s, y, 0);
	int x, n = 0;

	for (x = 0; x < s->cols; x++)
		n += !draw_is_blank(&now[x]);
	return n;
}

/* Has the row that was shown there moved up, too, and grown? */
static bool
draw_grew(const struct draw *d, const struct screen *s, int y, int up)
{
	return y < s->rows && d->pick[y] && memcmp(draw_last(d, y),
	    screen_cell(s, y - up, 0), (size_t)(s->cols < DRAW_GREW ? s->cols :
	    DRAW_GREW) * sizeof(*s->cells)) == 0;
}

/* These rows go by so many rows up, or down; what comes is blank. */
static void
draw_shift(struct draw *d, const struct screen *s, int top, int end, int by)
{
	int n = abs(by), y;

	pen_scroll(&d->pen, top, end, by, s->rows);
	memmove(draw_last(d, by > 0 ? top : top + n), draw_last(d, by > 0 ?
	    top + n : top), (size_t)(end - top - n) * draw_line(s));
	for (y = by > 0 ? end - n : top; n > 0; n--, y++)
		screen_fill(&d->last, y, 0, s->cols, STYLE_PLAIN);
	for (y = top; y < end; y++)
		d->pick[y] = memcmp(screen_cell(s, y, 0), draw_last(d, y),
		    draw_line(s)) != 0;
}

/* Text that moved, as a stream's does, and a page's from hunk to hunk: the
 * terminal moves it. */
static void
draw_scroll(struct draw *d, const struct screen *s)
{
	int by, y, end, n, most = DRAW_SCROLL_LEAST, from = 0, len = 0, up = 0;

	if (!d->pen.scrolls)
		return;
	for (by = 1 - s->rows; by < s->rows; by++)
		for (y = 0; y < s->rows && by != 0; y = end + 1) {
			/* What differs begins it: the rest need not be looked
			 * at. */
			for (end = y, n = 0; end < s->rows && (n > 0 ||
			    d->pick[end]) && draw_moved(d, s, end, by); end++)
				n += d->pick[end] ? draw_count(s, end) + 1 : 0;
			if (n <= most)
				continue;
			most = n;
			from = y;
			len = end - y;
			up = by;
		}
	y = from + len + up;
	if (up != 0)
		draw_shift(d, s, up > 0 ? from : from + up, up > 0 ? y +
		    draw_grew(d, s, y, up) : from + len, up);
}

/* Send the chosen rows. */
static void
draw_rows(struct draw *d, const struct screen *s, bool anew)
{
	bool lost = false, was, changed = anew;
	int y, rows = 0;

	for (y = 0; y < s->rows; y++)
		rows += d->pick[y];
	changed = changed || rows > 0;
	if (s->cursor_y != d->last.cursor_y ||
	    s->cursor_x != d->last.cursor_x || anew) {
		/* Its answer is only true the first time. */
		(void)curs_set(s->cursor_y >= 0);
		d->hides = s->cursor_y < 0 && tty_string("civis")[0] != '\0';
		changed = true;
	}
	for (y = 0; y < s->rows; y++) {
		/* What overflowed from the row above is in this one. */
		was = lost;
		lost = (d->pick[y] || was) && draw_is_doubtful(draw_last(d, y),
		    screen_cell(s, y, 0), s->cols, was);
		if (lost || was)
			draw_whole(d, s, y);
		else if (d->pick[y])
			draw_row(d, s, y);
		if (d->pick[y])
			memcpy(draw_last(d, y), screen_cell(s, y, 0),
			    draw_line(s));
	}
	draw_runs(d, s);
	pen_set(&d->pen, d->colours.looks);
	/* One that can't be hidden must not cover the first key; one that is may
	 * stay at the end of the written text, where the next word of a stream
	 * begins. */
	if (s->cursor_y >= 0)
		pen_move(&d->pen, s->cursor_y, s->cursor_x);
	else if (changed && !d->hides)
		pen_move(&d->pen, s->rows - 1, s->cols - 1);
	d->last.cursor_y = s->cursor_y;
	d->last.cursor_x = s->cursor_x;
	/* A single row can't be shown half. */
	if (rows > 1 && !anew)
		draw_sync(d->tty, true);
	sendq_add(d->tty->sendq, d->pen.out.p, d->pen.out.len);
	buf_clear(&d->pen.out);
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
		screen_clear(&d->last);
		pen_lost(&d->pen);
	}
	d->valid = true;
	draw_choose(d, s);
	if (!anew)
		draw_scroll(d, s);
	draw_rows(d, s, anew);
}
