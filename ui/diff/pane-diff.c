/*
 * The proposal's pane: the cursor, and drawing. The row under the cursor
 * determines the hunk that a key applies to.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "front/bindings.h"
#include "journal/fold.h"
#include "ui/diff/diff.h"
#include "review/review.h"
#include "ui/panes/panes.h"
#include "ui/panes/confirm.h"
#include "ui/panes/ui-base.h"
#include "ui/term/screen.h"
#include "ui/text/page.h"

static bool diff_is_open(const struct ui *ui, size_t row, const char *id);

/*
 * The cursor's position in the proposal, independent of its row number: when
 * the page is made again (wider, with more lines around a hunk, side by side),
 * the same line is under the cursor, at the same height of the screen.
 */

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

static struct diff_spot
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

/* The head of the hunk where the one under the cursor was, of a version that
 * doesn't have it: the first one of its file that isn't above it, else the last
 * one. The page's length if the file is gone. */
static size_t
diff_find_place(const struct ui *ui)
{
	const struct page *p = &ui->panes[PANE_DIFF].page;
	const struct fold_hunk *h;
	size_t i = ui->diff.path == NULL ? p->len :
	    diff_find_file(ui, DIFF_FILE, ui->diff.path), at = p->len;

	for (; i < p->len && (at == p->len ||
	    p->rows[i].file == p->rows[at].file); i++) {
		h = p->rows[i].kind != DIFF_HEAD ? NULL :
		    diff_row_hunk(ui, &p->rows[i]);
		if (h == NULL)
			continue;
		at = i;
		if (h->old_start + h->old_lines >= ui->diff.start)
			break;
	}
	return at;
}

static void
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
			head = diff_find_place(ui);
		if (head == p->len) {
			diff_next_undecided(ui);
			return;
		}
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

/* Remember the file and line of the hunk under the cursor; on a row without one,
 * the file near it. */
static void
diff_spot_remember(struct ui *ui, const struct fold_hunk *h)
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
	d->start = h == NULL ? 0 : h->old_start;
	d->kind = p->rows[i].kind;
	d->below = (long)pane->cur - (long)diff_find_file(ui, d->kind,
	    d->path);
}

#define DIFF_FUNCTION_COLS 8	/* least, to name the function */
#define DIFF_HEADER_ROWS 10	/* of the pane, for a row of its own */
#define DIFF_FOUND_BELOW 3	/* rows below a match */

static void
diff_title(const struct ui *ui, int room, struct buf *b)
{
	AUTO_BUF struct buf place = BUF_INIT(0);

	if (ui->fold->proposal == NULL) {
		buf_adds(b, "no changes to review");
		return;
	}
	if (ui->review.news.on)
		buf_addf(b, "only new hunks (%s) · ", ui_key_of(ui,
		    ACTION_NEWS));
	if (ui->fold->proposal->hunks_len > 0)
		diff_header(ui, room - (int)b->len, &place);
	buf_adds(b, buf_str(&place));
}

/* ---- the cursor ---- */

const struct fold_hunk *
diff_row_hunk(const struct ui *ui, const struct page_row *r)
{
	const struct fold_proposal *p = ui->fold->proposal;

	if (p == NULL || r->file < 0 || r->hunk < 0 ||
	    (size_t)r->file >= p->files_len ||
	    (size_t)r->hunk >= p->files[r->file].hunks_len)
		return NULL;
	return &p->files[r->file].hunks[r->hunk];
}

size_t
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

/* The row after the last one of the hunk of this row. */
static size_t
diff_hunk_end(const struct page *p, size_t row)
{
	size_t end = row + 1;

	while (end < p->len && p->rows[end].hunk == p->rows[row].hunk &&
	    p->rows[end].file == p->rows[row].file)
		end++;
	return end;
}

/* The first changed line of the row's hunk, in or below this row; the page's
 * length if there is none. */
static size_t
diff_find_change(const struct ui *ui, size_t row)
{
	const struct page *p = &ui->panes[PANE_DIFF].page;
	size_t end = row < p->len ? diff_hunk_end(p, row) : row;

	for (; row < end; row++)
		if (p->rows[row].change > 0 || (ui->diff.beside &&
		    row < ui->diff.right.len &&
		    ui->diff.right.rows[row].change > 0))
			return row;
	return p->len;
}

/* Move to the head of a hunk, with as much of the hunk in view as fits; to its
 * first change, if there is so much context above it that it wouldn't be in
 * view. */
static void
diff_goto(struct ui *ui, size_t row)
{
	struct pane *pane = &ui->panes[PANE_DIFF];
	size_t h = pane->height < 1 ? 1 : (size_t)pane->height, rows, lead = 0;
	size_t change, text;

	if (row >= pane->page.len)
		return;
	change = text = pane->page.rows[row].kind == DIFF_HEAD ?
	    diff_find_change(ui, row) : row;
	while (text > row && (pane->page.rows[text - 1].kind == DIFF_LINE ||
	    pane->page.rows[text - 1].kind == DIFF_NOTE))
		text--;
	/* The last row may say that the hunk goes on. */
	if (change < pane->page.len && change + 1 >= row + h && text > row &&
	    pane->page.rows[text - 1].kind == DIFF_CONTEXT) {
		pane->cur = change;
		pane->top = text;
		diff_bound(pane);
		return;
	}
	pane->cur = row;
	rows = diff_hunk_end(&pane->page, row) - row;
	/* The notes on the file are above its first hunk: as many as leave room
	 * for all of it. */
	while (lead < 4 && row > lead && pane->page.rows[row - lead - 1].hunk
	    < 0 && pane->page.rows[row - lead - 1].len > 0 &&
	    (rows > h ? lead + 2 < h : rows + lead < h))
		lead++;
	if (row < pane->top + lead || row + rows > pane->top + h)
		pane->top = row - lead;
	diff_bound(pane);
}

/* Has the fold changed since the page was made? */
static bool
diff_is_stale(const struct ui *ui)
{
	const struct pane *pane = &ui->panes[PANE_DIFF];

	return pane->stale || pane->made_seq != ui->fold->shown_seq;
}

/* Is there a file that isn't new or removed as a whole? */
static bool
diff_has_two_sides(const struct fold_proposal *p)
{
	if (p != NULL)
		MEM_EACH(p, files, f)
			if (!ev_is(f->status, "added") &&
			    !ev_is(f->status, "deleted"))
				return true;
	return false;
}

/* Make the page again if the fold or the size has changed; the cursor stays on
 * its line, and the line on its row of the screen, but the page's first row
 * stays in view if all of the hunk does. */
static void
diff_refresh(struct ui *ui, int cols)
{
	struct pane *pane = &ui->panes[PANE_DIFF];
	const struct fold_proposal *pr = ui->fold->proposal;
	bool opened = pr != NULL && pane->proposal != pr->id;
	bool begins = pane->top == 0 && pane->page.len > 0;
	/* Lines are picked in the single-column view. */
	bool beside = ui->diff.side && ui->lines.hunk == NULL &&
	    diff_has_two_sides(pr);
	/* On a low screen the hunks need the room below a file's head. */
	bool reasons = ui->screen->rows <= LAYOUT_LOW_ROWS &&
	    ui->diff.tree_at.cols == 0;
	struct diff_spot spot;
	size_t at;

	if (!diff_is_stale(ui) && pane->page.width == cols - 1 &&
	    pane->page.len > 0 && !opened && ui->diff.beside == beside &&
	    ui->diff.reasons == reasons)
		return;
	spot = diff_spot_get(ui);
	ui->diff.beside = beside;
	ui->diff.reasons = reasons;
	diff_build(ui, &pane->page, cols);
	pane->made_seq = ui->fold->shown_seq;
	pane->stale = false;
	if (opened) {
		pane->proposal = pr->id;
		pane->top = pane->cur = 0;
		if (ui->diff.back != NULL && (at = diff_find_head(ui,
		    ui->diff.back)) < pane->page.len)
			diff_goto_row(ui, at);
		else
			diff_next_undecided(ui);
		FREE_NULL(ui->diff.back);
		/* Begin at the hunk's file instead of the summary, or at what
		 * the model says of the check. */
		if (ui->screen->rows > LAYOUT_LOW_ROWS || pr->undo != 0 ||
		    pane->page.len <= (size_t)pane->height)
			return;
		pane->top = pane->page.len;
		diff_goto(ui, pane->cur);
		if (ui->diff.begin <= pane->cur && pane->cur -
		    ui->diff.begin < (size_t)pane->height / 2)
			pane->top = ui->diff.begin;
		return;
	}
	diff_spot_put(ui, &spot);
	diff_bound(pane);
	if (begins && pane->cur < pane->page.len &&
	    diff_hunk_end(&pane->page, pane->cur) <= (size_t)pane->height)
		pane->top = 0;
}

void
diff_again(struct ui *ui)
{
	struct pane *pane = &ui->panes[PANE_DIFF];

	pane->stale = true;
	diff_refresh(ui, pane->page.width + 1);
}

/* Call when the cursor has moved. */
static void
diff_remember(struct ui *ui)
{
	struct pane *pane = &ui->panes[PANE_DIFF];
	const struct fold_hunk *h = pane->cur >= pane->page.len ? NULL :
	    diff_row_hunk(ui, &pane->page.rows[pane->cur]);

	if (ui->diff.quiet && !ev_is(pane->hunk, h == NULL ? "" : h->id)) {
		ui->diff.quiet = false;
		pane->stale = true;
	}
	free(pane->hunk);
	pane->hunk = h == NULL ? NULL : xstrdup(h->id);
	if (ui->diff.on != DIFF_ON_PAGE && ui->diff.on != DIFF_ON_TREE)
		ui->diff.on = diff_is_file_row(ui) ? DIFF_ON_FILE :
		    DIFF_ON_OTHER;
	diff_spot_remember(ui, h);
}

int
diff_numbered(const struct ui *ui, enum diff_kind kind)
{
	const struct pane *pane = &ui->panes[PANE_DIFF];

	return pane->cur >= pane->page.len ||
	    pane->page.rows[pane->cur].kind != (int)kind ? 0 :
	    pane->page.rows[pane->cur].change;
}

void
diff_goto_change(struct ui *ui)
{
	struct pane *pane = &ui->panes[PANE_DIFF];
	size_t row;

	diff_refresh(ui, pane->page.width + 1);
	if (pane->hunk == NULL)
		return;
	row = diff_find_change(ui, pane->cur);
	if (row == pane->page.len)
		row = diff_find_change(ui, diff_find_head(ui, pane->hunk));
	if (row < pane->page.len)
		pane->cur = row;
	diff_bound(pane);
}

void
diff_next_change(struct ui *ui)
{
	struct pane *pane = &ui->panes[PANE_DIFF];
	const struct page *p = &pane->page;
	int change = diff_numbered(ui, DIFF_LINE);
	size_t row = pane->cur;

	/* A wrapped line has several rows. */
	while (row < p->len && p->rows[row].change == change)
		row = diff_find_change(ui, row + 1);
	if (row < diff_hunk_end(p, pane->cur))
		pane->cur = row;
	diff_bound(pane);
}

const struct fold_hunk *
diff_hunk(const struct ui *ui, const struct fold_file **file)
{
	const char *id = ui->panes[PANE_DIFF].hunk;
	const struct fold_hunk *h = NULL;

	*file = id == NULL || ui->diff.on == DIFF_ON_TREE ? NULL :
	    fold_find_hunk(ui->fold, id, &h);
	return *file == NULL ? NULL : h;
}

/* Go to the next row that is this, so many rows below the cursor or more; from
 * the end on at the beginning. */
static bool
diff_goto_next(struct ui *ui, size_t below,
    bool (*is)(const struct ui *, size_t row, const char *id), const char *id)
{
	struct pane *pane = &ui->panes[PANE_DIFF];
	size_t i, at, n = pane->page.len;

	for (i = 0; i < n; i++) {
		at = (pane->cur + below + i) % n;
		if (is(ui, at, id)) {
			diff_goto_row(ui, at);
			return true;
		}
	}
	return false;
}

void
diff_next_undecided(struct ui *ui)
{
	if (diff_is_stale(ui))
		diff_refresh(ui, ui->panes[PANE_DIFF].page.width + 1);
	(void)diff_goto_next(ui, 0, diff_is_open, NULL);
	diff_remember(ui);
}

void
diff_goto_row(struct ui *ui, size_t row)
{
	diff_goto(ui, row);
	diff_remember(ui);
}

/* Does the row continue a file's row in the list? */
static bool
diff_is_listed_more(const struct page *p, size_t i)
{
	return i < p->len && p->rows[i].kind == DIFF_LISTED &&
	    p->rows[i].joins;
}

/* To the next row of this kind, or the one before; else say which key can do
 * nothing. */
static void
diff_step(struct ui *ui, enum action_id id, bool (*is)(const struct page_row *))
{
	struct pane *pane = &ui->panes[PANE_DIFF];
	bool forward = id == ACTION_HUNK_NEXT || id == ACTION_FILE_NEXT;
	size_t i = pane->cur;

	/* Backwards: not to the head of this hunk. */
	while (id == ACTION_HUNK_PREV && i > 0 && pane->page.rows[i].hunk >= 0 &&
	    pane->page.rows[i].kind != DIFF_HEAD)
		i--;
	while (forward ? i + 1 < pane->page.len : i > 0) {
		i += forward ? 1 : (size_t)-1;
		if (is(&pane->page.rows[i])) {
			diff_goto(ui, i);
			return;
		}
	}
	ui_none(ui, id);
}

/* Does a key for the next hunk stop here? */
static bool
diff_is_stop(const struct page_row *r)
{
	return r->stop;
}

static bool
diff_is_listed(const struct page_row *r)
{
	return r->kind == DIFF_LISTED && !r->joins;
}

static bool
diff_is_file_head(const struct page_row *r)
{
	return r->kind == DIFF_FILE && !r->joins;
}

/* ---- jumps ---- */

static bool
diff_is_open(const struct ui *ui, size_t row, const char *id UNUSED)
{
	const struct page_row *r = &ui->panes[PANE_DIFF].page.rows[row];
	const struct fold_hunk *h = diff_row_hunk(ui, r);
	const struct fold_file *f = diff_row_folded(ui, r);

	return r->stop && (r->kind == DIFF_ALIKE ? diff_alike_tally(ui,
	    r).open > 0 : f != NULL ? diff_tally(ui, f).open > 0 :
	    h != NULL && review_is_open(&ui->review, h));
}

/* Show more of the hunk under the cursor. If its end is in view, go to the next
 * open hunk, or else to the next one: whoever only presses this key reads each
 * hunk to its end, with the cursor on it. From another row, only to a hunk in
 * view. */
static void
diff_page_down(struct ui *ui, size_t h, size_t last)
{
	struct pane *pane = &ui->panes[PANE_DIFF];
	const struct page *p = &pane->page;
	bool hunk = pane->cur < p->len && p->rows[pane->cur].hunk >= 0;
	size_t from = hunk ? diff_hunk_end(p, pane->cur) : pane->cur + 1;
	size_t end = pane->top + h, most = hunk || end > p->len ? p->len : end;
	size_t at;

	for (at = from; at < most && !diff_is_open(ui, at, NULL); at++)
		;
	if (at >= most)
		for (at = from; at < most && !p->rows[at].stop; at++)
			;
	if (from <= end && at < most) {
		diff_goto(ui, at);
		return;
	}
	if (pane->top >= last) {
		pane->cur = p->len;
		ui_notice(ui, "this is the end of the changes");
		return;
	}
	pane->top += h > 2 ? h - 2 : 1;
	if (pane->top > last)
		pane->top = last;
	if (pane->cur < pane->top)
		pane->cur = pane->top;
}

/* Does the row have an unseen byte of the hunk? */
static bool
diff_row_is_unseen(const struct ui *ui, const struct page_row *r)
{
	const struct fold_file *f = diff_row_folded(ui, r);
	size_t i;

	if (f != NULL)
		return diff_tally(ui, f).unseen > 0;
	if (r->kind == DIFF_ALIKE)
		return r->stop && diff_alike_tally(ui, r).unseen > 0;
	if (r->seen == NULL || seen_is_full(r->seen))
		return false;
	for (i = r->seen_off; i < r->seen_off + r->seen_len &&
	    i < r->seen->len; i++)
		if (!r->seen->bytes[i])
			return true;
	return false;
}

/* Does the row have an unseen byte, on one of its sides? */
static bool
diff_jump_is_unseen(const struct ui *ui, size_t i)
{
	const struct page *right = &ui->diff.right;

	return diff_row_is_unseen(ui, &ui->panes[PANE_DIFF].page.rows[i]) ||
	    (ui->diff.beside && i < right->len &&
	    diff_row_is_unseen(ui, &right->rows[i]));
}

/* Is it an unread part of an open hunk, or of this one? */
static bool
diff_is_unseen(const struct ui *ui, size_t row, const char *id)
{
	const struct fold_hunk *h = diff_row_hunk(ui,
	    &ui->panes[PANE_DIFF].page.rows[row]);

	return (h == NULL || review_is_open(&ui->review, h) ||
	    strcmp(h->id, id) == 0) && diff_jump_is_unseen(ui, row);
}

size_t
diff_rows_below(const struct ui *ui)
{
	const struct pane *pane = &ui->panes[PANE_DIFF];
	size_t i, end = pane->top + (size_t)pane->height;
	const struct fold_hunk *h = pane->cur >= pane->page.len ? NULL :
	    diff_row_hunk(ui, &pane->page.rows[pane->cur]);

	if (h == NULL || seen_is_full(seen_find(&ui->review, h->id)))
		return 0;
	for (i = diff_hunk_end(&pane->page, pane->cur); i > end; i--)
		if (diff_jump_is_unseen(ui, i - 1))
			return i - end;
	return 0;
}

void
diff_goto_unseen(struct ui *ui, const char *id)
{
	const struct fold_hunk *h;
	const struct fold_file *f = fold_find_hunk(ui->fold, id, &h);

	if (f != NULL && diff_alike_folds(ui, f, h))
		diff_alike_open(ui, h);
	if (ui->diff.on == DIFF_ON_TREE)
		ui_notice(ui, "in the diff, at what is unread · %s: back "
		    "to the list of files", ui_key_of(ui, ACTION_TREE_GO));
	ui->diff.on = DIFF_ON_OTHER;
	diff_goto_hunk(ui, id, false);
	(void)diff_goto_next(ui, 0, diff_is_unseen, id);
	diff_remember(ui);
}

static const struct ui_part *const diff_parts[] = {
	&diff_hunks, &diff_edit, &diff_disk, &diff_news, &diff_view,
	&diff_notes,
};

/* Keys that change what is shown, or go to a file; false: it only moves. */
static bool
diff_do(struct ui *ui, enum action_id id)
{
	/* The tree has its keys first. */
	if (ui->diff.on == DIFF_ON_TREE && diff_tree_key(ui, id))
		return true;
	switch (id) {
	case ACTION_TREE_GO:
		diff_go_tree(ui);
		break;
	case ACTION_TOP:
	case ACTION_BOTTOM:
		return diff_list_end(ui, id == ACTION_BOTTOM);
	case ACTION_FILE_OPEN:
		return diff_open_row(ui, false);
	case ACTION_DIFF_RIGHT:
		(void)diff_open_row(ui, true);
		break;
	case ACTION_DIFF_LEFT:
		break;
	case ACTION_DIFF_COLUMNS:
		diff_view_columns(ui);
		break;
	case ACTION_CONTEXT_MORE:
		if (diff_alike_is_folded(ui))
			return diff_open_row(ui, false);
		/* FALLTHROUGH */
	case ACTION_CONTEXT_LESS:
	case ACTION_CONTEXT_ALL:
		diff_context(ui, id);
		break;
	case ACTION_NEWS:
		diff_news_switch(ui);
		break;
	case ACTION_LOOK_FILE:
		diff_view_file(ui);
		break;
	case ACTION_LINE_COMMENT:
		diff_comment(ui);
		break;
	case ACTION_IGNORED:
	case ACTION_INCLUDE:
		diff_ignored(ui, id);
		break;
	default:
		return false;
	}
	return true;
}

static bool
diff_key(struct ui *ui, enum action_id id)
{
	struct pane *pane = &ui->panes[PANE_DIFF];
	size_t h = pane->height < 1 ? 1 : (size_t)pane->height;
	size_t step = h > 2 ? h - 2 : 1, half = list_rows_of(id, pane->height);
	size_t last;
	const struct page_row *r;

	if (pane->page.width <= 0)
		return false;
	diff_refresh(ui, pane->page.width + 1);
	/* The tree is that of the last frame; its proposal may have gone. */
	if (ui->fold->proposal == NULL)
		ui->diff.on = DIFF_ON_OTHER;
	/* In the tree no row is reached by pages of the diff. */
	if ((id == ACTION_PAGE_DOWN || id == ACTION_HALF_DOWN) &&
	    ui->diff.on != DIFF_ON_TREE)
		ui->diff.on = DIFF_ON_PAGE;
	else if (ui->diff.on == DIFF_ON_PAGE)
		ui->diff.on = DIFF_ON_OTHER;
	if (diff_do(ui, id)) {
		diff_remember(ui);
		return true;
	}
	last = pane->page.len > h ? pane->page.len - h : 0;
	switch (id) {
	case ACTION_FILE_NEXT:
	case ACTION_FILE_PREV:
		r = &pane->page.rows[pane->cur];
		if (pane->cur < pane->page.len && r->kind == DIFF_LISTED)
			diff_goto_row(ui, diff_find_file(ui, DIFF_FILE,
			    ui->fold->proposal->files[r->file].path));
		else
			diff_step(ui, id, diff_is_file_head);
		break;
	case ACTION_HUNK_NEXT:
	case ACTION_HUNK_PREV:
		if (diff_is_on_list(ui))
			diff_step(ui, id == ACTION_HUNK_NEXT ? ACTION_FILE_NEXT :
			    ACTION_FILE_PREV, diff_is_listed);
		else
			diff_step(ui, id, diff_is_stop);
		break;
	case ACTION_LINE_DOWN:
		do
			pane->cur++;
		while (diff_is_listed_more(&pane->page, pane->cur));
		break;
	case ACTION_LINE_UP:
		do
			pane->cur -= pane->cur > 0;
		while (diff_is_listed_more(&pane->page, pane->cur));
		break;
	case ACTION_PAGE_DOWN:
		diff_page_down(ui, h, last);
		break;
	case ACTION_PAGE_UP:
		if (pane->top == 0)
			pane->cur = 0;
		pane->top -= pane->top > step ? step : pane->top;
		if (pane->cur >= pane->top + h)
			pane->cur = pane->top + h - 1;
		break;
	case ACTION_HALF_DOWN:
		pane->cur += half;
		pane->top += half;
		break;
	case ACTION_HALF_UP:
		pane->cur -= pane->cur > half ? half : pane->cur;
		pane->top -= pane->top > half ? half : pane->top;
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
	/* In the only hunk, too, it comes with the next move. */
	pane->stale = pane->stale || ui->diff.quiet;
	ui->diff.quiet = false;
	return true;
}

/* ---- drawing ---- */

/* Is it the cursor's row, and do keys go to it? Then it stands out. */
static bool
diff_is_lit(const struct ui *ui, size_t row)
{
	return row == ui->panes[PANE_DIFF].cur && ui->at == PANE_DIFF &&
	    ui->diff.on != DIFF_ON_TREE && !ui->typing;
}

static void
diff_draw_head(const struct ui *ui, size_t row, int y, int x, int x_end)
{
	const struct page_row *r = &ui->panes[PANE_DIFF].page.rows[row];
	const struct fold_file *f = &ui->fold->proposal->files[r->file];
	const struct fold_hunk *h = &f->hunks[r->hunk];
	const struct seen *seen = seen_find(&ui->review, h->id);
	enum fold_mark m = review_mark_of(&ui->review, h).mark;
	struct screen *s = ui->screen;
	AUTO_BUF struct buf b = BUF_INIT(0);
	AUTO_BUF struct buf state = BUF_INIT(0);
	const struct fold_file *of;
	int room;

	x = screen_puts(s, y, x, x_end, m == MARK_YES ? STYLE_GOOD :
	    m == MARK_NO ? STYLE_BAD : STYLE_BOLD, m == MARK_YES ?
	    (h->edit != NULL ? "[e]" : "[y]") :
	    m == MARK_NO ? "[n]" : "[ ]");
	if (h->text_len > 0)
		buf_addf(&b, " @@ -%d,%d +%d,%d @@", h->old_start,
		    h->old_lines, h->new_start, h->new_lines);
	else
		buf_addf(&b, " hunk %d of %zu", r->hunk + 1, f->hunks_len);
	x = screen_puts(s, y, x, x_end, diff_is_lit(ui, row) ? STYLE_USER :
	    STYLE_HUNK, buf_str(&b));
	buf_clear(&b);
	if (h->text_len > 0)
		buf_addf(&b, "  +%d -%d", h->added, h->removed);
	if (ui->lines.hunk != NULL && strcmp(ui->lines.hunk, h->id) == 0)
		buf_addf(&b, "  %zu of %zu lines picked (*)",
		    ui->lines.picked, ui->lines.len);
	buf_adds(&state, h->decided ? ui_leaves_to_command(ui) ?
	    "  decided: done when the command has ended" : "  decided" : h->edit != NULL ?
	    "  edited" : seen_is_full(seen) ? "" : "  unread");
	if (m == MARK_NO && !h->decided) {
		buf_addf(&state, "  %s", fold_word(ui->fold, "rejected"));
		/* The key that takes back is for the last decision. */
		if (diff_hunk(ui, &of) == h)
			buf_addf(&state, " · %s %s it",
			    ui_key_of(ui, ACTION_ACCEPT),
			    fold_word(ui->fold, "accepts"));
	}
	/* The function has what room is left. */
	room = x_end - x - (int)b.len - (int)state.len - 1;
	if (h->function != NULL && room >= DIFF_FUNCTION_COLS) {
		x = screen_puts(s, y, x, x_end, STYLE_PLAIN, " ");
		x = screen_puts(s, y, x, x + room, STYLE_DIM, h->function);
	}
	x = screen_puts(s, y, x, x_end, STYLE_HUNK, buf_str(&b));
	x = screen_puts(s, y, x, x_end, h->decided ? STYLE_DIM : STYLE_PLAIN,
	    buf_str(&state));
	if (h->word != NULL) {
		x = screen_puts(s, y, x, x_end, STYLE_PLAIN, "  why: ");
		screen_puts(s, y, x, x_end, STYLE_PLAIN, h->word);
	}
}

/* Is this a picked line? */
static bool
diff_is_picked(const struct ui *ui, const struct page_row *r)
{
	const struct fold_hunk *h = diff_row_hunk(ui, r);

	return h != NULL && r->change > 0 && ui->lines.hunk != NULL &&
	    (size_t)r->change <= ui->lines.len &&
	    ui->lines.pick[r->change - 1] &&
	    strcmp(ui->lines.hunk, h->id) == 0;
}

/* The number of rows to draw: the last one may say that the hunk under the
 * cursor goes on. */
static int
diff_draw_more(const struct ui *ui, const struct rect *r)
{
	size_t n = r->rows < 3 ? 0 : diff_rows_below(ui) + 1;
	bool other = ui->diff.on == DIFF_ON_TREE || ui->lines.hunk != NULL;
	AUTO_FREE char *s = NULL;
	int x, y = r->y + r->rows - 1, end = r->x + r->cols;

	if (n < 2)
		return r->rows;
	/* Where lines are picked, and in the tree, the key does something
	 * else. */
	s = xasprintf("%zu more rows of this hunk%s", n, other ? "" :
	    " \xc2\xb7 ");
	x = screen_own(ui->screen, y, r->x + 1, end, STYLE_PLAIN, s);
	if (!other)
		screen_puts(ui->screen, y, x, end, STYLE_KEY, ui_key_of(ui,
		    ACTION_PAGE_DOWN));
	return r->rows - 1;
}

/* The first cell of a row: the cursor, lines that are picked, the hunk that it
 * is in, and otherwise the letter of the row's mark. */
static void
diff_draw_mark(const struct ui *ui, size_t i, int y, int x)
{
	const struct pane *pane = &ui->panes[PANE_DIFF];
	const struct page_row *row = &pane->page.rows[i];
	const struct page_row *cur = &pane->page.rows[pane->cur];
	const struct fold_hunk *h = diff_row_hunk(ui, row);
	enum fold_mark m = h == NULL ? MARK_NONE :
	    review_mark_of(&ui->review, h).mark;
	bool here = row->hunk >= 0 && row->hunk == cur->hunk &&
	    row->file == cur->file;
	const char *letter = m == MARK_NONE ? "" : m == MARK_NO ? "n" :
	    h->edit != NULL ? "e" : "y";
	enum style style = m == MARK_NO ? STYLE_BAD : STYLE_GOOD;
	/* Bright only where keys go; a bar along the hunk also where a text about
	 * it is typed. */
	bool keys = ui->at == PANE_DIFF && !ui->typing;
	bool bar = keys || (ui->typing && ui->drafts.about != NULL);
	enum style at = keys && ui->diff.on != DIFF_ON_TREE ? STYLE_CURRENT :
	    STYLE_DIM;

	if (row->kind == DIFF_HEAD)
		letter = "";	/* it has its own mark */
	if (i == pane->cur && ui->fold->proposal != NULL &&
	    ui->diff.on != DIFF_ON_TREE) {
		letter = diff_is_picked(ui, row) ? "#" : ">";
		style = at;
	} else if (here && (diff_is_picked(ui, row) || (bar &&
	    letter[0] == '\0'))) {
		letter = diff_is_picked(ui, row) ? "*" :
		    screen_bar(ui->screen);
		style = at == STYLE_CURRENT && !diff_is_picked(ui, row) ?
		    STYLE_NAME : at;
	}
	screen_puts(ui->screen, y, x, x + 1, style, letter);
}

static void
diff_draw_check(const struct ui *ui, int y, int x, int x_end)
{
	AUTO_BUF struct buf check = BUF_INIT(0);
	enum style style = diff_check(ui, x_end - x, &check);

	screen_own(ui->screen, y, x, x_end, style, buf_str(&check));
}

/* Mark the cursor's row: all but text that has a colour of its own. */
static void
diff_mark_row(struct screen *s, int y, int x, int x_end)
{
	bool after = true;	/* the text */
	const struct cell *c;

	while (x_end-- > x) {
		c = screen_cell(s, y, x_end);
		if (c == NULL)
			continue;
		after = after && c->text[0] == ' ';
		if (after || c->style == STYLE_PLAIN ||
		    c->style == STYLE_CONTEXT || c->style == STYLE_DIM)
			screen_restyle(s, y, x_end, x_end + 1, STYLE_ROW);
	}
}

static void
diff_place(struct ui *ui, const struct rect *all)
{
	struct pane *pane = &ui->panes[PANE_DIFF];
	struct rect *tree = &ui->diff.tree_at;
	AUTO_BUF struct buf check = BUF_INIT(0);
	size_t i;

	if (all->rows < 1)
		return;		/* too small: set the position later */
	ui->diff.header = all->rows >= DIFF_HEADER_ROWS &&
	    ui->fold->proposal != NULL && ui->fold->proposal->hunks_len > 0;
	if (ui->diff.header)
		(void)diff_check(ui, all->cols - 1, &check);
	ui->diff.checks = check.len > 0;
	diff_settle(ui, all->cols);
	tree->y = all->y;
	tree->x = all->x;
	tree->rows = all->rows;
	if (ui->diff.header) {
		disk_note_make(ui, all->cols - 1);
		tree->y += ui->diff.checks + (int)ui->diff.note.len;
		tree->rows -= ui->diff.checks + (int)ui->diff.note.len;
	}
	if (pane->height == 0)
		pane->proposal = 0;	/* the position can be set: there is a
					   height */
	pane->height = tree->rows;
	pane->y = tree->y;
	pane->x = tree->x + tree->cols;
	diff_refresh(ui, all->cols - tree->cols);
	diff_bound(pane);
	diff_remember(ui);
	/* Room for the row that says that the hunk goes on. */
	if (pane->height > 2 && pane->cur + 1 == pane->top +
	    (size_t)pane->height && diff_rows_below(ui) > 0)
		pane->top++;
	for (i = pane->top; i < pane->top + (size_t)pane->height &&
	    i < pane->page.len; i++)
		diff_line_place(ui, i);
	diff_tree_place(ui);
}

void
diff_draw_text(const struct ui *ui, size_t row, int y, int x, int x_end)
{
	(diff_is_lit(ui, row) ? page_draw_current : page_draw_row)(ui->screen,
	    &ui->panes[PANE_DIFF].page, row, ui->search.text, y, x, x_end);
}

static void
diff_draw_numbered(const struct ui *ui, size_t row, int y, int x, int x_end)
{
	diff_draw_line(ui, row, diff_is_lit(ui, row) ? STYLE_USER : STYLE_DIM,
	    y, x, x_end);
}

/* How the rows of each kind are drawn, after their mark. */
static void (*const diff_draws[])(const struct ui *, size_t row, int y, int x,
    int x_end) = {
	[DIFF_TEXT] = diff_draw_text, [DIFF_FILE] = diff_draw_text,
	[DIFF_IGNORED] = diff_draw_text, [DIFF_HEAD] = diff_draw_head,
	[DIFF_LISTED] = diff_draw_listed, [DIFF_LINE] = diff_draw_numbered,
	[DIFF_NOTE] = diff_draw_numbered, [DIFF_CONTEXT] = diff_draw_numbered,
	[DIFF_ALIKE] = diff_alike_draw,
};

static void
diff_draw(const struct ui *ui, const struct rect *all)
{
	const struct pane *pane = &ui->panes[PANE_DIFF];
	const struct rect r = { .y = pane->y, .x = pane->x,
		.rows = pane->height, .cols = all->x + all->cols - pane->x };
	int y, end = r.x + r.cols, rows;
	size_t i;

	if (all->rows < 1)
		return;
	for (i = 0; ui->diff.header && i < ui->diff.note.len; i++)
		page_draw_row(ui->screen, &ui->diff.note, i, NULL, all->y +
		    ui->diff.checks + (int)i, all->x + 1, all->x + all->cols);
	rows = diff_draw_more(ui, &r);
	for (y = r.y, i = pane->top; y < r.y + rows && i < pane->page.len;
	    y++, i++) {
		diff_draw_mark(ui, i, y, r.x);
		diff_draws[pane->page.rows[i].kind](ui, i, y, r.x + 1, end);
		if (diff_is_lit(ui, i))
			diff_mark_row(ui->screen, y, r.x + 1, end);
	}
	if (ui->diff.tree_at.cols > 0)
		diff_tree_draw(ui, &ui->diff.tree_at);
	if (ui->diff.checks)
		diff_draw_check(ui, all->y, all->x + 1, all->x + all->cols);
}

/* The nearer one of two rows after (or before) the cursor, one on the left and
 * one on the right; a page's length means that there is none. */
static size_t
diff_nearer(const struct pane *pane, size_t left, size_t right,
    size_t right_len, bool back)
{
	size_t n = pane->page.len, a, b;

	if (right >= right_len || right >= n)
		return left;
	if (left >= n)
		return right;
	a = (left + n - pane->cur - 1) % n;
	b = (right + n - pane->cur - 1) % n;
	return (a < b) != back ? left : right;
}

static enum found
diff_search(struct ui *ui, bool begins UNUSED)
{
	struct pane *pane = &ui->panes[PANE_DIFF];
	const char *text = ui->search.text;
	bool back = ui->search.back;
	size_t at, h = pane->height < 1 ? 1 : (size_t)pane->height;

	if (pane->page.width <= 0)
		return FOUND_NONE;
	diff_alike_reveal(ui, text);
	diff_refresh(ui, pane->page.width + 1);
	at = page_find(&pane->page, pane->cur, text, back);
	if (ui->diff.beside)
		at = diff_nearer(pane, at, page_find(&ui->diff.right,
		    pane->cur, text, back), ui->diff.right.len, back);
	if (at == pane->page.len)
		return FOUND_NONE;
	ui->diff.on = DIFF_ON_OTHER;
	pane->cur = at;
	/* Show lines around it. */
	if (at < pane->top || at + DIFF_FOUND_BELOW >= pane->top + h)
		pane->top = at - (at < h / 3 ? at : h / 3);
	diff_bound(pane);
	diff_remember(ui);
	return FOUND_ONE;
}

static void
diff_go(struct ui *ui, size_t row)
{
	ui->diff.on = DIFF_ON_OTHER;
	diff_goto_row(ui, row);
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
	.place = diff_place,
	.draw = diff_draw,
	.key = diff_key,
	.go = diff_go,
	.search = diff_search,
	.look = diff_look,
};

static void
diff_row_text(struct ui *ui, const struct event *e)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(diff_parts); i++)
		if (diff_parts[i]->line != NULL)
			diff_parts[i]->line(ui, e);
}

static void
diff_typed(struct ui *ui, enum ui_purpose purpose, const char *text)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(diff_parts); i++)
		if (diff_parts[i]->text != NULL)
			diff_parts[i]->text(ui, purpose, text);
}

static void
diff_release(struct ui *ui)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(diff_parts); i++)
		if (diff_parts[i]->release != NULL)
			diff_parts[i]->release(ui);
}

const struct ui_part part_diff = {
	.line = diff_row_text,
	.text = diff_typed,
	.release = diff_release,
};
