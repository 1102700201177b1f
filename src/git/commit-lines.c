/*
 * Which lines of a file are in a commit. All texts of the file are woven into
 * one list of lines: HEAD's, the index's, each applied change's before and
 * after, the work tree's. A line that comes back is the same line as before.
 * Lines that one hunk of a change added or removed go together, and so do those
 * of a later change that has touched one of them: a group. HEAD has it as it was
 * at some time; if only applied changes have touched it since, it is committed
 * as it is now. If the user has touched it, it can't be.
 *
 * The list begins with an empty line; the first line of a text is its mode, so
 * that a file with no lines differs from none.
 */
#include "config.h"

#include "git/commit.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

#define LINES_FAR	500	/* that differ; then the next ones are compared
				   by themselves */
#define LINES_SHOWN	40	/* bytes of line numbers */

/* The numbers of the texts: from 2 on, a change's before is even. */
#define TEXT_BEFORE	2
#define TEXT_STEP(at)	(((at) - TEXT_BEFORE) / 2)

struct weave_line {
	const char	*p;
	size_t		 n;
	uint64_t	 hash;
	size_t		 next;		/* 0: it is the last one */
	size_t		 up;		/* of its group, in a tree */
	size_t		 last;		/* text that changed it last */
	bool		 is_mode;
	bool		 is_on;		/* in the text read last */
	bool		 is_in[3];	/* HEAD, index, work tree */
	bool		 was_added;	/* by the last change that touched it */
	bool		 is_grouped;
	bool		 is_split;	/* one that only HEAD or the index has
					   is in the middle of its hunk */
};

struct weave_toggle {
	size_t		 group, text, line;
};

/* Of a group at some time. */
struct weave_state {
	uint64_t	 lines;		/* the set of those in the text, hashed */
	size_t		 ext, from, to;	/* in steps: since HEAD had it; ext:
					   with such as left nothing then */
	bool		 is_known;	/* HEAD had it at some time; since then */
	bool		 is_edited;	/* the user has edited it, */
	bool		 is_staged;	/* and it is in the index as it was */
};

struct weave_group {
	size_t		 root;
	uint64_t	 in[2];		/* the set of those in HEAD, index */
	struct weave_state now;		/* in the work tree */
	bool		 is_picked;
	enum commit_mix	 mix;
};

struct weave {
	struct weave_line *v;
	size_t		 len;
	size_t		 kept;		/* of these, without the lines of the
					   text being read that are in the list
					   already */
	size_t		*now;		/* lines of the text read last */
	size_t		 now_len;
	struct weave_toggle *toggles;
	size_t		 toggles_len;
	struct weave_group *groups;	/* by root */
	size_t		 groups_len;
	size_t		*steps;
	size_t		 steps_len;
};

static void
weave_release(struct weave *w)
{
	free(w->v);
	free(w->now);
	free(w->toggles);
	free(w->groups);
	free(w->steps);
}

/* ---- the list ---- */

static void
weave_cut(struct weave *w, const char *p, size_t n, bool is_mode)
{
	GROW(w->v, w->len);
	w->v[w->len] = (struct weave_line){ .p = p, .n = n, .up = w->len,
		.hash = hash_bytes(HASH_BEGIN, p, n), .is_mode = is_mode };
	w->len++;
}

static void
weave_cut_text(struct weave *w, const struct commit_text *t)
{
	const char *p = t->p, *end, *nl;

	if (t->mode == 0)
		return;
	weave_cut(w, t->mode == 0120000 ? "120000" : t->mode == 0100755 ?
	    "100755" : "100644", 6, true);
	for (end = p + t->len; p < end; p = nl) {
		nl = t->whole ? end : mem_line_after(p, end);
		weave_cut(w, p, (size_t)(nl - p), false);
	}
}

static bool
weave_same(const struct weave *w, size_t a, size_t b)
{
	const struct weave_line *x = &w->v[a], *y = &w->v[b];

	return x->hash == y->hash && x->n == y->n &&
	    x->is_mode == y->is_mode && memcmp(x->p, y->p, x->n) == 0;
}

/* to[j] += x: the line b[j] is a[x] (Myers, "An O(ND) difference algorithm"); up
 * to the *n-th and the *m-th line, where both end or too many differ. Row d of
 * `far` begins at d * d. */
static void
weave_match_some(const struct weave *w, const size_t *a, ptrdiff_t *n,
    const size_t *b, ptrdiff_t *m, ptrdiff_t *to)
{
	AUTO_FREE int32_t *far = NULL;
	ptrdiff_t d, k, x = 0, y = 0, best_x = 0, best_y = 0;
	const int32_t *row = NULL;
	bool down, done = false;

	for (d = 0; d <= LINES_FAR && !done; d++) {
		far = xreallocarray(far, (size_t)((d + 1) * (d + 1)),
		    sizeof(*far));
		row = d == 0 ? NULL : far + (d - 1) * (d - 1) + d - 1;
		for (k = -d, best_x = best_y = 0; k <= d && !done; k += 2) {
			down = k == -d || (k < d && row[k - 1] < row[k + 1]);
			x = d == 0 ? 0 : down ? row[k + 1] : row[k - 1] + 1;
			for (y = x - k; x < *n && y < *m &&
			    weave_same(w, a[x], b[y]); y++)
				x++;
			far[d * d + k + d] = (int32_t)x;
			done = x >= *n && y >= *m;
			if (x <= *n && y <= *m && x + y > best_x + best_y) {
				best_x = x;
				best_y = y;
			}
		}
	}
	*n = x = best_x;
	*m = y = best_y;
	while (d-- > 0) {
		k = x - y;
		row = d == 0 ? NULL : far + (d - 1) * (d - 1) + d - 1;
		down = k == -d || (k < d && row[k - 1] < row[k + 1]);
		best_x = d == 0 ? 0 : down ? row[k + 1] : row[k - 1];
		best_y = d == 0 ? 0 : best_x - (down ? k + 1 : k - 1);
		while (x > best_x && y > best_y)
			to[--y] += --x + 1;
		x = best_x;
		y = best_y;
	}
}

/* to[j]: which of the n lines `a` the line b[j] is, or -1; as many as possible,
 * where not too many differ. */
static void
weave_match(const struct weave *w, const size_t *a, ptrdiff_t n,
    const size_t *b, ptrdiff_t m, ptrdiff_t *to)
{
	ptrdiff_t x, y, j, some_x, some_y;

	for (x = 0; x < n && x < m && weave_same(w, a[x], b[x]); x++)
		to[x] = x;
	for (y = x; n > x && m > y && weave_same(w, a[n - 1], b[m - 1]); m--)
		to[m - 1] = --n;
	for (j = y; j < m; j++)
		to[j] = -1;
	while (x < n && y < m) {
		some_x = n - x;
		some_y = m - y;
		weave_match_some(w, a + x, &some_x, b + y, &some_y, to + y);
		for (j = y; j < y + some_y; j++)
			to[j] += to[j] < 0 ? 0 : x;
		x += some_x;
		y += some_y;
	}
}

static size_t
weave_root(struct weave *w, size_t x)
{
	for (; w->v[x].up != x; x = w->v[x].up)
		w->v[x].up = w->v[w->v[x].up].up;
	return x;
}

/* *hunk: another line of the same one, or 0. */
static void
weave_toggle(struct weave *w, size_t x, size_t text, size_t *hunk)
{
	struct weave_line *l = &w->v[x];

	l->is_on = !l->is_on;
	l->last = text;
	GROW(w->toggles, w->toggles_len);
	w->toggles[w->toggles_len++] = (struct weave_toggle){ .text = text,
		.line = x };
	/* A line of a new file that is committed goes with none of the others. */
	if (text <= TEXT_BEFORE || text % 2 == 0 || (l->is_on && l->is_in[0]))
		return;
	l->is_grouped = true;
	l->was_added = l->is_on;
	if (*hunk != 0)
		w->v[weave_root(w, x)].up = weave_root(w, *hunk);
	*hunk = x;
}

/* Where is the hunk, among lines between these that aren't in its text? Of two
 * that were inserted at the same place nobody knows which comes first. */
static void
weave_split(struct weave *w, size_t at, size_t stop, size_t hunk, bool is_new)
{
	size_t text = w->v[hunk].last, x, from = at, to = stop;

	for (x = at; x != stop; x = w->v[x].next)
		if (w->v[x].last == text) {
			from = to == stop ? x : from;
			to = x;
		}
	if (is_new && (stop == 0 || w->v[stop].is_in[0])) {
		from = at;
		to = stop;
	}
	for (x = from; x != to; x = w->v[x].next)
		if (w->v[x].last != text && !w->v[x].is_on &&
		    (w->v[x].is_in[0] || w->v[x].is_in[1])) {
			if (w->v[x].is_grouped)
				w->v[weave_root(w, x)].up = weave_root(w, hunk);
			else
				w->v[hunk].is_split = true;
		}
}

/* Between these two lines the text has those n, which get their numbers in the
 * list: those that were there before, or new ones. */
static void
weave_gap(struct weave *w, size_t prev, size_t stop, size_t *ids, size_t n,
    size_t text)
{
	AUTO_FREE size_t *old = NULL;
	AUTO_FREE ptrdiff_t *to = xcalloc(n + 1, sizeof(*to));
	AUTO_FREE bool *kept = NULL;
	size_t len = 0, done = 0, hunk = 0, at = prev, next, j, k = 0;
	bool is_new = true;

	for (j = w->v[prev].next; j != stop; j = w->v[j].next) {
		GROW(old, len);
		old[len++] = j;
	}
	kept = xcalloc(len + 1, sizeof(*kept));
	weave_match(w, old, (ptrdiff_t)len, ids, (ptrdiff_t)n, to);
	for (j = 0; j < n; j++) {
		if (to[j] >= 0) {
			done = (size_t)to[j] + 1;
			kept[done - 1] = true;
			at = ids[j] = old[done - 1];
			if (!w->v[at].is_on)
				weave_toggle(w, at, text, &hunk);
			continue;
		}
		/* After what it replaces. */
		for (k = k < j ? j : k; k < n && to[k] < 0; k++)
			;
		for (next = k < n ? (size_t)to[k] : len; done < next; done++)
			if (w->v[old[done]].is_on)
				at = old[done];
		w->v[w->kept] = w->v[ids[j]];
		ids[j] = w->kept++;
		w->v[ids[j]].up = ids[j];
		w->v[ids[j]].next = w->v[at].next;
		w->v[at].next = ids[j];
		at = ids[j];
		weave_toggle(w, at, text, &hunk);
	}
	for (k = 0; k < len; k++)
		if (!kept[k] && w->v[old[k]].is_on) {
			weave_toggle(w, old[k], text, &hunk);
			is_new = false;
		}
	if (hunk != 0)
		weave_split(w, w->v[prev].next, stop, hunk, is_new);
}

static void
weave_text(struct weave *w, const struct commit_text *t, size_t text)
{
	size_t from = w->len, n, j, k, prev = 0, stop, *ids;
	AUTO_FREE ptrdiff_t *to = NULL;

	weave_cut_text(w, t);
	n = w->len - from;
	w->kept = from;
	ids = xcalloc(n + 1, sizeof(*ids));
	to = xcalloc(n + 1, sizeof(*to));
	for (j = 0; j < n; j++)
		ids[j] = from + j;
	weave_match(w, w->now, (ptrdiff_t)w->now_len, ids, (ptrdiff_t)n, to);
	for (j = 0; j <= n; j = k + 1) {
		for (k = j; k < n && to[k] < 0; k++)
			;
		stop = k < n ? w->now[to[k]] : 0;
		if (k > j || w->v[prev].next != stop)
			weave_gap(w, prev, stop, ids + j, k - j, text);
		if (k < n)
			ids[k] = prev = stop;
	}
	w->len = w->kept;
	FREE_SET(w->now, ids);
	w->now_len = n;
}

/* ---- the groups ---- */

static int
weave_by_group(const void *a, const void *b)
{
	const struct weave_toggle *x = a, *y = b;

	return x->group != y->group ? (x->group < y->group ? -1 : 1) :
	    (x->text > y->text) - (x->text < y->text);
}

static struct weave_group *
weave_group(struct weave *w, size_t line)
{
	size_t root = w->v[line].is_grouped ? weave_root(w, line) : 0, i =
	    MEM_FIRST(w->groups_len, k, w->groups[k].root >= root);

	return root == 0 ? NULL : &w->groups[i];
}

/* Of the steps since HEAD, those that are chosen: by number, or as they reverse
 * one that is. */
static size_t
weave_chosen(const struct weave *w, const struct weave_state *g,
    const struct commit_file *f)
{
	AUTO_FREE bool *is = xcalloc(f->steps_len + 1, sizeof(*is));
	size_t i, k, n = 0;

	for (i = g->ext; i < g->to; i++) {
		const struct commit_step *s = &f->steps[w->steps[i]];

		is[w->steps[i]] = s->is_chosen;
		for (k = g->ext; k < i; k++)
			if (is[w->steps[k]] && f->steps[w->steps[k]].change->tx ==
			    s->change->undoes)
				is[w->steps[i]] = true;
		n += i >= g->from && is[w->steps[i]];
	}
	for (i = g->from; n > 0 && i < g->to; i++)
		f->steps[w->steps[i]].is_needed |= !is[w->steps[i]];
	return n;
}

static uint64_t
weave_hash(size_t line)
{
	return hash_bytes(HASH_BEGIN, &line, sizeof(line));
}

/* A step goes on; a user who takes back what they did brings back what was
 * then. */
static void
weave_go(struct weave *w, struct weave_state *s,
    const struct weave_state *past, size_t n, size_t text)
{
	size_t i, lines = n;

	if (text % 2 != 0) {
		GROW(w->steps, w->steps_len);
		w->steps[w->steps_len++] = TEXT_STEP(text);
		s->to++;
		return;
	}
	while (lines-- > 0 && past[lines].lines != s->lines)
		;
	if (lines >= n) {
		s->is_edited = true;
		return;
	}
	*s = past[lines];
	for (i = s->ext; i < s->to; i++) {
		GROW(w->steps, w->steps_len);
		w->steps[w->steps_len] = w->steps[i];
		w->steps_len++;
	}
	s->from += w->steps_len - s->to;
	s->ext += w->steps_len - s->to;
	s->to = w->steps_len;
}

/* Has HEAD or the index it so? */
static void
weave_meet(const struct weave *w, const struct weave_group *g,
    struct weave_state *s, const struct commit_file *f)
{
	size_t i;

	if (s->lines == g->in[0]) {
		for (i = s->from; i < s->to; i++)
			s->is_edited = s->is_edited ||
			    f->steps[w->steps[i]].file->commit != NULL;
		if (s->is_edited || !s->is_known)
			s->ext = s->to;
		s->from = s->to;
		s->is_known = true;
		s->is_edited = s->is_staged = false;
	}
	s->is_staged = s->is_staged || s->lines == g->in[1];
}

/* From its toggles: can it be committed? */
static void
weave_judge(struct weave *w, struct weave_group *g,
    const struct weave_toggle *t, size_t n, struct commit_file *f)
{
	AUTO_FREE struct weave_state *past = NULL;
	struct weave_state *s = &g->now;
	size_t i, k, len = 0, chosen;
	bool split = false;

	s->ext = s->from = s->to = w->steps_len;
	for (i = 0; i < n && t[i].text <= TEXT_BEFORE; i++)
		s->lines ^= weave_hash(t[i].line);
	for (;; i = k) {
		weave_meet(w, g, s, f);
		GROW(past, len);
		past[len++] = *s;
		if (i == n)
			break;
		for (k = i; k < n && t[k].text == t[i].text; k++) {
			s->lines ^= weave_hash(t[k].line);
			split = split || w->v[t[k].line].is_split;
		}
		weave_go(w, s, past, len, t[i].text);
	}
	if (s->from == s->to || (chosen = weave_chosen(w, s, f)) == 0)
		return;
	g->mix = !s->is_known || s->is_edited || split ? MIX_EDIT :
	    !s->is_staged ? MIX_STAGED : chosen < s->to - s->from ?
	    MIX_NEEDS : MIX_NONE;
	g->is_picked = g->mix == MIX_NONE;
}

static void
weave_judge_all(struct weave *w, struct commit_file *f)
{
	size_t i, n = 0, k;
	struct weave_group *g;

	for (i = 0; i < w->toggles_len; i++) {
		struct weave_toggle t = w->toggles[i];

		t.group = w->v[t.line].is_grouped ? weave_root(w, t.line) : 0;
		if (t.group != 0)
			w->toggles[n++] = t;
	}
	if (n == 0)
		return;
	qsort(w->toggles, n, sizeof(*w->toggles), weave_by_group);
	for (i = 0; i < n; i++)
		if (i == 0 || w->toggles[i].group != w->toggles[i - 1].group) {
			GROW(w->groups, w->groups_len);
			w->groups[w->groups_len++] = (struct weave_group){
			    .root = w->toggles[i].group };
		}
	for (i = w->v[0].next; i != 0; i = w->v[i].next)
		if ((g = weave_group(w, i)) != NULL)
			for (k = 0; k < 2; k++)
				g->in[k] ^= w->v[i].is_in[k] ?
				    weave_hash(i) : 0;
	for (i = 0, g = w->groups; i < n; i = k, g++) {
		for (k = i; k < n && w->toggles[k].group == g->root; k++)
			;
		weave_judge(w, g, w->toggles + i, k - i, f);
	}
}

/* ---- what comes of it ---- */

/* Is it in the commit? */
static bool
weave_has(struct weave *w, size_t line)
{
	const struct weave_group *g = weave_group(w, line);

	return w->v[line].is_in[g != NULL && g->is_picked ? 2 : 0];
}

/* Is it a file: does it begin with a mode, is no line without a newline in the
 * middle? Else nothing of it is in the commit. */
static void
weave_check(struct weave *w, bool whole, struct commit_file *f)
{
	const struct weave_line *l, *prev = NULL;
	struct weave_group *g;
	size_t at, mode;

	for (at = w->v[0].next; at != 0; at = w->v[at].next) {
		l = &w->v[at];
		if (!weave_has(w, at))
			continue;
		if (l->is_mode != (prev == NULL) || (prev != NULL &&
		    !prev->is_mode && !whole && prev->p[prev->n - 1] != '\n'))
			break;
		prev = l;
	}
	/* Is the change that made the file left out? */
	mode = at != 0 && prev == NULL ? w->v[0].next : 0;
	while (mode != 0 && (!w->v[mode].is_mode || !w->v[mode].is_in[2]))
		mode = w->v[mode].next;
	mode = mode == 0 || w->v[mode].last % 2 == 0 ? 0 : w->v[mode].last;
	if (mode != 0)
		f->steps[TEXT_STEP(mode)].is_needed = true;
	for (g = w->groups; at != 0 && g < w->groups + w->groups_len; g++)
		if (g->is_picked) {
			g->is_picked = false;
			g->mix = mode != 0 ? MIX_NEEDS : MIX_EDIT;
		}
}

/* The numbers, in the work tree, of lines that are left out: "9, 12-14". */
static void
weave_left(struct weave *w, struct buf *lines)
{
	AUTO_FREE size_t *at = xcalloc(w->groups_len + 1, sizeof(*at));
	AUTO_FREE size_t *n = xcalloc(w->groups_len + 1, sizeof(*n));
	AUTO_FREE size_t *order = NULL;
	const struct weave_group *g;
	size_t x, i, line = 1, len = 0;

	for (x = w->v[0].next; x != 0; x = w->v[x].next) {
		g = weave_group(w, x);
		i = g == NULL ? 0 : (size_t)(g - w->groups);
		if (g != NULL && g->mix != MIX_NONE && !w->v[x].is_mode) {
			if (at[i] == 0) {
				GROW(order, len);
				order[len++] = i;
				at[i] = line;
			}
			n[i] += w->v[x].was_added;
		}
		line += w->v[x].is_in[2] && !w->v[x].is_mode;
	}
	for (x = 0; x < len && lines->len < LINES_SHOWN; x++) {
		i = order[x];
		buf_addf(lines, n[i] > 1 ? "%s%zu-%zu" : "%s%zu", x > 0 ?
		    ", " : "", at[i], at[i] + n[i] - 1);
	}
}

/* What is in the commit of each step, and what isn't. */
static void
weave_record(const struct weave *w, struct commit_file *f)
{
	const struct weave_group *g;
	size_t i, k;

	for (g = w->groups; g < w->groups + w->groups_len; g++) {
		f->mix = g->mix > f->mix ? g->mix : f->mix;
		for (i = g->now.ext; i < g->now.to; i++) {
			f->steps[w->steps[i]].is_in |= g->is_picked;
			f->steps[w->steps[i]].is_left |= g->mix != MIX_NONE;
		}
	}
	/* What took back a part of them. */
	for (g = w->groups; g < w->groups + w->groups_len; g++)
		for (i = g->now.ext; g->now.from == g->now.to &&
		    i < g->now.to; i++)
			for (k = 0; k < w->steps[i]; k++)
				if (f->steps[k].is_in && f->steps[
				    w->steps[i]].change->undoes ==
				    f->steps[k].change->tx)
					f->steps[w->steps[i]].is_in = true;
}

/* Has the commit the text of HEAD (0), the index (1) or the work tree (2)? */
static bool
weave_is(struct weave *w, int other)
{
	size_t at;

	for (at = w->v[0].next; at != 0; at = w->v[at].next)
		if (weave_has(w, at) != w->v[at].is_in[other])
			return false;
	return true;
}

static void
weave_write(struct weave *w, struct commit_merged *m)
{
	size_t at;

	m->mode = 0;
	for (m->same = 0; m->same < 3 && !weave_is(w, m->same); m->same++)
		;
	for (at = w->v[0].next; at != 0; at = w->v[at].next)
		if (!weave_has(w, at))
			continue;
		else if (w->v[at].is_mode)
			m->mode = (unsigned)strtoul(w->v[at].p, NULL, 8);
		else if (m->same == 3)
			(void)buf_add(&m->text, w->v[at].p, w->v[at].n);
}

/* A line of HEAD's that the work tree has at another place of the list is there
 * again, by the user. */
static void
weave_join(struct weave *w, const size_t *head, size_t n, size_t text)
{
	AUTO_FREE ptrdiff_t *to = xcalloc(w->now_len + 1, sizeof(*to));
	struct weave_line *x, *y;
	size_t j, hunk = 0;

	weave_match(w, head, (ptrdiff_t)n, w->now, (ptrdiff_t)w->now_len, to);
	for (j = 0; j < w->now_len; j++) {
		if (to[j] < 0 || head[to[j]] == w->now[j])
			continue;
		x = &w->v[head[to[j]]];
		y = &w->v[w->now[j]];
		if (x->is_in[2] || y->is_in[0] || x->is_grouped ==
		    y->is_grouped)
			continue;
		if (x->is_grouped)
			weave_toggle(w, head[to[j]], text, &hunk);
		x->is_in[2] = x->is_grouped;
		y->is_in[2] = y->is_grouped;
		x->is_in[0] = x->is_grouped;
		y->is_in[0] = y->is_grouped;
	}
}

bool
commit_lines(struct commit_file *f, const struct commit_text *texts,
    struct commit_merged *want)
{
	AUTO(weave_release) struct weave w = { 0 };
	AUTO_FREE size_t *head = NULL;
	size_t i, k, n = TEXT_BEFORE + 2 * f->steps_len, head_len = 0;
	bool whole = texts[0].whole;

	f->mix = MIX_NONE;
	buf_clear(&f->lines);
	for (i = 0; i < f->steps_len; i++)
		f->steps[i].is_in = f->steps[i].is_left =
		    f->steps[i].is_needed = false;
	weave_cut(&w, "", 0, false);
	for (i = 0; i <= n; i++) {
		weave_text(&w, &texts[i], i);
		for (k = 0; (i < 2 || i == n) && k < w.now_len; k++)
			w.v[w.now[k]].is_in[i < 2 ? i : 2] = true;
		for (; i == 0 && head_len < w.now_len; head_len++) {
			GROW(head, head_len);
			head[head_len] = w.now[head_len];
		}
	}
	weave_join(&w, head, head_len, n);
	weave_judge_all(&w, f);
	weave_check(&w, whole, f);
	weave_record(&w, f);
	if (!whole)
		weave_left(&w, &f->lines);
	weave_write(&w, want);
	return weave_is(&w, 2);
}
