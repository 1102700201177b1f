/*
 * view: one pane at a time or two side by side, the plan's strip, and their
 * sizes. In two columns the transcript is on the left, and the pane last used
 * on the right; keys go to the focused pane only.
 */
#include "config.h"

#include "ui/layout/view.h"

#include "front/action.h"
#include "journal/fold.h"
#include "ui/base/pane-data.h"
#include "ui/base/prompt-id.h"
#include "ui/base/ui-base.h"
#include "ui/layout/layout.h"
#include "ui/layout/plan-strip.h"

#define VIEW_STEP 5		/* percent of the width, for each key */

/* Rows of the strip with the user's change applied. */
static int
view_strip(const struct ui *ui, int rows)
{
	int most = plan_strip_most(ui);

	rows += ui->view.strip_more;
	return rows < 1 ? 1 : rows > most ? most : rows;
}

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
	int strip = plan_strip_rows(ui, ui->screen.rows);

	wish->zoom = ui->zoom;
	wish->columns = v->columns;
	wish->share = v->share;
	wish->front_right = ui->at != PANE_TRANSCRIPT;
	/* Not shown twice, and not on a screen too small for it. */
	if (strip > 0)
		wish->strip = view_strip(ui, strip);
	if (v->strip_hidden || view_has_plan(ui))
		wish->strip = 0;
}

enum pane_id
view_beside(const struct ui *ui)
{
	return ui->at == PANE_TRANSCRIPT ? ui->view.other : PANE_TRANSCRIPT;
}

static void
view_went(struct ui *ui)
{
	if (ui->at == PANE_PLAN || ui->at == PANE_OUTPUT ||
	    ui->at == PANE_DIFF)
		ui->view.other = ui->at;
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
	view_went(ui);
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

/* Enlarge (by 1) or shrink (by -1) the focused pane. */
static void
view_size(struct ui *ui, int by)
{
	struct view *v = &ui->view;
	bool zoom = ui->zoom;
	int strip, was = v->share;

	ui->zoom = false;
	if (v->columns && ui->screen.cols >= LAYOUT_COLUMNS_MIN) {
		v->share = layout_share(v->share + VIEW_STEP *
		    (ui->at == PANE_TRANSCRIPT ? by : -by), ui->screen.cols);
		if (v->share == was && !zoom)
			ui_notice(ui, "the other pane would be too %s",
			    by > 0 ? "small" : "large");
		return;
	}
	strip = plan_strip_rows(ui, ui->screen.rows);
	if (strip == 0 || ui->at == PANE_PLAN) {
		ui_notice(ui, "no pane beside this one to share with");
		return;
	}
	/* Shrinking removes the strip's last row; enlarging restores it
	 * first. */
	if (by > 0 && v->strip_hidden)
		ui_notice(ui, "this pane has all the room");
	else if (by < 0 && v->strip_hidden)
		v->strip_hidden = false;
	else if (by > 0 && view_strip(ui, strip) == 1)
		v->strip_hidden = true;
	else {
		was = view_strip(ui, strip);
		v->strip_more = was - by - strip;
		if (view_strip(ui, strip) == was && !zoom)
			ui_notice(ui, "the plan strip shows all it has");
	}
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
			ui_notice(ui, "zoomed: nothing stood beside this pane");
		return true;
	case ACTION_LAYOUT:
		v->columns = !v->columns;
		ui->zoom = false;
		if (ui->screen.cols < LAYOUT_COLUMNS_MIN && v->columns)
			ui_notice(ui, "columns need a screen of %d columns: "
			    "they come when it is that wide",
			    LAYOUT_COLUMNS_MIN);
		else if (ui->screen.cols < LAYOUT_COLUMNS_MIN)
			ui_notice(ui, "no columns, also when the screen is "
			    "wide enough");
		return true;
	case ACTION_STRIP:
		if (ui->zoom || view_has_plan(ui) ||
		    plan_strip_rows(ui, ui->screen.rows) == 0)
			ui_notice(ui, "no plan strip here: the pane is zoomed, "
			    "the plan is shown, or the screen is too low");
		else
			v->strip_hidden = !v->strip_hidden;
		return true;
	case ACTION_LARGER:
		view_size(ui, 1);
		return true;
	case ACTION_SMALLER:
		view_size(ui, -1);
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
	if (!ui->view.jump || !ui->fold->output_running || top + h < last ||
	    top > last + h / 2)
		return last;
	return top < last ? last + h / 2 : top;
}
