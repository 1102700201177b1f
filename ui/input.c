/* The cursor never stands within a character. */
#include "config.h"

#include "ui/input.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sanitize.h"
#include "base/utf8.h"
#include "ui/page.h"

void
input_init(struct input *in)
{
	memset(in, 0, sizeof(*in));
	buf_init(&in->text, INPUT_MAX);
}

void
input_release(struct input *in)
{
	buf_release(&in->text);
	in->cursor = 0;
}

void
input_set(struct input *in, const char *s)
{
	buf_clear(&in->text);
	in->cursor = 0;
	in->cr = false;
	input_insert(in, s, strlen(s));
}

bool
input_is_empty(const struct input *in)
{
	return in->text.len == 0;
}

bool
input_insert(struct input *in, const char *p, size_t n)
{
	struct buf add = BUF_INIT(0), all = BUF_INIT(INPUT_MAX);
	bool fits;
	size_t i;

	for (i = 0; i < n; i++) {
		if (p[i] == '\n' && in->cr) {
			in->cr = false;
			continue;
		}
		in->cr = p[i] == '\r';
		buf_addc(&add, in->cr ? '\n' : p[i]);
	}
	if (in->cursor == in->text.len) {
		fits = buf_add(&in->text, buf_str(&add), add.len) == 0;
		if (fits)
			in->cursor = in->text.len;
		buf_release(&add);
		return fits;
	}
	fits = buf_add(&all, in->text.p, in->cursor) == 0 &&
	    buf_add(&all, buf_str(&add), add.len) == 0 &&
	    buf_add(&all, in->text.p + in->cursor,
	    in->text.len - in->cursor) == 0;
	if (fits) {
		in->cursor += add.len;
		buf_release(&in->text);
		in->text = all;
	} else
		buf_release(&all);
	buf_release(&add);
	return fits;
}

void
input_put(struct input *in, uint32_t cp)
{
	struct buf b = BUF_INIT(0);

	in->cr = false;
	utf8_put(&b, cp);
	input_insert(in, buf_str(&b), b.len);
	buf_release(&b);
}

static size_t
input_after(const struct input *in, size_t at)
{
	struct sanitize_unit u;

	if (at >= in->text.len)
		return at;
	sanitize_next(in->text.p + at, in->text.len - at, 0, 0, &u);
	return at + u.used;
}

static size_t
input_before(const struct input *in, size_t at)
{
	size_t from, i;

	if (at == 0)
		return 0;
	/* Units are found going forward: from a safe place not far back. */
	from = at > 64 ? at - 64 : 0;
	while (from > 0 && ((unsigned char)in->text.p[from] & 0x80) != 0)
		from--;
	for (i = from; input_after(in, i) < at; i = input_after(in, i))
		;
	return i;
}

static size_t
input_line_start(const struct input *in, size_t at)
{
	while (at > 0 && in->text.p[at - 1] != '\n')
		at--;
	return at;
}

static size_t
input_line_end(const struct input *in, size_t at)
{
	while (at < in->text.len && in->text.p[at] != '\n')
		at++;
	return at;
}

static void
input_cut(struct input *in, size_t from, size_t to)
{
	if (from >= to)
		return;
	memmove(in->text.p + from, in->text.p + to, in->text.len - to);
	in->text.len -= to - from;
	in->text.p[in->text.len] = '\0';
	in->cursor = from;
}

static void
input_vertical(struct input *in, bool down)
{
	size_t start = input_line_start(in, in->cursor), to, end;
	int column = sanitize_width(in->text.p + start, in->cursor - start,
	    0), x = 0;

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
	while (to < end) {
		struct sanitize_unit u;

		sanitize_next(in->text.p + to, end - to, 0, x, &u);
		if (x + u.width > column)
			break;
		x += u.width;
		to += u.used;
	}
	in->cursor = to;
}

static size_t
input_word_start(const struct input *in)
{
	size_t at = in->cursor;

	while (at > 0 && strchr(" \t\n", in->text.p[at - 1]) != NULL)
		at--;
	while (at > 0 && strchr(" \t\n", in->text.p[at - 1]) == NULL)
		at--;
	return at;
}

bool
input_key(struct input *in, enum action_id id)
{
	size_t at = in->cursor;

	in->cr = false;
	if (in->text.len == 0 && id != ACTION_INPUT_NEWLINE)
		return id >= ACTION_INPUT_LEFT && id <= ACTION_INPUT_KILL_WORD;
	switch (id) {
	case ACTION_INPUT_LEFT:
		in->cursor = input_before(in, at);
		break;
	case ACTION_INPUT_RIGHT:
		in->cursor = input_after(in, at);
		break;
	case ACTION_INPUT_UP:
		input_vertical(in, false);
		break;
	case ACTION_INPUT_DOWN:
		input_vertical(in, true);
		break;
	case ACTION_INPUT_HOME:
		in->cursor = input_line_start(in, at);
		break;
	case ACTION_INPUT_END:
		in->cursor = input_line_end(in, at);
		break;
	case ACTION_INPUT_BACKSPACE:
		input_cut(in, input_before(in, at), at);
		break;
	case ACTION_INPUT_DELETE:
		input_cut(in, at, input_after(in, at));
		break;
	case ACTION_INPUT_KILL_END:
		input_cut(in, at, input_line_end(in, at) > at ?
		    input_line_end(in, at) : input_after(in, at));
		break;
	case ACTION_INPUT_KILL_START:
		input_cut(in, input_line_start(in, at), at);
		break;
	case ACTION_INPUT_KILL_WORD:
		input_cut(in, input_word_start(in), at);
		break;
	case ACTION_INPUT_NEWLINE:
		input_insert(in, "\n", 1);
		break;
	default:
		return false;
	}
	return true;
}

static void
input_wrap(const struct input *in, struct wrap *w, const char *prompt,
    int cols, unsigned flags)
{
	int left = sanitize_width(prompt, strlen(prompt), flags);

	memset(w, 0, sizeof(*w));
	w->p = buf_str(&in->text);
	w->n = in->text.len;
	w->flags = flags;
	w->tail = true;
	/* One cell is kept for the cursor behind the last character. */
	w->width = cols - left - 1;
}

int
input_rows(const struct input *in, const char *prompt, int cols,
    unsigned flags)
{
	struct wrap w;
	struct wrap_row r;
	int n = 0;

	input_wrap(in, &w, prompt, cols, flags);
	while (wrap_next(&w, &r) && n < 1000)
		n++;
	return n;
}

void
input_draw(const struct input *in, struct screen *s, const char *prompt,
    const struct rect *area)
{
	struct wrap w;
	struct wrap_row r;
	int row, at = 0, skip, y;
	int left = sanitize_width(prompt, strlen(prompt), s->flags);
	size_t from;

	if (area->rows < 1)
		return;
	/* The row of the cursor is always in view; no more is wrapped than
	 * the lines that may be on the screen with it. */
	from = input_line_start(in, in->cursor);
	for (;;) {
		input_wrap(in, &w, prompt, area->cols, s->flags);
		w.pos = from;
		for (row = at = 0; wrap_next(&w, &r); row++) {
			if (in->cursor < r.start)
				break;
			at = row;
		}
		if (at >= area->rows || from == 0)
			break;
		from = input_line_start(in, from - 1);
	}
	skip = at >= area->rows ? at - area->rows + 1 : 0;
	input_wrap(in, &w, prompt, area->cols, s->flags);
	w.pos = from;
	for (row = 0; wrap_next(&w, &r); row++) {
		if (row < skip)
			continue;
		y = area->y + row - skip;
		if (y >= area->y + area->rows)
			break;
		if (row == skip)
			screen_puts(s, y, area->x, area->x + area->cols,
			    STYLE_KEY, prompt);
		screen_put(s, y, area->x + left, area->x + area->cols,
		    STYLE_PLAIN, w.p + r.start, r.len, r.column);
		if (row == at) {
			s->cursor_y = y;
			s->cursor_x = area->x + left + sanitize_width(w.p +
			    r.start, in->cursor - r.start, s->flags);
			if (s->cursor_x >= s->cols)
				s->cursor_x = s->cols - 1;
		}
	}
}
