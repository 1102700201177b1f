/*
 * v4a-find: in each pass a line of the file is represented by the number of the
 * first line equal to it, and Knuth-Morris-Pratt searches these numbers between
 * the first and the last place that the lines allow: hostile repetition costs
 * no more than plain text.
 */
#include "config.h"

#include "tool/v4a-find.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tool/tool-edit.h"

#define FIND_PASSES	4

/* The file as one pass compares it. */
struct find_pass {
	size_t	*same;		/* the first line that is equal; NULL: not yet
				   computed */
	size_t	*last;		/* the last line that is equal */
	size_t	*slots;		/* by hash; V4A_NONE: free */
	size_t	 slots_len;	/* a power of two */
	char	**folded;	/* of the last pass */
};

struct v4a_find {
	const struct v4a_piece	*lines;
	size_t			 len;
	struct find_pass	 passes[FIND_PASSES];
};

static char *
find_fold(const char *p, size_t n)
{
	AUTO(edit_norm_release) struct edit_norm norm = { 0 };
	const char *s;
	size_t k;

	edit_norm_init(&norm, p, n, EDIT_FOLD_ALL);
	s = buf_str(&norm.text);
	k = norm.text.len;
	while (k > 0 && (s[k - 1] == ' ' || s[k - 1] == '\t'))
		k--;
	for (; k > 0 && (*s == ' ' || *s == '\t'); s++)
		k--;
	return xmemdup(s, k);
}

/* A line without the parts this pass ignores. */
static struct v4a_piece
find_key(struct v4a_piece l, int pass)
{
	while (pass > 0 && l.n > 0 && (l.p[l.n - 1] == ' ' ||
	    l.p[l.n - 1] == '\t'))
		l.n--;
	for (; pass > 1 && l.n > 0 && (*l.p == ' ' || *l.p == '\t'); l.p++)
		l.n--;
	return l;
}

static struct v4a_piece
find_line(const struct v4a_find *f, int pass, size_t i)
{
	char **folded = f->passes[pass].folded;

	return folded == NULL ? find_key(f->lines[i], pass) :
	    (struct v4a_piece){ folded[i], strlen(folded[i]), 0 };
}

/* The slot for lines equal to this one. */
static size_t *
find_slot(const struct v4a_find *f, int pass, struct v4a_piece key)
{
	const struct find_pass *x = &f->passes[pass];
	uint64_t h = 14695981039346656037u;
	size_t i;

	for (i = 0; i < key.n; i++)
		h = (h ^ (unsigned char)key.p[i]) * 1099511628211u;
	for (i = (size_t)(h ^ h >> 32);; i++) {
		size_t *slot = &x->slots[i & (x->slots_len - 1)];
		struct v4a_piece l;

		if (*slot == V4A_NONE)
			return slot;
		l = find_line(f, pass, *slot);
		if (l.n == key.n && (l.n == 0 ||
		    memcmp(l.p, key.p, l.n) == 0))
			return slot;
	}
}

static void
find_prepare(struct v4a_find *f, int pass)
{
	struct find_pass *x = &f->passes[pass];
	size_t i, *slot;

	if (x->same != NULL)
		return;
	x->same = xcalloc(f->len + 1, sizeof(*x->same));
	x->last = xcalloc(f->len + 1, sizeof(*x->last));
	for (x->slots_len = 4; x->slots_len < 2 * f->len; x->slots_len *= 2)
		;
	x->slots = xreallocarray(NULL, x->slots_len, sizeof(*x->slots));
	for (i = 0; i < x->slots_len; i++)
		x->slots[i] = V4A_NONE;
	if (pass == FIND_PASSES - 1) {
		x->folded = xcalloc(f->len + 1, sizeof(*x->folded));
		for (i = 0; i < f->len; i++)
			x->folded[i] = find_fold(f->lines[i].p,
			    f->lines[i].n);
	}
	for (i = 0; i < f->len; i++) {
		slot = find_slot(f, pass, find_line(f, pass, i));
		if (*slot == V4A_NONE)
			*slot = i;
		x->same[i] = *slot;
		x->last[*slot] = i;
	}
}

/* The number for such a line, V4A_NONE if the file has none. */
static size_t
find_number(const struct v4a_find *f, int pass, struct v4a_piece l)
{
	AUTO_FREE char *folded = NULL;

	if (pass < FIND_PASSES - 1)
		return *find_slot(f, pass, find_key(l, pass));
	folded = find_fold(l.p, l.n);
	l = (struct v4a_piece){ folded, strlen(folded), 0 };
	return *find_slot(f, pass, l);
}

/* The first match from `at` on; *more (or NULL): there is another. */
static size_t
find_run(const struct v4a_find *f, int pass, const size_t *want, size_t n,
    size_t at, bool *more)
{
	const struct find_pass *x = &f->passes[pass];
	size_t i, k, from = at, to = f->len, hit = V4A_NONE, *fail;

	for (i = 0; i < n; i++) {
		if (x->last[want[i]] < i)
			return V4A_NONE;
		if (want[i] > from + i)
			from = want[i] - i;
		if (x->last[want[i]] - i < to)
			to = x->last[want[i]] - i;
	}
	if (from > to)
		return V4A_NONE;
	fail = xcalloc(n, sizeof(*fail));
	for (i = 1, k = 0; i < n; i++) {
		while (k > 0 && want[i] != want[k])
			k = fail[k - 1];
		k += want[i] == want[k];
		fail[i] = k;
	}
	for (i = from, k = 0; i < to + n; i++) {
		while (k > 0 && x->same[i] != want[k])
			k = fail[k - 1];
		k += x->same[i] == want[k];
		if (k < n)
			continue;
		k = fail[k - 1];
		if (hit != V4A_NONE)
			*more = true;
		else
			hit = i + 1 - n;
		if (more == NULL || *more)
			break;
	}
	free(fail);
	return hit;
}

size_t
v4a_find(struct v4a_find *f, const struct v4a_piece *lines, size_t n,
    size_t at, bool end, bool *more, bool *fuzzy)
{
	size_t i, hit = V4A_NONE, *want;
	int pass;

	if (more != NULL)
		*more = false;
	if (n > f->len)
		return V4A_NONE;
	want = xcalloc(n + 1, sizeof(*want));
	for (pass = 0; pass < FIND_PASSES && hit == V4A_NONE; pass++) {
		find_prepare(f, pass);
		for (i = 0; i < n; i++)
			if ((want[i] = find_number(f, pass, lines[i])) ==
			    V4A_NONE)
				break;
		if (i < n)
			continue;
		if (end && f->len - n >= at && memcmp(f->passes[pass].same +
		    (f->len - n), want, n * sizeof(*want)) == 0)
			hit = f->len - n;
		else
			hit = find_run(f, pass, want, n, at, end ? NULL :
			    more);
		if (hit != V4A_NONE && pass > 0)
			*fuzzy = true;
	}
	free(want);
	return hit;
}

struct v4a_find *
v4a_find_new(const struct v4a_piece *lines, size_t n)
{
	struct v4a_find *f = xcalloc(1, sizeof(*f));

	f->lines = lines;
	f->len = n;
	return f;
}

void
v4a_find_free(struct v4a_find *f)
{
	size_t i, k;

	for (i = 0; i < FIND_PASSES; i++) {
		struct find_pass *x = &f->passes[i];

		for (k = 0; x->folded != NULL && k < f->len; k++)
			free(x->folded[k]);
		free(x->folded);
		free(x->same);
		free(x->last);
		free(x->slots);
	}
	free(f);
}
