/*
 * Finds blocks. md4c reads complete texts; this file cuts a growing text into
 * blocks of which all but the last can't change any more. Fenced code at the
 * margin isn't given to md4c: each complete line of it is final, and an
 * unclosed fence extends to the end.
 */

#include "config.h"

#include "ui/text/markdown.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <md4c.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "ui/term/screen.h"
#include "ui/text/page.h"

#define MARKDOWN_COLUMNS 32	/* columns of a table */

#define MARKDOWN_DEPTH 32	/* nested lists and quotes */
#define MARKDOWN_SPANS 16	/* nested emphasis and links */

struct markdown_span {
	size_t		 from, to;	/* in the block's text */
	enum style	 style;
};

/* A list, an item or a quote. */
struct markdown_level {
	MD_BLOCKTYPE	 type;
	char		 mark[16];	/* an item's marker: "- ", "12. " */
	bool		 used;		/* the marker was displayed */
};

struct markdown_cell {
	size_t		 from, to;	/* of the text */
	bool		 last;		/* the last cell of its row */
	bool		 head;
};

struct render {
	struct page	*page;
	const char	*margin;
	const char	*src, *end;
	const char	*at;		/* source processed up to here */
	bool		 bad;		/* some text would be lost */
	size_t		 calls, calls_max;
	bool		 first;		/* no row yet */
	bool		 blank;		/* an empty line is above */
	struct buf	 text;		/* the block being read */
	struct markdown_span *spans;
	size_t		 spans_len;
	size_t		 open[MARKDOWN_SPANS];	/* indices of open spans */
	size_t		 open_len;
	struct markdown_level levels[MARKDOWN_DEPTH];
	size_t		 levels_len;
	enum style	 style;		/* the block's style */
	bool		 verbatim;
	struct markdown_cell *cells;
	size_t		 cells_len;
};

/* Bytes of a block; from a larger block on, the text is shown as source. */
#define MARKDOWN_BLOCK_MAX ((size_t)32 << 10)

static void	markdown_span_add(struct render *r, size_t from, size_t to,
    enum style style);

/* ---- tables: aligned columns if there is room, else one row per line; a cell's
 * text stays in one piece ---- */

static bool
table_widths(const struct render *r, int widths[MARKDOWN_COLUMNS], int room)
{
	size_t i, column = 0;
	int w;

	memset(widths, 0, sizeof(*widths) * MARKDOWN_COLUMNS);
	MEM_EACH(r, cells, c) {
		if (column == MARKDOWN_COLUMNS)
			return false;
		w = sanitize_width(buf_str(&r->text) + c->from,
		    c->to - c->from, r->page->flags);
		if (w > room)
			return false;
		if (w > widths[column])
			widths[column] = w;
		column = c->last ? 0 : column + 1;
	}
	for (i = 0; i < MARKDOWN_COLUMNS; i++)
		room -= widths[i] + (i > 0 && widths[i] > 0 ? 3 : 0);
	return room >= 0;
}

/* Lay the cells out in r->text, one line per table row; false if they are
 * too wide. */
static bool
markdown_table(struct render *r, int width)
{
	int widths[MARKDOWN_COLUMNS], pad;
	bool fits = table_widths(r, widths, width);
	AUTO_FREE struct markdown_span *old = r->spans;
	struct buf text = r->text, out = BUF_INIT(0);
	size_t k = 0, old_len = r->spans_len, column = 0, from;

	r->spans = NULL;
	r->spans_len = 0;
	MEM_EACH(r, cells, c) {
		from = out.len;
		buf_add(&out, buf_str(&text) + c->from, c->to - c->from);
		if (c->head)
			markdown_span_add(r, from, out.len, STYLE_BOLD);
		for (; k < old_len && old[k].from < c->to; k++)
			markdown_span_add(r, old[k].from - c->from + from,
			    old[k].to - c->from + from, old[k].style);
		if (!c->last) {
			pad = fits ? widths[column] - sanitize_width(
			    buf_str(&out) + from, out.len - from,
			    r->page->flags) : 0;
			for (; pad > 0; pad--)
				buf_addc(&out, ' ');
			buf_adds(&out, " | ");
		} else if (c + 1 < r->cells + r->cells_len) {
			buf_addc(&out, '\n');
		}
		column = c->last ? 0 : column + 1;
	}
	r->text = out;
	buf_release(&text);
	return fits;
}

/*
 * Renders one block by md4c. md4c's callbacks point into the source, in order;
 * so the source between two texts is what it took for markup. If that contains
 * a letter or digit that isn't shown elsewhere, the block is shown as source:
 * no word is ever dropped.
 */

static void
markdown_span_add(struct render *r, size_t from, size_t to, enum style style)
{
	*GROW_ADD(r->spans, r->spans_len) = (struct markdown_span){
		from, to, style };
}

static bool
render_is_word(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

/* Check the source that md4c skipped, up to `to`. */
static void
render_gap(struct render *r, const char *to)
{
	const char *line = NULL;

	for (; r->at < to; r->at++) {
		char c = *r->at;

		if (render_is_word(c))
			r->bad = true;
		/* Names begin with it, commands end with it. */
		if (c == '_' || c == '\\')
			buf_addc(&r->text, c);
		if (c == '\n') {
			if (line != NULL && r->text.len == 0)
				r->blank = true;
			line = r->at;
		} else if (c != ' ' && c != '\t' && c != '\r' && c != '>') {
			line = NULL;
		}
	}
}

/* Skip a text that is shown elsewhere, if it comes next. */
static bool
render_pass(struct render *r, const char *words, size_t n)
{
	const char *p = r->at;
	size_t i;

	for (i = 0; i < n; i++) {
		if (!render_is_word(words[i]))
			continue;
		while (p < r->end && !render_is_word(*p) && *p != '\n')
			p++;
		if (p == r->end || *p != words[i])
			return false;
		p++;
	}
	r->at = p;
	return true;
}

/* The markers of the levels around the block, for its first row or the
 * others. They take at most half of the width; the last one is always shown. */
static char *
render_prefix(struct render *r, bool first)
{
	struct buf b = BUF_INIT(0);
	size_t i, n, from = 0, room = (size_t)(r->page->width / 2);

	for (i = r->levels_len, n = 0; i > 0; i--) {
		n += r->levels[i - 1].type == MD_BLOCK_QUOTE ? 2 :
		    strlen(r->levels[i - 1].mark);
		if (n > room && i < r->levels_len) {
			from = i;
			break;
		}
	}
	if (r->margin != NULL)
		buf_adds(&b, r->margin);
	for (i = from; i < r->levels_len; i++) {
		struct markdown_level *l = &r->levels[i];

		if (l->type == MD_BLOCK_QUOTE)
			buf_adds(&b, "> ");
		else if (first && !l->used)
			buf_adds(&b, l->mark);
		else
			for (n = strlen(l->mark); n > 0; n--)
				buf_addc(&b, ' ');
		if (first)
			l->used = true;
	}
	return b.len == 0 ? xstrdup("") : buf_take(&b);
}

static void
render_style(struct render *r, size_t row, const char *text)
{
	struct page *p = r->page;

	/* In order of their starts. */
	MEM_EACH(r, spans, s) {
		while (row + 1 < p->len && p->rows[row + 1].p <= text +
		    s->from)
			row++;
		page_style(p, row, p->len, text + s->from, s->to - s->from,
		    s->style);
	}
}

static void
render_emit(struct render *r, bool words)
{
	struct page *p = r->page;
	const char *text, *first, *rest;
	size_t row, n = r->text.len;

	if (r->blank && !r->first)
		page_row_add(p);
	r->blank = r->first = false;
	first = page_keep_take(p, render_prefix(r, true));
	rest = page_keep_take(p, render_prefix(r, false));
	text = page_keep_take(p, n == 0 ? xstrdup("") : buf_take(&r->text));
	row = page_theirs(p, r->style, first, rest, text, n, words);
	render_style(r, row, text);
	for (; row < p->len; row++)
		p->rows[row].prefix_style = STYLE_DIM;
	buf_clear(&r->text);
	r->spans_len = 0;
}

/* Width available for a block. */
static int
render_room(const struct render *r)
{
	const char *margin = r->margin == NULL ? "" : r->margin;
	int room = r->page->width - sanitize_width(margin, strlen(margin), 0);

	MEM_EACH(r, levels, it)
		room -= it->type == MD_BLOCK_QUOTE ? 2 : (int)strlen(it->mark);
	return room;
}

/* Finish the block being read. */
static void
render_flush(struct render *r)
{
	bool words = !r->verbatim;

	if (r->verbatim && r->text.len > 0 &&
	    r->text.p[r->text.len - 1] == '\n')
		r->text.len--;
	if (r->cells_len > 0)
		words = !markdown_table(r, render_room(r));
	if (r->text.len > 0)
		render_emit(r, words);
	r->style = STYLE_PLAIN;
	r->verbatim = false;
	r->cells_len = 0;
}

/* Stop if a text has too many parts, or something would be lost. */
static int
render_step(struct render *r)
{
	return r->bad || ++r->calls > r->calls_max ? -1 : 0;
}

/* The item's marker as written: with the source's numbers. */
static void
render_item(struct render *r, struct markdown_level *l, bool ordered)
{
	const char *p = r->at;
	size_t n = 0;

	memcpy(l->mark, "- ", sizeof("- "));
	if (!ordered)
		return;
	while (p < r->end && !isdigit((unsigned char)*p))
		p++;
	while (p + n < r->end && n < 10 && isdigit((unsigned char)p[n]))
		n++;
	if (n == 0 || p + n == r->end || (p[n] != '.' && p[n] != ')')) {
		r->bad = true;
		return;
	}
	memcpy(l->mark, p, n + 1);
	l->mark[n + 1] = ' ';
	l->mark[n + 2] = '\0';
	render_gap(r, p);
	r->at = p + n + 1;
}

static void
render_push(struct render *r, MD_BLOCKTYPE type)
{
	struct markdown_level *l;
	bool ordered;

	if (r->levels_len == MARKDOWN_DEPTH) {
		r->bad = true;
		return;
	}
	ordered = r->levels_len > 0 &&
	    r->levels[r->levels_len - 1].type == MD_BLOCK_OL;
	l = &r->levels[r->levels_len++];
	memset(l, 0, sizeof(*l));
	l->type = type;
	if (type == MD_BLOCK_LI)
		render_item(r, l, ordered);
}

static void
render_pop(struct render *r)
{
	struct markdown_level *l;

	if (r->levels_len == 0)
		return;
	l = &r->levels[r->levels_len - 1];
	/* An empty item. */
	if (l->type == MD_BLOCK_LI && !l->used)
		render_emit(r, true);
	r->levels_len--;
}

/* A horizontal rule. */
static void
render_rule(struct render *r)
{
	const char *p = r->at;

	while (p < r->end && memchr("-*_", *p, 3) == NULL)
		p++;
	render_gap(r, p);
	while (r->at < r->end && memchr("-*_ \t", *r->at, 5) != NULL)
		r->at++;
	buf_adds(&r->text, "---");
	render_flush(r);
}

/* Code in an item or a quote, or indented. */
static void
render_code(struct render *r, const MD_BLOCK_CODE_DETAIL *d)
{
	const char *fence;

	r->verbatim = true;
	r->style = STYLE_CODE;
	if (d->fence_char == '\0' || d->info.size == 0)
		return;
	fence = memchr(r->at, d->fence_char, (size_t)(r->end - r->at));
	if (fence == NULL)
		return;
	render_gap(r, fence);
	if (!render_pass(r, d->info.text, d->info.size))
		r->bad = true;
	buf_add(&r->text, d->info.text, d->info.size);
	r->style = STYLE_DIM;
	render_emit(r, true);
	r->style = STYLE_CODE;
}

static void
render_cell(struct render *r, bool head)
{
	struct markdown_cell *c;

	c = GROW_ADD(r->cells, r->cells_len);
	c->from = c->to = r->text.len;
	c->head = head;
}

static int
render_enter_block(MD_BLOCKTYPE type, void *detail, void *arg)
{
	struct render *r = arg;

	switch (type) {
	case MD_BLOCK_QUOTE:
	case MD_BLOCK_UL:
	case MD_BLOCK_OL:
	case MD_BLOCK_LI:
		render_flush(r);
		render_push(r, type);
		break;
	case MD_BLOCK_HR:
		render_flush(r);
		render_rule(r);
		break;
	case MD_BLOCK_H:
		render_flush(r);
		r->style = STYLE_BOLD;
		break;
	case MD_BLOCK_CODE:
		render_flush(r);
		render_code(r, detail);
		break;
	case MD_BLOCK_TABLE:
		render_flush(r);
		if (((MD_BLOCK_TABLE_DETAIL *)detail)->col_count >
		    MARKDOWN_COLUMNS)
			r->bad = true;
		break;
	case MD_BLOCK_TH:
	case MD_BLOCK_TD:
		render_cell(r, type == MD_BLOCK_TH);
		break;
	case MD_BLOCK_P:
		render_flush(r);
		break;
	default:
		break;
	}
	return render_step(r);
}

static int
render_leave_block(MD_BLOCKTYPE type, void *detail UNUSED, void *arg)
{
	struct render *r = arg;

	switch (type) {
	case MD_BLOCK_TH:
	case MD_BLOCK_TD:
		r->cells[r->cells_len - 1].to = r->text.len;
		break;
	case MD_BLOCK_TR:
		if (r->cells_len > 0)
			r->cells[r->cells_len - 1].last = true;
		break;
	case MD_BLOCK_THEAD:
	case MD_BLOCK_TBODY:
		break;
	case MD_BLOCK_QUOTE:
	case MD_BLOCK_UL:
	case MD_BLOCK_OL:
	case MD_BLOCK_LI:
		render_flush(r);
		render_pop(r);
		break;
	default:
		render_flush(r);
		break;
	}
	return render_step(r);
}

static int
render_enter_span(MD_SPANTYPE type, void *detail UNUSED, void *arg)
{
	struct render *r = arg;

	if (r->open_len == MARKDOWN_SPANS) {
		r->bad = true;
		return -1;
	}
	if (type == MD_SPAN_IMG)
		buf_adds(&r->text, "image: ");
	/* The span's end is unknown yet; spans inside it come later. */
	r->open[r->open_len++] = r->spans_len;
	markdown_span_add(r, r->text.len, r->text.len,
	    type == MD_SPAN_CODE ? STYLE_NAME : type == MD_SPAN_STRONG ?
	    STYLE_BOLD : type == MD_SPAN_EM ? STYLE_EMPH : STYLE_LINK);
	return render_step(r);
}

/* Markers of emphasis: underscores stay, since __init__ is a name. */
static void
render_closers(struct render *r, int n)
{
	for (; n > 0 && r->at < r->end && (*r->at == '*' || *r->at == '_');
	    n--, r->at++)
		if (*r->at == '_')
			buf_addc(&r->text, '_');
}

/* Show a link's target after its text if they differ. */
static void
render_target(struct render *r, size_t from, const MD_ATTRIBUTE *to,
    const MD_ATTRIBUTE *title)
{
	size_t len = r->text.len - from;
	bool same = to->size == len &&
	    memcmp(to->text, r->text.p + from, len) == 0;

	if (r->at < r->end && *r->at == ']')
		r->at++;
	if (r->at < r->end && *r->at == '(' &&
	    render_pass(r, to->text, to->size) &&
	    render_pass(r, title->text, title->size))
		while (r->at < r->end && !render_is_word(*r->at) &&
		    *r->at != '\n' && *r->at++ != ')')
			;
	from = r->text.len;
	if (!same) {
		buf_adds(&r->text, " <");
		buf_add(&r->text, to->text, to->size);
		buf_addc(&r->text, '>');
	}
	if (title->size > 0) {
		buf_adds(&r->text, " \"");
		buf_add(&r->text, title->text, title->size);
		buf_addc(&r->text, '"');
	}
	markdown_span_add(r, from, r->text.len, STYLE_DIM);
}

static int
render_leave_span(MD_SPANTYPE type, void *detail, void *arg)
{
	struct render *r = arg;
	const MD_SPAN_A_DETAIL *a = detail;
	const MD_SPAN_IMG_DETAIL *img = detail;
	struct markdown_span *s;
	size_t from;

	if (r->open_len == 0)
		return -1;
	s = &r->spans[r->open[--r->open_len]];
	from = s->from;
	if (type == MD_SPAN_EM || type == MD_SPAN_STRONG)
		render_closers(r, type == MD_SPAN_EM ? 1 : 2);
	while (type == MD_SPAN_CODE && r->at < r->end &&
	    (*r->at == '`' || *r->at == ' ') && !(r->at[-1] == '`' &&
	    *r->at == ' '))
		r->at++;
	s->to = r->text.len;
	if (type == MD_SPAN_A)
		render_target(r, from, &a->href, &a->title);
	else if (type == MD_SPAN_IMG)
		render_target(r, from, &img->src, &img->title);
	return render_step(r);
}

static int
render_text(MD_TEXTTYPE type, const MD_CHAR *text, MD_SIZE size, void *arg)
{
	struct render *r = arg;

	if (type == MD_TEXT_BR || type == MD_TEXT_SOFTBR) {
		while (r->at < r->end && *r->at == ' ')
			r->at++;
		if (r->at < r->end && *r->at == '\\') {
			buf_addc(&r->text, '\\');
			r->at++;
		}
		buf_addc(&r->text, '\n');
	} else if (text >= r->src && text < r->end) {
		if (text < r->at)
			r->bad = true;
		render_gap(r, text);
		buf_add(&r->text, text, size);
		r->at = text + size;
	} else if (type == MD_TEXT_NULLCHAR) {
		buf_adds(&r->text, "\xef\xbf\xbd");
	} else {
		/* md4c's own text: spaces and newlines of code. */
		buf_add(&r->text, text, size);
	}
	return render_step(r);
}

/* Append the block's rows; false, with nothing added, if it must be shown as
 * source. */
static bool
markdown_render(struct page *p, const char *margin, const char *src, size_t n)
{
	static const MD_PARSER parser = {
		.flags = MD_FLAG_NOHTML | MD_FLAG_TABLES,
		.enter_block = render_enter_block,
		.leave_block = render_leave_block,
		.enter_span = render_enter_span,
		.leave_span = render_leave_span,
		.text = render_text,
	};
	struct render r = { .page = p, .margin = margin,
		.calls_max = 256 + 4 * n, .first = true };
	struct page_mark mark;
	AUTO_FREE char *copy = xmalloc(n + 2);
	bool ok;

	page_get_mark(p, &mark);
	/* Older versions of md4c read past the text. */
	memcpy(copy, src, n);
	memcpy(copy + n, "\n", 2);
	r.src = r.at = copy;
	r.end = copy + n;
	ok = md_parse(copy, (MD_SIZE)n, &parser, &r) == 0;
	if (ok)
		render_gap(&r, r.end);
	ok = ok && !r.bad && p->len > mark.rows;
	if (!ok)
		page_truncate(p, &mark);
	buf_release(&r.text);
	FREE_ALL(r.spans, r.cells);
	return ok;
}

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
markdown_indent(const char *t, const struct line *l)
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
	size_t from = l->start + markdown_indent(t, l), i = from;

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
	size_t indent = markdown_indent(t, l), i = l->start + indent;

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
markdown_is_item(const char *t, const struct line *l)
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
			    markdown_indent(t, &l) == 0)) {
				*final = l.whole;
				return at;
			}
		}
		item = item || markdown_is_item(t, &l);
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
	page_theirs(p, style, margin, margin, page_keep_take(p, copy), n,
	    words);
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
markdown_code_block(struct markdown *m, struct page *p, const char *margin,
    const char *t, size_t n, bool *final)
{
	size_t end, len, i;
	struct line l;

	if (!line_get(t, n, m->at, &l))
		return false;
	len = line_fence(t, &l);
	if (len > 0) {
		*final = l.whole;
		m->fence = t[l.start + markdown_indent(t, &l)];
		m->fence_len = len;
		m->codes++;
		m->code_lines = 0;
		m->at = l.next;
		/* The language's name. */
		i = l.start + markdown_indent(t, &l) + len;
		while (i < l.end && (t[i] == ' ' || t[i] == '\t'))
			i++;
		while (l.end > i && (t[l.end - 1] == '\r' ||
		    t[l.end - 1] == ' '))
			l.end--;
		if (i < l.end) {
			end = p->len;
			markdown_verbatim(p, margin, STYLE_DIM, t + i,
			    l.end - i, true);
			for (; end < p->len; end++)
				p->rows[end].kind = MARKDOWN_FENCE;
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
			    markdown_code_block(&now, p, margin, text, n, &step);
		now.begun = now.begun || p->len > now.mark.rows;
		/* What follows a part that may change isn't final. */
		final = final && step;
		if (final) {
			page_get_mark(p, &now.mark);
			*m = now;
		}
	}
}
