/*
 * Which hunks the model's reasons belong to. An edit is located by the text it
 * replaced, if the user's file has that once, otherwise by its new text; hunks
 * that change the same lines get the reason.
 */
#include "config.h"

#include "gate/reason.h"

#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "base/json.h"
#include "base/mem.h"

#define REASON_PLACES 1000	/* for one edit */
#define REASON_SLIDE 1000	/* bytes */

struct reason_sides {
	const struct hunk_list *hunks;
	const struct buf *before, *after;
};

static const char *
reason_find(const struct buf *b, size_t from, const char *s, size_t n)
{
	const char *p = buf_str(b);

	return n == 0 || from > b->len ? NULL : memmem(p + from,
	    b->len - from, s, n);
}

static bool
reason_once(const struct buf *b, const char *s, size_t n, size_t *at)
{
	const char *hit = reason_find(b, 0, s, n);

	if (hit == NULL)
		return false;
	*at = (size_t)(hit - buf_str(b));
	return reason_find(b, *at + 1, s, n) == NULL;
}

static void
reason_add(char **words, const char *text)
{
	char *both;
	size_t n;

	if (*words == NULL)
		*words = xstrdup(text);
	else if (strstr(*words, text) == NULL) {
		n = strlen(*words);
		both = xasprintf("%s%s %s", *words, n > 0 && strchr(".!?",
		    (*words)[n - 1]) != NULL ? "" : ";", text);
		FREE_SET(*words, both);
	}
}

/* Can the n bytes at `at` be `gap` bytes further up or down, as the same text
 * goes on there? A diff of lines that were added or removed is the same then. */
static bool
reason_slides(
    const struct buf *b, size_t at, size_t n, size_t gap, bool down)
{
	const char *p = buf_str(b) + at;

	if (gap > REASON_SLIDE || gap > (down ? b->len - at - n : at))
		return false;
	return down ? memcmp(p, p + n, gap) == 0 :
	    memcmp(p - gap, p - gap + n, gap) == 0;
}

/* The hunks that change lines of the bytes between these two places of one side,
 * in either order. */
static void
reason_mark(const struct reason_sides *s, bool after, size_t one,
    size_t other, const char *text, char **words)
{
	const struct buf *b = after ? s->after : s->before;
	size_t from = MIN(one, other), to = MAX(one, other);
	const char *line = memrchr(buf_str(b), '\n', from);
	size_t i, at, len, gap, shift = 0;	/* unsigned wraparound is fine */
	bool down;

	from = line == NULL ? 0 : (size_t)(line - buf_str(b)) + 1;
	for (i = 0; i < s->hunks->len; i++) {
		const struct hunk *h = &s->hunks->v[i];

		if (h->kind != HUNK_TEXT)
			continue;
		at = after ? h->old_off + shift : h->old_off;
		len = after ? h->new_len : h->old_len;
		down = from > at + len;
		gap = down ? from - at - len : at > to ? at - to : 0;
		if (gap == 0 ||
		    (h->old_len == 0 && reason_slides(s->after,
		    h->old_off + shift, h->new_len, gap, down)) ||
		    (h->new_len == 0 && reason_slides(s->before, h->old_off,
		    h->old_len, gap, down)))
			reason_add(&words[i], text);
		shift += h->new_len - h->old_len;
	}
}

/* Is its position known? */
static bool
reason_place_one(
    const struct reason_sides *s, const cJSON *o, char **words)
{
	size_t old_len, new_len, pre = 0, post = 0, at;
	AUTO_FREE char *old = json_get_bytes(o, "old", &old_len);
	AUTO_FREE char *new = json_get_bytes(o, "new", &new_len);
	const char *text = json_str_or(o, "text", ""), *hit;
	int n = 0;
	bool known = false;

	if (old == NULL || new == NULL)
		return known;
	/* These may overlap: where the same text stands before and after what
	 * changed, the hunk may be at either. */
	while (pre < old_len && pre < new_len && old[pre] == new[pre])
		pre++;
	while (post < old_len && post < new_len &&
	    old[old_len - 1 - post] == new[new_len - 1 - post])
		post++;
	known = true;
	if (reason_once(s->before, old, old_len, &at))
		reason_mark(s, false, at + pre, at + old_len - post, text,
		    words);
	else if (reason_once(s->after, new, new_len, &at))
		reason_mark(s, true, at + pre, at + new_len - post, text,
		    words);
	else if ((known = json_bool(o, "all", false) && new_len > 0))
		for (at = 0; n++ < REASON_PLACES && (hit = reason_find(s->after,
		    at, new, new_len)) != NULL; at += new_len) {
			at = (size_t)(hit - buf_str(s->after));
			reason_mark(s, true, at + pre, at + new_len - post,
			    text, words);
		}
	return known;
}

void
reason_place(const struct hunk_list *l, const struct buf *before,
    const struct buf *after, const cJSON *reasons, char **words, char **file)
{
	const struct reason_sides s = { l, before, after };
	const cJSON *o;

	cJSON_ArrayForEach(o, reasons)
		/* Others say who wrote it. */
		if (json_str(o, "text") != NULL &&
		    !reason_place_one(&s, o, words))
			reason_add(file, json_str_or(o, "text", ""));
}
