/* See confirm.h. */
#include "config.h"

#include "ui/panes/confirm.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "front/bindings.h"
#include "journal/fold.h"
#include "ui/panes/prompt-id.h"
#include "review/review.h"
#include "ui/panes/ui-base.h"

void
confirm_clear(struct ui *ui)
{
	struct ui_confirm *c = &ui->confirm;
	size_t i;

	for (i = 0; i < c->hunks_len; i++)
		free(c->hunks[i]);
	free(c->hunks);
	free(c->unseen);
	free(c->question);
	free(c->about);
	free(c->glob);
	*c = (struct ui_confirm){ .serial = c->serial };
}

/* What the question is about: a plan, a command, hunks, or the prompt of the
 * pane; malloc'ed, NULL: nothing that changes. */
static char *
confirm_about(const struct ui *ui, enum action_id action)
{
	const struct action *a = action_find(action);
	const struct fold *f = ui->fold;
	AUTO_FREE char *run = NULL, *pane = NULL;

	if (action == ACTION_PALETTE) {
		/* The row that was chosen, in this pane. */
		run = confirm_about(ui, ui->confirm.run);
		pane = prompt_id_pane(ui);
		return xasprintf("%s %s", pane == NULL ? "" : pane,
		    run == NULL ? "" : run);
	}
	if (f->proposal != NULL && a != NULL && ((a->flags & ACTION_DECIDES) !=
	    0 || action == ACTION_UNDO || action == ACTION_REDO) && (a->contexts &
	    (ACTION_CTX_DIFF | ACTION_CTX_LINES | ACTION_CTX_FILES)) != 0)
		/* It says how many are written: it is about all of them. */
		return xasprintf("hunks:%u", ui->review.marked);
	if (action == ACTION_PLAN_APPROVE)
		return xasprintf("plan:%d:%d", f->plan.version,
		    review_has_plan(&ui->review));
	if (action == ACTION_ALLOW || action == ACTION_NET_ONCE ||
	    action == ACTION_NET_SESSION || action == ACTION_NET_ALWAYS)
		return xasprintf("ask:%s:%s", f->ask.id == NULL ? "" :
		    f->ask.id, f->ask.command == NULL ? "" : f->ask.command);
	return NULL;
}

bool
confirm_holds(const struct ui *ui)
{
	const struct ui_confirm *c = &ui->confirm;
	AUTO_FREE char *about = confirm_about(ui, c->action);

	return (ui->fold->proposal == NULL ? 0 :
	    ui->fold->proposal->id) == c->proposal &&
	    (about == NULL || strcmp(about, c->about) == 0);
}

void
confirm_ask(struct ui *ui, enum action_id action, char *question_take)
{
	ui->confirm.action = action;
	ui->confirm.question = question_take;
	ui->confirm.proposal = ui->fold->proposal == NULL ? 0 :
	    ui->fold->proposal->id;
	FREE_SET(ui->confirm.about, confirm_about(ui, action));
	ui->confirm.serial++;
}

void
confirm_cancel(struct ui *ui)
{
	const struct ui_confirm *c = &ui->confirm;

	if (c->action == ACTION_UNDO || c->action == ACTION_REDO)
		ui_send(ui, review_marks(&ui->review, c->hunks, c->hunks_len, MARK_NO, false,
		    false));
	ui_notice(ui, "not done");
	confirm_clear(ui);
}

char
confirm_lower(const struct ui *ui)
{
	const char *key = ui_key_of(ui, ACTION_CONFIRM);

	return key[0] >= 'A' && key[0] <= 'Z' && key[1] == '\0' ?
	    (char)(key[0] + 'a' - 'A') : '\0';
}

/* Ask before accepting a single hunk that overwrites newer lines. */
void
confirm_overwrite(struct ui *ui, enum action_id id, const char *what, int lines)
{
	ui->confirm.overwrite = true;
	confirm_ask(ui, id,
	    lines == 0 ?
		xasprintf(
		    "Accept %s? It overwrites newer lines of the file.", what) :
		xasprintf("Accept %s? It overwrites newer lines of the file, "
			  "and you haven't seen %d line%s of it.",
		    what, lines, lines == 1 ? "" : "s"));
}
