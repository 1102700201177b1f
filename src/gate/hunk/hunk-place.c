/*
 * The position of a hunk's lines. A hunk is identified by its text, which
 * determines the place only if its lines occur once in the file.
 */
#include "config.h"

#include "gate/hunk/hunk.h"

#include <stdlib.h>
#include <string.h>

#include "gate/hunk/hunk-text.h"

/* The bytes of `before` that the hunk's ' ' and '-' lines cover. */
static bool
hunk_place_find(const struct hunk *h, const struct buf *before, size_t *at,
    size_t *len)
{
	struct hunk_line *v;
	size_t n = hunk_text_cut(h->text, h->len, &v), i, lead = 0;

	for (i = 0; i < n && v[i].sign == ' '; i++)
		lead += v[i].bytes;
	for (i = 0, *len = 0; i < n; i++)
		*len += v[i].sign == '+' ? 0 : v[i].bytes;
	free(v);
	*at = h->old_off - lead;
	return lead <= h->old_off && *at <= before->len &&
	    *len <= before->len - *at;
}

bool
hunk_place_is_only(const struct hunk *h, const struct buf *before,
    size_t *budget)
{
	const char *p = before == NULL ? "" : buf_str(before), *end, *hit;
	size_t at, len;

	if (h->kind != HUNK_TEXT || before == NULL || before->len == 0)
		return true;
	if (!hunk_place_find(h, before, &at, &len) || len == 0 ||
	    *budget < before->len)
		return false;
	*budget -= before->len;
	end = p + before->len;
	for (hit = p; (hit = memmem(hit, (size_t)(end - hit), p + at, len)) !=
	    NULL; hit++)
		if (hit != p + at && (hit == p || hit[-1] == '\n'))
			return false;
	return true;
}
