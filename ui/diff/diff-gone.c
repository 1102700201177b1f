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

/* Lines, or ids, by hash. */
struct gone_set {
	uint64_t *v;
	size_t	  len;
};

static void
gone_set_release(struct gone_set *s)
{
	FREE_NULL(s->v);
	s->len = 0;
}

static void
gone_set_add(struct gone_set *s, const char *p, size_t n)
{
	GROW(s->v, s->len);
	s->v[s->len++] = hash_bytes(HASH_BEGIN, p, n);
}

static int
gone_compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
gone_set_sort(struct gone_set *s)
{
	if (s->len > 0)
		qsort(s->v, s->len, sizeof(*s->v), gone_compare);
}

static bool
gone_set_has(const struct gone_set *s, const char *p, size_t n)
{
	uint64_t hash = hash_bytes(HASH_BEGIN, p, n);

	return s->len > 0 && bsearch(&hash, s->v, s->len, sizeof(*s->v),
	    gone_compare) != NULL;
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

static void
gone_set_add_lines(struct gone_set *s, const char *text, size_t len)
{
	const char *p = text, *line;
	size_t n;

	while (gone_next(&p, text + len, &line, &n))
		if (*line == '+' || *line == '-')
			gone_set_add(s, line, n);
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

void
diff_gone_release(struct ui *ui)
{
	struct ui_diff *d = &ui->diff;

	while (d->gone_len > 0)
		gone_free(&d->gone[--d->gone_len]);
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

/* What was said about it. Comments are sent with a decision, questions at
 * once. */
static void
gone_notes(struct diff_gone *g, const struct fold_hunk *h)
{
	const struct fold_comment *c;
	struct buf b = BUF_INIT(0);
	bool sent;
	size_t i;

	for (i = 0; i < h->comments_len; i++) {
		c = &h->comments[i];
		sent = g->rejected || fold_comment_asks(c->text);
		g->unsent += !sent;
		buf_addf(&b, "\nyou%s: %s", sent ? "" : " (not sent)", c->text);
		if (c->answer != NULL)
			buf_addf(&b, "\nmodel answers: %s", c->answer);
	}
	g->notes = buf_take(&b);
}

static void
gone_add(struct ui *ui, const struct fold_file *f, const struct fold_hunk *h,
    bool rejected)
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
	g->rejected = rejected;
	gone_notes(g, h);
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
	while (d->gone_len > 0)
		gone_free(&d->gone[--d->gone_len]);
	cJSON_ArrayForEach(file, json_array(line, "files"))
		cJSON_ArrayForEach(it, json_array(file, "hunks")) {
			f = fold_find_hunk(ui->fold, json_str(it, "id"), &h);
			if (f != NULL && json_is(it, "decision", "no"))
				gone_add(ui, f, h, true);
		}
}

static bool
gone_was_seen(const struct ui *ui, const struct fold_hunk *h)
{
	const struct seen *s = displayed_find(ui, h->id);

	return decision_mark(ui, h) != MARK_NONE || (s != NULL && s->framed);
}

void
diff_gone_line(struct ui *ui, const char *const *ids, size_t len)
{
	const struct fold_proposal *p = ui->fold->proposal;
	struct ui_diff *d = &ui->diff;
	struct gone_set was = { NULL, 0 };
	const struct fold_hunk *h;
	size_t i;

	for (i = d->gone_len; i > 0 && d->gone_shown; i--)
		if (!d->gone[i - 1].rejected || d->gone[i - 1].replaced)
			gone_drop(d, i - 1);
	d->gone_shown = false;
	for (i = 0; p != NULL && i < p->hunks_len; i++) {
		h = p->hunks[i].hunk;
		gone_set_add(&was, h->id, strlen(h->id));
		/* The user knows what a split has made. */
		if (p->undo == 0 && !d->split && !h->decided &&
		    MEM_SEARCH(ids, len, h->id) == NULL && gone_was_seen(ui, h))
			gone_add(ui, p->hunks[i].file, h, false);
	}
	gone_set_sort(&was);
	FREE_SET(d->was, was.v);
	d->was_len = was.len;
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
	const struct gone_set was = { ui->diff.was, ui->diff.was_len };

	return !gone_set_has(&was, h->id, strlen(h->id)) &&
	    !diff_news_is_known(ui, h);
}

static bool
gone_replaces(const struct diff_gone *g, const struct gone_set *lines,
    const struct fold_hunk *h)
{
	const char *p = h->text, *line;
	size_t n;

	if (h->old_start < g->old_start + g->old_lines &&
	    g->old_start < h->old_start + h->old_lines)
		return true;
	while (gone_next(&p, h->text + h->text_len, &line, &n))
		if ((*line == '+' || *line == '-') && n > GONE_ALIKE &&
		    gone_set_has(lines, line, n))
			return true;
	return false;
}

/* Keep the changed lines that no hunk has now: the text of the first ones, and
 * the number of the very first. A binary file, a mode or a rename has none. */
static void
gone_left(struct diff_gone *g, const struct gone_set *now)
{
	int old = g->old_start, new = g->new_start;
	const char *p = g->text, *line;
	struct buf b = BUF_INIT(0);
	size_t n;

	g->lines = 0;
	g->number = new;
	for (; gone_next(&p, g->text + g->len, &line, &n);
	    old += *line == '-' || *line == ' ',
	    new += *line == '+' || *line == ' ') {
		if ((*line != '+' && *line != '-') ||
		    gone_set_has(now, line, n))
			continue;
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
		buf_addf(&b, "\n… %zu more", g->lines - GONE_LINES);
	buf_adds(&b, g->notes == NULL ? "" : g->notes);
	FREE_SET(g->left, buf_take(&b));
}

/* Compare with the hunks of its file; those that replace it go into
 * `changed`. */
static void
gone_look(struct ui *ui, struct diff_gone *g, struct gone_set *changed)
{
	const struct fold_file *f = gone_file(ui, g->path);
	struct gone_set lines = { NULL, 0 }, now = { NULL, 0 };
	const struct fold_hunk *h;
	size_t i;

	g->replaced = false;
	gone_set_add_lines(&lines, g->text, g->len);
	gone_set_sort(&lines);
	for (i = 0; f != NULL && i < f->hunks_len; i++) {
		h = &f->hunks[i];
		gone_set_add_lines(&now, h->text, h->text_len);
		if (gone_is_new(ui, h) && gone_replaces(g, &lines, h)) {
			gone_set_add(changed, h->id, strlen(h->id));
			g->replaced = true;
		}
	}
	gone_set_sort(&now);
	gone_left(g, &now);
	gone_set_release(&lines);
	gone_set_release(&now);
}

/* Is it no longer proposed, with nothing in its place? */
static bool
gone_is_all(const struct diff_gone *g)
{
	return !g->rejected && !g->replaced && g->lines > 0;
}

void
diff_gone_settle(struct ui *ui)
{
	const struct fold_proposal *p = ui->fold->proposal;
	struct gone_set changed = { NULL, 0 };
	struct ui_diff *d = &ui->diff;
	struct diff_version *v = &d->version;
	size_t i;

	memset(v, 0, sizeof(*v));
	if (p == NULL || p->undo != 0)
		return;
	for (i = d->gone_len; i > 0; i--) {
		if (fold_find_hunk(ui->fold, d->gone[i - 1].id, NULL) != NULL) {
			gone_drop(d, i - 1);
			continue;
		}
		gone_look(ui, &d->gone[i - 1], &changed);
		v->gone += gone_is_all(&d->gone[i - 1]);
		v->unsent += d->gone[i - 1].unsent;
	}
	gone_set_sort(&changed);
	for (i = 0; i < changed.len; i++)
		v->changed += i == 0 || changed.v[i] != changed.v[i - 1];
	for (i = 0; i < p->hunks_len; i++)
		v->same += !gone_is_new(ui, p->hunks[i].hunk);
	v->added = p->hunks_len - v->same - v->changed;
	gone_set_release(&changed);
}

const char *
diff_gone_path(const struct ui *ui)
{
	const struct ui_diff *d = &ui->diff;
	const char *path = NULL;
	size_t i;

	for (i = 0; i < d->gone_len; i++) {
		if (!gone_is_all(&d->gone[i]))
			continue;
		if (path != NULL && strcmp(path, d->gone[i].path) != 0)
			return NULL;
		path = d->gone[i].path;
	}
	return path;
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
