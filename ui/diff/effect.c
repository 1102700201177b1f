/*
 * What it does to send the marks, or those that a key would leave, in words.
 */
#include "config.h"

#include "ui/diff/diff.h"

#include <string.h>

#include "base/buf.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"
#include "ui/base/send-decision.h"
#include "ui/base/ui-base.h"

#define EFFECT_REST_COLS 160	/* for what isn't written */
#define EFFECT_FILES_COLS 120	/* for the number of files */

struct effect
effect_count(const struct ui *ui, effect_mark_cb *mark, const void *arg)
{
	const struct fold_proposal *p = ui->fold->proposal;
	struct effect e = { .closes = p->undo == 0 ? NULL :
	    diff_redoes(ui) ? "redo" : "undo" };
	size_t i, j;

	for (i = 0; i < p->files_len; i++) {
		bool any = false;

		for (j = 0; j < p->files[i].hunks_len; j++) {
			const struct fold_hunk *h = &p->files[i].hunks[j];
			enum fold_mark m = mark(ui, &p->files[i], h, arg);

			if (h->decided)
				continue;
			e.all++;
			e.yes += m == MARK_YES;
			e.no += m == MARK_NO;
			e.open += m == MARK_NONE;
			any = any || m == MARK_YES;
		}
		e.files += any;
	}
	return e;
}

enum fold_mark
effect_as_marked(const struct ui *ui, const struct fold_file *f,
    const struct fold_hunk *h, const void *arg)
{
	(void)f, (void)arg;
	return decision_mark(ui, h);
}

bool
effect_tells(const struct ui *ui, bool more)
{
	const struct fold_proposal *p = ui->fold->proposal;
	const struct fold_hunk *h;
	size_t i, k;

	/* As in the core's feedback. */
	if (p->undo != 0 || (ui->fold->mode != NULL && strcmp(ui->fold->mode,
	    "try") == 0))
		return false;
	for (i = 0; i < p->hunks_len; i++) {
		h = p->hunks[i].hunk;
		more = more || (h->mark == MARK_NO && h->word != NULL);
		for (k = 0; k < h->comments_len; k++)
			more = more || h->comments[k].answer == NULL;
	}
	return more || !p->final;
}

static const char *
effect_many(size_t n)
{
	return n == 1 ? "" : "s";
}

void
effect_text(const struct effect *e, int cols, struct buf *b)
{
	size_t n = e->yes > 0 ? e->yes : e->no;

	if (e->yes == 0 && e->open == 0 && e->closes != NULL) {
		buf_addf(b, "close the %s, nothing changes", e->closes);
		return;
	}
	buf_adds(b, e->yes > 0 ? "write " : "reject ");
	if (n < e->all)
		buf_addf(b, "%zu of %zu", n, e->all);
	else if (cols < EFFECT_FILES_COLS && n == 1)
		buf_adds(b, "it");
	else
		buf_addf(b, "%s%zu", cols < EFFECT_FILES_COLS ? "all " : "", n);
	if (cols < EFFECT_FILES_COLS)
		return;
	buf_addf(b, " hunk%s", effect_many(e->all));
	if (e->yes > 0)
		buf_addf(b, " in %zu file%s", e->files, effect_many(e->files));
	if (cols < EFFECT_REST_COLS)
		return;
	if (e->yes > 0 && e->no > 0)
		buf_addf(b, "; %zu rejected", e->no);
	if (e->open > 0)
		buf_addf(b, "%s%zu stay%s open", e->yes > 0 && e->no > 0 ?
		    ", " : "; ", e->open, e->open == 1 ? "s" : "");
}

void
effect_question(const struct effect *e, struct buf *b)
{
	buf_addf(b, "Write %zu", e->yes);
	if (e->yes < e->all)
		buf_addf(b, " of %zu", e->all);
	buf_addf(b, " hunk%s in %zu file%s", effect_many(e->all), e->files,
	    effect_many(e->files));
	if (e->no > 0)
		buf_addf(b, ", reject %zu", e->no);
	buf_addc(b, '?');
}

void
effect_say_all(struct ui *ui)
{
	struct effect e = effect_count(ui, effect_as_marked, NULL);
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (e.open > 0) {
		ui_notice(ui, "%zu undecided hunk%s hidden · %s shows all",
		    e.open, e.open == 1 ? " is" : "s are", ui_key_of(ui,
		    ACTION_NEWS));
		return;
	}
	effect_text(&e, 0, &b);
	ui_notice(ui, "every hunk is decided · %s: %s", ui_key_of(ui,
	    ACTION_SEND), buf_str(&b));
}

void
effect_say_marked(struct ui *ui, size_t n, const char *what, const char *rest)
{
	struct effect e = effect_count(ui, effect_as_marked, NULL);
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (e.yes == 0 && e.open == 0 && e.closes != NULL)
		buf_adds(&b, "kept as it is");
	else if (n > 0)
		buf_addf(&b, "%zu hunk%s %s%s", n, effect_many(n), what, rest);
	else
		buf_addf(&b, "%s%s", what, rest);
	buf_addf(&b, " · %s: ", ui_key_of(ui, ACTION_SEND));
	if (e.yes > 0 || e.closes != NULL)
		effect_text(&e, 0, &b);
	else
		buf_addf(&b, "reject %s", effect_tells(ui, false) ?
		    "and tell the model" : "for good");
	ui_notice(ui, "%s · %s: take back", buf_str(&b),
	    ui_key_of(ui, ACTION_UNMARK));
	/* The cursor may be on another hunk: its keys are below. */
	ui_notice_stay(ui);
}

static bool
effect_is_edited(const struct fold_proposal *p)
{
	size_t i, j;

	for (i = 0; i < p->files_len; i++)
		for (j = 0; j < p->files[i].hunks_len; j++)
			if (p->files[i].hunks[j].edit != NULL)
				return true;
	return false;
}

void
effect_check(const struct ui *ui, const struct effect *e, struct buf *b)
{
	const struct fold_proposal *p = ui->fold->proposal;
	const struct fold_evidence *check = &ui->fold->evidence;

	if (p->undo != 0)
		return;
	if (check->whole != NULL && e->yes == e->all && !effect_is_edited(p)) {
		buf_addf(b, " Check %s on this.", strcmp(check->whole,
		    "passed") == 0 ? "passed" : "FAILED");
		return;
	}
	if (check->running || !fold_check_has_run(check) ||
	    check->killed != NULL)
		return;
	if (e->yes < e->all || check->stale || effect_is_edited(p))
		buf_adds(b, " Check not run on this choice.");
}
