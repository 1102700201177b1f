/*
 * Equal lines are walked side by side. At a difference, the next two lines that
 * are equal on both sides end it; if they are too far away, all the rest
 * differs.
 */
#include "line-diff.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

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

static void *
diff_alloc(void *p, size_t n, size_t size)
{
	p = realloc(p, n * size + 1);
	if (p == NULL)
		abort();
	return p;
}

/* FNV-1a */
static uint64_t
diff_hash(const char *p, size_t n)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (; n > 0; p++, n--)
		h = (h ^ (unsigned char)*p) * 0x100000001b3u;
	return h;
}

static bool
diff_is_word(char c)
{
	return isalnum((unsigned char)c) || (c & 0x80) != 0;
}

static void
diff_cut(struct diff_side *s, const char *p, const char *end, bool words)
{
	struct diff_line *l;
	const char *nl;

	for (; p < end; p += l->n) {
		s->v = diff_alloc(s->v, s->len + 1, sizeof(*s->v));
		l = &s->v[s->len++];
		l->p = p;
		nl = memchr(p, '\n', (size_t)(end - p));
		l->n = (size_t)((nl == NULL ? end : nl + 1) - p);
		if (words)
			for (l->n = 1; p + l->n < end && diff_is_word(*p) &&
			    diff_is_word(p[l->n]);)
				l->n++;
		l->hash = diff_hash(p, l->n);
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
	size_t i = 0, j = 0, to_i, to_j;

	d->ops = diff_alloc(NULL, d->a.len + d->b.len + 1,
	    sizeof(*d->ops));
	while (i < d->a.len || j < d->b.len) {
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
