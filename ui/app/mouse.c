/* See mouse.h. */
#include "config.h"

#include "ui/app/mouse.h"

#include "front/bindings.h"
#include "ui/diff/diff.h"
#include "ui/keys/keys.h"
#include "ui/panes/pane-changes.h"
#include "ui/panes/pane-data.h"
#include "ui/panes/pane.h"
#include "ui/panes/ui-base.h"
#include "ui/panes/view.h"
#include "ui/pick/picker.h"
#include "ui/term/screen.h"

#define MOUSE_ROWS 3		/* for one step of the wheel */

static bool
mouse_is_in(const struct rect *r, const struct key_event *ev)
{
	return ev->y >= r->y && ev->y < r->y + r->rows && ev->x >= r->x &&
	    ev->x < r->x + r->cols;
}

static void
mouse_list(struct ui *ui, const struct key_event *ev)
{
	if (ev->key == KEYS_CLICK)
		picker_click(ui->pick.list, ev->y);
	else
		(void)picker_key(ui->pick.list, action_find(ev->key ==
		    KEYS_WHEEL_UP ? ACTION_PICK_PREV : ACTION_PICK_NEXT), 0);
}

/* The cursor to the row that was clicked, in a pane that has one. */
static void
mouse_click(struct ui *ui, const struct key_event *ev)
{
	struct pane *p = &ui->panes[ui->at];
	size_t row = p->top + (size_t)(ev->y - p->y);

	if ((ui->at != PANE_DIFF && ui->at != PANE_CHANGES) || ev->y < p->y ||
	    ev->x < p->x || row >= p->page.len)
		return;
	if (ui->at == PANE_CHANGES) {
		changes_goto_row(ui, row);
		return;
	}
	ui->diff.tree_keys = false;
	diff_goto_row(ui, row);
}

void
mouse_event(struct ui *ui, const struct key_event *ev)
{
	enum action_id id = ev->key == KEYS_WHEEL_UP ? ACTION_LINE_UP :
	    ACTION_LINE_DOWN;
	bool beside = mouse_is_in(&ui->layout.beside, ev);
	const struct pane_ops *ops = ui->panes[beside ? view_beside(ui) :
	    ui->at].ops;
	int i;

	/* A question stays as it is. */
	if (ui->confirm.action != ACTION_NONE || ui->quit_asked)
		return;
	if (ui->pick.list != NULL && mouse_is_in(&ui->layout.list, ev))
		mouse_list(ui, ev);
	else if (!beside && !mouse_is_in(&ui->layout.main, ev))
		;
	else if (ev->key == KEYS_CLICK && !beside && !ui->help)
		mouse_click(ui, ev);
	else if (ev->key != KEYS_CLICK)
		for (i = 0; i < MOUSE_ROWS; i++) {
			if (ui->help && !beside)
				(void)pane_scroll(&ui->help_pane, id);
			else if (ops->key != NULL)
				(void)ops->key(ui, id);
		}
}
