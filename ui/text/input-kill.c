/*
 * readline's keys for words: cut, yank, swap, change case.
 */
#include "config.h"

#include "ui/text/input.h"

#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "front/action.h"

static void
kills_drop(struct input_kills *k, size_t i)
{
	free(k->of[i].p);
	memmove(k->of + i, k->of + i + 1, (k->len - i - 1) * sizeof(k->of[0]));
	k->len--;
}

void
kills_release(struct input_kills *k)
{
	while (k->len > 0)
		kills_drop(k, k->len - 1);
}

void
kills_disarm(struct input_kills *k)
{
	size_t i = 0;

	while (i < k->len)
		if (memchr(k->of[i].p, INPUT_ATOM, k->of[i].len) != NULL)
			kills_drop(k, i);
		else
			i++;
}

void
input_kill(struct input *in, size_t from, size_t to, bool before, bool adds)
{
	struct input_kills *ks = &in->kills;
	struct input_kill *k;
	size_t n = to - from;
	char *all;

	if (from >= to)
		return;
	if (!adds || ks->len == 0) {
		if (ks->len == INPUT_KILLS_MAX)
			kills_drop(ks, 0);
		ks->of[ks->len++] = (struct input_kill){ NULL, 0 };
	}
	k = &ks->of[ks->len - 1];
	all = xmalloc(k->len + n + 1);
	if (k->len > 0)
		memcpy(all + (before ? n : 0), k->p, k->len);
	memcpy(all + (before ? 0 : k->len), in->text.p + from, n);
	all[k->len + n] = '\0';
	FREE_SET(k->p, all);
	k->len += n;
	(void)input_replace(in, from, to, "", 0);
}

/* Replace [from, cursor) by the kill with this index. */
static void
input_yank_put(struct input *in, size_t from)
{
	const struct input_kill *k = &in->kills.of[in->kills.at];

	if (input_size(in) - (in->cursor - from) + k->len > INPUT_MAX ||
	    !input_replace(in, from, in->cursor, k->p, k->len))
		return;
	in->yanked = true;
	in->yank_from = from;
}

void
input_yank(struct input *in)
{
	if (in->kills.len == 0)
		return;
	in->kills.at = in->kills.len - 1;
	input_yank_put(in, in->cursor);
}

void
input_yank_next(struct input *in)
{
	struct input_kills *k = &in->kills;

	if (k->len == 0)
		return;
	k->at = (k->at == 0 || k->at > k->len ? k->len : k->at) - 1;
	input_yank_put(in, in->yank_from);
}

void
input_transpose(struct input *in)
{
	size_t at = in->cursor, mid, from;
	AUTO_BUF struct buf b = BUF_INIT(0);

	/* At the end of a line, swap the two before the cursor. */
	if (at == input_line_end(in, at) && at > 0)
		at = input_before(in, at);
	if (at == 0 || at == input_line_start(in, at) ||
	    at == in->text.len)
		return;
	mid = at;
	from = input_before(in, mid);
	at = input_after(in, mid);
	buf_add(&b, in->text.p + mid, at - mid);
	buf_add(&b, in->text.p + from, mid - from);
	(void)input_replace(in, from, at, buf_str(&b), b.len);
}

void
input_transpose_words(struct input *in)
{
	/* The word at or after the cursor; after the last word, that one. */
	size_t from2 = input_word_before(in, input_word_after(in, in->cursor),
	    false);
	size_t to2 = input_word_after(in, from2);
	size_t from = input_word_before(in, from2, false);
	size_t to = input_word_after(in, from);
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (from >= from2 || to > from2 || from2 >= to2)
		return;
	buf_add(&b, in->text.p + from2, to2 - from2);
	buf_add(&b, in->text.p + to, from2 - to);
	buf_add(&b, in->text.p + from, to - from);
	(void)input_replace(in, from, to2, buf_str(&b), b.len);
}

void
input_case(struct input *in, enum action_id id)
{
	size_t from = in->cursor, to = input_word_after(in, from), at, used;
	AUTO_BUF struct buf b = BUF_INIT(0);
	bool first = true;	/* the first letter of the word */
	uint32_t cp;

	for (at = from; at < to; at += used) {
		used = utf8_next(in->text.p + at, to - at, &cp);
		if (used == 0) {
			/* An attachment or invalid UTF-8: unchanged. */
			used = in->text.p[at] == INPUT_ATOM ? 2 : 1;
			buf_add(&b, in->text.p + at, used);
		} else if (id == ACTION_INPUT_UPPER ||
		    (id == ACTION_INPUT_CAPITAL && first))
			utf8_put(&b, (uint32_t)utf8proc_toupper(
			    (utf8proc_int32_t)cp));
		else
			utf8_put(&b, (uint32_t)utf8proc_tolower(
			    (utf8proc_int32_t)cp));
		first = first && !input_is_word(in, at);
	}
	(void)input_replace(in, from, to, buf_str(&b), b.len);
}
