/*
 * Finds blocks. md4c reads complete texts; this file cuts a growing text into
 * blocks of which all but the last can't change any more. Fenced code at the
 * margin isn't given to md4c: each complete line of it is final, and an
 * unclosed fence extends to the end.
 */
#include "config.h"

#include "ui/text/markdown.h"

#include <string.h>

#include "base/mem.h"
#include "ui/term/screen.h"
#include "ui/text/markdown-int.h"
#include "ui/text/page.h"

struct line {
	size_t	start, end;	/* without the newline */
	size_t	next;
	bool	whole;		/* ends in a newline */
};

static bool
line_get(const char *t, size_t n, size_t at, struct line *l)
{
	const char *nl;

	if (at >= n)
		return false;
	nl = memchr(t + at, '\n', n - at);
	l->start = at;
	l->whole = nl != NULL;
	l->end = nl == NULL ? n : (size_t)(nl - t);
	l->next = l->end + (l->whole ? 1 : 0);
	return true;
}

static bool
line_is_blank(const char *t, const struct line *l)
{
	size_t i;

	for (i = l->start; i < l->end; i++)
		if (t[i] != ' ' && t[i] != '\t' && t[i] != '\r')
			return false;
	return true;
}

static size_t
line_indent(const char *t, const struct line *l)
{
	size_t i = l->start;

	while (i < l->end && t[i] == ' ')
		i++;
	return i - l->start;
}

/* Length of the fence at its start; 0: not a fence. */
static size_t
line_fence(const char *t, const struct line *l)
{
	size_t from = l->start + line_indent(t, l), i = from;

	if (from - l->start > 3 || i >= l->end || (t[i] != '`' &&
	    t[i] != '~'))
		return 0;
	while (i < l->end && t[i] == t[from])
		i++;
	if (i - from < 3 || (t[from] == '`' &&
	    memchr(t + i, '`', l->end - i) != NULL))
		return 0;
	return i - from;
}

static bool
line_closes(const char *t, const struct line *l, char fence, size_t len)
{
	size_t indent = line_indent(t, l), i = l->start + indent;

	if (indent > 3 || i >= l->end || t[i] != fence ||
	    line_fence(t, l) < len)
		return false;
	while (i < l->end && t[i] == fence)
		i++;
	while (i < l->end && (t[i] == ' ' || t[i] == '\t' || t[i] == '\r'))
		i++;
	return i == l->end;
}

/* Could the next lines be part of an item? */
static bool
line_is_item(const char *t, const struct line *l)
{
	size_t i = l->start;

	while (i < l->end && (t[i] == ' ' || t[i] == '\t' || t[i] == '>'))
		i++;
	if (i < l->end && (t[i] == '-' || t[i] == '*' || t[i] == '+'))
		return true;
	return i < l->end && t[i] >= '0' && t[i] <= '9';
}

/* The end of the block that begins at `at`; *final if more text can't move
 * it. */
static size_t
markdown_block_end(const char *t, size_t n, size_t at, bool *final)
{
	bool blank = false, item = false;
	struct line l;
	size_t start = at;

	*final = false;
	for (; line_get(t, n, at, &l); at = l.next) {
		if (line_is_blank(t, &l)) {
			blank = true;
			continue;
		}
		if (at > start) {
			if (blank && t[at] != ' ' && t[at] != '\t' &&
			    t[at] != '\r') {
				*final = true;
				return at;
			}
			/* Within an item it may belong to the item. */
			if (line_fence(t, &l) > 0 && (!item ||
			    line_indent(t, &l) == 0)) {
				*final = l.whole;
				return at;
			}
		}
		item = item || line_is_item(t, &l);
		blank = false;
	}
	return n;
}

/* Append text as it is, line by line. */
static void
markdown_verbatim(struct page *p, const char *margin, enum style style,
    const char *text, size_t n, bool words)
{
	char *copy = xmalloc(n + 1);

	memcpy(copy, text, n);
	copy[n] = '\0';
	page_add(p, style, margin, margin, page_keep_take(p, copy), n, words);
}

static void
markdown_code(struct markdown *m, struct page *p, const char *margin,
    const char *text, size_t n)
{
	const char *prefix = page_keep_take(p, xasprintf("%s  ",
	    margin == NULL ? "" : margin));
	size_t row = p->len;

	markdown_verbatim(p, prefix, STYLE_CODE, text, n, false);
	for (; row < p->len; row++) {
		m->code_lines += !p->rows[row].joins;
		p->rows[row].prefix_style = STYLE_PLAIN;
		p->rows[row].kind = MARKDOWN_CODE;
		p->rows[row].change = m->codes;
		p->rows[row].line = m->code_lines;
	}
}

/* Append lines of code: complete lines, or the incomplete last one, up to
 * the fence's end. True if more is to come. */
static bool
markdown_fenced(struct markdown *m, struct page *p, const char *margin,
    const char *t, size_t n, bool *final)
{
	struct line l = { 0 };
	size_t at = m->at;
	bool closes = false;

	while (!closes && line_get(t, n, at, &l)) {
		closes = line_closes(t, &l, m->fence, m->fence_len);
		if (closes || !l.whole)
			break;
		at = l.next;
	}
	*final = closes ? l.whole : at > m->at;
	if (at > m->at)
		markdown_code(m, p, margin, t + m->at, at - m->at);
	else if (!closes && n > at) {
		markdown_code(m, p, margin, t + at, n - at);
		at = n;
	}
	m->at = closes ? l.next : at;
	if (closes)
		m->fence = 0;
	return m->at < n;
}

/* The same for text shown as source, which has no end. */
static bool
markdown_plain(struct markdown *m, struct page *p, const char *margin,
    const char *t, size_t n, bool *final)
{
	size_t end = n;

	while (end > m->at && t[end - 1] != '\n')
		end--;
	*final = end > m->at;
	if (!*final)
		end = n;
	if (end > m->at)
		markdown_verbatim(p, margin, STYLE_PLAIN, t + m->at,
		    end - m->at, true);
	m->at = end;
	return end < n;
}

static bool
markdown_block(struct markdown *m, struct page *p, const char *margin,
    const char *t, size_t n, bool *final)
{
	size_t end, len, i;
	struct line l;

	if (!line_get(t, n, m->at, &l))
		return false;
	len = line_fence(t, &l);
	if (len > 0) {
		*final = l.whole;
		m->fence = t[l.start + line_indent(t, &l)];
		m->fence_len = len;
		m->codes++;
		m->code_lines = 0;
		m->at = l.next;
		/* The language's name. */
		i = l.start + line_indent(t, &l) + len;
		while (i < l.end && (t[i] == ' ' || t[i] == '\t'))
			i++;
		while (l.end > i && (t[l.end - 1] == '\r' ||
		    t[l.end - 1] == ' '))
			l.end--;
		if (i < l.end) {
			i = p->len;
			markdown_verbatim(p, margin, STYLE_DIM,
			    t + l.start + line_indent(t, &l), l.end -
			    l.start - line_indent(t, &l), true);
			for (; i < p->len; i++)
				p->rows[i].kind = MARKDOWN_FENCE;
		}
		return true;
	}
	end = markdown_block_end(t, n, m->at, final);
	if (end - m->at > MARKDOWN_BLOCK_MAX) {
		m->plain = *final = true;
		return true;
	}
	i = end;
	while (i > m->at && memchr(" \t\r\n", t[i - 1], 4) != NULL)
		i--;
	if (!markdown_render(p, margin, t + m->at, i - m->at))
		markdown_verbatim(p, margin, STYLE_PLAIN, t + m->at,
		    i - m->at, true);
	m->at = end;
	return true;
}

/* Is the line before this one empty? */
static bool
markdown_after_blank(const char *t, size_t at)
{
	size_t i = at;

	if (i == 0 || t[--i] != '\n')
		return false;
	while (i > 0 && (t[i - 1] == ' ' || t[i - 1] == '\t' ||
	    t[i - 1] == '\r'))
		i--;
	return i == 0 || t[i - 1] == '\n';
}

/* Empty lines between blocks become one empty row; false if no block
 * follows. */
static bool
markdown_blank(struct markdown *m, struct page *p, const char *t, size_t n)
{
	struct line l;

	while (line_get(t, n, m->at, &l) && line_is_blank(t, &l))
		m->at = l.next;
	if (m->at >= n)
		return false;
	if (m->begun && markdown_after_blank(t, m->at))
		page_row_add(p);
	return true;
}

void
markdown_add(struct markdown *m, struct page *p, const char *margin,
    const char *text, size_t n)
{
	struct markdown now;
	bool final = true, step, more = true;

	if (m->marked)
		page_truncate(p, &m->mark);
	else
		page_get_mark(p, &m->mark);
	m->marked = true;
	now = *m;
	while (more && now.at < n) {
		step = false;
		if (now.fence != 0)
			more = markdown_fenced(&now, p, margin, text, n,
			    &step);
		else if (now.plain)
			more = markdown_plain(&now, p, margin, text, n,
			    &step);
		else
			more = markdown_blank(&now, p, text, n) &&
			    markdown_block(&now, p, margin, text, n, &step);
		now.begun = now.begun || p->len > now.mark.rows;
		/* What follows a part that may change isn't final. */
		final = final && step;
		if (final) {
			page_get_mark(p, &now.mark);
			*m = now;
		}
	}
}
