/*
 * See prompt-id.h.
 */
#include "config.h"

#include "ui/base/prompt-id.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "front/action.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"
#include "ui/base/pane-data.h"
#include "ui/base/ui-base.h"

bool
prompt_id_has_plan(const struct ui *ui)
{
	const struct fold_plan *p = &ui->fold->plan;

	return p->version > 0 && p->status != NULL &&
	    strcmp(p->status, "proposed") == 0;
}

static bool
prompt_id_has_proposal(const struct ui *ui)
{
	return ui->fold->proposal != NULL &&
	    ui->fold->proposal->files_len > 0;
}

/* Does a plan come first? Not before an undo: that was asked for meanwhile. */
static bool
prompt_id_is_plan(const struct ui *ui)
{
	return prompt_id_has_plan(ui) && !(prompt_id_has_proposal(ui) &&
	    ui->fold->proposal->undo != 0);
}

char *
prompt_id_limit(const struct ui *ui)
{
	return xasprintf("pause:%lld", (long long)ui->fold->pause->seq);
}

char *
prompt_id_waiting(const struct ui *ui)
{
	const struct fold *f = ui->fold;

	if (f->ask_command != NULL)
		return xasprintf("ask:%s", f->ask_id == NULL ? "" : f->ask_id);
	if (f->pause != NULL)
		return prompt_id_limit(ui);
	if (prompt_id_is_plan(ui))
		return xasprintf("plan:%d", f->plan.version);
	if (prompt_id_has_proposal(ui) && (f->proposal->final ||
	    f->approve == NULL || strcmp(f->approve, "later") != 0))
		return xasprintf("diff:%lld", (long long)f->proposal->id);
	return NULL;
}

enum pane_id
prompt_id_waiting_pane(const struct ui *ui)
{
	if (ui->fold->ask_command != NULL || ui->fold->pause != NULL)
		return PANE_ASK;
	return prompt_id_is_plan(ui) ? PANE_PLAN : prompt_id_has_proposal(ui) ?
	    PANE_DIFF : PANE_TRANSCRIPT;
}

char *
prompt_id(const struct ui *ui)
{
	if (ui->confirm.action != ACTION_NONE)
		return xasprintf("confirm:%d", ui->confirm.serial);
	/* While old lines are still read, a prompt may have been answered long
	 * ago, perhaps one with the same name. */
	if (!ui->fold->live || ui->typing || ui->help || ui->quit_asked ||
	    ui->pick.list != NULL ||
	    (ui->at != PANE_CHANGES && !prompt_id_went(ui)))
		return NULL;
	return prompt_id_pane(ui);
}

void
prompt_id_go(struct ui *ui)
{
	FREE_SET(ui->went, prompt_id_pane(ui));
	ui->went_pane = ui->at;
}

bool
prompt_id_went(const struct ui *ui)
{
	AUTO_FREE char *now = NULL;

	if (ui->went == NULL || ui->went_pane != ui->at)
		return false;
	now = prompt_id_pane(ui);
	return now != NULL && (ui->at != PANE_ASK ||
	    strcmp(now, ui->went) == 0);
}

bool
prompt_id_has_keys(const struct ui *ui)
{
	AUTO_FREE char *asks = ui->at == PANE_CHANGES ? NULL :
	    prompt_id_pane(ui);

	return !ui->typing && (asks == NULL || prompt_id_went(ui));
}

void
prompt_id_settle(struct ui *ui)
{
	if (ui->went == NULL || prompt_id_went(ui))
		return;
	FREE_NULL(ui->went);
}

char *
prompt_id_pane(const struct ui *ui)
{
	if (ui->at == PANE_ASK && ui->fold->ask_command != NULL)
		return xasprintf("ask:%s", ui->fold->ask_id == NULL ? "" :
		    ui->fold->ask_id);
	if (ui->at == PANE_ASK && ui->fold->pause != NULL)
		return prompt_id_limit(ui);
	if (ui->at == PANE_CHANGES)
		return xstrdup("changes");
	if (ui->at == PANE_PLAN && prompt_id_has_plan(ui))
		return xasprintf("plan:%d", ui->fold->plan.version);
	/* While lines are picked, the same keys mean something else. */
	if (ui->at == PANE_DIFF && prompt_id_has_proposal(ui))
		return xasprintf("%s:%lld", ui->lines.hunk != NULL ? "lines" :
		    "diff", (long long)ui->fold->proposal->id);
	return NULL;
}
