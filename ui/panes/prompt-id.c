/*
 * See prompt-id.h.
 */
#include "config.h"

#include "ui/panes/prompt-id.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "front/bindings.h"
#include "journal/fold.h"
#include "ui/panes/ui-base.h"

enum pane_id
prompt_id_waiting_pane(const struct ui *ui)
{
	switch (review_oldest(&ui->review)) {
	case REVIEW_ASK:
	case REVIEW_LIMIT:
		return PANE_ASK;
	case REVIEW_PLAN:
		return PANE_PLAN;
	case REVIEW_DIFF:
		return PANE_DIFF;
	default:
		/* One that doesn't wait yet can be looked at. */
		return review_has_proposal(&ui->review) ? PANE_DIFF :
		    PANE_TRANSCRIPT;
	}
}

char *
prompt_id(const struct ui *ui)
{
	if (ui->confirm.action != ACTION_NONE)
		return xasprintf("confirm:%d", ui->confirm.serial);
	/* While old lines are still read, a prompt may have been answered long
	 * ago, perhaps one with the same name. */
	if (!ui->fold->live || ui->typing || ui->help || ui->quit_asked ||
	    ui->pick.list != NULL)
		return NULL;
	return prompt_id_pane(ui);
}

char *
prompt_id_pane(const struct ui *ui)
{
	if (ui->at == PANE_ASK)
		return review_question(&ui->review);
	if (ui->at == PANE_CHANGES)
		return xstrdup("changes");
	if (ui->at == PANE_PLAN && review_has_plan(&ui->review))
		return xasprintf("plan:%d", ui->fold->plan.version);
	/* While lines are picked, the same keys mean something else. */
	if (ui->at == PANE_DIFF && review_has_proposal(&ui->review))
		return xasprintf("%s:%lld", ui->lines.hunk != NULL ? "lines" :
		    "diff", (long long)ui->fold->proposal->id);
	return NULL;
}
