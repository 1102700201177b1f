/*
 * Draws the message line. A long line is drawn in pieces that each begin a row,
 * so that only text near the cursor is processed.
 */
#include "config.h"

#include "ui/text/input.h"

#include <string.h>

#include "base/buf.h"
#include "base/sanitize.h"
#include "ui/term/screen.h"
#include "ui/text/page.h"

#define INPUT_PIECE ((size_t)4096)

/* An offset near `at` that doesn't cut a character. */
static size_t
input_piece_cut(const struct input *in, size_t at)
{
	while (at < in->text.len &&
	    ((unsigned char)in->text.p[at] & 0xc0) == 0x80)
		at++;
	return at;
}

static size_t
input_piece_start(const struct input *in, size_t at)
{
	const char *nl = at == 0 ? NULL : memrchr(in->text.p, '\n', at);
	size_t line = nl == NULL ? 0 : (size_t)(nl - in->text.p) + 1;
	size_t k = (at - line) / INPUT_PIECE, start;

	start = k == 0 ? line : input_piece_cut(in, line + k * INPUT_PIECE);
	if (start > at && k > 0)
		start = k == 1 ? line :
		    input_piece_cut(in, line + (k - 1) * INPUT_PIECE);
	return start;
}

/* The end of the piece that starts at `start`; *line_end: it ends the line. */
static size_t
input_piece_end(const struct input *in, size_t start, bool *line_end)
{
	size_t left = in->text.len - start, end;
	size_t n = left < INPUT_PIECE ? left : INPUT_PIECE;
	const char *nl = n == 0 ? NULL : memchr(in->text.p + start, '\n', n);

	*line_end = true;
	if (nl != NULL)
		return (size_t)(nl - in->text.p);
	if (n == left)
		return in->text.len;
	/* Pieces are counted from the start of the line. */
	end = input_piece_cut(in, start + INPUT_PIECE);
	*line_end = end == in->text.len || in->text.p[end] == '\n';
	return end;
}

struct input_view {
	const struct input *in;
	struct buf	 text;		/* the piece as displayed */
	struct screen_span spans[INPUT_ATTACH_MAX];
	size_t		 spans_len;
	size_t		 cursor;	/* offset in it, or past its end */
	struct wrap	 wrap;
	size_t		 start, end;	/* the piece */
	bool		 line_end;
	bool		 has_cursor;
};

/* Prepare the piece at `start`, with labels, for wrapping. */
static void
input_view_piece(struct input_view *v, size_t start, int width,
    unsigned flags)
{
	const struct input *in = v->in;
	size_t i, from;

	v->start = start;
	v->end = input_piece_end(in, start, &v->line_end);
	v->has_cursor = in->cursor >= start && (in->cursor < v->end ||
	    (in->cursor == v->end && v->line_end));
	v->cursor = SIZE_MAX;
	v->spans_len = 0;
	buf_clear(&v->text);
	for (i = from = start; i <= v->end; i++) {
		const struct input_attach *a;

		if (i == in->cursor && v->has_cursor)
			v->cursor = v->text.len + (i - from);
		if (i == v->end || in->text.p[i] != INPUT_ATOM)
			continue;
		a = &in->attach[(unsigned char)in->text.p[i + 1] - 0x80];
		buf_add(&v->text, in->text.p + from, i - from);
		if (v->spans_len < INPUT_ATTACH_MAX)
			v->spans[v->spans_len++] = (struct screen_span){
			    v->text.len, v->text.len + strlen(a->label),
			    STYLE_MARK };
		buf_adds(&v->text, a->label);
		from = i + 2;
		i++;
	}
	if (v->end > from)
		buf_add(&v->text, in->text.p + from, v->end - from);
	memset(&v->wrap, 0, sizeof(v->wrap));
	v->wrap.p = buf_str(&v->text);
	v->wrap.n = v->text.len;
	v->wrap.flags = flags;
	v->wrap.words = true;
	/* Keep one cell for the cursor after the last character. */
	v->wrap.width = width - 1;
}

/* Go to the next piece; false if there is none. */
static bool
input_view_next(struct input_view *v, int width, unsigned flags)
{
	bool newline = v->end < v->in->text.len &&
	    v->in->text.p[v->end] == '\n';

	if (v->end >= v->in->text.len && !newline)
		return false;
	input_view_piece(v, v->end + (newline ? 1 : 0), width, flags);
	return true;
}

static int
input_left(const char *prompt, unsigned flags)
{
	return sanitize_width(prompt, strlen(prompt), flags);
}

int
input_rows(const struct input *in, const char *prompt, int cols,
    unsigned flags)
{
	struct input_view v = { .in = in };
	int width = cols - input_left(prompt, flags), n = 0;
	struct wrap_row r;
	bool more = true;

	buf_init(&v.text, 0);
	for (input_view_piece(&v, 0, width, flags); more && n < INPUT_ROWS_MAX;
	    more = input_view_next(&v, width, flags))
		while (n < INPUT_ROWS_MAX && page_wrap_next(&v.wrap, &r))
			n++;
	buf_release(&v.text);
	return n;
}

/* The piece to draw from: the cursor is at most `rows` pieces below it. */
static size_t
input_draw_from(const struct input *in, int rows)
{
	size_t at = input_piece_start(in, in->cursor);

	for (; rows > 1 && at > 0; rows--)
		at = input_piece_start(in, at - 1);
	return at;
}

/* The cursor's row, counted from `from`. */
static int
input_cursor_row(struct input_view *v, size_t from, int width, unsigned flags)
{
	struct wrap_row r;
	int row = 0, at = 0;
	bool more = true;

	for (input_view_piece(v, from, width, flags); more;
	    more = input_view_next(v, width, flags)) {
		while (page_wrap_next(&v->wrap, &r)) {
			if (v->has_cursor && v->cursor < r.start)
				return at;
			at = row++;
		}
		if (v->has_cursor)
			return at;
	}
	return at;
}

static void
input_draw_row(struct input_view *v, struct screen *s, int y, int x, int end,
    const struct wrap_row *r)
{
	struct screen_span spans[INPUT_ATTACH_MAX];
	size_t i, n = 0;

	for (i = 0; i < v->spans_len; i++) {
		size_t a = v->spans[i].from, b = v->spans[i].to;

		if (b <= r->start || a >= r->start + r->len)
			continue;
		spans[n].from = a < r->start ? 0 : a - r->start;
		spans[n].to = b > r->start + r->len ? r->len : b - r->start;
		spans[n++].style = v->spans[i].style;
	}
	screen_put_spans(s, y, x, end, STYLE_PLAIN, v->wrap.p + r->start,
	    r->len, r->column, spans, n);
}

/* The cells of its row before the cursor. */
static int
input_cursor_cells(const struct input_view *v, const struct wrap_row *r,
    unsigned flags)
{
	struct sanitize_unit u;
	int column = r->column;
	size_t i;

	for (i = r->start; i < v->cursor; i += u.used) {
		sanitize_next(v->wrap.p + i, v->cursor - i, flags, column, &u);
		column += u.width;
	}
	return column - r->column;
}

void
input_draw(const struct input *in, struct screen *s, const char *prompt,
    const struct rect *area)
{
	struct input_view v = { .in = in };
	int left = input_left(prompt, s->flags), width = area->cols - left;
	int row = 0, at, skip, y, end = area->x + area->cols;
	struct wrap_row r;
	size_t from;
	bool more = true;

	if (area->rows < 1)
		return;
	buf_init(&v.text, 0);
	/* Keep the cursor's row in view. */
	from = input_draw_from(in, area->rows);
	at = input_cursor_row(&v, from, width, s->flags);
	skip = at >= area->rows ? at - area->rows + 1 : 0;
	for (input_view_piece(&v, from, width, s->flags); more &&
	    row - skip < area->rows; more = input_view_next(&v, width,
	    s->flags))
		for (; page_wrap_next(&v.wrap, &r); row++) {
			y = area->y + row - skip;
			if (row < skip)
				continue;
			if (row - skip >= area->rows)
				break;
			if (row == skip)
				screen_puts(s, y, area->x, end, STYLE_KEY,
				    prompt);
			input_draw_row(&v, s, y, area->x + left, end, &r);
			if (row != at || !v.has_cursor)
				continue;
			s->cursor_y = y;
			s->cursor_x = area->x + left +
			    input_cursor_cells(&v, &r, s->flags);
			/* After a space at the break, or in a tab. */
			if (s->cursor_x >= end)
				s->cursor_x = end - 1;
		}
	buf_release(&v.text);
}
