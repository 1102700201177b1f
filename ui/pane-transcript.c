/*
 * What was said and done, in order.  The place is an item and a row in it, so
 * that a long session costs no more to draw than a short one: only what is in
 * view is wrapped.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ui/state.h"

#define TRANSCRIPT_RESULT_ROWS 5
#define TRANSCRIPT_THOUGHT_ROWS 6

static size_t
transcript_len(const struct ui *ui)
{
	const struct fold *f = ui->fold;

	return f->items_len +
	    (f->partial_thinking != NULL && f->partial_thinking[0] != '\0') +
	    (f->partial_text != NULL && f->partial_text[0] != '\0');
}

/* Item i, the streaming ones included. */
static void
transcript_item(const struct ui *ui, size_t i, struct fold_item *out)
{
	const struct fold *f = ui->fold;

	memset(out, 0, sizeof(*out));
	if (i < f->items_len) {
		*out = f->items[i];
		return;
	}
	i -= f->items_len;
	if (i == 0 && f->partial_thinking != NULL &&
	    f->partial_thinking[0] != '\0') {
		out->kind = ITEM_THINKING;
		out->text = f->partial_thinking;
	} else {
		out->kind = ITEM_ASSISTANT;
		out->text = f->partial_text;
	}
	out->running = true;
}

/* At most `max` rows, the first ones or the last ones, saying what is left
 * out. */
static void
transcript_fold(struct page *p, size_t from, size_t max, bool last)
{
	size_t n = p->len - from, drop;
	struct page_row *r;

	if (n <= max + 1)
		return;
	drop = n - max;
	if (last) {
		memmove(&p->rows[from + 1], &p->rows[from + drop],
		    max * sizeof(*p->rows));
		r = &p->rows[from];
	} else
		r = &p->rows[from + max];
	p->len = from + max + 1;
	memset(r, 0, sizeof(*r));
	r->style = STYLE_DIM;
	r->file = r->hunk = -1;
	r->p = page_keep_take(p, xasprintf("    (%zu more rows)", drop));
	r->len = strlen(r->p);
}

static void
transcript_tool(struct page *p, const struct fold_item *it)
{
	const char *title = it->title == NULL ? "" : it->title;
	size_t row;

	row = page_add(p, it->running ? STYLE_BOLD : it->ok ? STYLE_PLAIN :
	    STYLE_BAD, it->running ? "* " : it->ok ? "+ " : "! ", "  ", title,
	    strlen(title), true);
	transcript_fold(p, row, 3, false);
	if (it->summary != NULL && it->summary[0] != '\0')
		page_add(p, it->ok || it->running ? STYLE_DIM : STYLE_BAD,
		    "  ", "  ", it->summary, strlen(it->summary), true);
	if (it->text == NULL || it->text[0] == '\0')
		return;
	row = page_add(p, STYLE_DIM, "  | ", "  | ", it->text,
	    strlen(it->text), false);
	transcript_fold(p, row, TRANSCRIPT_RESULT_ROWS, false);
}

static void
transcript_build(const struct ui *ui, size_t i, struct page *p, int width)
{
	static const struct {
		const char	*first;
		enum style	 style;
	} looks[] = {
		[ITEM_USER] = { "> ", STYLE_USER },
		[ITEM_ASSISTANT] = { NULL, STYLE_PLAIN },
		[ITEM_THINKING] = { "~ ", STYLE_DIM },
		[ITEM_TOOL] = { "* ", STYLE_PLAIN },
		[ITEM_PLAN] = { "# ", STYLE_HUNK },
		[ITEM_PROPOSAL] = { "# ", STYLE_HUNK },
		[ITEM_DECISION] = { "# ", STYLE_HUNK },
		[ITEM_APPLIED] = { "# ", STYLE_GOOD },
		[ITEM_EVIDENCE] = { "# ", STYLE_HUNK },
		[ITEM_ERROR] = { "! ", STYLE_BAD },
		[ITEM_RETRY] = { "! ", STYLE_DIM },
		[ITEM_NOTE] = { "- ", STYLE_DIM },
		[ITEM_END] = { "= ", STYLE_BOLD },
	};
	struct fold_item it;
	const char *first;
	enum style style;
	size_t row;

	page_clear(p, width, ui->screen.flags);
	transcript_item(ui, i, &it);
	if (it.kind == ITEM_TOOL) {
		transcript_tool(p, &it);
		return;
	}
	first = looks[it.kind].first;
	style = looks[it.kind].style;
	if (it.title != NULL)
		page_add(p, style, first, first == NULL ? NULL : "  ",
		    it.title, strlen(it.title), true);
	if (it.text != NULL && it.text[0] != '\0') {
		row = page_add(p, style, it.title != NULL ? "  " : first,
		    first == NULL && it.title == NULL ? NULL : "  ", it.text,
		    strlen(it.text), true);
		if (it.kind == ITEM_THINKING)
			transcript_fold(p, row, TRANSCRIPT_THOUGHT_ROWS,
			    it.running);
	}
	if (it.kind == ITEM_USER || it.kind == ITEM_ASSISTANT ||
	    it.kind == ITEM_END)
		page_row_add(p);
}

static int
transcript_height(struct ui *ui, size_t i, int width)
{
	struct pane *pane = &ui->panes[PANE_TRANSCRIPT];
	struct fold_item it;
	size_t n = i + 1;
	uint64_t size;

	if (pane->heights_width != width) {
		for (size_t k = 0; k < pane->heights_len; k++)
			pane->heights[k] = 0;
		pane->heights_width = width;
	}
	if (n > pane->heights_len) {
		n += 64;
		pane->heights = xreallocarray(pane->heights, n,
		    sizeof(*pane->heights));
		pane->sizes = xreallocarray(pane->sizes, n,
		    sizeof(*pane->sizes));
		for (; pane->heights_len < n; pane->heights_len++)
			pane->heights[pane->heights_len] = 0;
	}
	transcript_item(ui, i, &it);
	/* Streaming items have no revision: their text only grows. */
	size = ((uint64_t)it.rev << 32) + (i < ui->fold->items_len ? 1 :
	    2 + (it.text == NULL ? 0 : strlen(it.text)));
	if (pane->heights[i] == 0 || pane->sizes[i] != size) {
		transcript_build(ui, i, &pane->page, width);
		pane->heights[i] = (int)pane->page.len;
		pane->sizes[i] = size;
	}
	return pane->heights[i];
}

/* The top that has the end at the bottom. */
static void
transcript_end(struct ui *ui, int rows, int width, size_t *item, int *row)
{
	size_t i = transcript_len(ui);
	int left = rows;

	*row = 0;
	while (i > 0 && left > 0)
		left -= transcript_height(ui, --i, width);
	*item = i;
	if (left < 0)
		*row = -left;
}

static void
transcript_move(struct ui *ui, int by)
{
	struct pane *p = &ui->panes[PANE_TRANSCRIPT];
	size_t n = transcript_len(ui);
	int width = p->heights_width, h;

	p->row += by;
	while (p->row < 0 && p->item > 0)
		p->row += transcript_height(ui, --p->item, width);
	if (p->row < 0)
		p->row = 0;
	while (p->item < n &&
	    p->row >= (h = transcript_height(ui, p->item, width))) {
		p->row -= h;
		p->item++;
	}
}

static bool
transcript_key(struct ui *ui, enum action_id id)
{
	struct pane *p = &ui->panes[PANE_TRANSCRIPT];
	int page = p->height > 2 ? p->height - 1 : 1;

	switch (id) {
	case ACTION_LINE_DOWN:
		transcript_move(ui, 1);
		break;
	case ACTION_PAGE_DOWN:
		transcript_move(ui, page);
		break;
	case ACTION_LINE_UP:
		p->follow = false;
		transcript_move(ui, -1);
		break;
	case ACTION_PAGE_UP:
		p->follow = false;
		transcript_move(ui, -page);
		break;
	case ACTION_TOP:
		p->follow = false;
		p->item = 0;
		p->row = 0;
		break;
	case ACTION_BOTTOM:
		p->follow = true;
		break;
	default:
		return false;
	}
	return true;
}

static void
transcript_title(const struct ui *ui, struct buf *b)
{
	const struct fold *f = ui->fold;

	if (f->model != NULL)
		buf_addf(b, "%s ", f->model);
	if (f->phase != NULL)
		buf_addf(b, "· %s ", f->phase);
	if (!ui->panes[PANE_TRANSCRIPT].follow)
		buf_adds(b, "· G goes to the end");
}

static void
transcript_draw(struct ui *ui, const struct rect *r)
{
	struct pane *p = &ui->panes[PANE_TRANSCRIPT];
	size_t n = transcript_len(ui), item, i;
	int row, y = 0;

	p->height = r->rows;
	if (n == 0) {
		p->heights_width = r->cols;
		screen_puts(&ui->screen, r->y, r->x, r->cols, STYLE_DIM,
		    "Nothing was said yet. Type what is to be done.");
		return;
	}
	transcript_end(ui, r->rows, r->cols, &item, &row);
	if (p->follow || p->item > item || (p->item == item &&
	    p->row >= row)) {
		p->item = item;
		p->row = row;
		p->follow = true;
	}
	row = p->row;
	for (i = p->item; i < n && y < r->rows; i++) {
		transcript_build(ui, i, &p->page, r->cols);
		for (; row < (int)p->page.len && y < r->rows; row++)
			page_draw_row(&ui->screen, &p->page.rows[row],
			    r->y + y++, r->x, r->x + r->cols);
		row = 0;
	}
	page_clear(&p->page, 0, 0);
}

const struct pane_ops pane_transcript = {
	.name = "transcript",
	.title = transcript_title,
	.draw = transcript_draw,
	.key = transcript_key,
};
