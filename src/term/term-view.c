/* The front end's side: what assent-term sends was made of a command's bytes. */
#include "config.h"

#include "term/term.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sanitize.h"

struct term_reader {
	const unsigned char	*p, *end;
	bool			 bad;
};

static uint32_t
reader_number(struct term_reader *r, int bytes)
{
	uint32_t n = 0;

	if (r->end - r->p < bytes) {
		r->bad = true;
		return 0;
	}
	while (bytes-- > 0)
		n = n << 8 | *r->p++;
	return n;
}

/* One character with its marks that can be shown, as wide as is said? */
static bool
term_text_fits(const char *p, size_t n, int width, unsigned flags)
{
	struct sanitize_unit u;

	if (n == 0)
		return true;
	sanitize_next(p, n, flags, 0, &u);
	return u.used == n && !u.is_mark && u.width == width;
}

#define TERM_NBSP	"\xc2\xa0"

static void
term_read_cell(struct term_reader *r, struct term_cell *c, unsigned sign)
{
	size_t n;

	memset(c, 0, sizeof(*c));
	c->width = (uint8_t)reader_number(r, 1);
	c->attr = (uint8_t)reader_number(r, 1);
	c->fg = reader_number(r, 4);
	c->bg = reader_number(r, 4);
	n = reader_number(r, 1);
	r->bad = r->bad || c->width > 2 || n > TERM_TEXT_MAX ||
	    n > (size_t)(r->end - r->p);
	if (r->bad)
		return;
	if (term_text_fits((const char *)r->p, n, c->width, sign))
		memcpy(c->text, r->p, n);
	else if (n == 2 && memcmp(r->p, TERM_NBSP, n) == 0)
		c->text[0] = ' ';
	else
		c->text[0] = '?';
	r->p += n;
}

/* A wide character that is half overwritten, or can't be shown, becomes one cell
 * wide: more would move the rest of the row. */
static void
term_row_mend(struct term_cell *c, int cols)
{
	int x;

	for (x = 0; x < cols; x++)
		if (x > 0 && c[x - 1].width == 2)
			c[x].text[0] = '\0';
		else if (c[x].width == 2 && (x + 1 == cols ||
		    c[x + 1].width != 0 || (c[x].text[0] & 0x80) == 0))
			c[x] = (struct term_cell){ "?", 1, c[x].attr, c[x].fg,
				c[x].bg };
}

static void
term_view_size(struct term_view *v, int rows, int cols)
{
	if (rows == v->rows && cols == v->cols)
		return;
	free(v->cells);
	v->rows = rows;
	v->cols = cols;
	v->cells = xcalloc((size_t)rows * (size_t)cols, sizeof(*v->cells));
}

bool
term_view_read(struct term_view *v, const char *p, size_t n)
{
	struct term_reader r = { .p = (const unsigned char *)p };
	int rows, cols, y, x;
	unsigned flags, keys, other;

	r.end = r.p + n;
	rows = (int)reader_number(&r, 2);
	cols = (int)reader_number(&r, 2);
	y = (int)reader_number(&r, 2);
	x = (int)reader_number(&r, 2);
	flags = reader_number(&r, 1);
	keys = reader_number(&r, 1);
	other = reader_number(&r, 1);
	if (r.bad || rows < 1 || cols < 1 || rows > TERM_ROWS_MAX ||
	    cols > TERM_COLS_MAX || y >= rows || x >= cols ||
	    keys > TERM_KEYS_ALL || other > TERM_OTHER_MAX)
		return false;
	term_view_size(v, rows, cols);
	v->cursor_y = (flags & TERM_CURSOR) != 0 ? y : -1;
	v->cursor_x = x;
	v->bell = (flags & TERM_BELL) != 0;
	v->alt = (flags & TERM_ALT) != 0;
	v->keys = keys;
	v->other = (int)other;
	while (!r.bad && r.p < r.end) {
		y = (int)reader_number(&r, 2);
		r.bad = r.bad || y >= rows;
		for (x = 0; x < cols && !r.bad; x++)
			term_read_cell(&r, &v->cells[y * cols + x],
			    v->flags);
		if (!r.bad)
			term_row_mend(&v->cells[y * cols], cols);
	}
	return !r.bad;
}

void
term_view_release(struct term_view *v)
{
	free(v->cells);
	memset(v, 0, sizeof(*v));
}
