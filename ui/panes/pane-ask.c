/* Prompts that are neither plan nor proposal: a command that needs the user's
 * permission (without a sandbox), a limit that was reached. */
#include "config.h"

#include "ui/panes/panes.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "front/bindings.h"
#include "journal/fold.h"
#include "review/review.h"
#include "ui/panes/ui-base.h"
#include "base/mem.h"
#include "ui/panes/composer.h"
#include "ui/panes/confirm.h"
#include "ui/text/input.h"
#include "ui/term/screen.h"
#include "ui/text/page.h"

/* ---- a limit that was reached: the usage, the possible answers, and the answer,
 * which can be an amount that the user types ---- */

/* Record row by row what was displayed, because the rows aren't parts of one
 * text. */
static void
limit_page_seen(struct ui *ui, struct page *page)
{
	AUTO_FREE char *id = review_wait_name(&ui->review, REVIEW_LIMIT);
	struct seen *seen = seen_get(&ui->review, id, page->len);
	size_t i;

	for (i = 0; i < page->len; i++) {
		page->rows[i].seen = seen;
		page->rows[i].seen_off = i;
		page->rows[i].seen_len = 1;
	}
}

bool
limit_is_shown(const struct ui *ui)
{
	const struct pane *pane = &ui->panes[PANE_ASK];
	AUTO_FREE char *id = review_wait_name(&ui->review, REVIEW_LIMIT);

	return seen_is_full(seen_find(&ui->review, id)) ||
	    pane->page.len <= (size_t)pane->height;
}

/* A key, and what it does. */
static void
limit_key_row(const struct ui *ui, struct page *page, enum action_id id,
    const char *text)
{
	const char *key = page_keep_take(page, xasprintf("  %s  ",
	    ui_way_of(ui, id)));
	size_t row = page_own(page, STYLE_PLAIN, key, "     ", text);

	page->rows[row].prefix_style = STYLE_KEY;
}

/* Ways on beyond a limit of the user's. */
static void
limit_rows_add(const struct ui *ui, struct page *page, const char *step)
{
	limit_key_row(ui, page, ACTION_EXTEND, page_keep_take(page,
	    step[0] == '\0' ? xstrdup("continue") : xasprintf("continue with %s "
	    "more", step)));
	if (step[0] != '\0')
		limit_key_row(ui, page, ACTION_EXTEND_BY,
		    "continue with an amount that you type");
	limit_key_row(ui, page, ACTION_WRAP, "wrap up: one last turn without "
	    "tools, then you review the changes");
}

static void
limit_page(struct ui *ui, struct page *page)
{
	const struct fold *f = ui->fold;
	AUTO_BUF struct buf b = BUF_INIT(0), used = BUF_INIT(0);
	AUTO_BUF struct buf step = BUF_INIT(0);

	fold_pause_words(f, &b, &used, &step);
	b.p[0] = (char)toupper((unsigned char)b.p[0]);
	page_addf(page, STYLE_BOLD, "%s.", buf_str(&b));
	if (fold_pause_until(f) > 0)
		limit_key_row(ui, page, ACTION_WAIT, "wait until then and go "
		    "on, also while you are detached");
	else
		limit_rows_add(ui, page, buf_str(&step));
	limit_key_row(ui, page, ACTION_STOP, "stop here; you review the "
	    "changes");
	page_row_add(page);
	page_addf(page, STYLE_PLAIN, "This task so far: %s.", buf_str(&used));
	if (f->staged_files > 0)
		page_addf(page, STYLE_PLAIN, "To review: %d file%s.",
		    f->staged_files, f->staged_files == 1 ? "" : "s");
	limit_page_seen(ui, page);
}

static bool
limit_key(struct ui *ui, enum action_id id)
{
	AUTO_FREE char *pause = NULL;

	switch (id) {
	case ACTION_EXTEND:
	case ACTION_WRAP:
	case ACTION_WAIT:
	case ACTION_STOP:
		confirm_choose(ui, id);
		return true;
	case ACTION_EXTEND_BY:
		if (fold_pause_kind(ui->fold) == LIMIT_REPEAT) {
			ui_notice(ui, "this limit has no amount · %s continues",
			    ui_key_of(ui, ACTION_EXTEND));
			return true;
		}
		pause = review_wait_name(&ui->review, REVIEW_LIMIT);
		typing_begin(ui, UI_EXTEND, pause);
		return true;
	default:
		return false;
	}
}

/* The user has typed the answer for a server. */
static void
answer_typed(struct ui *ui, const char *text)
{
	if (!draft_has_object(ui, UI_ANSWER, ui->purpose_id)) {
		draft_astray(ui, text, "that question was answered or is gone");
		return;
	}
	ui->send(ui->send_arg, offer_command(&ui->review, ACTION_ALLOW, text));
}

/* The user has typed the amount. */
static void
limit_typed(struct ui *ui, enum ui_purpose purpose, const char *text)
{
	int kind = fold_pause_kind(ui->fold);
	AUTO_FREE char *id = kind == LIMIT_NONE ? NULL :
	    review_wait_name(&ui->review, REVIEW_LIMIT);

	if (purpose == UI_ANSWER)
		answer_typed(ui, text);
	if (purpose != UI_EXTEND)
		return;
	if (id == NULL || ui->purpose_id == NULL ||
	    strcmp(id, ui->purpose_id) != 0)
		draft_astray(ui, text, "that limit was already answered");
	else if (limit_from_text((enum limit_kind)kind, text) < 0) {
		/* Let the user correct the amount in the input line. */
		typing_begin(ui, UI_EXTEND, id);
		input_set(&ui->input, text);
		ui_notice(ui, "not sent: %s", kind == LIMIT_MONEY ||
		    kind == LIMIT_DAY ?
		    "an amount is dollars, such as 0.50" :
		    kind == LIMIT_TIME ? "an amount is a time, such as 10m" :
		    "an amount is a number, such as 20 or 200k");
	} else {
		confirm_choose(ui, ACTION_EXTEND_BY);
		ui->confirm.subject = xstrdup(text);
	}
}

/* ---- the pane ---- */

static void
ask_title(const struct ui *ui, int room UNUSED, struct buf *b)
{
	buf_adds(b, ui->fold->ask.command == NULL ? "limit" :
	    fold_ask_row(&ui->fold->ask)->title);
}

/* Why it is asked, and what a yes allows, which must have been seen. */
static void
ask_subject(struct ui *ui, struct page *page)
{
	bool foreign = fold_ask_is(&ui->fold->ask, ASK_FOREIGN);
	const char *text;
	AUTO_FREE char *id = review_question(&ui->review);
	struct seen *seen;
	size_t row;

	/* The rows keep it. */
	text = page_keep_take(page, xstrdup(ui->fold->ask.shown));
	seen = seen_get(&ui->review, id, strlen(text));
	page_addf(page, STYLE_BAD, "%s", ui->fold->ask.why);
	page_row_add(page);
	row = page_theirs(page, foreign ? STYLE_PLAIN : STYLE_BOLD,
	    page_bar(page), page_bar(page), text, strlen(text), false);
	page_set_seen(page, row, seen, text, strlen(text));
	page_row_add(page);
}

/* Text of the model's, a few rows of it. */
static void
ask_quote(struct page *page, const char *title, const char *text)
{
	if (text == NULL)
		return;
	page_addf(page, STYLE_PLAIN, "%s", title);
	page_theirs(page, STYLE_DIM, page_bar(page), page_bar(page), text,
	    strlen(text), false);
	page_row_add(page);
}

static void
ask_host(struct ui *ui, struct page *page)
{
	AUTO_FREE char *always = NULL;

	ask_subject(ui, page);
	ask_quote(page, "The command:", ui->fold->net.ask_for);
	ask_quote(page, "The model said:", ui->fold->net.ask_reason);
	if (ui->save_host != NULL)
		always = xasprintf("%s every session (saved in your settings), ",
		    ui_key_of(ui, ACTION_NET_ALWAYS));
	page_addf(page, STYLE_PLAIN, "%s allows this command, %s this "
	    "session, %s%s rejects it.", ui_key_of(ui, ACTION_NET_ONCE),
	    ui_key_of(ui, ACTION_NET_SESSION), always == NULL ? "" : always,
	    ui_key_of(ui, ACTION_NET_REJECT));
}

static void
ask_place(struct ui *ui, const struct rect *r)
{
	struct pane *pane = &ui->panes[PANE_ASK];
	struct page *page = &pane->page;
	const struct fold *f = ui->fold;
	const struct fold_ask_row *row = fold_ask_row(&f->ask);
	bool outside = fold_ask_is(&f->ask, ASK_OUTSIDE);

	page_clear(page, r->cols, ui->screen->flags);
	if (f->ask.kind == ASK_HOST) {
		ask_host(ui, page);
	} else if (f->ask.command != NULL) {
		ask_subject(ui, page);
		page_addf(page, STYLE_PLAIN, "%s, then %s, %s, %s %s.",
		    ui_key_of(ui, ACTION_ALLOW), ui_key_of(ui, outside ?
		    ACTION_CONFIRM : ACTION_DO), row->yes, ui_key_of(ui,
		    ACTION_FORBID), row->no);
	} else if (f->pause != NULL)
		limit_page(ui, page);
	pane_place_page(pane, r);
}

static bool
ask_look(struct ui *ui, bool all, struct export *l)
{
	const struct fold_ask *ask = &ui->fold->ask;

	if (ask->command == NULL)
		return false;
	l->name = "question.txt";
	if (all)
		export_add(l, ui, ask->text, strlen(ask->text));
	else
		buf_adds(&l->text, ask->command);
	l->what = ui->fold->ask.kind == ASK_HOST ? "the host" : "the command";
	return true;
}

const struct pane_ops pane_ask = {
	.name = "ask",
	.title = ask_title,
	.place = ask_place,
	.key = limit_key,
	.look = ask_look,
};

const struct ui_part part_ask = { .text = limit_typed };
