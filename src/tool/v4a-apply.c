/*
 * v4a-apply: locates the chunks of an update and applies them. Each chunk is
 * searched after the previous one, by lines, in the forms of edit-match.h. If
 * several places match, the first is used, as the format says; a place before
 * the previous chunk counts only if it is the only one.
 */

#include "config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "tool/edit-match.h"
#include "tool/v4a.h"

struct v4a_piece {		/* a line; borrowed */
	const char	*p;
	size_t		 n;	/* without its line ending */
	size_t		 end;	/* length of the line ending: 0, 1 or 2 */
};

/* Indentation that differs. */

#define INDENTS_MAX 64		/* more distinct pairs have no rule */

/* The distinct pairs among a chunk's kept and removed lines, and the rule: the
 * patch's least indentation becomes the file's of that line, and beyond it so
 * `many` characters become so many (`are`; one of the two is 1). */
struct indents {
	struct indents_pair {
		struct v4a_piece patch, file;
	}	 v[INDENTS_MAX], base;
	size_t	 len;
	size_t	 many, are;		/* many is 0: there is none */
	char	 from, to;		/* which characters; '\0': those of the
					   added line */
};

static struct v4a_piece
indent_of(struct v4a_piece line)
{
	struct v4a_piece in = { line.p, 0, 0 };

	while (in.n < line.n && (in.p[in.n] == ' ' || in.p[in.n] == '\t'))
		in.n++;
	return in;
}

static bool
indent_equal(struct v4a_piece a, struct v4a_piece b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static struct v4a_piece
indent_after(struct v4a_piece s, size_t n)
{
	return (struct v4a_piece){ s.p + n, s.n - n, 0 };
}

static bool
indent_is_all(struct v4a_piece s, char c)
{
	size_t i;

	for (i = 0; i < s.n && s.p[i] == c; i++)
		;
	return i == s.n;
}

/* A line without its mark: its first space was taken for that. */
static bool
indent_lost_mark(char kind, struct v4a_piece patch, struct v4a_piece file)
{
	return kind == ' ' && file.n > 0 && *file.p == ' ' &&
	    indent_equal(indent_after(file, 1), patch);
}

/* False: added lines need no change, or nothing is certain. */
static bool
indent_pairs(struct indents *x, const struct v4a_line *l, size_t n,
    const struct v4a_piece *file)
{
	bool differs = false, lost = true;
	size_t i, k;

	for (i = 0; i < n; i++) {
		struct v4a_piece line = { l[i].p, l[i].n, 0 };
		struct v4a_piece p = indent_of(line), f;

		if (l[i].kind == '+')
			continue;
		f = indent_of(*file++);
		if (p.n == line.n)	/* only spaces */
			continue;
		/* Another kind of white space may be more indentation. */
		if (f.n == file[-1].n || file[-1].p[f.n] != line.p[p.n])
			return false;
		if (!indent_equal(p, f)) {
			differs = true;
			lost = lost && indent_lost_mark(l[i].kind, p, f);
		}
		for (k = 0; k < x->len && !indent_equal(x->v[k].patch, p); k++)
			;
		if (k == INDENTS_MAX ||
		    (k < x->len && !indent_equal(x->v[k].file, f)))
			return false;
		if (k == x->len)
			x->v[x->len++] = (struct indents_pair){ p, f };
	}
	return differs && !lost;
}

/* Do the added lines already have the file's indentation? */
static bool
indent_is_done(const struct indents *x, const struct v4a_line *l, size_t n)
{
	bool of_file = false;
	size_t i, k;

	for (i = 0; i < n; i++) {
		struct v4a_piece line = { l[i].p, l[i].n, 0 };
		struct v4a_piece in = indent_of(line);
		bool patch = false, file = false;

		if (l[i].kind != '+' || in.n == line.n)
			continue;
		for (k = 0; k < x->len; k++) {
			patch = patch || indent_equal(x->v[k].patch, in);
			file = file || indent_equal(x->v[k].file, in);
		}
		if (patch && !file)
			return false;
		of_file = of_file || (file && !patch);
	}
	return of_file;
}

static bool
indent_begins(struct v4a_piece s, struct v4a_piece with)
{
	return s.n >= with.n && memcmp(s.p, with.p, with.n) == 0;
}

static bool
indent_ends(struct v4a_piece s, struct v4a_piece with)
{
	return s.n >= with.n && indent_equal(indent_after(s, s.n - with.n),
	    with);
}

/* Does one side only have something in front of the other's, in all lines? */
static bool
indent_is_shifted(const struct indents *x)
{
	struct v4a_piece patch = x->base.patch, file = x->base.file;
	size_t i;

	for (i = 0; i < x->len && indent_begins(x->v[i].patch, patch) &&
	    indent_begins(x->v[i].file, file) && indent_equal(
	    indent_after(x->v[i].patch, patch.n),
	    indent_after(x->v[i].file, file.n)); i++)
		;
	return i == x->len && (indent_ends(patch, file) ||
	    indent_ends(file, patch));
}

/* The only indentation character of one side; '\0': both kinds, or none. */
static char
indent_kind(const struct indents *x, bool file)
{
	char c = '\0';
	size_t i;

	for (i = 0; i < x->len; i++) {
		struct v4a_piece p = file ? x->v[i].file : x->v[i].patch;

		if (c == '\0' && p.n > 0)
			c = *p.p;
		if (!indent_is_all(p, c))
			return '\0';
	}
	return c;
}

/* Is each indentation level of the file a whole number of the patch's, or the
 * reverse? Two lines determine a level, because the whole file may be indented
 * deeper; one is enough only if one side uses tabs. */
static void
indent_units(struct indents *x, const struct indents_pair *top)
{
	size_t i, p, f;

	if (x->len == 1)
		x->base.patch.n = x->base.file.n = 0;
	x->from = indent_kind(x, false);
	x->to = indent_kind(x, true);
	p = top->patch.n - x->base.patch.n;
	if (x->from == '\0' || x->to == '\0' || p == 0 ||
	    top->file.n <= x->base.file.n)
		return;
	f = top->file.n - x->base.file.n;
	if (p % f != 0 && f % p != 0)
		return;
	x->are = p % f == 0 ? 1 : f / p;
	for (i = 0; i < x->len; i++)
		if (x->v[i].file.n < x->base.file.n ||
		    (x->v[i].patch.n - x->base.patch.n) * f !=
		    (x->v[i].file.n - x->base.file.n) * p)
			return;
	x->many = p % f == 0 ? p / f : 1;
}

/* The rule for the `n` lines of a chunk. `file`: the kept and removed lines as
 * they are in the file. */
static void
indent_learn(struct indents *x, const struct v4a_line *l, size_t n,
    const struct v4a_piece *file)
{
	const struct indents_pair *top = x->v;
	size_t i;

	x->len = x->many = 0;
	x->from = x->to = '\0';
	if (!indent_pairs(x, l, n, file) || indent_is_done(x, l, n))
		return;
	x->base = x->v[0];
	for (i = 1; i < x->len; i++) {
		if (x->v[i].patch.n < x->base.patch.n)
			x->base = x->v[i];
		if (x->v[i].patch.n > top->patch.n)
			top = &x->v[i];
	}
	if (indent_is_shifted(x))
		x->many = x->are = 1;
	else
		indent_units(x, top);
}

/* A line that the patch adds, without its line ending. A fraction of a level
 * stays. */
static void
indent_put(const struct indents *x, struct buf *b, struct v4a_piece line)
{
	struct v4a_piece in = indent_of(line), base = x->base.patch;
	size_t more = 0, less = 0, rest;

	if (x->many == 0 || in.n == line.n || !(x->from != '\0' ?
	    indent_is_all(in, x->from) : indent_begins(in, base) ||
	    indent_begins(base, in))) {
		buf_add(b, line.p, line.n);
		return;
	}
	if (in.n < base.n)
		less = (base.n - in.n + x->many - 1) / x->many;
	else
		more = (in.n - base.n) / x->many;
	rest = in.n + less * x->many - base.n - more * x->many;
	less *= x->are;
	more *= x->are;
	buf_add(b, x->base.file.p, x->base.file.n - (less <
	    x->base.file.n ? less : x->base.file.n));
	if (x->from == '\0')
		buf_add(b, in.p + in.n - more, more);
	for (; x->from != '\0' && more > 0; more--)
		buf_addc(b, x->to);
	for (; rest > 0; rest--)
		buf_addc(b, x->from);
	buf_add(b, line.p + in.n, line.n - in.n);
}

/* A range of the file's lines that a chunk replaces. */
struct apply_place {
	size_t		 at, len;	/* lines of the file */
	const struct v4a_chunk *chunk;
	size_t		 from, to;	/* of its lines that count */
};

struct apply {
	struct v4a_piece *lines;
	size_t		 len;
	struct buf	 forms[EDIT_FORMS];	/* the same, each with LF at its
						   end, in the forms that were
						   needed, */
	struct lines	 in[EDIT_FORMS];	/* and as lines */
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
	struct v4a_piece *l;
	size_t crlf = 0, lone = 0;

	for (; p < end; p += l->n + l->end) {
		for (nl = p; nl < end && *nl != '\n' && !(cr && *nl == '\r' &&
		    (nl + 1 == end || nl[1] != '\n')); nl++)
			;
		l = GROW_ADD(a->lines, a->len);
		l->p = p;
		l->n = (size_t)(nl - p);
		l->end = nl < end;
		a->open = nl == end;
		if (!a->open) {
			lone += *nl == '\r';
			if (*nl == '\n' && l->n > 0 && nl[-1] == '\r') {
				l->n--;
				l->end++;
				crlf++;
			}
		}
		buf_add(&a->forms[EDIT_EXACT], l->p, l->n);
		buf_addc(&a->forms[EDIT_EXACT], '\n');
	}
	a->eol = crlf > 0 && 2 * crlf >= a->len - lone ? "\r\n" :
	    lone > 0 && lone + a->open == a->len ? "\r" : "\n";
}

/* The lines of the file in this form. */
static const struct lines *
apply_lines(struct apply *a, enum edit_form form)
{
	const struct buf *exact = &a->forms[EDIT_EXACT];
	struct buf *b = &a->forms[form];

	if (a->in[form].v == NULL) {
		if (b != exact)
			edit_form(b, form, exact->p, exact->len);
		lines_cut(&a->in[form], buf_str(b), b->len);
	}
	return &a->in[form];
}

/*
 * The first place, from line `at` on, of the lines that are kept or removed (or
 * of an @@ line), *len, with the strictest comparison that has one; LINES_NONE
 * if there is none. *more (or NULL): there is another one after it. With `end`,
 * the file's last lines are preferred. *fuzzy is set if the match isn't exact.
 */
static size_t
apply_seek(struct apply *a, const struct v4a_line *l, const struct v4a_line *to,
    size_t at, bool end, bool *more, bool *fuzzy, size_t *len)
{
	AUTO_BUF struct buf exact = BUF_INIT(0);
	size_t hit = LINES_NONE;
	int form;

	for (*len = 0; l < to; l++)
		if (l->kind != '+') {
			buf_add(&exact, l->p, l->n);
			buf_addc(&exact, '\n');
			++*len;
		}
	if (*len == 0 || at >= a->len || *len > a->len)
		return LINES_NONE;
	for (form = EDIT_EXACT; form < EDIT_FORMS && hit == LINES_NONE;
	    form++) {
		AUTO_BUF struct buf b = BUF_INIT(0);
		const struct lines *in = apply_lines(a, (enum edit_form)form);
		struct lines want = { 0 };

		edit_form(&b, (enum edit_form)form, exact.p, exact.len);
		lines_cut(&want, b.p, b.len);
		if (end && a->len - *len >= at)
			hit = lines_find(in, &want, a->len - *len);
		if (hit == LINES_NONE)
			hit = lines_find(in, &want, at);
		if (hit != LINES_NONE && !end && more != NULL)
			*more = lines_find(in, &want, hit + 1) != LINES_NONE;
		*fuzzy = *fuzzy || (hit != LINES_NONE && form > EDIT_EXACT);
		free(want.v);
	}
	return hit;
}

/* Skip past the @@ lines, each searched after the previous one. LINES_NONE: one
 * is missing. */
static size_t
apply_anchors(struct apply *a, const struct v4a_chunk *c, size_t at,
    size_t heads, bool *fuzzy)
{
	size_t i, hit, len;

	for (i = 0; i < heads; i++) {
		hit = apply_seek(a, &c->lines[i], &c->lines[i + 1], at, false,
		    NULL, fuzzy, &len);
		if (hit == LINES_NONE)
			return LINES_NONE;
		at = hit + 1;
	}
	return at;
}

/* Find the chunk's lines [from, to); false if they are missing. */
static bool
apply_find(struct apply *a, struct edit_result *r, const struct v4a_chunk *c,
    size_t heads, size_t from, size_t to, size_t at)
{
	const struct v4a_line *l = c->lines + from, *end = c->lines + to;
	size_t after, hit, len;
	bool more = false, fuzzy = false, lost = false;

	after = apply_anchors(a, c, at, heads, &fuzzy);
	hit = apply_seek(a, l, end, after, c->at_end, &more, &fuzzy, &len);
	if (len == 0) {
		/* Only added lines: after the anchor, or at the end. */
		hit = after == LINES_NONE ? LINES_NONE :
		    heads > 0 && !c->at_end ? after : a->len;
	} else if (hit == LINES_NONE) {
		/* Out of order, or with a missing anchor: only if no other
		 * place is possible. */
		hit = apply_seek(a, l, end, 0, false, &more, &fuzzy, &len);
		lost = more;
	}
	r->kind = hit != LINES_NONE && !lost ? EDIT_OK :
	    after == LINES_NONE ? EDIT_NO_ANCHOR : EDIT_NOT_FOUND;
	if (r->kind == EDIT_OK) {
		a->places[a->places_len++] = (struct apply_place){ hit, len,
		    c, from, to };
		r->fuzzy = r->fuzzy || fuzzy;
		r->guessed += more;
	}
	return r->kind == EDIT_OK;
}

static int
apply_by_place(const void *x, const void *y)
{
	const struct apply_place *a = x, *b = y;

	return a->at != b->at ? (a->at < b->at ? -1 : 1) :
	    a->chunk < b->chunk ? -1 : 1;
}

static void
apply_put_kept(struct apply *a, struct buf *b, size_t i)
{
	const struct v4a_piece *l = &a->lines[i];

	buf_add(b, l->p, l->n + l->end);
	if (l->end == 0)
		buf_adds(b, a->eol);
}

static void
apply_put_place(struct apply *a, struct buf *b, const struct apply_place *p)
{
	const struct v4a_line *l = p->chunk->lines + p->from;
	const struct v4a_line *end = p->chunk->lines + p->to;
	struct indents indent;
	size_t at = p->at;

	indent_learn(&indent, l, p->to - p->from, a->lines + at);
	for (; l < end; l++) {
		if (l->kind == '+') {
			indent_put(&indent, b, (struct v4a_piece){ l->p,
			    l->n, 0 });
			buf_adds(b, a->eol);
			continue;
		}
		/* Kept lines stay as in the file. */
		if (l->kind == ' ')
			apply_put_kept(a, b, at);
		at++;
	}
}

static void
apply_build(struct apply *a, struct edit_result *r, const char *p, size_t n)
{
	size_t i, at = 0, line = 1, counted = 0, *len = &r->content.len;

	MEM_SORT_BY(a->places, a->places_len, apply_by_place);
	for (i = 0; i < a->places_len && !r->content.full; i++) {
		const struct apply_place *x = &a->places[i];

		if (x->at < at) {
			r->kind = EDIT_OVERLAP;
			r->at = (size_t)(x->chunk - a->first);
			return;
		}
		while (at < x->at)
			apply_put_kept(a, &r->content, at++);
		edit_line_note(r, r->content.p, *len, &line, &counted);
		apply_put_place(a, &r->content, x);
		at = x->at + x->len;
	}
	while (at < a->len)
		apply_put_kept(a, &r->content, at++);
	/* A missing final newline stays missing. */
	if (a->open && *len > 0 && !r->content.full)
		buf_cut(&r->content, *len - (*len > 1 &&
		    r->content.p[*len - 1] == '\n' &&
		    r->content.p[*len - 2] == '\r' ? 2 : 1));
	if (r->content.full)
		r->kind = EDIT_TOO_LARGE;
	else if (*len == n && (n == 0 || memcmp(r->content.p, p, n) == 0))
		r->kind = EDIT_NO_CHANGE;
}

/* Try the chunk, then without empty lines at its ends, which may only separate
 * it from the next one. */
static bool
apply_chunk(struct apply *a, struct edit_result *r, const struct v4a_chunk *c,
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
apply_all(struct edit_result *r, const struct v4a_file *f, const char *p,
    size_t n, size_t max, bool loose)
{
	struct apply a = { 0 };
	size_t i, at = 0, bom = loose ? utf8_bom(p, n) : 0;

	memset(r, 0, sizeof(*r));
	r->content.max = max;
	buf_add(&r->content, p, bom);
	a.first = f->chunks;
	apply_split(&a, p + bom, n - bom, loose);
	a.places = xcalloc(f->len + 1, sizeof(*a.places));
	for (i = 0; i < f->len; i++) {
		const struct apply_place *last;

		r->at = i;
		if (!apply_chunk(&a, r, &f->chunks[i], at))
			break;
		last = &a.places[a.places_len - 1];
		if (last->at + last->len > at)
			at = last->at + last->len;
	}
	if (r->kind == EDIT_OK)
		apply_build(&a, r, p, n);
	if (r->kind != EDIT_OK)
		buf_release(&r->content);
	for (i = 0; i < EDIT_FORMS; i++) {
		buf_release(&a.forms[i]);
		free(a.in[i].v);
	}
	FREE_ALL(a.lines, a.places);
}

void
v4a_apply(struct edit_result *r, const struct v4a_file *f, const char *p,
    size_t n, size_t max)
{
	apply_all(r, f, p, n, max, false);
	if (r->kind == EDIT_NOT_FOUND || r->kind == EDIT_NO_ANCHOR)
		apply_all(r, f, p, n, max, true);
}
