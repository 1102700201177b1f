/*
 * The view without changes of spaces alone: such lines are hidden, and the
 * header says how many. A verdict never covers what is hidden: a key that would
 * decide about it shows it instead.
 */
#include "config.h"

#include "ui/diff/diff.h"

#include "front/bindings.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"
#include "ui/panes/ui-base.h"
#include "ui/text/pairs.h"

/* The lines of the hunk that differ only in spaces: of both versions, the
 * larger number. */
static int
space_lines(struct ui *ui, const struct fold_hunk *h)
{
	const struct pairs *ps;
	size_t i;
	int old = 0, new = 0;

	if (h->edit != NULL || h->text_len == 0)
		return 0;
	ps = diff_pairs(ui, h);
	for (i = 0; i < ps->len; i++) {
		old += ps->v[i].space && ps->v[i].sign == '-';
		new += ps->v[i].space && ps->v[i].sign == '+';
	}
	return old > new ? old : new;
}

static int
space_lines_all(struct ui *ui)
{
	const struct fold_proposal *p = ui->fold->proposal;
	size_t i;
	int n = 0;

	for (i = 0; p != NULL && i < p->hunks_len; i++)
		n += space_lines(ui, p->hunks[i].hunk);
	return n;
}

bool
diff_space_hides(const struct ui *ui, const struct fold_hunk *h,
    const struct pair_line *l)
{
	/* An edited hunk is the user's own text. */
	return ui->diff.spaceless && l->space && h->edit == NULL;
}

void
diff_space_count(struct ui *ui)
{
	ui->diff.space_lines = ui->diff.spaceless ? space_lines_all(ui) : 0;
}

/* Show the lines again, and say why. */
static void
space_show(struct ui *ui, int n)
{
	ui->diff.spaceless = false;
	diff_again(ui);
	ui_notice(ui, "%d line%s hidden, not decided: look, then press it "
	    "again", n, n == 1 ? " was" : "s were");
}

bool
diff_space_reveal(struct ui *ui, char *const *ids, size_t len)
{
	const struct fold_hunk *h;
	size_t i;
	int n = 0;

	if (!ui->diff.spaceless)
		return false;
	for (i = 0; i < len; i++)
		if (fold_find_hunk(ui->fold, ids[i], &h) != NULL)
			n += space_lines(ui, h);
	if (n > 0)
		space_show(ui, n);
	return n > 0;
}

bool
diff_space_reveal_all(struct ui *ui)
{
	int n = ui->diff.spaceless ? space_lines_all(ui) : 0;

	if (n > 0)
		space_show(ui, n);
	return n > 0;
}

bool
diff_space_key(struct ui *ui, enum action_id id)
{
	int n;

	if (id != ACTION_DIFF_SPACES)
		return false;
	n = space_lines_all(ui);
	if (!ui->diff.spaceless && n == 0) {
		ui_notice(ui, "no line differs only in spaces");
		return true;
	}
	ui->diff.spaceless = !ui->diff.spaceless;
	diff_again(ui);
	/* The header says how many are hidden. */
	if (!ui->diff.spaceless)
		ui_notice(ui, "all lines shown");
	return true;
}
