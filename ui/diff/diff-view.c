/*
 * How a hunk's rows are drawn: marked words, spaces, both sides, a part of a
 * long line. Words are compared when their row is drawn, so that a long hunk
 * costs only its visible rows. Only bytes that were drawn count as displayed.
 */

#include "config.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "base/utf8.h"
#include "front/bindings.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "ui/diff/diff.h"
#include "ui/panes/panes.h"
#include "ui/panes/ui-base.h"
#include "ui/term/screen.h"
#include "ui/text/page.h"
#include "review/pairs.h"

/* ---- colours of the syntax: kept by the content's hash, asked for in blocks of
 * lines; they change no row, no mark and nothing that was seen ---- */

/* A line of a hunk, as text and by its number and side. */
struct diff_colours_at {
	const char	*name;		/* of the content's colours; NULL: it has
					   none */
	const char	*text;
	size_t		 len;
	int		 number;	/* from 1; 0: none */
	bool		 after;
};

static void
diff_colours_of_hunk(const struct ui *ui, const struct fold_hunk *h,
    const struct page_row *r, struct diff_colours_at *at)
{
	const struct pairs *ps = diff_pairs_made(ui, h);
	const struct pair_line *l;
	const char *text;
	size_t len;

	if (ps == NULL || r->line < 1 || (size_t)r->line > ps->len)
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
diff_colours_around(const struct ui *ui, const struct page *p, size_t row,
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

static struct diff_colours_at
diff_colours_find(const struct ui *ui, const struct page *p, size_t row)
{
	const struct page_row *r = &p->rows[row];
	const struct fold_hunk *h = diff_row_hunk(ui, r);
	struct diff_colours_at at = { .text = NULL };
	const struct fold_side *side;

	if (!ui->colours.wanted || h == NULL || r->prefix == NULL)
		return at;
	if (r->kind == DIFF_LINE)
		diff_colours_of_hunk(ui, h, r, &at);
	else
		diff_colours_around(ui, p, row, &at);
	if (at.text == NULL || at.number < 1 || at.number > COLOURS_LINES ||
	    r->p < at.text || r->p + r->len > at.text + at.len)
		return at;
	side = at.after ? &ui->fold->proposal->files[r->file].after :
	    &ui->fold->proposal->files[r->file].before;
	at.name = side->exists ? side->hash : NULL;
	return at;
}

static void
diff_colours_ask(struct ui *ui, const struct page *p, size_t row)
{
	struct diff_colours_at at = diff_colours_find(ui, p, row);
	size_t from = at.name == NULL ? 0 : colours_lack(ui, at.name,
	    at.number);
	cJSON *o;

	if (from == 0)
		return;
	o = command_about(ui->fold->proposal, "colours", diff_row_hunk(ui,
	    &p->rows[row])->id);
	json_add_str(o, "side", at.after ? "after" : "before");
	json_add_int(o, "from", (int64_t)from);
	json_add_int(o, "lines", COLOURS_BLOCK);
	ui->send(ui->send_arg, o);
}

#define DIFF_NUMBERS_COLS 60
#define DIFF_BOTH_COLS	84	/* as much text as at 80 with one number */

/* ---- styles of a line ---- */

/* Always mark trailing spaces of added lines. */
static void
diff_style_trailing(struct page *p, size_t first, size_t end, const char *s,
    size_t n)
{
	size_t to = n > 0 && s[n - 1] == '\r' ? n - 1 : n, from = to;

	while (from > 0 && (s[from - 1] == ' ' || s[from - 1] == '\t'))
		from--;
	if (from < to)
		page_style(p, first, end, s + from, to - from,
		    STYLE_BLANK);
}

/* Mark the letters beyond ASCII of names that the note below is about. */
static void
diff_style_names(struct page *p, size_t first, size_t end, const char *s,
    size_t n)
{
	struct lookalike w;
	size_t at = 0, i, used;
	uint32_t cp;

	for (i = 0; i < n && (unsigned char)s[i] < 0x80; i++)
		;
	while (i < n && lookalike_next(s, n, &at, &w))
		for (i = w.from; i < w.to; i += used) {
			used = utf8_next(s + i, w.to - i, &cp);
			used += used == 0;
			if ((unsigned char)s[i] >= 0x80)
				page_style(p, first, end, s + i, used,
				    STYLE_MARK);
		}
}

static void
diff_style_line(struct ui *ui, struct page *p, size_t first, size_t end)
{
	const struct fold_hunk *h = diff_row_hunk(ui, &p->rows[first]);
	const struct pairs *ps;
	const struct pair_line *l;
	const char *text, *s;
	size_t len, n;
	bool new;

	if (h == NULL || p->rows[first].line == 0)
		return;
	ps = diff_pairs(ui, h);
	text = diff_text(h, &len);
	if ((size_t)p->rows[first].line > ps->len)
		return;
	l = &ps->v[p->rows[first].line - 1];
	s = pairs_text(l, text, &n);
	new = l->sign == '+';
	/* A removed line may have another version here, too. */
	if (h->edit == NULL && (new || l->other == 0) && moved_line_changed(ui,
	    p->rows[first].file, p->rows[first].hunk, p->rows[first].line))
		page_style(p, first, end, s, n, new ? STYLE_ADD_WORD :
		    STYLE_DEL_WORD);
	else
		page_style_pair(p, first, end, ps, text,
		    (size_t)p->rows[first].line - 1);
	if (new)
		diff_style_trailing(p, first, end, s, n);
	if (l->sign == '+' || l->sign == ' ')
		diff_style_names(p, first, end, s, n);
}

static void
diff_style_row(struct ui *ui, struct page *p, size_t row)
{
	size_t first = row, end = row + 1, i;

	if (p->rows[row].styled || p->rows[row].kind != DIFF_LINE)
		return;
	while (first > 0 && p->rows[first].joins)
		first--;
	while (end < p->len && p->rows[end].joins)
		end++;
	for (i = first; i < end; i++)
		p->rows[i].styled = true;
	diff_style_line(ui, p, first, end);
}

/* ---- drawing ---- */

/* In a narrow pane the text needs the room. */
static bool
diff_has_numbers(const struct ui *ui)
{
	return ui->diff.beside ||
	    ui->panes[PANE_DIFF].page.width >= DIFF_NUMBERS_COLS;
}

/* In one column: the old and the new number. */
static bool
diff_has_both(const struct ui *ui)
{
	return !ui->diff.beside && diff_has_numbers(ui) &&
	    ui->panes[PANE_DIFF].page.width >= DIFF_BOTH_COLS;
}

int
diff_gutter(const struct ui *ui)
{
	return !diff_has_numbers(ui) ? 0 : diff_has_both(ui) ?
	    2 * ui->diff.digits + 2 : ui->diff.digits + 1;
}

/* Is it a row of a line, in the hunk or around it? */
static bool
diff_is_line(const struct page_row *r)
{
	return r->kind == DIFF_LINE || r->kind == DIFF_CONTEXT;
}

/* Before the row is drawn. */
static void
diff_side_place(struct ui *ui, struct page *p, size_t row)
{
	if (row >= p->len || !diff_is_line(&p->rows[row]))
		return;
	diff_style_row(ui, p, row);
	diff_colours_ask(ui, p, row);
}

void
diff_line_place(struct ui *ui, size_t row)
{
	diff_side_place(ui, &ui->panes[PANE_DIFF].page, row);
	if (ui->diff.beside)
		diff_side_place(ui, &ui->diff.right, row);
}

static void
diff_draw_side(const struct ui *ui, const struct page *p, size_t row, int y,
    int x, int x_end)
{
	const struct page_row *r = &p->rows[row];
	struct diff_colours_at at;
	struct screen *s = ui->screen;

	if (r->prefix == NULL && r->len == 0)
		return;
	if (r->kind == DIFF_NOTE)
		page_draw_row(s, p, row, ui->search.text, y, x, x_end);
	if (!diff_is_line(r))
		return;
	at = diff_colours_find(ui, p, row);
	if (at.name != NULL)
		colours_ink(ui, at.name, at.number, at.len,
		    (size_t)(r->p - at.text), r->len);
	page_draw_row(s, p, row, ui->search.text, y, x, x_end);
}

static void
diff_draw_number(const struct ui *ui, int number, enum style style, int y, int x,
    int x_end)
{
	char b[16];

	if (number <= 0)
		return;
	snprintf(b, sizeof(b), "%*d", ui->diff.digits, number);
	screen_puts(ui->screen, y, x, x_end, style, b);
}

/* In one column with room for one number, that is the new one, so that the
 * numbers rise: removed lines have none, except where only they are there. */
static void
diff_draw_gutter(const struct ui *ui, const struct page *p, size_t row,
    enum style style, int y, int x, int x_end)
{
	const struct page_row *r = &p->rows[row];
	const struct fold_hunk *h = diff_row_hunk(ui, r);
	int end = x + diff_gutter(ui), number = r->number;
	bool gone = r->kind == DIFF_LINE && r->before > 0 &&
	    r->before == r->number && r->prefix[0] == '-';

	if (!diff_is_line(r))
		return;
	/* The row continues a line, and begins with its sign once more. */
	if (r->joins && end <= x_end) {
		screen_puts(ui->screen, y, end - 2, x_end, STYLE_DIM,
		    screen_wrap(ui->screen));
		return;
	}
	if (diff_has_both(ui))
		diff_draw_number(ui, r->before, style, y, x, x_end);
	if (gone && (diff_has_both(ui) || h == NULL || h->new_lines > 0))
		number = 0;
	diff_draw_number(ui, number, style, y, end - 1 - ui->diff.digits,
	    x_end);
}

/* Is it a line, or, side by side, a note in the column of its line? */
static bool
diff_is_half(const struct ui *ui, size_t row)
{
	const struct page *r = &ui->diff.right;
	const struct page_row *left = &ui->panes[PANE_DIFF].page.rows[row];

	return diff_is_line(left) || (ui->diff.beside &&
	    left->kind == DIFF_NOTE && (left->line > 0 ||
	    (row < r->len && r->rows[row].kind == DIFF_NOTE)));
}

void
diff_draw_line(const struct ui *ui, size_t row, enum style number, int y, int x,
    int x_end)
{
	const struct page *p = &ui->panes[PANE_DIFF].page;
	const struct page *r = &ui->diff.right;
	int half = DIFF_HALF(x_end - x + 1), gutter = diff_gutter(ui);

	if (!diff_is_half(ui, row)) {
		diff_draw_text(ui, row, y, x, x_end);
		return;
	}
	if (!ui->diff.beside) {
		if (diff_has_numbers(ui))
			diff_draw_gutter(ui, p, row, number, y, x, x_end);
		diff_draw_side(ui, p, row, y, x + gutter, x_end);
		return;
	}
	diff_draw_gutter(ui, p, row, number, y, x, x + half);
	diff_draw_side(ui, p, row, y, x + gutter, x + half);
	screen_puts(ui->screen, y, x + half, x_end, STYLE_RULE,
	    screen_bar(ui->screen));
	if (row >= r->len)
		return;
	x += half + 1;
	diff_draw_gutter(ui, r, row, number, y, x, x + half);
	diff_draw_side(ui, r, row, y, x + gutter, x + half);
}

/* ---- where the cursor is ---- */

int
diff_line_here(const struct ui *ui)
{
	const struct pane *pane = &ui->panes[PANE_DIFF];
	const struct page *right = &ui->diff.right;
	int line;

	if (pane->cur >= pane->page.len)
		return 0;
	line = pane->page.rows[pane->cur].line;
	/* The new line, if there are two. */
	if (ui->diff.beside && pane->cur < right->len &&
	    right->rows[pane->cur].line > 0)
		line = right->rows[pane->cur].line;
	return line;
}

/* ---- keys ---- */

/* The number of the cursor's line in the user's file. */
static int
diff_number_here(struct ui *ui)
{
	const struct fold_file *f;
	const struct fold_hunk *h = diff_hunk(ui, &f);
	const struct pairs *ps;
	size_t i = (size_t)diff_line_here(ui);

	if (h == NULL)
		return 1;
	ps = diff_pairs(ui, h);
	/* For a line that isn't there, use the position of the next one. */
	for (i -= i > 0; i < ps->len; i++)
		if (ps->v[i].before > 0)
			return ps->v[i].before;
	return h->old_start > 0 ? h->old_start : 1;
}

/* The user's own file, in the editor. */
void
diff_view_file(struct ui *ui)
{
	const struct fold_file *f;
	const struct fold_hunk *h = diff_hunk(ui, &f);

	if (h == NULL) {
		ui_none(ui, ACTION_LOOK_FILE);
		return;
	}
	if (f->binary) {
		ui_notice(ui, "no lines to show: this file is %s",
		    f->lacks);
		return;
	}
	if (!f->before.exists) {
		ui_notice(ui, "a new file: not on disk yet");
		return;
	}
	export_clear(ui);
	ui->look.line = diff_number_here(ui);
	ui->look.path = xasprintf("%s/%s", ui->fold->root == NULL ?
	    "." : ui->fold->root, f->from != NULL ? f->from_bytes :
	    f->path_bytes);
	ui->want_edit = UI_LOOK_FILE;
}

void
diff_view_columns(struct ui *ui)
{
	int cols = ui->layout.main.cols;

	if (ui->lines.hunk != NULL) {
		ui_notice(ui, "lines are picked in the unified view; %s stops picking",
		    ui_key_of(ui, ACTION_LINES_LEAVE));
		return;
	}
	if (!ui->diff.side && cols < DIFF_COLUMNS_MIN) {
		ui_notice(ui, "side-by-side needs %d columns (have %d)",
		    DIFF_COLUMNS_MIN, cols);
		return;
	}
	ui->diff.columns = ui->diff.side ? DIFF_OFF : DIFF_ON;
	diff_settle(ui, cols);
	ui->panes[PANE_DIFF].stale = true;
}

static void
diff_view_release(struct ui *ui)
{
	page_release(&ui->diff.right);
	page_release(&ui->diff.note);
	FREE_ALL(ui->diff.path, ui->diff.back);
	pathmap_release(&ui->diff.open);
	event_drop(&ui->diff.unwritten);
	FREE_ALL(ui->diff.disk, ui->diff.made);
	pathmap_release(&ui->diff.folded);
	list_release(&ui->diff.tree);
	free(ui->diff.listed_from);
}

const struct ui_part diff_view = { .release = diff_view_release };
