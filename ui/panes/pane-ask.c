/* Prompts that are neither plan nor proposal: a command that needs the user's
 * permission (without a sandbox), a limit that was reached. */
#include "config.h"

#include "ui/panes/panes.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "front/action.h"
#include "journal/fold.h"
#include "ui/base/displayed.h"
#include "ui/base/pane-data.h"
#include "ui/base/prompt-id.h"
#include "ui/base/ui-base.h"
#include "ui/layout/pane.h"
#include "ui/panes/limit.h"
#include "ui/term/screen.h"
#include "ui/text/page.h"

static void
ask_title(const struct ui *ui, int room, struct buf *b)
{
	(void)room;
	buf_adds(b, ui->fold->ask_command != NULL ? "run this command?"
						  : "limit reached");
}

static void
ask_draw(struct ui *ui, const struct rect *r)
{
	struct pane *pane = &ui->panes[PANE_ASK];
	struct page *page = &pane->page;
	const struct fold *f = ui->fold;
	struct seen *seen;
	char *id;
	size_t row;

	pane->asks = true;
	page_clear(page, r->cols, ui->screen.flags);
	if (f->ask_command != NULL) {
		page_addf(page, STYLE_BAD, "No sandbox on this host: %s would "
		    "run as you, with all your rights:", f->ask_own ?
		    "your command" : "the model's command");
		page_row_add(page);
		id = prompt_id_waiting(ui);
		seen = displayed_get(ui, id, strlen(f->ask_command));
		row = page_add(page, STYLE_BOLD, "  ", "  ", f->ask_command,
		    strlen(f->ask_command), false);
		page_set_seen(page, row, seen, f->ask_command,
		    strlen(f->ask_command));
		free(id);
		page_row_add(page);
		page_addf(page, STYLE_PLAIN, "%s runs it, %s rejects it.",
		    ui_key_of(ui, ACTION_ALLOW), ui_key_of(ui, ACTION_FORBID));
	} else if (f->pause != NULL)
		limit_page(ui, page);
	pane_draw_page(ui, pane, r);
}

const struct pane_ops pane_ask = {
	.name = "ask",
	.title = ask_title,
	.draw = ask_draw,
};
