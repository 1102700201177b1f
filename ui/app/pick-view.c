#include "config.h"

#include "ui/app/pick-view.h"

#include "base/mem.h"
#include "front/bindings.h"
#include "ui/app/pick-command.h"
#include "ui/app/state.h"
#include "ui/panes/pane-data.h"
#include "ui/panes/ui-base.h"
#include "ui/pick/picker.h"

static const struct {
	enum action_id	 id;
	unsigned	 where;
	const char	*text;
	const char	*note;
} pick_views[] = {
	{ ACTION_DIFF_NUMBERS, ACTION_CTX_DIFF | ACTION_CTX_LINES,
	    "line numbers", "where there is room" },
	{ ACTION_DIFF_BLANKS, ACTION_CTX_DIFF | ACTION_CTX_LINES,
	    "visible spaces", "spaces and tabs as signs" },
	{ ACTION_DIFF_SPACES, ACTION_CTX_DIFF, "space-only changes",
	    "off: hide lines that differ only in spaces" },
	{ ACTION_DIFF_TREE, ACTION_CTX_DIFF, "file tree",
	    "beside the diff (needs 120 columns)" },
	{ ACTION_LAYOUT, ACTION_CTX_PANE, "two columns",
	    "the transcript beside the pane (needs 160 columns)" },
	{ ACTION_STRIP, ACTION_CTX_PANE, "plan strip",
	    "the plan above the panes" },
};

static bool
pick_view_is_on(const struct ui *ui, enum action_id id)
{
	switch (id) {
	case ACTION_DIFF_NUMBERS:
		return ui->diff.numbers;
	case ACTION_DIFF_BLANKS:
		return ui->diff.blanks;
	case ACTION_DIFF_SPACES:
		return !ui->diff.spaceless;
	case ACTION_DIFF_TREE:
		return ui->diff.tree;
	case ACTION_LAYOUT:
		return ui->view.columns;
	default:
		return !ui->view.strip_hidden;
	}
}

void
pick_view_open(struct ui *ui)
{
	unsigned now = ui_contexts_pane(ui);
	size_t i;

	pick_command_begin(ui, "view", false);
	ui->pick.view = true;
	for (i = 0; i < MEM_COUNT(pick_views); i++)
		picker_add(ui->pick.list, pick_view_is_on(ui,
		    pick_views[i].id) ? "on" : "off", pick_views[i].text,
		    pick_views[i].note, NULL, (pick_views[i].where & now) == 0);
	picker_start(ui->pick.list);
}

void
pick_view_take(struct ui *ui, size_t row)
{
	bool can = (pick_views[row].where & ui_contexts_pane(ui)) != 0;

	pick_command_close(ui);
	if (!can)
		ui_notice(ui, "%s: only in a diff", pick_views[row].text);
	else
		(void)state_pane_key(ui, pick_views[row].id);
}
