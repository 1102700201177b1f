/*
 * Tables: aligned columns if there is room, else one row per line. A cell's
 * text stays in one piece.
 */
#include "config.h"

#include "base/mem.h"
#include "ui/text/markdown-int.h"

#include <string.h>

#include "base/buf.h"
#include "base/sanitize.h"
#include "ui/term/screen.h"

static bool
table_widths(const struct render *r, int widths[MARKDOWN_COLUMNS], int room)
{
	size_t i, column = 0;
	int w;

	memset(widths, 0, sizeof(*widths) * MARKDOWN_COLUMNS);
	for (i = 0; i < r->cells_len; i++) {
		const struct markdown_cell *c = &r->cells[i];

		if (column == MARKDOWN_COLUMNS)
			return false;
		w = sanitize_width(buf_str(&r->text) + c->from,
		    c->to - c->from, r->page->flags);
		if (w > room)
			return false;
		if (w > widths[column])
			widths[column] = w;
		column = c->last ? 0 : column + 1;
	}
	for (i = 0; i < MARKDOWN_COLUMNS; i++)
		room -= widths[i] + (i > 0 && widths[i] > 0 ? 3 : 0);
	return room >= 0;
}

bool
markdown_table(struct render *r, int width)
{
	int widths[MARKDOWN_COLUMNS], pad;
	bool fits = table_widths(r, widths, width);
	AUTO_FREE struct markdown_span *old = r->spans;
	struct buf text = r->text, out = BUF_INIT(0);
	size_t i, k = 0, old_len = r->spans_len, column = 0, from;

	r->spans = NULL;
	r->spans_len = 0;
	for (i = 0; i < r->cells_len; i++) {
		const struct markdown_cell *c = &r->cells[i];

		from = out.len;
		buf_add(&out, buf_str(&text) + c->from, c->to - c->from);
		if (c->head)
			markdown_span_add(r, from, out.len, STYLE_BOLD);
		for (; k < old_len && old[k].from < c->to; k++)
			markdown_span_add(r, old[k].from - c->from + from,
			    old[k].to - c->from + from, old[k].style);
		if (!c->last) {
			pad = fits ? widths[column] - sanitize_width(
			    buf_str(&out) + from, out.len - from,
			    r->page->flags) : 0;
			for (; pad > 0; pad--)
				buf_addc(&out, ' ');
			buf_adds(&out, " | ");
		} else if (i + 1 < r->cells_len) {
			buf_addc(&out, '\n');
		}
		column = c->last ? 0 : column + 1;
	}
	r->text = out;
	buf_release(&text);
	return fits;
}
