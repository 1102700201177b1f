/*
 * The list of files at the top, with the state of each, and the keys that go to
 * the next file, the next unseen hunk, the next undecided hunk; what a key that
 * accepts a hunk shows of it first.
 */
#include "config.h"

#include "ui/diff/diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "front/bindings.h"
#include "journal/fold.h"
#include "ui/panes/confirm.h"
#include "review/review.h"
#include "ui/panes/ui-base.h"
#include "ui/term/screen.h"
#include "ui/text/page.h"

#define DIFF_PAGES_MOST 10	/* to show page by page, instead of a question */

struct diff_tally
diff_tally(const struct ui *ui, const struct fold_file *f)
{
	struct diff_tally t = { .all = f->hunks_len };
	enum fold_mark m;
	size_t i;

	for (i = 0; i < f->hunks_len; i++) {
		m = review_mark_of(&ui->review, &f->hunks[i]);
		t.yes += m == MARK_YES;
		t.no += m == MARK_NO;
		t.unseen += m == MARK_NONE && f->hunks[i].edit == NULL &&
		    !seen_is_full(seen_find(&ui->review, f->hunks[i].id));
	}
	return t;
}

const char *
diff_tally_mark(struct diff_tally t, enum style *style)
{
	*style = t.yes == t.all ? STYLE_GOOD : t.no == t.all ? STYLE_BAD :
	    STYLE_BOLD;
	return t.yes == t.all ? "[y]" : t.no == t.all ? "[n]" :
	    t.yes + t.no == t.all ? "[*]" : t.yes + t.no > 0 ? "[~]" : "[ ]";
}

void
diff_draw_listed(struct ui *ui, const struct page_row *r, int y, int x,
    int x_end)
{
	const struct fold_proposal *p = ui->fold->proposal;
	struct screen *s = &ui->screen;
	AUTO_BUF struct buf b = BUF_INIT(0), marks = BUF_INIT(0);
	struct diff_tally t;
	const char *mark;
	enum style style;
	int own, end, most;

	if (p == NULL || r->joins || r->file < 0 ||
	    (size_t)r->file >= p->files_len)
		return;
	t = diff_tally(ui, &p->files[r->file]);
	mark = diff_tally_mark(t, &style);
	screen_puts(s, y, x, x_end, style, mark);
	if (t.unseen > 0 && t.all > 1)
		buf_addf(&b, "  %zu unseen", t.unseen);
	else if (t.unseen > 0)
		buf_adds(&b, "  unseen");
	if (t.yes + t.no > 0 && t.all > 1)
		buf_addf(&marks, "  %zu/%zu", t.yes + t.no, t.all);
	if (t.no > 0 && t.all > 1)
		buf_addf(&marks, ", %zu rejected", t.no);
	/* In one column, if there is room in the row. The end of a long name is
	 * more useful; then "unseen" replaces "modified", which the file's head
	 * says, too. */
	x += (int)strlen("[y] ");
	own = x + sanitize_width(r->p, r->len, s->flags);
	if (own + (int)(b.len + marks.len) <= x_end)
		buf_adds(&b, buf_str(&marks));
	end = x + ui->diff.listed_cols;
	most = x_end - (int)b.len;
	if (own <= most)
		screen_puts(s, y, end < most ? end : most, x_end, STYLE_DIM,
		    buf_str(&b));
	else if (t.unseen > 0)
		screen_puts(s, y, x, x_end, STYLE_BOLD, "unseen  ");
}

/* ---- jumps ---- */

bool
diff_is_open(const struct ui *ui, const struct page_row *r)
{
	const struct fold_hunk *h = r->kind != DIFF_HEAD ? NULL :
	    diff_row_hunk(ui, r);
	const struct fold_file *f = diff_row_folded(ui, r);

	return f != NULL ? diff_has_undecided(ui, f) : h != NULL &&
	    review_is_open(&ui->review, h);
}

/* Does the row have an unseen byte of the hunk? */
static bool
diff_row_is_unseen(const struct ui *ui, const struct page_row *r)
{
	const struct fold_file *f = diff_row_folded(ui, r);
	size_t i;

	if (f != NULL)
		return diff_tally(ui, f).unseen > 0;

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

/* Go to the next unseen part of an open hunk, or of this one. */
static void
diff_next_unseen(struct ui *ui, const char *id)
{
	struct pane *pane = &ui->panes[PANE_DIFF];
	size_t i, at, n = pane->page.len;
	const struct fold_hunk *h;

	for (i = 0; i < n; i++) {
		at = (pane->cur + i) % n;
		h = diff_row_hunk(ui, &pane->page.rows[at]);
		if ((h == NULL || review_is_open(&ui->review, h) || (id != NULL &&
		    strcmp(h->id, id) == 0)) && diff_jump_is_unseen(ui, at)) {
			diff_goto_row(ui, at);
			return;
		}
	}
	if (!diff_space_reveal_all(ui))
		ui_notice(ui, "you have seen all that is open");
}

/* Would a key that accepts a file's hunks accept this one? */
static bool
diff_part_covers(const struct ui *ui, const struct fold_file *f,
    const struct fold_hunk *h)
{
	return h != NULL && h >= f->hunks && h < f->hunks + f->hunks_len &&
	    review_is_open(&ui->review, h) && !h->overwrites;
}

/* The first and last unseen row of the hunk under the cursor, or of a file's
 * open hunks; false: there is none. */
struct diff_part { size_t first, last; };

static bool
diff_part(const struct ui *ui, const struct fold_file *f,
    struct diff_part *part)
{
	const struct pane *pane = &ui->panes[PANE_DIFF];
	const struct page *p = &pane->page;
	size_t i = 0, end = p->len;
	bool any = false;

	if (pane->cur >= p->len || (f == NULL && diff_row_hunk(ui,
	    &p->rows[pane->cur]) == NULL))
		return false;
	if (f == NULL) {
		end = diff_hunk_end(p, pane->cur);
		for (i = pane->cur; i > 0 && p->rows[i].kind != DIFF_HEAD; i--)
			;
	}
	for (; i < end; i++)
		if ((f == NULL || diff_part_covers(ui, f, diff_row_hunk(ui,
		    &p->rows[i]))) && diff_jump_is_unseen(ui, i)) {
			part->first = any ? part->first : i;
			part->last = i;
			any = true;
		}
	return any;
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

/* Is there more to see of it, few enough pages away? */
static bool
diff_part_is_hidden(const struct ui *ui, const struct fold_file *f, size_t h,
    struct diff_part *part)
{
	const struct pane *pane = &ui->panes[PANE_DIFF];
	size_t end = pane->top + h - (h > 1 && diff_rows_below(ui) > 0);

	return diff_part(ui, f, part) && (part->first < pane->top ||
	    part->last >= end) && part->last - part->first <=
	    DIFF_PAGES_MOST * h;
}

static size_t
diff_part_rows(const struct ui *ui)
{
	int n = ui->panes[PANE_DIFF].height;

	return n < 3 ? 1 : (size_t)n;
}

bool
diff_has_rest(const struct ui *ui, const struct fold_file *f)
{
	struct diff_part part = { 0 };

	return diff_part_is_hidden(ui, f, diff_part_rows(ui), &part);
}

bool
diff_show_rest(struct ui *ui, enum action_id id, const struct fold_file *f)
{
	struct pane *pane = &ui->panes[PANE_DIFF];
	size_t h = diff_part_rows(ui);
	struct diff_part part = { 0 };
	bool more;

	if (!diff_part_is_hidden(ui, f, h, &part))
		return false;
	more = part.last >= part.first + h;
	if (more || part.first < pane->top)
		pane->top = part.first;
	else
		pane->top = part.last + 1 > h ? part.last + 1 - h : 0;
	if (pane->cur < pane->top)
		pane->cur = pane->top;
	if (pane->cur + (h > 1 && more) >= pane->top + h)
		pane->cur = pane->top;
	diff_remember(ui);
	ui_notice(ui, more ? "not accepted yet: %s shows more of this %s" :
	    "not accepted yet: look at the rest, then %s accepts this %s",
	    ui_key_of(ui, id), f != NULL ? "file" : "hunk");
	return true;
}

void
diff_goto_unseen(struct ui *ui, const char *id)
{
	if (ui->diff.tree_keys)
		ui_notice(ui, "in the diff, at what you haven't seen · %s: back "
		    "to the list of files", ui_key_of(ui, ACTION_TREE_GO));
	ui->diff.tree_keys = false;
	diff_goto_hunk(ui, id);
	diff_next_unseen(ui, id);
	diff_remember(ui);
}

static void
diff_next_open(struct ui *ui)
{
	struct pane *pane = &ui->panes[PANE_DIFF];
	size_t i, at, n = pane->page.len;

	for (i = 1; i <= n; i++) {
		at = (pane->cur + i) % n;
		if (diff_is_open(ui, &pane->page.rows[at])) {
			diff_goto_row(ui, at);
			return;
		}
	}
	confirm_say_all(ui);
}

/* Go to the head of another file; from the list to the file under the
 * cursor. */
static void
diff_step_file(struct ui *ui, int step)
{
	struct pane *pane = &ui->panes[PANE_DIFF];
	const struct page_row *r = &pane->page.rows[pane->cur];
	int want, last = (int)ui->fold->proposal->files_len - 1;
	size_t i;

	want = r->file < 0 ? (step > 0 ? 0 : last) :
	    r->kind == DIFF_LISTED ? r->file : r->file + step;
	/* Backwards: first to the head of this file. */
	if (step < 0 && r->file >= 0 && r->kind != DIFF_LISTED &&
	    r->kind != DIFF_FILE)
		want = r->file;
	if (want < 0 || want > last) {
		ui_notice(ui, step > 0 ? "this is the last file" :
		    "this is the first file");
		return;
	}
	for (i = 0; i < pane->page.len; i++)
		if (pane->page.rows[i].kind == DIFF_FILE &&
		    pane->page.rows[i].file == want) {
			diff_goto_row(ui, i);
			return;
		}
}

static bool
diff_jump_key(struct ui *ui, enum action_id id)
{
	if (ui->fold->proposal == NULL || ui->panes[PANE_DIFF].page.len == 0)
		return false;
	switch (id) {
	case ACTION_UNSEEN_NEXT:
		diff_next_unseen(ui, NULL);
		return true;
	case ACTION_UNDECIDED_NEXT:
		diff_next_open(ui);
		return true;
	case ACTION_FILE_NEXT:
		diff_step_file(ui, 1);
		return true;
	case ACTION_FILE_PREV:
		diff_step_file(ui, -1);
		return true;
	default:
		return false;
	}
}

const struct ui_part diff_jump = { .key = diff_jump_key };
