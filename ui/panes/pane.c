/*
 * What the panes share: rectangles, which pane is in front, scrolling and drawing
 * a page, the search, the pager and the clipboard.
 */

#include "config.h"

#include "ui/panes/panes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "front/bindings.h"
#include "journal/fold.h"
#include "ui/panes/composer.h"
#include "ui/panes/confirm.h"
#include "ui/panes/ui-base.h"
#include "ui/term/screen.h"
#include "ui/text/input.h"
#include "ui/text/page.h"

#define LAYOUT_MAIN_MIN 3
#define LAYOUT_BELOW_MIN 8	/* rows of that pane */

/* ---- rectangles: on a small screen the least needed is left out first: strip,
 * title, hints, then extra input rows; the status line stays ---- */

static struct rect
layout_take(int *y, int rows, int cols)
{
	struct rect r = { *y, 0, rows < 0 ? 0 : rows, cols };

	*y += r.rows;
	return r;
}

/* Divide main into two panes, one below the other. */
static void
layout_below(struct layout *l, int enough)
{
	int y, rest;

	if (enough < l->main.rows / 3)
		enough = l->main.rows / 3;
	rest = l->main.rows - enough - 1;
	if (rest < LAYOUT_BELOW_MIN)
		return;
	y = l->main.y + enough;
	l->main.rows = enough;
	l->beside_title = layout_take(&y, 1, l->main.cols);
	l->beside = layout_take(&y, rest, l->main.cols);
}

void
layout_make(struct layout *l, int rows, int cols,
    const struct layout_wish *wish)
{
	int strip = wish->strip, title = 1, status = 1;
	int hints = wish->hints, input = wish->input, y = 0, spare;

	memset(l, 0, sizeof(*l));
	if (input > rows / 3 && input > 1)
		input = rows / 3 > 1 ? rows / 3 : 1;
	spare = rows - LAYOUT_MAIN_MIN - title - status - hints - input;
	if (strip > spare)
		strip = spare > 0 ? spare : 0;
	spare -= strip;
	if (spare < 0 && hints > 1) {
		int give = hints - 1 < -spare ? hints - 1 : -spare;

		hints -= give;
		spare += give;
	}
	if (spare < 0 && input > 1) {
		int give = input - 1 < -spare ? input - 1 : -spare;

		input -= give;
		spare += give;
	}
	if (spare < 0) {
		title = 0;
		spare++;
	}
	if (rows < status + input + hints + 1)
		hints = rows - status - input - 1;
	if (hints < 0)
		hints = 0;
	if (rows < status + input)
		input = rows - status;
	l->strip = layout_take(&y, strip, cols);
	l->title = layout_take(&y, title, cols);
	l->main = layout_take(&y, rows - y - status - hints - input, cols);
	l->status = layout_take(&y, status, cols);
	l->hints = layout_take(&y, hints, cols);
	l->input = layout_take(&y, input, cols);
	if (wish->enough > 0 && rows >= LAYOUT_BELOW_ROWS)
		layout_below(l, wish->enough);
}

static void search_end(struct ui *);

enum pane_id
view_beside(const struct ui *ui, int step)
{
	int n = PANE_ASK, at = (int)ui->at;

	if (ui->at >= PANE_ASK)
		at = PANE_TRANSCRIPT;
	return (enum pane_id)((at + step + n) % n);
}

bool
view_next(const struct ui *ui, enum pane_id *to)
{
	static const enum pane_id panes[REVIEW_WAITS] = {
		[REVIEW_ASK] = PANE_ASK, [REVIEW_LIMIT] = PANE_ASK,
		[REVIEW_PLAN] = PANE_PLAN, [REVIEW_DIFF] = PANE_DIFF };
	bool waits = false;
	size_t i;

	*to = view_beside(ui, 1);
	for (i = REVIEW_WAITS; i-- > REVIEW_ASK;)
		if (ui->review.waits[i] && panes[i] != ui->at) {
			*to = panes[i];
			waits = true;
		}
	return waits || (ui_contexts_pane(ui) & (ACTION_CTX_PLAN |
	    ACTION_CTX_ASK | ACTION_CTX_NET | ACTION_CTX_PAUSES)) == 0;
}

void
view_go(struct ui *ui, enum pane_id to)
{
	if (to == PANE_ASK && prompt_waiting_pane(ui) != PANE_ASK)
		to = PANE_TRANSCRIPT;
	if (to != ui->at) {
		search_end(ui);
		if (ui->waits.until == UNTIL_TAB)
			ui->waits.until = UNTIL_NOTHING;
	}
	ui->at = to;
	ui->waits.own_output = false;
	if (ui->panes[to].ops->open != NULL)
		ui->panes[to].ops->open(ui);
	if (prompt_waiting_pane(ui) == to)
		ui->waits.away = false;
}

void
view_visit(struct ui *ui, enum pane_id to)
{
	view_go(ui, to);
	/* Don't bring another pane to the front after the user chose one. */
	ui->waits.away = ui->waits.id != NULL &&
	    prompt_waiting_pane(ui) != to;
}

bool
pane_scroll(struct pane *p, enum action_id id)
{
	if (!list_move(p, id))
		return false;
	p->follow = p->ops != NULL && p->ops->streams &&
	    p->top + (size_t)p->height >= p->page.len;
	return true;
}

bool
pane_key(struct ui *ui, struct pane *p, enum action_id id)
{
	return (p->ops != NULL && p->ops->key != NULL &&
	    p->ops->key(ui, id)) || pane_scroll(p, id);
}

/* Does it show how much of it is below? */
static bool
pane_asks(const struct ui *ui, const struct pane *p)
{
	return p == &ui->panes[PANE_ASK] || (p == &ui->panes[PANE_PLAN] &&
	    ui->fold->plan.status == FOLD_PLAN_PROPOSED);
}

/* Mark the last row if a question continues below it. */
static void
pane_draw_more(const struct ui *ui, size_t n, const struct rect *r)
{
	/* In the message line that key would be text: the hints name the one
	 * that goes to the pane. */
	AUTO_FREE char *s = xasprintf("%zu more row%s below%s", n,
	    n == 1 ? "" : "s", ui->typing ? "" : " \xc2\xb7 ");
	int y = r->y + r->rows - 1, end = r->x + r->cols;
	int x = screen_own(ui->screen, y, r->x, end, STYLE_DIM, s);

	if (!ui->typing)
		screen_puts(ui->screen, y, x, end, STYLE_KEY, ui_key_of(ui,
		    ACTION_LINE_DOWN));
}

void
pane_place_page(struct pane *p, const struct rect *r)
{
	size_t last = p->page.len > (size_t)r->rows ?
	    p->page.len - (size_t)r->rows : 0;

	p->height = r->rows;
	if (p->follow || p->top > last)
		p->top = last;
}

void
pane_make(struct ui *ui, struct pane *p, int width)
{
	int64_t now;

	if (p->ops->build == NULL || width < 1)
		return;
	now = p->ops->version(ui);
	if (!p->stale && p->made_seq == now && p->page.width == width &&
	    p->page.len > 0)
		return;
	page_clear(&p->page, width, ui->screen->flags);
	p->ops->build(ui, &p->page);
	p->made_seq = now;
	p->stale = false;
	list_keep(p);
}

void
pane_place(struct ui *ui, struct pane *p, const struct rect *r)
{
	p->y = r->y;
	p->x = r->x;
	if (p->ops->place != NULL) {
		p->ops->place(ui, r);
		return;
	}
	p->height = r->rows;
	pane_make(ui, p, r->cols - 1);
	list_go(p, p->cur);
}

/* In the first cell of a list's row is the cursor, or a bar beside what is of its
 * node. */
static void
pane_draw_row(const struct ui *ui, const struct pane *p, size_t i, int y,
    int x, int x_end)
{
	bool keys = !ui->typing, list = p->ops != NULL && p->ops->build != NULL;
	bool marked = list && list_has(&p->at, &p->page.rows[i].id);
	bool current = marked && i == p->cur;

	if (marked)
		screen_puts(ui->screen, y, x, x + 1, keys ? STYLE_CURRENT :
		    STYLE_DIM, current ? ">" : keys ? screen_bar(ui->screen) :
		    "");
	(keys && current ? page_draw_current : page_draw_row)(ui->screen,
	    &p->page, i, ui->search.text, y, x + list, x_end);
}

void
pane_draw_page(const struct ui *ui, const struct pane *p,
    const struct rect *r)
{
	int y, rows = r->rows;
	size_t i;

	if (pane_asks(ui, p) && p->top + (size_t)rows < p->page.len && rows > 1)
		rows--;
	for (y = 0, i = p->top; y < rows && i < p->page.len; y++, i++)
		pane_draw_row(ui, p, i, r->y + y, r->x, r->x + r->cols);
	if (rows < r->rows)
		pane_draw_more(ui, p->page.len - i, r);
}

/* The search: its box shows, and its matches are marked, until a key that doesn't
 * only move. */

static void
search_end(struct ui *ui)
{
	FREE_NULL(ui->search.text);
	ui->search.runs = false;
}

void
search_step(struct ui *ui, bool begins)
{
	struct pane *p = ui->help ? &ui->help_pane : &ui->panes[ui->at];
	struct ui_search *s = &ui->search;
	enum found got;

	FREE_NULL(ui->notice);
	got = p->ops != NULL && p->ops->search != NULL ? p->ops->search(ui,
	    begins) : list_search(p, s->text, s->back) ? FOUND_ONE : FOUND_NONE;
	s->runs = got == FOUND_LATER;
	if (s->runs)
		ui_notice(ui, "searching the %s: %d%%", p->ops->name,
		    (int)(100 * (s->all - s->left) / s->all));
	if (got != FOUND_NONE)
		return;
	if (ui->notice == NULL)
		ui_notice(ui, "%s: %s", ui->help == HELP_KEYS ?
		    "no key matches" : "not found", s->text);
	search_end(ui);
}

static void
search_text(struct ui *ui, enum ui_purpose purpose, const char *text)
{
	if (purpose != UI_SEARCH)
		return;
	xstrset(&ui->search.text, text);
	ui->search.back = false;
	ui->panes[PANE_TRANSCRIPT].found = false;
	search_step(ui, true);
}

void
search_help(struct ui *ui, enum ui_help what)
{
	if (ui->help == HELP_NOT)
		ui->help_pane.top = 0;
	if ((ui->help == HELP_NOT) != (what == HELP_NOT))
		search_end(ui);
	ui->help = what;
}

static bool
search_key(struct ui *ui, enum action_id id)
{
	bool next = id == ACTION_SEARCH_NEXT || id == ACTION_SEARCH_PREV;

	ui->search.back = id == ACTION_SEARCH_PREV;
	if (next)
		search_step(ui, true);
	return next || id == ACTION_SEARCH_END;
}

/*
 * Text leaves the screen here, always sanitized.  This fills ui.look; app_wants
 * (ui/app/app.c) runs the pager, or sends the text to the terminal's clipboard.
 * Nothing of it counts as seen, and nothing is decided there.
 */

void
export_clear(struct ui *ui)
{
	FREE_ALL(ui->look.name, ui->look.text, ui->look.path, ui->look.copy);
	memset(&ui->look, 0, sizeof(ui->look));
}

/* ---- the pager ---- */

void
export_add(struct export *l, const struct ui *ui, const char *text, size_t len)
{
	sanitize_add(&l->text, text, len, ui->screen->flags | SANITIZE_LINES);
	if (l->text.len > 0 && l->text.p[l->text.len - 1] != '\n')
		buf_addc(&l->text, '\n');
}

void
export_add_line(struct export *l, const struct ui *ui, const char *before,
    const char *text)
{
	buf_adds(&l->text, before);
	sanitize_add(&l->text, text, strlen(text), ui->screen->flags);
	buf_addc(&l->text, '\n');
}

static void
export_page(struct ui *ui)
{
	const struct pane_ops *ops = ui->panes[ui->at].ops;
	struct export l = { .text = BUF_INIT(0), .line = 1 };

	if (ops->look == NULL || !ops->look(ui, true, &l)) {
		if (ui->notice == NULL)
			ui_none(ui, ACTION_LOOK_PAGER);
		buf_release(&l.text);
		return;
	}
	export_clear(ui);
	ui->look.line = l.line;
	ui->look.name = xstrdup(l.name);
	ui->look.len = l.text.len;
	ui->look.text = buf_take(&l.text);
	ui->want_edit = UI_LOOK_TEXT;
}

/* ---- the clipboard ---- */

/* Control characters but newline and tab become marks, so that a paste into a
 * shell can't press keys. */
static char *
export_clean(const char *p, size_t n, size_t *len)
{
	struct sanitize_unit u;
	struct buf b = BUF_INIT(0);
	size_t i;

	for (i = 0; i < n; i += u.used) {
		sanitize_next(p + i, n - i, 0, 0, &u);
		if (p[i] == '\n' || p[i] == '\t')
			buf_addc(&b, p[i]);
		else
			buf_add(&b, u.text, u.len);
	}
	*len = b.len;
	return buf_take(&b);
}

static void
export_copy(struct ui *ui)
{
	const struct pane_ops *ops = ui->panes[ui->at].ops;
	struct export l = { .text = BUF_INIT(0) };
	size_t len;
	int lines;

	if (ops->look == NULL || !ops->look(ui, false, &l)) {
		if (ui->notice == NULL)
			ui_none(ui, ACTION_LOOK_COPY);
		goto out;
	}
	export_clear(ui);
	len = l.text.len;
	if (len <= EXPORT_COPY_MAX)
		ui->look.copy = export_clean(buf_str(&l.text), len,
		    &ui->look.copy_len);
	if (len > EXPORT_COPY_MAX || ui->look.copy_len > EXPORT_COPY_MAX) {
		export_clear(ui);
		ui_notice(ui,
		    "too long for the clipboard: %zu bytes, limit %d · %s "
		    "opens the pager",
		    len, EXPORT_COPY_MAX, ui_key_of(ui, ACTION_LOOK_PAGER));
		goto out;
	}
	lines = (int)mem_lines(ui->look.copy, ui->look.copy_len);
	lines += ui->look.copy_len > 0 &&
	    ui->look.copy[ui->look.copy_len - 1] != '\n';
	if (lines > 1)
		ui_notice(ui, "copied %s: %d lines", l.what, lines);
	else
		ui_notice(ui, "copied %s", l.what);
out:
	buf_release(&l.text);
}

static void
export_shown(struct ui *ui, const char *text, size_t len UNUSED,
    int64_t of UNUSED, const char *why)
{
	export_clear(ui);
	if (text == NULL)
		ui_notice(ui, "%s", why);
}

const struct ui_edit_ops edit_look = { .done = export_shown };

static bool
export_key(struct ui *ui, enum action_id id)
{
	switch (id) {
	case ACTION_LOOK_PAGER:
		export_page(ui);
		return true;
	case ACTION_LOOK_COPY:
		export_copy(ui);
		return true;
	default:
		return false;
	}
}

static bool
panes_key(struct ui *ui, enum action_id id)
{
	return search_key(ui, id) || export_key(ui, id);
}

static void
panes_release(struct ui *ui)
{
	size_t i;

	for (i = 0; i < PANE_COUNT; i++)
		list_release(&ui->panes[i]);
	list_release(&ui->help_pane);
	free(ui->search.text);
	export_clear(ui);
}

const struct ui_part part_panes = {
	.key = panes_key,
	.text = search_text,
	.release = panes_release,
};
