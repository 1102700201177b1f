/* The box of a question beside the work: over the pane in front, as the help. */

#include "config.h"

#include "ui/panes/panes.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "ui/panes/ui-base.h"
#include "ui/text/markdown.h"
#include "ui/text/page.h"

/* The answer that the box shows; NULL: there is none yet. */
static const struct fold_item *
btw_answer(const struct ui *ui)
{
	const struct fold_item *it = fold_item_last(ui->fold, ITEM_ASIDE);

	return it == NULL || it->seq <= ui->btw_after ? NULL : it;
}

bool
btw_waits(const struct ui *ui)
{
	return ui->fold->aside.asked != NULL ||
	    (ui->btw_after > 0 && btw_answer(ui) == NULL);
}

void
btw_open(struct ui *ui, int64_t after)
{
	ui->btw_after = after;
	search_help(ui, HELP_BTW);
}

void
btw_leave(struct ui *ui)
{
	cJSON *o = command_of("btw");

	json_add_bool(o, "stop", true);
	if (btw_waits(ui))
		ui->send(ui->send_arg, o);
	else
		cJSON_Delete(o);
	search_help(ui, HELP_NOT);
}

void
btw_place(struct ui *ui, const struct rect *r)
{
	struct page *p = &ui->help_pane.page;
	const struct fold_aside *now = &ui->fold->aside;
	const struct fold_item *it = btw_answer(ui);
	struct markdown markdown = { 0 };
	const char *text = "";
	char *title;

	if (now->asked != NULL) {
		title = xasprintf("btw: %s", now->asked->btw.question);
		text = ev_str(now->text.p, "");
	} else {
		title = xstrdup(it == NULL ? "btw" : it->title);
		text = it == NULL ? "" : it->text;
	}
	page_clear(p, r->cols, ui->screen->flags);
	page_keep_take(p, title);
	page_add(p, STYLE_BOLD, NULL, NULL, title, strlen(title));
	page_row_add(p);
	markdown_add(&markdown, p, "  ", text, strlen(text));
	if (text[0] == '\0')
		page_adds(p, STYLE_DIM, btw_waits(ui) ? "  asking the model" :
		    "  nothing asked yet: /btw QUESTION asks");
	pane_place_page(&ui->help_pane, r);
}

/* The core refused the question: close its box. */
static void
btw_line(struct ui *ui, const struct event *e)
{
	if (e->type == EVENT_REFUSED && ev_is(e->refused.to, "btw") &&
	    ui->help == HELP_BTW)
		search_help(ui, HELP_NOT);
}

const struct ui_part part_btw = { .line = btw_line };
