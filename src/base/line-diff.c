/*
 * The common lines at the end are left out: one place that changed is found
 * exactly. The others are walked side by side. At a difference, the next two
 * lines that are equal on both sides end it; if they are too far away, all the
 * rest differs.
 */
#include "config.h"

#include "base/line-diff.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

#define DIFF_CONTEXT 3
#define DIFF_LOOK 100		/* lines of both sides to look ahead */

struct diff_line {
	const char	*p;
	size_t		 n;		/* with its newline */
	uint64_t	 hash;
};

struct diff_side {
	struct diff_line *v;
	size_t		 len;
};

struct diff {
	struct diff_side a, b;
	struct line_op	*ops;
	size_t		 ops_len;
};

static bool
diff_is_word(char c)
{
	return isalnum((unsigned char)c) || (c & 0x80) != 0;
}

static void
diff_cut(struct diff_side *s, const char *p, const char *end, bool words)
{
	struct diff_line *l;

	for (; p < end; p += l->n) {
		GROW(s->v, s->len);
		l = &s->v[s->len++];
		l->p = p;
		l->n = (size_t)(mem_line_after(p, end) - p);
		if (words)
			for (l->n = 1; p + l->n < end && diff_is_word(*p) &&
			    diff_is_word(p[l->n]);)
				l->n++;
		l->hash = hash_bytes(HASH_BEGIN, p, l->n);
	}
}

/* Lines past both ends are the same. */
static bool
diff_same(const struct diff *d, size_t i, size_t j)
{
	const struct diff_line *x = &d->a.v[i], *y = &d->b.v[j];

	if (i >= d->a.len || j >= d->b.len)
		return i >= d->a.len && j >= d->b.len;
	return x->hash == y->hash && x->n == y->n &&
	    memcmp(x->p, y->p, x->n) == 0;
}

static void
diff_op(struct diff *d, char sign, const struct diff_line *line)
{
	d->ops[d->ops_len++] = (struct line_op){ .sign = sign, .p = line->p,
		.n = line->n };
}

/* Find the nearest place where two lines are the same on both sides. */
static void
diff_find(const struct diff *d, size_t i, size_t j, size_t *to_i,
    size_t *to_j)
{
	size_t far, x;

	for (far = 1; far <= DIFF_LOOK; far++)
		for (x = 0; x <= far; x++) {
			*to_i = i + x;
			*to_j = j + far - x;
			if (*to_i <= d->a.len && *to_j <= d->b.len &&
			    diff_same(d, *to_i, *to_j) &&
			    diff_same(d, *to_i + 1, *to_j + 1))
				return;
		}
	*to_i = d->a.len;
	*to_j = d->b.len;
}

static void
diff_walk(struct diff *d)
{
	size_t i = 0, j = 0, to_i, to_j, all = d->b.len;

	d->ops = xcalloc(d->a.len + d->b.len + 1, sizeof(*d->ops));
	while (i < d->a.len && diff_same(d, i, i))
		i++;
	while (d->a.len > i && d->b.len > i &&
	    diff_same(d, d->a.len - 1, d->b.len - 1)) {
		d->a.len--;
		d->b.len--;
	}
	for (i = 0; i < d->a.len || j < d->b.len;) {
		if (diff_same(d, i, j)) {
			diff_op(d, ' ', &d->b.v[j++]);
			i++;
			continue;
		}
		diff_find(d, i, j, &to_i, &to_j);
		while (i < to_i)
			diff_op(d, '-', &d->a.v[i++]);
		while (j < to_j)
			diff_op(d, '+', &d->b.v[j++]);
	}
	while (j < all)
		diff_op(d, ' ', &d->b.v[j++]);
}

struct line_op *
line_ops(const char *a, size_t a_len, const char *b, size_t b_len,
    bool words, size_t *len)
{
	struct diff d = { 0 };

	diff_cut(&d.a, a, a + a_len, words);
	diff_cut(&d.b, b, b + b_len, words);
	diff_walk(&d);
	free(d.a.v);
	free(d.b.v);
	*len = d.ops_len;
	return d.ops;
}

static void
diff_show(struct diff *d)
{
	size_t i, k, from;

	for (i = 0; i < d->ops_len; i++) {
		if (d->ops[i].sign == ' ')
			continue;
		from = i < DIFF_CONTEXT ? 0 : i - DIFF_CONTEXT;
		for (k = from; k < d->ops_len && k <= i + DIFF_CONTEXT; k++)
			d->ops[k].shown = true;
	}
}

/* The hunks; *line: the number, from 1, of the first line of both sides. */
static void
diff_write(const struct diff *d, size_t line, struct buf *out)
{
	size_t old = line, new = line, i, k, olds, news, begin = out->len;
	const struct line_op *op;

	for (i = 0; i < d->ops_len; i = k) {
		k = i + 1;
		if (!d->ops[i].shown) {
			old++;		/* not shown: the same on both sides */
			new++;
			continue;
		}
		if (out->len - begin >= LINE_DIFF_MAX) {
			buf_adds(out, "\\ more changes follow\n");
			return;
		}
		olds = news = 0;
		for (k = i; k < d->ops_len && d->ops[k].shown; k++) {
			olds += d->ops[k].sign != '+';
			news += d->ops[k].sign != '-';
		}
		buf_addf(out, "@@ -%zu,%zu +%zu,%zu @@\n", olds == 0 ?
		    old - 1 : old, olds, news == 0 ? new - 1 : new, news);
		for (; i < k; i++) {
			op = &d->ops[i];
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

/* Go back so many starts of lines. */
static size_t
diff_back(const char *p, size_t at, int lines)
{
	while (at > 0 && lines > 0) {
		at--;
		while (at > 0 && p[at - 1] != '\n')
			at--;
		lines--;
	}
	return at;
}

size_t
diff_ends(const char *a, size_t a_len, const char *b, size_t b_len,
    size_t *tail)
{
	size_t least = a_len < b_len ? a_len : b_len, head = 0, end = 0;

	while (head < least && a[head] == b[head])
		head++;
	while (end < least - head && a[a_len - 1 - end] == b[b_len - 1 - end])
		end++;
	*tail = end;
	return head;
}

void
line_diff(struct buf *out, const char *a, size_t a_len, const char *b,
    size_t b_len)
{
	size_t tail, head = diff_ends(a, a_len, b, b_len, &tail), i;
	struct diff d = { 0 };
	const char *nl;
	size_t line = 1;
	int lines;

	if (head == a_len && head == b_len)
		return;
	while (head > 0 && a[head - 1] != '\n')
		head--;
	head = diff_back(a, head, DIFF_CONTEXT);
	/* The common end, without its first lines. */
	for (lines = 0; tail > 0 && lines <= DIFF_CONTEXT; lines++) {
		nl = memchr(a + a_len - tail, '\n', tail);
		tail = nl == NULL ? 0 : (size_t)(a + a_len - nl - 1);
	}
	for (i = 0; i < head; i++)
		line += a[i] == '\n';
	diff_cut(&d.a, a + head, a + a_len - tail, false);
	diff_cut(&d.b, b + head, b + b_len - tail, false);
	diff_walk(&d);
	diff_show(&d);
	diff_write(&d, line, out);
	free(d.a.v);
	free(d.b.v);
	free(d.ops);
}
