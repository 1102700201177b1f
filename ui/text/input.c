/*
 * The text, and readline's keys. All changes go through input_replace, which
 * records how to undo them.
 */

#include "config.h"

#include "ui/text/input.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "base/utf8.h"
#include "front/bindings.h"
#include "ui/term/screen.h"
#include "ui/text/page.h"

#define INPUT_PASTE_LINES 200
#define INPUT_ATTACH_MAX 64
#define INPUT_ROWS_MAX 64	/* most rows that input_rows returns */

#define INPUT_PIECE ((size_t)4096)

static bool	input_replace(struct input *in, size_t from, size_t to,
    const char *p, size_t n);

/* ---- drawing: a long line is drawn in pieces that each begin a row, so that
 * only text near the cursor is processed ---- */

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
	size_t		 end;		/* of the piece */
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
	struct input_view v = { .in = in, .text = BUF_INIT(0) };
	int width = cols - input_left(prompt, flags), n = 0;
	struct wrap_row r;
	bool more = true;

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
	size_t n = 0;

	MEM_EACH(v, spans, it) {
		size_t a = it->from, b = it->to;

		if (b <= r->start || a >= r->start + r->len)
			continue;
		spans[n].from = a < r->start ? 0 : a - r->start;
		spans[n].to = b > r->start + r->len ? r->len : b - r->start;
		spans[n++].style = it->style;
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
	struct input_view v = { .in = in, .text = BUF_INIT(0) };
	int left = input_left(prompt, s->flags), width = area->cols - left;
	int row = 0, at, skip, y, end = area->x + area->cols;
	struct wrap_row r;
	size_t from;
	bool more = true;

	if (area->rows < 1)
		return;
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

/* readline's keys that cut text, and bring it back. */

/* Forget the kill if it has attachments, which are gone. */
static void
input_kill_disarm(struct input *in)
{
	if (in->kill.len > 0 &&
	    memchr(in->kill.p, INPUT_ATOM, in->kill.len) != NULL)
		buf_release(&in->kill);
}

/* Cut [from, to) for C-y. Consecutive cuts are one kill: `adds` to the last
 * one, `before` it. */
static void
input_kill(struct input *in, size_t from, size_t to, bool before, bool adds)
{
	struct buf all = BUF_INIT(0);

	if (from >= to)
		return;
	if (adds && !before)
		buf_add(&all, buf_str(&in->kill), in->kill.len);
	buf_add(&all, in->text.p + from, to - from);
	if (adds && before)
		buf_add(&all, buf_str(&in->kill), in->kill.len);
	buf_release(&in->kill);
	in->kill = all;
	(void)input_replace(in, from, to, "", 0);
}

static void
input_yank(struct input *in)
{
	if (input_size(in) + in->kill.len <= INPUT_MAX)
		(void)input_replace(in, in->cursor, in->cursor,
		    buf_str(&in->kill), in->kill.len);
}

#define INPUT_EDITS_MAX 200
#define INPUT_EDITS_BYTES ((size_t)16 << 20)
#define INPUT_CLUSTER_MAX 256	/* most bytes of a grapheme */

void
input_init(struct input *in)
{
	memset(in, 0, sizeof(*in));
	buf_init(&in->text, INPUT_MAX);
	in->paste_attach = -1;
}

void
input_forget(struct input *in)
{
	MEM_EACH(in, edits, it)
		free(it->cut);
	FREE_NULL(in->edits);
	in->edits_len = in->edits_bytes = 0;
	in->cr = in->pasted_first = false;
	in->last = LAST_OTHER;
}

/* Release all but the kill. */
static void
input_clear(struct input *in)
{
	MEM_EACH(in, attach, it) {
		buf_release(&it->text);
		free(it->label);
	}
	input_forget(in);
	FREE_NULL(in->attach);
	in->attach_len = 0;
	in->paste_attach = -1;
	buf_release(&in->text);
	in->cursor = 0;
}

void
input_release(struct input *in)
{
	input_clear(in);
	buf_release(&in->kill);
}

void
input_set(struct input *in, const char *s)
{
	input_kill_disarm(in);
	input_clear(in);
	input_insert(in, s, strlen(s));
	in->last = LAST_OTHER;
}

void
input_move(struct input *in, struct input *from)
{
	struct buf kill = from->kill;

	input_clear(in);
	from->kill = in->kill;
	*in = *from;
	input_init(from);
	from->kill = kill;
	input_kill_disarm(in);
	input_kill_disarm(from);
}

bool
input_is_empty(const struct input *in)
{
	return in->text.len == 0;
}

/* ---- changes ---- */

static void
input_drop_oldest_edit(struct input *in)
{
	in->edits_bytes -= in->edits[0].cut_len;
	free(in->edits[0].cut);
	in->edits_len--;
	memmove(in->edits, in->edits + 1, in->edits_len * sizeof(*in->edits));
}

static void
input_note(struct input *in, size_t from, size_t to, size_t n)
{
	struct input_edit *e = in->edits_len == 0 ? NULL :
	    &in->edits[in->edits_len - 1];

	/* Consecutive typing is one edit. */
	if (in->last == LAST_TYPED && from == to && e != NULL && e->at + e->put == from) {
		e->put += n;
		return;
	}
	while (in->edits_len > 0 && (in->edits_len == INPUT_EDITS_MAX ||
	    in->edits_bytes + (to - from) > INPUT_EDITS_BYTES))
		input_drop_oldest_edit(in);
	e = GROW_ADD(in->edits, in->edits_len);
	e->at = from;
	e->put = n;
	e->cut_len = to - from;
	e->cut = to == from ? NULL : xmemdup(in->text.p + from, to - from);
	e->cursor = in->cursor;
	in->edits_bytes += e->cut_len;
}

/* Replace [from, to) by n bytes. */
static bool
input_splice(struct input *in, size_t from, size_t to, const char *p, size_t n)
{
	size_t cut = to - from, old = in->text.len;

	if (n > cut && buf_add(&in->text, p, n - cut) < 0)
		return false;
	if (old - to > 0 || n != cut)
		memmove(in->text.p + from + n, in->text.p + to, old - to);
	if (n > 0)
		memcpy(in->text.p + from, p, n);
	buf_cut(&in->text, old - cut + n);
	in->cursor = from + n;
	return true;
}

/* Replace [from, to); the cursor is after it. False if it doesn't fit. */
static bool
input_replace(struct input *in, size_t from, size_t to, const char *p,
    size_t n)
{
	size_t was = in->text.len;

	if (n == 0 && from == to)
		return true;
	if (was - (to - from) + n > INPUT_MAX)
		return false;
	input_note(in, from, to, n);
	return input_splice(in, from, to, p, n);
}

bool
input_load(struct input *in, size_t from, size_t to, const char *p, size_t n)
{
	in->last = LAST_OTHER;
	in->pasted_first = in->pasted_first && from > 0;
	in->paste_attach = -1;
	return input_replace(in, from, to, p, n);
}

static void
input_undo(struct input *in)
{
	struct input_edit e;

	if (in->edits_len == 0)
		return;
	e = in->edits[--in->edits_len];
	in->edits_bytes -= e.cut_len;
	(void)input_splice(in, e.at, e.at + e.put, e.cut, e.cut_len);
	in->cursor = e.cursor;
	free(e.cut);
}

/* Append bytes as stored in the text: newlines for line ends, no INPUT_ATOM. */
static void
input_clean(struct input *in, struct buf *out, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (p[i] == '\n' && in->cr) {
			in->cr = false;
			continue;
		}
		in->cr = p[i] == '\r';
		if (p[i] == INPUT_ATOM)
			buf_adds(out, "\xef\xbf\xbd");
		else
			buf_addc(out, in->cr ? '\n' : p[i]);
	}
}

bool
input_insert(struct input *in, const char *p, size_t n)
{
	AUTO_BUF struct buf add = BUF_INIT(0);

	input_clean(in, &add, p, n);
	if (in->last == LAST_KILLED)
		in->last = LAST_OTHER;
	return input_size(in) + add.len <= INPUT_MAX &&
	    input_replace(in, in->cursor, in->cursor, buf_str(&add), add.len);
}

void
input_put(struct input *in, uint32_t cp)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	in->cr = false;
	if (in->cursor == 0)
		in->pasted_first = false;
	/* Undo word by word. */
	if (cp == ' ')
		in->last = LAST_OTHER;
	utf8_put(&b, cp);
	input_insert(in, buf_str(&b), b.len);
	in->last = LAST_TYPED;
}

/* ---- ends of characters, words and lines ---- */

static size_t
input_after(const struct input *in, size_t at)
{
	size_t end = in->text.len, used, next;
	utf8proc_int32_t state = 0;
	uint32_t cp, more;

	if (at >= end)
		return at;
	if (in->text.p[at] == INPUT_ATOM)
		return at + 2;
	if ((used = utf8_next(in->text.p + at, end - at, &cp)) == 0)
		return at + 1;
	next = at + used;
	/* The text has no CR, so an ASCII character always begins a
	 * grapheme. */
	while (next < end && next - at < INPUT_CLUSTER_MAX &&
	    (in->text.p[next] & 0x80) != 0 &&
	    (used = utf8_next(in->text.p + next, end - next, &more)) != 0 &&
	    !utf8proc_grapheme_break_stateful((utf8proc_int32_t)cp,
	    (utf8proc_int32_t)more, &state)) {
		cp = more;
		next += used;
	}
	return next;
}

static size_t
input_before(const struct input *in, size_t at)
{
	size_t from, i, next;

	if (at == 0)
		return 0;
	if (at >= 2 && in->text.p[at - 2] == INPUT_ATOM)
		return at - 2;
	/* Graphemes are found going forward: start from a safe place before. */
	from = at - 1;
	while (from > 0 && at - from < INPUT_CLUSTER_MAX &&
	    (in->text.p[from] & 0x80) != 0 && !(from >= 2 &&
	    in->text.p[from - 2] == INPUT_ATOM))
		from--;
	while (from > 0 && at - from >= INPUT_CLUSTER_MAX &&
	    ((unsigned char)in->text.p[from] & 0xc0) == 0x80)
		from++;
	for (i = from; (next = input_after(in, i)) < at; i = next)
		;
	return i < at ? i : at - 1;
}

static size_t
input_line_start(const struct input *in, size_t at)
{
	const char *p = at == 0 ? NULL : memrchr(in->text.p, '\n', at);

	return p == NULL ? 0 : (size_t)(p - in->text.p) + 1;
}

static size_t
input_line_end(const struct input *in, size_t at)
{
	const char *p = at >= in->text.len ? NULL :
	    memchr(in->text.p + at, '\n', in->text.len - at);

	return p == NULL ? in->text.len : (size_t)(p - in->text.p);
}

static bool
input_is_word(const struct input *in, size_t at)
{
	uint32_t cp;
	utf8proc_category_t c;

	if (in->text.p[at] == INPUT_ATOM)
		return true;
	if (utf8_next(in->text.p + at, in->text.len - at, &cp) == 0)
		return false;
	c = utf8proc_category((utf8proc_int32_t)cp);
	return (c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_LO) ||
	    (c >= UTF8PROC_CATEGORY_ND && c <= UTF8PROC_CATEGORY_NO);
}

static bool
input_is_blank(const struct input *in, size_t at)
{
	return in->text.p[at] == ' ' || in->text.p[at] == '\t' ||
	    in->text.p[at] == '\n';
}

/* `blanks`: words are separated by white space only. */
static size_t
input_word_before(const struct input *in, size_t at, bool blanks)
{
	size_t to = at, b;
	int inside;

	/* What separates it, then the word. */
	for (inside = 0; inside < 2; inside++)
		for (; to > 0; to = b) {
			b = input_before(in, to);
			if ((blanks ? !input_is_blank(in, b) :
			    input_is_word(in, b)) != inside)
				break;
		}
	return to;
}

static size_t
input_word_after(const struct input *in, size_t at)
{
	while (at < in->text.len && !input_is_word(in, at))
		at = input_after(in, at);
	while (at < in->text.len && input_is_word(in, at))
		at = input_after(in, at);
	return at;
}

/* ---- keys ---- */

#define INPUT_COLUMNS_MAX ((size_t)4096)

static void
input_vertical(struct input *in, bool down)
{
	size_t start = input_line_start(in, in->cursor), to, end;
	int column, x = 0;

	/* Don't remember a column that far right. */
	column = in->cursor - start > INPUT_COLUMNS_MAX ? INT16_MAX :
	    sanitize_width(in->text.p + start, in->cursor - start, 0);
	if (down) {
		to = input_line_end(in, in->cursor);
		if (to == in->text.len)
			return;
		to++;
	} else {
		if (start == 0)
			return;
		to = input_line_start(in, start - 1);
	}
	end = input_line_end(in, to);
	if (end - to > INPUT_COLUMNS_MAX && column == INT16_MAX)
		to = end;
	while (to < end) {
		size_t next = input_after(in, to);
		int w = sanitize_width(in->text.p + to, next - to, 0);

		if (x + w > column)
			break;
		x += w;
		to = next;
	}
	in->cursor = to;
}

static void
input_cut(struct input *in, size_t from, size_t to)
{
	if (from < to)
		(void)input_replace(in, from, to, "", 0);
}

static void
input_kill_end(struct input *in, bool adds)
{
	size_t end = input_line_end(in, in->cursor);

	input_kill(in, in->cursor, end > in->cursor ? end :
	    input_after(in, in->cursor), false, adds);
}

enum input_did
input_key(struct input *in, enum action_id id)
{
	size_t at = in->cursor, start;
	bool adds = in->last == LAST_KILLED;

	in->cr = false;
	in->last = id == ACTION_INPUT_KILL_END ||
	    id == ACTION_INPUT_KILL_START || id == ACTION_INPUT_KILL_WORD ||
	    id == ACTION_INPUT_KILL_WORD_NEXT ? LAST_KILLED :
	    id == ACTION_INTERRUPT ? LAST_CLEARED : LAST_OTHER;
	in->paste_attach = -1;
	switch (id) {
	case ACTION_INPUT_LEFT:
		in->cursor = input_before(in, at);
		return INPUT_MOVED;
	case ACTION_INPUT_RIGHT:
		in->cursor = input_after(in, at);
		return INPUT_MOVED;
	case ACTION_INPUT_WORD_LEFT:
		in->cursor = input_word_before(in, at, false);
		return INPUT_MOVED;
	case ACTION_INPUT_WORD_RIGHT:
		in->cursor = input_word_after(in, at);
		return INPUT_MOVED;
	case ACTION_INPUT_UP:
		input_vertical(in, false);
		return INPUT_MOVED;
	case ACTION_INPUT_DOWN:
		input_vertical(in, true);
		return INPUT_MOVED;
	case ACTION_INPUT_HOME:
		in->cursor = input_line_start(in, at);
		return INPUT_MOVED;
	case ACTION_INPUT_END:
		in->cursor = input_line_end(in, at);
		return INPUT_MOVED;
	case ACTION_INPUT_BACKSPACE:
		input_cut(in, input_before(in, at), at);
		break;
	case ACTION_INPUT_DELETE:
		input_cut(in, at, input_after(in, at));
		break;
	case ACTION_INPUT_KILL_END:
		input_kill_end(in, adds);
		break;
	case ACTION_INPUT_KILL_START:
		start = input_line_start(in, at);
		/* Like C-k at the end of a line, delete its line break. */
		input_kill(in, start < at ? start : input_before(in, at), at,
		    true, adds);
		break;
	case ACTION_INPUT_KILL_WORD:
		input_kill(in, input_word_before(in, at, true), at, true,
		    adds);
		break;
	case ACTION_INPUT_KILL_WORD_NEXT:
		input_kill(in, at, input_word_after(in, at), false, adds);
		break;
	case ACTION_INPUT_YANK:
		input_yank(in);
		break;
	case ACTION_INPUT_UNDO:
		input_undo(in);
		break;
	case ACTION_INPUT_NEWLINE:
		input_insert(in, "\n", 1);
		break;
	case ACTION_INTERRUPT:
		input_kill(in, 0, in->text.len, false, false);
		break;
	default:
		return INPUT_NOTHING;
	}
	return INPUT_CHANGED;
}

/*
 * Pasted text, which comes in pieces. A large paste moves from the text into an
 * attachment, and the rest follows it there.
 */

#define INPUT_KEPT_MAX (4 * INPUT_MAX)	/* including what only undo would
					   restore */
#define INPUT_LABEL_WORDS 24

/* The next attachment at or after *at; its number, or -1. */
static int
input_atom_next(const struct input *in, size_t *at)
{
	const char *p = *at >= in->text.len ? NULL :
	    memchr(in->text.p + *at, INPUT_ATOM, in->text.len - *at);

	*at = p == NULL ? in->text.len : (size_t)(p - in->text.p);
	return p == NULL ? -1 : (unsigned char)p[1] - 0x80;
}

size_t
input_size(const struct input *in)
{
	size_t at = 0, n = in->text.len;
	int i;

	if (in->attach_len == 0)
		return n;
	for (; (i = input_atom_next(in, &at)) >= 0; at += 2)
		n += in->attach[i].text.len;
	return n;
}

/* "81,234" */
static void
input_number(struct buf *b, size_t n)
{
	if (n >= 1000) {
		input_number(b, n / 1000);
		buf_addf(b, ",%03zu", n % 1000);
	} else
		buf_addf(b, "%zu", n);
}

/* Add the text's first words, so that the user recognizes it. */
static void
input_label_words(struct buf *b, const struct buf *text)
{
	struct sanitize_unit u;
	size_t i = 0;
	int width = 0;

	while (i < text->len && i < 4096 && memchr(" \t\n", text->p[i], 3) != NULL)
		i++;
	for (; i < text->len && text->p[i] != '\n' &&
	    width < INPUT_LABEL_WORDS; i += u.used) {
		sanitize_next(text->p + i, text->len - i, 0, width, &u);
		buf_add(b, u.text, u.len);
		width += u.width;
	}
	if (i < text->len)
		buf_adds(b, "...");
}

static void
input_label(struct input *in, size_t i)
{
	struct input_attach *a = &in->attach[i];
	struct buf b = BUF_INIT(0);
	size_t lines = a->lines + (a->text.len > 0 &&
	    a->text.p[a->text.len - 1] != '\n');

	buf_adds(&b, "[pasted ");
	if (i > 0)
		buf_addf(&b, "#%zu, ", i + 1);
	if (a->text.len >= 1000000)
		buf_addf(&b, "%.1f MB, ", (double)a->text.len / 1e6);
	else
		buf_addf(&b, "%.1f kB, ", (double)a->text.len / 1e3);
	input_number(&b, lines);
	buf_adds(&b, lines == 1 ? " line: " : " lines: ");
	input_label_words(&b, &a->text);
	buf_addc(&b, ']');
	FREE_SET(a->label, buf_take(&b));
}

/* Is there room for one more attachment? */
static bool
input_attach_room(const struct input *in)
{
	size_t n = INPUT_MAX;

	MEM_EACH(in, attach, it)
		n += it->text.len;
	return in->attach_len < INPUT_ATTACH_MAX && n <= INPUT_KEPT_MAX;
}

static void
input_attach_add(struct input *in, size_t i, const char *p, size_t n)
{
	struct input_attach *a = &in->attach[i];

	buf_add(&a->text, p, n);
	a->lines += mem_lines(p, n);
	input_label(in, i);
}

/* Make the text from `from` to the cursor an attachment. */
static void
input_attach_take(struct input *in, size_t from)
{
	char atom[2] = { INPUT_ATOM, (char)(0x80 + in->attach_len) };
	size_t i = in->attach_len, n = in->cursor - from;

	buf_init(&GROW_ADD(in->attach, in->attach_len)->text, INPUT_MAX);
	input_attach_add(in, i, in->text.p + from, n);
	in->paste_attach = (int)i;
	in->last = LAST_OTHER;
	(void)input_replace(in, from, in->cursor, atom, 2);
}

bool
input_paste(struct input *in, const char *p, size_t n, bool goes_on)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t at;
	bool fits;

	/* The beginning of the paste may have been deleted meanwhile. */
	if (!goes_on || (in->paste_attach < 0 && in->last != LAST_TYPED) ||
	    in->cursor < in->paste_from ||
	    in->paste_attach >= (int)in->attach_len) {
		in->cr = false;
		in->last = LAST_OTHER;
		in->paste_from = in->cursor;
		in->paste_lines = 0;
		in->paste_attach = -1;
	}
	if (in->paste_attach >= 0) {
		input_clean(in, &b, p, n);
		fits = input_size(in) + b.len <= INPUT_MAX;
		if (fits)
			input_attach_add(in, (size_t)in->paste_attach,
			    buf_str(&b), b.len);
		return fits;
	}
	at = in->cursor;
	if (!input_insert(in, p, n))
		return false;
	if (at == 0 && n > 0)
		in->pasted_first = true;
	in->last = LAST_TYPED;	/* undo a paste as a whole */
	in->paste_lines += mem_lines(buf_str(&in->text) + at,
	    in->cursor - at);
	if ((in->cursor - in->paste_from > INPUT_PASTE_BYTES ||
	    in->paste_lines > INPUT_PASTE_LINES) &&
	    input_attach_room(in))
		input_attach_take(in, in->paste_from);
	return true;
}

bool
input_attach_put(struct input *in, const char *p, size_t n)
{
	size_t from = in->cursor;

	in->cr = false;
	if (!input_insert(in, p, n))
		return false;
	if (in->cursor > from && input_attach_room(in))
		input_attach_take(in, from);
	in->paste_attach = -1;
	return true;
}

/* Replace its text; a small one becomes plain text. */
static bool
input_attach_set(struct input *in, int number, const char *p, size_t n)
{
	struct input_attach *a = &in->attach[number];
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t at = 0;
	int i;

	while ((i = input_atom_next(in, &at)) >= 0 && i != number)
		at += 2;
	in->cr = false;
	in->paste_attach = -1;
	in->last = LAST_OTHER;
	input_clean(in, &b, p, n);
	if (i < 0 || input_size(in) - a->text.len + b.len > INPUT_MAX)
		return false;
	if (b.len <= INPUT_PASTE_BYTES &&
	    mem_lines(buf_str(&b), b.len) <= INPUT_PASTE_LINES)
		return input_replace(in, at, at + 2, buf_str(&b), b.len);
	buf_clear(&a->text);
	a->lines = 0;
	input_attach_add(in, (size_t)number, buf_str(&b), b.len);
	return true;
}

char *
input_whole(const struct input *in, bool labels, size_t *len)
{
	struct buf b = BUF_INIT(0);
	size_t from = 0, at = 0;
	int i;

	for (; (i = input_atom_next(in, &at)) >= 0; from = at += 2) {
		buf_add(&b, in->text.p + from, at - from);
		if (labels) {
			buf_adds(&b, in->attach[i].label);
			continue;
		}
		/* On its own lines. */
		if (b.len > 0 && b.p[b.len - 1] != '\n')
			buf_addc(&b, '\n');
		buf_add(&b, buf_str(&in->attach[i].text),
		    in->attach[i].text.len);
		if (at + 2 < in->text.len && in->text.p[at + 2] != '\n' &&
		    b.p[b.len - 1] != '\n')
			buf_addc(&b, '\n');
	}
	if (at > from)
		buf_add(&b, in->text.p + from, at - from);
	*len = b.len;
	return buf_take(&b);
}

/* The reverse of input_whole with labels. */
static bool
input_unlabel(struct input *in, const char *p, size_t n)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t i, k, size;

	in->cr = false;
	input_clean(in, &b, p, n);
	size = b.len;
	for (i = 0; i < in->attach_len; i++) {
		const char *label = in->attach[i].label, *at;
		char atom[2] = { INPUT_ATOM, (char)(0x80 + i) };

		at = memmem(buf_str(&b), b.len, label, strlen(label));
		if (at == NULL)
			continue;
		k = (size_t)(at - b.p);
		memcpy(b.p + k, atom, 2);
		memmove(b.p + k + 2, b.p + k + strlen(label),
		    b.len - k - strlen(label));
		b.len -= strlen(label) - 2;
		size += in->attach[i].text.len;
	}
	return size <= INPUT_MAX && input_load(in, 0, in->text.len, buf_str(&b),
	    b.len);
}

bool
input_edited(struct input *in, int number, const char *p, size_t n)
{
	bool fits;

	if (number >= 0 && (size_t)number < in->attach_len)
		return input_attach_set(in, number, p, n);
	fits = input_unlabel(in, p, n);
	if (fits && in->text.len > INPUT_PASTE_BYTES &&
	    memchr(in->text.p, INPUT_ATOM, in->text.len) == NULL) {
		(void)input_load(in, 0, in->text.len, "", 0);
		fits = input_paste(in, p, n, false);
	}
	return fits;
}
