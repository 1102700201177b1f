/* Search: its matches are marked in one pane; its text can be searched for again
 * in another one. */
#include "config.h"

#include "ui/panes/search.h"

#include <stdlib.h>

#include "base/mem.h"
#include "front/bindings.h"
#include "ui/panes/pane-data.h"
#include "ui/panes/pane.h"
#include "ui/panes/typing-data.h"
#include "ui/panes/typing.h"
#include "ui/panes/ui-base.h"

static void
search_go(struct ui *ui, bool back)
{
	const struct pane_ops *ops = ui_pane(ui);

	if (ui->search.text == NULL)
		ui->search.text = xstrdup_null(ui->search.last);
	if (ui->search.text == NULL) {
		ui_notice(ui, "no search yet: %s searches",
		    ui_key_of(ui, ACTION_SEARCH));
		return;
	}
	if (ui->help) {
		ui->search.none = !pane_search(&ui->help_pane, ui->search.text,
		    back);
		if (ui->search.none)
			ui_notice(ui, "no key matches: %s", ui->search.text);
		return;
	}
	ui->search.none = ops->search != NULL ?
	    !ops->search(ui, ui->search.text, back) :
	    !pane_search(&ui->panes[ui->at], ui->search.text, back);
	if (ui->search.none)
		ui_notice(ui, "not found: %s · %s ends the search",
		    ui->search.text, ui_key_of(ui, ACTION_SEARCH_END));
}

bool
search_is_busy(const struct ui *ui)
{
	size_t i;

	for (i = 0; i < PANE_COUNT; i++)
		if (ui->panes[i].ops->search_is_busy != NULL &&
		    ui->panes[i].ops->search_is_busy(ui))
			return true;
	return false;
}

bool
search_step(struct ui *ui)
{
	size_t i;

	for (i = 0; i < PANE_COUNT; i++)
		if (ui->panes[i].ops->search_is_busy != NULL &&
		    ui->panes[i].ops->search_is_busy(ui))
			return ui->panes[i].ops->search_step(ui);
	return false;
}

void
search_stop(struct ui *ui)
{
	size_t i;

	for (i = 0; i < PANE_COUNT; i++)
		if (ui->panes[i].ops->search_stop != NULL)
			ui->panes[i].ops->search_stop(ui);
}

void
search_set(struct ui *ui, const char *text)
{
	free(ui->search.text);
	ui->search.text = xstrdup(text);
	ui->panes[PANE_TRANSCRIPT].found = false;
	search_go(ui, false);
}

void
search_help_open(struct ui *ui)
{
	ui->help = true;
	ui->help_pane.top = 0;
	ui->search.aside = ui->search.text;
	ui->search.text = NULL;
	ui->search.none = false;
}

void
search_help_close(struct ui *ui)
{
	if (!ui->help)
		return;
	ui->help = ui->search.none = false;
	FREE_SET(ui->search.text, ui->search.aside);
	ui->search.aside = NULL;
}

bool
search_key(struct ui *ui, enum action_id id)
{
	switch (id) {
	case ACTION_SEARCH:
		typing_begin(ui, UI_SEARCH, NULL);
		return true;
	case ACTION_SEARCH_NEXT:
	case ACTION_SEARCH_PREV:
		search_go(ui, id == ACTION_SEARCH_PREV);
		return true;
	case ACTION_SEARCH_END:
		ui_search_end(ui);
		return true;
	default:
		return false;
	}
}
