/* See verdicts.h. */
#include "config.h"

#include "ui/base/verdicts.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "journal/fold-proposal.h"
#include "ui/base/ui-base.h"

static void
verdicts_cut(struct ui *ui, size_t len)
{
	struct ui_verdict *v;
	size_t i;

	while (ui->verdicts_len > len) {
		v = &ui->verdicts[--ui->verdicts_len];
		for (i = 0; i < v->len; i++) {
			free(v->marks[i].hunk);
			free(v->marks[i].word);
			free(v->marks[i].edit);
		}
		free(v->marks);
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
verdicts_add(struct ui *ui, const struct ui_mark *marks, size_t len,
    bool clears)
{
	struct ui_verdict *v;
	struct ui_mark *m;
	size_t i;

	verdicts_cut(ui, ui->verdicts_at);
	GROW(ui->verdicts, ui->verdicts_len);
	v = &ui->verdicts[ui->verdicts_len++];
	v->marks = xcalloc(len + 1, sizeof(*v->marks));
	for (i = 0; i < len; i++) {
		m = &v->marks[i];
		m->hunk = xstrdup(marks[i].hunk);
		m->mark = marks[i].mark;
		m->word = xstrdup_null(marks[i].word);
		if (marks[i].edit != NULL)
			m->edit = xmemdup(marks[i].edit, marks[i].edit_len);
		m->edit_len = marks[i].edit_len;
	}
	v->len = len;
	v->clears = clears;
	ui->verdicts_at = ui->verdicts_len;
}

const struct ui_verdict *
verdicts_back(struct ui *ui)
{
	return ui->verdicts_at > 0 ? &ui->verdicts[--ui->verdicts_at] : NULL;
}

const struct ui_verdict *
verdicts_again(struct ui *ui)
{
	return ui->verdicts_at < ui->verdicts_len ?
	    &ui->verdicts[ui->verdicts_at++] : NULL;
}

const struct ui_mark *
verdicts_find(const struct ui *ui, const char *id)
{
	const struct ui_verdict *v;
	size_t i, k;

	for (i = ui->verdicts_at; i-- > 0;) {
		v = &ui->verdicts[i];
		for (k = 0; !v->clears && k < v->len; k++)
			if (strcmp(v->marks[k].hunk, id) == 0)
				return &v->marks[k];
	}
	return NULL;
}

bool
verdicts_may_mark(const struct ui *ui, bool back)
{
	size_t i, from = back ? 0 : ui->verdicts_at;
	size_t to = back ? ui->verdicts_at : ui->verdicts_len;

	for (i = from; i < to; i++)
		if (ui->verdicts[i].clears == back)
			return true;
	return false;
}
