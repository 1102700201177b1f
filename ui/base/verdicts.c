/* See verdicts.h. */
#include "config.h"

#include "ui/base/verdicts.h"

#include <stdlib.h>

#include "base/mem.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"
#include "ui/base/send-decision.h"
#include "ui/base/ui-base.h"

static void
verdicts_cut(struct ui *ui, size_t len)
{
	struct ui_verdict *v;
	size_t i;

	while (ui->verdicts_len > len) {
		v = &ui->verdicts[--ui->verdicts_len];
		for (i = 0; i < v->len; i++)
			free(v->hunks[i]);
		free(v->hunks);
		free(v->word);
	}
	if (ui->verdicts_at > len)
		ui->verdicts_at = len;
}

void
verdicts_clear(struct ui *ui)
{
	verdicts_cut(ui, 0);
	FREE_NULL(ui->verdicts);
}

void
verdicts_add(struct ui *ui, char *const *hunks, size_t len, enum fold_mark mark,
    const char *word, bool edited)
{
	struct ui_verdict *v;
	size_t i;

	verdicts_cut(ui, ui->verdicts_at);
	GROW(ui->verdicts, ui->verdicts_len);
	v = &ui->verdicts[ui->verdicts_len++];
	v->hunks = xcalloc(len + 1, sizeof(*v->hunks));
	for (i = 0; i < len; i++)
		v->hunks[i] = xstrdup(hunks[i]);
	v->len = len;
	v->mark = mark;
	v->word = xstrdup_null(word);
	v->edited = edited;
	ui->verdicts_at = ui->verdicts_len;
}

bool
verdicts_holds(const struct ui *ui, const struct ui_verdict *v, const char *id)
{
	const struct fold_hunk *h;

	return fold_find_hunk(ui->fold, id, &h) != NULL && !h->decided &&
	    decision_mark(ui, h) == v->mark;
}

const struct ui_verdict *
verdicts_back(struct ui *ui)
{
	const struct ui_verdict *v;
	size_t i;

	while (ui->verdicts_at > 0) {
		v = &ui->verdicts[--ui->verdicts_at];
		for (i = 0; i < v->len; i++)
			if (verdicts_holds(ui, v, v->hunks[i]))
				return v;
	}
	return NULL;
}

const struct ui_verdict *
verdicts_again(struct ui *ui)
{
	return ui->verdicts_at < ui->verdicts_len ?
	    &ui->verdicts[ui->verdicts_at++] : NULL;
}
