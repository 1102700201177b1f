/* Rows that did not change are not even handed to curses. */
#include "config.h"

#include "ui/draw.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <curses.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "ui/tty.h"

struct draw {
	struct screen	 last;
	bool		 valid;
	bool		 colour;
	cchar_t		*row;		/* one row, built here */
};

enum {
	DRAW_GREEN = 1, DRAW_RED, DRAW_CYAN, DRAW_YELLOW, DRAW_MAGENTA,
	DRAW_BLUE,
};

/* Colour is never the only mark: the attributes differ without it. */
static const struct {
	attr_t	attr, mono;
	short	pair;
} draw_styles[STYLE_COUNT] = {
	[STYLE_PLAIN] = { A_NORMAL, A_NORMAL, 0 },
	[STYLE_DIM] = { A_DIM, A_NORMAL, 0 },
	[STYLE_BOLD] = { A_BOLD, A_BOLD, 0 },
	[STYLE_MARK] = { A_REVERSE, A_REVERSE, DRAW_MAGENTA },
	[STYLE_ADD] = { A_NORMAL, A_BOLD, DRAW_GREEN },
	[STYLE_DEL] = { A_NORMAL, A_UNDERLINE, DRAW_RED },
	[STYLE_HUNK] = { A_NORMAL, A_NORMAL, DRAW_CYAN },
	[STYLE_FILE] = { A_BOLD, A_BOLD, 0 },
	[STYLE_BADGE] = { A_BOLD | A_REVERSE, A_BOLD | A_REVERSE,
	    DRAW_YELLOW },
	[STYLE_GOOD] = { A_BOLD, A_BOLD, DRAW_GREEN },
	[STYLE_BAD] = { A_BOLD, A_BOLD, DRAW_RED },
	[STYLE_USER] = { A_BOLD, A_BOLD, DRAW_CYAN },
	[STYLE_MODEL] = { A_NORMAL, A_NORMAL, DRAW_MAGENTA },
	[STYLE_BAR] = { A_REVERSE, A_REVERSE, 0 },
	[STYLE_KEY] = { A_BOLD, A_BOLD, 0 },
	[STYLE_CURRENT] = { A_BOLD, A_BOLD, DRAW_YELLOW },
};

struct draw *
draw_new(void)
{
	static const short colours[] = { COLOR_GREEN, COLOR_RED, COLOR_CYAN,
		COLOR_YELLOW, COLOR_MAGENTA, COLOR_BLUE };
	struct draw *d = xcalloc(1, sizeof(*d));
	size_t i;

	d->colour = tty_wants_colour() && has_colors();
	for (i = 0; d->colour && i < MEM_COUNT(colours); i++)
		init_pair((short)(i + 1), colours[i], -1);
	return d;
}

void
draw_free(struct draw *d)
{
	if (d == NULL)
		return;
	screen_release(&d->last);
	free(d->row);
	free(d);
}

void
draw_reset(struct draw *d, int rows, int cols)
{
	screen_resize(&d->last, rows, cols);
	d->row = xreallocarray(d->row, (size_t)d->last.cols + 1,
	    sizeof(*d->row));
	d->valid = false;
	if (LINES != rows || COLS != cols)
		resizeterm(rows, cols);
	clearok(curscr, TRUE);
}

static void
draw_cell(const struct draw *d, const struct cell *c, cchar_t *out)
{
	wchar_t w[CCHARW_MAX + 1];
	size_t i, n = strlen(c->text), used, len = 0;
	uint32_t cp;
	bool colour = d->colour && draw_styles[c->style].pair != 0;

	for (i = 0; i < n && len < CCHARW_MAX; i += used) {
		used = utf8_next(c->text + i, n - i, &cp);
		if (used == 0)
			break;
		w[len++] = (wchar_t)cp;
	}
	w[len] = L'\0';
	if (setcchar(out, w, d->colour ? draw_styles[c->style].attr :
	    draw_styles[c->style].mono, (short)(colour ?
	    draw_styles[c->style].pair : 0), NULL) == ERR)
		setcchar(out, L"?", A_REVERSE, 0, NULL);
}

bool
draw_push(struct draw *d, const struct screen *s)
{
	size_t line = (size_t)s->cols * sizeof(*s->cells);
	bool changed = !d->valid;
	int y, x, n;

	if (d->last.rows != s->rows || d->last.cols != s->cols)
		draw_reset(d, s->rows, s->cols);
	for (y = 0; y < s->rows; y++) {
		const struct cell *now = screen_cell(s, y, 0);
		size_t at = (size_t)y * (size_t)s->cols;

		if (d->valid && memcmp(now, d->last.cells + at, line) == 0)
			continue;
		memcpy(d->last.cells + at, now, line);
		for (x = n = 0; x < s->cols; x++)
			/* The second half of a wide one has no cell here. */
			if (now[x].text[0] != '\0')
				draw_cell(d, &now[x], &d->row[n++]);
		mvadd_wchnstr(y, 0, d->row, n);
		changed = true;
	}
	if (s->cursor_y != d->last.cursor_y ||
	    s->cursor_x != d->last.cursor_x || !d->valid) {
		curs_set(s->cursor_y >= 0);
		changed = true;
	}
	if (!changed)
		return false;
	move(s->cursor_y >= 0 ? s->cursor_y : s->rows - 1,
	    s->cursor_y >= 0 ? s->cursor_x : 0);
	d->last.cursor_y = s->cursor_y;
	d->last.cursor_x = s->cursor_x;
	d->valid = true;
	refresh();
	return true;
}
