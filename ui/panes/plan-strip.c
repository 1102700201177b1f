/*
 * The plan as a strip above the panes: goal, steps, check and sandbox,
 * as many as the rows allow. Without a plan: the task, or before it the sandbox.
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

/* That of an earlier task is in its pane only, and no plan is for an undo. */
static bool
plan_strip_has_plan(const struct ui *ui)
{
	return ui->fold->plan.version > 0 &&
	    ui->fold->plan.task != PLAN_OF_EARLIER &&
	    !plan_strip_is_undo(ui->fold);
}

int
plan_strip_rows(const struct ui *ui)
{
	int rows = ui->screen->rows;

	if (rows < 8 || ui->at == PANE_PLAN)
		return 0;
	if (!plan_strip_has_plan(ui) || rows < 16 ||
	    (ui->at == PANE_DIFF && rows <= LAYOUT_LOW_ROWS))
		return 1;
	return rows < 30 ? 2 : 4;
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

static int
plan_strip_put(const struct ui *ui, int y, int x, int x_end, enum style style,
    const char *words)
{
	AUTO_FREE char *text = plan_words(ui, words);

	x = screen_puts(ui->screen, y, x, x_end, style, text);
	return x;
}

static bool
plan_strip_is_ascii(const struct ui *ui)
{
	return (ui->screen->flags & (SANITIZE_ASCII | SANITIZE_SIGNS)) != 0;
}

/* Their cells in one row. */
static int
plan_strip_cols(const struct ui *ui)
{
	const struct fold_plan *p = &ui->fold->plan;
	int n = 0;

	EV_EACH(p, steps, step) {
		AUTO_FREE char *text = plan_words(ui, step->title);

		n += sanitize_width(text, strlen(text), ui->screen->flags) +
		    (int)sizeof("[ ] 12   ");
	}
	return n;
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

bool
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

/* Where the task is, if one row can't show all steps. */
static void
plan_strip_step(const struct ui *ui, int y, const struct rect *r)
{
	const struct fold_plan *p = &ui->fold->plan;
	const struct fold_evidence *e = &ui->fold->evidence;
	AUTO_BUF struct buf b = BUF_INIT(0), words = BUF_INIT(0);
	size_t done = 0, rejected = 0;
	int x;

	if (plan_step_words(ui, &words)) {
		x = screen_own(ui->screen, y, r->x, r->cols, STYLE_PLAIN,
		    plan_strip_is_reviewed(ui) ? "reviewing " :
		    "\xe2\x96\xb8 ");
		screen_puts(ui->screen, y, x, r->cols, STYLE_PLAIN,
		    buf_str(&words));
		return;
	}

	EV_EACH(p, steps, step) {
		rejected += step->state == FOLD_STEP_REJECTED;
		done += step->state == FOLD_STEP_DONE ||
		    step->state == FOLD_STEP_DECIDED;
	}
	if (done == p->steps_len && !(e->known && e->exit != 0 &&
	    e->stale == 0 && !e->partial))
		buf_addf(&b, "\xe2\x9c\x93 all %zu steps done", done);
	else
		buf_addf(&b, "%zu of %zu steps marked done", done,
		    p->steps_len);
	if (rejected > 0)
		buf_addf(&b, ", %zu rejected", rejected);
	screen_own(ui->screen, y, r->x, r->cols, STYLE_DIM, buf_str(&b));
}

/* Draw as many steps as fit, in `rows` rows or in one. */
static void
plan_strip_steps(const struct ui *ui, int y, int rows, const struct rect *r)
{
	const struct fold_plan *p = &ui->fold->plan;
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t i, from = 0;
	int x = r->x;

	if (rows == 1 && p->steps_len > 1 && (plan_strip_cols(ui) > r->cols ||
	    plan_strip_is_reviewed(ui))) {
		plan_strip_step(ui, y, r);
		return;
	}
	/* The steps before it scroll out, except the last one. */
	if (rows > 1 && p->steps_len > (size_t)rows) {
		from = plan_strip_first(ui);
		from -= from > 0;
		if (from > p->steps_len - (size_t)rows)
			from = p->steps_len - (size_t)rows;
	}
	for (i = from; i < p->steps_len && x < r->cols && rows > 0; i++) {
		bool done = fold_step_at(ui->fold, i) == STEP_DONE;

		buf_clear(&b);
		buf_addf(&b, "%s %zu ", done ? "\xe2\x9c\x93" :
		    plan_strip_is_at(ui, i) ? "\xe2\x96\xb8" :
		    ui->fold->ended || plan_strip_is_ascii(ui) ? "[ ]" : " ",
		    i + 1);
		x = screen_own(ui->screen, y, x, r->cols, done ? STYLE_DIM :
		    STYLE_PLAIN, buf_str(&b));
		x = plan_strip_put(ui, y, x, r->cols, done ? STYLE_DIM :
		    STYLE_PLAIN, p->steps[i].title);
		if (p->steps[i].state == FOLD_STEP_REJECTED ||
		    fold_step_at(ui->fold, i) == STEP_REVIEW)
			x = screen_puts(ui->screen, y, x, r->cols, STYLE_DIM,
			    p->steps[i].state == FOLD_STEP_REJECTED ?
			    " (rejected)" :
			    " (in review)");
		if (rows > 1) {
			x = r->x;
			y++;
			rows--;
		} else {
			x = screen_puts(ui->screen, y, x, r->cols,
			    STYLE_PLAIN, "  ");
		}
	}
}

static void
plan_strip_sandbox(const struct ui *ui, int y, const struct rect *r)
{
	struct screen *s = ui->screen;
	const char *why = ui->fold->sandbox.why;
	AUTO_BUF struct buf b = BUF_INIT(0);
	int x;

	if (ui->fold->sandbox.line == NULL)
		return;
	fold_add_sandbox(&b, ui->fold, true);
	x = screen_own(s, y, r->x, r->cols, STYLE_DIM, buf_str(&b));
	if (why == NULL)
		return;
	if (x + 3 + sanitize_width(why, strlen(why), s->flags) >
	    r->x + r->cols)
		why = "see assent doctor";
	x = screen_own(s, y, x, r->cols, STYLE_DIM, " \xc2\xb7 ");
	screen_puts(s, y, x, r->cols, STYLE_DIM, why);
}

/* What `assent review` shows; NULL: it is none. */
static const char *
plan_strip_review(const struct fold *f)
{
	return ev_is(f->mode, "review") ? f->task.first : NULL;
}

/* Without a plan: the task, unless there is more to say of the sandbox, such as
 * which hosts it reaches. */
static bool
plan_strip_has_task(const struct ui *ui)
{
	const struct fold *f = ui->fold;

	return fold_tried(f) != NULL || plan_strip_review(f) != NULL ||
	    (f->task.text != NULL &&
	    f->sandbox.why == NULL && f->net.entries_len == 0 &&
	    f->net.allowed_len == 0 && f->net.saved_len == 0);
}

bool
plan_strip_has_sandbox(const struct ui *ui, int rows)
{
	return ui->fold->sandbox.line != NULL && (rows > 3 || (rows > 0 &&
	    !plan_strip_has_plan(ui) && !plan_strip_has_task(ui)));
}

bool
plan_strip_has_request(const struct ui *ui)
{
	const char *text = ui->fold->task.text;

	return !plan_strip_has_plan(ui) && plan_strip_has_task(ui) &&
	    text != NULL && strchr(text, '\n') == NULL &&
	    sanitize_width(text, strlen(text), ui->screen->flags) <=
	    ui->screen->cols;
}

/* The first line of the task; of `assent try` its command, and how that failed. */
static void
plan_strip_task(const struct ui *ui, int y, const struct rect *r)
{
	const struct fold_item *it = fold_tried(ui->fold);
	const char *review = plan_strip_review(ui->fold);
	const char *text = it != NULL ? it->title : review != NULL ? review :
	    ui->fold->task.text;
	AUTO_FREE char *task = xasprintf("%.*s", (int)strcspn(text, "\n"),
	    text);
	int x = r->x;

	if (it != NULL && !it->running && !it->ok) {
		AUTO_FREE char *how = xasprintf("%s: ", it->summary == NULL ?
		    "failed" : it->summary);

		x = screen_puts(ui->screen, y, x, r->cols, STYLE_BAD, how);
	}
	screen_puts(ui->screen, y, x, r->cols, STYLE_DIM, task);
}

void
plan_strip_draw(const struct ui *ui, const struct rect *r)
{
	const struct fold_plan *p = &ui->fold->plan;
	const struct fold_evidence *e = &ui->fold->evidence;
	struct screen *s = ui->screen;
	const struct fold_check check = fold_check(ui->fold);
	bool other = review_is_unchecked(&ui->review);
	AUTO_BUF struct buf b = BUF_INIT(0);
	int x, y;

	if (!plan_strip_has_plan(ui)) {
		if (plan_strip_has_task(ui))
			plan_strip_task(ui, r->y, r);
		else
			plan_strip_sandbox(ui, r->y, r);
		return;
	}
	buf_addf(&b, "plan v%d %s: ", p->version - p->before,
	    fold_plan_words[p->status]);
	x = screen_puts(s, r->y, r->x, r->cols, STYLE_BOLD, buf_str(&b));
	plan_strip_put(ui, r->y, x, r->cols, STYLE_PLAIN, p->goal);
	if (r->rows > 1)
		plan_strip_steps(ui, r->y + 1, r->rows > 4 ? r->rows - 3 : 1,
		    r);
	if (r->rows > 2) {
		y = r->rows > 4 ? r->y + r->rows - 2 : r->y + 2;
		x = screen_puts(s, y, r->x, r->cols, STYLE_DIM,
		    "check: ");
		x = screen_puts(s, y, x, r->cols, STYLE_PLAIN,
		    p->check == NULL ? "(no check)" : p->check);
		buf_clear(&b);
		/* The header of the diff says it. Nothing that could still be
		 * decided: nothing is stale. */
		if (ui->at == PANE_DIFF && fold_undecided(ui->fold->proposal) > 0)
			;
		else if (!e->running && check.ran && check.since[0] != '\0')
			buf_addf(&b, "  (not run%s)", check.since);
		else if (e->running || (check.ran &&
		    (!e->stale || fold_undecided(ui->fold->proposal) > 0)))
			buf_addf(&b, "  %s(%s)",
			    check.early ? "accepted so far: " :
			    e->partial ? "accepted hunks alone: " :
			    other ? "with all hunks: " : "",
			    check.state);
		screen_puts(s, y, x, r->cols, e->running ||
		    e->stale || other ? STYLE_DIM :
		    e->exit == 0 ? STYLE_GOOD :
		    check.early ? STYLE_DIM : STYLE_BAD, buf_str(&b));
	}
	if (r->rows > 3)
		plan_strip_sandbox(ui, r->y + r->rows - 1, r);
}
