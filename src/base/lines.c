#include "config.h"

#include "base/lines.h"

#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/utf8.h"

#define LINES_FAR	500	/* that differ; then the next ones are compared
				   by themselves */
#define LINES_WORK	((ptrdiff_t)32 << 20)	/* for a diff to read */
#define DIFF_CONTEXT	3
#define DIFF_BLOCK	((size_t)4096)	/* bytes that are compared at once */

/* ---- lines and words ---- */

void
lines_add(struct lines *l, const char *p, size_t n)
{
	*GROW_ADD(l->v, l->len) =
	    (struct line){ p, n, hash_bytes(HASH_BEGIN, p, n) };
}

void
lines_cut(struct lines *l, const char *p, size_t n)
{
	const char *end = p + n, *next;

	for (; p < end; p = next) {
		next = mem_line_after(p, end);
		lines_add(l, p, (size_t)(next - p));
	}
}

static bool
lines_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Is the character a part of a word? Letters and digits of scripts that
 * separate words by spaces are, and what combines with them. */
static bool
lines_is_word(const char *p, size_t n, size_t *used)
{
	unsigned char c = (unsigned char)p[0];
	uint32_t cp;

	*used = 1;
	if (c < 0x80)
		return (c >= '0' && c <= '9') || c == '_' ||
		    ((c | 32) >= 'a' && (c | 32) <= 'z');
	*used = utf8_next(p, n, &cp);
	if (*used == 0) {
		*used = 1;
		return false;
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
		return true;
	default:
		return false;
	}
}

void
lines_cut_words(struct lines *l, const char *p, size_t n, bool blanks)
{
	size_t from, at, used = 1;

	for (from = 0; from < n; from = at) {
		for (at = from; at < n && lines_is_blank(p[at]); at++)
			;
		if (at > from) {
			if (blanks)
				lines_add(l, p + from, at - from);
			continue;
		}
		while (at < n && lines_is_word(p + at, n - at, &used))
			at += used;
		at += at == from ? used : 0;
		lines_add(l, p + from, at - from);
	}
}

static bool
line_same(const struct line *x, const struct line *y)
{
	return x->hash == y->hash && x->n == y->n &&
	    memcmp(x->p, y->p, x->n) == 0;
}

/* Knuth-Morris-Pratt: hostile repetition costs no more than plain text. */
size_t
lines_find(const struct lines *in, const struct lines *what, size_t at)
{
	AUTO_FREE size_t *fail = xcalloc(what->len, sizeof(*fail));
	size_t i, k;

	for (i = 1, k = 0; i < what->len; i++) {
		while (k > 0 && !line_same(&what->v[i], &what->v[k]))
			k = fail[k - 1];
		k += line_same(&what->v[i], &what->v[k]);
		fail[i] = k;
	}
	for (i = at, k = 0; i < in->len; i++) {
		while (k > 0 && !line_same(&in->v[i], &what->v[k]))
			k = fail[k - 1];
		k += line_same(&in->v[i], &what->v[k]);
		if (k == what->len)
			return i + 1 - k;
	}
	return LINES_NONE;
}

struct hunk_walk
hunk_walk(const char *text, size_t n, int old, int new)
{
	return (struct hunk_walk){ .p = text, .end = n == 0 ? text : text + n,
		.old = old, .new = new };
}

bool
hunk_walk_next(struct hunk_walk *w)
{
	w->old += w->sign == ' ' || w->sign == '-';
	w->new += w->sign == ' ' || w->sign == '+';
	if (w->p == w->end)
		return false;
	w->line = w->p;
	w->p = mem_line_after(w->p, w->end);
	w->n = (size_t)(w->p - w->line);
	w->sign = *w->line;
	return true;
}

/* ---- what two texts have in common ---- */

/* The line of `a` at which the last equal lines of the longest path with d
 * differences and x - y == k begin; `down`: after a line of b. Row d of `far`
 * begins at d * d. */
static ptrdiff_t
match_begin(const int32_t *far, ptrdiff_t d, ptrdiff_t k, bool *down)
{
	const int32_t *row = far + (d - 1) * (d - 1) + d - 1;

	*down = d > 0 && (k == -d || (k < d && row[k - 1] < row[k + 1]));
	return d == 0 ? 0 : *down ? row[k + 1] : row[k - 1] + 1;
}

/* to[j] = i + 1: the line b[j] is a[i] (Myers, "An O(ND) difference
 * algorithm"); up to the *n-th and the *m-th line, where both end, too many
 * differ or nothing is left of the work. */
static void
match_some(const struct line *a, ptrdiff_t *n, const struct line *b,
    ptrdiff_t *m, size_t *to, ptrdiff_t *work)
{
	AUTO_FREE int32_t *far = NULL;
	ptrdiff_t d, k, x, y, best_x = 0, best_y = 0;
	bool down;

	for (d = 0; d <= LINES_FAR && best_x + best_y < *n + *m && *work > 0;
	    d++) {
		far = xreallocarray(far, (size_t)((d + 1) * (d + 1)),
		    sizeof(*far));
		for (k = -d, best_x = best_y = 0; k <= d && *work > 0;
		    k += 2) {
			x = match_begin(far, d, k, &down);
			*work += x - 1;
			for (y = x - k; x < *n && y < *m &&
			    line_same(&a[x], &b[y]); y++)
				x++;
			*work -= x;
			far[d * d + k + d] = (int32_t)x;
			if (x <= *n && y <= *m && x + y > best_x + best_y) {
				best_x = x;
				best_y = y;
			}
		}
	}
	*n = x = best_x;
	*m = y = best_y;
	while (d-- > 0) {
		best_x = match_begin(far, d, x - y, &down);
		while (x > best_x)
			to[--y] = (size_t)x--;
		x -= !down;
		y -= down;
	}
}

size_t *
lines_match(const struct lines *a, const struct lines *b, ptrdiff_t *work)
{
	size_t *to = xcalloc(b->len + 1, sizeof(*to)), x = 0, y, j;
	size_t a_len = a->len, b_len = b->len;
	ptrdiff_t n, m;

	for (; x < a_len && x < b_len && line_same(&a->v[x], &b->v[x]); x++)
		to[x] = x + 1;
	for (; x < a_len && x < b_len && line_same(&a->v[a_len - 1],
	    &b->v[b_len - 1]); a_len--)
		to[--b_len] = a_len;
	for (y = x; x < a_len && y < b_len && *work > 0; x += (size_t)n) {
		n = (ptrdiff_t)(a_len - x);
		m = (ptrdiff_t)(b_len - y);
		match_some(a->v + x, &n, b->v + y, &m, to + y, work);
		for (j = y + (size_t)m; y < j; y++)
			to[y] += to[y] == 0 ? 0 : x;
	}
	return to;
}

size_t
diff_ends(const char *a, size_t a_len, const char *b, size_t b_len,
    size_t *tail)
{
	size_t least = a_len < b_len ? a_len : b_len, head = 0, end = 0;

	while (least - head >= DIFF_BLOCK && memcmp(a + head, b + head,
	    DIFF_BLOCK) == 0)
		head += DIFF_BLOCK;
	while (head < least && a[head] == b[head])
		head++;
	while (least - head - end >= DIFF_BLOCK && memcmp(a + a_len - end -
	    DIFF_BLOCK, b + b_len - end - DIFF_BLOCK, DIFF_BLOCK) == 0)
		end += DIFF_BLOCK;
	while (end < least - head && a[a_len - 1 - end] == b[b_len - 1 - end])
		end++;
	*tail = end;
	return head;
}

/* ---- a difference to read ---- */

static void
diff_op(struct line_op *ops, size_t *len, char sign, const struct line *l)
{
	ops[(*len)++] = (struct line_op){ .sign = sign, .p = l->p, .n = l->n };
}

struct line_op *
line_ops(const char *a, size_t a_len, const char *b, size_t b_len,
    bool words, size_t *len)
{
	struct lines old = { 0 }, new = { 0 };
	ptrdiff_t work = LINES_WORK;
	size_t i, j, k, end;
	struct line_op *ops;
	size_t *to;

	if (words) {
		lines_cut_words(&old, a, a_len, true);
		lines_cut_words(&new, b, b_len, true);
	} else {
		lines_cut(&old, a, a_len);
		lines_cut(&new, b, b_len);
	}
	to = lines_match(&old, &new, &work);
	ops = xcalloc(old.len + new.len + 1, sizeof(*ops));
	*len = 0;
	for (i = j = 0; i < old.len || j < new.len; i++) {
		for (k = j; k < new.len && to[k] == 0; k++)
			;
		end = k < new.len ? to[k] - 1 : old.len;
		while (i < end)
			diff_op(ops, len, '-', &old.v[i++]);
		while (j < k)
			diff_op(ops, len, '+', &new.v[j++]);
		if (j < new.len)
			diff_op(ops, len, ' ', &new.v[j++]);
	}
	FREE_ALL(old.v, new.v, to);
	return ops;
}

static void
diff_show(struct line_op *ops, size_t len)
{
	size_t i, k, from;

	for (i = 0; i < len; i++) {
		if (ops[i].sign == ' ')
			continue;
		from = i < DIFF_CONTEXT ? 0 : i - DIFF_CONTEXT;
		for (k = from; k < len && k <= i + DIFF_CONTEXT; k++)
			ops[k].shown = true;
	}
}

void
line_diff(struct buf *out, const char *a, size_t a_len, const char *b,
    size_t b_len)
{
	size_t old = 1, new = 1, len, i, k, olds, news, begin = out->len;
	AUTO_FREE struct line_op *ops = line_ops(a, a_len, b, b_len, false,
	    &len);
	const struct line_op *op;

	diff_show(ops, len);
	for (i = 0; i < len; i = k) {
		k = i + 1;
		if (!ops[i].shown) {
			old++;		/* not shown: the same on both sides */
			new++;
			continue;
		}
		if (out->len - begin >= LINE_DIFF_MAX) {
			buf_adds(out, "\\ more changes follow\n");
			return;
		}
		olds = news = 0;
		for (k = i; k < len && ops[k].shown; k++) {
			olds += ops[k].sign != '+';
			news += ops[k].sign != '-';
		}
		buf_addf(out, "@@ -%zu,%zu +%zu,%zu @@\n", olds == 0 ?
		    old - 1 : old, olds, news == 0 ? new - 1 : new, news);
		for (; i < k; i++) {
			op = &ops[i];
			if (out->len - begin + op->n >=
			    2 * LINE_DIFF_MAX) {
				buf_adds(out, "\\ more changes follow\n");
				return;
			}
			buf_addc(out, op->sign);
			buf_add(out, op->p, op->n);
			if (op->p[op->n - 1] != '\n')
				buf_adds(out,
				    "\n\\ No newline at end of file\n");
		}
		old += olds;
		new += news;
	}
}
