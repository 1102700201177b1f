/*
 * Blocks that moved: three removed lines or more that were added elsewhere, in
 * this file or another one, perhaps with another indentation. Windows of three
 * removed lines are found by a hash, and a line is part of one block at most: so
 * the time is linear in the diff's size.
 */
#include "config.h"

#include "ui/diff/moved-blocks.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"
#include "ui/panes/diff-data.h"
#include "ui/panes/ui-base.h"
#include "ui/diff/line-notes.h"
#include "ui/term/screen.h"

#define MOVED_LEAST	3	/* lines */
#define MOVED_LETTERS	20	/* and letters or digits in them: not just
				   braces */
#define MOVED_TRIES	16	/* places of one window */

struct moved_line {
	const char	*p;		/* without its indentation */
	size_t		 n;
	size_t		 indent;	/* bytes before it */
	uint64_t	 hash;
	int		 file, hunk, line, number;
	size_t		 run;		/* of lines with this sign */
	bool		 used;
};

struct moved_lines {
	struct moved_line *v;
	size_t		 len;
};

static void
moved_add(struct moved_lines *l, const char *p, size_t n,
    const struct moved_line *at)
{
	struct moved_line *x;
	size_t i;

	GROW(l->v, l->len);
	x = &l->v[l->len++];
	*x = *at;
	while (x->indent < n && (p[x->indent] == ' ' || p[x->indent] == '\t'))
		x->indent++;
	x->p = p + x->indent;
	x->n = n - x->indent;
	x->hash = 0xcbf29ce484222325u;
	for (i = 0; i < x->n; i++)
		x->hash = (x->hash ^ (unsigned char)x->p[i]) * 0x100000001b3u;
}

/* The hunk's removed and added lines. */
static void
moved_cut(const struct fold_hunk *h, int file, int hunk,
    struct moved_lines *old, struct moved_lines *new, size_t *run)
{
	const char *p = h->text, *end = p + h->text_len, *nl;
	int before = h->old_start + (h->old_lines == 0);
	int after = h->new_start + (h->new_lines == 0);
	struct moved_line at = { .file = file, .hunk = hunk };
	char last = ' ';

	for (; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL)
			nl = end;
		at.line++;
		if (*p != last)
			at.run = ++*run;
		last = *p;
		at.number = *p == '-' ? before : after;
		if (*p == '-')
			moved_add(old, p + 1, (size_t)(nl - p) - 1, &at);
		else if (*p == '+')
			moved_add(new, p + 1, (size_t)(nl - p) - 1, &at);
		before += *p == '-' || *p == ' ';
		after += *p == '+' || *p == ' ';
	}
}

static bool
moved_is_same(const struct moved_line *a, const struct moved_line *b)
{
	return !a->used && !b->used && a->hash == b->hash && a->n == b->n &&
	    memcmp(a->p, b->p, a->n) == 0;
}

/* The number of lines from i and from j on that are the same, each in one
 * run. */
static size_t
moved_length(const struct moved_lines *old, size_t i,
    const struct moved_lines *new, size_t j)
{
	size_t n = 0;

	while (i + n < old->len && j + n < new->len &&
	    old->v[i + n].run == old->v[i].run &&
	    new->v[j + n].run == new->v[j].run &&
	    moved_is_same(&old->v[i + n], &new->v[j + n]))
		n++;
	return n;
}

static bool
moved_says_much(const struct moved_line *v, size_t n)
{
	size_t letters = 0, i;

	for (; n > 0; v++, n--)
		for (i = 0; i < v->n; i++)
			letters += (v->p[i] >= '0' && v->p[i] <= '9') ||
			    ((v->p[i] | 0x20) >= 'a' &&
			    (v->p[i] | 0x20) <= 'z') ||
			    (unsigned char)v->p[i] >= 0x80;
	return letters >= MOVED_LETTERS;
}

static void
moved_keep(struct ui_diff *d, const struct moved_line *at, size_t n,
    const struct moved_line *other, bool added, bool indented)
{
	struct diff_moved *m;

	GROW(d->moved, d->moved_len);
	m = &d->moved[d->moved_len++];
	m->file = at->file;
	m->hunk = at->hunk;
	m->line = at->line;
	m->len = n;
	m->other_file = other->file;
	m->number = other->number;
	m->added = added;
	m->indented = indented;
}

static void
moved_block(struct ui_diff *d, struct moved_line *old, struct moved_line *new,
    size_t n)
{
	bool indented = false;
	size_t i;

	for (i = 0; i < n; i++) {
		old[i].used = new[i].used = true;
		indented = indented || (old[i].n > 0 &&
		    (old[i].indent != new[i].indent || memcmp(old[i].p -
		    old[i].indent, new[i].p - new[i].indent,
		    old[i].indent) != 0));
	}
	moved_keep(d, old, n, new, false, indented);
	moved_keep(d, new, n, old, true, indented);
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

static void
moved_match(struct ui_diff *d, struct moved_lines *old, struct moved_lines *new)
{
	size_t buckets = 1, i, j, n, weak, *first, *next;
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
	for (j = 0; j < new->len; j += n > 0 ? n : weak) {
		n = 0;
		weak = 1;
		if (!moved_is_window(new, j))
			continue;
		i = first[moved_bucket(&new->v[j], buckets)];
		for (tries = 0; i != 0 && tries < MOVED_TRIES;
		    i = next[i - 1], tries++) {
			n = moved_length(old, i - 1, new, j);
			if (n >= MOVED_LEAST &&
			    moved_says_much(&new->v[j], n))
				break;
			/* None of its parts says more. */
			weak = n > weak ? n : weak;
			n = 0;
		}
		if (n > 0)
			moved_block(d, &old->v[i - 1], &new->v[j], n);
	}
	free(first);
	free(next);
}

static int
moved_compare(const void *pa, const void *pb)
{
	const struct diff_moved *a = pa, *b = pb;

	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	if (a->hunk != b->hunk)
		return a->hunk < b->hunk ? -1 : 1;
	return (a->line > b->line) - (a->line < b->line);
}

void
moved_blocks_make(struct ui *ui)
{
	const struct fold_proposal *p = ui->fold->proposal;
	struct moved_lines old = { 0 }, new = { 0 };
	struct ui_diff *d = &ui->diff;
	size_t i, k, run = 0;

	if (p == NULL || (d->moved_id == p->id &&
	    d->moved_version == p->version))
		return;
	moved_blocks_drop(ui);
	d->moved_id = p->id;
	d->moved_version = p->version;
	for (i = 0; i < p->files_len; i++)
		for (k = 0; k < p->files[i].hunks_len; k++)
			moved_cut(&p->files[i].hunks[k], (int)i, (int)k, &old,
			    &new, &run);
	if (old.len >= MOVED_LEAST && new.len >= MOVED_LEAST)
		moved_match(d, &old, &new);
	free(old.v);
	free(new.v);
	if (d->moved_len > 0)
		qsort(d->moved, d->moved_len, sizeof(*d->moved),
		    moved_compare);
}

void
moved_blocks_drop(struct ui *ui)
{
	FREE_NULL(ui->diff.moved);
	ui->diff.moved_len = 0;
	ui->diff.moved_version = 0;
}

void
moved_blocks_add(struct ui *ui, struct page *p, int file, int hunk, int line)
{
	const struct diff_moved key = { .file = file, .hunk = hunk,
		.line = line }, *m;
	struct buf b = BUF_INIT(0);
	char *path;

	if (ui->diff.moved_len == 0)
		return;
	m = bsearch(&key, ui->diff.moved, ui->diff.moved_len, sizeof(*m),
	    moved_compare);
	if (m == NULL)
		return;
	buf_addf(&b, "%zu lines moved %s line %d", m->len, m->added ? "from" :
	    "to", m->number);
	if (m->other_file != file) {
		path = sanitize_dup(ui->fold->proposal->
		    files[m->other_file].path_bytes, ui->screen.flags);
		buf_addf(&b, " of %s", path);
		free(path);
	}
	if (m->indented)
		buf_adds(&b, ", indented differently");
	line_note_add(p, STYLE_DIM, "= ", "  ", &b, line);
}
