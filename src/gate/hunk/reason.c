/*
 * Which hunks the model's reasons belong to. An edit is located by the text it
 * replaced, if the user's file has that once, otherwise by its new text; hunks
 * that change the same bytes get the reason.
 */
#include "config.h"

#include "gate/hunk/reason.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

#define REASON_PLACES 1000	/* for one edit */

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

/* The hunks that change bytes `from` to `to` of one side. */
static void
reason_mark(const struct hunk_list *l, bool after, size_t from, size_t to,
    const char *text, char **words)
{
	size_t i, at, len, shift = 0;	/* unsigned wraparound is fine */

	for (i = 0; i < l->len; i++) {
		const struct hunk *h = &l->v[i];

		if (h->kind != HUNK_TEXT)
			continue;
		at = after ? h->old_off + shift : h->old_off;
		len = after ? h->new_len : h->old_len;
		shift += h->new_len - h->old_len;
		if (from <= at + len && at <= to)
			reason_add(&words[i], text);
	}
}

/* Is its position known? */
static bool
reason_place_one(const struct hunk_list *l, const struct buf *before,
    const struct buf *after, const cJSON *o, char **words)
{
	size_t old_len, new_len, pre = 0, post = 0, at;
	AUTO_FREE char *old = json_get_bytes(o, "old", &old_len);
	AUTO_FREE char *new = json_get_bytes(o, "new", &new_len);
	const char *text = json_str_or(o, "text", ""), *hit;
	int n = 0;
	bool known = false;

	if (old == NULL || new == NULL)
		return known;
	while (pre < old_len && pre < new_len && old[pre] == new[pre])
		pre++;
	while (post < old_len - pre && post < new_len - pre &&
	    old[old_len - 1 - post] == new[new_len - 1 - post])
		post++;
	known = true;
	if (reason_once(before, old, old_len, &at))
		reason_mark(l, false, at + pre, at + old_len - post, text,
		    words);
	else if (reason_once(after, new, new_len, &at))
		reason_mark(l, true, at + pre, at + new_len - post, text,
		    words);
	else if ((known = json_bool(o, "all", false) && new_len > 0))
		for (at = 0; n++ < REASON_PLACES && (hit = reason_find(after,
		    at, new, new_len)) != NULL; at += new_len) {
			at = (size_t)(hit - buf_str(after));
			reason_mark(l, true, at + pre, at + new_len - post,
			    text, words);
		}
	return known;
}

void
reason_place(const struct hunk_list *l, const struct buf *before,
    const struct buf *after, const cJSON *reasons, char **words, char **file)
{
	const cJSON *o;

	cJSON_ArrayForEach(o, reasons)
		/* Others say who wrote it. */
		if (json_str(o, "text") != NULL &&
		    !reason_place_one(l, before, after, o, words))
			reason_add(file, json_str_or(o, "text", ""));
}
