/* Each cell holds one character with its marks, or one character of a mark that
 * the sanitizer put in its place. */
#include "config.h"

#include "ui/term/screen.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/sanitize.h"

void
screen_resize(struct screen *s, int rows, int cols)
{
	s->rows = rows < 1 ? 1 : rows;
	s->cols = cols < 1 ? 1 : cols;
	FREE_SET(s->cells, xcalloc((size_t)s->rows * (size_t)s->cols,
	    sizeof(*s->cells)));
	screen_clear(s);
}

void
screen_release(struct screen *s)
{
	FREE_NULL(s->cells);
	FREE_NULL(s->ink);
	FREE_NULL(s->spans);
	FREE_NULL(s->shown);
	s->ink_len = s->spans_len = s->shown_len = 0;
	s->rows = s->cols = 0;
}

void
screen_ink_add(struct screen *s, struct screen_ink ink)
{
	*GROW_ADD(s->ink, s->ink_len) = ink;
}

void
screen_span_add(struct screen *s, struct screen_span span)
{
	*GROW_ADD(s->spans, s->spans_len) = span;
}

void
screen_shown_add(struct screen *s, struct seen *of, size_t off, size_t len)
{
	*GROW_ADD(s->shown, s->shown_len) =
	    (struct screen_shown){ of, off, len };
}

static struct cell *
screen_at(const struct screen *s, int y, int x)
{
	if (y < 0 || x < 0 || y >= s->rows || x >= s->cols)
		return NULL;
	return &s->cells[(size_t)y * (size_t)s->cols + (size_t)x];
}

const struct cell *
screen_cell(const struct screen *s, int y, int x)
{
	return screen_at(s, y, x);
}

static bool
screen_is_ascii(const struct screen *s)
{
	return (s->flags & SANITIZE_ASCII) != 0;
}

static void
screen_blank(struct cell *c)
{
	memset(c->text, 0, sizeof(c->text));
	c->text[0] = ' ';
}

static void
screen_set(struct screen *s, int y, int x, enum style style, const char *p,
    size_t n)
{
	struct cell *c = screen_at(s, y, x), *beside;

	if (c == NULL || n >= sizeof(c->text))
		return;
	/* No half of an overwritten wide character may stay. */
	if (n > 0 && c->text[0] == '\0' &&
	    (beside = screen_at(s, y, x - 1)) != NULL)
		screen_blank(beside);
	if (n > 0 && (beside = screen_at(s, y, x + 1)) != NULL &&
	    beside->text[0] == '\0')
		screen_blank(beside);
	/* Padded with NUL, so that cells compare as bytes. */
	memset(c, 0, sizeof(*c));
	memcpy(c->text, p, n);
	c->style = (uint8_t)style;
}

void
screen_fill(struct screen *s, int y, int x, int x_end, enum style style)
{
	struct cell *first;
	int i;

	x_end = x_end < s->cols ? x_end : s->cols;
	x = x < 0 ? 0 : x;
	first = screen_at(s, y, x);
	if (first == NULL || x >= x_end)
		return;
	/* Wide characters can only be cut at the ends. */
	screen_set(s, y, x, style, " ", 1);
	screen_set(s, y, x_end - 1, style, " ", 1);
	for (i = 1; i < x_end - 1 - x; i++)
		first[i] = *first;
}

void
screen_restyle(struct screen *s, int y, int x, int x_end, enum style style)
{
	struct cell *c = screen_at(s, y, x);

	for (; c != NULL && x < x_end && x < s->cols; x++)
		c++->style = (uint8_t)style;
}

void
screen_clear(struct screen *s)
{
	static const struct cell blank = { .text = " ", .style = STYLE_PLAIN };
	size_t cols = (size_t)s->cols, i;

	for (i = 0; i < cols; i++)
		s->cells[i] = blank;
	for (i = 1; i < (size_t)s->rows; i++)
		memcpy(s->cells + i * cols, s->cells, cols * sizeof(blank));
	s->cursor_y = s->cursor_x = -1;
	s->shown_len = 0;
}

static enum style
screen_style(enum style style, size_t at, const struct screen_span *spans,
    size_t n)
{
	while (n-- > 0)
		if (at >= spans[n].from && at < spans[n].to)
			return spans[n].style;
	return style;
}

bool
screen_takes_ink(enum style style)
{
	return style == STYLE_PLAIN || style == STYLE_ADD ||
	    style == STYLE_DEL || style == STYLE_CONTEXT ||
	    style == STYLE_CODE;
}

static void
screen_set_ink(struct screen *s, int y, int x, enum style style, size_t at)
{
	struct cell *c = screen_at(s, y, x);

	if (c == NULL || !screen_takes_ink(style))
		return;
	MEM_EACH(s, ink, it)
		if (at >= it->from && at < it->to)
			c->ink = it->class;
}

const char *
screen_blank_mark(const struct screen *s, bool tab)
{
	/* A full stop would look like text. */
	if (screen_is_ascii(s))
		return tab ? ">" : "~";
	return tab ? "\xe2\x86\x92" : "\xc2\xb7";
}

const char *
screen_bar(const struct screen *s)
{
	return screen_is_ascii(s) ? "|" : "\xe2\x94\x82";
}

const char *
screen_wrap(const struct screen *s)
{
	/* Backslash looks like text. */
	return screen_is_ascii(s) ? "\\" : "\xc2\xbb";
}

/* Show a space as a dot, a tab as an arrow in its first cell; in ASCII the
 * arrow is as long as the tab. */
static void
screen_put_blank(struct screen *s, int y, int x, enum style style, bool tab,
    int width)
{
	const char *p = screen_blank_mark(s, tab);

	screen_fill(s, y, x, x + width, style);
	for (; screen_is_ascii(s) && width > 1; width--)
		screen_set(s, y, x++, style, "-", 1);
	screen_set(s, y, x, style, p, strlen(p));
}

/* The mark of a text that continues past this cell. */
static void
screen_put_cut(struct screen *s, int y, int x)
{
	const char *p = screen_is_ascii(s) ? ">" : "\xe2\x80\xa6";

	screen_set(s, y, x, STYLE_DIM, p, strlen(p));
}

int
screen_put(struct screen *s, int y, int x, int x_end, enum style style,
    const char *p, size_t n, int column)
{
	return screen_put_spans(s, y, x, x_end, style, p, n, column, NULL, 0);
}

/* Put the printable ASCII that p begins with, as far as it fits; how much that
 * was. */
static size_t
screen_put_ascii(struct screen *s, int y, int x, int x_end, enum style style,
    const char *p, size_t n)
{
	struct cell *c = screen_at(s, y, x);
	size_t i, room = x < x_end ? (size_t)(x_end - x) : 0;

	/* Not before other bytes, which may be marks on it. The next cell may be
	 * the second half of a wide character. */
	for (i = 0; c != NULL && i < n && i < room && p[i] >= ' ' &&
	    p[i] < 0x7f && (i + 1 == n || (unsigned char)p[i + 1] < 0x80) &&
	    c[i].text[0] != '\0' && (x + (int)i + 1 >= s->cols ||
	    c[i + 1].text[0] != '\0'); i++) {
		memset(&c[i], 0, sizeof(*c));
		c[i].text[0] = p[i];
		c[i].style = (uint8_t)style;
	}
	return i;
}

int
screen_put_spans(struct screen *s, int y, int x, int x_end, enum style plain,
    const char *p, size_t n, int column, const struct screen_span *spans,
    size_t spans_len)
{
	struct sanitize_unit u;
	enum style st, style;
	size_t i, j;

	if (x_end > s->cols)
		x_end = s->cols;
	for (i = 0; i < n; i += u.used) {
		if (spans_len == 0 && s->ink_len == 0 &&
		    plain != STYLE_BLANK && (u.used = screen_put_ascii(s, y, x,
		    x_end, plain, p + i, n - i)) > 0) {
			x += (int)u.used;
			column += (int)u.used;
			continue;
		}
		style = screen_style(plain, i, spans, spans_len);
		sanitize_next(p + i, n - i, s->flags, column, &u);
		if (x + u.width > x_end) {
			/* A tab at the end hides only spaces. */
			if (p[i] == '\t' && i + 1 == n) {
				if (x < x_end && style == STYLE_BLANK)
					screen_put_blank(s, y, x, style, true,
					    x_end - x);
				else
					screen_fill(s, y, x, x_end, style);
				return x_end;
			}
			if (x_end > 0)
				screen_put_cut(s, y, x < x_end ? x : x_end - 1);
			return x_end;
		}
		st = u.is_mark ? STYLE_MARK : style;
		/* A space with an accent isn't one. */
		if ((p[i] == ' ' || p[i] == '\t') && u.used == 1 &&
		    style == STYLE_BLANK) {
			/* It must not look like a real dot. */
			screen_put_blank(s, y, x, STYLE_BLANK, p[i] == '\t',
			    u.width);
		} else if (u.is_mark || p[i] == '\t') {
			for (j = 0; j < u.len; j++)
				screen_set(s, y, x + (int)j, st, u.text + j,
				    1);
		} else {
			screen_set(s, y, x, st, u.text, u.len);
			if (p[i] != ' ')
				screen_set_ink(s, y, x, st, i);
			if (u.width == 2)
				screen_set(s, y, x + 1, st, "", 0);
		}
		x += u.width;
		column += u.width;
	}
	return x;
}

int
screen_puts(struct screen *s, int y, int x, int x_end, enum style style,
    const char *text)
{
	return screen_put(s, y, x, x_end, style, text, strlen(text), 0);
}

int
screen_own(struct screen *s, int y, int x, int x_end, enum style style,
    const char *text)
{
	AUTO_FREE char *own = sanitize_own(text, s->flags);

	return screen_puts(s, y, x, x_end, style, own);
}

void
screen_row(const struct screen *s, int y, struct buf *out)
{
	size_t keep = out->len;
	int x;

	for (x = 0; x < s->cols; x++) {
		const struct cell *c = screen_at(s, y, x);

		buf_adds(out, c->text);
		if (c->text[0] != ' ' && c->text[0] != '\0')
			keep = out->len;
	}
	buf_cut(out, keep);
}
