/* Rows point into text that somebody else keeps, or that the page owns. */
#include "config.h"

#include "ui/page.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sanitize.h"

bool
wrap_next(struct wrap *w, struct wrap_row *r)
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
	/* The blank that would start the next row ends this one. */
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
	p->width = width;
	p->flags = flags;
}

void
page_release(struct page *p)
{
	page_clear(p, 0, 0);
	free(p->owned);
	free(p->rows);
	memset(p, 0, sizeof(*p));
}

const char *
page_keep_take(struct page *p, char *s)
{
	p->owned = xreallocarray(p->owned, p->owned_len + 1,
	    sizeof(*p->owned));
	p->owned[p->owned_len++] = s;
	return s;
}

struct page_row *
page_row_add(struct page *p)
{
	struct page_row *r;

	if (p->len == p->cap) {
		p->cap = p->cap == 0 ? 64 : p->cap * 2;
		p->rows = xreallocarray(p->rows, p->cap, sizeof(*p->rows));
	}
	r = &p->rows[p->len++];
	memset(r, 0, sizeof(*r));
	r->p = "";
	r->file = r->hunk = -1;
	return r;
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
	int prefix = first == NULL ? 0 :
	    sanitize_width(first, strlen(first), p->flags);

	/* One cell is for the mark that says that a line goes on. */
	w.width = p->width - prefix - (words ? 0 : 1);
	while (wrap_next(&w, &wr)) {
		r = page_row_add(p);
		r->prefix = p->len - 1 == from ? first : rest;
		r->prefix_style = style;
		r->style = style;
		r->p = text + wr.start;
		r->len = wr.len;
		r->column = wr.column;
		r->more = wr.more && !words;
	}
	return from;
}

size_t
page_adds(struct page *p, enum style style, const char *text)
{
	return page_add(p, style, NULL, NULL, text, strlen(text), true);
}

size_t
page_addf(struct page *p, enum style style, const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = xvasprintf(fmt, ap);
	va_end(ap);
	return page_adds(p, style, page_keep_take(p, s));
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
page_draw_row(struct screen *s, const struct page_row *r, int y, int x,
    int x_end)
{
	if (r->prefix != NULL)
		x = screen_puts(s, y, x, x_end, r->prefix_style, r->prefix);
	if (r->more && x_end - x > 1) {
		screen_put(s, y, x, x_end - 1, r->style, r->p, r->len,
		    r->column);
		screen_puts(s, y, x_end - 1, x_end, STYLE_MARK, "\\");
	} else
		screen_put(s, y, x, x_end, r->style, r->p, r->len, r->column);
}
