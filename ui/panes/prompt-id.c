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

/* Does this kind wait? */
static bool
prompt_id_waits(const struct ui *ui, enum ui_wait kind)
{
	const struct fold *f = ui->fold;

	switch (kind) {
	case UI_WAIT_ASK:
		return f->ask.command != NULL;
	case UI_WAIT_LIMIT:
		return f->pause != NULL;
	case UI_WAIT_PLAN:
		return prompt_id_is_plan(ui);
	default:
		return prompt_id_has_proposal(ui) && (f->proposal->final ||
		    f->approve == NULL || strcmp(f->approve, "later") != 0);
	}
}

void
prompt_id_update(struct ui *ui)
{
	int i;

	for (i = 0; i < UI_WAIT_COUNT; i++)
		if (!prompt_id_waits(ui, (enum ui_wait)i))
			ui->waits[i] = 0;
		else if (ui->waits[i] == 0)
			ui->waits[i] = ++ui->waits_last;
}

/* The oldest that waits; UI_WAIT_COUNT: nothing. */
static enum ui_wait
prompt_id_oldest(const struct ui *ui)
{
	int i, oldest = UI_WAIT_COUNT;

	for (i = 0; i < UI_WAIT_COUNT; i++)
		if (ui->waits[i] != 0 && (oldest == UI_WAIT_COUNT ||
		    ui->waits[i] < ui->waits[oldest]))
			oldest = i;
	return (enum ui_wait)oldest;
}

int
prompt_id_count(const struct ui *ui)
{
	int i, n = 0;

	for (i = 0; i < UI_WAIT_COUNT; i++)
		n += ui->waits[i] != 0;
	return n;
}

char *
prompt_id_question(const struct ui *ui)
{
	const struct fold *f = ui->fold;

	if (f->ask.command != NULL)
		return xasprintf("ask:%s", f->ask.id == NULL ? "" : f->ask.id);
	return f->pause == NULL ? NULL : prompt_id_limit(ui);
}

char *
prompt_id_waiting(const struct ui *ui)
{
	const struct fold *f = ui->fold;

	switch (prompt_id_oldest(ui)) {
	case UI_WAIT_ASK:
	case UI_WAIT_LIMIT:
		return prompt_id_question(ui);
	case UI_WAIT_PLAN:
		return xasprintf("plan:%d", f->plan.version);
	case UI_WAIT_DIFF:
		return xasprintf("diff:%lld", (long long)f->proposal->id);
	default:
		return NULL;
	}
}

enum pane_id
prompt_id_waiting_pane(const struct ui *ui)
{
	switch (prompt_id_oldest(ui)) {
	case UI_WAIT_ASK:
	case UI_WAIT_LIMIT:
		return PANE_ASK;
	case UI_WAIT_PLAN:
		return PANE_PLAN;
	case UI_WAIT_DIFF:
		return PANE_DIFF;
	default:
		/* One that doesn't wait yet can be looked at. */
		return prompt_id_has_proposal(ui) ? PANE_DIFF :
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
		return prompt_id_question(ui);
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
