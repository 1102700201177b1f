#include "config.h"

#include "journal/file-lines.h"

#include <limits.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/lines.h"
#include "base/mem.h"

void
file_lines_forget(struct file_lines *f)
{
	FREE_NULL(f->v);
	f->len = 0;
}

void
file_lines_release(struct file_lines *f)
{
	file_lines_forget(f);
	FREE_NULL(f->gone);
	f->gone_len = 0;
}

static void
run_add(struct file_lines *f, int64_t n, int64_t tx)
{
	if (n <= 0)
		return;
	if (f->len > 0 && f->v[f->len - 1].tx == tx) {
		f->v[f->len - 1].n += n;
		return;
	}
	*GROW_ADD(f->v, f->len) = (struct file_run){ n, tx };
}

/* The file before the change, while it is read. */
struct lines_at {
	const struct file_run	*v, *end;
	int64_t			 used;		/* lines of *v */
};

/* The next lines of one change, at most *n, which becomes their number. */
static int64_t
lines_take(struct lines_at *at, int64_t *n)
{
	int64_t left, tx;

	if (at->v == at->end)
		return 0;
	left = at->v->n - at->used;
	tx = at->v->tx;
	if (*n < left) {
		at->used += *n;
		return tx;
	}
	*n = left;
	at->used = 0;
	at->v++;
	return tx;
}

static void
lines_keep(struct lines_at *at, struct file_lines *to, int64_t n)
{
	int64_t some, tx;

	for (; n > 0; n -= some) {
		some = n;
		tx = lines_take(at, &some);
		run_add(to, some, tx);
	}
}

/* What a change had removed, which is being reversed; sorted by text. `by` is how
 * many of those with the text of this one are back. */
struct lines_gone {
	struct file_gone	*v;
	size_t			 len;
};

static int
lines_gone_compare(const void *a, const void *b)
{
	const struct file_gone *x = a, *y = b;

	return x->hash != y->hash ? (x->hash > y->hash) - (x->hash < y->hash) :
	    (x->by > y->by) - (x->by < y->by);
}

/* Lines with the same text keep their order. */
static struct lines_gone
lines_gone_by(const struct file_lines *f, int64_t by)
{
	size_t from = MEM_FIRST(f->gone_len, i, f->gone[i].by >= by), i;
	struct lines_gone g = { .len = MEM_FIRST(f->gone_len, k,
		f->gone[k].by > by) - from };

	g.v = xcalloc(g.len + 1, sizeof(*g.v));
	for (i = 0; i < g.len; i++) {
		g.v[i] = f->gone[from + i];
		g.v[i].by = (int64_t)i;
	}
	qsort(g.v, g.len, sizeof(*g.v), lines_gone_compare);
	for (i = 0; i < g.len; i++)
		g.v[i].by = 0;
	return g;
}

/* The change that the next line with this text came from, or `tx`. */
static int64_t
lines_gone_find(struct lines_gone *g, uint64_t hash, int64_t tx)
{
	size_t first = MEM_FIRST(g->len, k, g->v[k].hash >= hash), i = first;

	if (first < g->len && g->v[first].hash == hash)
		i += (size_t)g->v[first].by++;
	return i < g->len && g->v[i].hash == hash ? g->v[i].tx : tx;
}

static int
hunk_compare(const void *a, const void *b)
{
	const struct file_hunk *x = a, *y = b;

	return x->old_start != y->old_start ?
	    (x->old_start > y->old_start) - (x->old_start < y->old_start) :
	    (x->old_lines > y->old_lines) - (x->old_lines < y->old_lines);
}

void
file_lines_apply(struct file_lines *f, struct file_hunk *v, size_t n,
    int64_t tx, int64_t undoes)
{
	struct lines_gone back = { 0 };
	struct file_lines to = { 0 };
	struct lines_at at = { f->v, f->v + f->len, 0 };
	const struct file_hunk *h;
	struct hunk_walk w;
	int64_t line = 1, start, one, of;
	uint64_t hash;
	size_t i;

	MEM_SORT_BY(v, n, hunk_compare);
	if (undoes != 0)
		back = lines_gone_by(f, undoes);
	for (h = v; h < v + n; h++) {
		/* One without old lines comes after the line that it names. */
		start = h->old_start + (h->old_lines == 0);
		lines_keep(&at, &to, start - line);
		line = start > line ? start : line;
		w = hunk_walk(h->text, h->len, 0, 0);
		for (i = 0; hunk_walk_next(&w); i++) {
			hash = hash_bytes(HASH_BEGIN, w.line + 1, w.n - 1);
			one = 1;
			if (w.sign == '+')
				run_add(&to, 1, lines_gone_find(&back, hash,
				    h->proposed != NULL && h->proposed[i] == 0 ?
				    -tx : tx));
			else if (w.sign == ' ' || w.sign == '-') {
				of = lines_take(&at, &one);
				line++;
				if (w.sign == ' ')
					run_add(&to, 1, of);
				else {
					*GROW_ADD(f->gone, f->gone_len) =
					    (struct file_gone){ tx, of, hash };
				}
			}
		}
	}
	for (; at.v < at.end; at.v++, at.used = 0)
		run_add(&to, at.v->n - at.used, at.v->tx);
	file_lines_forget(f);
	f->v = to.v;
	f->len = to.len;
	free(back.v);
}

static void
hunk_add(int *sum)
{
	*sum += *sum < INT_MAX;
}

void
file_hunk_count(const char *text, size_t len, int *added, int *removed)
{
	struct hunk_walk w = hunk_walk(text, len, 0, 0);

	while (hunk_walk_next(&w))
		if (w.sign == '+')
			hunk_add(added);
		else if (w.sign == '-')
			hunk_add(removed);
}

bool
file_lines_next(const struct file_lines *f, int64_t tx, struct file_range *r)
{
	r->from = 0;
	for (; r->i < f->len && (r->from == 0 || llabs(f->v[r->i].tx) == tx);
	    r->i++) {
		if (r->from == 0 && llabs(f->v[r->i].tx) == tx)
			r->from = r->line + 1;
		r->line += f->v[r->i].n;
		r->to = r->line;
	}
	return r->from != 0;
}
