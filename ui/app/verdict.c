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

	buf_addf(b, " %s %u %d", at == NULL ? "" : at, ui->marked,
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
verdict_came(struct ui *ui)
{
	ui->verdict.came = true;
}

void
verdict_drawn(struct ui *ui, bool whole)
{
	free(ui->verdict.drawn);
	ui->verdict.drawn = whole ? verdict_effect(ui) : NULL;
	/* What came with a frame that was drawn over was not seen yet. */
	ui->verdict.drawn_came = ui->verdict.came ||
	    (ui->verdict.unsent && ui->verdict.drawn_came);
	ui->verdict.came = false;
	ui->verdict.unsent = true;
}

void
verdict_settle(struct ui *ui, char *drawn_take, bool came)
{
	struct ui_verdict_time *v = &ui->verdict;

	if (drawn_take != NULL && v->stands != NULL &&
	    strcmp(drawn_take, v->stands) == 0) {
		free(drawn_take);
		return;
	}
	FREE_SET(v->stands, drawn_take);
	/* A key of the user's doesn't shorten the time of what came. */
	if (came)
		v->came_until = ui->now + VERDICT_MS;
	v->counts_at = ui->now + VERDICT_OWN_MS;
	if (v->counts_at < v->came_until)
		v->counts_at = v->came_until;
	v->due = v->stands != NULL;
}

void
verdict_forget(struct ui *ui)
{
	FREE_NULL(ui->verdict.stands);
	ui->verdict.due = false;
	ui->verdict.came = true;
}

bool
verdict_stands(const struct ui *ui)
{
	AUTO_FREE char *now = verdict_effect(ui);

	return now != NULL && ui->verdict.stands != NULL &&
	    strcmp(now, ui->verdict.stands) == 0;
}

bool
verdict_counts(const struct ui *ui)
{
	return !ui->verdict.due && verdict_stands(ui);
}

int64_t
verdict_due(const struct ui *ui)
{
	return ui->verdict.due ? ui->verdict.counts_at : -1;
}

bool
verdict_tick(struct ui *ui)
{
	if (!ui->verdict.due || ui->now < ui->verdict.counts_at)
		return false;
	ui->verdict.due = false;
	return true;
}
