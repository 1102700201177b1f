/* Only what differs is sent. */

#include "config.h"

#include "ui/term/terminal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "ui/term/screen.h"
#include "ui/term/tty-int.h"

#define DRAW_THEMED 22	/* the colours before it are other ones in some themes */
#define DRAW_STYLED	(STYLE_COUNT * SYNTAX_COUNT)
/* Looks of a program's cells, whose styles come after the last one; of the
 * numbers that there are, only some are used. */
#define DRAW_MORE	((256 - STYLE_COUNT) << 8)
#define DRAW_MORE_USED	(DRAW_MORE / 2)

/* Begin or end a frame: a terminal that can (synchronized output) shows it only
 * when it is complete. */
static void
draw_sync(const struct tty *t, bool begin)
{
	if (t->sync)
		sendq_adds(t->sendq, begin ? "\033[?2026h" : TTY_SYNC_OFF);
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

/* Cells of a row that are written in one look, or erased. */
struct draw_run {
	int	y, x, end;
	uint64_t look;
	bool	erases, done;
};

struct draw {
	struct tty	*tty;
	struct pen	 pen;
	struct screen	 last;
	bool		 valid;
	int		 colours;	/* the terminal's */
	enum palette_depth depth;
	enum palette_ground ground;
	struct ground	 answer;	/* as far as it came */
	uint64_t	 looks[DRAW_STYLED];	/* by style and ink */
	uint64_t	*more;		/* a program's, or NULL; each where the
					   search for it begins, or later; 0: free */
	size_t		 more_len;	/* so many aren't */
	bool		*pick;		/* rows to send now */
	struct draw_run	*runs;		/* what differs in them */
	size_t		 runs_len;
};

/* The number of a colour for a look. A terminal whose entry counts 256 may know RGB
 * all the same (COLORTERM, or the flags Tc and RGB in the entry): then it gets a
 * finer shade, where there is one. */
static uint32_t
draw_colour(const struct draw *d, int colour)
{
	uint32_t rgb;

	if (colour < 16)	/* the first are the terminal's own there, too */
		return (uint32_t)(colour + 1);
	rgb = palette_rgb(colour, d->depth, d->ground);
	return d->pen.direct || (d->depth == PALETTE_TRUE && (colour <
	    DRAW_THEMED || rgb != palette_rgb(colour, PALETTE_256,
	    d->ground))) ? PEN_RGB | rgb : (uint32_t)(colour + 1);
}

/* The background is this: cells that look different now are another's. */
static void
draw_set_ground(struct draw *d, enum palette_ground ground)
{
	size_t i, n = (size_t)d->last.rows * (size_t)d->last.cols;
	bool ink, changed[DRAW_STYLED];
	struct cell *c = d->last.cells;
	struct palette_look look;
	uint64_t was;

	d->ground = ground;
	for (i = 0; i < DRAW_STYLED; i++) {
		ink = draw_has_ink(d) && screen_takes_ink(i / SYNTAX_COUNT);
		look = palette_look(i / SYNTAX_COUNT, ink ? i % SYNTAX_COUNT :
		    SYNTAX_REST, d->depth, ground);
		was = d->looks[i];
		d->looks[i] = pen_look(&d->pen, look.attr, draw_colour(d,
		    look.fg), draw_colour(d, look.bg));
		changed[i] = was != d->looks[i];
	}
	for (i = 0; i < n; i++, c++)
		if (c->style < STYLE_COUNT && changed[c->style * SYNTAX_COUNT +
		    c->ink])
			memset(c, 0, sizeof(*c));
}

struct draw *
draw_new(struct tty *tty, enum draw_colour liked, bool slow)
{
	struct draw *d = xcalloc(1, sizeof(*d));

	d->tty = tty;
	pen_init(&d->pen, tty);
	d->colours = liked == DRAW_COLOUR_NEVER ? 0 : tty_colours();
	d->depth = d->colours < 8 ? PALETTE_NONE : d->colours < 256 ||
	    (slow && liked == DRAW_COLOUR_AUTO) ? PALETTE_8 :
	    d->pen.direct || tty->shades ? PALETTE_TRUE : PALETTE_256;
	draw_set_ground(d, liked == DRAW_COLOUR_DARK ? PALETTE_DARK :
	    liked == DRAW_COLOUR_LIGHT ? PALETTE_LIGHT : PALETTE_UNKNOWN);
	return d;
}

void
draw_free(struct draw *d)
{
	if (d == NULL)
		return;
	screen_release(&d->last);
	pen_release(&d->pen);
	FREE_ALL(d->more, d->pick, d->runs, d);
}

bool
draw_has_ink(const struct draw *d)
{
	return d->depth >= PALETTE_256;
}

bool
draw_ask_ground(struct draw *d, bool slow)
{
	enum palette_ground ground = ground_by_environment(
	    getenv("COLORFGBG"), getenv("TERM"));
	struct tty *t = d->tty;

	if (d->depth == PALETTE_NONE || d->ground != PALETTE_UNKNOWN)
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

	if (!ground_feed(&d->answer, p, n, &ground))
		return false;
	d->tty->asked_until = 0;
	if (ground != PALETTE_UNKNOWN)
		draw_set_ground(d, ground);
	return true;
}

static void
draw_size(struct draw *d, int rows, int cols)
{
	screen_resize(&d->last, rows, cols);
	d->pick = xreallocarray(d->pick, (size_t)d->last.rows,
	    sizeof(*d->pick));
	d->valid = false;
}

void
draw_reset(struct draw *d, int rows, int cols)
{
	draw_size(d, rows, cols);
	FREE_NULL(d->more);
	d->more_len = 0;
}

/* ---- a program's cells ---- */

/* The step of this part of a colour, of the six that 256 colours have. */
static uint32_t
draw_part(uint32_t c, int shift)
{
	return ((c >> shift & 255) * 5 + 127) / 255;
}

uint32_t
draw_nearest(const struct draw *d, uint32_t c)
{
	bool rgb = (c & PEN_RGB) != 0;
	uint32_t grey = c & 255;

	if (d->depth == PALETTE_NONE || (d->depth == PALETTE_8 && (rgb ||
	    c >= 16)))
		return 0;
	if (rgb && d->depth == PALETTE_TRUE)
		return c;
	if (!rgb && c >= 16 && d->pen.direct)
		return PEN_RGB | palette_rgb((int)c, PALETTE_256,
		    PALETTE_UNKNOWN);
	if (!rgb)
		return 1 + (d->pen.direct || d->colours < 16 ? c % 8 : c);
	if (c == (PEN_RGB | grey * 0x10101))
		return 1 + (grey < 4 ? 16 : grey > 246 ? 231 : 232 + (grey -
		    3) * 24 / 247);
	return 1 + 16 + 36 * draw_part(c, 16) + 6 * draw_part(c, 8) +
	    draw_part(c, 0);
}

bool
draw_set(struct draw *d, struct cell *c, unsigned attr, uint32_t fg,
    uint32_t bg)
{
	uint64_t look = pen_look(&d->pen, attr, fg, bg);
	size_t at = (look ^ look >> 23 ^ look >> 47) % DRAW_MORE;

	c->style = c->ink = 0;
	if (look == 0 || d->more_len >= DRAW_MORE_USED)
		return look == 0;
	if (d->more == NULL)
		d->more = xcalloc(DRAW_MORE, sizeof(*d->more));
	while (d->more[at] != 0 && d->more[at] != look)
		at = (at + 1) % DRAW_MORE;
	d->more_len += d->more[at] == 0;
	d->more[at] = look;
	c->style = (uint8_t)(STYLE_COUNT + (at >> 8));
	c->ink = (uint8_t)at;
	return true;
}

/* ---- what differs in a row ---- */

static uint64_t
draw_look(const struct draw *d, const struct cell *c)
{
	return c->style < STYLE_COUNT ? d->looks[c->style * SYNTAX_COUNT +
	    c->ink] : d->more[(c->style - STYLE_COUNT) << 8 | c->ink];
}

static uint64_t
draw_blank(const struct draw *d, const struct cell *c)
{
	return pen_blank(draw_look(d, c));
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
	uint64_t blank = draw_blank(d, &now[x]);

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

	/* What looks the same in both needs no sequence. */
	if (run.erases && r != NULL && r->y == run.y && r->end == run.x &&
	    pen_blank(r->look) == run.look)
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
	if (!pen_erases(&d->pen, run.look, to - run.x,
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
	uint64_t blank = draw_blank(d, &now[x]);
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
			if (pen_erases(&d->pen, blank,
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
	uint64_t look = 0;
	int x, end;

	pen_set(&d->pen, 0);
	pen_move(&d->pen, y, 0);
	if (pen_erases(&d->pen, 0, s->cols, true))
		pen_erase(&d->pen, s->cols, true);
	for (x = 0; x < s->cols; x = end) {
		bool blank = draw_is_blank(&now[x]);

		end = blank ? draw_blanks_end(d, now, x, s->cols) : x + 1;
		if (!blank || pen_blank(look) != draw_blank(d, &now[x]))
			look = blank ? draw_blank(d, &now[x]) :
			    draw_look(d, &now[x]);
		pen_set(&d->pen, look);
		if (blank && end == s->cols && pen_erases(&d->pen, look,
		    end - x, true))
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
			pen_set(&d->pen, r->look);
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
	bool lost = false, was, changed = anew, shows = s->cursor_y >= 0;
	int y, rows = 0;

	for (y = 0; y < s->rows; y++)
		rows += d->pick[y];
	changed = changed || rows > 0;
	changed = changed || s->cursor_y != d->last.cursor_y ||
	    s->cursor_x != d->last.cursor_x;
	if (anew || shows != (d->last.cursor_y >= 0))
		tty_add_bare(&d->pen.out, tty_string(shows ? "cnorm" :
		    "civis"));
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
	pen_set(&d->pen, 0);
	/* One that can't be hidden must not cover the first key; one that is may
	 * stay at the end of the written text, where the next word of a stream
	 * begins. */
	if (s->cursor_y >= 0)
		pen_move(&d->pen, s->cursor_y, s->cursor_x);
	else if (changed && tty_string("civis")[0] == '\0')
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
	bool anew;

	if (d->last.rows != s->rows || d->last.cols != s->cols)
		draw_size(d, s->rows, s->cols);
	anew = !d->valid;
	if (anew) {
		draw_sync(d->tty, true);
		pen_lost(&d->pen);
		/* The terminal may fill with the background. */
		pen_set(&d->pen, 0);
		tty_add_bare(&d->pen.out, tty_string("clear"));
		d->pen.y = d->pen.x = 0;
		screen_clear(&d->last);
	}
	d->valid = true;
	draw_choose(d, s);
	if (!anew)
		draw_scroll(d, s);
	draw_rows(d, s, anew);
}
