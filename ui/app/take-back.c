/* See take-back.h. */
#include "config.h"

#include "ui/app/take-back.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "ui/app/decide.h"
#include "ui/diff/diff.h"
#include "ui/diff/effect.h"
#include "ui/panes/panes.h"
#include "ui/panes/prompt-id.h"
#include "review/review.h"
#include "ui/panes/ui-base.h"

#define TAKE_BACK_LATER "a write can be undone after this review"

static void
take_back_say(struct ui *ui, bool back, const struct review_stepped *step)
{
	const char *what = back ? "undone" : "redone";

	if (step->n == 0)
		ui_notice(ui, "not %s: you haven't seen all of it, "
		    "or it overwrites newer lines", what);
	else if (step->mark != MARK_NONE && step->unseen > 0)
		ui_notice(ui, "%s for %zu of %zu hunks: you haven't seen the "
		    "others", what, step->n, step->n + step->unseen);
	else if (step->mark != MARK_NONE && review_is_complete(&ui->review))
		effect_say_marked(ui, 0, what, "");
	else
		ui_notice(ui, "%s · %s %s", what, ui_key_of(ui, back ?
		    ACTION_REDO : ACTION_UNDO), back ? "redoes it" :
		    "undoes it");
}

/* Are the keys about the marks of the proposal in front? */
static bool
take_back_has_marks(const struct ui *ui)
{
	return ui->at == PANE_DIFF && !ui->typing && ui->fold->proposal !=
	    NULL && ui->fold->proposal->files_len > 0;
}

/* Take back the last marks or set them again, and go to the first of them; with
 * none, clear the mark of this hunk. */
static void
take_back_mark(struct ui *ui, enum action_id id)
{
	bool back = id == ACTION_UNDO;
	const struct fold_file *file;
	const struct fold_hunk *h = diff_hunk(ui, &file);
	struct review_stepped step;

	if (diff_space_reveal_all(ui))
		return;
	ui_send(ui, review_step(&ui->review, back, &step));
	if (step.hunk != NULL) {
		if (diff_is_on_list(ui))
			diff_list_hunk(ui, step.hunk);
		else
			diff_goto_hunk(ui, step.hunk);
		take_back_say(ui, back, &step);
	} else if (back && h != NULL && !h->decided &&
	    review_mark_of(&ui->review, h) != MARK_NONE)
		/* Somebody else's, or from before this screen. */
		ui_send(ui, review_mark(&ui->review, h, MARK_NONE, NULL, false));
	else if (ui->fold->proposal->undo != 0)
		decide_undo(ui, id, false);
	else if (back && fold_change_last(ui->fold, false) != NULL)
		ui_notice(ui, TAKE_BACK_LATER);
	else
		ui_notice(ui, "nothing to %s in this review", back ?
		    "undo" : "redo");
}

/* The command for the last write, or the last one that was undone. */
static cJSON *
take_back_last(struct ui *ui, bool redo)
{
	const struct fold_change *c = fold_change_last(ui->fold, redo);

	if (c != NULL)
		return command_undo(c->tx, NULL, NULL);
	ui_notice(ui, redo ? "nothing to redo" : "nothing is written: nothing to undo");
	return NULL;
}

bool
take_back_key(struct ui *ui, enum action_id id)
{
	bool redo = id == ACTION_REDO;
	cJSON *o;

	if ((id != ACTION_UNDO && !redo) || (ui->at == PANE_DIFF &&
	    ui->lines.hunk != NULL))
		return false;
	if (take_back_has_marks(ui)) {
		take_back_mark(ui, id);
		return true;
	}
	/* The core makes one proposal at a time. */
	if (fold_undecided(ui->fold->proposal) > 0) {
		ui_notice(ui, TAKE_BACK_LATER " · %s shows it",
		    ui_key_of(ui, ACTION_PANE_DIFF));
		return true;
	}
	o = ui->at == PANE_CHANGES ? changes_undo(ui, redo) :
	    take_back_last(ui, redo);
	if (o == NULL)
		return true;
	ui->send(ui->send_arg, o);
	ui->asked = true;
	ui->asked_list = ui->at == PANE_CHANGES;
	return true;
}

bool
take_back_offers(const struct ui *ui, enum action_id id)
{
	const struct fold_proposal *p = ui->fold->proposal;
	bool redo = id == ACTION_REDO;

	if (take_back_has_marks(ui))
		return (redo ? ui->review.step_at < ui->review.steps_len :
		    ui->review.step_at > 0) || (p->undo != 0 &&
		    diff_redoes(ui) == redo);
	return ui->at == PANE_CHANGES ? changes_effect(ui, redo, false, NULL) :
	    fold_undecided(p) == 0 && fold_change_last(ui->fold, redo) != NULL;
}

void
take_back_line(struct ui *ui, enum event_type type)
{
	const struct fold_proposal *p = ui->fold->proposal;

	if (!ui->asked || type != EVENT_PROPOSAL)
		return;
	ui->asked = false;
	if (p == NULL || p->undo == 0)
		ui->asked_list = false;
	/* Where lines were edited since, what can be undone is reviewed. */
	else if (p->left_len == 0 && ui->at == PANE_DIFF)
		decide_undo(ui, diff_redoes(ui) ? ACTION_REDO : ACTION_UNDO,
		    true);
}
