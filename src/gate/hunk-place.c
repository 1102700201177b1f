/*
 * Where a hunk's old lines are in the content, and whether they are there once.
 * A file of twenty thousand hunks asks that for each: its lines are found by a
 * hash, and only places of a hunk's rarest line are compared.
 */
#include "config.h"

#include "gate/hunk.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "gate/hunk-text.h"

#define HUNK_PLACE_BYTES ((size_t)256 << 20)

void
hunk_place_cut(struct hunk_lines *x, const struct buf *b)
{
	const char *p = buf_str(b), *end = p + b->len, *nl;

	x->off = NULL;
	GROW(x->off, 0);
	x->off[0] = 0;
	x->len = 0;
	while (p < end) {
		nl = memchr(p, '\n', (size_t)(end - p));
		p = nl == NULL ? end : nl + 1;
		x->len++;
		GROW(x->off, x->len);
		x->off[x->len] = (size_t)(p - buf_str(b));
	}
}

/* The bucket of line i. */
static size_t
hunk_place_bucket(const struct hunk_place *x, size_t i)
{
	uint64_t h = hash_bytes(HASH_BEGIN, buf_str(x->content) + x->lines.off[i],
	    x->lines.off[i + 1] - x->lines.off[i]);

	return (size_t)(h ^ h >> 32) & (x->buckets - 1);
}

void
hunk_place_init(struct hunk_place *x, const struct buf *content)
{
	size_t i, k;

	memset(x, 0, sizeof(*x));
	if (content == NULL || content->len == 0)
		return;
	x->content = content;
	x->budget = HUNK_PLACE_BYTES;
	hunk_place_cut(&x->lines, content);
	for (x->buckets = 1; x->buckets < x->lines.len; x->buckets *= 2)
		;
	x->first = xcalloc(x->buckets, sizeof(*x->first));
	x->count = xcalloc(x->buckets, sizeof(*x->count));
	x->next = xcalloc(x->lines.len, sizeof(*x->next));
	for (i = x->lines.len; i-- > 0;) {
		k = hunk_place_bucket(x, i);
		x->next[i] = x->first[k];
		x->first[k] = (uint32_t)i + 1;
		x->count[k]++;
	}
}

void
hunk_place_release(struct hunk_place *x)
{
	free(x->lines.off);
	free(x->first);
	free(x->count);
	free(x->next);
}

/* The lines [*from, *to) of the content that the hunk's ' ' and '-' lines
 * cover, and their bytes. */
static bool
hunk_place_find(const struct hunk_place *x, const struct hunk *h, size_t *from,
    size_t *to, size_t *len)
{
	AUTO_FREE struct hunk_line *v = NULL;
	size_t n = hunk_text_cut(h->text, h->len, &v), i, lead = 0, at;

	*len = 0;
	*to = 0;
	for (i = 0; i < n && v[i].sign == ' '; i++)
		lead += v[i].bytes;
	for (i = 0; i < n; i++)
		if (v[i].sign != '+') {
			*len += v[i].bytes;
			++*to;
		}
	at = h->old_off - lead;
	if (*len == 0 || lead > h->old_off || at > x->content->len ||
	    *len > x->content->len - at)
		return false;
	*from = MEM_FIRST(x->lines.len, k, x->lines.off[k] >= at);
	*to += *from;
	return x->lines.off[*from] == at && *to <= x->lines.len &&
	    x->lines.off[*to] == at + *len;
}

bool
hunk_place_is_only(struct hunk_place *x, const struct hunk *h)
{
	size_t from, to, len, i, k, rare = 0, best = SIZE_MAX, at;
	const char *p;

	if (h->kind != HUNK_TEXT || x->content == NULL)
		return true;
	if (!hunk_place_find(x, h, &from, &to, &len))
		return false;
	for (i = from; i < to; i++) {
		k = hunk_place_bucket(x, i);
		if (x->count[k] < best) {
			best = x->count[k];
			rare = i;
		}
	}
	p = buf_str(x->content);
	k = hunk_place_bucket(x, rare);
	for (i = x->first[k]; i != 0; i = x->next[i - 1]) {
		/* Where the hunk's first line would be. */
		if (i - 1 == rare || i - 1 < rare - from)
			continue;
		at = x->lines.off[i - 1 - (rare - from)];
		if (len > x->content->len - at)
			continue;
		if (x->budget < len)
			return false;
		x->budget -= len;
		if (memcmp(p + at, p + x->lines.off[from], len) == 0)
			return false;
	}
	return true;
}
