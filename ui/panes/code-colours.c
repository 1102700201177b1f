/* Blocks are read from their rows, which have all of their bytes. */
#include "config.h"

#include "ui/panes/code-colours.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "journal/command.h"
#include "journal/fold.h"
#include "ui/panes/ui-base.h"
#include "ui/panes/colours.h"
#include "ui/text/markdown.h"
#include "ui/text/page.h"

#define CODE_COLOURS_MAX	((size_t)128 << 10)	/* bytes of a block */
#define CODE_COLOURS_NAME	32	/* bytes of a language's name */

static bool
code_colours_is(const struct page *p, size_t row, int block)
{
	return row < p->len && p->rows[row].kind == MARKDOWN_CODE &&
	    p->rows[row].change == block;
}

/* The language that the row above the block's first names; NULL: none. */
static char *
code_colours_language(const struct page *p, size_t first)
{
	const struct page_row *r = &p->rows[first - 1];
	size_t i, n = 0;

	if (r->kind != MARKDOWN_FENCE || r->joins)
		return NULL;
	for (i = 0; i < r->len && (r->p[i] == '`' || r->p[i] == '~' ||
	    r->p[i] == ' '); i++)
		;
	while (i + n < r->len && (isalnum((unsigned char)r->p[i + n]) ||
	    memchr("+-#._", r->p[i + n], 5) != NULL))
		n++;
	return n == 0 || n > CODE_COLOURS_NAME ? NULL : xmemdup(r->p + i, n);
}

/* Ask for the block of this row, unless it was asked for or may still grow. */
static void
code_colours_ask(struct ui *ui, struct colours *c, const struct page *p,
    size_t row, bool grows)
{
	int block = p->rows[row].change;
	AUTO_BUF struct buf text = BUF_INIT(CODE_COLOURS_MAX);
	AUTO_FREE char *language = NULL;
	size_t first = row;
	bool fits = true;
	cJSON *o;

	if (c->asked_len > 0 || !ui->fold->live)
		return;
	while (first > 0 && code_colours_is(p, first - 1, block))
		first--;
	for (row = first; code_colours_is(p, row, block); row++) {
		if (row > first && !p->rows[row].joins)
			buf_addc(&text, '\n');
		fits = fits && buf_add(&text, p->rows[row].p,
		    p->rows[row].len) == 0;
	}
	/* The last row of an item is empty. */
	if ((grows && row + 1 >= p->len) || !colours_ask(ui, c, 0))
		return;
	language = first == 0 ? NULL : code_colours_language(p, first);
	if (language == NULL || !fits || text.len == 0)
		return;
	o = command_of("code");
	json_add_str(o, "id", c->name);
	json_add_str(o, "language", language);
	json_add_bytes(o, "text", buf_str(&text), text.len);
	ui->send(ui->send_arg, o);
}

void
code_colours_row(struct ui *ui, size_t item, struct page *p, size_t row)
{
	const struct fold *f = ui->fold;
	const struct page_row *r = &p->rows[row];
	bool grows = item >= f->items_len;
	AUTO_FREE char *name = NULL;
	struct colours *c;
	size_t first = row, last = row;

	p->ink_len = 0;
	if (!ui->colours.wanted || r->kind != MARKDOWN_CODE)
		return;
	name = grows ? xasprintf("partial %u.%d", f->partial.starts, r->change) :
	    xasprintf("code %lld.%d", (long long)f->items[item].seq,
	    r->change);
	c = colours_get(ui, name);
	code_colours_ask(ui, c, p, row, grows);
	while (first > 0 && p->rows[first].joins)
		first--;
	while (last + 1 < p->len && p->rows[last + 1].joins)
		last++;
	colours_ink(c, p, r->line, (size_t)(p->rows[last].p +
	    p->rows[last].len - p->rows[first].p),
	    (size_t)(r->p - p->rows[first].p), r->len);
}
