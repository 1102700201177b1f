/*
 * Kept by the content's hash, asked for in blocks of lines.
 */
#include "config.h"

#include "ui/diff/diff-colours.h"

#include <string.h>

#include "base/json.h"
#include "journal/command.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"
#include "ui/panes/ui-base.h"
#include "ui/diff/diff.h"
#include "ui/panes/colours.h"
#include "ui/text/page.h"
#include "ui/text/pairs.h"

#define COLOURS_BLOCK	128	/* lines asked for at once */
#define COLOURS_LINES	(1 << 20)	/* of a file */

/* The block with this line, from 0, unless it was asked for. */
static void
diff_colours_ask(struct ui *ui, struct colours *c, const struct fold_hunk *h,
    bool after, int line)
{
	size_t block = (size_t)line / COLOURS_BLOCK;
	cJSON *o;

	if (!colours_ask(ui, c, block))
		return;
	o = command_hunk(ui->fold->proposal, "colours", h->id);
	json_add_str(o, "side", after ? "after" : "before");
	json_add_int(o, "from", (int64_t)block * COLOURS_BLOCK + 1);
	json_add_int(o, "lines", COLOURS_BLOCK);
	ui->send(ui->send_arg, o);
}

/* A line of a hunk, as text and by its number and side. */
struct diff_colours_at {
	const char	*text;
	size_t		 len;
	int		 number;	/* from 1; 0: none */
	bool		 after;
};

static void
diff_colours_of_hunk(struct ui *ui, const struct fold_hunk *h,
    const struct page_row *r, struct diff_colours_at *at)
{
	const struct pairs *ps = diff_pairs(ui, h);
	const struct pair_line *l;
	const char *text;
	size_t len;

	if (r->line < 1 || (size_t)r->line > ps->len)
		return;
	l = &ps->v[r->line - 1];
	text = diff_text(h, &len);
	at->text = pairs_text(l, text, &at->len);
	/* An edited hunk's new lines are in no content. */
	at->after = l->sign == '+' || (l->sign == ' ' && h->edit == NULL);
	at->number = l->sign == '\\' || (l->sign == '+' && h->edit != NULL) ?
	    0 : at->after ? l->after : l->before;
}

/* A line around a hunk: its rows show all of it. */
static void
diff_colours_around(struct ui *ui, const struct page *p, size_t row,
    struct diff_colours_at *at)
{
	const struct page_row *last;
	size_t first = row;

	while (first > 0 && p->rows[first].joins)
		first--;
	while (row + 1 < p->len && p->rows[row + 1].joins)
		row++;
	last = &p->rows[row];
	at->text = p->rows[first].p;
	at->len = (size_t)(last->p + last->len - at->text);
	at->number = p->rows[first].number;
	at->after = !ui->diff.beside || p == &ui->diff.right;
}

void
diff_colours_row(struct ui *ui, struct page *p, size_t row)
{
	const struct page_row *r = &p->rows[row];
	const struct fold_hunk *h = diff_row_hunk(ui, r);
	struct diff_colours_at at = { .text = NULL };
	const struct fold_side *side;
	struct colours *c;

	p->ink_len = 0;
	if (!ui->colours.wanted || h == NULL || r->prefix == NULL)
		return;
	if (r->kind == DIFF_LINE)
		diff_colours_of_hunk(ui, h, r, &at);
	else
		diff_colours_around(ui, p, row, &at);
	if (at.text == NULL || at.number < 1 || at.number > COLOURS_LINES ||
	    r->p < at.text || r->p + r->len > at.text + at.len)
		return;
	side = at.after ? &ui->fold->proposal->files[r->file].after :
	    &ui->fold->proposal->files[r->file].before;
	if (!side->exists || side->hash == NULL)
		return;
	c = colours_get(ui, side->hash);
	diff_colours_ask(ui, c, h, at.after, at.number - 1);
	colours_ink(c, p, at.number, at.len, (size_t)(r->p - at.text), r->len);
}
