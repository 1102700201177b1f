/*
 * The row above the panes: where the task is in its plan, or the task itself if
 * it has no plan.
 */
#include "config.h"

#include "ui/panes/panes.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "journal/fold.h"
#include "review/review.h"
#include "ui/panes/ui-base.h"
#include "ui/term/screen.h"
#include "ui/text/markdown.h"
#include "ui/text/page.h"

#define PLAN_STRIP_BYTES 8192

static bool
plan_strip_is_undo(const struct fold *f)
{
	return f->proposal != NULL && f->proposal->undo != 0;
}

/* Does the row show a plan? An earlier task's plan is in its pane only, and an
 * undo has none. */
static bool
plan_strip_has_plan(const struct ui *ui)
{
	return ui->fold->plan.version > 0 &&
	    ui->fold->plan.task != PLAN_OF_EARLIER &&
	    !plan_strip_is_undo(ui->fold);
}

char *
plan_words(const struct ui *ui, const char *words)
{
	AUTO(page_release) struct page page = { 0 };
	struct markdown md = { 0 };
	struct buf b = BUF_INIT(0);
	size_t i, n = words == NULL ? 0 : strlen(words);

	/* Longer than any row: cut, not within a character. */
	if (n > PLAN_STRIP_BYTES)
		for (n = PLAN_STRIP_BYTES; n > 0 &&
		    ((unsigned char)words[n] & 0xc0) == 0x80; n--)
			;
	page_clear(&page, PLAN_STRIP_BYTES, ui->screen->flags);
	if (n > 0)
		markdown_add(&md, &page, NULL, words, n);
	for (i = 0; i < page.len; i++) {
		if (b.len > 0 && page.rows[i].len > 0)
			buf_addc(&b, ' ');
		if (page.rows[i].prefix != NULL)
			buf_adds(&b, page.rows[i].prefix);
		buf_add(&b, page.rows[i].p, page.rows[i].len);
	}
	return buf_take(&b);
}

static bool
plan_strip_is_at(const struct ui *ui, size_t step)
{
	enum fold_step_at at = fold_step_at(ui->fold, step);

	return at == STEP_REVIEW || at == STEP_CURRENT;
}

/* The first step where the task is; steps_len if it is at none. */
static size_t
plan_strip_first(const struct ui *ui)
{
	size_t i = 0, n = ui->fold->plan.steps_len;

	while (i < n && !plan_strip_is_at(ui, i))
		i++;
	return i;
}

/* Are steps that are done under review? Then the task is at no other. */
static bool
plan_strip_is_reviewed(const struct ui *ui)
{
	size_t first = plan_strip_first(ui);

	return first < ui->fold->plan.steps_len &&
	    fold_step_at(ui->fold, first) == STEP_REVIEW;
}

/* Append the numbers of the steps where the task is, as "1, 3-4"; how many. */
static size_t
plan_strip_numbers(const struct ui *ui, struct buf *b)
{
	size_t i, from, many = 0, n = ui->fold->plan.steps_len;

	for (i = 0; i < n; i++) {
		if (!plan_strip_is_at(ui, i))
			continue;
		for (from = i; i + 1 < n && plan_strip_is_at(ui, i + 1); i++)
			;
		buf_addf(b, "%s%zu", many > 0 ? ", " : "", from + 1);
		if (i > from)
			buf_addf(b, "-%zu", i + 1);
		many += i - from + 1;
	}
	return many;
}

/* Append "step 2/3: " and its title, of the steps where the task is; false: at
 * none. */
static bool
plan_step_words(const struct ui *ui, struct buf *b)
{
	const struct fold_plan *p = &ui->fold->plan;
	AUTO_BUF struct buf numbers = BUF_INIT(0);
	size_t i, first = plan_strip_first(ui), many;

	if (!plan_strip_has_plan(ui) ||
	    (many = plan_strip_numbers(ui, &numbers)) == 0)
		return false;
	buf_addf(b, "step%s %s%s%zu: ", many == 1 ? "" : "s",
	    buf_str(&numbers), many == 1 ? "/" : " of ", p->steps_len);
	for (i = first; i < p->steps_len; i++) {
		AUTO_FREE char *text = !plan_strip_is_at(ui, i) ? NULL :
		    plan_words(ui, p->steps[i].title);

		if (text != NULL)
			buf_addf(b, "%s%s", i > first ? "; " : "", text);
	}
	return true;
}

/* Append our words; the model's after them, malloc'ed. */
static char *
plan_strip_plan(const struct ui *ui, struct buf *b)
{
	const struct fold_plan *p = &ui->fold->plan;
	const struct fold_evidence *e = &ui->fold->evidence;
	struct buf step = BUF_INIT(0);
	size_t done = 0, rejected = 0;

	if (plan_step_words(ui, &step)) {
		buf_adds(b, plan_strip_is_reviewed(ui) ? "reviewing " :
		    "\xe2\x96\xb8 ");
		return buf_take(&step);
	}
	MEM_EACH(p, steps, it) {
		rejected += it->state == FOLD_STEP_REJECTED;
		done += it->state == FOLD_STEP_DONE ||
		    it->state == FOLD_STEP_DECIDED;
	}
	if (p->status != FOLD_PLAN_APPROVED || p->steps_len == 0)
		buf_addf(b, "plan %s", fold_plan_words[p->status]);
	else if (done == p->steps_len && ui->fold->ended && !(e->known &&
	    e->exit != 0 && !e->stale && !e->partial))
		buf_addf(b, done == 1 ? "\xe2\x9c\x93 1 step done" :
		    "\xe2\x9c\x93 all %zu steps done", done);
	else
		buf_addf(b, "%zu of %zu step%s marked done", done,
		    p->steps_len, p->steps_len == 1 ? "" : "s");
	if (rejected > 0)
		buf_addf(b, ", %zu rejected", rejected);
	buf_adds(b, ": ");
	return plan_words(ui, p->goal);
}

/* What is asked: of `assent try` its command, of `assent review` what is
 * reviewed; NULL: nothing yet. */
static const char *
plan_strip_asked(const struct fold *f)
{
	const struct fold_item *it = fold_tried(f);

	return it != NULL ? it->title : ev_is(f->mode, "review") &&
	    f->task.first != NULL ? f->task.first : f->task.text;
}

int
plan_strip_rows(const struct ui *ui)
{
	return ui->screen->rows >= 8 && ui->at != PANE_PLAN &&
	    (plan_strip_has_plan(ui) || plan_strip_asked(ui->fold) != NULL);
}

/* The first line of the task; of a command that was tried, how that failed, too. */
static void
plan_strip_task(const struct ui *ui, const struct rect *r)
{
	const struct fold_item *it = fold_tried(ui->fold);
	const char *text = plan_strip_asked(ui->fold);
	AUTO_FREE char *task = xasprintf("%.*s", (int)strcspn(text, "\n"),
	    text);
	int x = r->x;

	if (it != NULL && !it->running && !it->ok) {
		AUTO_FREE char *how = xasprintf("%s: ", it->summary == NULL ?
		    "failed" : it->summary);

		x = screen_puts(ui->screen, r->y, x, r->cols, STYLE_BAD, how);
	}
	screen_puts(ui->screen, r->y, x, r->cols, STYLE_DIM, task);
}

void
plan_strip_draw(const struct ui *ui, const struct rect *r)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	AUTO_FREE char *text = NULL;
	int x;

	if (!plan_strip_has_plan(ui)) {
		plan_strip_task(ui, r);
		return;
	}
	text = plan_strip_plan(ui, &b);
	x = screen_own(ui->screen, r->y, r->x, r->cols, STYLE_BOLD,
	    buf_str(&b));
	screen_puts(ui->screen, r->y, x, r->cols, STYLE_PLAIN, text);
}
