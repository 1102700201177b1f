/*
 * Pasted text, which comes in pieces. A large paste moves from the text into an
 * attachment, and the rest follows it there.
 */
#include "config.h"

#include "ui/text/input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/sanitize.h"

#define INPUT_KEPT_MAX (4 * INPUT_MAX)	/* including what only undo would
					   restore */
#define INPUT_LABEL_WORDS 24

static size_t
input_lines(const char *p, size_t n)
{
	const char *end = p + n;
	size_t lines = 0;

	for (; (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
		lines++;
	return lines;
}

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

/* Its first words, so that the user recognizes it. */
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
	size_t i, n = INPUT_MAX;

	for (i = 0; i < in->attach_len; i++)
		n += in->attach[i].text.len;
	return in->attach_len < INPUT_ATTACH_MAX && n <= INPUT_KEPT_MAX;
}

static void
input_attach_add(struct input *in, size_t i, const char *p, size_t n)
{
	struct input_attach *a = &in->attach[i];

	buf_add(&a->text, p, n);
	a->lines += input_lines(p, n);
	a->kept = 0;
	input_label(in, i);
}

/* Make the text from `from` to the cursor an attachment. */
static void
input_attach_take(struct input *in, size_t from)
{
	char atom[2] = { INPUT_ATOM, (char)(0x80 + in->attach_len) };
	size_t i = in->attach_len, n = in->cursor - from;

	GROW(in->attach, i);
	memset(&in->attach[i], 0, sizeof(in->attach[i]));
	buf_init(&in->attach[i].text, INPUT_MAX);
	in->attach_len++;
	input_attach_add(in, i, in->text.p + from, n);
	in->paste_attach = (int)i;
	in->typing = false;
	(void)input_replace(in, from, in->cursor, atom, 2);
}

bool
input_paste(struct input *in, const char *p, size_t n, bool goes_on)
{
	struct buf b = BUF_INIT(0);
	size_t at;
	bool fits;

	/* The beginning of the paste may have been deleted meanwhile. */
	if (!goes_on || (in->paste_attach < 0 && !in->typing) ||
	    in->cursor < in->paste_from ||
	    in->paste_attach >= (int)in->attach_len) {
		in->cr = in->typing = false;
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
		buf_release(&b);
		return fits;
	}
	at = in->cursor;
	if (!input_insert(in, p, n))
		return false;
	if (at == 0 && n > 0)
		in->pasted_first = true;
	in->typing = true;	/* undo a paste as a whole */
	in->paste_lines += input_lines(buf_str(&in->text) + at,
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

int
input_attach_at(const struct input *in)
{
	const char *p = in->text.p;

	if (in->cursor < in->text.len && p[in->cursor] == INPUT_ATOM)
		return (unsigned char)p[in->cursor + 1] - 0x80;
	if (in->cursor >= 2 && p[in->cursor - 2] == INPUT_ATOM)
		return (unsigned char)p[in->cursor - 1] - 0x80;
	return -1;
}

bool
input_attach_set(struct input *in, int number, const char *p, size_t n)
{
	struct input_attach *a = &in->attach[number];
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t at = 0;
	int i;
	bool fits = true;

	while ((i = input_atom_next(in, &at)) >= 0 && i != number)
		at += 2;
	in->cr = false;
	in->paste_attach = -1;
	in->typing = in->killing = false;
	input_clean(in, &b, p, n);
	if (i < 0 || input_size(in) - a->text.len + b.len > INPUT_MAX) {
		fits = false;
	} else if (b.len <= INPUT_PASTE_BYTES &&
	    input_lines(buf_str(&b), b.len) <= INPUT_PASTE_LINES) {
		fits = input_replace(in, at, at + 2, buf_str(&b), b.len);
	} else {
		buf_clear(&a->text);
		a->lines = 0;
		input_attach_add(in, (size_t)number, buf_str(&b), b.len);
	}
	return fits;
}

/* The whole text, with each attachment replaced. */
static char *
input_expand(const struct input *in, bool labels, size_t *len)
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

char *
input_whole(const struct input *in, size_t *len)
{
	return input_expand(in, false, len);
}

char *
input_labelled(const struct input *in, size_t *len)
{
	return input_expand(in, true, len);
}

bool
input_unlabel(struct input *in, const char *p, size_t n)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t i, k, size;
	bool fits;

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
	fits = size <= INPUT_MAX;
	if (fits)
		input_load(in, buf_str(&b), b.len);
	return fits;
}
