/* Prompts that are neither plan nor proposal: a command that needs the user's
 * permission (without a sandbox), a limit that was reached. */
#include "config.h"

#include "ui/panes/panes.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "front/bindings.h"
#include "journal/fold.h"
#include "review/review.h"
#include "ui/panes/limit.h"
#include "ui/panes/prompt-id.h"
#include "ui/panes/ui-base.h"
#include "ui/term/screen.h"
#include "ui/text/page.h"

static void
ask_title(const struct ui *ui, int room, struct buf *b)
{
	(void)room;
	buf_adds(b, ui->fold->ask.command == NULL ? "limit" :
	    fold_ask_words(ui->fold)->title);
}

/* Why it is asked, and what a yes allows, which must have been seen. */
static void
ask_subject(struct ui *ui, struct page *page)
{
	AUTO_BUF struct buf why = BUF_INIT(0), shown = BUF_INIT(0);
	const char *text;
	AUTO_FREE char *id = review_question(&ui->review);
	struct seen *seen;
	size_t row;

	fold_ask_why(&why, ui->fold);
	fold_ask_shown(&shown, ui->fold);
	/* The rows keep it. */
	text = page_keep_take(page, buf_take(&shown));
	seen = seen_get(&ui->review, id, strlen(text));
	page_addf(page, STYLE_BAD, "%s", buf_str(&why));
	page_row_add(page);
	row = page_add(page, STYLE_BOLD, "  ", "  ", text, strlen(text), false);
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
	page_add(page, STYLE_DIM, "  ", "  ", text, strlen(text), false);
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
	    "session, %s%s refuses.", ui_key_of(ui, ACTION_NET_ONCE),
	    ui_key_of(ui, ACTION_NET_SESSION), always == NULL ? "" : always,
	    ui_key_of(ui, ACTION_NET_REJECT));
}

static void
ask_draw(struct ui *ui, const struct rect *r)
{
	struct pane *pane = &ui->panes[PANE_ASK];
	struct page *page = &pane->page;
	const struct fold *f = ui->fold;
	bool outside = fold_asks_outside(f);

	pane->asks = true;
	page_clear(page, r->cols, ui->screen.flags);
	if (f->ask.command != NULL && f->net.asks) {
		ask_host(ui, page);
	} else if (f->ask.command != NULL) {
		ask_subject(ui, page);
		page_addf(page, STYLE_PLAIN, "%s%s%s %s, %s doesn't.",
		    ui_key_of(ui, ACTION_ALLOW), outside ? ", then " : "",
		    outside ? ui_key_of(ui, ACTION_CONFIRM) : "",
		    fold_ask_words(f)->yes, ui_key_of(ui, ACTION_FORBID));
	} else if (f->pause != NULL)
		limit_page(ui, page);
	pane_draw_page(ui, pane, r);
}

const struct pane_ops pane_ask = {
	.name = "ask",
	.title = ask_title,
	.draw = ask_draw,
};
