/* See verdicts.h. */
#include "config.h"

#include "ui/base/verdicts.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "journal/fold-proposal.h"
#include "ui/base/ui-base.h"

void
verdicts_mark_release(struct ui_mark *m)
{
	free(m->hunk);
	free(m->word);
	free(m->edit);
}

void
verdicts_mark_copy(struct ui_mark *to, const struct ui_mark *from)
{
	to->hunk = xstrdup(from->hunk);
	to->mark = from->mark;
	to->word = xstrdup_null(from->word);
	to->edit = from->edit == NULL ? NULL :
	    xmemdup(from->edit, from->edit_len);
	to->edit_len = from->edit_len;
}

/* The same decision, in the same words? */
static bool
verdicts_mark_equal(const struct ui_mark *a, const struct ui_mark *b)
{
	return a->mark == b->mark && strcmp(a->word == NULL ? "" : a->word,
	    b->word == NULL ? "" : b->word) == 0 &&
	    (a->edit == NULL) == (b->edit == NULL) &&
	    a->edit_len == b->edit_len && (a->edit == NULL ||
	    memcmp(a->edit, b->edit, a->edit_len) == 0);
}

static void
verdicts_cut(struct ui *ui, size_t len)
{
	struct ui_verdict *v;
	size_t i;

	while (ui->verdicts_len > len) {
		v = &ui->verdicts[--ui->verdicts_len];
		for (i = 0; i < v->len; i++) {
			verdicts_mark_release(&v->was[i]);
			verdicts_mark_release(&v->now[i]);
		}
		free(v->was);
		free(v->now);
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
verdicts_add(struct ui *ui, const struct ui_mark *was,
    const struct ui_mark *now, size_t len)
{
	struct ui_verdict *v;
	size_t i;

	verdicts_cut(ui, ui->verdicts_at);
	GROW(ui->verdicts, ui->verdicts_len);
	v = &ui->verdicts[ui->verdicts_len++];
	v->was = xcalloc(len + 1, sizeof(*v->was));
	v->now = xcalloc(len + 1, sizeof(*v->now));
	v->len = 0;
	for (i = 0; i < len; i++) {
		if (verdicts_mark_equal(&was[i], &now[i]))
			continue;
		verdicts_mark_copy(&v->was[v->len], &was[i]);
		verdicts_mark_copy(&v->now[v->len++], &now[i]);
	}
	ui->verdicts_at = ui->verdicts_len;
	if (v->len == 0)
		verdicts_cut(ui, ui->verdicts_len - 1);
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
