/* All keys, from the table that dispatches them. */
#include "config.h"

#include <string.h>

#include "base/mem.h"
#include "ui/state.h"

static const struct {
	unsigned	 context;
	const char	*heading;
} help_parts[] = {
	{ ACTION_CTX_DIFF, "A proposal (diff)" },
	{ ACTION_CTX_PLAN, "A plan that waits" },
	{ ACTION_CTX_ASK, "A command that waits" },
	{ ACTION_CTX_PAUSE, "A limit that was reached" },
	{ ACTION_CTX_CONFIRM, "When a second key is wanted" },
	{ ACTION_CTX_PANE, "Everywhere" },
	{ ACTION_CTX_INPUT, "While typing" },
	{ ACTION_CTX_QUIT, "When leaving" },
};

void
help_draw(struct ui *ui, const struct rect *r)
{
	struct page *p = &ui->help_pane.page;
	size_t i, j;

	page_clear(p, r->cols, ui->screen.flags);
	page_adds(p, STYLE_DIM, "Any other key goes back.");
	for (i = 0; i < MEM_COUNT(help_parts); i++) {
		page_row_add(p);
		page_adds(p, STYLE_BOLD, help_parts[i].heading);
		for (j = 0; j < action_table_len; j++) {
			const struct action *a = &action_table[j];
			char *key;

			if ((a->contexts & help_parts[i].context) == 0)
				continue;
			key = xasprintf("  %-20s ", a->keys);
			page_keep_take(p, key);
			page_add(p, STYLE_PLAIN, key,
			    "                       ", a->help,
			    strlen(a->help), true);
		}
	}
	pane_draw_page(ui, &ui->help_pane, r);
}
