/* The tail of what the running command, or the last one, has printed. */
#include "config.h"

#include <string.h>

#include "ui/state.h"

static void
output_title(const struct ui *ui, struct buf *b)
{
	if (ui->fold->output_title != NULL)
		buf_adds(b, ui->fold->output_title);
}

static void
output_draw(struct ui *ui, const struct rect *r)
{
	struct pane *pane = &ui->panes[PANE_OUTPUT];
	const char *p = ui->fold->output, *end, *line, *cr;
	size_t n = ui->fold->output_len, i;

	page_clear(&pane->page, r->cols, ui->screen.flags);
	if (n == 0)
		page_adds(&pane->page, STYLE_DIM,
		    "No command has printed anything.");
	for (i = 0; i < n; i = (size_t)(end - p) + 1) {
		line = p + i;
		end = memchr(line, '\n', n - i);
		if (end == NULL)
			end = p + n;
		/* A line that was written over shows its last state, with the
		 * mark of the return in front. */
		cr = end - line > 1 ? memrchr(line, '\r',
		    (size_t)(end - line) - 1) : NULL;
		if (cr != NULL)
			line = cr;
		page_add(&pane->page, STYLE_PLAIN, NULL, NULL, line,
		    (size_t)(end - line), false);
	}
	pane_draw_page(ui, pane, r);
}

const struct pane_ops pane_output = {
	.name = "output",
	.title = output_title,
	.draw = output_draw,
};
