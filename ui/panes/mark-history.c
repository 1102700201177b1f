/* See mark-history.h. */
#include "config.h"

#include "ui/panes/mark-history.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "journal/fold.h"
#include "ui/panes/ui-base.h"

void
mark_release(struct ui_mark *m)
{
	free(m->hunk);
	free(m->word);
	free(m->edit);
}

void
mark_copy(struct ui_mark *to, const struct ui_mark *from)
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
mark_is_equal(const struct ui_mark *a, const struct ui_mark *b)
{
	return a->mark == b->mark && strcmp(a->word == NULL ? "" : a->word,
	    b->word == NULL ? "" : b->word) == 0 &&
	    (a->edit == NULL) == (b->edit == NULL) &&
	    a->edit_len == b->edit_len && (a->edit == NULL ||
	    memcmp(a->edit, b->edit, a->edit_len) == 0);
}

static void
mark_history_cut(struct ui *ui, size_t len)
{
	struct ui_mark_step *v;
	size_t i;

	while (ui->marks.len > len) {
		v = &ui->marks.steps[--ui->marks.len];
		for (i = 0; i < v->len; i++) {
			mark_release(&v->was[i]);
			mark_release(&v->now[i]);
		}
		free(v->was);
		free(v->now);
	}
	if (ui->marks.at > len)
		ui->marks.at = len;
}

void
mark_history_clear(struct ui *ui)
{
	mark_history_cut(ui, 0);
	FREE_NULL(ui->marks.steps);
}

void
mark_history_add(struct ui *ui, const struct ui_mark *was,
    const struct ui_mark *now, size_t len)
{
	struct ui_mark_step *v;
	size_t i;

	mark_history_cut(ui, ui->marks.at);
	GROW(ui->marks.steps, ui->marks.len);
	v = &ui->marks.steps[ui->marks.len++];
	v->was = xcalloc(len + 1, sizeof(*v->was));
	v->now = xcalloc(len + 1, sizeof(*v->now));
	v->len = 0;
	for (i = 0; i < len; i++) {
		if (mark_is_equal(&was[i], &now[i]))
			continue;
		mark_copy(&v->was[v->len], &was[i]);
		mark_copy(&v->now[v->len++], &now[i]);
	}
	ui->marks.at = ui->marks.len;
	if (v->len == 0)
		mark_history_cut(ui, ui->marks.len - 1);
}

const struct ui_mark_step *
mark_history_back(struct ui *ui)
{
	return ui->marks.at > 0 ? &ui->marks.steps[--ui->marks.at] : NULL;
}

const struct ui_mark_step *
mark_history_again(struct ui *ui)
{
	return ui->marks.at < ui->marks.len ?
	    &ui->marks.steps[ui->marks.at++] : NULL;
}
