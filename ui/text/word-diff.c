/* Longest common subsequence of tokens, after removing equal ends. */
#include "config.h"

#include "ui/text/word-diff.h"

#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "base/mem.h"
#include "base/utf8.h"

enum word_diff_kind { WORD_DIFF_BLANK, WORD_DIFF_WORD, WORD_DIFF_ONE };

struct word_diff_token {
	size_t	off, len;
	bool	blank;
};

struct word_diff_text {
	const char		*p;
	struct word_diff_token	*v;
	bool			*kept;	/* also in the other one */
	size_t			 len;
};

static bool
word_diff_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Does the character continue a word? Letters and digits of scripts that
 * separate words by spaces, and what combines with them. */
static enum word_diff_kind
word_diff_kind(const char *p, size_t n, size_t *used)
{
	unsigned char c = (unsigned char)p[0];
	uint32_t cp;

	*used = 1;
	if (word_diff_is_blank(p[0]))
		return WORD_DIFF_BLANK;
	if (c < 0x80)
		return (c >= '0' && c <= '9') || c == '_' ||
		    ((c | 32) >= 'a' && (c | 32) <= 'z') ? WORD_DIFF_WORD :
		    WORD_DIFF_ONE;
	*used = utf8_next(p, n, &cp);
	if (*used == 0) {
		*used = 1;
		return WORD_DIFF_ONE;
	}
	switch (utf8proc_category((utf8proc_int32_t)cp)) {
	case UTF8PROC_CATEGORY_LU:
	case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LT:
	case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC:
	case UTF8PROC_CATEGORY_ME:
	case UTF8PROC_CATEGORY_ND:
		return WORD_DIFF_WORD;
	default:
		return WORD_DIFF_ONE;
	}
}

static void
word_diff_cut(struct word_diff_text *t, const char *p, size_t n)
{
	enum word_diff_kind kind, last = WORD_DIFF_ONE;
	size_t i, used;

	t->p = p;
	t->v = xcalloc(n + 1, sizeof(*t->v));
	t->len = 0;
	for (i = 0; i < n; i += used) {
		kind = word_diff_kind(p + i, n - i, &used);
		if (t->len > 0 && kind == last && kind != WORD_DIFF_ONE) {
			t->v[t->len - 1].len += used;
			continue;
		}
		t->v[t->len].off = i;
		t->v[t->len].len = used;
		t->v[t->len++].blank = kind == WORD_DIFF_BLANK;
		last = kind;
	}
	t->kept = xcalloc(t->len + 1, sizeof(*t->kept));
}

static void
word_diff_text_release(struct word_diff_text *t)
{
	free(t->v);
	free(t->kept);
}

static bool
word_diff_same(const struct word_diff_text *a, size_t i,
    const struct word_diff_text *b, size_t j)
{
	return a->v[i].len == b->v[j].len && memcmp(a->p + a->v[i].off,
	    b->p + b->v[j].off, a->v[i].len) == 0;
}

/* The LCS table for n tokens from a0 and m from b0. */
static void
word_diff_match(struct word_diff_text *a, size_t a0, size_t n,
    struct word_diff_text *b, size_t b0, size_t m)
{
	uint16_t *t = xcalloc((n + 1) * (m + 1), sizeof(*t));
	size_t i, j, w = m + 1;

	for (i = n; i-- > 0;)
		for (j = m; j-- > 0;) {
			uint16_t down = t[(i + 1) * w + j];
			uint16_t right = t[i * w + j + 1];

			/* A word counts for more than a space. */
			t[i * w + j] = word_diff_same(a, a0 + i, b, b0 + j) ?
			    (uint16_t)(t[(i + 1) * w + j + 1] +
			    (a->v[a0 + i].blank ? 1 : 3)) :
			    down > right ? down : right;
		}
	for (i = j = 0; i < n && j < m;) {
		if (word_diff_same(a, a0 + i, b, b0 + j)) {
			a->kept[a0 + i++] = true;
			b->kept[b0 + j++] = true;
		} else if (t[(i + 1) * w + j] >= t[i * w + j + 1])
			i++;
		else
			j++;
	}
	free(t);
}

static void
word_diff_compare(
    struct word_diff_text *a, struct word_diff_text *b, size_t *work)
{
	size_t head = 0, tail = 0, n, m;

	while (head < a->len && head < b->len &&
	       word_diff_same(a, head, b, head)) {
		a->kept[head] = b->kept[head] = true;
		head++;
	}
	while (tail < a->len - head && tail < b->len - head &&
	    word_diff_same(a, a->len - 1 - tail, b, b->len - 1 - tail)) {
		a->kept[a->len - 1 - tail] = true;
		b->kept[b->len - 1 - tail] = true;
		tail++;
	}
	n = a->len - head - tail;
	m = b->len - head - tail;
	if (work != NULL)
		*work += a->len + b->len;
	if (n == 0 || m == 0 || (n + 1) * (m + 1) > WORD_DIFF_CELLS_MAX)
		return;
	if (work != NULL)
		*work += n * m;
	word_diff_match(a, head, n, b, head, m);
}

/* Count bytes that aren't white space, and those also in the other one. */
static void
word_diff_weigh(const struct word_diff_text *t, size_t *all, size_t *kept)
{
	size_t i;

	*all = *kept = 0;
	for (i = 0; i < t->len; i++) {
		if (t->v[i].blank)
			continue;
		*all += t->v[i].len;
		*kept += t->kept[i] ? t->v[i].len : 0;
	}
}

static void
word_diff_add(struct word_diff *w, size_t from, size_t to)
{
	GROW(w->v, w->len);
	w->v[w->len].from = from;
	w->v[w->len++].to = to;
}

/* Unmark spaces at the ends, unless there is nothing else. */
static void
word_diff_trim(struct word_diff_range *r, const char *p)
{
	size_t from = r->from, to = r->to;

	while (from < to && word_diff_is_blank(p[from]))
		from++;
	if (from == to)
		return;
	while (word_diff_is_blank(p[to - 1]))
		to--;
	r->from = from;
	r->to = to;
}

/* Collect runs of changed tokens; a space between two runs joins them. */
static void
word_diff_collect(struct word_diff *w, const struct word_diff_text *t)
{
	size_t i;

	for (i = 0; i < t->len; i++) {
		const struct word_diff_token *k = &t->v[i];

		if (t->kept[i] && !(k->blank && i > 0 && !t->kept[i - 1] &&
		    i + 1 < t->len && !t->kept[i + 1]))
			continue;
		if (w->len > 0 && w->v[w->len - 1].to == k->off)
			w->v[w->len - 1].to = k->off + k->len;
		else
			word_diff_add(w, k->off, k->off + k->len);
	}
	for (i = 0; i < w->len; i++)
		word_diff_trim(&w->v[i], t->p);
}

static size_t
word_diff_indent(const struct word_diff_text *t)
{
	return t->len > 0 && t->v[0].blank ? t->v[0].len : 0;
}

/* Does anything differ besides the indentation? */
static bool
word_diff_beyond(const struct word_diff *w, const struct word_diff_text *t)
{
	return w != NULL && w->len > 0 &&
	    w->v[w->len - 1].to > word_diff_indent(t);
}

/* Unmark the indentation. */
static void
word_diff_unindent(struct word_diff *w, const struct word_diff_text *t)
{
	if (w != NULL && w->len > 0 && w->v[0].to <= word_diff_indent(t))
		memmove(&w->v[0], &w->v[1], --w->len * sizeof(*w->v));
}

bool
word_diff_diff(struct word_diff *of_a, struct word_diff *of_b, const char *a,
    size_t a_len, const char *b, size_t b_len, size_t *work)
{
	struct word_diff_text ta, tb;
	size_t all_a, all_b, kept_a, kept_b;
	bool alike;

	if (of_a != NULL)
		of_a->len = 0;
	if (of_b != NULL)
		of_b->len = 0;
	if (a_len > WORD_DIFF_LINE_MAX || b_len > WORD_DIFF_LINE_MAX)
		return false;
	word_diff_cut(&ta, a, a_len);
	word_diff_cut(&tb, b, b_len);
	word_diff_compare(&ta, &tb, work);
	word_diff_weigh(&ta, &all_a, &kept_a);
	word_diff_weigh(&tb, &all_b, &kept_b);
	/* Below two fifths in common, highlighting doesn't help. */
	alike = all_a + all_b > 0 &&
	    5 * (kept_a + kept_b) >= 2 * (all_a + all_b);
	if (alike && of_a != NULL)
		word_diff_collect(of_a, &ta);
	if (alike && of_b != NULL)
		word_diff_collect(of_b, &tb);
	/* Another indentation is worth a mark only if nothing else differs. */
	if (word_diff_beyond(of_a, &ta) || word_diff_beyond(of_b, &tb)) {
		word_diff_unindent(of_a, &ta);
		word_diff_unindent(of_b, &tb);
	}
	word_diff_text_release(&ta);
	word_diff_text_release(&tb);
	return alike;
}

void
word_diff_release(struct word_diff *w)
{
	free(w->v);
	memset(w, 0, sizeof(*w));
}

uint64_t
word_diff_sign(const char *p, size_t n)
{
	uint64_t sign = 0, hash = 0;
	size_t i, used;
	bool in = false;

	if (n > WORD_DIFF_LINE_MAX)
		n = WORD_DIFF_LINE_MAX;
	for (i = 0; i < n; i += used) {
		enum word_diff_kind kind = word_diff_kind(p + i, n - i, &used);

		if (in && kind != WORD_DIFF_WORD)
			sign |= (uint64_t)1 << (hash * 0x9e3779b97f4a7c15u >>
			    58);
		if (kind == WORD_DIFF_ONE)
			sign |= (uint64_t)1 << ((unsigned char)p[i] *
			    0x9e3779b97f4a7c15u >> 58);
		if (kind != WORD_DIFF_WORD)
			hash = 0;
		else
			for (size_t k = 0; k < used; k++)
				hash = hash * 31 + (unsigned char)p[i + k];
		in = kind == WORD_DIFF_WORD;
	}
	if (in)
		sign |= (uint64_t)1 << (hash * 0x9e3779b97f4a7c15u >> 58);
	return sign;
}
