/*
 * What was asked for once isn't asked for again.  The core has checked what the
 * lexer said; here nothing is believed but offsets inside a line of the same
 * length.
 */

#include "config.h"

#include "ui/panes/panes.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "ui/panes/ui-base.h"
#include "ui/text/markdown.h"
#include "ui/text/page.h"

#define COLOURS_KEPT	128	/* then all are asked for anew */
#define COLOURS_REFUSED	8	/* then no more is asked for */

struct colours {
	char		*name;
	bool		 none;		/* it has no colours */
	int64_t		 since;		/* of a text that comes: complete */
	bool		*asked;		/* one for each block of lines */
	size_t		 asked_len;
	char		**lines;	/* as sent; NULL: not here */
	size_t		 lines_len;
};

static void
colours_release(struct colours *c)
{
	MEM_EACH(c, lines, it)
		free(*it);
	FREE_ALL(c->lines, c->asked, c->name);
}

static void
colours_drop(struct ui *ui)
{
	MEM_EACH(&ui->colours, list, c)
		colours_release(c);
	FREE_NULL(ui->colours.list);
	ui->colours.list_len = 0;
}

static struct colours *
colours_get(struct ui *ui, const char *name)
{
	struct colours *c = MEM_FIND_IN(ui->colours.list, ui->colours.list_len,
	    name);

	if (c != NULL)
		return c;
	if (ui->colours.list_len == COLOURS_KEPT)
		colours_drop(ui);
	c = GROW_ADD(ui->colours.list, ui->colours.list_len);
	c->name = xstrdup(name);
	return c;
}

static bool
colours_ask(const struct ui *ui, struct colours *c, size_t block)
{
	if (c->none || ui->colours.refused >= COLOURS_REFUSED)
		return false;
	if (block >= c->asked_len) {
		c->asked = xreallocarray(c->asked, block + 1,
		    sizeof(*c->asked));
		memset(c->asked + c->asked_len, 0, (block + 1 -
		    c->asked_len) * sizeof(*c->asked));
		c->asked_len = block + 1;
	}
	if (c->asked[block])
		return false;
	c->asked[block] = true;
	return true;
}

static void
colours_put(struct colours *c, size_t at, const char *text)
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

/* The message that came is complete, and has a name of its own from now on. */
static void
colours_keep(struct ui *ui, int64_t seq)
{
	AUTO_FREE char *was = xasprintf("partial %u.",
	    ui->fold->partial.starts);
	size_t n = strlen(was);

	MEM_EACH(&ui->colours, list, c)
		if (c->lines_len > 0 && strncmp(c->name, was, n) == 0)
			FREE_SET(c->name, xasprintf("code %lld.%s",
			    (long long)seq, c->name + n));
}

bool
colours_line(struct ui *ui, const struct event *e)
{
	const struct ev_colours *x = &e->colours;
	struct colours *c;
	size_t i;

	if (e->type == EVENT_ASSISTANT_MESSAGE)
		colours_keep(ui, e->seq);

	if (e->type == EVENT_REFUSED && (ev_is(e->refused.to, "colours") ||
	    ev_is(e->refused.to, "code"))) {
		ui->colours.refused++;
		return true;
	}
	if (e->type != EVENT_COLOURS)
		return false;
	c = MEM_FIND_IN(ui->colours.list, ui->colours.list_len, x->id != NULL ?
	    x->id : x->hash);
	if (c == NULL || x->from < 1)
		return true;
	c->none = x->none;
	for (i = 0; i < x->lines_len && x->from - 1 + (int64_t)i <
	    COLOURS_LINES; i++)
		colours_put(c, (size_t)x->from - 1 + i, x->lines[i]);
	return true;
}

static enum syntax_class
colours_class(char letter)
{
	const char *at = letter == '\0' ? NULL :
	    strchr(SYNTAX_LETTERS, letter);

	return at == NULL ? SYNTAX_REST :
	    (enum syntax_class)(at - SYNTAX_LETTERS);
}

void
colours_ink(const struct ui *ui, const char *name, int number, size_t n,
    size_t off, size_t len)
{
	const struct colours *c = MEM_FIND_IN(ui->colours.list,
	    ui->colours.list_len, name);
	unsigned long at, to;
	char *s;

	if (c == NULL || number < 1 || (size_t)number > c->lines_len ||
	    c->lines[number - 1] == NULL ||
	    strtoul(c->lines[number - 1], &s, 10) != n)
		return;		/* not here, or another line */
	while (*s == ' ') {
		at = strtoul(s + 1, &s, 10);
		if (*s != '+')
			return;
		to = strtoul(s + 1, &s, 10);
		if (at > n || to > n - at || *s == '\0')
			return;
		to += at;
		if (to > off && at < off + len)
			screen_ink_add(ui->screen, (struct screen_ink){
				at < off ? 0 : at - off,
				to - off > len ? len : to - off,
				(uint8_t)colours_class(*s) });
		s++;
	}
}

size_t
colours_lack(struct ui *ui, const char *name, int number)
{
	size_t block = (size_t)(number - 1) / COLOURS_BLOCK;

	return colours_ask(ui, colours_get(ui, name), block) ?
	    block * COLOURS_BLOCK + 1 : 0;
}

/*
 * Fenced code in the transcript: a block with a language is asked for when it is
 * near the screen and complete; while its message still comes, once it has stood
 * there for a moment, since that of a quick stream scrolls away at once. It is
 * read from its rows, which have all of its bytes.
 */

#define CODE_COLOURS_MAX	((size_t)128 << 10)	/* bytes of a block */
#define CODE_COLOURS_NAME	32	/* bytes of a language's name */
#define CODE_COLOURS_REST_MS	500	/* that it stands there */

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
	size_t n = 0;

	if (r->kind != MARKDOWN_FENCE || r->joins)
		return NULL;
	while (n < r->len && (isalnum((unsigned char)r->p[n]) ||
	    memchr("+-#._", r->p[n], 5) != NULL))
		n++;
	return n == 0 || n > CODE_COLOURS_NAME ? NULL : xmemdup(r->p, n);
}

/* The name of the row's block; malloc'ed. NULL: it is in none. */
static char *
code_colours_name(const struct ui *ui, size_t item, const struct page_row *r)
{
	const struct fold *f = ui->fold;

	if (!ui->colours.wanted || r->kind != MARKDOWN_CODE)
		return NULL;
	return item >= f->items_len ? xasprintf("partial %u.%d",
	    f->partial.starts, r->change) : xasprintf("code %lld.%d",
	    (long long)f->items[item].seq, r->change);
}

/* May a message that still comes be coloured: is it complete, and hasn't it
 * changed for a while? */
static bool
code_colours_rests(const struct ui *ui, struct colours *c, bool complete)
{
	if (complete && c->since == 0)
		c->since = ui->now;
	return complete && ui->now - c->since >= CODE_COLOURS_REST_MS;
}

void
code_colours_ask(struct ui *ui, size_t item, const struct page *p, size_t row)
{
	AUTO_FREE char *name = code_colours_name(ui, item, &p->rows[row]);
	struct colours *c = name == NULL ? NULL : colours_get(ui, name);
	int block = p->rows[row].change;
	AUTO_BUF struct buf text = BUF_INIT(CODE_COLOURS_MAX);
	AUTO_FREE char *language = NULL;
	size_t first = row, end = row;
	bool fits = true;
	cJSON *o;

	if (c == NULL || c->asked_len > 0 || !ui->fold->live)
		return;
	while (code_colours_is(p, end, block))
		end++;
	/* The last row of an item is empty. */
	if ((item >= ui->fold->items_len && !code_colours_rests(ui, c,
	    end + 1 < p->len)) || !colours_ask(ui, c, 0))
		return;
	while (first > 0 && code_colours_is(p, first - 1, block))
		first--;
	for (row = first; row < end; row++) {
		if (row > first && !p->rows[row].joins)
			buf_addc(&text, '\n');
		fits = fits && buf_add(&text, p->rows[row].p,
		    p->rows[row].len) == 0;
	}
	language = first == 0 ? NULL : code_colours_language(p, first);
	if (language == NULL || !fits || text.len == 0)
		return;
	o = command_of("code");
	JSON_ADD_TEXTS(o, "id", c->name, "language", language);
	json_add_bytes(o, "text", buf_str(&text), text.len);
	ui->send(ui->send_arg, o);
}

void
code_colours_ink(const struct ui *ui, size_t item, const struct page *p,
    size_t row)
{
	const struct page_row *r = &p->rows[row];
	AUTO_FREE char *name = code_colours_name(ui, item, r);
	size_t first = row, last = row;

	if (name == NULL)
		return;
	while (first > 0 && p->rows[first].joins)
		first--;
	while (last + 1 < p->len && p->rows[last + 1].joins)
		last++;
	colours_ink(ui, name, r->line, (size_t)(p->rows[last].p +
	    p->rows[last].len - p->rows[first].p),
	    (size_t)(r->p - p->rows[first].p), r->len);
}

const struct ui_part part_colours = { .release = colours_drop };
