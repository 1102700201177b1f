/*
 * view: one pane at a time or two side by side, and the plan's strip. In two columns the transcript is on the left, and the pane last used
 * on the right; keys go to the focused pane only.
 */
#include "config.h"

#include "ui/panes/view.h"

#include "front/bindings.h"
#include "journal/fold.h"
#include "ui/panes/layout.h"
#include "ui/panes/pane-data.h"
#include "ui/panes/plan-strip.h"
#include "ui/panes/prompt-id.h"
#include "ui/panes/ui-base.h"

/* Is the plan's pane on the screen? */
static bool
view_has_plan(const struct ui *ui)
{
	return ui->at == PANE_PLAN || (ui->view.columns && ui->screen.cols >=
	    LAYOUT_COLUMNS_MIN && view_beside(ui) == PANE_PLAN);
}

void
view_wish(const struct ui *ui, struct layout_wish *wish)
{
	const struct view *v = &ui->view;
	wish->zoom = ui->zoom;
	wish->columns = v->columns;
	wish->front_right = ui->at != PANE_TRANSCRIPT;
	/* Not shown twice, and not on a screen too small for it. */
	wish->strip = v->strip_hidden || view_has_plan(ui) ? 0 :
	    plan_strip_rows(ui, ui->screen.rows);
}

enum pane_id
view_beside(const struct ui *ui)
{
	return ui->at == PANE_TRANSCRIPT ? ui->view.other : PANE_TRANSCRIPT;
}

void
view_go(struct ui *ui, enum pane_id to)
{
	if (to == PANE_ASK && prompt_id_waiting_pane(ui) != PANE_ASK)
		to = PANE_TRANSCRIPT;
	if (to != ui->at)
		ui_search_end(ui);
	ui->at = to;
	ui->own_output = false;
	if (to == PANE_PLAN || to == PANE_OUTPUT || to == PANE_DIFF)
		ui->view.other = to;
	if (ui->panes[to].ops->open != NULL)
		ui->panes[to].ops->open(ui);
	if (prompt_id_waiting_pane(ui) == to)
		ui->away = false;
}

void
view_visit(struct ui *ui, enum pane_id to)
{
	view_go(ui, to);
	/* Don't bring another pane to the front after the user chose one. */
	ui->away = ui->wanted != NULL && prompt_id_waiting_pane(ui) != to;
}

bool
view_key(struct ui *ui, enum action_id id)
{
	struct view *v = &ui->view;

	switch (id) {
	case ACTION_ZOOM:
		ui->zoom = !ui->zoom;
		if (!ui->zoom)
			ui_notice(ui, "zoom is off");
		else if (ui->layout.strip.rows + ui->layout.beside.rows == 0)
			ui_notice(ui, "zoomed: no other pane was shown");
		return true;
	case ACTION_LAYOUT:
		v->columns = !v->columns;
		ui->zoom = false;
		if (ui->screen.cols < LAYOUT_COLUMNS_MIN && v->columns)
			ui_notice(ui, "panes side by side need %d columns (now "
			    "%d)", LAYOUT_COLUMNS_MIN, ui->screen.cols);
		return true;
	case ACTION_STRIP:
		if (ui->zoom || view_has_plan(ui) ||
		    plan_strip_rows(ui, ui->screen.rows) == 0)
			ui_notice(ui, "no room for the plan strip: zoomed, plan "
			    "shown, or too few rows");
		else
			v->strip_hidden = !v->strip_hidden;
		return true;
	default:
		return false;
	}
}

size_t
view_follow(const struct ui *ui, size_t top, size_t len, int rows)
{
	size_t h = rows < 1 ? 1 : (size_t)rows;
	size_t last = len > h ? len - h : 0;

	/* Side by side, the terminal can't scroll one pane for us: while output
	 * comes, scroll by half a pane, so that few rows are rewritten. */
	if (!ui->view.jump || !ui->fold->output.running || top + h < last ||
	    top > last + h / 2)
		return last;
	return top < last ? last + h / 2 : top;
}
