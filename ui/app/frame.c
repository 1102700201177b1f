/* One frame: the layout of its parts. */
#include "config.h"

#include "ui/app/state.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "front/bindings.h"
#include "front/slash-command.h"
#include "ui/app/decide.h"
#include "ui/diff/diff.h"
#include "ui/panes/composer.h"
#include "ui/panes/confirm.h"
#include "review/review.h"
#include "ui/panes/panes.h"
#include "ui/panes/ui-base.h"
#include "ui/pick/picker.h"
#include "ui/term/screen.h"
#include "ui/text/input.h"

#define FRAME_ABOUT_COLS 60	/* to name the hunk that a text is about */

static const char *
frame_prompt(const struct ui *ui)
{
	if (ui->say.prompt != NULL)
		return ui->say.prompt;
	if (ui->drafts.about != NULL && ui->screen->cols >= FRAME_ABOUT_COLS)
		return ui->drafts.about;
	switch (ui->purpose) {
	case UI_REJECT:
		return "reason> ";
	case UI_RETURN:
		return ui->screen->cols < FRAME_ABOUT_COLS ? "changes> " :
		    "what to change> ";
	case UI_SEARCH:
		return "search> ";
	case UI_COMMENT:
		return "comment> ";
	case UI_NOTE:
		return "note> ";
	case UI_EXTEND:
		return "amount> ";
	case UI_ANSWER:
		return "answer> ";
	default:
		return slash_command_is_run(buf_str(&ui->input.text)) ?
		    "run> " : !ui->typing ? "message draft> " : "> ";
	}
}

/* Where the text begins that ends at `end`, or at x if it is too long. */
static int
frame_right(const struct buf *b, int x, int end)
{
	int at = end - 1 - sanitize_width(buf_str(b), b->len, 0);

	return at > x ? at : x;
}

/* Is a list to choose from there instead of the pane in front? */
static bool
frame_is_list(const struct ui *ui)
{
	return ui->pick.list != NULL &&
	    ui->layout.list.y == ui->layout.main.y;
}

/* Is all of it in the copy so far? */
static bool
frame_has_written_nothing(const struct ui *ui)
{
	const struct fold *f = ui->fold;

	return f->live && f->changes_len == 0 && !ui_is_first(ui) &&
	    !ev_is(f->mode, "review");
}

/* The bar above a pane: the pane in front lists the names of all, its own in
 * brackets, brighter while it has the keys. */
static void
frame_draw_title(const struct ui *ui, enum pane_id id, const struct rect *r)
{
	struct screen *s = ui->screen;
	AUTO_BUF struct buf b = BUF_INIT(0);
	int x = r->x, end = r->x + r->cols;
	bool front = id == ui->at, named = id >= PANE_ASK;
	bool lists = front && frame_is_list(ui);
	enum style on;
	size_t i;

	if (r->rows < 1)
		return;
	screen_fill(s, r->y, r->x, end, STYLE_TAB);
	on = !front ? STYLE_TAB : !ui->typing ? STYLE_TAB_ON : STYLE_TURN;
	for (i = 0; i < PANE_ASK; i++) {
		if (lists)
			break;
		/* List the names only where the important parts leave room. */
		if ((!front || r->cols < 60) && i != (size_t)id)
			continue;
		buf_clear(&b);
		buf_addf(&b, "%c%zu %s%c", front && i == (size_t)id ? '[' :
		    ' ', i + 1, ui->panes[i].ops->name,
		    front && i == (size_t)id ? ']' : ' ');
		x = screen_puts(s, r->y, x, end, i == (size_t)id ? on :
		    STYLE_TAB, buf_str(&b));
	}
	buf_clear(&b);
	/* These have no name but their title. */
	named = named && front && !lists && !ui->help;
	buf_addc(&b, named ? '[' : ' ');
	if (lists)
		picker_title(ui->pick.list, &b);
	else if (front && ui->help)
		buf_adds(&b, ui->help == HELP_KEYS ? "keys" : "btw");
	else
		ui->panes[id].ops->title(ui, end - x - 1, &b);
	if (front && !named && !lists && !ui->help &&
	    frame_has_written_nothing(ui) && x + (int)b.len +
	    (int)sizeof(UI_NOTHING_WRITTEN) < end)
		buf_addf(&b, "%s" UI_NOTHING_WRITTEN, b.len > 1 ? " · " : "");
	if (named)
		buf_addc(&b, ']');
	/* At the end of the bar it doesn't look like another name. */
	else if (!lists && !ui->help)
		x = frame_right(&b, x, end);
	screen_own(s, r->y, x, end, named ? on : STYLE_TAB, buf_str(&b));
}

/* What stands where, and the cursors: before anything of it is drawn. */
static void
frame_place(struct ui *ui, const struct layout *l)
{
	if (l->beside.rows > 0)
		pane_place(ui, &ui->panes[PANE_TRANSCRIPT], &l->beside);
	if (l->main.rows > 0 && !frame_is_list(ui) && !ui->help)
		pane_place(ui, &ui->panes[ui->at], &l->main);
}

/* The same of what says what can be done now. */
static void
frame_place_lists(struct ui *ui, const struct layout *l)
{
	if (ui->help == HELP_BTW && l->main.rows > 0)
		btw_place(ui, &l->main);
	else if (ui->help && l->main.rows > 0)
		help_place(ui, &l->main);
	if (ui->pick.list != NULL)
		picker_place(ui->pick.list, &l->list, ui->screen->flags);
	complete_place(ui, &l->hints);
}

static void
frame_draw_pane(const struct ui *ui, enum pane_id id, const struct rect *r)
{
	const struct pane_ops *ops = ui->panes[id].ops;

	if (ops->draw != NULL)
		ops->draw(ui, r);
	else
		pane_draw_page(ui, &ui->panes[id], r);
}

/* Draw panes that are only looked at first: the pane in front determines what
 * the keys apply to. */
static void
frame_draw_beside(const struct ui *ui, const struct layout *l)
{
	if (l->beside.rows <= 0)
		return;
	frame_draw_pane(ui, PANE_TRANSCRIPT, &l->beside);
	frame_draw_title(ui, PANE_TRANSCRIPT, &l->beside_title);
}

/* A list to choose from, with a title of its own below a pane. */
static void
frame_draw_list(const struct ui *ui)
{
	const struct rect *r = &ui->layout.list;
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (ui->pick.list == NULL)
		return;
	picker_draw(ui->pick.list, ui->screen, r);
	if (frame_is_list(ui))
		return;
	buf_addc(&b, ' ');
	picker_title(ui->pick.list, &b);
	screen_fill(ui->screen, r->y - 1, r->x, r->x + r->cols, STYLE_TAB);
	screen_own(ui->screen, r->y - 1, r->x, r->x + r->cols, STYLE_TAB,
	    buf_str(&b));
}

/* The position of each part; true if there is room for all rows of a
 * question. */
static bool
frame_layout(struct ui *ui, struct layout *l)
{
	const struct screen *s = ui->screen;
	struct layout_wish wish = {
		.strip = plan_strip_rows(ui),
	};
	int list = 0;

	if (!ui->help && s->rows >= LAYOUT_BELOW_ROWS)
		wish.enough = ui->at == PANE_DIFF ? diff_rows(ui) :
		    ui->at == PANE_PLAN ? plan_enough(ui, s->cols) : 0;
	if (ui->pick.list != NULL) {
		list = 1 + picker_rows(ui->pick.list, s->cols);
		list = list > s->rows * 2 / 3 ? 0 : list;
		if (list == 0)
			wish.strip = wish.enough = 0;
	} else if (ui->search.text != NULL && !ui->typing)
		wish.input = 1;
	else if (ui->typing || !input_is_empty(&ui->input))
		wish.input = input_rows(&ui->input, frame_prompt(ui), s->cols,
		    s->flags);
	wish.hints = status_rows(ui, s->cols);
	if (wish.hints == 1 && s->rows < 8 && ui->notice == NULL &&
	    !confirm_stands(ui))
		wish.hints = 0;
	layout_make(l, s->rows, s->cols, &wish);
	l->list = l->main;
	if (list > 0 && list < l->main.rows) {
		l->main.rows -= list;
		l->list.y += l->main.rows + 1;
		l->list.rows = list - 1;
	}
	return l->hints.rows >= wish.hints;
}

bool
frame_has_room(struct ui *ui)
{
	struct layout l;

	return frame_layout(ui, &l) && l.main.rows > 0;
}

/* In a new session, that keys are text already: no key begins it. */
static void
frame_draw_empty(const struct ui *ui, const struct rect *r)
{
	struct screen *s = ui->screen;

	if (ui_contexts(ui) == ACTION_CTX_INPUT && ui->purpose == UI_SAY &&
	    input_is_empty(&ui->input) && ui->say.prompt == NULL &&
	    fold_is_empty(ui->fold) && !ev_is(ui->fold->mode, "review"))
		screen_puts(s, s->cursor_y, s->cursor_x, r->x + r->cols,
		    STYLE_DIM, "type your task");
}

/* Does text come, or a command run? Then more than hints shows the time. */
static bool
frame_streams(const struct fold *f)
{
	return f->output.running || f->partial.text.len > 0 ||
	    f->partial.thinking.len > 0;
}

/* While text streams and nobody types, the terminal's cursor stays at the end of
 * that text, so that the next word needs no move of it; the message line shows a
 * cell instead of the cursor. */
static void
frame_draw_cursor(const struct ui *ui)
{
	struct screen *s = ui->screen;

	if (ui->typing && frame_streams(ui->fold) && input_is_empty(&ui->input) &&
	    ui->now - ui->last_key >= UI_QUIET_MS && s->cursor_y >= 0) {
		screen_puts(s, s->cursor_y, s->cursor_x, s->cursor_x + 1,
		    STYLE_CURRENT, " ");
		s->cursor_y = s->cursor_x = -1;
	} else if (!ui->typing)
		s->cursor_y = s->cursor_x = -1;
}

static void
frame_draw_line(const struct ui *ui)
{
	const struct rect *r = &ui->layout.input;

	if (ui->search.text != NULL && !ui->typing) {
		AUTO_FREE char *box = xasprintf("search> %s", ui->search.text);

		screen_own(ui->screen, r->y, r->x, r->x + r->cols, STYLE_BOLD,
		    box);
	} else if (ui->typing || !input_is_empty(&ui->input)) {
		input_draw(&ui->input, ui->screen, frame_prompt(ui), r);
		frame_draw_empty(ui, r);
	}
	frame_draw_cursor(ui);
}

static void
frame_clear(struct screen *s, const struct rect *r)
{
	int y;

	for (y = 0; y < r->rows; y++)
		screen_fill(s, r->y + y, 0, s->cols, STYLE_PLAIN);
}

void
frame_draw(struct ui *ui, enum frame what)
{
	struct screen *s = ui->screen;
	struct layout l;
	bool whole;

	confirm_make(ui);
	whole = frame_layout(ui, &l);
	/* What was seen since changes marks and hints. Rectangles have nothing
	 * but numbers. */
	if (ui->want.least > what)
		what = ui->want.least;
	if (ui->want.frame_at != 0 || memcmp(&l, &ui->layout, sizeof(l)) != 0)
		what = FRAME_ALL;
	else if (what < FRAME_SAME && frame_streams(ui->fold))
		what = FRAME_SAME;
	ui->want.frame = FRAME_NONE;
	ui->want.frame_at = 0;
	ui->want.least = FRAME_NONE;
	s->anew = what == FRAME_LINE ? l.input : (struct rect){ 0 };
	if (what < FRAME_SAME) {
		if (what == FRAME_HINTS) {
			frame_clear(s, &l.hints);
			status_draw(ui, &l);
		}
		frame_clear(s, &l.input);
		frame_draw_line(ui);
		return;
	}
	screen_clear(s);
	ui->review.rows_len = 0;
	/* It says what was asked if the strip doesn't. */
	if (l.strip.rows != ui->layout.strip.rows)
		ui->panes[PANE_DIFF].stale = true;
	ui->layout = l;
	frame_place(ui, &l);
	/* New text may push out what was selected. */
	if (what == FRAME_ALL || ui->want.frame == FRAME_ALL)
		offers_make(ui);
	ui->want.frame = FRAME_NONE;
	frame_place_lists(ui, &l);
	if (l.strip.rows > 0)
		plan_strip_draw(ui, &l.strip);
	frame_draw_beside(ui, &l);
	if (l.main.rows > 0) {
		if (frame_is_list(ui))
			;
		else if (ui->help)
			pane_draw_page(ui, &ui->help_pane, &l.main);
		else
			frame_draw_pane(ui, ui->at, &l.main);
	}
	MEM_EACH(s, shown, it)
		review_row(&ui->review, it->of, it->off, it->len);
	/* A question that isn't displayed in full has not been asked. */
	verdict_drawn(ui, l.main.rows > 0 && (whole || !confirm_stands(ui)) &&
	    ((ui_contexts(ui) & ACTION_CTX_PAUSES) == 0 || limit_is_shown(ui)));
	frame_draw_title(ui, ui->at, &l.title);
	frame_draw_list(ui);
	status_draw(ui, &l);
	frame_draw_line(ui);
}

void
frame_draw_told(struct ui *ui, enum frame what)
{
	frame_draw(ui, what);
	if (!review_presume(&ui->review))
		return;
	frame_draw(ui, FRAME_ALL);
	if (!review_recall(&ui->review)) {
		frame_draw(ui, FRAME_ALL);
		return;
	}
	confirm_make(ui);
	offers_make(ui);
	/* One that is drawn before this one settles has other words. */
	ui->want.least = FRAME_ALL;
}
