/* See v4a-indent.h. */
#include "config.h"

#include "tool/v4a-indent.h"

#include <string.h>


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

void
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
		(void)buf_addc(b, x->file);
	for (; rest > 0; rest--)
		(void)buf_addc(b, x->patch);
}

int
v4a_indent_put(const struct v4a_indent *x, struct buf *b,
    struct v4a_piece line)
{
	struct v4a_piece in = indent_of(line);
	size_t n = 0;

	if (in.n == line.n)
		return buf_add(b, line.p, line.n);
	if (x->rule == V4A_INDENT_MORE)
		(void)buf_add(b, x->by.p, x->by.n);
	else if (x->rule == V4A_INDENT_LESS)
		while (n < in.n && n < x->by.n && in.p[n] == x->by.p[n])
			n++;
	else if (x->rule == V4A_INDENT_UNITS && indent_is_all(in, x->patch)) {
		indent_put_units(x, b, in.n);
		n = in.n;
	}
	return b->full ? -1 : buf_add(b, line.p + n, line.n - n);
}
