/*
 * The text, and readline's keys. All changes go through input_replace, which
 * records how to undo them.
 */
#include "config.h"

#include "ui/text/input.h"

#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "base/utf8.h"
#include "front/bindings.h"

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
	size_t i;

	for (i = 0; i < in->edits_len; i++)
		free(in->edits[i].cut);
	free(in->edits);
	in->edits = NULL;
	in->edits_len = in->edits_bytes = 0;
	in->cr = in->killing = in->typing = in->pasted_first = false;
}

/* Release all but the kill. */
static void
input_clear(struct input *in)
{
	size_t i;

	for (i = 0; i < in->attach_len; i++) {
		buf_release(&in->attach[i].text);
		free(in->attach[i].label);
	}
	input_forget(in);
	free(in->attach);
	in->attach = NULL;
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
	in->typing = false;
}

void
input_move(struct input *in, struct input *from)
{
	struct buf kill;

	input_kill_disarm(in);
	kill = in->kill;
	input_clear(in);
	buf_release(&from->kill);
	*in = *from;
	in->kill = kill;
	input_init(from);
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
	if (in->typing && from == to && e != NULL && e->at + e->put == from) {
		e->put += n;
		return;
	}
	while (in->edits_len > 0 && (in->edits_len == INPUT_EDITS_MAX ||
	    in->edits_bytes + (to - from) > INPUT_EDITS_BYTES))
		input_drop_oldest_edit(in);
	GROW(in->edits, in->edits_len);
	e = &in->edits[in->edits_len++];
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
	in->text.len = old - cut + n;
	if (in->text.p != NULL)
		in->text.p[in->text.len] = '\0';
	in->cursor = from + n;
	return true;
}

bool
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

void
input_load(struct input *in, const char *p, size_t n)
{
	in->typing = in->killing = in->pasted_first = false;
	in->paste_attach = -1;
	(void)input_replace(in, 0, in->text.len, p, n);
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

void
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
	in->killing = false;
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
		in->typing = false;
	utf8_put(&b, cp);
	input_insert(in, buf_str(&b), b.len);
	in->typing = true;
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

bool
input_only_moves(enum action_id id)
{
	switch (id) {
	case ACTION_INPUT_LEFT:
	case ACTION_INPUT_RIGHT:
	case ACTION_INPUT_WORD_LEFT:
	case ACTION_INPUT_WORD_RIGHT:
	case ACTION_INPUT_UP:
	case ACTION_INPUT_DOWN:
	case ACTION_INPUT_HOME:
	case ACTION_INPUT_END:
		return true;
	default:
		return false;
	}
}

bool
input_at_edge(const struct input *in, enum action_id id)
{
	return id == ACTION_INPUT_UP ? input_line_start(in, in->cursor) == 0 :
	    input_line_end(in, in->cursor) == in->text.len;
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
	size_t to = at;

	while (to > 0) {
		size_t b = input_before(in, to);

		if (blanks ? !input_is_blank(in, b) : input_is_word(in, b))
			break;
		to = b;
	}
	while (to > 0) {
		size_t b = input_before(in, to);

		if (blanks ? input_is_blank(in, b) : !input_is_word(in, b))
			break;
		to = b;
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

bool
input_key(struct input *in, enum action_id id)
{
	size_t at = in->cursor, start;
	bool adds = in->killing;

	in->cr = in->killing = in->typing = false;
	in->paste_attach = -1;
	switch (id) {
	case ACTION_INPUT_LEFT:
		in->cursor = input_before(in, at);
		break;
	case ACTION_INPUT_RIGHT:
		in->cursor = input_after(in, at);
		break;
	case ACTION_INPUT_WORD_LEFT:
		in->cursor = input_word_before(in, at, false);
		break;
	case ACTION_INPUT_WORD_RIGHT:
		in->cursor = input_word_after(in, at);
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
		input_kill_end(in, adds);
		in->killing = true;
		break;
	case ACTION_INPUT_KILL_START:
		start = input_line_start(in, at);
		/* As C-k at the end of a line: its line break. */
		input_kill(in, start < at ? start : input_before(in, at), at,
		    true, adds);
		in->killing = true;
		break;
	case ACTION_INPUT_KILL_WORD:
		input_kill(in, input_word_before(in, at, true), at, true,
		    adds);
		in->killing = true;
		break;
	case ACTION_INPUT_KILL_WORD_NEXT:
		input_kill(in, at, input_word_after(in, at), false, adds);
		in->killing = true;
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
	default:
		return false;
	}
	return true;
}
