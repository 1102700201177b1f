/*
 * What a hunk does is written as text, its key: hunks with the same key are
 * alike.
 */
#include "config.h"

#include "review/alike.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

enum { OLD, NEW };

struct alike_token {
	const char	*p;
	size_t		 n;
	bool		 may;		/* may differ: a word, a string or the
					   indentation */
	size_t		 at, tie;	/* its index, and the first one with
					   this text, if that is on both sides;
					   else SIZE_MAX */
};

/* Changed lines that follow each other, as tokens: those of the old lines come
 * first. */
struct alike_run {
	struct alike_token *v;
	size_t		 len, olds;
};

/* ---- tokens ---- */

static bool
alike_is_quote(char c)
{
	return c == '"' || c == '\'';
}

/* A word, a string in one line, or one character. */
static size_t
alike_token_len(const char *p, const char *end, bool *may)
{
	const char *q = p + 1;

	*may = true;
	if (utf8_in_name(*p)) {
		while (q < end && utf8_in_name(*q))
			q++;
		return (size_t)(q - p);
	}
	if (alike_is_quote(*p)) {
		while (q < end && *q != *p)
			q += *q == '\\' && q + 1 < end ? 2 : 1;
		if (q < end)
			return (size_t)(q + 1 - p);
	}
	*may = false;
	return 1;
}

static void
alike_token_add(struct alike_run *r, const char *p, size_t n, bool may)
{
	size_t at = r->len;

	*GROW_ADD(r->v, r->len) = (struct alike_token){ .p = p, .n = n,
		.may = may, .at = at, .tie = SIZE_MAX };
}

static void
alike_cut(struct alike_run *r, const char *p, const char *end)
{
	const char *nl;
	size_t n;
	bool may;

	MEM_EACH_LINE(p, nl, end) {
		if (*p++ == '\\') {	/* no newline at the end */
			r->len--;
			continue;
		}
		for (n = 0; p + n < nl && (p[n] == ' ' || p[n] == '\t'); n++)
			;
		alike_token_add(r, p, n, true);
		for (p += n; p < nl; p += n) {
			n = alike_token_len(p, nl, &may);
			alike_token_add(r, p, n, may);
		}
		alike_token_add(r, "\n", 1, false);
	}
}

static bool
alike_same(const struct alike_token *x, const struct alike_token *y)
{
	return x->n == y->n && memcmp(x->p, y->p, x->n) == 0;
}

/* By text, and then by place. */
static int
alike_token_compare(const void *a, const void *b)
{
	const struct alike_token *x = a, *y = b;
	int order = x->n != y->n ? (x->n > y->n) - (x->n < y->n) :
	    memcmp(x->p, y->p, x->n);

	return order != 0 ? order : (x->at > y->at) - (x->at < y->at);
}

/* The end of the tokens with the text of this one, which are sorted. */
static size_t
alike_same_end(const struct alike_token *v, size_t i, size_t n)
{
	size_t k = i + 1;

	while (k < n && alike_same(&v[i], &v[k]))
		k++;
	return k;
}

/* Tie those that may differ, and stand on both sides. */
static void
alike_tie(struct alike_run *r)
{
	AUTO_FREE struct alike_token *v = xcalloc(r->len + 1, sizeof(*v));
	size_t n = 0, i, k, first;

	for (i = 0; i < r->len; i++)
		if (r->v[i].may)
			v[n++] = r->v[i];
	qsort(v, n, sizeof(*v), alike_token_compare);
	for (i = 0; i < n; i = k) {
		k = alike_same_end(v, i, n);
		first = v[i].at;
		if (first < r->olds && v[k - 1].at >= r->olds)
			for (; i < k; i++)
				r->v[v[i].at].tie = first;
	}
}

/* Read the next run of changed lines; false: there is none. */
static bool
alike_run_next(struct alike_run *r, const char **at, const char *end)
{
	const char *from;
	int side;

	while (*at < end && **at != '-' && **at != '+')
		*at = mem_line_after(*at, end);
	r->len = 0;
	for (side = OLD; side <= NEW; side++) {
		for (from = *at; *at < end && (**at == "-+"[side] ||
		    (**at == '\\' && *at > from));)
			*at = mem_line_after(*at, end);
		r->olds = r->len;
		alike_cut(r, from, *at);
	}
	alike_tie(r);
	return r->len > 0;
}

/* ---- what a hunk does ---- */

static void
alike_put(struct buf *b, char sign, const struct alike_token *t)
{
	buf_addf(b, "%c%zu:", sign, t->n);
	buf_add(b, t->p, t->n);
}

/* Drop what was appended from here on if it is the same as what was appended
 * before that, from *last on: the same change once more isn't another one. */
static void
alike_once(struct buf *b, size_t from, size_t *last)
{
	if (from - *last == b->len - from &&
	    memcmp(b->p + *last, b->p + from, b->len - from) == 0)
		buf_cut(b, from);
	else
		*last = from;
}

/* Append each word that is replaced by one that the old lines don't have; false
 * if anything else changes. */
static bool
alike_put_words(struct buf *b, const struct alike_run *r, size_t *last)
{
	const struct alike_token *x = r->v, *y = r->v + r->olds;
	size_t from;

	if (r->len != 2 * r->olds)
		return false;
	for (; x < r->v + r->olds; x++, y++) {
		if (alike_same(x, y))
			continue;
		if (x->n == 0 || !utf8_in_name(*x->p) || y->n == 0 ||
		    !utf8_in_name(*y->p) || y->tie != SIZE_MAX)
			return false;
		from = b->len;
		alike_put(b, '-', x);
		alike_put(b, '+', y);
		alike_once(b, from, last);
	}
	return true;
}

/* Append all of the lines, and instead of what is tied where it stands first. */
static bool
alike_put_lines(struct buf *b, const struct alike_run *r, size_t *last)
{
	const struct alike_token *t;
	size_t from = b->len;

	buf_addc(b, '@');
	for (t = r->v; t < r->v + r->len; t++)
		if (t->tie == SIZE_MAX)
			alike_put(b, t->at < r->olds ? '-' : '+', t);
		else
			buf_addf(b, "%c%c%zu,", t->at < r->olds ? '<' : '>',
			    t->n == 0 ? ' ' : utf8_in_name(*t->p) ? 'w' :
			    alike_is_quote(*t->p) ? '"' : ' ', t->tie);
	alike_once(b, from, last);
	return true;
}

/* Append the key of the hunk; false if it does what `put` can't say. */
static bool
alike_put_key(struct alike *a, const struct alike_hunk *h,
    bool (*put)(struct buf *, const struct alike_run *, size_t *last))
{
	struct alike_run r = { .v = NULL };
	const char *at = h->text, *end = at + h->text_len;
	size_t last, from;
	bool can = true;

	buf_cut(&a->keys, h->key);
	buf_addf(&a->keys, "%zu:%s", strlen(h->why), h->why);
	last = from = a->keys.len;
	while (can && alike_run_next(&r, &at, end)) {
		can = put(&a->keys, &r, &last);
		a->work += r.len;
	}
	free(r.v);
	return can && a->keys.len > from;
}

void
alike_add(struct alike *a, const char *why, const char *text, size_t n)
{
	struct alike_hunk *h;

	h = GROW_ADD(a->hunks, a->len);
	*h = (struct alike_hunk){ .why = why == NULL ? "" : why, .text = text,
		.text_len = n, .key = a->keys.len };
	if (n > ALIKE_TEXT_MAX || memchr(text, '\0', n) != NULL)
		return;
	if (alike_put_key(a, h, alike_put_words) ||
	    alike_put_key(a, h, alike_put_lines))
		h->key_len = a->keys.full ? 0 : a->keys.len - h->key;
}

void
alike_add_named(struct alike *a, const char *name)
{
	struct alike_hunk *h;

	alike_add(a, NULL, "", 0);
	h = &a->hunks[a->len - 1];
	/* No other key begins so. */
	buf_addf(&a->keys, "/%s", name);
	h->key_len = a->keys.full ? 0 : a->keys.len - h->key;
	h->named = true;
}

/* ---- groups ---- */

void
alike_find(struct alike *a)
{
	AUTO_FREE struct alike_token *v = xcalloc(a->len + 1, sizeof(*v));
	const struct alike_hunk *h;
	size_t n = 0, i, k;

	for (i = 0; i < a->len; i++) {
		h = &a->hunks[i];
		if (h->key_len > 0)
			v[n++] = (struct alike_token){ .at = i,
				.p = a->keys.p + h->key, .n = h->key_len };
	}
	qsort(v, n, sizeof(*v), alike_token_compare);
	a->members = xcalloc(n + 1, sizeof(*a->members));
	for (i = 0; i < n; i = k) {
		k = alike_same_end(v, i, n);
		if (k - i < ALIKE_LEAST && !a->hunks[v[i].at].named)
			continue;
		*GROW_ADD(a->groups, a->groups_len) =
		    (struct alike_group){ .from = i,
			.len = k - i };
		for (; i < k; i++) {
			a->members[i] = v[i].at;
			a->hunks[v[i].at].group = a->groups_len;
		}
	}
}

void
alike_release(struct alike *a)
{
	FREE_ALL(a->hunks, a->groups, a->members);
	buf_release(&a->keys);
	*a = (struct alike){ .hunks = NULL };
}
