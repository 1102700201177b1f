/*
 * v4a-apply: locates the chunks of an update and applies them. Each chunk is
 * searched after the previous one, as whole lines (edit-match.h). If several
 * places match, the first is used, as the format says; a place before the
 * previous chunk counts only if it is the only one.
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

struct v4a_indent {
	enum v4a_indent_rule {
		V4A_INDENT_SAME,
		V4A_INDENT_MORE,	/* the file has `by` in front */
		V4A_INDENT_LESS,	/* the patch has it in front */
		V4A_INDENT_UNITS,
	} rule;
	struct v4a_piece by;		/* borrowed */
	/* V4A_INDENT_UNITS: `many` characters in the patch are `are` in the
	 * file (one of the two is 1), beyond this base. */
	size_t		 many, are;
	size_t		 patch_base, file_base;
	char		 patch, file;	/* ' ' or '\t' */
};

/* Indentation that differs. */

#define INDENTS_MAX 64		/* more distinct pairs have no rule */

/* The distinct pairs among a chunk's kept and removed lines. */
struct indents {
	struct indents_pair {
		struct v4a_piece patch, file;
	}	 v[INDENTS_MAX];
	size_t	 len;
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

/* Does one side have the same prefix before the other's, in all lines? */
static bool
indent_prefix(struct v4a_indent *x, const struct indents *in, bool more)
{
	size_t i;

	for (i = 0; i < in->len; i++) {
		struct v4a_piece a = more ? in->v[i].file : in->v[i].patch;
		struct v4a_piece b = more ? in->v[i].patch : in->v[i].file;

		if (a.n < b.n || !indent_equal(indent_after(a, a.n - b.n), b))
			return false;
		a.n -= b.n;
		if (i == 0)
			x->by = a;
		else if (!indent_equal(a, x->by))
			return false;
	}
	x->rule = more ? V4A_INDENT_MORE : V4A_INDENT_LESS;
	return true;
}

/* The only indentation character of one side; '\0': both kinds, or none. */
static char
indent_kind(const struct indents *in, bool file)
{
	size_t i, spaces = 0, tabs = 0, any = 0;

	for (i = 0; i < in->len; i++) {
		struct v4a_piece p = file ? in->v[i].file : in->v[i].patch;

		any += p.n > 0;
		spaces += p.n > 0 && indent_is_all(p, ' ');
		tabs += p.n > 0 && indent_is_all(p, '\t');
	}
	return any == 0 ? '\0' : spaces == any ? ' ' : tabs == any ? '\t' :
	    '\0';
}

/* Is each indentation level of the file a whole number of the patch's, or the
 * reverse? Two lines determine a level, because the whole file may be indented
 * deeper; one is enough only if one side uses tabs. */
static void
indent_units(struct v4a_indent *x, const struct indents *in)
{
	const struct indents_pair none = { { "", 0, 0 }, { "", 0, 0 } };
	const struct indents_pair *base = in->len == 1 ? &none : &in->v[0];
	const struct indents_pair *top = &in->v[0];
	size_t i, p, f;

	for (i = 1; i < in->len; i++) {
		if (in->v[i].patch.n < base->patch.n)
			base = &in->v[i];
		if (in->v[i].patch.n > top->patch.n)
			top = &in->v[i];
	}
	x->patch = indent_kind(in, false);
	x->file = indent_kind(in, true);
	x->patch_base = base->patch.n;
	x->file_base = base->file.n;
	p = top->patch.n - base->patch.n;
	if (x->patch == '\0' || x->file == '\0' || p == 0 ||
	    top->file.n <= base->file.n)
		return;
	f = top->file.n - base->file.n;
	if (p % f != 0 && f % p != 0)
		return;
	x->many = p % f == 0 ? p / f : 1;
	x->are = p % f == 0 ? 1 : f / p;
	for (i = 0; i < in->len; i++)
		if (in->v[i].file.n < base->file.n ||
		    (in->v[i].patch.n - base->patch.n) * x->are !=
		    (in->v[i].file.n - base->file.n) * x->many)
			return;
	x->rule = V4A_INDENT_UNITS;
}

/* The rule for the `n` lines of a chunk. `file`: the kept and removed lines as
 * they are in the file. */
static void
v4a_indent_learn(struct v4a_indent *x, const struct v4a_line *l, size_t n,
    const struct v4a_piece *file)
{
	struct indents in = { .len = 0 };

	memset(x, 0, sizeof(*x));
	if (indent_pairs(&in, l, n, file) && !indent_is_done(&in, l, n) &&
	    !indent_prefix(x, &in, true) && !indent_prefix(x, &in, false))
		indent_units(x, &in);
}

/* This many levels more or less than the base; a fraction stays. */
static void
indent_put_units(const struct v4a_indent *x, struct buf *b, size_t n)
{
	size_t more = n < x->patch_base ? 0 : (n - x->patch_base) / x->many;
	size_t less = n < x->patch_base ?
	    (x->patch_base - n + x->many - 1) / x->many : 0;
	size_t rest = n + less * x->many - x->patch_base - more * x->many, i;

	less *= x->are;
	i = x->file_base + more * x->are;
	for (i = less < i ? i - less : 0; i > 0; i--)
		buf_addc(b, x->file);
	for (; rest > 0; rest--)
		buf_addc(b, x->patch);
}

/* A line that the patch adds, without its line ending. */
static void
v4a_indent_put(const struct v4a_indent *x, struct buf *b,
    struct v4a_piece line)
{
	struct v4a_piece in = indent_of(line);
	size_t n = 0;

	if (in.n == line.n)
		n = 0;
	else if (x->rule == V4A_INDENT_MORE)
		buf_add(b, x->by.p, x->by.n);
	else if (x->rule == V4A_INDENT_LESS)
		while (n < in.n && n < x->by.n && in.p[n] == x->by.p[n])
			n++;
	else if (x->rule == V4A_INDENT_UNITS && indent_is_all(in, x->patch)) {
		indent_put_units(x, b, in.n);
		n = in.n;
	}
	buf_add(b, line.p + n, line.n - n);
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
	struct buf	 lf;		/* the same, each with LF at its end, */
	size_t		*at;		/* and where each begins there */
	struct edit_text text;		/* of that */
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
		GROW(a->lines, a->len);
		GROW(a->at, a->len);
		a->at[a->len] = a->lf.len;
		l = &a->lines[a->len++];
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
		buf_add(&a->lf, l->p, l->n);
		buf_addc(&a->lf, '\n');
	}
	a->eol = crlf > 0 && 2 * crlf >= a->len - lone ? "\r\n" :
	    lone > 0 && lone + a->open == a->len ? "\r" : "\n";
}

/*
 * The first place, from line `at` on, of the lines that are kept or removed (or
 * of an @@ line), *len, with the strictest comparison that has one; V4A_NONE if
 * there is none. *more (or NULL): there is another one after it. With `end`, the
 * file's last lines are preferred. *fuzzy is set if the match isn't exact.
 */
static size_t
apply_seek(struct apply *a, const struct v4a_line *l, const struct v4a_line *to,
    size_t at, bool end, bool *more, bool *fuzzy, size_t *len)
{
	AUTO_BUF struct buf want = BUF_INIT(0);
	size_t hit = V4A_NONE, from, till, i;
	struct edit_finder f;
	int form;

	for (*len = 0; l < to; l++)
		if (l->kind != '+') {
			buf_add(&want, l->p, l->n);
			buf_addc(&want, '\n');
			++*len;
		}
	/* V4A_NONE is after them all. */
	for (form = EDIT_EXACT; form < EDIT_FORMS && hit == V4A_NONE &&
	    at < a->len; form++) {
		edit_finder_init(&f, &a->text, (enum edit_form)form, want.p,
		    want.len);
		edit_finder_go(&f, a->at[at]);
		while (edit_finder_next(&f, &from, &till)) {
			i = MEM_FIRST(a->len, k, a->at[k] > from) - 1;
			if (hit == V4A_NONE || (end && i + *len == a->len))
				hit = i;
			else if (!end && more != NULL)
				*more = true;
			if (!end && (more == NULL || *more))
				break;
		}
		edit_finder_release(&f);
		*fuzzy = *fuzzy || (hit != V4A_NONE && form > EDIT_EXACT);
	}
	return hit;
}

/* Skip past the @@ lines, each searched after the previous one. V4A_NONE: one
 * is missing. */
static size_t
apply_anchors(struct apply *a, const struct v4a_chunk *c, size_t at,
    size_t heads, bool *fuzzy)
{
	size_t i, hit, len;

	for (i = 0; i < heads; i++) {
		hit = apply_seek(a, &c->lines[i], &c->lines[i + 1], at, false,
		    NULL, fuzzy, &len);
		if (hit == V4A_NONE)
			return V4A_NONE;
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
		hit = after == V4A_NONE ? V4A_NONE :
		    heads > 0 && !c->at_end ? after : a->len;
	} else if (hit == V4A_NONE) {
		/* Out of order, or with a missing anchor: only if no other
		 * place is possible. */
		hit = apply_seek(a, l, end, 0, false, &more, &fuzzy, &len);
		lost = more;
	}
	r->kind = hit != V4A_NONE && !lost ? EDIT_OK :
	    after == V4A_NONE ? EDIT_NO_ANCHOR : EDIT_NOT_FOUND;
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
	struct v4a_indent indent;
	size_t at = p->at;

	v4a_indent_learn(&indent, l, p->to - p->from, a->lines + at);
	for (; l < end; l++) {
		if (l->kind == '+') {
			v4a_indent_put(&indent, b, (struct v4a_piece){ l->p,
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

	if (a->places_len > 1)
		qsort(a->places, a->places_len, sizeof(*a->places),
		    apply_by_place);
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
	edit_text_init(&a.text, buf_str(&a.lf), a.lf.len, true);
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
	edit_text_release(&a.text);
	buf_release(&a.lf);
	FREE_ALL(a.lines, a.at, a.places);
}

void
v4a_apply(struct edit_result *r, const struct v4a_file *f, const char *p,
    size_t n, size_t max)
{
	apply_all(r, f, p, n, max, false);
	if (r->kind == EDIT_NOT_FOUND || r->kind == EDIT_NO_ANCHOR)
		apply_all(r, f, p, n, max, true);
}
