/* The terminal's cells with their colours and attributes, for pictures. */
#include "config.h"

#include "vtdrive.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* "-": the terminal's own; a number of the 256; or #rrggbb. */
static void
cells_colour(struct buf *out, const VTermColor *c, bool own)
{
	if (own)
		buf_adds(out, " -");
	else if (VTERM_COLOR_IS_INDEXED(c))
		buf_addf(out, " %d", c->indexed.idx);
	else
		buf_addf(out, " #%02x%02x%02x", c->rgb.red, c->rgb.green,
		    c->rgb.blue);
}

/* FG BG ATTRIBUTES: letters for bold, dim, underline, italic, reverse. */
static void
cells_look(const VTermScreenCell *c, struct buf *out)
{
	size_t at;

	buf_clear(out);
	cells_colour(out, &c->fg, VTERM_COLOR_IS_DEFAULT_FG(&c->fg));
	cells_colour(out, &c->bg, VTERM_COLOR_IS_DEFAULT_BG(&c->bg));
	buf_addc(out, ' ');
	at = out->len;
	if (c->attrs.bold)
		buf_addc(out, 'b');
	if (c->attrs.underline)
		buf_addc(out, 'u');
	if (c->attrs.italic)
		buf_addc(out, 'i');
	if (c->attrs.reverse)
		buf_addc(out, 'r');
	if (out->len == at)
		buf_addc(out, '-');
}

void
drive_cells(const struct drive *d)
{
	struct buf look = BUF_INIT(0), run = BUF_INIT(0), text = BUF_INIT(0);
	VTermScreenCell cell;
	VTermPos pos = { 0, 0 }, cursor = { 0, 0 };
	int from, i, width;

	vterm_state_get_cursorpos(vterm_obtain_state(d->vt), &cursor);
	printf("cells %d %d %d %d\n", d->rows, d->cols,
	    d->cursor ? cursor.row : -1, cursor.col);
	for (pos.row = 0; pos.row < d->rows; pos.row++) {
		from = 0;
		for (pos.col = 0; pos.col < d->cols; pos.col += width) {
			memset(&cell, 0, sizeof(cell));
			vterm_screen_get_cell(d->screen, pos, &cell);
			width = cell.width > 1 ? cell.width : 1;
			cells_look(&cell, &look);
			if (pos.col > from && strcmp(buf_str(&run),
			    buf_str(&look)) != 0) {
				printf("%d %d %d%s %s\n", pos.row, from,
				    pos.col - from, buf_str(&run),
				    buf_str(&text));
				from = pos.col;
				buf_clear(&text);
			}
			buf_clear(&run);
			buf_adds(&run, buf_str(&look));
			for (i = 0; i < VTERM_MAX_CHARS_PER_CELL &&
			    cell.chars[i] != 0 &&
			    cell.chars[i] != (uint32_t)-1; i++)
				utf8_put(&text, cell.chars[i]);
			if (i == 0)
				buf_addc(&text, ' ');
		}
		printf("%d %d %d%s %s\n", pos.row, from, d->cols - from,
		    buf_str(&run), buf_str(&text));
		buf_clear(&text);
	}
	puts("ok");
	buf_release(&look);
	buf_release(&run);
	buf_release(&text);
}
