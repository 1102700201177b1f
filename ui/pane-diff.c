/*
 * The proposal: evidence, files, hunks in full.  A long line is broken, its
 * sign repeated on each row, so that no added line hides behind another.  The
 * row under the cursor tells the hunk that a key is about.
 */
#include "config.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sanitize.h"
#include "ui/state.h"

enum diff_kind { DIFF_TEXT, DIFF_FILE, DIFF_HEAD, DIFF_LINE };

static char *
diff_clean(const struct ui *ui, const char *s)
{
	return sanitize_dup(s == NULL ? "" : s, ui->screen.flags);
}

static void
diff_progress(const struct ui *ui, struct buf *b)
{
	const struct fold_proposal *p = ui->fold->proposal;
	int total = 0, marked = 0, refused = 0, unseen = 0;
	size_t i, j;

	if (p == NULL)
		return;
	for (i = 0; i < p->files_len; i++)
		for (j = 0; j < p->files[i].hunks_len; j++) {
			const struct fold_hunk *h = &p->files[i].hunks[j];
			enum fold_mark m = decide_mark(ui, h);

			total++;
			marked += m != MARK_NONE;
			refused += m == MARK_NO;
			unseen += !seen_is_full(seen_find(ui, h->id));
		}
	buf_addf(b, "%d/%d hunks", marked, total);
	if (refused > 0)
		buf_addf(b, " · %d refused", refused);
	if (unseen > 0)
		buf_addf(b, " · %d unseen", unseen);
}

static void
diff_title(const struct ui *ui, struct buf *b)
{
	if (ui->fold->proposal == NULL)
		buf_adds(b, "nothing is proposed");
	else
		diff_progress(ui, b);
}

static void
diff_add_evidence(struct ui *ui, struct page *p)
{
	const struct fold_evidence *e = &ui->fold->evidence;
	char *command, *words, *killed;

	if (!e->known && !e->running) {
		page_adds(p, STYLE_DIM, "evidence: none");
		return;
	}
	command = diff_clean(ui, e->command);
	words = diff_clean(ui, e->words);
	killed = diff_clean(ui, e->killed);
	if (e->running)
		page_addf(p, STYLE_DIM, "evidence: %s: running", command);
	else
		page_addf(p, e->stale ? STYLE_DIM : e->exit == 0 ?
		    STYLE_GOOD : STYLE_BAD,
		    "evidence: %s: %s%s%s%s%s%s (named by %s, on the %s)",
		    command, e->stale ? "STALE, was " : "",
		    e->killed != NULL ? "killed by the limit on " :
		    e->exit == 0 ? "passed" : "FAILED", killed,
		    words[0] != '\0' ? ", \"" : "", words,
		    words[0] != '\0' ? "\"" : "",
		    e->by == NULL ? "nobody" : e->by,
		    e->where == NULL ? "stage" : e->where);
	if (!e->running && e->killed != NULL && e->limit != NULL)
		page_addf(p, STYLE_DIM, "  %s raises it", e->limit);
	if (e->unproposed > 0)
		page_addf(p, STYLE_DIM, "  with %lld file%s there that %s "
		    "not proposed", (long long)e->unproposed,
		    e->unproposed == 1 ? "" : "s",
		    e->unproposed == 1 ? "is" : "are");
	free(command);
	free(words);
	free(killed);
}

static void
diff_count(const struct fold_file *f, int *added, int *removed)
{
	size_t i;

	*added = *removed = 0;
	for (i = 0; i < f->hunks_len; i++) {
		*added += f->hunks[i].added;
		*removed += f->hunks[i].removed;
	}
}

/* Did the plan that was approved expect this file, or its folder? */
static bool
diff_is_planned(const struct ui *ui, const char *path)
{
	const struct fold_plan *p = &ui->fold->plan;
	const char *want;
	size_t i, n;

	if (path == NULL || p->files_len == 0 || p->status == NULL ||
	    strcmp(p->status, "approved") != 0)
		return true;
	for (i = 0; i < p->files_len; i++) {
		want = p->files[i];
		if (strncmp(want, "./", 2) == 0)
			want += 2;
		n = strlen(want);
		while (n > 0 && want[n - 1] == '/')
			n--;
		if ((strncmp(want, path, n) == 0 && (path[n] == '\0' ||
		    path[n] == '/')) || fnmatch(want, path, 0) == 0)
			return true;
	}
	return false;
}

static void
diff_add_file_line(struct ui *ui, struct page *p, int index, bool head)
{
	const struct fold_file *f = &ui->fold->proposal->files[index];
	char *path = diff_clean(ui, f->path), *rule;
	struct buf b = BUF_INIT(0);
	int added, removed;
	size_t row;

	diff_count(f, &added, &removed);
	buf_addf(&b, "%s%-8s %s  +%d -%d  %zu hunk%s", head ? "" : "  ",
	    f->status == NULL ? "" : f->status, path, added, removed,
	    f->hunks_len, f->hunks_len == 1 ? "" : "s");
	if (f->binary)
		buf_adds(&b, "  [binary]");
	if (f->protected_by != NULL) {
		rule = diff_clean(ui, f->protected_by);
		buf_addf(&b, "  [PROTECTED: %s]", rule);
		free(rule);
	}
	if (f->judges)
		buf_adds(&b, "  [JUDGES ITSELF: test or criterion]");
	if (!diff_is_planned(ui, f->path))
		buf_adds(&b, "  [not in the plan]");
	row = page_adds(p, head ? STYLE_FILE : f->protected_by != NULL ||
	    f->judges ? STYLE_BADGE : STYLE_PLAIN,
	    page_keep_take(p, buf_take(&b)));
	for (; row < p->len; row++) {
		p->rows[row].kind = DIFF_FILE;
		p->rows[row].file = index;
	}
	free(path);
}

static void
diff_whole_words(const struct fold_file *f, struct buf *b)
{
	const struct fold_side *o = &f->before, *n = &f->after;

	if (!n->exists)
		buf_addf(b, "the file is deleted (%lld bytes)",
		    (long long)o->size);
	else if (!o->exists)
		buf_addf(b, "a new file of %lld bytes", (long long)n->size);
	else if (o->mode != n->mode && !f->binary)
		buf_addf(b, "mode %06o becomes %06o", o->mode, n->mode);
	else
		buf_addf(b, "%lld bytes become %lld bytes",
		    (long long)o->size, (long long)n->size);
	if (n->exists && o->exists && o->mode != n->mode && f->binary)
		buf_addf(b, ", mode %06o becomes %06o", o->mode, n->mode);
	if (n->exists && !o->exists && n->mode == 0100755)
		buf_adds(b, ", executable");
	if (n->exists && n->mode == 0120000)
		buf_adds(b, ", a symbolic link");
	if (f->binary)
		buf_adds(b, ": binary, whole or not at all");
}

static enum style
diff_style(char sign)
{
	switch (sign) {
	case '+':
		return STYLE_ADD;
	case '-':
		return STYLE_DEL;
	case '\\':
		return STYLE_DIM;
	default:
		return STYLE_PLAIN;
	}
}

static void
diff_add_hunk(struct ui *ui, struct page *p, int file, int hunk)
{
	const struct fold_file *f = &ui->fold->proposal->files[file];
	const struct fold_hunk *h = &f->hunks[hunk];
	struct seen *seen = seen_get(ui, h->id, h->text_len);
	struct buf b = BUF_INIT(0);
	struct page_row *r;
	size_t from = p->len, off, end, row;

	r = page_row_add(p);
	r->kind = DIFF_HEAD;
	if (h->text_len == 0) {
		diff_whole_words(f, &b);
		row = page_add(p, STYLE_BOLD, " ", " ",
		    page_keep_take(p, xstrdup(buf_str(&b))), b.len, true);
		for (; row < p->len; row++) {
			p->rows[row].seen = seen;
			p->rows[row].seen_off = 0;
			p->rows[row].seen_len = row + 1 == p->len;
		}
	}
	for (off = 0; off < h->text_len; off = end) {
		const char *line = h->text + off;
		const char *nl = memchr(line, '\n', h->text_len - off);
		const char *sign = line[0] == '+' ? "+" : line[0] == '-' ?
		    "-" : line[0] == '\\' ? "\\" : " ";
		/* A line without its sign is shown whole. */
		size_t skip = line[0] == sign[0], n;

		end = nl == NULL ? h->text_len : (size_t)(nl - h->text) + 1;
		n = end - off - (nl != NULL);
		if (skip > n)
			skip = n;
		row = page_add(p, diff_style(sign[0]), sign, sign,
		    line + skip, n - skip, false);
		page_set_seen(p, row, seen, h->text, end);
		p->rows[row].seen_off -= skip;
		p->rows[row].seen_len += skip;
		for (; row < p->len; row++)
			p->rows[row].kind = DIFF_LINE;
	}
	for (row = from; row < p->len; row++) {
		p->rows[row].file = file;
		p->rows[row].hunk = hunk;
	}
	buf_release(&b);
}

static void
diff_add_words(struct ui *ui, struct page *p, const char *first,
    const char *rest, enum style style, const char *s)
{
	(void)ui;
	page_add(p, style, first, rest, s, strlen(s), true);
}

static void
diff_build(struct ui *ui, struct page *p, int width)
{
	const struct fold_proposal *pr = ui->fold->proposal;
	struct buf b = BUF_INIT(0);
	int added = 0, removed = 0, i, j, a, d;
	size_t k;

	/* The first cell of a row shows where the cursor is. */
	page_clear(p, width - 1, ui->screen.flags);
	if (pr == NULL) {
		page_adds(p, STYLE_DIM, "Nothing is proposed.");
		return;
	}
	diff_add_evidence(ui, p);
	for (k = 0; k < pr->files_len; k++) {
		diff_count(&pr->files[k], &a, &d);
		added += a;
		removed += d;
	}
	buf_addf(&b, "%zu file%s, %d hunk%s, +%d -%d", pr->files_len,
	    pr->files_len == 1 ? "" : "s", fold_hunks(pr),
	    fold_hunks(pr) == 1 ? "" : "s", added, removed);
	if (pr->ignored > 0)
		buf_addf(&b, "; %lld build product%s, not proposed",
		    (long long)pr->ignored, pr->ignored == 1 ? "" : "s");
	page_addf(p, STYLE_BOLD, "%s", buf_str(&b));
	buf_release(&b);
	for (i = 0; i < (int)pr->files_len && pr->files_len > 1; i++)
		diff_add_file_line(ui, p, i, false);
	for (k = 0; k < pr->refused_len; k++) {
		char *path = diff_clean(ui, pr->refused[k].path);
		char *why = diff_clean(ui, pr->refused[k].why);

		page_addf(p, STYLE_BAD, "  cannot be proposed: %s: %s", path,
		    why);
		free(path);
		free(why);
	}
	for (i = 0; i < (int)pr->files_len; i++) {
		const struct fold_file *f = &pr->files[i];

		page_row_add(p);
		diff_add_file_line(ui, p, i, true);
		if (f->note != NULL)
			diff_add_words(ui, p, "note: ", "    : ",
			    STYLE_BADGE, f->note);
		if (f->reason != NULL)
			diff_add_words(ui, p, "model says: ", "          : ",
			    STYLE_MODEL, f->reason);
		for (j = 0; j < (int)f->hunks_len; j++)
			diff_add_hunk(ui, p, i, j);
	}
}

/* ---- the cursor ---- */

static const struct fold_hunk *
diff_row_hunk(const struct ui *ui, const struct page_row *r)
{
	const struct fold_proposal *p = ui->fold->proposal;

	if (p == NULL || r->file < 0 || r->hunk < 0 ||
	    (size_t)r->file >= p->files_len ||
	    (size_t)r->hunk >= p->files[r->file].hunks_len)
		return NULL;
	return &p->files[r->file].hunks[r->hunk];
}

/* The row of the head of a hunk; the page's length if it is not there. */
static size_t
diff_find_head(const struct ui *ui, const char *id)
{
	const struct page *p = &ui->panes[PANE_DIFF].page;
	const struct fold_hunk *h;
	size_t i;

	for (i = 0; i < p->len; i++) {
		if (p->rows[i].kind != DIFF_HEAD)
			continue;
		h = diff_row_hunk(ui, &p->rows[i]);
		if (h != NULL && strcmp(h->id, id) == 0)
			break;
	}
	return i;
}

static void
diff_bound(struct pane *pane)
{
	size_t h = pane->height < 1 ? 1 : (size_t)pane->height;
	size_t n = pane->page.len;

	if (pane->cur >= n)
		pane->cur = n > 0 ? n - 1 : 0;
	if (pane->top + h > n)
		pane->top = n > h ? n - h : 0;
	if (pane->cur < pane->top)
		pane->top = pane->cur;
	if (pane->cur >= pane->top + h)
		pane->top = pane->cur - h + 1;
}

/* To the head of a hunk, with as much of it in view as there is room for. */
static void
diff_goto(struct pane *pane, size_t row)
{
	size_t h = pane->height < 1 ? 1 : (size_t)pane->height, end, lead = 0;

	if (row >= pane->page.len)
		return;
	pane->cur = row;
	for (end = row + 1; end < pane->page.len &&
	    pane->page.rows[end].hunk == pane->page.rows[row].hunk &&
	    pane->page.rows[end].file == pane->page.rows[row].file; end++)
		;
	/* What is said about the file stands above its first hunk. */
	while (lead < 4 && row > lead && pane->page.rows[row - lead - 1].hunk
	    < 0 && pane->page.rows[row - lead - 1].len > 0)
		lead++;
	if (row < pane->top + lead || end > pane->top + h)
		pane->top = lead + 1 < h ? row - lead : row;
	diff_bound(pane);
}

/* Make the page anew if the fold or the width has changed; the cursor stays on
 * its hunk. */
static void
diff_refresh(struct ui *ui, int cols)
{
	struct pane *pane = &ui->panes[PANE_DIFF];
	const struct fold_proposal *pr = ui->fold->proposal;
	size_t head, into = 0, above;
	bool opened = pr != NULL && pane->proposal != pr->id;

	if (pane->made_seq == ui->fold->seq && pane->page.width == cols - 1 &&
	    pane->page.len > 0 && !opened)
		return;
	/* The head's place in the old page and on the screen. */
	above = pane->cur - pane->top;
	if (pane->hunk != NULL)
		for (head = pane->cur; head > 0 && head < pane->page.len &&
		    pane->page.rows[head].kind == DIFF_LINE; head--)
			into++;
	diff_build(ui, &pane->page, cols);
	pane->made_seq = ui->fold->seq;
	if (opened) {
		pane->proposal = pr->id;
		pane->top = pane->cur = 0;
		diff_next_undecided(ui);
		return;
	}
	if (pane->hunk != NULL) {
		head = diff_find_head(ui, pane->hunk);
		if (head < pane->page.len) {
			pane->cur = head + into;
			while (pane->cur > head && (pane->cur >=
			    pane->page.len || pane->page.rows[pane->cur].hunk
			    != pane->page.rows[head].hunk ||
			    pane->page.rows[pane->cur].file !=
			    pane->page.rows[head].file))
				pane->cur--;
			pane->top = pane->cur > above ? pane->cur - above : 0;
		}
	}
	diff_bound(pane);
}

static void
diff_remember(struct ui *ui)
{
	struct pane *pane = &ui->panes[PANE_DIFF];
	const struct fold_hunk *h = pane->cur >= pane->page.len ? NULL :
	    diff_row_hunk(ui, &pane->page.rows[pane->cur]);

	free(pane->hunk);
	pane->hunk = h == NULL ? NULL : xstrdup(h->id);
}

const struct fold_hunk *
diff_hunk(const struct ui *ui, const struct fold_file **file)
{
	const char *id = ui->panes[PANE_DIFF].hunk;
	const struct fold_hunk *h = NULL;

	*file = id == NULL ? NULL : fold_find_hunk(ui->fold, id, &h);
	return *file == NULL ? NULL : h;
}

void
diff_next_undecided(struct ui *ui)
{
	struct pane *pane = &ui->panes[PANE_DIFF];
	const struct fold_hunk *h;
	size_t i, at, n = pane->page.len;

	if (pane->made_seq != ui->fold->seq)
		diff_refresh(ui, pane->page.width + 1);
	n = pane->page.len;
	for (i = 0; i < n; i++) {
		at = (pane->cur + i) % n;
		if (pane->page.rows[at].kind != DIFF_HEAD)
			continue;
		h = diff_row_hunk(ui, &pane->page.rows[at]);
		if (h == NULL || decide_mark(ui, h) != MARK_NONE)
			continue;
		diff_goto(pane, at);
		break;
	}
	diff_remember(ui);
}

static void
diff_step(struct ui *ui, bool forward)
{
	struct pane *pane = &ui->panes[PANE_DIFF];
	size_t i = pane->cur;

	/* Back: first to the head of this hunk, then to the one before. */
	while (forward ? i + 1 < pane->page.len : i > 0) {
		i += forward ? 1 : (size_t)-1;
		if (pane->page.rows[i].kind == DIFF_HEAD) {
			diff_goto(pane, i);
			break;
		}
	}
}

static bool
diff_key(struct ui *ui, enum action_id id)
{
	struct pane *pane = &ui->panes[PANE_DIFF];
	size_t h = pane->height < 1 ? 1 : (size_t)pane->height;
	size_t step = h > 2 ? h - 2 : 1, last;

	if (pane->page.width <= 0)
		return false;
	diff_refresh(ui, pane->page.width + 1);
	last = pane->page.len > h ? pane->page.len - h : 0;
	switch (id) {
	case ACTION_HUNK_NEXT:
		diff_step(ui, true);
		break;
	case ACTION_HUNK_PREV:
		diff_step(ui, false);
		break;
	case ACTION_LINE_DOWN:
		pane->cur++;
		break;
	case ACTION_LINE_UP:
		pane->cur -= pane->cur > 0;
		break;
	case ACTION_PAGE_DOWN:
		if (pane->top >= last)
			pane->cur = pane->page.len;
		pane->top = pane->top + step < last ? pane->top + step : last;
		if (pane->cur < pane->top)
			pane->cur = pane->top;
		break;
	case ACTION_PAGE_UP:
		if (pane->top == 0)
			pane->cur = 0;
		pane->top -= pane->top > step ? step : pane->top;
		if (pane->cur >= pane->top + h)
			pane->cur = pane->top + h - 1;
		break;
	case ACTION_TOP:
		pane->cur = pane->top = 0;
		break;
	case ACTION_BOTTOM:
		pane->cur = pane->page.len;
		break;
	default:
		return false;
	}
	diff_bound(pane);
	diff_remember(ui);
	return true;
}

/* ---- drawing ---- */

static void
diff_draw_head(struct ui *ui, const struct page_row *r, int y, int x,
    int x_end)
{
	const struct fold_file *f = &ui->fold->proposal->files[r->file];
	const struct fold_hunk *h = &f->hunks[r->hunk];
	const struct seen *seen = seen_find(ui, h->id);
	enum fold_mark m = decide_mark(ui, h);
	struct screen *s = &ui->screen;
	struct buf b = BUF_INIT(0);

	x = screen_puts(s, y, x, x_end, m == MARK_YES ? STYLE_GOOD :
	    m == MARK_NO ? STYLE_BAD : STYLE_BOLD, m == MARK_YES ? "[y]" :
	    m == MARK_NO ? "[n]" : "[ ]");
	if (h->text_len > 0)
		buf_addf(&b, " @@ -%d,%d +%d,%d @@", h->old_start,
		    h->old_lines, h->new_start, h->new_lines);
	buf_addf(&b, " hunk %d of %zu  +%d -%d", r->hunk + 1, f->hunks_len,
	    h->added, h->removed);
	x = screen_puts(s, y, x, x_end, STYLE_HUNK, buf_str(&b));
	if (h->decided)
		x = screen_puts(s, y, x, x_end, STYLE_DIM, "  decided");
	if (!seen_is_full(seen))
		x = screen_puts(s, y, x, x_end, STYLE_BADGE, "  unseen");
	if (h->word != NULL) {
		x = screen_puts(s, y, x, x_end, STYLE_PLAIN, "  why not: ");
		screen_puts(s, y, x, x_end, STYLE_PLAIN, h->word);
	}
	buf_release(&b);
}

static void
diff_draw(struct ui *ui, const struct rect *r)
{
	struct pane *pane = &ui->panes[PANE_DIFF];
	struct screen *s = &ui->screen;
	const struct page_row *row, *cur;
	bool first = pane->height == 0;
	size_t i;
	int y;

	pane->height = r->rows;
	if (first)
		pane->proposal = 0;	/* placed now that there is a height */
	diff_refresh(ui, r->cols);
	diff_bound(pane);
	diff_remember(ui);
	ui->drawn_hunk = xstrdup_null(pane->hunk);
	cur = &pane->page.rows[pane->cur];
	for (y = 0, i = pane->top; y < r->rows && i < pane->page.len;
	    y++, i++) {
		row = &pane->page.rows[i];
		if (i == pane->cur && ui->fold->proposal != NULL)
			screen_puts(s, r->y + y, r->x, r->cols, STYLE_CURRENT,
			    ">");
		else if (row->hunk >= 0 && row->hunk == cur->hunk &&
		    row->file == cur->file)
			screen_puts(s, r->y + y, r->x, r->cols, STYLE_CURRENT,
			    "|");
		if (row->kind == DIFF_HEAD)
			diff_draw_head(ui, row, r->y + y, r->x + 1,
			    r->x + r->cols);
		else
			page_draw_row(s, row, r->y + y, r->x + 1,
			    r->x + r->cols);
		ui_show(ui, row);
	}
}

static void
diff_open(struct ui *ui)
{
	struct pane *pane = &ui->panes[PANE_DIFF];

	if (pane->height > 0 && pane->page.width > 0)
		diff_refresh(ui, pane->page.width + 1);
}

const struct pane_ops pane_diff = {
	.name = "diff",
	.open = diff_open,
	.title = diff_title,
	.draw = diff_draw,
	.key = diff_key,
};
