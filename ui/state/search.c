/* Searching: one text for all panes, so that what was looked for in the output
 * can be followed into the diff. */
#include "config.h"

#include <stdlib.h>

#include "base/mem.h"
#include "ui/state/state.h"

static void
search_go(struct ui *ui, bool back)
{
	const struct pane_ops *ops = ui_pane(ui);

	if (ui->search == NULL) {
		ui_notice(ui, "nothing was searched for: %s searches",
		    ui_key_of(ui, ACTION_SEARCH));
		return;
	}
	if (ui->help) {
		if (!pane_search(&ui->help_pane, ui->search, back))
			ui_notice(ui, "not found among the keys: %s",
			    ui->search);
		return;
	}
	if (ops->search != NULL ? !ops->search(ui, ui->search, back) :
	    !pane_search(&ui->panes[ui->at], ui->search, back))
		ui_notice(ui, "not found in this pane: %s", ui->search);
}

bool
search_is_busy(const struct ui *ui)
{
	return output_viewer_is_busy(ui) || transcript_find_is_busy(ui);
}

bool
search_step(struct ui *ui)
{
	return output_viewer_is_busy(ui) ? output_viewer_step(ui)
					 : transcript_find_step(ui);
}

void
search_stop(struct ui *ui)
{
	output_viewer_stop(ui);
	transcript_find_stop(ui);
}

void
search_set(struct ui *ui, const char *text)
{
	free(ui->search);
	ui->search = xstrdup(text);
	ui->panes[PANE_TRANSCRIPT].found = false;
	search_go(ui, false);
}

bool
search_key(struct ui *ui, enum action_id id)
{
	switch (id) {
	case ACTION_SEARCH:
		ui_type(ui, UI_SEARCH, NULL);
		return true;
	case ACTION_SEARCH_NEXT:
	case ACTION_SEARCH_PREV:
		search_go(ui, id == ACTION_SEARCH_PREV);
		return true;
	case ACTION_SEARCH_END:
		free(ui->search);
		ui->search = NULL;
		return true;
	default:
		return false;
	}
}
