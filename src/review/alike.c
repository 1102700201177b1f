/*
 * What a hunk does is written as text, its sign: hunks with the same sign are
 * alike. A hunk that isn't is compared with what a group would have made of the
 * lines that it removes.
 */
#include "config.h"

#include "review/alike.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define ALIKE_NEAR	8		/* tokens that differ, at most */
#define ALIKE_TRIES	4		/* groups that a hunk may be near to */

enum { OLD, NEW };

struct alike_token {
	const char	*p;
	size_t		 n;
	bool		 may;		/* a word or string: may differ */
	size_t		 at, tie;	/* its index, and the first one with
					   this text, if that is on both sides;
					   else SIZE_MAX */
};

/* Changed lines that follow each other, as tokens: those of the old lines come
 * first. */
struct alike_run {
	const char	*from[2], *end[2];
	struct alike_token *v;
	size_t		 len, olds;
};

/* ---- tokens ---- */

static bool
alike_is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (c & 0x80) != 0;
}

/* A word, a string in one line, or one character. */
static size_t
alike_token_len(const char *p, const char *end, bool *may)
{
	const char *q = p + 1;

	*may = true;
	if (alike_is_word(*p)) {
		while (q < end && alike_is_word(*q))
			q++;
		return (size_t)(q - p);
	}
	if (*p == '"' || *p == '\'') {
		while (q < end && *q != *p)
			q += *q == '\\' && q + 1 < end ? 2 : 1;
		if (q < end)
			return (size_t)(q + 1 - p);
	}
	*may = false;
	return 1;
}

static bool
alike_is_blank(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	return p == end;
}

/* The white space that all lines of both sides begin with. */
static size_t
alike_indent(const struct alike_run *r)
{
	const char *first = NULL, *p, *nl;
	size_t n = 0, i;
	int side;

	for (side = OLD; side <= NEW; side++) {
		if (r->from[side] == r->end[side])
			return 0;
		for (p = r->from[side]; p < r->end[side]; p = nl + 1) {
			nl = mem_line_end(p, r->end[side]);
			if (*p++ == '\\' || alike_is_blank(p, nl))
				continue;
			if (first == NULL) {
				first = p;
				n = (size_t)(nl - p);
			}
			for (i = 0; i < n && p + i < nl && p[i] == first[i] &&
			    (p[i] == ' ' || p[i] == '\t'); i++)
				;
			n = i;
		}
	}
	return n;
}

static void
alike_token_add(struct alike_run *r, const char *p, size_t n, bool may)
{
	GROW(r->v, r->len);
	r->v[r->len] = (struct alike_token){ .p = p, .n = n, .may = may,
		.at = r->len, .tie = SIZE_MAX };
	r->len++;
}

static void
alike_cut_line(struct alike_run *r, const char *p, const char *nl,
    size_t indent)
{
	size_t n;
	bool may;

	if ((size_t)(nl - p) >= indent && alike_is_blank(p, p + indent))
		p += indent;
	for (; p < nl; p += n) {
		n = alike_token_len(p, nl, &may);
		alike_token_add(r, p, n, may);
	}
	alike_token_add(r, "\n", 1, false);
}

static void
alike_cut(struct alike_run *r)
{
	size_t indent = alike_indent(r);
	const char *p, *nl;
	int side;

	r->len = r->olds = 0;
	for (side = OLD; side <= NEW; side++)
		for (p = r->from[side]; p < r->end[side]; p = nl + 1) {
			nl = mem_line_end(p, r->end[side]);
			if (*p == '\\')		/* no newline at the end */
				r->len--;
			else
				alike_cut_line(r, p + 1, nl, indent);
			if (side == OLD)
				r->olds = r->len;
		}
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

static bool
alike_same(const struct alike_token *x, const struct alike_token *y)
{
	return x->n == y->n && memcmp(x->p, y->p, x->n) == 0;
}

/* Tie the words that stand on both sides. */
static void
alike_tie(struct alike_run *r)
{
	AUTO_FREE struct alike_token *sorted = xcalloc(r->len + 1,
	    sizeof(*sorted));
	size_t n = 0, i, k;

	for (i = 0; i < r->len; i++)
		if (r->v[i].may)
			sorted[n++] = r->v[i];
	qsort(sorted, n, sizeof(*sorted), alike_token_compare);
	for (i = 0; i < n; i = k) {
		for (k = i + 1; k < n && alike_same(&sorted[i], &sorted[k]);
		    k++)
			;
		if (sorted[i].at >= r->olds || sorted[k - 1].at < r->olds)
			continue;
		for (size_t j = i; j < k; j++)
			r->v[sorted[j].at].tie = sorted[i].at;
	}
}

/* Go to the next run of changed lines; false: there is none. */
static bool
alike_run_next(struct alike_run *r, const char **at, const char *end)
{
	int side;

	while (*at < end && **at != '-' && **at != '+')
		*at = mem_line_after(*at, end);
	if (*at == end)
		return false;
	for (side = OLD; side <= NEW; side++) {
		r->from[side] = *at;
		while (*at < end && (**at == "-+"[side] || (**at == '\\' &&
		    *at > r->from[side])))
			*at = mem_line_after(*at, end);
		r->end[side] = *at;
	}
	alike_cut(r);
	alike_tie(r);
	return true;
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
alike_add_words(struct buf *b, const struct alike_run *r, size_t *last)
{
	const struct alike_token *x = r->v, *y = r->v + r->olds;
	size_t i, from;

	if (r->len != 2 * r->olds)
		return false;
	for (i = 0; i < r->olds; i++, x++, y++) {
		if (alike_same(x, y))
			continue;
		if (!alike_is_word(*x->p) || !alike_is_word(*y->p) ||
		    y->tie != SIZE_MAX)
			return false;
		from = b->len;
		alike_put(b, '-', x);
		alike_put(b, '+', y);
		alike_once(b, from, last);
	}
	return true;
}

/* Append all of the lines: a word that is tied by the place of the first such
 * one. */
static bool
alike_add_lines(struct buf *b, const struct alike_run *r, size_t *last)
{
	const struct alike_token *t;
	size_t from = b->len;

	buf_addc(b, '@');
	for (t = r->v; t < r->v + r->len; t++) {
		if (t->tie == SIZE_MAX)
			alike_put(b, t->at < r->olds ? '-' : '+', t);
		else
			buf_addf(b, "%c%c%zu,", t->at < r->olds ? '<' : '>',
			    alike_is_word(*t->p) ? 'w' : 's', t->tie);
	}
	alike_once(b, from, last);
	return true;
}

/* Append the sign of the text; false if it has changes that `add` can't say. */
static bool
alike_sign(struct alike *a, const struct alike_hunk *h,
    bool (*add)(struct buf *, const struct alike_run *, size_t *last))
{
	struct alike_run r = { .v = NULL };
	const char *at = h->text, *end = at + h->text_len;
	size_t last = a->signs.len;
	bool can = true;

	while (can && alike_run_next(&r, &at, end)) {
		can = add(&a->signs, &r, &last);
		a->work += r.len;
	}
	free(r.v);
	return can;
}

void
alike_add(struct alike *a, const char *text, size_t n)
{
	struct alike_hunk *h;

	GROW(a->hunks, a->len);
	h = &a->hunks[a->len++];
	*h = (struct alike_hunk){ .text = text, .text_len = n,
		.sign = a->signs.len };
	if (n == 0 || n > ALIKE_TEXT_MAX || memchr(text, '\0', n) != NULL)
		return;
	h->words = alike_sign(a, h, alike_add_words);
	if (!h->words || a->signs.len == h->sign) {
		h->words = false;
		buf_cut(&a->signs, h->sign);
		(void)alike_sign(a, h, alike_add_lines);
	}
	h->sign_len = a->signs.full ? 0 : a->signs.len - h->sign;
}

/* ---- what is nearly alike ---- */

/* A group, as a hunk is compared with it. */
struct alike_model {
	struct alike_run r;		/* the first changed lines of its first
					   hunk */
	bool		 words;
	struct alike_token from, to;	/* the word that it replaces */
};

struct alike_near {
	struct alike	*a;
	struct alike_model *models;	/* of the groups */
	struct buf	 text;		/* of the keys: */
	struct alike_token *keys;	/* from what a hunk removes to a group's
					   index; sorted */
	size_t		 keys_len;
};

/* Append the old lines, but for their words. */
static void
alike_put_old(struct buf *b, const struct alike_run *r)
{
	const struct alike_token *t;

	buf_addc(b, '@');
	for (t = r->v; t < r->v + r->olds; t++)
		buf_addc(b, !t->may ? *t->p : alike_is_word(*t->p) ? 'w' :
		    '"');
}

/* Read the first changed lines of a hunk; false if there are others. */
static bool
alike_only_run(const struct alike_hunk *h, struct alike_run *r)
{
	const char *at = h->text, *end = at + h->text_len;

	(void)alike_run_next(r, &at, end);
	while (at < end && *at != '-' && *at != '+')
		at = mem_line_after(at, end);
	return at == end;
}

/* Add the key of a group; of none that replaces several words, or lines in
 * several places. */
static void
alike_model_make(struct alike_near *n, size_t group)
{
	const struct alike_hunk *h = &n->a->hunks[n->a->groups[group].first];
	struct alike_model *m = &n->models[group];
	bool only = alike_only_run(h, &m->r);
	const struct alike_token *t = m->r.v;
	size_t from = n->text.len;
	AUTO_BUF struct buf sign = BUF_INIT(0);

	m->words = h->words;
	if (m->words) {
		while (alike_same(t, t + m->r.olds))
			t++;
		m->from = *t;
		m->to = t[m->r.olds];
		alike_put(&sign, '-', &m->from);
		alike_put(&sign, '+', &m->to);
		only = sign.len == h->sign_len;
	}
	if (!only)
		return;
	if (m->words)
		alike_put(&n->text, '=', &m->from);
	else
		alike_put_old(&n->text, &m->r);
	GROW(n->keys, n->keys_len);
	n->keys[n->keys_len++] = (struct alike_token){ .at = group,
		.n = n->text.len - from };
}

/* Compare the new lines with those that the group would make; false if more
 * than a few words differ. */
static bool
alike_differs(struct alike_hunk *h, const struct alike_token *want,
    size_t wants, const struct alike_run *r, size_t *equal)
{
	const struct alike_token *has = r->v + r->olds, *t;
	size_t n = r->len - r->olds, head = 0, tail = 0, i;
	struct buf b = BUF_INIT(0);

	while (head < wants && head < n && alike_same(&want[head], &has[head]))
		head++;
	while (tail < wants - head && tail < n - head &&
	    alike_same(&want[wants - 1 - tail], &has[n - 1 - tail]))
		tail++;
	*equal = head + tail;
	wants -= *equal;
	n -= *equal;
	if (wants + n == 0)
		return true;
	if (h->but != NULL || wants > ALIKE_NEAR || n > ALIKE_NEAR)
		return false;
	h->lacks = n == 0;
	t = h->lacks ? want + head : has + head;
	for (i = 0; i < (h->lacks ? wants : n); i++)
		buf_add(&b, t[i].p, t[i].n);
	if (!h->lacks) {
		h->off = (size_t)(t->p - h->text);
		h->len = (size_t)(t[n - 1].p + t[n - 1].n - t->p);
	}
	h->but = buf_take(&b);
	return true;
}

/* Does it replace this word, too, and does something else in one place? */
static bool
alike_near_words(struct alike_hunk *h, const struct alike_model *m)
{
	struct alike_run r = { .v = NULL };
	const char *at = h->text, *end = at + h->text_len;
	size_t i, gone = 0, equal;
	bool can = true;

	while (can && alike_run_next(&r, &at, end)) {
		AUTO_FREE struct alike_token *want = xcalloc(r.olds + 1,
		    sizeof(*want));

		for (i = 0; i < r.olds; i++)
			want[i] = alike_same(&r.v[i], &m->from) ? m->to :
			    r.v[i];
		for (i = 0; i < r.len; i++)
			if (alike_same(&r.v[i], &m->from))
				gone += i < r.olds ? 1 : (size_t)-1;
		can = alike_differs(h, want, r.olds, &r, &equal);
	}
	free(r.v);
	return can && gone > 0 && gone < SIZE_MAX / 2;
}

/* Does it remove the same lines, and does it add others in one place? */
static bool
alike_near_lines(struct alike_hunk *h, const struct alike_model *m)
{
	struct alike_run r = { .v = NULL };
	const struct alike_token *t = m->r.v;
	AUTO_FREE struct alike_token *want = xcalloc(m->r.len + 1,
	    sizeof(*want));
	bool can = alike_only_run(h, &r) && r.olds == m->r.olds;
	size_t i, n = 0, equal = 0;

	for (i = 0; can && i < r.olds; i++, t++)
		can = t->tie == SIZE_MAX ? alike_same(t, &r.v[i]) :
		    r.v[i].may && alike_same(&r.v[i], &r.v[t->tie]);
	for (; can && t < m->r.v + m->r.len; t++)
		want[n++] = t->tie == SIZE_MAX ? *t : r.v[t->tie];
	can = can && alike_differs(h, want, n, &r, &equal) &&
	    2 * equal >= n;
	free(r.v);
	return can;
}

/* Try the groups with this key. */
static void
alike_near_try(struct alike_near *n, struct alike_hunk *h, const struct buf *b,
    int *tries)
{
	const struct alike_token key = { .p = buf_str(b), .n = b->len };
	const struct alike_model *m;
	size_t i = MEM_FIRST(n->keys_len, k,
	    alike_token_compare(&n->keys[k], &key) >= 0);

	for (; h->near == 0 && *tries > 0 && i < n->keys_len &&
	    alike_same(&n->keys[i], &key); i++, --*tries) {
		m = &n->models[n->keys[i].at];
		n->a->work += h->text_len;
		if ((m->words ? alike_near_words : alike_near_lines)(h, m) &&
		    h->but != NULL)
			h->near = n->keys[i].at + 1;
		else
			FREE_NULL(h->but);
	}
}

static void
alike_near_find(struct alike_near *n, struct alike_hunk *h)
{
	struct alike_run r = { .v = NULL };
	const char *at = h->text, *end = at + h->text_len;
	AUTO_BUF struct buf key = BUF_INIT(0);
	int tries = ALIKE_TRIES;
	size_t i;

	while (alike_run_next(&r, &at, end)) {
		for (i = 0; i < r.olds; i++) {
			buf_clear(&key);
			alike_put(&key, '=', &r.v[i]);
			alike_near_try(n, h, &key, &tries);
		}
		buf_clear(&key);
		alike_put_old(&key, &r);
		alike_near_try(n, h, &key, &tries);
		n->a->work += r.len;
	}
	free(r.v);
}

static void
alike_near_all(struct alike *a)
{
	struct alike_near n = { .a = a };
	const char *p;
	size_t i;

	n.models = xcalloc(a->groups_len + 1, sizeof(*n.models));
	for (i = 0; i < a->groups_len; i++)
		alike_model_make(&n, i);
	for (i = 0, p = buf_str(&n.text); i < n.keys_len; p += n.keys[i++].n)
		n.keys[i].p = p;
	if (n.keys_len > 0)
		qsort(n.keys, n.keys_len, sizeof(*n.keys),
		    alike_token_compare);
	for (i = 0; n.keys_len > 0 && i < a->len; i++)
		if (a->hunks[i].group == 0 && a->hunks[i].sign_len > 0)
			alike_near_find(&n, &a->hunks[i]);
	for (i = 0; i < a->groups_len; i++)
		free(n.models[i].r.v);
	FREE_ALL(n.models, n.keys);
	buf_release(&n.text);
}

/* ---- groups ---- */

void
alike_find(struct alike *a)
{
	AUTO_FREE struct alike_token *v = xcalloc(a->len + 1, sizeof(*v));
	size_t n = 0, i, k, from;

	for (i = 0; i < a->len; i++)
		if (a->hunks[i].sign_len > 0)
			v[n++] = (struct alike_token){ .at = i,
				.p = buf_str(&a->signs) + a->hunks[i].sign,
				.n = a->hunks[i].sign_len };
	qsort(v, n, sizeof(*v), alike_token_compare);
	for (from = 0; from < n; from = k) {
		for (k = from + 1; k < n && alike_same(&v[from], &v[k]); k++)
			;
		if (k - from < ALIKE_LEAST)
			continue;
		GROW(a->groups, a->groups_len);
		a->groups[a->groups_len++] = (struct alike_group){
			.first = v[from].at, .len = k - from };
		for (i = from; i < k; i++)
			a->hunks[v[i].at].group = a->groups_len;
	}
	alike_near_all(a);
}

void
alike_release(struct alike *a)
{
	size_t i;

	for (i = 0; i < a->len; i++)
		free(a->hunks[i].but);
	FREE_ALL(a->hunks, a->groups);
	buf_release(&a->signs);
	*a = (struct alike){ .hunks = NULL };
}
