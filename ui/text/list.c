/* See list.h. */

#include "config.h"

#include "ui/text/list.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
list_release(struct pane *p)
{
	page_release(&p->page);
	FREE_ALL(p->open, p->hunk);
}

int
list_level(const struct page_id *id)
{
	int n = PAGE_LEVELS;

	while (n > 0 && id->of[n - 1] == 0)
		n--;
	return n;
}

bool
list_has(const struct page_id *a, const struct page_id *id)
{
	int n = list_level(a);

	return n > 0 && memcmp(a, id, (size_t)n * sizeof(a->of[0])) == 0;
}

static bool
list_is_node(const struct page *p, size_t row)
{
	const struct page_row *r = &p->rows[row];

	return list_level(&r->id) > 0 && (row == 0 || !list_has(&r->id,
	    &r[-1].id));
}

/* The node of this row; of rows above the first one, that. The page's length if
 * it has none. */
static size_t
list_node(const struct page *p, size_t row)
{
	size_t i = row < p->len ? row + 1 : p->len;

	while (i > 0 && !list_is_node(p, i - 1))
		i--;
	if (i > 0)
		return i - 1;
	while (i < p->len && !list_is_node(p, i))
		i++;
	return i;
}

void
list_go(struct pane *p, size_t row)
{
	const struct page_row *r = p->page.rows;
	size_t h = p->height < 1 ? 1 : (size_t)p->height, n = p->page.len;
	size_t first, end;

	first = list_node(&p->page, row);
	if (first == n) {
		p->at = (struct page_id){ 0 };
		p->cur = 0;
		if (p->top + h > n)
			p->top = n > h ? n - h : 0;
		return;
	}
	p->cur = first;
	p->at = r[first].id;
	for (end = first + 1; end < n && list_has(&p->at, &r[end].id); end++)
		;
	while (first > 0 && (list_level(&r[first - 1].id) == 0 ||
	    (list_is_node(&p->page, first - 1) &&
	    list_has(&r[first - 1].id, &p->at))))
		first--;
	if (end > p->top + h)
		p->top = end - h;
	if (first < p->top)
		p->top = first;
	if (p->cur >= p->top + h)
		p->top = p->cur - h + 1;
	if (p->top + h > n)
		p->top = n > h ? n - h : 0;
}

size_t
list_find(const struct pane *p)
{
	size_t i, at = p->cur;
	int level, best = 0;

	for (i = 0; i < p->page.len; i++) {
		level = list_level(&p->page.rows[i].id);
		if (level > best && list_has(&p->page.rows[i].id, &p->at)) {
			best = level;
			at = i;
		}
	}
	return at;
}

void
list_keep(struct pane *p)
{
	size_t above = p->cur - p->top, at = list_find(p);

	/* Without a cursor the page is scrolled as it is. */
	if (p->cur >= p->top)
		p->top = at > above ? at - above : 0;
	list_go(p, at);
}

bool
list_step(struct pane *p, bool forward, int level)
{
	size_t i = p->cur;

	while (forward ? i + 1 < p->page.len : i > 0) {
		i += forward ? 1 : (size_t)-1;
		if (list_is_node(&p->page, i) && (level == 0 ||
		    list_level(&p->page.rows[i].id) == level)) {
			list_go(p, i);
			return true;
		}
	}
	return false;
}

size_t
list_rows_of(enum action_id id, int height)
{
	size_t h = height < 1 ? 1 : (size_t)height;

	if (id == ACTION_HALF_DOWN || id == ACTION_HALF_UP)
		return h > 2 ? h / 2 : 1;
	return h > 2 ? h - 1 : 1;
}

/* Move a row; `step`: those of a page, or of half of one. */
static bool
list_row(size_t *at, enum action_id id, size_t step, size_t last)
{
	switch (id) {
	case ACTION_LINE_DOWN:
		++*at;
		break;
	case ACTION_LINE_UP:
		*at -= *at > 0;
		break;
	case ACTION_PAGE_DOWN:
	case ACTION_HALF_DOWN:
		*at += step;
		break;
	case ACTION_PAGE_UP:
	case ACTION_HALF_UP:
		*at -= *at > step ? step : *at;
		break;
	case ACTION_TOP:
		*at = 0;
		break;
	case ACTION_BOTTOM:
		*at = last;
		break;
	default:
		return false;
	}
	if (*at > last)
		*at = last;
	return true;
}

bool
list_move(struct pane *p, enum action_id id)
{
	size_t h = p->height < 1 ? 1 : (size_t)p->height, n = p->page.len;
	size_t step = list_rows_of(id, p->height), row = p->cur;
	bool forward = id == ACTION_LINE_DOWN || id == ACTION_PAGE_DOWN ||
	    id == ACTION_HALF_DOWN;

	p->found = false;
	if (list_level(&p->at) == 0)
		return list_row(&p->top, id, step, n > h ? n - h : 0);
	if (!list_row(&row, id, step, n > 0 ? n - 1 : 0))
		return false;
	/* Leave a node that fills the screen, too. */
	while (forward && row + 1 < n && list_node(&p->page, row) == p->cur)
		row++;
	list_go(p, row);
	return true;
}

bool
list_search(struct pane *p, const char *text, bool back)
{
	bool cursor = list_level(&p->at) > 0;
	size_t n = p->page.len, at = p->cur;

	if (n == 0)
		return false;
	/* From the last row of the node forward. */
	while (cursor && !back && at + 1 < n && !list_is_node(&p->page, at + 1))
		at++;
	/* If the page couldn't be scrolled to the match, it is further down. */
	if (!cursor)
		at = p->found && p->found_item < n ? p->found_item :
		    p->top + (back || p->top > 0 ? 0 : n - 1);
	at = page_find(&p->page, at, text, back);
	if (at == n)
		return false;
	if (cursor) {
		list_go(p, at);
		return true;
	}
	p->top = p->found_item = at;
	p->found = true;
	p->follow = false;
	return true;
}

bool
list_is_open(const struct pane *p, const struct page_id *id)
{
	size_t i = 0;

	while (i < p->open_len && !list_has(id, &p->open[i]))
		i++;
	return i < p->open_len;
}

void
list_open(struct pane *p, const struct page_id *id, bool open)
{
	p->stale = true;
	MEM_EACH_BACK(p, open, it)
		if (list_has(id, it))
			*it = p->open[--p->open_len];
	if (!open)
		return;
	*GROW_ADD(p->open, p->open_len) = *id;
}
