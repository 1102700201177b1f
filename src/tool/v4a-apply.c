/*
 * v4a-apply: locates the chunks of an update and applies them. Each chunk is
 * searched after the previous one (v4a-find.h). If several places match, the
 * first is used, as the format says; a place before the previous chunk counts
 * only if it is the only one.
 */
#include "config.h"

#include "tool/v4a.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "tool/v4a-find.h"
#include "tool/v4a-indent.h"

/* A range of the file's lines that a chunk replaces. */
struct apply_place {
	size_t		 at, len;	/* lines of the file */
	const struct v4a_chunk *chunk;
	size_t		 from, to;	/* of its lines that count */
};

struct apply {
	struct v4a_piece *lines;
	size_t		 len;
	struct v4a_find	*find;
	struct apply_place *places;
	size_t		 places_len;
	const struct v4a_chunk *first;
	const char	*eol;
	bool		 open;		/* no newline at the end */
};

/* `cr`: a lone CR ends a line, too. */
static void
apply_split(struct apply *a, const char *p, size_t n, bool cr)
{
	const char *end = p + n, *nl;
	size_t crlf = 0, lone = 0;

	for (; p < end; p = nl + 1) {
		struct v4a_piece *l;

		for (nl = p; nl < end && *nl != '\n' && !(cr && *nl == '\r' &&
		    (nl + 1 == end || nl[1] != '\n')); nl++)
			;
		GROW(a->lines, a->len);
		l = &a->lines[a->len++];
		l->p = p;
		l->n = (size_t)(nl - p);
		l->end = nl < end;
		a->open = nl == end;
		if (a->open)
			break;
		lone += *nl == '\r';
		if (*nl == '\n' && l->n > 0 && nl[-1] == '\r') {
			l->n--;
			l->end++;
			crlf++;
		}
	}
	a->eol = crlf > 0 && 2 * crlf >= a->len - lone ? "\r\n" :
	    lone > 0 && lone + a->open == a->len ? "\r" : "\n";
}

/* The lines [from, to) of a chunk that the file must have; malloc'ed. */
static struct v4a_piece *
apply_want(const struct v4a_chunk *c, size_t from, size_t to, size_t *len)
{
	struct v4a_piece *want = xcalloc(c->len + 1, sizeof(*want));
	size_t i;

	*len = 0;
	for (i = from; i < to; i++)
		if (c->lines[i].kind != '+')
			want[(*len)++] = (struct v4a_piece){ c->lines[i].p,
			    c->lines[i].n, 0 };
	return want;
}

/* Skip past the @@ lines, each searched after the previous one. V4A_NONE: one
 * is missing. */
static size_t
apply_anchors(struct apply *a, const struct v4a_chunk *c, size_t at,
    size_t heads, bool *fuzzy)
{
	size_t i, hit;

	for (i = 0; i < heads; i++) {
		const struct v4a_piece want = { c->lines[i].p, c->lines[i].n,
			0 };

		hit = v4a_find(a->find, &want, 1, at, false, NULL, fuzzy);
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
	AUTO_FREE struct v4a_piece *want = apply_want(c, from, to, &len);

	after = apply_anchors(a, c, at, heads, &fuzzy);
	if (len == 0) {
		/* Only added lines: after the anchor, or at the end. */
		hit = after == V4A_NONE ? V4A_NONE :
		    heads > 0 && !c->at_end ? after : a->len;
	} else {
		hit = after == V4A_NONE ? V4A_NONE :
		    v4a_find(a->find, want, len, after, c->at_end, &more,
		    &fuzzy);
		/* Out of order, or with a missing anchor: only if no other
		 * place is possible. */
		if (hit == V4A_NONE) {
			hit = v4a_find(a->find, want, len, 0, false, &more,
			    &fuzzy);
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
	struct v4a_indent indent;
	size_t at = p->at;
	int rc = 0;

	v4a_indent_learn(&indent, l, p->to - p->from, a->lines + at);
	for (; l < end && rc == 0; l++) {
		if (l->kind == '+') {
			rc = v4a_indent_put(&indent, b, (struct v4a_piece){
			    l->p, l->n, 0 });
			if (rc == 0)
				rc = buf_adds(b, a->eol);
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

/* `loose`: without the file's byte order mark, and a lone CR ends a line. */
static void
apply_all(struct v4a_result *r, const struct v4a_file *f, const char *p,
    size_t n, size_t max, bool loose)
{
	struct apply a = { 0 };
	size_t i, at = 0, bom = loose ? utf8_bom(p, n) : 0;

	memset(r, 0, sizeof(*r));
	r->content.max = max;
	buf_add(&r->content, p, bom);
	a.first = f->chunks;
	apply_split(&a, p + bom, n - bom, loose);
	a.find = v4a_find_new(a.lines, a.len);
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
	v4a_find_free(a.find);
	free(a.lines);
	free(a.places);
}

void
v4a_apply(struct v4a_result *r, const struct v4a_file *f, const char *p,
    size_t n, size_t max)
{
	apply_all(r, f, p, n, max, false);
	if (r->miss == V4A_NOT_FOUND || r->miss == V4A_NO_ANCHOR)
		apply_all(r, f, p, n, max, true);
}

void
v4a_result_release(struct v4a_result *r)
{
	buf_release(&r->content);
}
