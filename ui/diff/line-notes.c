/*
 * Notes at a line of the diff: a block that moved, a name that mixes scripts or
 * only looks like ASCII, findings of the model and of hooks.
 */
#include "config.h"

#include "ui/diff/line-notes.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/lookalike.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "front/bindings.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"
#include "ui/diff/diff.h"
#include "ui/panes/ui-base.h"
#include "ui/term/screen.h"
#include "ui/text/page.h"
#include "ui/text/pairs.h"

#define LINE_NOTES_NAMES 3	/* of one line */

void
line_note_add(struct page *p, enum style style, const char *first,
    const char *rest, struct buf *text, int line)
{
	size_t len = text->len;
	size_t row = page_add(p, style, first, rest, page_keep_take(p,
	    buf_take(text)), len, true);

	for (; row < p->len; row++) {
		p->rows[row].kind = DIFF_NOTE;
		p->rows[row].line = line;
	}
}

const char *
line_note_rest(struct page *p, const char *first)
{
	return page_keep_take(p, xasprintf("%*s%s ", (int)strlen(first) - 2,
	    "", (p->flags & SANITIZE_ASCII) != 0 ? "|" : "\xe2\x94\x82"));
}

static bool
line_notes_is_ascii(const char *s, size_t n)
{
	for (; n > 0; s++, n--)
		if ((unsigned char)*s >= 0x80)
			return false;
	return true;
}

/* Names that mix scripts, or only look like ASCII. */
static void
line_notes_names(struct page *p, const char *s, size_t n, int line)
{
	struct buf b = BUF_INIT(0);
	struct lookalike w;
	size_t at = 0;
	int names = 0;

	if (line_notes_is_ascii(s, n))
		return;
	while (lookalike_next(s, n, &at, &w) && names++ < LINE_NOTES_NAMES) {
		buf_adds(&b, b.len > 0 ? "; " : "");
		lookalike_words(&b, s, &w);
	}
	if (names == 0)
		return;
	if (names > LINE_NOTES_NAMES)
		buf_adds(&b, "; and more");
	line_note_add(p, STYLE_BADGE, "! ", "  ", &b, line);
}

static void
line_notes_finding(struct page *p, const struct fold_finding *g, bool place,
    int line)
{
	struct buf b = BUF_INIT(0);
	bool error = strcmp(g->severity, "error") == 0;
	const char *first = page_keep_take(p, xasprintf("%s says: ",
	    g->by == NULL ? "model" : g->by));
	const char *rest = place ? page_keep_take(p, xasprintf("%*s",
	    (int)strlen(first), "")) : line_note_rest(p, first);

	if (place)
		buf_addf(&b, "line %d: ", g->line);
	buf_addf(&b, "%s: %s", g->severity, g->message);
	line_note_add(p, error ? STYLE_BAD : STYLE_MODEL, first, rest, &b,
	    line);
}

void
line_notes_below(struct ui *ui, struct page *p, const struct fold_file *f,
    const struct pair_line *l, const char *text, int line)
{
	const struct fold_finding *g = ui->fold->findings;
	size_t i, n;
	const char *s;

	if (l->sign != '+' && l->sign != ' ')
		return;
	s = pairs_text(l, text, &n);
	line_notes_names(p, s, n, line);
	for (i = 0; i < ui->fold->findings_len; i++)
		if (g[i].line == l->after && strcmp(g[i].path,
		    f->path_bytes) == 0)
			line_notes_finding(p, &g[i], false, line);
}

/* Is this line of the proposed file in a hunk? */
static bool
line_notes_in_hunk(const struct fold_file *f, int line)
{
	size_t i;

	for (i = 0; i < f->hunks_len; i++)
		if (line >= f->hunks[i].new_start && line <
		    f->hunks[i].new_start + f->hunks[i].new_lines)
			return true;
	return false;
}

void
line_notes_file(struct ui *ui, struct page *p, const struct fold_file *f)
{
	const struct fold_finding *g = ui->fold->findings;
	size_t i;

	for (i = 0; i < ui->fold->findings_len; i++)
		if (strcmp(g[i].path, f->path_bytes) == 0 &&
		    !line_notes_in_hunk(f, g[i].line))
			line_notes_finding(p, &g[i], true, 0);
}
