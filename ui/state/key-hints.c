/*
 * Which of the available keys would do something now: the row of hints shows
 * only those. Any other key still answers, with the reason.
 */
#include "config.h"

#include "ui/state/key-hints.h"

#include <string.h>

#include "base/buf.h"
#include "front/action.h"
#include "gate/hunk/hunk-text.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"
#include "ui/base/send-decision.h"
#include "ui/base/ui-base.h"
#include "ui/diff/diff.h"

static size_t
offer_marked(const struct ui *ui)
{
	const struct fold_proposal *p = ui->fold->proposal;
	size_t i, j, n = 0;

	for (i = 0; p != NULL && i < p->files_len; i++)
		for (j = 0; j < p->files[i].hunks_len; j++)
			n += decision_mark(ui, &p->files[i].hunks[j]) !=
			    MARK_NONE;
	return n;
}

static bool
offer_has_picks(const struct ui *ui)
{
	size_t i;

	for (i = 0; i < ui->lines.len; i++)
		if (ui->lines.pick[i])
			return true;
	return false;
}

/* Actions on the hunk under the cursor. */
static bool
offer_hunk(const struct ui *ui, enum action_id id)
{
	const struct fold_file *file;
	const struct fold_hunk *h = diff_hunk(ui, &file);

	if (h == NULL || h->decided)
		return false;
	switch (id) {
	case ACTION_SPLIT:
		return hunk_text_has_parts(h->text, h->text_len);
	case ACTION_LINES:
	case ACTION_HUNK_EDIT:
		return !file->binary && hunk_text_changes(h->text,
		    h->text_len) > 0;
	case ACTION_LINE_PICK:
		return ui->lines.hunk != NULL && diff_change(ui) > 0 &&
		    strcmp(ui->lines.hunk, h->id) == 0;
	default:
		return true;
	}
}

bool
key_hints_offer(const struct ui *ui, enum action_id id)
{
	const struct fold *f = ui->fold;

	switch (id) {
	case ACTION_ACCEPT:
	case ACTION_REJECT:
		if (diff_file(ui) != NULL)
			return diff_has_undecided(ui, diff_file(ui));
		return offer_hunk(ui, id);
	case ACTION_FILE_SWITCH:
		return diff_file(ui) != NULL &&
		    !diff_has_undecided(ui, diff_file(ui));
	case ACTION_REST_ACCEPT:
	case ACTION_REST_REJECT:
	case ACTION_REJECT_WORD:
	case ACTION_SPLIT:
	case ACTION_LINES:
	case ACTION_HUNK_EDIT:
	case ACTION_LINE_COMMENT:
	case ACTION_LINE_PICK:
		return offer_hunk(ui, id);
	case ACTION_LINES_ACCEPT:
		return offer_has_picks(ui);
	case ACTION_HUNK_NEXT:
		return fold_hunks(f->proposal) > 1;
	case ACTION_SEND:
		return offer_marked(ui) > 0;
	case ACTION_ALL_ACCEPT:
		return fold_undecided(f->proposal) > 0;
	case ACTION_DIFF_COLUMNS:
	case ACTION_DIFF_TREE:
		return f->proposal != NULL && (id == ACTION_DIFF_COLUMNS ?
		    ui->diff.side || ui->layout.main.cols >= DIFF_SIDE_COLS :
		    f->proposal->files_len > 1 && ui->layout.main.cols >=
		    DIFF_COLUMNS_MIN);
	case ACTION_UNMARK:
		return ui->verdicts_at > 0;
	case ACTION_VERDICT_AGAIN:
		return ui->verdicts_at < ui->verdicts_len;
	case ACTION_CHECK:
		return f->test != NULL || f->plan.check != NULL ||
		    f->evidence.command != NULL;
	case ACTION_CHANGES:
	case ACTION_CHANGE_SWITCH:
		return f->changes_len > 0;
	default:
		return true;
	}
}

void
key_hints_words(const struct ui *ui, const struct action *a, int cols,
    struct buf *b)
{
	if (a->id == ACTION_SEND)
		effect_text(ui, cols, b);
	else if (a->id == ACTION_DIFF_COLUMNS && ui->diff.side)
		buf_adds(b, "stacked");
	else if (a->id == ACTION_DIFF_TREE && ui->diff.tree)
		buf_adds(b, "hide tree");
	else
		buf_adds(b, a->hint);
	if ((a->id == ACTION_ACCEPT || a->id == ACTION_REJECT) &&
	    diff_file(ui) != NULL)
		buf_adds(b, " file");
}
