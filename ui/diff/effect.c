/*
 * What it does to send the marks, or those that a key would leave, in words.
 */
#include "config.h"

#include "ui/diff/effect.h"

#include <string.h>

#include "base/buf.h"
#include "base/sanitize.h"
#include "journal/fold.h"
#include "ui/diff/diff.h"
#include "review/review.h"
#include "ui/panes/ui-base.h"

#define EFFECT_NAMED 3		/* files that a question names */

struct effect
effect_count(const struct ui *ui, effect_mark_cb *mark, const void *arg)
{
	const struct fold_proposal *p = ui->fold->proposal;
	struct effect e = { 0 };
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
	return review_mark_of(&ui->review, h);
}

static const char *
effect_many(size_t n)
{
	return n == 1 ? "" : "s";
}

bool
effect_has_model(const struct ui *ui)
{
	return ui->fold->proposal != NULL && ui->fold->proposal->undo == 0 &&
	    (ui->fold->mode == NULL || strcmp(ui->fold->mode, "try") != 0);
}

bool
effect_tells(const struct ui *ui, bool more)
{
	struct fold_words n = fold_words(ui->fold->proposal);

	return effect_has_model(ui) && (more || n.reasons + n.comments > 0 ||
	    !ui->fold->proposal->final);
}

void
effect_text(const struct effect *e, struct buf *b)
{
	size_t n = e->yes > 0 ? e->yes : e->no;

	buf_adds(b, e->yes > 0 ? "write " : "reject ");
	if (n < e->all)
		buf_addf(b, "%zu of %zu", n, e->all);
	else if (n == 1)
		buf_adds(b, "it");
	else
		buf_addf(b, "all %zu", n);
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
effect_undo(const struct ui *ui, struct buf *b)
{
	const struct fold_proposal *p = ui->fold->proposal;
	const struct fold_file *last = NULL;
	AUTO_BUF struct buf names = BUF_INIT(0);
	bool redo = diff_redoes(ui);
	size_t i, hunks = 0, files = 0;

	for (i = 0; i < p->hunks_len; i++) {
		const struct fold_hunk *h = p->hunks[i].hunk;

		if (h->decided || review_mark_of(&ui->review, h) == MARK_NO)
			continue;
		hunks++;
		if (last == p->hunks[i].file)
			continue;
		last = p->hunks[i].file;
		if (files++ > EFFECT_NAMED)
			continue;
		buf_adds(&names, files == 1 ? "" : ", ");
		if (files > EFFECT_NAMED)
			buf_adds(&names, "...");
		else
			sanitize_name(&names, last->path_bytes);
	}
	buf_addf(b, "%s %zu hunk%s in %zu file%s (%s)%s.", redo ?
	    "Redo: writes" : "Undo: puts back", hunks, effect_many(hunks),
	    files, effect_many(files), buf_str(&names), redo ? " again" : "");
}

void
effect_say_all(struct ui *ui)
{
	struct effect e = effect_count(ui, effect_as_marked, NULL);
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (e.open > 0) {
		ui_notice(ui, "%zu open hunk%s hidden · %s shows all",
		    e.open, e.open == 1 ? " is" : "s are", ui_key_of(ui,
		    ACTION_NEWS));
		return;
	}
	effect_text(&e, &b);
	ui_notice(ui, "no hunk is open · %s: %s", ui_key_of(ui,
	    ACTION_SEND), buf_str(&b));
}

void
effect_say_marked(struct ui *ui, size_t n, const char *what, const char *rest)
{
	struct effect e = effect_count(ui, effect_as_marked, NULL);
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (n > 0)
		buf_addf(&b, "%zu hunk%s %s%s", n, effect_many(n), what, rest);
	else
		buf_addf(&b, "%s%s", what, rest);
	buf_addf(&b, " · %s: ", ui_key_of(ui, ACTION_SEND));
	if (e.yes > 0)
		effect_text(&e, &b);
	else
		buf_addf(&b, "reject %s", effect_tells(ui, false) ?
		    "and tell the model" : "and end the review");
	ui_notice(ui, "%s · %s: undo", buf_str(&b),
	    ui_key_of(ui, ACTION_UNDO));
	/* The cursor may be on another hunk: its keys are below. */
	ui_notice_stay(ui);
}

static bool
effect_is_edited(const struct fold_proposal *p)
{
	size_t i;

	for (i = 0; i < p->hunks_len; i++)
		if (p->hunks[i].hunk->edit != NULL)
			return true;
	return false;
}

void
effect_check(const struct ui *ui, const struct effect *e, bool all,
    struct buf *b)
{
	const struct fold_proposal *p = ui->fold->proposal;
	const struct fold_evidence *check = &ui->fold->evidence;

	if (p->undo != 0) {
		if (diff_check_is_old(ui))
			buf_adds(b, " Check not run on these hunks.");
		return;
	}
	/* What it ran on counts, not when. */
	if (e->yes == e->all && !effect_is_edited(p)) {
		if (check->whole != NULL) {
			buf_addf(b, " Their check %s.", strcmp(check->whole,
			    "passed") == 0 ? "passed" : "FAILED");
			return;
		}
		if (check->running && !fold_check_is_partial(check)) {
			buf_adds(b, " Their check is still running.");
			return;
		}
	}
	if (fold_check_has_run(check) ? check->killed != NULL &&
	    !fold_not_run(check->killed) : ui->fold->test == NULL &&
	    ui->fold->plan.check == NULL)
		return;
	buf_adds(b, " Check not run on these hunks");
	/* No key marks and runs at once: the question must not be passed by
	 * keys that were meant for something else. */
	if (all)
		buf_addf(b, ". To run it: Esc, mark the rest (%s), then "
		    "%s", ui_key_of(ui, ACTION_REST_ACCEPT),
		    ui_key_of(ui, ACTION_CHECK));
	buf_addc(b, '.');
}
