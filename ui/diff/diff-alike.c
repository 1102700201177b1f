/*
 * Hunks that make the same change (review/alike.h): the first one is shown, and
 * a row below it that stands for the others, which are folded until the user
 * unfolds them. They are decided like any other, and have not been seen.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "journal/fold.h"
#include "ui/diff/diff.h"
#include "ui/panes/ui-base.h"
#include "ui/term/screen.h"
#include "ui/text/page.h"

const struct fold_hunk *
diff_alike_first(const struct ui *ui, const struct fold_hunk *h)
{
	size_t group = review_alike(&ui->review, h);
	const struct fold_hunk *first = group == 0 ? NULL :
	    review_alike_member(&ui->review, group, 0)->hunk;

	return first == NULL || first->edit != NULL ||
	    review_hides(&ui->review, first) ? NULL : first;
}

static bool
alike_is_open(const struct ui *ui, const struct fold_hunk *first)
{
	return pathmap_find(&ui->diff.open, first->id) != NULL;
}

/* Does it, or its file, show what the first one doesn't? */
static bool
alike_has_notes(const struct fold_file *f, const struct fold_hunk *h)
{
	MEM_EACH(f, notes, n)
		if (n->row->later && n->row->level > NOTE_TELLS)
			return true;
	return h->edit != NULL || h->comments_len > 0;
}

bool
diff_alike_folds(const struct ui *ui, const struct fold_file *f,
    const struct fold_hunk *h)
{
	const struct fold_hunk *first = diff_alike_first(ui, h);

	return first != NULL && (first != h || fold_is_in_row(f)) &&
	    !alike_is_open(ui, first) && !alike_has_notes(f, h);
}

const struct fold_hunk *
diff_alike_row(const struct ui *ui, const struct page_row *r,
    const struct fold_file **file)
{
	const struct fold_proposal *p = ui->fold->proposal;

	if (p == NULL || r->kind != DIFF_ALIKE || r->joins ||
	    (size_t)r->file >= p->files_len ||
	    (size_t)r->change > p->files[r->file].hunks_len)
		return NULL;
	*file = &p->files[r->file];
	return &(*file)->hunks[r->change - 1];
}

const struct fold_hunk *
diff_alike_here(const struct ui *ui, const struct fold_file **file)
{
	const struct pane *pane = &ui->panes[PANE_DIFF];

	return ui->diff.on == DIFF_ON_TREE || pane->cur >= pane->page.len ?
	    NULL : diff_alike_row(ui, &pane->page.rows[pane->cur], file);
}

struct diff_tally
diff_alike_tally(const struct ui *ui, const struct page_row *r)
{
	const struct fold_file *f;
	const struct fold_hunk *h = diff_alike_row(ui, r, &f);
	size_t group = h == NULL ? 0 : review_alike(&ui->review, h), i;
	struct diff_tally t = { 0 };

	for (i = h != NULL && !fold_is_in_row(f); group > 0 &&
	    i < review_alike_len(&ui->review, group); i++)
		diff_tally_add(ui, review_alike_member(&ui->review, group,
		    i)->hunk, &t);
	return t;
}

void
diff_alike_add(struct ui *ui, struct page *p, int file, int hunk)
{
	const struct fold_file *f = &ui->fold->proposal->files[file];
	const struct fold_hunk *h = &f->hunks[hunk];
	const size_t group = review_alike(&ui->review, h);
	const struct fold_file *last = NULL;
	AUTO_BUF struct buf made = BUF_INIT(0);
	size_t row, files = 0, programs = 0, n, i;

	if (diff_alike_first(ui, h) != h)
		return;
	n = review_alike_len(&ui->review, group);
	if (fold_is_in_row(f))
		fold_row_text(&made, f);
	programs = fold_note_alone(f) != NULL;
	for (i = 1; i < n; i++) {
		f = review_alike_member(&ui->review, group, i)->file;
		files += f != last;
		programs += fold_note_alone(f) != NULL;
		last = f;
	}
	/* Nothing else in such a row is protected. */
	if (made.len > 0 && programs > 0)
		buf_addf(&made, ", %zu of them programs", programs);
	p->next.kind = DIFF_ALIKE;
	p->next.file = file;
	p->next.change = hunk + 1;
	row = made.len > 0 ? page_addf(p, STYLE_BOLD, "    %s", buf_str(&made)) :
	    page_addf(p, STYLE_BOLD, "    %zu more make the same change in "
	    "%zu file%s", n - 1, files, files == 1 ? "" : "s");
	p->rows[row].stop = !alike_is_open(ui, h);
	p->next.kind = DIFF_TEXT;
	p->next.file = -1;
	p->next.change = 0;
}

void
diff_alike_draw(const struct ui *ui, size_t row, int y, int x, int x_end)
{
	const struct page_row *r = &ui->panes[PANE_DIFF].page.rows[row];

	diff_draw_text(ui, row, y, x, x_end);
	if (!r->joins)
		diff_draw_tally(ui, r, diff_alike_tally(ui, r), 0, y, x, x_end);
}

void
diff_alike_open(struct ui *ui, const struct fold_hunk *h)
{
	pathmap_toggle(&ui->diff.open, diff_alike_first(ui, h)->id);
	diff_again(ui);
}

bool
diff_alike_is_folded(const struct ui *ui)
{
	const struct fold_file *f;
	const struct fold_hunk *h = diff_alike_here(ui, &f);

	return h != NULL && !alike_is_open(ui, h);
}

void
diff_alike_reveal(struct ui *ui, const char *text)
{
	const struct fold_proposal *p = ui->fold->proposal;

	if (p == NULL)
		return;
	MEM_EACH(p, files, f)
		MEM_EACH(f, hunks, h)
			if (page_find_in(h->text, h->text_len, text, NULL) &&
			    diff_alike_folds(ui, f, h))
				diff_alike_open(ui, h);
}
