/*
 * pane: scrolling and drawing a page, shared by the panes.
 */
#include "config.h"

#include "ui/panes/pane.h"

#include <stdlib.h>

#include "base/mem.h"
#include "front/bindings.h"
#include "ui/panes/displayed.h"
#include "ui/panes/pane-data.h"
#include "ui/panes/ui-base.h"
#include "ui/panes/view.h"
#include "ui/term/screen.h"
#include "ui/text/input.h"
#include "ui/text/page.h"

void
pane_release(struct pane *p)
{
	page_release(&p->page);
	free(p->hunk);
}

/* The scroll keys of a plain page. */
bool
pane_scroll(struct pane *p, enum action_id id)
{
	size_t h = p->height < 1 ? 1 : (size_t)p->height;
	size_t last = p->page.len > h ? p->page.len - h : 0;
	size_t step = h > 2 ? h - 1 : 1;

	p->found = false;
	/* view_follow may leave room below the end. */
	if (p->top > last)
		p->top = last;
	switch (id) {
	case ACTION_LINE_DOWN:
		p->top++;
		break;
	case ACTION_LINE_UP:
		p->top -= p->top > 0 ? 1 : 0;
		break;
	case ACTION_PAGE_DOWN:
		p->top += step;
		break;
	case ACTION_PAGE_UP:
		p->top -= p->top > step ? step : p->top;
		break;
	case ACTION_TOP:
		p->top = 0;
		break;
	case ACTION_BOTTOM:
		p->top = last;
		break;
	default:
		return false;
	}
	if (p->top > last)
		p->top = last;
	p->follow = p->streams && p->top == last;
	return true;
}

bool
pane_search(struct pane *p, const char *text, bool back)
{
	size_t at;

	if (p->page.len == 0)
		return false;
	/* If the page couldn't be scrolled to the match, it is further down. */
	at = page_find(&p->page, p->found && p->found_item < p->page.len ?
	    p->found_item : p->top + (back || p->top > 0 ? 0 :
	    p->page.len - 1), text, back);
	if (at == p->page.len)
		return false;
	p->top = p->found_item = at;
	p->found = true;
	p->follow = false;
	return true;
}

/* Mark the last row if a question continues below it. */
static void
pane_draw_more(struct ui *ui, size_t n, const struct rect *r)
{
	/* In the message line that key would be text: the hints name the one
	 * that goes to the pane. */
	AUTO_FREE char *s = xasprintf("%zu more row%s below%s", n,
	    n == 1 ? "" : "s", ui->typing ? "" : " \xc2\xb7 ");
	int y = r->y + r->rows - 1, end = r->x + r->cols;
	int x = screen_own(&ui->screen, y, r->x, end, STYLE_DIM, s);

	if (!ui->typing)
		screen_puts(&ui->screen, y, x, end, STYLE_KEY, ui_key_of(ui,
		    ACTION_LINE_DOWN));
}

void
pane_draw_page(struct ui *ui, struct pane *p, const struct rect *r)
{
	size_t last, i;
	int y, rows = r->rows;

	p->height = r->rows;
	last = p->page.len > (size_t)r->rows ?
	    p->page.len - (size_t)r->rows : 0;
	if (p->follow)
		p->top = view_follow(ui, p->top, p->page.len, r->rows);
	else if (p->top > last)
		p->top = last;
	if (p->asks && p->top < last && rows > 1)
		rows--;
	for (y = 0, i = p->top; y < rows && i < p->page.len; y++, i++) {
		page_draw_row(&ui->screen, &p->page, i, ui->search.text,
		    r->y + y, r->x, r->x + r->cols);
		displayed_show(ui, &p->page.rows[i]);
	}
	if (rows < r->rows)
		pane_draw_more(ui, p->page.len - i, r);
}
