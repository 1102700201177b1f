/*
 * scroll-state: restores a pane's position after the terminal was resized.
 * Frames of other sizes move a pane (its end must be at the bottom, its cursor
 * visible). At the size at which the user left it, the pane gets its old position
 * again.
 */
#include "config.h"

#include "ui/panes/scroll-state.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ui/panes/pane-data.h"
#include "ui/panes/transcript-data.h"
#include "ui/panes/ui-base.h"
#include "ui/term/screen.h"

/* The hunk's id is borrowed. */
static struct place_at
scroll_state_get(const struct ui *ui, const struct pane *p)
{
	const struct transcript *t = &ui->transcript;
	struct place_at at = { .top = p->top, .cur = p->cur,
		.follow = p->follow, .hunk = p->hunk };

	if (p == &ui->panes[PANE_TRANSCRIPT]) {
		at.item = t->item;
		at.row = t->row;
		at.cursor = t->cursor;
		at.marked = t->marked;
	}
	return at;
}

static void
scroll_state_copy(struct place_at *to, const struct place_at *from)
{
	free(to->hunk);
	*to = *from;
	to->hunk = xstrdup_null(from->hunk);
}

static bool
scroll_state_is(const struct place_at *a, const struct place_at *b)
{
	return a->top == b->top && a->cur == b->cur &&
	    a->follow == b->follow && a->item == b->item &&
	    a->row == b->row && a->cursor == b->cursor &&
	    a->marked == b->marked && (a->hunk == NULL ? b->hunk == NULL :
	    b->hunk != NULL && strcmp(a->hunk, b->hunk) == 0);
}

static bool
scroll_state_is_size(const struct ui *ui, const struct place_in *in)
{
	return in->rows == ui->screen.rows && in->cols == ui->screen.cols;
}

static void
scroll_state_put(struct ui *ui, struct pane *p, const struct place_at *at)
{
	struct transcript *t = &ui->transcript;

	p->top = at->top;
	p->cur = at->cur;
	p->follow = at->follow;
	xstrset(&p->hunk, at->hunk);
	if (p == &ui->panes[PANE_TRANSCRIPT]) {
		t->item = at->item;
		t->row = at->row;
		t->cursor = at->cursor;
		t->marked = at->marked;
	}
}

void
scroll_state_begin(const struct ui *ui, struct pane *p)
{
	struct place *place = &p->place;
	struct place_at now = scroll_state_get(ui, p);

	place->moved = place->left.rows == 0 ||
	    !scroll_state_is(&now, &place->drawn);
}

void
scroll_state_back(struct ui *ui, struct pane *p, const struct rect *r,
    int64_t content)
{
	const struct place *place = &p->place;

	if (!place->moved && scroll_state_is_size(ui, &place->left) &&
	    place->left.width == r->cols && place->left.content == content)
		scroll_state_put(ui, p, &place->left.at);
}

bool
scroll_state_is_elsewhere(
    const struct ui *ui, const struct pane *p, size_t *above)
{
	const struct place *place = &p->place;

	*above = place->left.at.cur - place->left.at.top;
	return !place->moved && !scroll_state_is_size(ui, &place->left);
}

void
scroll_state_keep(const struct ui *ui, struct pane *p, const struct rect *r,
    int64_t content)
{
	struct place *place = &p->place;
	struct place_at now = scroll_state_get(ui, p);

	scroll_state_copy(&place->drawn, &now);
	/* A size without a key press is on the way to another one. */
	if (!place->moved && !scroll_state_is_size(ui, &place->left) &&
	    (ui->screen.rows != ui->key_rows ||
	    ui->screen.cols != ui->key_cols))
		return;
	scroll_state_copy(&place->left.at, &now);
	place->left.rows = ui->screen.rows;
	place->left.cols = ui->screen.cols;
	place->left.width = r->cols;
	place->left.content = content;
}

