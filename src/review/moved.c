/*
 * Windows of three removed lines are found among the added ones by a hash. Then
 * blocks grow from there both ways: over equal lines, over versions of a line,
 * and over a few lines that came, went or changed, if such lines follow. A line
 * is part of one block at most.
 */

#include "config.h"

#include "review/moved.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/lines.h"
#include "base/mem.h"
#include "review/pairs.h"

#define MOVED_LEAST	3	/* lines */
#define MOVED_LETTERS	20	/* and letters or digits in them: not just
				   braces */
#define MOVED_TRIES	16	/* places of one window */
#define MOVED_GAP	4	/* lines that came, went or changed at once */
#define MOVED_MORE	2	/* and in all, for each equal line */
#define MOVED_WORK_MAX	((size_t)8 << 20)	/* budget to compare words */

enum { OLD, NEW };

struct moved_line {
	struct moved_at	 at;
	const char	*p;		/* without its indentation */
	size_t		 indent;	/* bytes before it */
	uint64_t	 hash;
	size_t		 run;		/* of lines with this sign; the next run
					   of the hunk has the next number */
	size_t		 equal;		/* index + 1 of the other side's line in
					   a window; 0: none */
	bool		 used;		/* in a block */
};

/* A block that grows. */
struct moved_span {
	struct moved	*m;
	size_t		 from[2], len[2];	/* removed, added */
	const char	*indent[2];		/* how that has changed: bytes */
	size_t		 indent_len[2];		/* that all lines begin with */
	struct moved_block block;
};

static void
moved_line_add(struct moved_lines *l, const char *p, const struct moved_at *at,
    size_t run)
{
	struct moved_line *x;

	x = GROW_ADD(l->v, l->len);
	*x = (struct moved_line){ .at = *at, .p = p, .run = run };
	for (; x->at.len > 0 && (*x->p == ' ' || *x->p == '\t'); x->p++) {
		x->indent++;
		x->at.off++;
		x->at.len--;
	}
	x->hash = hash_bytes(HASH_BEGIN, x->p, x->at.len);
}

void
moved_add(struct moved *m, int file, int hunk, const char *text, size_t n,
    int old_start, int new_start)
{
	struct moved_at at = { .file = file, .hunk = hunk };
	struct hunk_walk w = hunk_walk(text, n, old_start, new_start);
	char last = ' ';

	for (m->runs++; hunk_walk_next(&w); last = w.sign) {
		at.line++;
		m->runs += w.sign != last;
		at.number = w.sign == '-' ? w.old : w.new;
		at.off = (size_t)(w.line + 1 - text);
		at.len = w.n - 1 - (w.line[w.n - 1] == '\n');
		if (w.sign == '-' || w.sign == '+')
			moved_line_add(&m->lines[w.sign == '-' ? OLD : NEW],
			    w.line + 1, &at, m->runs);
	}
}

/* ---- a block grows ---- */

/* The k-th line before or after the block, if it is in the same run and in no
 * block; else NULL. */
static struct moved_line *
moved_beyond(const struct moved_span *b, int side, bool after, size_t k)
{
	const struct moved_lines *l = &b->m->lines[side];
	size_t from = b->from[side];
	size_t i = after ? from + b->len[side] + k : from - 1 - k;

	return i >= l->len || l->v[i].used || l->v[i].run != l->v[from].run ?
	    NULL : &l->v[i];
}

/* Are the lines after so many others equal, or (`alike`) two versions of one?
 * Those that are equal to another line are no version of this one. */
static bool
moved_is_same(const struct moved_span *b, bool after, size_t old, size_t new,
    bool alike)
{
	const struct moved_line *x = moved_beyond(b, OLD, after, old);
	const struct moved_line *y = moved_beyond(b, NEW, after, new);

	if (x == NULL || y == NULL)
		return false;
	if (x->equal != 0 || y->equal != 0)
		return x->equal == (size_t)(y - b->m->lines[NEW].v) + 1;
	if (x->hash == y->hash && x->at.len == y->at.len &&
	    memcmp(x->p, y->p, x->at.len) == 0)
		return true;
	return alike && b->m->work < MOVED_WORK_MAX && word_diff_diff(NULL,
	    NULL, x->p, x->at.len, y->p, y->at.len, &b->m->work);
}

/* `other`: NULL if there is none. */
static void
moved_change_add(struct moved *m, const struct moved_line *at,
    const struct moved_line *other, enum moved_how how, bool added)
{
	struct moved_change *c;

	c = GROW_ADD(m->changes, m->changes_len);
	*c = (struct moved_change){ .at = at->at, .how = how, .added = added };
	if (other != NULL)
		c->other = other->at;
}

/* Take so many lines of both sides into the block. Returns the first ones. */
static void
moved_take(struct moved_span *b, bool after, const size_t n[2],
    struct moved_line *first[2])
{
	size_t i;

	for (int side = OLD; side <= NEW; side++) {
		b->from[side] -= after ? 0 : n[side];
		first[side] = b->m->lines[side].v + b->from[side] +
		    (after ? b->len[side] : 0);
		b->len[side] += n[side];
		for (i = 0; i < n[side]; i++)
			first[side][i].used = true;
	}
}

/* Compare the indentation of two equal lines. The first two say how it has
 * changed: by what comes before the end that both have. */
static void
moved_indent(struct moved_span *b, struct moved_line *const x[2])
{
	const char *s[2] = { x[OLD]->p - x[OLD]->indent,
		x[NEW]->p - x[NEW]->indent };
	size_t n[2] = { x[OLD]->indent, x[NEW]->indent };
	const bool first = b->indent[OLD] == NULL;
	size_t *len = b->indent_len;
	int side;

	while (n[OLD] > (first ? 0 : len[OLD]) && n[NEW] > (first ? 0 :
	    len[NEW]) && s[OLD][n[OLD] - 1] == s[NEW][n[NEW] - 1]) {
		n[OLD]--;
		n[NEW]--;
	}
	for (side = OLD; side <= NEW; side++) {
		if (first) {
			b->indent[side] = s[side];
			len[side] = n[side];
		}
		b->block.uneven = b->block.uneven || n[side] != len[side] ||
		    memcmp(s[side], b->indent[side], n[side]) != 0;
	}
	b->block.indented = b->block.uneven || len[OLD] + len[NEW] > 0;
}

static void
moved_take_equal(struct moved_span *b, bool after)
{
	struct moved_line *x[2];

	moved_take(b, after, (const size_t[]){ 1, 1 }, x);
	b->block.equal++;
	if (x[OLD]->at.len > 0)
		moved_indent(b, x);
}

static bool
moved_take_gap(struct moved_span *b, bool after, size_t old, size_t new)
{
	const bool both = old == new;
	const enum moved_how how = both ? MOVED_CHANGED : MOVED_ONLY;
	struct moved *m = b->m;
	struct moved_line *x[2];
	size_t i;

	moved_take(b, after, (const size_t[]){ old, new }, x);
	b->block.changed += old > new ? old : new;
	for (i = 0; i < old; i++)
		moved_change_add(m, x[OLD] + i, both ? x[NEW] + i : NULL, how,
		    false);
	for (i = 0; i < new; i++)
		moved_change_add(m, x[NEW] + i, both ? x[OLD] + i : NULL, how,
		    true);
	/* The added line after them is in the block. */
	for (i = 0; new == 0 && i < old; i++)
		moved_change_add(m, x[NEW], x[OLD] + i, MOVED_GONE, true);
	return true;
}

/* Are the next n lines equal to no other line? */
static bool
moved_is_free(const struct moved_span *b, int side, bool after, size_t n)
{
	const struct moved_line *x;

	while (n > 0 && (x = moved_beyond(b, side, after, n - 1)) != NULL &&
	    x->equal == 0)
		n--;
	return n == 0;
}

/* Are, after such lines, two the same? */
static bool
moved_goes_on(const struct moved_span *b, bool after, size_t old, size_t new,
    bool alike)
{
	return moved_is_free(b, OLD, after, old) &&
	    moved_is_free(b, NEW, after, new) &&
	    moved_is_same(b, after, old, new, alike) &&
	    moved_is_same(b, after, old + 1, new + 1, alike);
}

/* Take the next lines though they differ: some that came, went or changed before
 * two that are equal (or `alike`), or another version of one. */
static bool
moved_take_changed(struct moved_span *b, bool after, bool alike)
{
	size_t n;

	for (n = 1; n <= MOVED_GAP && b->block.changed + n <= MOVED_MORE *
	    b->block.equal; n++) {
		if (moved_goes_on(b, after, 0, n, alike))
			return moved_take_gap(b, after, 0, n);
		if (moved_goes_on(b, after, n, 0, alike))
			return moved_take_gap(b, after, n, 0);
		if (moved_goes_on(b, after, n, n, alike) || (n == 1 &&
		    moved_is_same(b, after, 0, 0, true)))
			return moved_take_gap(b, after, n, n);
	}
	return false;
}

/* Take the next line if it is the same, or the next ones if only a few
 * differ. */
static bool
moved_grow(struct moved_span *b, bool after)
{
	const struct moved_lines *l = b->m->lines;

	if (moved_is_same(b, after, 0, 0, false)) {
		moved_take_equal(b, after);
		return true;
	}
	/* Lines that replace others where they were are compared with them. */
	return l[NEW].v[b->from[NEW]].run != l[OLD].v[b->from[OLD]].run + 1 &&
	    (moved_take_changed(b, after, false) ||
	    moved_take_changed(b, after, true));
}

/* Make a block of the lines from i and from j on. */
static void
moved_make(struct moved *m, size_t i, size_t j)
{
	struct moved_span b = { .m = m, .from = { i, j } };
	struct moved_block *x = &b.block;
	int side;

	while (moved_grow(&b, true))
		;
	while (moved_grow(&b, false))
		;
	GROW_BY(m->blocks, m->blocks_len, 2);
	for (side = OLD; side <= NEW; side++) {
		x->at = m->lines[side].v[b.from[side]].at;
		x->other = m->lines[!side].v[b.from[!side]].at;
		x->added = side == NEW;
		x->len = b.len[side];
		m->blocks[m->blocks_len++] = *x;
	}
}

/* ---- where one begins ---- */

static bool
moved_says_much(const struct moved_line *v, size_t n)
{
	size_t letters = 0, i;

	for (; n > 0; v++, n--)
		for (i = 0; i < v->at.len; i++)
			letters += (v->p[i] >= '0' && v->p[i] <= '9') ||
			    ((v->p[i] | 0x20) >= 'a' &&
			    (v->p[i] | 0x20) <= 'z') ||
			    (unsigned char)v->p[i] >= 0x80;
	return letters >= MOVED_LETTERS;
}

static size_t
moved_bucket(const struct moved_line *v, size_t buckets)
{
	uint64_t h = v[0].hash;
	int i;

	for (i = 1; i < MOVED_LEAST; i++)
		h = (h << 7 | h >> 57) ^ v[i].hash;
	return (size_t)(h ^ h >> 32) & (buckets - 1);
}

/* Does a window of a run begin here? */
static bool
moved_is_window(const struct moved_lines *l, size_t i)
{
	return i + MOVED_LEAST <= l->len &&
	    l->v[i + MOVED_LEAST - 1].run == l->v[i].run;
}

/* n lines are equal. */
static void
moved_equal(struct moved *m, size_t i, size_t j, size_t n)
{
	for (; n > 0; n--) {
		m->lines[NEW].v[j++].equal = i + 1;
		m->lines[OLD].v[i++].equal = j;
	}
}

static void
moved_match(struct moved *m)
{
	const struct moved_lines *old = &m->lines[OLD], *new = &m->lines[NEW];
	struct moved_span b;
	size_t buckets = 1, i, j, n, step;
	AUTO_FREE size_t *first = NULL, *next = NULL;
	int tries;

	while (buckets < old->len)
		buckets *= 2;
	first = xcalloc(buckets, sizeof(*first));	/* index + 1 */
	next = xcalloc(old->len + 1, sizeof(*next));
	for (i = old->len; i-- > 0;)
		if (moved_is_window(old, i)) {
			j = moved_bucket(&old->v[i], buckets);
			next[i] = first[j];
			first[j] = i + 1;
		}
	for (j = 0; j < new->len; j += step) {
		step = 1;
		if (!moved_is_window(new, j))
			continue;
		i = first[moved_bucket(&new->v[j], buckets)];
		for (tries = 0; i != 0 && tries < MOVED_TRIES;
		    i = next[i - 1], tries++) {
			b = (struct moved_span){ .m = m, .from = { i - 1, j } };
			for (n = 0; moved_is_same(&b, true, n, n, false); n++)
				;
			if (n >= MOVED_LEAST &&
			    moved_says_much(&new->v[j], n)) {
				moved_equal(m, i - 1, j, n);
				step = n;
				break;
			}
			/* None of its parts says more. */
			step = n > step ? n : step;
		}
	}
}

/* ---- what was found ---- */

static int
moved_compare_at(const struct moved_at *a, const struct moved_at *b)
{
	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	if (a->hunk != b->hunk)
		return a->hunk < b->hunk ? -1 : 1;
	return (a->line > b->line) - (a->line < b->line);
}

static int
moved_compare_blocks(const void *pa, const void *pb)
{
	const struct moved_block *a = pa, *b = pb;

	return moved_compare_at(&a->at, &b->at);
}

static int
moved_compare_changes(const void *pa, const void *pb)
{
	const struct moved_change *a = pa, *b = pb;
	int order = moved_compare_at(&a->at, &b->at);

	return order != 0 ? order : moved_compare_at(&a->other, &b->other);
}

void
moved_find(struct moved *m)
{
	const struct moved_lines *new = &m->lines[NEW];
	size_t i;

	if (m->lines[OLD].len >= MOVED_LEAST && new->len >= MOVED_LEAST)
		moved_match(m);
	for (i = 0; i < new->len; i++)
		if (new->v[i].equal != 0 && !new->v[i].used)
			moved_make(m, new->v[i].equal - 1, i);
	for (int side = OLD; side <= NEW; side++) {
		FREE_NULL(m->lines[side].v);
		m->lines[side].len = 0;
	}
	MEM_SORT_BY(m->blocks, m->blocks_len, moved_compare_blocks);
	MEM_SORT_BY(m->changes, m->changes_len, moved_compare_changes);
}

const struct moved_block *
moved_block_at(const struct moved *m, int file, int hunk, int line)
{
	const struct moved_block key = { .at = { .file = file, .hunk = hunk,
		.line = line } };

	return m->blocks_len == 0 ? NULL : bsearch(&key, m->blocks,
	    m->blocks_len, sizeof(key), moved_compare_blocks);
}

size_t
moved_equal_lines(const struct moved *m, int file, int hunk, int line,
    const struct moved_block **in)
{
	const struct moved_at key = { .file = file, .hunk = hunk,
		.line = line }, *end;
	size_t i = MEM_FIRST(m->blocks_len, k,
	    moved_compare_at(&m->blocks[k].at, &key) >= 0), most, n;

	/* The last block that begins above the line. */
	if (i == 0)
		return 0;
	*in = &m->blocks[i - 1];
	if ((*in)->at.file != file || (*in)->at.hunk != hunk ||
	    (size_t)(line - (*in)->at.line) >= (*in)->len)
		return 0;
	most = (*in)->len - (size_t)(line - (*in)->at.line);
	i = MEM_FIRST(m->changes_len, k,
	    moved_compare_at(&m->changes[k].at, &key) >= 0);
	end = i == m->changes_len ? NULL : &m->changes[i].at;
	n = end == NULL || end->file != file || end->hunk != hunk ? most :
	    (size_t)(end->line - line);
	return n < most ? n : most;
}

const struct moved_change *
moved_changes_at(const struct moved *m, int file, int hunk, int line, size_t *n)
{
	const struct moved_at key = { .file = file, .hunk = hunk,
		.line = line };
	size_t from = MEM_FIRST(m->changes_len, i,
	    moved_compare_at(&m->changes[i].at, &key) >= 0);

	*n = 0;
	while (from + *n < m->changes_len &&
	    moved_compare_at(&m->changes[from + *n].at, &key) == 0)
		++*n;
	return m->changes + from;
}

void
moved_release(struct moved *m)
{
	FREE_ALL(m->blocks, m->changes);
	memset(m, 0, sizeof(*m));
}
