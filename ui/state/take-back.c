/* See take-back.h. */
#include "config.h"

#include "ui/state/take-back.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"
#include "ui/base/send-decision.h"
#include "ui/base/ui-base.h"
#include "ui/base/verdicts.h"
#include "ui/diff/diff.h"
#include "ui/diff/effect.h"

#define TAKE_BACK_OTHER ": its hunks or their marks have changed since"

static void
take_back_say(struct ui *ui, bool back, const struct decision_step *step)
{
	const char *what = !back ? "decision repeated" : step->cleared ?
	    "decisions are back" : "decision taken back";

	if (step->n == 0)
		ui_notice(ui, "not %s: you haven't seen all of it, "
		    "or it overwrites newer lines", back ? "brought back" :
		    "repeated");
	else if (step->mark != MARK_NONE && step->unseen > 0)
		ui_notice(ui, "%s for %zu of %zu hunks: you haven't seen the "
		    "others", what, step->n, step->n + step->unseen);
	else if (step->mark != MARK_NONE && decision_is_complete(ui))
		effect_say_marked(ui, 0, what, "");
	else
		ui_notice(ui, "%s · %s %s", what, ui_key_of(ui, back ?
		    ACTION_VERDICT_AGAIN : ACTION_UNMARK), !back ?
		    "takes it back" : step->cleared ? "clears them again" :
		    "repeats it");
}

void
take_back_key(struct ui *ui, enum action_id id, const struct fold_hunk *h)
{
	bool back = id == ACTION_UNMARK;
	bool any = verdicts_peek(ui, back, 0) != NULL;
	struct decision_step step;

	if (verdicts_may_mark(ui, back) && diff_space_reveal_all(ui))
		return;
	if (decision_send_step(ui, back, &step)) {
		if (diff_is_on_list(ui))
			diff_list_hunk(ui, step.hunk);
		else
			diff_goto_hunk(ui, step.hunk);
		take_back_say(ui, back, &step);
	} else if (!back)
		ui_notice(ui, "no decision to repeat%s", any ? TAKE_BACK_OTHER :
		    "");
	else if (h != NULL && !h->decided && decision_mark(ui, h) != MARK_NONE)
		/* Somebody else's, or from before this screen. */
		decision_send_mark(ui, h, MARK_NONE, NULL);
	else
		ui_notice(ui, "no decision to take back%s", any ?
		    TAKE_BACK_OTHER : "");
}

void
take_back_row(struct ui *ui, const struct fold_file *row, bool folder)
{
	const struct fold_proposal *p = ui->fold->proposal;
	AUTO_FREE char **ids = xcalloc(p->hunks_len + 1, sizeof(*ids));
	AUTO_FREE char *path = xstrdup(row->path_bytes);
	AUTO_BUF struct buf name = BUF_INIT(0);
	char *slash = strrchr(path, '/');
	size_t i, j, n = 0;

	for (i = 0; i < p->files_len; i++)
		for (j = 0; diff_row_covers(row, folder, &p->files[i]) &&
		    j < p->files[i].hunks_len; j++)
			if (!p->files[i].hunks[j].decided)
				ids[n++] = p->files[i].hunks[j].id;
	n = decision_send_clear(ui, ids, n);
	if (folder && slash != NULL)
		slash[1] = '\0';
	sanitize_name(&name, path);
	if (n > 0)
		ui_notice(ui, "cleared %zu decision%s in %s · %s brings "
		    "%s back", n, n == 1 ? "" : "s", buf_str(&name),
		    ui_key_of(ui, ACTION_UNMARK), n == 1 ? "it" : "them");
	else
		ui_notice(ui, "the decisions in %s are already being applied",
		    buf_str(&name));
}
