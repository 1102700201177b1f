/*
 * Which lines of a file are in a commit. All texts of the file are woven into
 * one list of lines: HEAD's, the index's, each applied change's before and
 * after, the work tree's. A line that comes back is the same line as before.
 * Lines that one hunk of a change added or removed go together, and so do those
 * of a later change that has touched one of them: a group. HEAD has it as it was
 * at some time; if only applied changes have touched it since, it is committed
 * as it is now. If the user has touched it, it can't be.
 *
 * The first line of a text stands for its mode, so that a file with no lines
 * differs from none.
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

/* IN_LAST: the text read last. IN_COMMIT: the result, of no line alone. */
enum weave_in { IN_HEAD, IN_INDEX, IN_WORK, IN_LAST, IN_COMMIT };

struct weave_line {
	const char	*p;
	size_t		 n;		/* without the newline, */
	bool		 has_newline;	/* if there is one */
	uint64_t	 hash;
	unsigned	 mode;		/* the mode of the file, if this line
					   represents it; else 0 */
	size_t		 group;		/* from 1; 0: none */
	size_t		 last;		/* text that changed it last */
	bool		 is_in[IN_LAST + 1];
	bool		 is_now;	/* in the text that is being read */
	bool		 was_added;	/* by the last change that touched it */
};

/* A text adds the line or removes it. */
struct weave_toggle {
	size_t		 text, line, group;
};

/* Of a group, from this text on. */
struct weave_state {
	size_t		 text;
	size_t		 begin, end;	/* of the toggles that led to it */
	bool		 is_in[2];	/* the same lines as in HEAD, index */
};

struct weave_group {
	size_t		 up;		/* the group that it was merged into,
					   from 1; itself: not merged */
	size_t		 differs[2];	/* how many lines: from HEAD, index */
	bool		 is_staged;	/* the index differs from HEAD */
	struct weave_state *states;	/* one after the other */
	size_t		 states_len;
	size_t		*steps;		/* that led from HEAD's to the last */
	size_t		 steps_len;
	bool		 is_picked;
	enum commit_mix	 mix;
	size_t		 line, added;	/* its first line in the work tree;
					   how many were added */
};

struct weave {
	bool		 whole;		/* a text is one line */
	bool		 is_lf;		/* git keeps no CRLF, neither in HEAD
					   nor of the work tree: it means LF */
	struct weave_line *v;
	size_t		 len;
	size_t		*order;		/* of all these lines */
	size_t		 order_len;
	struct weave_toggle *toggles;	/* by text; later by group and text */
	size_t		 toggles_len;
	struct weave_group *groups;
	size_t		 groups_len;
};

static void
weave_release(struct weave *w)
{
	EV_EACH(w, groups, group)
		FREE_ALL(group->states, group->steps);
	FREE_ALL(w->groups, w->v, w->order, w->toggles);
}

/* ---- the list ---- */

static bool
weave_has_crlf(const struct commit_text *t)
{
	return t->mode != 0 && memmem(t->p, t->len, "\r\n", 2) != NULL;
}

/* As git has it; 0: there is no file. */
static unsigned
weave_mode(const struct commit_text *t)
{
	return t->mode == 0 || t->mode == 0120000 || t->mode == 0100755 ?
	    t->mode : 0100644;
}

/* Its lines; malloc'ed. The first is its mode. */
static struct weave_line *
weave_cut(const struct weave *w, const struct commit_text *t, size_t *len)
{
	const char *p = t->p, *end = p + t->len, *nl = p;
	struct weave_line *v = NULL, *l;

	for (*len = 0; t->mode != 0 && (*len == 0 || p < end); p = nl) {
		GROW(v, *len);
		l = &v[(*len)++];
		*l = (struct weave_line){ .p = p };
		if (*len == 1)
			l->mode = weave_mode(t);
		else {
			nl = w->whole ? NULL : memchr(p, '\n',
			    (size_t)(end - p));
			l->has_newline = nl != NULL;
			l->n = (size_t)((l->has_newline ? nl : end) - p);
			nl = l->has_newline ? nl + 1 : end;
			if (w->is_lf && l->has_newline && l->n > 0 &&
			    p[l->n - 1] == '\r')
				l->n--;
		}
		l->hash = hash_bytes(HASH_BEGIN, l->p, l->n);
	}
	return v;
}

static bool
weave_same(const struct weave_line *x, const struct weave_line *y)
{
	return x->hash == y->hash && x->n == y->n && x->mode == y->mode &&
	    x->has_newline == y->has_newline && memcmp(x->p, y->p, x->n) == 0;
}

/* The line of `a` at which the last equal lines of the longest path with d
 * differences and x - y == k begin; `down`: after a line of b. Row d of `far`
 * begins at d * d. */
static ptrdiff_t
weave_begin(const int32_t *far, ptrdiff_t d, ptrdiff_t k, bool *down)
{
	const int32_t *row = far + (d - 1) * (d - 1) + d - 1;

	*down = d > 0 && (k == -d || (k < d && row[k - 1] < row[k + 1]));
	return d == 0 ? 0 : *down ? row[k + 1] : row[k - 1] + 1;
}

/* to[j] += x: the line b[j] is a[x] (Myers, "An O(ND) difference algorithm"); up
 * to the *n-th and the *m-th line, where both end or too many differ. */
static void
weave_match_some(const struct weave *w, const size_t *a, ptrdiff_t *n,
    const struct weave_line *b, ptrdiff_t *m, ptrdiff_t *to)
{
	AUTO_FREE int32_t *far = NULL;
	ptrdiff_t d, k, x, y, best_x = 0, best_y = 0;
	bool down;

	for (d = 0; d <= LINES_FAR && best_x + best_y < *n + *m; d++) {
		far = xreallocarray(far, (size_t)((d + 1) * (d + 1)),
		    sizeof(*far));
		for (k = -d, best_x = best_y = 0; k <= d; k += 2) {
			x = weave_begin(far, d, k, &down);
			for (y = x - k; x < *n && y < *m &&
			    weave_same(&w->v[a[x]], &b[y]); y++)
				x++;
			far[d * d + k + d] = (int32_t)x;
			if (x <= *n && y <= *m && x + y > best_x + best_y) {
				best_x = x;
				best_y = y;
			}
		}
	}
	*n = x = best_x;
	*m = y = best_y;
	while (d-- > 0) {
		best_x = weave_begin(far, d, x - y, &down);
		while (x > best_x)
			to[--y] += --x + 1;
		x -= !down;
		y -= down;
	}
}

/* For each of the m lines b, which of the n lines `a` it is, or -1: as many as
 * possible, where not too many differ; malloc'ed. */
static ptrdiff_t *
weave_match(const struct weave *w, const size_t *a, size_t n,
    const struct weave_line *b, size_t m)
{
	ptrdiff_t *to = xcalloc(m + 1, sizeof(*to)), x, y, j, some_x, some_y;

	for (j = 0; j < (ptrdiff_t)m; j++)
		to[j] = -1;
	for (x = y = 0; x < (ptrdiff_t)n && y < (ptrdiff_t)m; x += some_x) {
		some_x = (ptrdiff_t)n - x;
		some_y = (ptrdiff_t)m - y;
		weave_match_some(w, a + x, &some_x, b + y, &some_y, to + y);
		for (j = y + some_y; y < j; y++)
			to[y] += to[y] < 0 ? 0 : x;
	}
	return to;
}

/* NULL: the line is in none. */
static struct weave_group *
weave_group(struct weave *w, size_t line)
{
	struct weave_group *v = w->groups;
	size_t g = w->v[line].group;

	for (; g != 0 && v[g - 1].up != g; g = v[g - 1].up)
		v[g - 1].up = v[v[g - 1].up - 1].up;
	return g == 0 ? NULL : &v[g - 1];
}

/* The line, with all of its group, is in the group; 0: in its own, or a new
 * one. */
static void
weave_join(struct weave *w, size_t line, size_t *group)
{
	struct weave_group *was = weave_group(w, line);

	if (*group == 0 && was != NULL)
		*group = was->up;
	else if (*group == 0) {
		GROW(w->groups, w->groups_len);
		*group = ++w->groups_len;
		w->groups[*group - 1] = (struct weave_group){ .up = *group };
	}
	if (was != NULL)
		was->up = *group;
	else
		w->v[line].group = *group;
}

static void
weave_toggle(struct weave *w, size_t line, size_t text)
{
	w->v[line].last = text;
	GROW(w->toggles, w->toggles_len);
	w->toggles[w->toggles_len++] = (struct weave_toggle){ .text = text,
		.line = line };
}

static void
weave_push(struct weave *w, size_t line)
{
	GROW(w->order, w->order_len);
	w->order[w->order_len++] = line;
}

/* From this place of the list to its end: the lines that this text adds or removes
 * there are a hunk. `stop`: the line after them, or NULL. */
static void
weave_hunk(struct weave *w, size_t at, size_t text,
    const struct weave_line *stop)
{
	size_t from = w->order_len, to = at, group = 0, i;
	bool is_new = true;
	struct weave_line *l;

	for (i = at; i < w->order_len; i++) {
		l = &w->v[w->order[i]];
		if (l->is_in[IN_LAST] != l->is_now) {
			l->is_in[IN_LAST] = l->is_now;
			weave_toggle(w, w->order[i], text);
			from = from > i ? i : from;
			to = i;
			is_new = is_new && l->is_in[IN_LAST];
			/* A line of a new file that is committed goes with
			 * none of the others. */
			if (text > TEXT_BEFORE && text % 2 != 0 &&
			    !(l->is_in[IN_LAST] && l->is_in[IN_HEAD])) {
				l->was_added = l->is_in[IN_LAST];
				weave_join(w, w->order[i], &group);
			}
		}
		l->is_now = false;
	}
	if (group == 0)
		return;
	/* Where is the hunk, among lines that aren't in its text? Of two that
	 * were inserted at the same place nobody knows which comes first. */
	if (is_new && (stop == NULL || stop->is_in[IN_HEAD])) {
		from = at;
		to = w->order_len;
	}
	for (i = from; i < to; i++) {
		l = &w->v[w->order[i]];
		if (l->last != text && !l->is_in[IN_LAST] &&
		    (l->is_in[IN_HEAD] || l->is_in[IN_INDEX]))
			weave_join(w, w->order[i], &group);
	}
}

/* Between two equal places: the list has these lines, the text those n. Some of
 * them are the same, also as lines of an earlier text; the others are added to
 * the list. */
static void
weave_gap(struct weave *w, const size_t *old, size_t len,
    const struct weave_line *new, size_t n)
{
	AUTO_FREE ptrdiff_t *to = weave_match(w, old, len, new, n);
	size_t done = 0, stop = 0, j, k;

	for (j = 0; j < n; j++) {
		if (to[j] >= 0)
			stop = (size_t)to[j] + 1;
		else if (j == 0 || to[j - 1] >= 0) {
			/* After what they replace. */
			for (k = j; k < n && to[k] < 0; k++)
				;
			stop = k < n ? (size_t)to[k] : len;
			while (stop > done &&
			    !w->v[old[stop - 1]].is_in[IN_LAST])
				stop--;
		}
		while (done < stop)
			weave_push(w, old[done++]);
		if (to[j] < 0) {
			GROW(w->v, w->len);
			w->v[w->len] = new[j];
			weave_push(w, w->len++);
		}
		w->v[w->order[w->order_len - 1]].is_now = true;
	}
	while (done < len)
		weave_push(w, old[done++]);
}

/* The lines that are in one of these; malloc'ed. */
static size_t *
weave_in(const struct weave *w, int which, size_t *n)
{
	size_t *v = xcalloc(w->order_len + 1, sizeof(*v)), i;

	for (i = *n = 0; i < w->order_len; i++)
		if (w->v[w->order[i]].is_in[which])
			v[(*n)++] = w->order[i];
	return v;
}

static void
weave_text(struct weave *w, const struct commit_text *t, size_t text)
{
	size_t len = w->order_len, now_len, n, i, j, k, at, stop;
	AUTO_FREE struct weave_line *new = weave_cut(w, t, &n);
	AUTO_FREE size_t *old = w->order, *now = weave_in(w, IN_LAST, &now_len);
	AUTO_FREE ptrdiff_t *to = weave_match(w, now, now_len, new, n);

	w->order = NULL;
	w->order_len = 0;
	for (i = j = 0; j <= n; j = k + 1, i = stop + 1) {
		for (k = j; k < n && to[k] < 0; k++)
			;
		for (stop = i; stop < len && (k == n || old[stop] !=
		    now[to[k]]); stop++)
			;
		at = w->order_len;
		weave_gap(w, old + i, stop - i, new + j, k - j);
		weave_hunk(w, at, text, k < n ? &w->v[old[stop]] : NULL);
		if (k < n)
			weave_push(w, old[stop]);
	}
}

/* A line of HEAD's that the work tree, the last text, has at another place of the
 * list is there again, by the user. The one in a group is both. */
static void
weave_return(struct weave *w, size_t text)
{
	size_t i, n, m;
	AUTO_FREE size_t *head = weave_in(w, IN_HEAD, &n);
	AUTO_FREE size_t *work = weave_in(w, IN_WORK, &m);
	AUTO_FREE struct weave_line *lines = xcalloc(m + 1, sizeof(*lines));
	AUTO_FREE ptrdiff_t *to = NULL;
	struct weave_line *x, *y;

	for (i = 0; i < m; i++)
		lines[i] = w->v[work[i]];
	to = weave_match(w, head, n, lines, m);
	for (i = 0; i < m; i++) {
		x = to[i] < 0 ? &w->v[work[i]] : &w->v[head[to[i]]];
		y = &w->v[work[i]];
		if (x->is_in[IN_WORK] || y->is_in[IN_HEAD] ||
		    (x->group == 0) == (y->group == 0))
			continue;
		if (x->group != 0)
			weave_toggle(w, head[to[i]], text);
		x->is_in[IN_HEAD] = x->is_in[IN_WORK] = x->group != 0;
		y->is_in[IN_HEAD] = y->is_in[IN_WORK] = y->group != 0;
	}
}

/* ---- the groups ---- */

static int
weave_toggle_compare(const void *a, const void *b)
{
	const struct weave_toggle *x = a, *y = b;

	return x->group != y->group ? (x->group > y->group ? 1 : -1) :
	    (x->text > y->text) - (x->text < y->text);
}

/* One more line is, or isn't, in the group's last state. */
static void
weave_state_toggle(struct weave *w, size_t at)
{
	const struct weave_toggle *t = &w->toggles[at];
	struct weave_group *g = &w->groups[t->group - 1];
	struct weave_state *s = &g->states[g->states_len - 1];
	struct weave_line *l = &w->v[t->line];
	int k;

	if (t->text > s->text) {
		GROW(g->states, g->states_len);
		s = &g->states[g->states_len++];
		*s = (struct weave_state){ .text = t->text, .begin = at };
	}
	s->end = at + 1;
	l->is_now = !l->is_now;
	for (k = 0; k < 2; k++) {
		g->differs[k] += l->is_now != l->is_in[k] ? 1 : (size_t)-1;
		s->is_in[k] = g->differs[k] == 0;
	}
}

/* The states of each group, one after the other. */
static void
weave_find_states(struct weave *w)
{
	struct weave_group *g;
	size_t i;

	for (i = 0; i < w->len; i++)
		if ((g = weave_group(w, i)) != NULL) {
			g->differs[IN_HEAD] += w->v[i].is_in[IN_HEAD];
			g->differs[IN_INDEX] += w->v[i].is_in[IN_INDEX];
			g->is_staged = g->is_staged || w->v[i].is_in[IN_HEAD] !=
			    w->v[i].is_in[IN_INDEX];
		}
	/* At first, as it was before the first change. */
	for (g = w->groups; g < w->groups + w->groups_len; g++) {
		GROW(g->states, g->states_len);
		g->states[g->states_len++] = (struct weave_state){
		    .text = TEXT_BEFORE, .is_in = { g->differs[IN_HEAD] == 0,
		    g->differs[IN_INDEX] == 0 } };
	}
	EV_EACH(w, toggles, toggle) {
		g = weave_group(w, toggle->line);
		toggle->group = g == NULL ? 0 : g->up;
	}
	if (w->toggles_len > 0)
		qsort(w->toggles, w->toggles_len, sizeof(*w->toggles),
		    weave_toggle_compare);
	for (i = 0; i < w->toggles_len; i++)
		if (w->toggles[i].group != 0)
			weave_state_toggle(w, i);
	for (i = 0; i < w->len; i++)
		w->v[i].is_now = false;
}

/* How many states there were when the group last had the same lines as in this
 * state; 0: it never had. */
static size_t
weave_state_before(struct weave *w, const struct weave_group *g, size_t at)
{
	const struct weave_state *s = g->states;
	size_t k, i, begin = s[at].begin, differ = 0;

	for (k = at; k > 0; k--) {
		begin = s[k].begin;
		for (i = begin; i < s[k].end; i++) {
			struct weave_line *l = &w->v[w->toggles[i].line];

			l->is_now = !l->is_now;
			differ += l->is_now ? 1 : (size_t)-1;
		}
		if (differ == 0)
			break;
	}
	for (i = begin; i < s[at].end; i++)
		w->v[w->toggles[i].line].is_now = false;
	return k;
}

/* Back from the work tree's to HEAD's, step by step: can it be committed? A user
 * who takes back what they did brings back what was then. */
static void
weave_judge(struct weave *w, struct weave_group *g, struct commit_file *f)
{
	const struct weave_state *s = g->states;
	size_t i = g->states_len - 1, k, chosen = 0;
	bool edited = false, staged = !g->is_staged;

	for (; !s[i].is_in[IN_HEAD]; i--) {
		staged = staged || s[i].is_in[IN_INDEX];
		if (s[i].text % 2 != 0) {
			GROW(g->steps, g->steps_len);
			g->steps[g->steps_len++] = TEXT_STEP(s[i].text);
			continue;
		}
		k = weave_state_before(w, g, i);
		i = k > 0 ? k : i;
		edited = edited || k == 0;
		if (i == 0)
			break;
	}
	EV_EACH(g, steps, step)
		chosen += f->steps[*step].is_chosen;
	if (chosen == 0) {
		g->steps_len = 0;
		return;
	}
	EV_EACH(g, steps, step)
		f->steps[*step].is_needed |= !f->steps[*step].is_chosen;
	g->mix = edited ? MIX_EDIT : !staged ? MIX_STAGED :
	    chosen < g->steps_len ? MIX_NEEDS : MIX_NONE;
	g->is_picked = g->mix == MIX_NONE;
}

/* ---- the result ---- */

/* Is it in that text? */
static bool
weave_has(struct weave *w, size_t line, enum weave_in in)
{
	const struct weave_group *g = weave_group(w, line);

	if (in == IN_COMMIT)
		in = g != NULL && g->is_picked ? IN_WORK : IN_HEAD;
	return w->v[line].is_in[in];
}

/* Write that text, and set its mode. False: it is no file; it doesn't begin with a
 * mode, or a line in its middle has no newline. */
static bool
weave_write(struct weave *w, enum weave_in in, unsigned *mode,
    struct buf *text)
{
	const struct weave_line *l, *prev = NULL;

	*mode = 0;
	buf_clear(text);
	EV_EACH(w, order, at) {
		l = &w->v[*at];
		if (!weave_has(w, *at, in))
			continue;
		if ((l->mode != 0) != (prev == NULL) || (prev != NULL &&
		    prev->mode == 0 && !prev->has_newline))
			return false;
		prev = l;
		*mode = l->mode != 0 ? l->mode : *mode;
		(void)buf_add(text, l->p, l->n);
		if (l->has_newline)
			buf_addc(text, '\n');
	}
	return true;
}

/* Are its lines in the order of that text? Lines that came back stand where they
 * were, which may be elsewhere than where they are. */
static bool
weave_holds(struct weave *w, enum weave_in in, const struct commit_text *t,
    struct buf *text)
{
	unsigned mode;

	return weave_write(w, in, &mode, text) && mode == weave_mode(t) &&
	    text->len == t->len && memcmp(buf_str(text), t->p, t->len) == 0;
}

/* By content, not by place. */
static int
weave_compare(const void *a, const void *b)
{
	const struct weave_line *x = a, *y = b;
	int rc = memcmp(x->p, y->p, x->n < y->n ? x->n : y->n);

	return rc != 0 ? rc : x->n != y->n ? (x->n > y->n ? 1 : -1) :
	    x->mode != y->mode ? (x->mode > y->mode ? 1 : -1) :
	    x->has_newline != y->has_newline ? x->has_newline - y->has_newline :
	    x->is_in[IN_LAST] - y->is_in[IN_LAST];
}

/* The lines in which a text differs from HEAD's, sorted: it adds them if they are
 * in the last text; malloc'ed. */
static struct weave_line *
weave_differs(const struct weave *of, const struct commit_text *head,
    const struct commit_text *t, size_t *n)
{
	AUTO(weave_release) struct weave w = { .whole = of->whole,
	    .is_lf = of->is_lf };
	struct weave_line *v = NULL;
	size_t i;

	weave_text(&w, head, IN_HEAD);
	for (i = 0; i < w.len; i++)
		w.v[i].is_in[IN_HEAD] = w.v[i].is_in[IN_LAST];
	weave_text(&w, t, IN_INDEX);
	for (i = *n = 0; i < w.len; i++)
		if (w.v[i].is_in[IN_HEAD] != w.v[i].is_in[IN_LAST]) {
			GROW(v, *n);
			v[(*n)++] = w.v[i];
		}
	if (v != NULL)
		qsort(v, *n, sizeof(*v), weave_compare);
	return v;
}

/* Does the commit change nothing but what differs in the work tree? */
static bool
weave_is_between(const struct weave *w, const struct commit_text *head,
    const struct commit_text *work, const struct commit_text *text)
{
	size_t n, all = 0, i, k;
	AUTO_FREE struct weave_line *v = weave_differs(w, head, text, &n);
	AUTO_FREE struct weave_line *of = n == 0 ? NULL :
	    weave_differs(w, head, work, &all);

	for (i = k = 0; i < n && k < all; k++)
		i += weave_compare(&v[i], &of[k]) == 0;
	return i == n;
}

/* Nothing of it is in the commit; if it has no mode there, since the change that
 * made the file is left out. */
static void
weave_leave(struct weave *w, bool has_mode, struct commit_file *f)
{
	enum commit_mix mix = MIX_EDIT;
	const struct weave_line *l;
	struct weave_group *g;

	for (l = w->v; !has_mode && l < w->v + w->len; l++)
		if (l->mode != 0 && l->is_in[IN_WORK] && l->last % 2 != 0) {
			f->steps[TEXT_STEP(l->last)].is_needed = true;
			mix = MIX_NEEDS;
		}
	for (g = w->groups; g < w->groups + w->groups_len; g++)
		if (g->is_picked) {
			g->is_picked = false;
			g->mix = mix;
		}
}

/* The numbers, in the work tree, of lines that are left out: "9, 12-14". */
static void
weave_left(struct weave *w, struct buf *lines)
{
	const struct weave_line *l;
	struct weave_group *g;
	size_t i, line = 1;

	EV_EACH(w, order, at) {
		l = &w->v[*at];
		if (l->mode != 0)
			continue;
		if ((g = weave_group(w, *at)) != NULL) {
			g->line = g->line == 0 ? line : g->line;
			g->added += l->was_added;
		}
		line += l->is_in[IN_WORK];
	}
	for (i = 0; i < w->order_len && lines->len < LINES_SHOWN; i++) {
		g = weave_group(w, w->order[i]);
		if (g == NULL || g->mix == MIX_NONE || g->line == 0)
			continue;
		buf_addf(lines, g->added > 1 ? "%s%zu-%zu" : "%s%zu",
		    lines->len > 0 ? ", " : "", g->line,
		    g->line + g->added - 1);
		g->line = 0;
	}
}

/* Record which lines are in the commit of each step, and which aren't. */
static void
weave_record(const struct weave *w, struct commit_file *f)
{
	const struct weave_group *g;
	struct commit_step *s, *end = f->steps + f->steps_len, *of;

	for (g = w->groups; g < w->groups + w->groups_len; g++) {
		f->mix = g->mix > f->mix ? g->mix : f->mix;
		EV_EACH(g, steps, step) {
			f->steps[*step].is_in |= g->is_picked;
			f->steps[*step].is_left |= !g->is_picked;
		}
	}
	/* Also what was undone, and done again. */
	for (s = end; s-- > f->steps;)
		for (of = f->steps; s->is_in && of < s; of++)
			of->is_in = of->is_in || (of->file->commit == NULL &&
			    of->change->tx == s->change->undoes);
	/* And what took back a part of it. */
	for (s = f->steps; s < end; s++)
		for (of = f->steps; of < s; of++)
			s->is_in = s->is_in || (of->is_in &&
			    of->change->tx == s->change->undoes);
}

unsigned
commit_lines(struct commit_file *f, const struct commit_text *texts, bool whole,
    struct buf *text)
{
	size_t i, k, n = TEXT_BEFORE + 2 * f->steps_len;
	AUTO(weave_release) struct weave w = { .whole = whole,
	    .is_lf = !weave_has_crlf(&texts[0]) && !weave_has_crlf(&texts[n]) };
	unsigned mode;
	bool holds;

	f->mix = MIX_NONE;
	buf_clear(&f->lines);
	EV_EACH(f, steps, step)
		step->is_in = step->is_left = step->is_needed = false;
	for (i = 0; i <= n; i++) {
		weave_text(&w, &texts[i], i);
		for (k = 0; (i < 2 || i == n) && k < w.len; k++)
			w.v[k].is_in[i < 2 ? i : IN_WORK] =
			    w.v[k].is_in[IN_LAST];
	}
	weave_return(&w, n);
	weave_find_states(&w);
	EV_EACH(&w, groups, group)
		weave_judge(&w, group, f);
	holds = weave_holds(&w, IN_HEAD, &texts[0], text) &&
	    weave_holds(&w, IN_WORK, &texts[n], text);
	if (!weave_write(&w, IN_COMMIT, &mode, text) || !holds ||
	    !weave_is_between(&w, &texts[0], &texts[n], &(struct commit_text){
	    .mode = mode, .p = buf_str(text), .len = text->len })) {
		weave_leave(&w, !holds || mode != 0, f);
		mode = weave_mode(&texts[0]);
		buf_clear(text);
		(void)buf_add(text, texts[0].p, texts[0].len);
	}
	weave_record(&w, f);
	if (!whole)
		weave_left(&w, &f->lines);
	return mode;
}
