/*
 * The cursor's position in the proposal, independent of its row number: when
 * the page is made again (wider, with more lines around a hunk, side by side),
 * the same line is under the cursor, at the same height of the screen.
 */
#include "config.h"

#include "ui/diff/diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"
#include "ui/panes/diff-data.h"
#include "ui/panes/pane-data.h"
#include "ui/panes/ui-base.h"
#include "ui/text/page.h"

/* The page with the line of a row: of two versions the new one's. */
static const struct page *
diff_spot_page(const struct ui *ui, size_t i)
{
	const struct page *r = &ui->diff.right;

	return ui->diff.beside && i < r->len && (r->rows[i].line > 0 ||
	    r->rows[i].kind == DIFF_CONTEXT) ? r :
	    &ui->panes[PANE_DIFF].page;
}

static int
diff_spot_number(const struct page_row *r)
{
	return r->kind == DIFF_CONTEXT ? r->number : 0;
}

/* Is the row part of this line, or of a note about the line? */
static bool
diff_spot_is(const struct diff_spot *at, const struct page_row *r)
{
	return r->kind == at->kind && (at->line > 0 ? r->line == at->line :
	    at->number > 0 && diff_spot_number(r) == at->number);
}

struct diff_spot
diff_spot_get(const struct ui *ui)
{
	const struct pane *pane = &ui->panes[PANE_DIFF];
	struct diff_spot at = { 0 };
	const struct page *p;
	size_t i = pane->cur;

	if (i >= pane->page.len)
		return at;
	p = diff_spot_page(ui, i);
	at.kind = p->rows[i].kind;
	at.line = p->rows[i].line;
	at.number = diff_spot_number(&p->rows[i]);
	for (; i > 0 && diff_spot_is(&at, &p->rows[i - 1]); i--)
		at.row++;
	if (pane->hunk != NULL)
		for (i = pane->cur; i > 0 &&
		    pane->page.rows[i].kind != DIFF_HEAD; i--)
			at.into++;
	return at;
}

/* The page that has this line's first row in row i, or NULL. */
static const struct page *
diff_spot_here(const struct ui *ui, const struct diff_spot *at, size_t i)
{
	const struct page *of[] = { diff_spot_page(ui, i),
		&ui->panes[PANE_DIFF].page };
	size_t k;

	/* The number of a line around the hunk is the new version's. */
	for (k = 0; k < (at->line > 0 ? MEM_COUNT(of) : 1); k++)
		if (diff_spot_is(at, &of[k]->rows[i]))
			return of[k];
	return NULL;
}

/* The line's row below the head of its hunk; the page's length if it is
 * gone. */
static size_t
diff_spot_find(const struct ui *ui, const struct diff_spot *at, size_t head)
{
	const struct page *p = &ui->panes[PANE_DIFF].page, *has;
	size_t i, rows;

	if (at->line == 0 && at->number == 0)
		return p->len;
	for (i = head + 1; i < p->len &&
	    p->rows[i].file == p->rows[head].file &&
	    p->rows[i].hunk == p->rows[head].hunk; i++) {
		if ((has = diff_spot_here(ui, at, i)) == NULL)
			continue;
		for (rows = at->row; rows > 0 && i + 1 < has->len &&
		    diff_spot_is(at, &has->rows[i + 1]); rows--)
			i++;
		return i;
	}
	return p->len;
}

/* The first row of this kind and file, or the page's length. */
static size_t
diff_find_file(const struct ui *ui, int kind, const char *path)
{
	const struct fold_proposal *pr = ui->fold->proposal;
	const struct page *p = &ui->panes[PANE_DIFF].page;
	size_t i;

	for (i = 0; pr != NULL && i < p->len; i++)
		if (p->rows[i].kind == kind && p->rows[i].file >= 0 &&
		    (size_t)p->rows[i].file < pr->files_len &&
		    strcmp(pr->files[p->rows[i].file].path, path) == 0)
			return i;
	return p->len;
}

void
diff_spot_put(struct ui *ui, const struct diff_spot *spot)
{
	struct pane *pane = &ui->panes[PANE_DIFF];
	const struct page *p = &pane->page;
	size_t above = pane->cur - pane->top, head, at;

	if (pane->hunk == NULL) {
		at = ui->diff.path == NULL ? p->len :
		    diff_find_file(ui, ui->diff.kind, ui->diff.path);
		if (at == p->len || (ui->diff.below < 0 &&
		    at < (size_t)-ui->diff.below))
			return;
		pane->cur = at + (size_t)ui->diff.below;
	} else {
		head = diff_find_head(ui, pane->hunk);
		if (head == p->len)
			return;
		pane->cur = head + spot->into;
		while (pane->cur > head && (pane->cur >= p->len ||
		    p->rows[pane->cur].hunk != p->rows[head].hunk ||
		    p->rows[pane->cur].file != p->rows[head].file))
			pane->cur--;
		at = diff_spot_find(ui, spot, head);
		if (at < p->len)
			pane->cur = at;
	}
	pane->top = pane->cur > above ? pane->cur - above : 0;
}

void
diff_spot_come_back(struct ui *ui, const char *hunk, int line, int above)
{
	xstrset(&ui->diff.back, hunk);
	ui->diff.back_line = line;
	ui->diff.back_above = above;
	ui->panes[PANE_DIFF].proposal = 0;	/* open it again */
}

bool
diff_spot_back(struct ui *ui)
{
	struct pane *pane = &ui->panes[PANE_DIFF];
	struct diff_spot at = { .kind = DIFF_LINE,
		.line = ui->diff.back_line };
	bool found = ui->diff.back != NULL &&
	    diff_find_head(ui, ui->diff.back) < pane->page.len;

	if (found) {
		xstrset(&pane->hunk, ui->diff.back);
		pane->cur = pane->top + (size_t)ui->diff.back_above;
		diff_spot_put(ui, &at);
	}
	FREE_NULL(ui->diff.back);
	return found;
}

void
diff_spot_remember(struct ui *ui)
{
	const struct fold_proposal *pr = ui->fold->proposal;
	const struct pane *pane = &ui->panes[PANE_DIFF];
	const struct page *p = &pane->page;
	struct ui_diff *d = &ui->diff;
	size_t i = pane->cur;

	FREE_NULL(d->path);
	while (i < p->len && p->rows[i].file < 0)
		i++;
	if (pr == NULL || i >= p->len ||
	    (size_t)p->rows[i].file >= pr->files_len)
		return;
	d->path = xstrdup(pr->files[p->rows[i].file].path);
	d->kind = p->rows[i].kind;
	d->below = (long)pane->cur - (long)diff_find_file(ui, d->kind,
	    d->path);
}
