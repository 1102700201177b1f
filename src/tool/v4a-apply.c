/*
 * v4a-apply: where the chunks of an update are, and what comes of it.  A chunk is
 * looked for after the one before it: as it stands, then without blanks at line
 * ends, then without those at their beginnings, then as edit compares (edit.h).
 * Of several places the first is meant, as the form has it; one that lies before
 * the last chunk counts only if it is the only one.
 */
#include "config.h"

#include "tool/v4a.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tool/edit.h"

#define APPLY_PASSES	4
#define APPLY_NONE	((size_t)-1)

struct apply_line {
	const char	*p;
	size_t		 n;	/* without its end */
	size_t		 end;	/* bytes of that: 0, 1 or 2 */
};

/* A stretch of lines of the file that a chunk takes the place of. */
struct apply_place {
	size_t		 at, len;	/* lines of the file */
	const struct v4a_chunk *chunk;
	size_t		 from, to;	/* of its lines that count */
};

struct apply {
	struct apply_line *lines;
	size_t		 len;
	char		**folded;	/* for the last pass; NULL: not yet */
	struct apply_place *places;
	size_t		 places_len;
	const struct v4a_chunk *first;
	const char	*eol;
	bool		 open;		/* no newline at the end */
};

static void
apply_split(struct apply *a, const char *p, size_t n)
{
	const char *end = p + n, *nl;
	size_t crlf = 0;

	for (; p < end; p = nl + 1) {
		struct apply_line *l;

		nl = memchr(p, '\n', (size_t)(end - p));
		if ((a->len & (a->len - 1)) == 0)
			a->lines = xreallocarray(a->lines, a->len == 0 ? 1 :
			    2 * a->len, sizeof(*a->lines));
		l = &a->lines[a->len++];
		l->p = p;
		l->n = (size_t)((nl == NULL ? end : nl) - p);
		l->end = nl != NULL;
		a->open = nl == NULL;
		if (nl != NULL && l->n > 0 && nl[-1] == '\r') {
			l->n--;
			l->end++;
			crlf++;
		}
		if (nl == NULL)
			break;
	}
	a->eol = crlf > 0 && 2 * crlf >= a->len ? "\r\n" : "\n";
}

static char *
apply_fold(const char *p, size_t n)
{
	struct edit_norm norm;
	const char *s;
	size_t k;
	char *text;

	edit_norm_init(&norm, p, n, EDIT_FOLD_ALL);
	s = buf_str(&norm.text);
	k = norm.text.len;
	while (k > 0 && (s[k - 1] == ' ' || s[k - 1] == '\t'))
		k--;
	for (; k > 0 && (*s == ' ' || *s == '\t'); s++)
		k--;
	text = xmemdup(s, k);
	edit_norm_release(&norm);
	return text;
}

static bool
apply_same(const char *a, size_t n, const char *b, size_t m, int pass)
{
	if (pass > 0) {
		while (n > 0 && (a[n - 1] == ' ' || a[n - 1] == '\t'))
			n--;
		while (m > 0 && (b[m - 1] == ' ' || b[m - 1] == '\t'))
			m--;
	}
	if (pass > 1) {
		for (; n > 0 && (*a == ' ' || *a == '\t'); a++)
			n--;
		for (; m > 0 && (*b == ' ' || *b == '\t'); b++)
			m--;
	}
	return n == m && (n == 0 || memcmp(a, b, n) == 0);
}

/* The lines of a chunk that the file must have. */
struct apply_want {
	const struct v4a_line **v;
	char		**folded;
	size_t		 len;
};

static bool
apply_fits(struct apply *a, struct apply_want *w, size_t at, int pass)
{
	size_t i;

	for (i = 0; i < w->len; i++) {
		const struct apply_line *l = &a->lines[at + i];

		if (pass < APPLY_PASSES - 1 ? !apply_same(l->p, l->n,
		    w->v[i]->p, w->v[i]->n, pass) :
		    strcmp(a->folded[at + i], w->folded[i]) != 0)
			return false;
	}
	return true;
}

static void
apply_fold_all(struct apply *a, struct apply_want *w)
{
	size_t i;

	if (a->folded == NULL) {
		a->folded = xcalloc(a->len + 1, sizeof(*a->folded));
		for (i = 0; i < a->len; i++)
			a->folded[i] = apply_fold(a->lines[i].p,
			    a->lines[i].n);
	}
	w->folded = xcalloc(w->len + 1, sizeof(*w->folded));
	for (i = 0; i < w->len; i++)
		w->folded[i] = apply_fold(w->v[i]->p, w->v[i]->n);
}

/*
 * The first place from `at` on, in the first pass that has one; APPLY_NONE if
 * there is none.  *more: it fits elsewhere too.  With `end` the last lines of
 * the file are tried before.
 */
static size_t
apply_seek(struct apply *a, struct apply_want *w, size_t at, bool end,
    bool *more, bool *fuzzy)
{
	size_t i, hit = APPLY_NONE;
	int pass;

	*more = false;
	if (w->len > a->len)
		return APPLY_NONE;
	for (pass = 0; pass < APPLY_PASSES && hit == APPLY_NONE; pass++) {
		if (pass == APPLY_PASSES - 1 && w->folded == NULL)
			apply_fold_all(a, w);
		if (end && a->len - w->len >= at &&
		    apply_fits(a, w, a->len - w->len, pass))
			hit = a->len - w->len;
		for (i = at; !(end && hit != APPLY_NONE) &&
		    i + w->len <= a->len; i++) {
			if (!apply_fits(a, w, i, pass))
				continue;
			*more = hit != APPLY_NONE;
			if (*more)
				break;
			hit = i;
		}
		if (hit != APPLY_NONE && pass > 0)
			*fuzzy = true;
	}
	return hit;
}

static void
apply_want_release(struct apply_want *w)
{
	size_t i;

	for (i = 0; w->folded != NULL && i < w->len; i++)
		free(w->folded[i]);
	free(w->folded);
	free(w->v);
}

/* The lines [from, to) of a chunk that the file must have. */
static void
apply_want(struct apply_want *w, const struct v4a_chunk *c, size_t from,
    size_t to)
{
	size_t i;

	memset(w, 0, sizeof(*w));
	w->v = xcalloc(c->len + 1, sizeof(*w->v));
	for (i = from; i < to; i++)
		if (c->lines[i].kind != '+')
			w->v[w->len++] = &c->lines[i];
}

/* Past the @@ lines, each of which is looked for after the one before it.
 * APPLY_NONE: one is not there. */
static size_t
apply_anchors(struct apply *a, const struct v4a_chunk *c, size_t at,
    size_t heads, bool *fuzzy)
{
	struct apply_want w;
	size_t i, hit;
	bool more;

	for (i = 0; i < heads; i++) {
		apply_want(&w, c, i, i + 1);
		hit = apply_seek(a, &w, at, false, &more, fuzzy);
		apply_want_release(&w);
		if (hit == APPLY_NONE)
			return APPLY_NONE;
		at = hit + 1;
	}
	return at;
}

/* Find the chunk's lines [from, to); false if they are not there. */
static bool
apply_find(struct apply *a, struct v4a_result *r, const struct v4a_chunk *c,
    size_t heads, size_t from, size_t to, size_t at)
{
	size_t after, hit;
	bool more = false, fuzzy = false, lost = false;
	struct apply_want w;

	apply_want(&w, c, from, to);
	after = apply_anchors(a, c, at, heads, &fuzzy);
	if (w.len == 0) {
		/* Nothing but added lines: after the anchor, or at the end. */
		hit = after == APPLY_NONE ? APPLY_NONE :
		    heads > 0 && !c->at_end ? after : a->len;
	} else {
		hit = after == APPLY_NONE ? APPLY_NONE :
		    apply_seek(a, &w, after, c->at_end, &more, &fuzzy);
		/* Out of order, or with an anchor that is not there: only
		 * where no other place can be meant. */
		if (hit == APPLY_NONE) {
			hit = apply_seek(a, &w, 0, false, &more, &fuzzy);
			lost = more;
		}
	}
	r->miss = hit != APPLY_NONE && !lost ? V4A_OK :
	    after == APPLY_NONE ? V4A_NO_ANCHOR : V4A_NOT_FOUND;
	if (r->miss == V4A_OK) {
		a->places[a->places_len++] = (struct apply_place){ hit, w.len,
		    c, from, to };
		r->fuzzy = r->fuzzy || fuzzy;
		r->guessed += more;
	}
	apply_want_release(&w);
	return r->miss == V4A_OK;
}

static int
apply_by_place(const void *x, const void *y)
{
	const struct apply_place *a = x, *b = y;

	return a->at != b->at ? (a->at < b->at ? -1 : 1) :
	    a->chunk < b->chunk ? -1 : 1;
}

/* One line into the new content. */
static int
apply_put(struct buf *b, const char *p, size_t n, const char *eol)
{
	return buf_add(b, p, n) < 0 || buf_adds(b, eol) < 0 ? -1 : 0;
}

static int
apply_put_kept(struct apply *a, struct buf *b, size_t i)
{
	const struct apply_line *l = &a->lines[i];

	return l->end == 0 ? apply_put(b, l->p, l->n, a->eol) :
	    buf_add(b, l->p, l->n + l->end);
}

static int
apply_put_place(struct apply *a, struct buf *b, const struct apply_place *p)
{
	size_t i, at = p->at;

	for (i = p->from; i < p->to; i++) {
		const struct v4a_line *l = &p->chunk->lines[i];

		if (l->kind == '+') {
			if (apply_put(b, l->p, l->n, a->eol) < 0)
				return -1;
		} else {
			/* What is kept is kept as the file has it. */
			if (l->kind == ' ' && apply_put_kept(a, b, at) < 0)
				return -1;
			at++;
		}
	}
	return 0;
}

static void
apply_build(struct apply *a, struct v4a_result *r, const char *p, size_t n)
{
	size_t i, at = 0;
	int rc = 0;

	if (a->places_len > 1)
		qsort(a->places, a->places_len, sizeof(*a->places),
		    apply_by_place);
	for (i = 0; i < a->places_len && rc == 0; i++) {
		const struct apply_place *x = &a->places[i];

		if (x->at < at) {
			r->miss = V4A_OVERLAP;
			r->chunk = (size_t)(x->chunk - a->first);
			return;
		}
		for (; at < x->at && rc == 0; at++)
			rc = apply_put_kept(a, &r->content, at);
		if (rc == 0)
			rc = apply_put_place(a, &r->content, x);
		at = x->at + x->len;
		if (r->lines_len < V4A_LINES_MAX)
			r->lines[r->lines_len++] = x->at + 1;
	}
	for (; at < a->len && rc == 0; at++)
		rc = apply_put_kept(a, &r->content, at);
	/* A missing last newline stays missing. */
	if (rc == 0 && a->open && r->content.len > 0) {
		size_t *len = &r->content.len;

		*len -= *len > 1 && r->content.p[*len - 2] == '\r' ? 2 : 1;
		r->content.p[*len] = '\0';
	}
	if (rc < 0)
		r->miss = V4A_TOO_LARGE;
	else if (r->content.len == n && (n == 0 ||
	    memcmp(r->content.p, p, n) == 0))
		r->miss = V4A_NO_CHANGE;
}

/* The chunk, and if it is not there, without empty lines at its ends that may
 * only part it from the next one. */
static bool
apply_chunk(struct apply *a, struct v4a_result *r, const struct v4a_chunk *c,
    size_t at)
{
	size_t heads = 0, from, to = c->len;

	while (heads < c->len && c->lines[heads].kind == '@')
		heads++;
	if (apply_find(a, r, c, heads, heads, to, at))
		return true;
	for (from = heads; from < to && c->lines[from].bare; from++)
		;
	while (to > from && c->lines[to - 1].bare)
		to--;
	return (from != heads || to != c->len) &&
	    apply_find(a, r, c, heads, from, to, at);
}

void
v4a_apply(struct v4a_result *r, const struct v4a_file *f, const char *p,
    size_t n, size_t max)
{
	struct apply a = { 0 };
	size_t i, at = 0;

	memset(r, 0, sizeof(*r));
	r->content.max = max;
	a.first = f->chunks;
	apply_split(&a, p, n);
	a.places = xcalloc(f->len + 1, sizeof(*a.places));
	for (i = 0; i < f->len; i++) {
		const struct apply_place *last;

		r->chunk = i;
		if (!apply_chunk(&a, r, &f->chunks[i], at))
			break;
		last = &a.places[a.places_len - 1];
		if (last->at + last->len > at)
			at = last->at + last->len;
	}
	if (r->miss == V4A_OK)
		apply_build(&a, r, p, n);
	if (r->miss != V4A_OK)
		buf_release(&r->content);
	for (i = 0; a.folded != NULL && i < a.len; i++)
		free(a.folded[i]);
	free(a.folded);
	free(a.lines);
	free(a.places);
}

void
v4a_result_release(struct v4a_result *r)
{
	buf_release(&r->content);
}
