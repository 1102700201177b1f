/*
 * pane: what panes that show a page have in common, scrolling and drawing it.
 */
#include "config.h"

#include <stdlib.h>

#include "ui/state.h"

void
pane_release(struct pane *p)
{
	page_release(&p->page);
	free(p->heights);
	free(p->sizes);
	free(p->hunk);
}

/* The scroll keys of a plain page. */
bool
pane_scroll(struct pane *p, enum action_id id)
{
	size_t h = p->height < 1 ? 1 : (size_t)p->height;
	size_t last = p->page.len > h ? p->page.len - h : 0;
	size_t step = h > 2 ? h - 1 : 1;

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

void
pane_draw_page(struct ui *ui, struct pane *p, const struct rect *r)
{
	size_t last, i;
	int y;

	p->height = r->rows;
	last = p->page.len > (size_t)r->rows ?
	    p->page.len - (size_t)r->rows : 0;
	if (p->top > last || p->follow)
		p->top = last;
	for (y = 0, i = p->top; y < r->rows && i < p->page.len; y++, i++) {
		page_draw_row(&ui->screen, &p->page.rows[i], r->y + y, r->x,
		    r->x + r->cols);
		ui_show(ui, &p->page.rows[i]);
	}
}
