/*
 * v4a-apply: locates the chunks of an update and applies them. Each chunk is
 * searched after the previous one (v4a_find). If several places match, the
 * first is used, as the format says; a place before the previous chunk counts
 * only if it is the only one.
 */

#include "config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "tool/edit-match.h"
#include "tool/v4a.h"

#define V4A_NONE	((size_t)-1)

struct v4a_piece {		/* a line; borrowed */
	const char	*p;
	size_t		 n;	/* without its line ending */
	size_t		 end;	/* length of the line ending: 0, 1 or 2 */
};

/* A range of the file's lines that a chunk replaces. */
struct apply_place {
	size_t		 at, len;	/* lines of the file */
	const struct v4a_chunk *chunk;
	size_t		 from, to;	/* of its lines that count */
};

struct apply {
	struct v4a_piece *lines;
	size_t		 len;
	char		**folded;	/* the lines as edit_norm has them; NULL */
	struct apply_place *places;
	size_t		 places_len;
	const struct v4a_chunk *first;
	const char	*eol;
	bool		 open;		/* no newline at the end */
};

/* ---- finding lines ---- */

/* A line as it is compared if there is no exact match. */
static char *
find_fold(const char *p, size_t n)
{
	AUTO(edit_norm_release) struct edit_norm norm = { 0 };

	edit_norm_init(&norm, p, n);
	return xstrdup(buf_str(&norm.text));
}

/* An anchor needs no indentation; and a kept line may have lost its mark, for
 * which its first space was taken. */
static bool
find_is_alike(const char *line, const char *want, char kind)
{
	if (kind == '@') {
		line += strspn(line, " \t");
		want += strspn(want, " \t");
	}
	return strcmp(line, want) == 0 || (kind == ' ' && *line == ' ' &&
	    strcmp(line + 1, want) == 0);
}

/* Are these lines at `at`? `folded`: compare those; NULL: exactly. */
static bool
find_is_at(const struct apply *a, size_t at, const struct v4a_line *want,
    char *const *folded, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const struct v4a_piece *l = &a->lines[at + i];

		if (folded != NULL ? !find_is_alike(a->folded[at + i],
		    folded[i], want[i].kind) :
		    l->n != want[i].n || memcmp(l->p, want[i].p, l->n) != 0)
			return false;
	}
	return true;
}

static size_t
find_run(const struct apply *a, const struct v4a_line *want,
    char *const *folded, size_t n, size_t at, bool end, bool *more)
{
	size_t hit = V4A_NONE, i;

	if (end && a->len - n >= at &&
	    find_is_at(a, a->len - n, want, folded, n))
		return a->len - n;
	for (i = at; i + n <= a->len && !*more; i++) {
		if (!find_is_at(a, i, want, folded, n))
			continue;
		if (hit == V4A_NONE)
			hit = i;
		else
			*more = true;
		if (end)
			break;
	}
	return hit;
}

/*
 * The first match of these lines (one or more) from `at` on, an exact one if
 * there is any; V4A_NONE if there is none. *more: there is another match after
 * it. With `end`, the file's last lines are tried first. *fuzzy is set if the
 * match isn't exact.
 */
static size_t
v4a_find(struct apply *a, const struct v4a_line *want, size_t n, size_t at,
    bool end, bool *more, bool *fuzzy)
{
	char **folded;
	size_t hit, i;

	*more = false;
	if (n > a->len)
		return V4A_NONE;
	hit = find_run(a, want, NULL, n, at, end, more);
	if (hit != V4A_NONE)
		return hit;
	if (a->folded == NULL) {
		a->folded = xcalloc(a->len + 1, sizeof(*a->folded));
		for (i = 0; i < a->len; i++)
			a->folded[i] = find_fold(a->lines[i].p, a->lines[i].n);
	}
	folded = xcalloc(n, sizeof(*folded));
	for (i = 0; i < n; i++)
		folded[i] = find_fold(want[i].p, want[i].n);
	hit = find_run(a, want, folded, n, at, end, more);
	xfree_list(folded, n);
	*fuzzy = *fuzzy || hit != V4A_NONE;
	return hit;
}

static void
apply_split(struct apply *a, const char *p, size_t n)
{
	const char *end = p + n, *nl;
	size_t crlf = 0;

	for (; p < end; p = nl + 1) {
		struct v4a_piece *l;

		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL)
			nl = end;
		GROW(a->lines, a->len);
		l = &a->lines[a->len++];
		l->p = p;
		l->n = (size_t)(nl - p);
		l->end = nl < end;
		a->open = nl == end;
		if (a->open)
			break;
		if (l->n > 0 && nl[-1] == '\r') {
			l->n--;
			l->end++;
			crlf++;
		}
	}
	a->eol = crlf > 0 && 2 * crlf >= a->len ? "\r\n" : "\n";
}

/* The lines [from, to) of a chunk that the file must have; malloc'ed. */
static struct v4a_line *
apply_want(const struct v4a_chunk *c, size_t from, size_t to, size_t *len)
{
	struct v4a_line *want = xcalloc(c->len + 1, sizeof(*want));
	size_t i;

	*len = 0;
	for (i = from; i < to; i++)
		if (c->lines[i].kind != '+')
			want[(*len)++] = c->lines[i];
	return want;
}

/* Skip past the @@ lines, each searched after the previous one. V4A_NONE: one
 * is missing. */
static size_t
apply_anchors(struct apply *a, const struct v4a_chunk *c, size_t at,
    size_t heads, bool *fuzzy)
{
	size_t i, hit;
	bool more;

	for (i = 0; i < heads; i++) {
		hit = v4a_find(a, &c->lines[i], 1, at, false, &more, fuzzy);
		if (hit == V4A_NONE)
			return V4A_NONE;
		at = hit + 1;
	}
	return at;
}

/* Find the chunk's lines [from, to); false if they are missing. */
static bool
apply_find(struct apply *a, struct v4a_result *r, const struct v4a_chunk *c,
    size_t heads, size_t from, size_t to, size_t at)
{
	size_t after, hit, len;
	bool more = false, fuzzy = false, lost = false;
	AUTO_FREE struct v4a_line *want = apply_want(c, from, to, &len);

	after = apply_anchors(a, c, at, heads, &fuzzy);
	if (len == 0) {
		/* Only added lines: after the anchor, or at the end. */
		hit = after == V4A_NONE ? V4A_NONE :
		    heads > 0 && !c->at_end ? after : a->len;
	} else {
		hit = after == V4A_NONE ? V4A_NONE :
		    v4a_find(a, want, len, after, c->at_end, &more, &fuzzy);
		/* Out of order, or with a missing anchor: only if no other
		 * place is possible. */
		if (hit == V4A_NONE) {
			hit = v4a_find(a, want, len, 0, false, &more, &fuzzy);
			lost = more;
		}
	}
	r->miss = hit != V4A_NONE && !lost ? V4A_OK :
	    after == V4A_NONE ? V4A_NO_ANCHOR : V4A_NOT_FOUND;
	if (r->miss == V4A_OK) {
		a->places[a->places_len++] = (struct apply_place){ hit, len,
		    c, from, to };
		r->fuzzy = r->fuzzy || fuzzy;
		r->guessed += more;
	}
	return r->miss == V4A_OK;
}

static int
apply_by_place(const void *x, const void *y)
{
	const struct apply_place *a = x, *b = y;

	return a->at != b->at ? (a->at < b->at ? -1 : 1) :
	    a->chunk < b->chunk ? -1 : 1;
}

/* Append one line to the new content. */
static int
apply_put(struct buf *b, const char *p, size_t n, const char *eol)
{
	return buf_add(b, p, n) < 0 || buf_adds(b, eol) < 0 ? -1 : 0;
}

static int
apply_put_kept(struct apply *a, struct buf *b, size_t i)
{
	const struct v4a_piece *l = &a->lines[i];

	return l->end == 0 ? apply_put(b, l->p, l->n, a->eol) :
	    buf_add(b, l->p, l->n + l->end);
}

static int
apply_put_place(struct apply *a, struct buf *b, const struct apply_place *p)
{
	const struct v4a_line *l = p->chunk->lines + p->from;
	const struct v4a_line *end = p->chunk->lines + p->to;
	size_t at = p->at;
	int rc = 0;

	for (; l < end && rc == 0; l++) {
		if (l->kind == '+') {
			rc = apply_put(b, l->p, l->n, a->eol);
			continue;
		}
		/* Kept lines stay as in the file. */
		if (l->kind == ' ')
			rc = apply_put_kept(a, b, at);
		at++;
	}
	return rc;
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
	/* A missing final newline stays missing. */
	if (rc == 0 && a->open && r->content.len > 0) {
		size_t *len = &r->content.len;

		*len -= *len > 1 && r->content.p[*len - 1] == '\n' &&
		    r->content.p[*len - 2] == '\r' ? 2 : 1;
		r->content.p[*len] = '\0';
	}
	if (rc < 0)
		r->miss = V4A_TOO_LARGE;
	else if (r->content.len == n && (n == 0 ||
	    memcmp(r->content.p, p, n) == 0))
		r->miss = V4A_NO_CHANGE;
}

/* Try the chunk, then without empty lines at its ends, which may only separate
 * it from the next one. */
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
	size_t i, at = 0, bom = utf8_bom(p, n);

	memset(r, 0, sizeof(*r));
	r->content.max = max;
	buf_add(&r->content, p, bom);
	a.first = f->chunks;
	apply_split(&a, p + bom, n - bom);
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
	if (a.folded != NULL)
		xfree_list(a.folded, a.len);
	free(a.lines);
	free(a.places);
}

void
v4a_result_release(struct v4a_result *r)
{
	buf_release(&r->content);
}
