/*
 * Searches a page. Rows of one line are searched as one: where lines are broken
 * depends on the terminal's width, and matches must not.
 */
#include "config.h"

#include "ui/text/page.h"

#include <string.h>

#include <utf8proc.h>

#include "base/utf8.h"
#include "ui/term/screen.h"

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
page_find_pos(const char *p, size_t n, const char *text, size_t *at)
{
	struct find f = { .line = p, .len = n };
	size_t to;

	find_text(&f, text);
	return find_next(&f, at, &to);
}

bool
page_find_in(const char *p, size_t n, const char *text)
{
	size_t at;

	return page_find_pos(p, n, text, &at);
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

void
page_find_spans(struct page *p, size_t i, const char *text)
{
	const struct page_row *r = &p->rows[i];
	size_t from, to, begin, end;
	struct find f;

	find_begin(&f, p, i, text);
	begin = (size_t)(r->p - f.line);
	end = begin + r->len;
	while (find_next(&f, &from, &to) && from < end)
		if (to > begin)
			page_drawn_add(p, from < begin ? 0 : from - begin,
			    (to > end ? end : to) - begin, STYLE_FOUND);
}
