/* Rows point into text that is borrowed, or owned by the page. */
#include "config.h"

#include "ui/text/page.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sanitize.h"
#include "ui/term/screen.h"

bool
page_wrap_next(struct wrap *w, struct wrap_row *r)
{
	struct sanitize_unit u;
	size_t i = w->pos, blank = 0;
	int x = 0, column = w->column, blank_column = 0;
	int width = w->width < 1 ? 1 : w->width;
	bool newline = false;

	if (w->end)
		return false;
	memset(r, 0, sizeof(*r));
	r->start = w->pos;
	r->column = w->column;
	for (; i < w->n && w->p[i] != '\n'; i += u.used) {
		sanitize_next(w->p + i, w->n - i, w->flags, column, &u);
		if (x + u.width > width && i > w->pos) {
			r->more = true;
			break;
		}
		/* A cut tab loses nothing. */
		r->hidden = w->width < 1 || (x + u.width > width &&
		    w->p[i] != '\t');
		x += u.width;
		column += u.width;
		if (w->words && w->p[i] == ' ') {
			blank = i + 1;
			blank_column = column;
		}
	}
	if (r->more && blank > w->pos && i < w->n && w->p[i] != ' ') {
		i = blank;
		column = blank_column;
	}
	/* A space at the break ends this row. */
	r->len = i - w->pos;
	if (r->more && w->words && i < w->n && w->p[i] == ' ') {
		i++;
		column++;
	}
	if (i >= w->n || w->p[i] == '\n')
		r->more = false;
	if (!r->more) {
		newline = i < w->n;
		i += newline ? 1 : 0;
		column = 0;
	}
	if (i >= w->n && !(newline && w->tail))
		w->end = true;
	r->next = i;
	w->pos = i;
	w->column = column;
	return true;
}

void
page_clear(struct page *p, int width, unsigned flags)
{
	size_t i;

	for (i = 0; i < p->owned_len; i++)
		free(p->owned[i]);
	p->owned_len = 0;
	p->len = 0;
	p->spans_len = 0;
	p->width = width;
	p->flags = flags;
}

void
page_release(struct page *p)
{
	page_clear(p, 0, 0);
	free(p->owned);
	free(p->rows);
	free(p->spans);
	free(p->drawn);
	free(p->ink);
	memset(p, 0, sizeof(*p));
}

void
page_get_mark(const struct page *p, struct page_mark *m)
{
	m->rows = p->len;
	m->spans = p->spans_len;
	m->owned = p->owned_len;
}

void
page_truncate(struct page *p, const struct page_mark *m)
{
	while (p->owned_len > m->owned)
		free(p->owned[--p->owned_len]);
	p->len = m->rows;
	p->spans_len = m->spans;
}

const char *
page_keep_take(struct page *p, char *s)
{
	GROW(p->owned, p->owned_len);
	p->owned[p->owned_len++] = s;
	return s;
}

struct page_row *
page_row_add(struct page *p)
{
	struct page_row *r;

	GROW(p->rows, p->len);
	r = &p->rows[p->len++];
	memset(r, 0, sizeof(*r));
	r->p = "";
	r->file = r->hunk = -1;
	return r;
}

/* As page_wrap_next, but without wrapping: each row is a whole line. */
static bool
page_line_next(struct wrap *w, struct wrap_row *r)
{
	const char *nl;

	if (w->end)
		return false;
	memset(r, 0, sizeof(*r));
	r->start = w->pos;
	nl = memchr(w->p + w->pos, '\n', w->n - w->pos);
	r->len = nl == NULL ? w->n - w->pos : (size_t)(nl - w->p) - w->pos;
	r->next = w->pos + r->len + (nl != NULL);
	w->pos = r->next;
	w->end = w->pos >= w->n;
	return true;
}

size_t
page_add(struct page *p, enum style style, const char *first,
    const char *rest, const char *text, size_t n, bool words)
{
	struct wrap w = { .p = text, .n = n, .flags = p->flags,
		.words = words };
	struct wrap_row wr;
	struct page_row *r;
	size_t from = p->len;
	bool joins = false;
	int prefix = first == NULL ? 0 :
	    sanitize_width(first, strlen(first), p->flags);

	/* Keep one cell for the continuation mark. */
	w.width = p->width - prefix - (words ? 0 : 1);
	while (p->unwrapped && !words ? page_line_next(&w, &wr) :
	    page_wrap_next(&w, &wr)) {
		r = page_row_add(p);
		r->prefix = p->len - 1 == from ? first : rest;
		r->prefix_style = style;
		r->style = style;
		r->p = text + wr.start;
		r->len = wr.len;
		r->column = wr.column;
		r->more = wr.more && !words;
		r->joins = joins;
		r->hidden = wr.hidden;
		joins = wr.more;
	}
	return from;
}

size_t
page_own(struct page *p, enum style style, const char *first,
    const char *rest, const char *text)
{
	const char *own = page_keep_take(p, sanitize_own(text, p->flags));

	return page_add(p, style, first, rest, own, strlen(own), true);
}

size_t
page_adds(struct page *p, enum style style, const char *text)
{
	return page_own(p, style, NULL, NULL, text);
}

size_t
page_addf(struct page *p, enum style style, const char *fmt, ...)
{
	AUTO_FREE char *s = NULL;
	va_list ap;

	va_start(ap, fmt);
	s = xvasprintf(fmt, ap);
	va_end(ap);
	return page_adds(p, style, s);
}

void
page_set_seen(struct page *p, size_t row, struct seen *seen, const char *base,
    size_t n)
{
	struct page_row *r;

	for (; row < p->len; row++) {
		r = &p->rows[row];
		r->seen = seen;
		r->seen_off = (size_t)(r->p - base);
		r->seen_len = (row + 1 < p->len ?
		    (size_t)(p->rows[row + 1].p - base) : n) - r->seen_off;
	}
}

void
page_style(struct page *p, size_t row, const char *text, size_t n,
    enum style style)
{
	page_style_rows(p, row, p->len, text, n, style);
}

void
page_style_rows(struct page *p, size_t row, size_t end, const char *text,
    size_t n, enum style style)
{
	struct page_span *s;
	struct page_row *r;
	size_t from, to, *last;

	for (; row < end; row++) {
		r = &p->rows[row];
		if (text + n <= r->p)
			break;
		from = text <= r->p ? 0 : (size_t)(text - r->p);
		to = (size_t)(text + n - r->p);
		if (to > r->len)
			to = r->len;
		if (from >= to)
			continue;
		GROW(p->spans, p->spans_len);
		for (last = &r->spans; *last != 0;
		    last = &p->spans[*last - 1].next)
			;
		s = &p->spans[p->spans_len++];
		s->at.from = from;
		s->at.to = to;
		s->at.style = style;
		s->next = 0;
		*last = p->spans_len;
	}
}

void
page_drawn_add(struct page *p, size_t from, size_t to, enum style style)
{
	GROW(p->drawn, p->drawn_len);
	p->drawn[p->drawn_len].from = from;
	p->drawn[p->drawn_len].to = to;
	p->drawn[p->drawn_len++].style = style;
}

/* Collect row i's spans in p->drawn. */
static void
page_drawn_make(struct page *p, size_t i, const char *find)
{
	const struct page_row *r = &p->rows[i];
	size_t k;

	p->drawn_len = 0;
	for (k = r->spans; k != 0; k = p->spans[k - 1].next)
		page_drawn_add(p, p->spans[k - 1].at.from,
		    p->spans[k - 1].at.to, p->spans[k - 1].at.style);
	if (find != NULL)
		page_find_spans(p, i, find);
}

void
page_ink_add(struct page *p, size_t from, size_t to, enum syntax_class class)
{
	GROW(p->ink, p->ink_len);
	p->ink[p->ink_len].from = from;
	p->ink[p->ink_len].to = to;
	p->ink[p->ink_len++].class = (uint8_t)class;
}

/* The row's text, with its spans and colours. */
static int
page_draw_text(struct screen *s, const struct page *p,
    const struct page_row *r, int y, int x, int x_end, size_t from, size_t to,
    int column)
{
	s->ink = p->ink;
	s->ink_len = p->ink_len;
	x = screen_put_spans(s, y, x, x_end, r->style, r->p + from, to - from,
	    column, p->drawn, p->drawn_len);
	s->ink_len = 0;
	return x;
}

/* The prefix, such as the diff's sign, isn't part of the line: a space in it
 * isn't drawn as a mark when spaces are made visible. */
static int
page_draw_prefix(struct screen *s, const struct page_row *r, int y, int x,
    int x_end)
{
	bool blanks = s->blanks;

	if (r->prefix == NULL)
		return x;
	s->blanks = false;
	x = screen_puts(s, y, x, x_end, r->prefix_style, r->prefix);
	s->blanks = blanks;
	return x;
}

/* A line that was added or removed is tinted to the pane's edge. */
static void
page_draw_rest(struct screen *s, const struct page_row *r, int y, int x,
    int x_end)
{
	if (r->style == STYLE_ADD || r->style == STYLE_DEL)
		screen_fill(s, y, x, x_end, r->style);
}

void
page_draw_row(struct screen *s, struct page *p, size_t i, const char *find,
    int y, int x, int x_end)
{
	const struct page_row *r = &p->rows[i];
	bool more;

	page_drawn_make(p, i, find);
	x = page_draw_prefix(s, r, y, x, x_end);
	more = r->more && x_end - x > 1;
	x = page_draw_text(s, p, r, y, x, more ? x_end - 1 : x_end, 0, r->len,
	    r->column);
	page_draw_rest(s, r, y, x, x_end);
	if (more)
		screen_puts(s, y, x_end - 1, x_end, STYLE_DIM, screen_wrap(s));
}

void
page_draw_current(struct screen *s, struct page *p, size_t i, const char *find,
    int y, int x, int x_end)
{
	enum style plain = p->rows[i].style;

	if (plain == STYLE_PLAIN || plain == STYLE_DIM)
		p->rows[i].style = STYLE_NAME;
	page_draw_row(s, p, i, find, y, x, x_end);
	p->rows[i].style = plain;
}
