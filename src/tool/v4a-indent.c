/* See v4a-indent.h. */
#include "config.h"

#include "tool/v4a-indent.h"

#include <string.h>

static struct v4a_piece
indent_of(struct v4a_piece line)
{
	struct v4a_piece in = { line.p, 0, 0 };

	while (in.n < line.n && (in.p[in.n] == ' ' || in.p[in.n] == '\t'))
		in.n++;
	return in;
}

static bool
indent_begins(struct v4a_piece s, struct v4a_piece with)
{
	return with.n <= s.n && (with.n == 0 ||
	    memcmp(s.p, with.p, with.n) == 0);
}

static bool
indent_equal(struct v4a_piece a, struct v4a_piece b)
{
	return a.n == b.n && indent_begins(a, b);
}

static bool
indent_is_all(struct v4a_piece s, char c)
{
	size_t i;

	for (i = 0; i < s.n && s.p[i] == c; i++)
		;
	return i == s.n;
}

static char
indent_kind(struct v4a_piece a, struct v4a_piece b)
{
	return indent_is_all(a, ' ') && indent_is_all(b, ' ') ? ' ' :
	    indent_is_all(a, '\t') && indent_is_all(b, '\t') ? '\t' : '\0';
}

static bool
indent_ratio(struct v4a_indent *x, const struct v4a_indents *a,
    const struct v4a_indents *b)
{
	size_t p = a->patch.n > b->patch.n ? a->patch.n - b->patch.n :
	    b->patch.n - a->patch.n;
	size_t f = a->file.n > b->file.n ? a->file.n - b->file.n :
	    b->file.n - a->file.n;
	char patch = indent_kind(a->patch, b->patch);
	char file = indent_kind(a->file, b->file);

	if (patch == '\0' || file == '\0' || p == 0 || f == 0 ||
	    (p % f != 0 && f % p != 0))
		return false;
	x->many = p % f == 0 ? p / f : 1;
	x->are = p % f == 0 ? 1 : f / p;
	x->patch = patch;
	x->file = file;
	return true;
}

/* What a level is on either side is told by two lines, since all of the file may
 * be deeper; by one only where one side has tabs. */
static void
indent_level(struct v4a_indent *x, const struct v4a_indents *now)
{
	const struct v4a_indents margin = { { "", 0, 0 }, { "", 0, 0 } };
	size_t i;

	for (i = 0; i < x->len && !x->sure; i++)
		x->sure = indent_ratio(x, &x->v[i], now);
	if (!x->sure && x->many == 0 && indent_ratio(x, &margin, now) &&
	    x->patch == x->file)
		x->many = 0;
}

void
v4a_indent_learn(struct v4a_indent *x, struct v4a_piece patch,
    struct v4a_piece file)
{
	struct v4a_piece p = indent_of(patch), f = indent_of(file);
	size_t i;

	if (p.n == patch.n)	/* blank */
		return;
	x->differs = x->differs || !indent_equal(p, f);
	for (i = 0; i < x->len && !indent_equal(x->v[i].patch, p); i++)
		;
	if (i == V4A_INDENTS)
		return;
	x->v[i].patch = p;
	x->v[i].file = f;
	if (i == x->len && !x->sure)
		indent_level(x, &x->v[i]);
	x->len += i == x->len;
}

/* More of it, as the file has it. */
static void
indent_add(const struct v4a_indent *x, struct buf *b, struct v4a_piece more)
{
	size_t i, n = more.n;

	if (x->many > 0 && indent_is_all(more, x->patch)) {
		for (i = n / x->many * x->are; i > 0; i--)
			(void)buf_addc(b, x->file);
		n %= x->many;
	}
	(void)buf_add(b, more.p, n);
}

/* The closest: the same, else the deepest that it goes on from, else the least
 * deep that goes on from it. */
static const struct v4a_indents *
indent_near(const struct v4a_indent *x, struct v4a_piece in)
{
	const struct v4a_indents *near = NULL, *o;

	for (o = x->v; o < x->v + x->len; o++) {
		bool less = indent_begins(in, o->patch);

		if (less ? near == NULL || near->patch.n > in.n ||
		    o->patch.n > near->patch.n :
		    indent_begins(o->patch, in) && (near == NULL ||
		    (near->patch.n > in.n && o->patch.n < near->patch.n)))
			near = o;
	}
	return near;
}

int
v4a_indent_put(const struct v4a_indent *x, struct buf *b,
    struct v4a_piece line)
{
	struct v4a_piece in = indent_of(line), more;
	const struct v4a_indents *near = in.n == line.n || !x->differs ? NULL :
	    indent_near(x, in);
	struct buf less = BUF_INIT(0);

	if (near == NULL)
		return buf_add(b, line.p, line.n);
	if (near->patch.n <= in.n) {
		(void)buf_add(b, near->file.p, near->file.n);
		more = (struct v4a_piece){ in.p + near->patch.n,
		    in.n - near->patch.n, 0 };
		indent_add(x, b, more);
	} else {
		more = (struct v4a_piece){ near->patch.p + in.n,
		    near->patch.n - in.n, 0 };
		indent_add(x, &less, more);
		if (less.len <= near->file.n)
			(void)buf_add(b, near->file.p,
			    near->file.n - less.len);
		buf_release(&less);
	}
	return b->full ? -1 : buf_add(b, line.p + in.n, line.n - in.n);
}
