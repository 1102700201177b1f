/*
 * place: where a person has left a pane.  While a terminal is made larger and
 * smaller, frames of other sizes move a pane about (the end has to be at the
 * bottom, a cursor in sight); in the size in which it was left it is back where
 * it was.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ui/state.h"

/* The hunk's id is borrowed. */
static struct place_at
place_get(const struct ui *ui, const struct pane *p)
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
place_copy(struct place_at *to, const struct place_at *from)
{
	free(to->hunk);
	*to = *from;
	to->hunk = xstrdup_null(from->hunk);
}

static bool
place_is(const struct place_at *a, const struct place_at *b)
{
	return a->top == b->top && a->cur == b->cur &&
	    a->follow == b->follow && a->item == b->item &&
	    a->row == b->row && a->cursor == b->cursor &&
	    a->marked == b->marked && (a->hunk == NULL ? b->hunk == NULL :
	    b->hunk != NULL && strcmp(a->hunk, b->hunk) == 0);
}

static bool
place_is_size(const struct ui *ui, const struct place *place)
{
	return place->rows == ui->screen.rows &&
	    place->cols == ui->screen.cols;
}

void
place_begin(const struct ui *ui, struct pane *p)
{
	struct place_at now = place_get(ui, p);

	p->place.moved = p->place.rows == 0 ||
	    !place_is(&now, &p->place.drawn);
}

void
place_back(struct ui *ui, struct pane *p, const struct rect *r,
    int64_t content)
{
	const struct place *place = &p->place;
	struct transcript *t = &ui->transcript;

	if (place->moved || !place_is_size(ui, place) ||
	    place->width != r->cols || place->content != content)
		return;
	p->top = place->left.top;
	p->cur = place->left.cur;
	p->follow = place->left.follow;
	free(p->hunk);
	p->hunk = xstrdup_null(place->left.hunk);
	if (p == &ui->panes[PANE_TRANSCRIPT]) {
		t->item = place->left.item;
		t->row = place->left.row;
		t->cursor = place->left.cursor;
		t->marked = place->left.marked;
	}
}

bool
place_is_elsewhere(const struct ui *ui, const struct pane *p, size_t *above)
{
	const struct place *place = &p->place;

	*above = place->left.cur - place->left.top;
	return !place->moved && !place_is_size(ui, place);
}

void
place_keep(const struct ui *ui, struct pane *p, const struct rect *r,
    int64_t content)
{
	struct place *place = &p->place;
	struct place_at now = place_get(ui, p);

	place_copy(&place->drawn, &now);
	/* A size in which no key came is on the way to another one. */
	if (!place->moved && !place_is_size(ui, place) &&
	    (ui->screen.rows != ui->key_rows ||
	    ui->screen.cols != ui->key_cols))
		return;
	place_copy(&place->left, &now);
	place->rows = ui->screen.rows;
	place->cols = ui->screen.cols;
	place->width = r->cols;
	place->content = content;
}

void
place_release(struct pane *p)
{
	free(p->place.left.hunk);
	free(p->place.drawn.hunk);
}
