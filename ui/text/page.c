/* Rows point into text that is borrowed, or owned by the page. */

#include "config.h"

#include "ui/text/page.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "base/mem.h"
#include "base/sanitize.h"
#include "base/utf8.h"
#include "review/pairs.h"
#include "ui/term/screen.h"

static void page_find_spans(struct screen *, const struct page *, size_t,
    const char *);

bool
page_wrap_next(struct wrap *w, struct wrap_row *r)
{
	struct sanitize_unit u;
	size_t i = w->pos, blank = 0;
	int x = 0, column = w->column, blank_column = 0;
	int width = w->width < 1 ? 1 : w->width;

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
		i += i < w->n;
		column = 0;
	}
	if (i >= w->n)
		w->end = true;
	r->next = i;
	w->pos = i;
	w->column = column;
	return true;
}

void
page_clear(struct page *p, int width, unsigned flags)
{
	MEM_EACH(p, owned, it)
		free(*it);
	p->owned_len = 0;
	p->len = 0;
	p->spans_len = 0;
	p->width = width;
	p->flags = flags;
	p->next = (struct page_row){ .p = "", .file = -1, .hunk = -1 };
}

void
page_release(struct page *p)
{
	page_clear(p, 0, 0);
	FREE_ALL(p->owned, p->rows, p->spans);
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
	*GROW_ADD(p->owned, p->owned_len) = s;
	return s;
}

struct page_row *
page_row_add(struct page *p)
{
	GROW(p->rows, p->len);
	p->rows[p->len] = p->next;
	return &p->rows[p->len++];
}

/* Like page_wrap_next, but without wrapping: each row is a whole line. */
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

static int
page_prefix_width(const struct page *p, const char *prefix)
{
	return prefix == NULL ? 0 : sanitize_width(prefix, strlen(prefix),
	    p->flags);
}

size_t
page_theirs(struct page *p, enum style style, const char *first,
    const char *rest, const char *text, size_t n, bool words)
{
	struct wrap w = { .p = text, .n = n, .flags = p->flags,
		.words = words };
	struct wrap_row wr;
	struct page_row *r;
	size_t from = p->len;
	bool joins = false;
	/* Keep one cell for the continuation mark. */
	int width = p->width - p->next.indent - (words ? 0 : 1);

	w.width = width - page_prefix_width(p, first);
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
		w.width = width - page_prefix_width(p, rest);
	}
	return from;
}

#define PAGE_BLANKS "        "

const char *
page_goes_on(const struct page *p, size_t in)
{
	size_t skip = strlen(PAGE_BLANKS);

	skip -= in < skip ? in : skip;
	return ((p->flags & SANITIZE_ASCII) != 0 ? PAGE_BLANKS "\\ " :
	    PAGE_BLANKS "\xc2\xbb ") + skip;
}

size_t
page_add(struct page *p, enum style style, const char *first,
    const char *rest, const char *text, size_t n)
{
	size_t in = strspn(rest != NULL ? rest : first != NULL ? first : text,
	    " "), i, row = page_theirs(p, style, first, page_goes_on(p, in),
	    text, n, true);

	for (i = row + 1; i < p->len; i++)
		p->rows[i].prefix_style = STYLE_DIM;
	return row;
}

size_t
page_own(struct page *p, enum style style, const char *first,
    const char *rest, const char *text)
{
	const char *own = page_keep_take(p, sanitize_own(text, p->flags));

	return page_theirs(p, style, first, rest, own, strlen(own), true);
}

size_t
page_lines(struct page *p, enum style style, const char *first,
    const char *indent, const char *text, size_t n)
{
	const char *end = text + n, *nl, *bar;
	size_t from = p->len;

	do {
		nl = mem_line_end(text, end);
		bar = nl - text < 2 || memcmp(text, "| ", 2) != 0 ? NULL :
		    page_keep_take(p, xasprintf("%s| ", indent));
		if (bar != NULL)
			page_theirs(p, style, bar, bar, text + 2,
			    (size_t)(nl - text) - 2, true);
		else
			page_add(p, style, first, indent, text,
			    (size_t)(nl - text));
		first = indent;
		text = nl + 1;
	} while (text < end);
	return from;
}

const char *
page_bar(const struct page *p)
{
	return (p->flags & SANITIZE_ASCII) != 0 ? "  | " :
	    "  \xe2\x94\x82 ";
}

size_t
page_adds(struct page *p, enum style style, const char *text)
{
	const char *own = page_keep_take(p, sanitize_own(text, p->flags));

	return page_add(p, style, NULL, NULL, own, strlen(own));
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
page_style(struct page *p, size_t row, size_t end, const char *text,
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

/* Style the words `w` in rows [first, end), which show the line `s`. Underlined,
 * a space would look like "_". */
static void
page_style_words(struct page *p, size_t first, size_t end, const char *s,
    const struct word_diff *w, enum style style)
{
	size_t i, n, blank;

	for (i = 0; i < w->len; i++) {
		n = w->v[i].to - w->v[i].from;
		for (blank = 0; blank < n && memchr(" \t",
		    s[w->v[i].from + blank], 2) != NULL; blank++)
			;
		page_style(p, first, end, s + w->v[i].from, n,
		    blank == n ? STYLE_BLANK : style);
	}
}

void
page_style_pair(struct page *p, size_t first, size_t end,
    const struct pairs *ps, const char *text, size_t line)
{
	const struct pair_line *l = &ps->v[line];
	struct word_diff of_old = { 0 }, of_new = { 0 };
	bool new = l->sign == '+';
	const char *s, *t;
	size_t n, m;

	if (l->other == 0)
		return;
	s = pairs_text(l, text, &n);
	t = pairs_text(&ps->v[l->other - 1], text, &m);
	word_diff_diff(&of_old, &of_new, new ? t : s, new ? m : n,
	    new ? s : t, new ? n : m, NULL);
	page_style_words(p, first, end, s, new ? &of_new : &of_old,
	    new ? STYLE_ADD_WORD : STYLE_DEL_WORD);
	FREE_ALL(of_old.v, of_new.v);
}

/* Collect row i's spans in s->spans. */
static void
page_spans_make(struct screen *s, const struct page *p, size_t i,
    const char *find)
{
	size_t k;

	s->spans_len = 0;
	for (k = p->rows[i].spans; k != 0; k = p->spans[k - 1].next)
		screen_span_add(s, p->spans[k - 1].at);
	if (find != NULL)
		page_find_spans(s, p, i, find);
}

/* The prefix, such as the diff's sign, isn't part of the line: it has no
 * colours. */
static int
page_draw_prefix(struct screen *s, const struct page_row *r, int y, int x,
    int x_end)
{
	size_t ink = s->ink_len;

	if (r->prefix == NULL)
		return x;
	s->ink_len = 0;
	x = screen_puts(s, y, x, x_end, r->prefix_style, r->prefix);
	s->ink_len = ink;
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

static void
page_draw(struct screen *s, const struct page *p, size_t i, enum style style,
    const char *find, int y, int x, int x_end)
{
	const struct page_row *r = &p->rows[i];
	bool more;

	page_spans_make(s, p, i, find);
	x = page_draw_prefix(s, r, y, x + r->indent, x_end);
	more = r->more && x_end - x > 1;
	x = screen_put_spans(s, y, x, more ? x_end - 1 : x_end, style, r->p,
	    r->len, r->column, s->spans, s->spans_len);
	s->ink_len = 0;
	page_draw_rest(s, r, y, x, x_end);
	if (more)
		screen_puts(s, y, x_end - 1, x_end, STYLE_DIM, screen_wrap(s));
	if (r->seen != NULL && !r->hidden)
		screen_shown_add(s, r->seen, r->seen_off, r->seen_len);
}

void
page_draw_row(struct screen *s, const struct page *p, size_t i,
    const char *find, int y, int x, int x_end)
{
	page_draw(s, p, i, p->rows[i].style, find, y, x, x_end);
}

void
page_draw_current(struct screen *s, const struct page *p, size_t i,
    const char *find, int y, int x, int x_end)
{
	enum style plain = p->rows[i].style;

	page_draw(s, p, i, plain == STYLE_PLAIN || plain == STYLE_DIM ?
	    STYLE_NAME : plain, find, y, x, x_end);
}

/*
 * Searches a page. Rows of one line are searched as one: where lines are broken
 * depends on the terminal's width, and matches must not.
 */

/* The next code point, or invalid byte, as a number. */
static uint32_t
find_unit(const char *p, size_t n, bool fold, size_t *used)
{
	uint32_t cp;

	*used = utf8_next(p, n, &cp);
	if (*used == 0) {
		*used = 1;
		return 0x80000000u | (unsigned char)p[0];
	}
	return fold ? (uint32_t)utf8proc_tolower((utf8proc_int32_t)cp) : cp;
}

/* Ignore case if the pattern has no capital. */
static bool
find_folds(const char *text)
{
	size_t n = strlen(text), i, used;

	for (i = 0; i < n; i += used)
		if (find_unit(text + i, n - i, true, &used) !=
		    find_unit(text + i, n - i, false, &used))
			return false;
	return true;
}

/* Length of the match at p; 0: none. */
static size_t
find_match(const char *p, size_t n, const char *text, size_t len, bool fold)
{
	size_t i = 0, k = 0, a, b;

	while (k < len) {
		if (i >= n || find_unit(p + i, n - i, fold, &a) !=
		    find_unit(text + k, len - k, fold, &b))
			return 0;
		i += a;
		k += b;
	}
	return i;
}

/* The rows around row i that belong to its line, as far as a match of
 * `reach` bytes can extend: a line can be a whole file. */
static void
find_line(const struct page *p, size_t i, size_t reach, size_t *first,
    size_t *last)
{
	const struct page_row *r = p->rows;

	for (*first = i; *first > 0 && r[*first].joins &&
	    (size_t)(r[i].p - r[*first].p) < reach; --*first)
		;
	for (*last = i; *last + 1 < p->len && r[*last + 1].joins &&
	    (size_t)(r[*last].p - r[i].p) < reach + r[i].len; ++*last)
		;
}

struct find {
	const char	*line;
	size_t		 len;		/* of the line */
	const char	*text;
	size_t		 text_len;
	bool		 fold;
	size_t		 at;		/* where to continue */
	unsigned char	 first[2];	/* a match's possible first bytes */
	unsigned char	 second[2];	/* and second bytes; 0: any */
	bool		 high;		/* or any byte beyond ASCII */
};

/* The letter, or it and its capital. */
static void
find_both(unsigned char c, bool fold, unsigned char both[2])
{
	both[0] = both[1] = c;
	if (fold && c >= 'a' && c <= 'z')
		both[1] = (unsigned char)(c - 'a' + 'A');
}

static void
find_text(struct find *f, const char *text)
{
	unsigned char c = (unsigned char)text[0];

	f->text = text;
	f->text_len = strlen(text);
	f->fold = find_folds(text);
	/* Some letters beyond ASCII are capitals of ASCII letters. */
	f->high = f->fold || c >= 0x80;
	find_both(c, f->fold, f->first);
	c = c == '\0' || c >= 0x80 ? 0 : (unsigned char)text[1];
	find_both(c < 0x80 ? c : 0, f->fold, f->second);
}

/* Skip bytes that can't begin a match: most of the text. */
static void
find_skip(struct find *f)
{
	const unsigned char *p = (const unsigned char *)f->line;
	size_t i = f->at, n = f->len;
	unsigned char a = f->first[0], b = f->first[1];
	unsigned char c = f->second[0], d = f->second[1];

	for (; i < n; i++)
		if (p[i] >= 0x80 || ((p[i] == a || p[i] == b) && (c == 0 ||
		    i + 1 == n || p[i + 1] == c || p[i + 1] == d ||
		    p[i + 1] >= 0x80)))
			break;
	f->at = i;
}

static void
find_begin(struct find *f, const struct page *p, size_t i, const char *text)
{
	size_t first, last;

	/* A small letter can be shorter than its capital. */
	find_line(p, i, 4 * strlen(text), &first, &last);
	f->line = p->rows[first].p;
	f->len = (size_t)(p->rows[last].p - f->line) + p->rows[last].len;
	f->at = 0;
	find_text(f, text);
}

/* The next match; false if there is none. */
static bool
find_next(struct find *f, size_t *from, size_t *to)
{
	size_t n, used;

	while (find_skip(f), f->at < f->len) {
		n = !f->high && (unsigned char)f->line[f->at] >= 0x80 ? 0 :
		    find_match(f->line + f->at, f->len - f->at, f->text,
		    f->text_len, f->fold);
		if (n > 0) {
			*from = f->at;
			*to = f->at += n;
			return true;
		}
		(void)find_unit(f->line + f->at, f->len - f->at, false, &used);
		f->at += used;
	}
	return false;
}

bool
page_find_in(const char *p, size_t n, const char *text, size_t *at)
{
	struct find f = { .line = p, .len = n };
	size_t from, to;

	find_text(&f, text);
	return find_next(&f, at != NULL ? at : &from, &to);
}

static bool
find_is_word(unsigned char c)
{
	return c >= 0x80 || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' &&
	    (c | 0x20) <= 'z');
}

/* Do the pattern's words come in this order, with anything between them? */
static bool
find_words(const unsigned char *p, size_t n, const unsigned char *text,
    bool json)
{
	size_t i;

	for (i = 0; *text != '\0'; text++) {
		if (!find_is_word(*text))
			continue;
		while (i < n && !find_is_word(p[i]))
			i += !json || p[i] != '\\' ? 1 : i + 1 < n &&
			    p[i + 1] == 'u' ? 6 : 2;
		if (i >= n)
			return false;
		/* Beyond ASCII a letter may be another's capital. */
		if (p[i] >= 0x80 || *text >= 0x80)
			return true;
		if ((p[i] | 0x20) != (*text | 0x20))
			return false;
		i++;
	}
	return true;
}

bool
page_find_may(const char *p, size_t n, const char *text, bool json)
{
	const unsigned char *s = (const unsigned char *)p;
	const unsigned char *t = (const unsigned char *)text;
	size_t i;

	while (*t != '\0' && !find_is_word(*t))
		t++;
	if (*t == '\0' || *t >= 0x80)
		return true;
	for (i = 0; i < n; i++)
		if ((s[i] >= 0x80 || (s[i] | 0x20) == (*t | 0x20)) &&
		    find_words(s + i, n - i, t, json))
			return true;
	return false;
}

bool
page_find_at(const struct page *p, size_t i, const char *text)
{
	const struct page_row *r = &p->rows[i];
	size_t from, to, begin, end;
	struct find f;

	find_begin(&f, p, i, text);
	begin = (size_t)(r->p - f.line);
	end = i + 1 < p->len && p->rows[i + 1].joins ?
	    (size_t)(p->rows[i + 1].p - f.line) : f.len;
	while (find_next(&f, &from, &to) && from < end)
		if (from >= begin)
			return true;
	return false;
}

size_t
page_find(const struct page *p, size_t from, const char *text, bool back)
{
	size_t i, at;

	for (i = 1; text[0] != '\0' && i <= p->len; i++) {
		at = back ? (from + p->len - i % p->len) % p->len :
		    (from + i) % p->len;
		if (page_find_at(p, at, text))
			return at;
	}
	return p->len;
}

/* Add row i's matches to s->spans. */
static void
page_find_spans(struct screen *s, const struct page *p, size_t i,
    const char *text)
{
	const struct page_row *r = &p->rows[i];
	size_t from, to, begin, end;
	struct find f;

	find_begin(&f, p, i, text);
	begin = (size_t)(r->p - f.line);
	end = begin + r->len;
	while (find_next(&f, &from, &to) && from < end)
		if (to > begin)
			screen_span_add(s, (struct screen_span){
				from < begin ? 0 : from - begin,
				(to > end ? end : to) - begin, STYLE_FOUND });
}
