/*
 * Kept by the content's hash, in blocks of lines: what was asked for once isn't
 * asked for again.  The core has checked what the lexer said; here nothing is
 * believed but offsets inside a line of the same length.
 */
#include "config.h"

#include "ui/diff/diff-colours.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "journal/command.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"
#include "journal/syntax-class.h"
#include "ui/base/diff-data.h"
#include "ui/base/pane-data.h"
#include "ui/base/ui-base.h"
#include "ui/diff/diff.h"
#include "ui/text/page.h"
#include "ui/text/pairs.h"

#define COLOURS_BLOCK	128	/* lines asked for at once */
#define COLOURS_LINES	(1 << 20)	/* of a file */
#define COLOURS_FILES	32	/* then all are asked for anew */
#define COLOURS_REFUSED	8	/* then no more is asked for */

struct diff_colours {
	char		*hash;
	bool		 none;		/* it has no colours */
	bool		*asked;		/* one for each block */
	size_t		 asked_len;
	char		**lines;	/* as sent; NULL: not here */
	size_t		 lines_len;
};

static void
diff_colours_release(struct diff_colours *c)
{
	size_t i;

	for (i = 0; i < c->lines_len; i++)
		free(c->lines[i]);
	free(c->lines);
	free(c->asked);
	free(c->hash);
}

void
diff_colours_drop(struct ui *ui)
{
	struct ui_diff *d = &ui->diff;
	size_t i;

	for (i = 0; i < d->colours_len; i++)
		diff_colours_release(&d->colours[i]);
	FREE_NULL(d->colours);
	d->colours_len = 0;
}

static struct diff_colours *
diff_colours_find(struct ui *ui, const char *hash)
{
	struct ui_diff *d = &ui->diff;
	size_t i;

	for (i = 0; i < d->colours_len; i++)
		if (strcmp(d->colours[i].hash, hash) == 0)
			return &d->colours[i];
	return NULL;
}

static struct diff_colours *
diff_colours_get(struct ui *ui, const char *hash)
{
	struct ui_diff *d = &ui->diff;
	struct diff_colours *c = diff_colours_find(ui, hash);

	if (c != NULL)
		return c;
	if (d->colours_len == COLOURS_FILES)
		diff_colours_drop(ui);
	GROW(d->colours, d->colours_len);
	c = &d->colours[d->colours_len++];
	memset(c, 0, sizeof(*c));
	c->hash = xstrdup(hash);
	return c;
}

/* ---- asking ---- */

/* The block with this line, from 0, unless it was asked for. */
static void
diff_colours_ask(struct ui *ui, struct diff_colours *c,
    const struct fold_hunk *h, bool after, int line)
{
	size_t block = (size_t)line / COLOURS_BLOCK;
	cJSON *o;

	if (c->none || ui->diff.refused >= COLOURS_REFUSED)
		return;
	if (block >= c->asked_len) {
		c->asked = xreallocarray(c->asked, block + 1,
		    sizeof(*c->asked));
		memset(c->asked + c->asked_len, 0, (block + 1 -
		    c->asked_len) * sizeof(*c->asked));
		c->asked_len = block + 1;
	}
	if (c->asked[block])
		return;
	c->asked[block] = true;
	o = command_hunk(ui->fold->proposal, "colours", h->id);
	json_add_str(o, "side", after ? "after" : "before");
	json_add_int(o, "from", (int64_t)block * COLOURS_BLOCK + 1);
	json_add_int(o, "lines", COLOURS_BLOCK);
	ui->send(ui->send_arg, o);
}

static void
diff_colours_put(struct diff_colours *c, size_t at, const char *text)
{
	size_t len;

	if (at >= c->lines_len) {
		len = (at / COLOURS_BLOCK + 1) * COLOURS_BLOCK;
		c->lines = xreallocarray(c->lines, len, sizeof(*c->lines));
		memset(c->lines + c->lines_len, 0, (len - c->lines_len) *
		    sizeof(*c->lines));
		c->lines_len = len;
	}
	free(c->lines[at]);
	c->lines[at] = xstrdup(text);
}

bool
diff_colours_line(struct ui *ui, const cJSON *line)
{
	int64_t at = json_int(line, "from", 0) - 1;
	struct diff_colours *c;
	const cJSON *it;

	if (json_is(line, "type", "refused") &&
	    json_is(line, "to", "colours")) {
		ui->diff.refused++;
		return true;
	}
	if (!json_is(line, "type", "colours"))
		return false;
	c = diff_colours_find(ui, json_str_or(line, "hash", ""));
	if (c == NULL || at < 0)
		return true;
	c->none = json_bool(line, "none", false);
	cJSON_ArrayForEach(it, json_array(line, "lines")) {
		if (at >= COLOURS_LINES)
			break;
		if (cJSON_IsString(it))
			diff_colours_put(c, (size_t)at, it->valuestring);
		at++;
	}
	return true;
}

/* ---- drawing ---- */

static enum syntax_class
diff_colours_class(char letter)
{
	const char *at = letter == '\0' ? NULL :
	    strchr(SYNTAX_LETTERS, letter);

	return at == NULL ? SYNTAX_REST :
	    (enum syntax_class)(at - SYNTAX_LETTERS);
}

/* Colours of a line of n bytes, of which the row shows those from `off` on. */
static void
diff_colours_ink(struct page *p, const char *text, size_t n, size_t off,
    size_t len)
{
	unsigned long at, to;
	char *s;

	if (strtoul(text, &s, 10) != n)
		return;		/* another line */
	while (*s == ' ') {
		at = strtoul(s + 1, &s, 10);
		if (*s != '+')
			return;
		to = strtoul(s + 1, &s, 10);
		if (at > n || to > n - at || *s == '\0')
			return;
		to += at;
		if (to > off && at < off + len)
			page_ink_add(p, at < off ? 0 : at - off,
			    to - off > len ? len : to - off,
			    diff_colours_class(*s));
		s++;
	}
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
	struct diff_colours *c;

	p->ink_len = 0;
	if (!ui->diff.coloured || h == NULL || r->prefix == NULL)
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
	c = diff_colours_get(ui, side->hash);
	diff_colours_ask(ui, c, h, at.after, at.number - 1);
	if ((size_t)at.number <= c->lines_len &&
	    c->lines[at.number - 1] != NULL)
		diff_colours_ink(p, c->lines[at.number - 1], at.len,
		    (size_t)(r->p - at.text), r->len);
}
