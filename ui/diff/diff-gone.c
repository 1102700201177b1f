/*
 * What is no longer proposed. Hunks that the user looked at are kept when a
 * version comes without them, until a version after one that was displayed, or a
 * decision. Those that the user rejected are kept until the next decision, and
 * count only if another hunk is proposed in their place.
 */
#include "config.h"

#include "ui/diff/diff-gone.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "base/utf8.h"
#include "front/history.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"
#include "ui/base/displayed.h"
#include "ui/base/send-decision.h"
#include "ui/base/ui-base.h"
#include "ui/diff/diff.h"
#include "ui/text/page.h"

#define GONE_MAX 1000		/* hunks */
#define GONE_LINES 3		/* of a hunk, that are shown, */
#define GONE_BYTES 200		/* of each */
#define GONE_ALIKE 8		/* bytes of a line that two hunks share, at
				   least, for one to replace the other */

enum gone_is { GONE_SAME, GONE_NEW, GONE_CHANGED };

/* A changed line: its hash, and which hunk of the file has it. */
struct gone_line {
	uint64_t hash;
	size_t	 hunk;
};

/* A file's hunks in this version. */
struct gone_now {
	const struct fold_file *f;	/* NULL: it isn't proposed */
	enum gone_is	 *is;		/* for each hunk */
	struct gone_line *v;		/* sorted */
	size_t		  len;
};

static uint64_t
gone_hash(const struct fold_hunk *h)
{
	return hash_bytes(HASH_BEGIN, h->id, strlen(h->id));
}

static int
gone_compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The next line of a hunk's text, without its newline; false at the end. */
static bool
gone_next(const char **p, const char *end, const char **line, size_t *n)
{
	const char *nl;

	if (*p >= end)
		return false;
	nl = memchr(*p, '\n', (size_t)(end - *p));
	*line = *p;
	*n = (size_t)((nl == NULL ? end : nl) - *p);
	*p = nl == NULL ? end : nl + 1;
	return true;
}

/* ---- the hunks that are kept ---- */

static void
gone_free(struct diff_gone *g)
{
	free(g->id);
	free(g->path);
	free(g->text);
	free(g->notes);
	free(g->left);
}

static void
gone_clear(struct ui_diff *d)
{
	while (d->gone_len > 0)
		gone_free(&d->gone[--d->gone_len]);
}

void
diff_gone_release(struct ui *ui)
{
	struct ui_diff *d = &ui->diff;

	gone_clear(d);
	FREE_NULL(d->gone);
	FREE_NULL(d->was);
	d->was_len = 0;
}

static void
gone_drop(struct ui_diff *d, size_t i)
{
	gone_free(&d->gone[i]);
	memmove(&d->gone[i], &d->gone[i + 1],
	    (--d->gone_len - i) * sizeof(*d->gone));
}

/* Does a hunk of the next version have this comment? */
static bool
gone_is_carried(const cJSON *next, const char *text)
{
	const cJSON *file, *h, *it;

	cJSON_ArrayForEach(file, json_array(next, "files"))
		cJSON_ArrayForEach(h, json_array(file, "hunks"))
			cJSON_ArrayForEach(it, json_array(h, "comments"))
				if (json_is(it, "text", text))
					return true;
	return false;
}

/* What was said about it. Comments are sent with a decision, questions at once.
 * What isn't sent is in the history, too: the next version forgets this one. */
static void
gone_notes(struct ui *ui, struct diff_gone *g, const struct fold_hunk *h,
    const cJSON *next)
{
	const struct fold_comment *c;
	struct buf b = BUF_INIT(0);
	bool sent;
	size_t i;

	for (i = 0; i < h->comments_len; i++) {
		c = &h->comments[i];
		sent = g->rejected || fold_comment_asks(c->text);
		if (!sent && gone_is_carried(next, c->text))
			continue;
		g->unsent += !sent;
		if (!sent && ui->fold->live)
			history_add(&ui->say.history, c->text);
		buf_addf(&b, "\nyou%s: %s", sent ? "" : " (not sent)", c->text);
		if (c->answer != NULL)
			buf_addf(&b, "\nmodel answers: %s", c->answer);
	}
	g->notes = buf_take(&b);
}

/* next: the version without it; NULL: it is rejected. */
static void
gone_add(struct ui *ui, const struct fold_file *f, const struct fold_hunk *h,
    const cJSON *next)
{
	struct ui_diff *d = &ui->diff;
	struct diff_gone *g;

	if (d->gone_len >= GONE_MAX)
		return;
	GROW(d->gone, d->gone_len);
	g = &d->gone[d->gone_len++];
	memset(g, 0, sizeof(*g));
	g->id = xstrdup(h->id);
	g->path = xstrdup(f->path_bytes);
	g->text = xmemdup(h->text, h->text_len);
	g->len = h->text_len;
	g->old_start = h->old_start;
	g->old_lines = h->old_lines;
	g->new_start = h->new_start;
	g->rejected = next == NULL;
	gone_notes(ui, g, h, next);
}

void
diff_gone_decision(struct ui *ui, const cJSON *line)
{
	struct ui_diff *d = &ui->diff;
	const struct fold_file *f;
	const struct fold_hunk *h;
	const cJSON *file, *it;

	if (ui->fold->proposal == NULL || ui->fold->proposal->undo != 0)
		return;
	/* They looked at this version. */
	gone_clear(d);
	cJSON_ArrayForEach(file, json_array(line, "files"))
		cJSON_ArrayForEach(it, json_array(file, "hunks")) {
			f = fold_find_hunk(ui->fold, json_str(it, "id"), &h);
			if (f != NULL && json_is(it, "decision", "no"))
				gone_add(ui, f, h, NULL);
		}
}

static bool
gone_was_seen(const struct ui *ui, const struct fold_hunk *h)
{
	const struct seen *s = displayed_find(ui, h->id);

	return decision_mark(ui, h) != MARK_NONE || h->comments_len > 0 ||
	    (s != NULL && s->framed);
}

void
diff_gone_line(struct ui *ui, const cJSON *line, const char *const *ids,
    size_t len)
{
	const struct fold_proposal *p = ui->fold->proposal;
	struct ui_diff *d = &ui->diff;
	const struct fold_hunk *h;
	size_t i;

	for (i = d->gone_len; i > 0 && d->gone_shown; i--)
		if (!d->gone[i - 1].rejected || d->gone[i - 1].replaced)
			gone_drop(d, i - 1);
	d->gone_shown = false;
	FREE_NULL(d->was);
	d->was_len = 0;
	for (i = 0; p != NULL && i < p->hunks_len; i++) {
		h = p->hunks[i].hunk;
		GROW(d->was, d->was_len);
		d->was[d->was_len++] = gone_hash(h);
		/* The user knows what a split has made. */
		if (p->undo == 0 && !d->split && !h->decided &&
		    MEM_SEARCH(ids, len, h->id) == NULL && gone_was_seen(ui, h))
			gone_add(ui, p->hunks[i].file, h, line);
	}
	if (d->was_len > 0)
		qsort(d->was, d->was_len, sizeof(*d->was), gone_compare);
}

/* ---- and what the version has of them ---- */

/* The file of this name, or with this name before. */
static const struct fold_file *
gone_file(const struct ui *ui, const char *path)
{
	const struct fold_file *f = fold_find_file(ui->fold, path);
	const struct fold_proposal *p = ui->fold->proposal;
	size_t i;

	for (i = 0; f == NULL && i < p->files_len; i++)
		if (p->files[i].from != NULL &&
		    strcmp(p->files[i].from_bytes, path) == 0)
			f = &p->files[i];
	return f;
}

static bool
gone_is_new(const struct ui *ui, const struct fold_hunk *h)
{
	const struct ui_diff *d = &ui->diff;
	uint64_t hash = gone_hash(h);

	return (d->was_len == 0 || bsearch(&hash, d->was, d->was_len,
	    sizeof(*d->was), gone_compare) == NULL) &&
	    !diff_news_is_known(ui, h);
}

/* ---- a file of the version ---- */

static int
gone_line_compare(const void *a, const void *b)
{
	const struct gone_line *x = a, *y = b;
	int c = (x->hash > y->hash) - (x->hash < y->hash);

	return c != 0 ? c : (x->hunk > y->hunk) - (x->hunk < y->hunk);
}

static void
gone_now_make(const struct ui *ui, struct gone_now *now,
    const struct fold_file *f)
{
	const struct gone_line *last;
	const char *p, *line;
	size_t i, k, n;

	memset(now, 0, sizeof(*now));
	now->f = f;
	if (f == NULL)
		return;
	now->is = xcalloc(f->hunks_len + 1, sizeof(*now->is));
	for (i = 0; i < f->hunks_len; i++) {
		if (gone_is_new(ui, &f->hunks[i]))
			now->is[i] = GONE_NEW;
		for (p = f->hunks[i].text; gone_next(&p, f->hunks[i].text +
		    f->hunks[i].text_len, &line, &n);) {
			if (*line != '+' && *line != '-')
				continue;
			GROW(now->v, now->len);
			now->v[now->len++] = (struct gone_line){
				hash_bytes(HASH_BEGIN, line, n), i };
		}
	}
	if (now->len > 0)
		qsort(now->v, now->len, sizeof(*now->v), gone_line_compare);
	/* Each once for a hunk: else many lines that are all the same would
	 * take forever. */
	for (i = k = 0; i < now->len; i++) {
		last = k == 0 ? NULL : &now->v[k - 1];
		if (last == NULL || gone_line_compare(last, &now->v[i]) != 0)
			now->v[k++] = now->v[i];
	}
	now->len = k;
}

/* The first hunk's entry of this line; the length if no hunk has it. */
static size_t
gone_now_find(const struct gone_now *now, uint64_t hash)
{
	size_t at = MEM_FIRST(now->len, i, now->v[i].hash >= hash);

	return at < now->len && now->v[at].hash == hash ? at : now->len;
}

/* This hunk would be in its place: true if it is new. */
static bool
gone_now_replaces(struct gone_now *now, size_t hunk)
{
	if (now->is[hunk] == GONE_SAME)
		return false;
	now->is[hunk] = GONE_CHANGED;
	return true;
}

/* Compare with the hunks of its file. Keep the changed lines that no hunk has
 * now: the text of the first ones, and the number of the very first. A binary
 * file, a mode or a rename has none. */
static void
gone_look(struct diff_gone *g, struct gone_now *now)
{
	int old = g->old_start, new = g->new_start;
	const struct fold_hunk *h;
	const char *p = g->text, *line;
	struct buf b = BUF_INIT(0);
	uint64_t hash;
	size_t i, n;

	g->lines = 0;
	g->number = new;
	g->replaced = false;
	for (i = 0; now->f != NULL && i < now->f->hunks_len; i++) {
		h = &now->f->hunks[i];
		if (h->old_start < g->old_start + g->old_lines &&
		    g->old_start < h->old_start + h->old_lines &&
		    gone_now_replaces(now, i))
			g->replaced = true;
	}
	for (; gone_next(&p, g->text + g->len, &line, &n);
	    old += *line == '-' || *line == ' ',
	    new += *line == '+' || *line == ' ') {
		if (*line != '+' && *line != '-')
			continue;
		hash = hash_bytes(HASH_BEGIN, line, n);
		i = gone_now_find(now, hash);
		if (i < now->len) {
			for (; n > GONE_ALIKE && i < now->len &&
			    now->v[i].hash == hash; i++)
				if (gone_now_replaces(now, now->v[i].hunk))
					g->replaced = true;
			continue;
		}
		if (g->lines++ == 0)
			g->number = *line == '+' ? new : old;
		if (g->lines > GONE_LINES)
			continue;
		buf_addc(&b, '\n');
		buf_add(&b, line, utf8_cut(line, n, GONE_BYTES));
	}
	if (g->len == 0 && !g->replaced) {
		g->lines = 1;
		buf_adds(&b, "\nnot a change of text");
	}
	if (g->lines > GONE_LINES)
		buf_addf(&b, "\n... %zu more", g->lines - GONE_LINES);
	buf_adds(&b, g->notes == NULL ? "" : g->notes);
	FREE_SET(g->left, buf_take(&b));
}

/* Is it no longer proposed, with nothing in its place? */
static bool
gone_is_all(const struct diff_gone *g)
{
	return !g->rejected && !g->replaced && g->lines > 0;
}

/* Look at all that were in this file (NULL: in none that is proposed). */
static void
gone_look_file(struct ui *ui, const struct fold_file *f,
    const struct fold_file *const *files)
{
	struct diff_version *v = &ui->diff.version;
	struct gone_now now = { NULL };
	bool any = false;
	size_t i;

	for (i = 0; i < ui->diff.gone_len; i++) {
		if (files[i] != f)
			continue;
		if (!any)
			gone_now_make(ui, &now, f);
		any = true;
		gone_look(&ui->diff.gone[i], &now);
	}
	for (i = 0; any && f != NULL && i < f->hunks_len; i++)
		v->changed += now.is[i] == GONE_CHANGED;
	free(now.is);
	free(now.v);
}

void
diff_gone_settle(struct ui *ui)
{
	const struct fold_proposal *p = ui->fold->proposal;
	const struct fold_file **files = NULL;
	struct ui_diff *d = &ui->diff;
	struct diff_version *v = &d->version;
	size_t i;

	memset(v, 0, sizeof(*v));
	if (p == NULL || p->undo != 0)
		return;
	for (i = d->gone_len; i > 0; i--)
		if (fold_find_hunk(ui->fold, d->gone[i - 1].id, NULL) != NULL)
			gone_drop(d, i - 1);
	files = xcalloc(d->gone_len + 1, sizeof(*files));
	for (i = 0; i < d->gone_len; i++)
		files[i] = gone_file(ui, d->gone[i].path);
	gone_look_file(ui, NULL, files);
	for (i = 0; i < p->files_len; i++)
		gone_look_file(ui, &p->files[i], files);
	free(files);
	for (i = 0; i < d->gone_len; i++) {
		v->gone += gone_is_all(&d->gone[i]);
		v->unsent += d->gone[i].unsent;
	}
	for (i = 0; i < p->hunks_len; i++)
		v->added += gone_is_new(ui, p->hunks[i].hunk);
	v->added -= v->changed;
}

size_t
diff_gone_rows(const struct ui *ui, struct page *p)
{
	const struct ui_diff *d = &ui->diff;
	const struct diff_gone *g;
	AUTO_BUF struct buf b = BUF_INIT(0);
	const char *text;
	size_t i, n = 0;

	for (i = 0; i < d->gone_len; i++) {
		g = &d->gone[i];
		if (g->left == NULL || g->left[0] == '\0' ||
		    (g->rejected && !g->replaced))
			continue;
		if (n++ == 0 && p != NULL) {
			page_row_add(p);
			page_adds(p, STYLE_DIM, "no longer proposed:");
		}
		if (p == NULL)
			continue;
		buf_clear(&b);
		sanitize_name(&b, g->path);
		page_addf(p, STYLE_DIM, "  %s, line %d", buf_str(&b),
		    g->number);
		text = page_keep_take(p, xstrdup(g->left + 1));
		page_add(p, STYLE_DIM, "    ", "    ", text, strlen(text),
		    true);
	}
	return n;
}
