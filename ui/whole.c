/* A window begins and ends where a line does, unless a line is longer. */
#include "config.h"

#include "ui/whole.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ui/state.h"

#define WHOLE_WINDOW	((int64_t)1 << 16)
#define WHOLE_STEP	((int64_t)1 << 20)	/* some milliseconds */
#define WHOLE_LINE	((int64_t)1 << 14)	/* looked at beyond a piece, for
						   the end of a line */

/* ---- pieces ---- */

/* Bytes from `at` on; malloc'ed, NULL if it cannot be read. */
static char *
whole_piece(const struct ui *ui, int64_t at, int64_t n, size_t *len,
    int64_t *size)
{
	const struct transcript_source *s = &ui->transcript.source;
	const struct fold *f = ui->fold;
	const char *live;
	size_t have;

	if (f->output_running || f->output_hash == NULL) {
		live = live_bytes(ui, &have);
		if (live == NULL || at > (int64_t)have)
			return NULL;
		*size = (int64_t)have;
		*len = have - (size_t)at;
		if (*len > (size_t)n)
			*len = (size_t)n;
		return xmemdup(live + at, *len);
	}
	if (s->piece == NULL)
		return NULL;
	return s->piece(s->arg, f->output_hash, at, (size_t)n, len, size);
}

bool
whole_is_kept(const struct ui *ui)
{
	const struct fold *f = ui->fold;
	size_t have;

	if (f->output_bytes <= (int64_t)f->output_len)
		return false;
	if (f->output_running || f->output_hash == NULL)
		return live_bytes(ui, &have) != NULL;
	return ui->transcript.source.piece != NULL;
}

void
whole_stop(struct ui *ui)
{
	free(ui->whole.find);
	ui->whole.find = NULL;
}

static void
whole_close(struct ui *ui)
{
	free(ui->whole.text);
	ui->whole.text = NULL;
	ui->whole.goes_to = -1;
	/* Its rows are gone with it. */
	ui->panes[PANE_OUTPUT].page.len = 0;
}

void
whole_release(struct ui *ui)
{
	whole_stop(ui);
	whole_close(ui);
}

bool
whole_is_on(struct ui *ui)
{
	if (ui->whole.text != NULL &&
	    ui->whole.of != ui->fold->output_starts) {
		whole_close(ui);
		ui->panes[PANE_OUTPUT].follow = true;
	}
	return ui->whole.text != NULL;
}

/* ---- the window ---- */

/* With this byte in its middle, and in sight. */
static bool
whole_open(struct ui *ui, int64_t at)
{
	struct ui_whole *w = &ui->whole;
	int64_t from = at - WHOLE_WINDOW / 2, size;
	size_t len, skip = 0;
	char *text, *nl;

	from = from < 0 ? 0 : from;
	text = whole_piece(ui, from, WHOLE_WINDOW, &len, &size);
	if (text == NULL)
		return false;
	/* From a line's beginning to one's end, where they are near. */
	if (from > 0 && (nl = memchr(text, '\n', len)) != NULL &&
	    from + (nl - text) < at)
		skip = (size_t)(nl - text) + 1;
	if (from + (int64_t)len < size && (nl = memrchr(text, '\n', len)) !=
	    NULL && from + (nl - text) > at)
		len = (size_t)(nl - text) + 1;
	whole_close(ui);
	w->text = text;
	w->of = ui->fold->output_starts;
	memmove(text, text + skip, len - skip);
	w->len = len - skip;
	w->from = from + (int64_t)skip;
	w->size = size;
	w->goes_to = at;
	ui->panes[PANE_OUTPUT].follow = false;
	ui->panes[PANE_OUTPUT].found = false;
	return true;
}

/* The byte at the beginning of a row of the pane. */
static int64_t
whole_byte(const struct ui *ui, size_t row)
{
	const struct page *p = &ui->panes[PANE_OUTPUT].page;
	const struct ui_whole *w = &ui->whole;
	const struct fold *f = ui->fold;
	const char *text = w->text != NULL ? w->text : f->output;
	size_t len = w->text != NULL ? w->len : f->output_len;
	int64_t from = w->text != NULL ? w->from :
	    f->output_bytes - (int64_t)f->output_len;

	for (; row < p->len; row++)
		if (p->rows[row].p >= text && p->rows[row].p < text + len)
			return from + (p->rows[row].p - text);
	return from + (int64_t)len;
}

/* The row that has the byte the window was opened for. */
static void
whole_go(struct ui *ui)
{
	struct ui_whole *w = &ui->whole;
	struct pane *pane = &ui->panes[PANE_OUTPUT];
	const struct page *p = &pane->page;
	const char *at = w->text + (w->goes_to - w->from);
	size_t i;

	for (i = 0; w->goes_to >= 0 && i < p->len; i++)
		if (p->rows[i].p >= w->text && p->rows[i].p <= at &&
		    p->rows[i].p < w->text + w->len)
			pane->top = i;
	w->goes_to = -1;
}

void
whole_build(struct ui *ui, struct page *page, int width)
{
	struct ui_whole *w = &ui->whole;
	int64_t after = (w->size > ui->fold->output_bytes ? w->size :
	    ui->fold->output_bytes) - w->from - (int64_t)w->len;
	struct pane *pane = &ui->panes[PANE_OUTPUT];
	bool found = pane->found && pane->found_item == pane->top;

	/* Broken in another width, the same line stays at the top. */
	if (w->goes_to < 0 && page->len > 0)
		w->goes_to = whole_byte(ui, pane->top);
	page_clear(page, width, ui->screen.flags);
	if (w->from > 0)
		page_addf(page, STYLE_DIM, "(%lld bytes before this)",
		    (long long)w->from);
	output_add_lines(page, w->text, w->len);
	if (after > 0)
		page_addf(page, STYLE_DIM, "(%lld bytes after this)",
		    (long long)after);
	whole_go(ui);
	if (found)
		pane->found_item = pane->top;
}

/* Another window around this row, with the row where it was. */
static void
whole_move(struct ui *ui, size_t row)
{
	struct pane *pane = &ui->panes[PANE_OUTPUT];

	if (!whole_open(ui, whole_byte(ui, row)))
		return;
	whole_build(ui, &pane->page, pane->page.width);
	pane->made_seq = (int64_t)ui->fold->output_made;
}

/* Is there more, above the tail or the window, or below it? */
static bool
whole_has_above(const struct ui *ui, bool on)
{
	return !on || ui->whole.from > 0;
}

static bool
whole_has_below(const struct ui *ui, bool on)
{
	const struct ui_whole *w = &ui->whole;
	int64_t end = w->from + (int64_t)w->len;

	return on && (end < w->size || (ui->fold->output_running &&
	    end < ui->fold->output_bytes));
}

bool
whole_key(struct ui *ui, enum action_id id)
{
	struct pane *pane = &ui->panes[PANE_OUTPUT];
	size_t h = pane->height < 1 ? 1 : (size_t)pane->height;
	bool on = whole_is_on(ui), beyond;

	if (id == ACTION_BOTTOM && on) {
		whole_close(ui);
		pane->follow = true;
	}
	beyond = id == ACTION_TOP ||
	    ((id == ACTION_LINE_UP || id == ACTION_PAGE_UP) && pane->top < h &&
	    whole_has_above(ui, on)) ||
	    ((id == ACTION_LINE_DOWN || id == ACTION_PAGE_DOWN) &&
	    pane->top + 2 * h >= pane->page.len && whole_has_below(ui, on));
	if (!beyond || pane->page.len == 0)
		return false;
	if (live_waits(ui, id))
		return true;
	if (!whole_is_kept(ui))
		return false;
	if (id != ACTION_TOP) {
		whole_move(ui, pane->top);
	} else if (whole_open(ui, 0)) {
		whole_build(ui, &pane->page, pane->page.width);
		pane->made_seq = (int64_t)ui->fold->output_made;
	}
	return false;
}

/* ---- the search ---- */

/* Is it in what is shown of its line, the last state? */
static bool
whole_is_shown(const char *p, size_t n, size_t at)
{
	const char *cr = memchr(p + at, '\r', n - at);
	const char *nl = memchr(p + at, '\n', n - at), *end = p + n;

	if (nl != NULL)
		end = nl;
	while (cr != NULL && cr < end && *cr == '\r')
		cr++;
	return cr == NULL || cr >= end;
}

/* Where a match begins in [0, within) of it; `within` if none does. */
static size_t
whole_find_in(const char *p, size_t n, size_t within, const char *text,
    bool last)
{
	size_t at, from = 0, found = within;

	while (from < within && page_find_pos(p + from, n - from, text, &at)) {
		at += from;
		if (at >= within)
			break;
		if (whole_is_shown(p, n, at)) {
			found = at;
			if (!last)
				break;
		}
		from = at + 1;
	}
	return found;
}

bool
whole_search(struct ui *ui, const char *text, bool back)
{
	struct pane *pane = &ui->panes[PANE_OUTPUT];
	struct ui_whole *w = &ui->whole;
	bool found = pane->found && pane->found_item < pane->page.len;
	size_t row = found ? pane->found_item : pane->top, have;

	(void)whole_is_on(ui);
	whole_stop(ui);
	if (text[0] == '\0')
		return false;
	if (live_waits(ui, back ? ACTION_SEARCH_PREV : ACTION_SEARCH_NEXT))
		return true;
	if (!whole_is_kept(ui))
		return false;
	w->find = xstrdup(text);
	w->back = back;
	w->at = whole_byte(ui, row + (found && !back));
	w->left = w->size = ui->fold->output_bytes;
	if (ui->fold->output_running && live_bytes(ui, &have) != NULL)
		w->left = w->size = (int64_t)have;
	(void)whole_step(ui);
	return true;
}

bool
whole_is_busy(const struct ui *ui)
{
	return ui->whole.find != NULL;
}

static void
whole_found(struct ui *ui, int64_t at)
{
	struct pane *pane = &ui->panes[PANE_OUTPUT];

	whole_stop(ui);
	free(ui->notice);
	ui->notice = NULL;
	if (!whole_open(ui, at))
		return;
	whole_build(ui, &pane->page, pane->page.width);
	pane->made_seq = (int64_t)ui->fold->output_made;
	pane->found = true;
	pane->found_item = pane->top;
}

bool
whole_step(struct ui *ui)
{
	struct ui_whole *w = &ui->whole;
	size_t reach = 4 * strlen(w->find), len, within, at;
	int64_t n = WHOLE_STEP, from, size;
	char *p;

	if (w->at > w->size)
		w->at = w->size;
	/* At one end it goes on at the other. */
	if (w->at == (w->back ? 0 : w->size))
		w->at = w->back ? w->size : 0;
	if (n > w->left)
		n = w->left;
	if (n > (w->back ? w->at : w->size - w->at))
		n = w->back ? w->at : w->size - w->at;
	from = w->back ? w->at - n : w->at;
	p = whole_piece(ui, from, n + (int64_t)reach + WHOLE_LINE, &len,
	    &size);
	/* It has ended meanwhile, and all of it is kept: from here around. */
	if (p != NULL && size != w->size) {
		w->left = w->size = size;
		free(p);
		return true;
	}
	if (p == NULL) {
		ui_notice(ui, "the whole output cannot be read: not searched");
		whole_stop(ui);
		return true;
	}
	within = len < (size_t)n ? len : (size_t)n;
	at = whole_find_in(p, len, within, w->find, w->back);
	free(p);
	if (at < within) {
		whole_found(ui, from + (int64_t)at);
		return true;
	}
	w->at = w->back ? from : from + n;
	w->left -= n;
	if (w->left > 0 && n > 0) {
		ui_notice(ui, "searching the output: %d%%",
		    (int)(100 * (w->size - w->left) / w->size));
		return true;
	}
	ui_notice(ui, ui->fold->output_running ? "not found in what it has "
	    "printed so far: %s" : "not found in all of the output: %s",
	    w->find);
	whole_stop(ui);
	return true;
}
