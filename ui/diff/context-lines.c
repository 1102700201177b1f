/*
 * Unchanged lines around a hunk: requested from the core, kept by hunk. They
 * are no part of the hunk, and diff-hunk.c displays them as such.
 */
#include "config.h"

#include "ui/diff/context-lines.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "front/bindings.h"
#include "journal/command.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"
#include "ui/diff/diff.h"
#include "ui/panes/diff-data.h"
#include "ui/panes/pane-data.h"
#include "ui/panes/ui-base.h"

#define CONTEXT_LINES_FIRST	10	/* lines that the first key adds; each
					   further key doubles them */
#define CONTEXT_LINES_MOST	(1 << 24)

static void
context_lines_release(struct diff_around *a)
{
	free(a->hunk);
	free(a->before);
	free(a->above);
	free(a->below);
}

void
context_lines_drop(struct ui *ui)
{
	size_t i;

	for (i = 0; i < ui->diff.around_len; i++)
		context_lines_release(&ui->diff.around[i]);
	FREE_NULL(ui->diff.around);
	ui->diff.around_len = 0;
}

const struct diff_around *
context_lines_find(const struct ui *ui, const struct fold_file *f,
    const struct fold_hunk *h)
{
	size_t i;

	for (i = 0; i < ui->diff.around_len; i++) {
		const struct diff_around *a = &ui->diff.around[i];

		/* The file may have changed above an unchanged hunk. */
		if (strcmp(a->hunk, h->id) == 0 && a->start == h->old_start &&
		    f->before.hash != NULL && a->before != NULL &&
		    strcmp(a->before, f->before.hash) == 0)
			return a;
	}
	return NULL;
}

int
context_lines_below(const struct ui *ui, const struct fold_file *f,
    const struct fold_hunk *h)
{
	const struct diff_around *a = context_lines_find(ui, f, h);
	size_t i;
	int n = 0;

	for (i = 0; a != NULL && i < a->below_len; i++)
		n += a->below[i] == '\n' || i + 1 == a->below_len;
	return n;
}

static struct diff_around *
context_lines_get(struct ui *ui, const char *id)
{
	struct ui_diff *d = &ui->diff;
	size_t i, n = 0;
	const struct fold_hunk *h;

	for (i = 0; i < d->around_len; i++)
		if (strcmp(d->around[i].hunk, id) == 0)
			return &d->around[i];
	/* Drop the lines of hunks that are gone. */
	for (i = 0; i < d->around_len; i++) {
		if (fold_find_hunk(ui->fold, d->around[i].hunk, &h) == NULL)
			context_lines_release(&d->around[i]);
		else
			d->around[n++] = d->around[i];
	}
	GROW(d->around, n);
	d->around_len = n + 1;
	memset(&d->around[n], 0, sizeof(d->around[n]));
	d->around[n].hunk = xstrdup(id);
	return &d->around[n];
}

void
context_lines_line(struct ui *ui, const cJSON *line)
{
	const struct fold_hunk *h;
	const struct fold_file *f = fold_find_hunk(ui->fold,
	    json_str_or(line, "hunk", ""), &h);
	int64_t from = json_int(line, "from", 1);
	struct diff_around *a;

	if (f == NULL)
		return;
	a = context_lines_get(ui, h->id);
	free(a->before);
	free(a->above);
	free(a->below);
	a->before = xstrdup_null(f->before.hash);
	a->start = h->old_start;
	a->lines = (int)json_int(line, "lines", 0);
	a->above = json_get_bytes(line, "above", &a->above_len);
	a->below = json_get_bytes(line, "below", &a->below_len);
	a->above_from = from < 1 || from > h->old_start + 1 ? 1 : (int)from;
	a->all = json_bool(line, "top", false) &&
	    json_bool(line, "bottom", false);
	ui->panes[PANE_DIFF].made_seq = -1;
}

static void
context_lines_ask(struct ui *ui, const struct fold_hunk *h, int lines)
{
	cJSON *o = command_hunk(ui->fold->proposal, "around", h->id);

	json_add_int(o, "lines", lines);
	ui->send(ui->send_arg, o);
}

/* Request all lines around each hunk of the file; if they are here, hide
 * them. */
static void
context_lines_file_key(struct ui *ui, const struct fold_file *f)
{
	const struct diff_around *a;
	bool all = true;
	size_t i;

	for (i = 0; i < f->hunks_len; i++) {
		a = context_lines_find(ui, f, &f->hunks[i]);
		all = all && (f->hunks[i].text_len == 0 ||
		    (a != NULL && a->all));
	}
	for (i = 0; i < f->hunks_len; i++)
		if (f->hunks[i].text_len > 0)
			context_lines_ask(
			    ui, &f->hunks[i], all ? 0 : CONTEXT_LINES_MOST);
}

static int
context_lines_more(const struct diff_around *a)
{
	int lines = a == NULL ? 0 : a->lines;

	return lines == 0                   ? CONTEXT_LINES_FIRST
	       : lines < CONTEXT_LINES_MOST ? 2 * lines
					    : lines;
}

bool
context_lines_key(struct ui *ui, enum action_id id)
{
	const struct pane *pane = &ui->panes[PANE_DIFF];
	const struct fold_file *f;
	const struct fold_hunk *h = diff_hunk(ui, &f);
	const struct diff_around *a;
	int lines;

	if (id != ACTION_CONTEXT_MORE && id != ACTION_CONTEXT_LESS &&
	    id != ACTION_CONTEXT_ALL)
		return false;
	if (h == NULL) {
		ui_notice(ui, "no hunk here · %s goes to the next",
		    ui_key_of(ui, ACTION_HUNK_NEXT));
		return true;
	}
	/* Keep the change in view, not the head above it. */
	if (id != ACTION_CONTEXT_LESS && pane->page.len > pane->cur &&
	    pane->page.rows[pane->cur].kind == DIFF_HEAD)
		diff_goto_change(ui);
	if (id == ACTION_CONTEXT_ALL) {
		context_lines_file_key(ui, f);
		return true;
	}
	a = context_lines_find(ui, f, h);
	lines = a == NULL ? 0 : a->lines;
	if (id == ACTION_CONTEXT_MORE && a != NULL && a->all) {
		ui_notice(ui, "no more lines around this hunk");
		return true;
	}
	if (id == ACTION_CONTEXT_LESS && lines == 0) {
		ui_notice(ui, "no more context: the hunk covers it");
		return true;
	}
	if (id == ACTION_CONTEXT_MORE)
		lines = context_lines_more(a);
	else
		lines = lines <= CONTEXT_LINES_FIRST ? 0 : lines / 2;
	context_lines_ask(ui, h, lines);
	return true;
}
