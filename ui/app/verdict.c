/* See verdict.h. */
#include "config.h"

#include "ui/app/verdict.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "journal/fold.h"
#include "ui/diff/diff.h"
#include "ui/panes/prompt-id.h"
#include "ui/panes/ui-base.h"

bool
verdict_is(const struct action *a)
{
	return (a->flags & (ACTION_DECIDES | ACTION_FRESH)) != 0;
}

/* The hunk, file or folder under the cursor, and all marks: after the last one
 * the key writes what is accepted, or runs the hook that blocked that. */
static void
verdict_diff(const struct ui *ui, struct buf *b)
{
	AUTO_FREE char *at = diff_under_cursor(ui);
	size_t i;

	buf_addf(b, " %s %u %d", at == NULL ? "" : at, ui->review.marked,
	    fold_hook_blocks(ui->fold) != NULL);
	for (i = 0; ui->lines.hunk != NULL && i < ui->lines.len; i++)
		buf_addc(b, ui->lines.pick[i] ? '+' : '.');
}

/* What a verdict would do now, and the page that shows it, as a text that is
 * only compared; malloc'ed, NULL: nothing. */
static char *
verdict_effect(const struct ui *ui)
{
	const struct pane *pane = &ui->panes[ui->at];
	AUTO_FREE char *prompt = prompt_id(ui);
	struct buf b = BUF_INIT(0);

	if (!ui->quit_asked && (!ui->fold->live || (ui->confirm.action ==
	    ACTION_NONE && (ui->typing || ui->help ||
	    ui->pick.list != NULL))))
		return NULL;
	buf_addf(&b, "%s %d %d", prompt == NULL ? "" : prompt, (int)ui->at,
	    ui->quit_asked);
	if (ui->confirm.action != ACTION_NONE || ui->quit_asked)
		return buf_take(&b);
	if (prompt != NULL)
		buf_addf(&b, " %zu %d %d", pane->top, pane->height,
		    ui->search.text != NULL);
	if (prompt != NULL && ui->at == PANE_DIFF)
		verdict_diff(ui, &b);
	else if (prompt != NULL && ui->at == PANE_CHANGES)
		buf_addf(&b, " %s", pane->hunk == NULL ? "" : pane->hunk);
	else if (prompt != NULL && ui->at == PANE_ASK &&
	    ui->fold->ask.command != NULL)
		buf_addf(&b, " %s", ui->fold->ask.command);
	return buf_take(&b);
}

void
verdict_drawn(struct ui *ui, bool whole)
{
	review_drawn(&ui->review, whole ? verdict_effect(ui) : NULL);
}

bool
verdict_stands(const struct ui *ui)
{
	AUTO_FREE char *now = verdict_effect(ui);

	return review_stands(&ui->review, now);
}

bool
verdict_counts(const struct ui *ui)
{
	return !ui->review.due && verdict_stands(ui);
}
