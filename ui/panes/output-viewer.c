/* A window begins and ends at a line break, unless a line is longer. */
#include "config.h"

#include "ui/panes/output-viewer.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "front/bindings.h"
#include "journal/fold.h"
#include "ui/panes/output-data.h"
#include "ui/panes/output-fetch.h"
#include "ui/panes/pane-data.h"
#include "ui/panes/pane-output.h"
#include "ui/panes/transcript-data.h"
#include "ui/panes/ui-base.h"
#include "ui/term/screen.h"
#include "ui/text/page.h"

#define OUTPUT_VIEWER_WINDOW	((int64_t)1 << 16)
#define OUTPUT_VIEWER_STEP	((int64_t)1 << 20)	/* takes some
							   milliseconds */
#define OUTPUT_VIEWER_LINE	((int64_t)1 << 14)	/* bytes to read beyond
							   a piece, to find the
							   end of a line */

/* ---- pieces ---- */

/* Read bytes starting at `at`; malloc'ed, NULL if they can't be read. */
static char *
output_viewer_piece(const struct ui *ui, int64_t at, int64_t n, size_t *len,
    int64_t *size)
{
	const struct transcript_source *s = &ui->transcript.source;
	const struct fold *f = ui->fold;
	const char *live;
	size_t have;

	if (f->output.running || f->output.hash == NULL) {
		live = output_fetch_bytes(ui, &have);
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
	return s->piece(s->arg, f->output.hash, at, (size_t)n, len, size);
}

bool
output_viewer_is_kept(const struct ui *ui)
{
	const struct fold *f = ui->fold;
	size_t have;

	if (f->output.bytes <= (int64_t)f->output.text.len)
		return false;
	if (f->output.running || f->output.hash == NULL)
		return output_fetch_bytes(ui, &have) != NULL;
	return ui->transcript.source.piece != NULL;
}

void
output_viewer_stop(struct ui *ui)
{
	FREE_NULL(ui->whole.find);
}

static void
output_viewer_close(struct ui *ui)
{
	FREE_NULL(ui->whole.text);
	ui->whole.goes_to = -1;
	/* Rows borrow the text: drop them too. */
	ui->panes[PANE_OUTPUT].page.len = 0;
}

void
output_viewer_release(struct ui *ui)
{
	output_viewer_stop(ui);
	output_viewer_close(ui);
}

bool
output_viewer_is_on(struct ui *ui)
{
	if (ui->whole.text != NULL &&
	    ui->whole.of != ui->fold->output.starts) {
		output_viewer_close(ui);
		ui->panes[PANE_OUTPUT].follow = true;
	}
	return ui->whole.text != NULL;
}

/* ---- the window ---- */

/* Open a window around this byte, and scroll to it. */
static bool
output_viewer_open(struct ui *ui, int64_t at)
{
	struct ui_whole *w = &ui->whole;
	int64_t from = at - OUTPUT_VIEWER_WINDOW / 2, size;
	size_t len, skip = 0;
	char *text, *nl;

	from = from < 0 ? 0 : from;
	text = output_viewer_piece(ui, from, OUTPUT_VIEWER_WINDOW, &len, &size);
	if (text == NULL)
		return false;
	/* Start and end at line breaks, if there are any nearby. */
	if (from > 0 && (nl = memchr(text, '\n', len)) != NULL &&
	    from + (nl - text) < at)
		skip = (size_t)(nl - text) + 1;
	if (from + (int64_t)len < size && (nl = memrchr(text, '\n', len)) !=
	    NULL && from + (nl - text) > at)
		len = (size_t)(nl - text) + 1;
	output_viewer_close(ui);
	w->text = text;
	w->of = ui->fold->output.starts;
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
output_viewer_byte(const struct ui *ui, size_t row)
{
	const struct page *p = &ui->panes[PANE_OUTPUT].page;
	const struct ui_whole *w = &ui->whole;
	const struct fold *f = ui->fold;
	const char *text = w->text != NULL ? w->text : f->output.text.p;
	size_t len = w->text != NULL ? w->len : f->output.text.len;
	int64_t from = w->text != NULL ? w->from :
	    f->output.bytes - (int64_t)f->output.text.len;

	for (; row < p->len; row++)
		if (p->rows[row].p >= text && p->rows[row].p < text + len)
			return from + (p->rows[row].p - text);
	return from + (int64_t)len;
}

/* The row with the byte that the window was opened for. */
static void
output_viewer_go(struct ui *ui)
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
output_viewer_build(struct ui *ui, struct page *page, int width)
{
	struct ui_whole *w = &ui->whole;
	int64_t after = (w->size > ui->fold->output.bytes ? w->size :
	    ui->fold->output.bytes) - w->from - (int64_t)w->len;
	struct pane *pane = &ui->panes[PANE_OUTPUT];
	bool found = pane->found && pane->found_item == pane->top;

	/* After wrapping to another width, keep the same line at the top. */
	if (w->goes_to < 0 && page->len > 0)
		w->goes_to = output_viewer_byte(ui, pane->top);
	page_clear(page, width, ui->screen.flags);
	if (w->from > 0)
		page_addf(page, STYLE_DIM, "(%lld bytes before this)",
		    (long long)w->from);
	output_add_lines(ui, page, w->text, w->len);
	if (after > 0)
		page_addf(page, STYLE_DIM, "(%lld bytes after this)",
		    (long long)after);
	output_viewer_go(ui);
	if (found)
		pane->found_item = pane->top;
}

/* Open another window around this row, keeping the row's position. */
static void
output_viewer_move(struct ui *ui, size_t row)
{
	struct pane *pane = &ui->panes[PANE_OUTPUT];

	if (!output_viewer_open(ui, output_viewer_byte(ui, row)))
		return;
	output_viewer_build(ui, &pane->page, pane->page.width);
	pane->made_seq = (int64_t)ui->fold->output.made;
}

/* Is there more output after the tail or window? */
static bool
output_viewer_has_below(const struct ui *ui, bool on)
{
	const struct ui_whole *w = &ui->whole;
	int64_t end = w->from + (int64_t)w->len;

	return on && (end < w->size || (ui->fold->output.running &&
	    end < ui->fold->output.bytes));
}

bool
output_viewer_key(struct ui *ui, enum action_id id)
{
	struct pane *pane = &ui->panes[PANE_OUTPUT];
	size_t h = pane->height < 1 ? 1 : (size_t)pane->height;
	bool on = output_viewer_is_on(ui), beyond;

	if (id == ACTION_BOTTOM && on) {
		output_viewer_close(ui);
		pane->follow = true;
	}
	beyond = id == ACTION_TOP ||
		 ((id == ACTION_LINE_UP || id == ACTION_PAGE_UP) &&
		     pane->top < h && (!on || ui->whole.from > 0)) ||
		 ((id == ACTION_LINE_DOWN || id == ACTION_PAGE_DOWN) &&
		     pane->top + 2 * h >= pane->page.len &&
		     output_viewer_has_below(ui, on));
	if (!beyond || pane->page.len == 0)
		return false;
	if (output_fetch_waits(ui, id))
		return true;
	if (!output_viewer_is_kept(ui))
		return false;
	if (id != ACTION_TOP) {
		output_viewer_move(ui, pane->top);
	} else if (output_viewer_open(ui, 0)) {
		output_viewer_build(ui, &pane->page, pane->page.width);
		pane->made_seq = (int64_t)ui->fold->output.made;
	}
	return false;
}

/* ---- the search ---- */

/* Does the displayed (last) state of the line contain the match? */
static bool
output_viewer_is_shown(const char *p, size_t n, size_t at)
{
	const char *cr = memchr(p + at, '\r', n - at);
	const char *nl = memchr(p + at, '\n', n - at), *end = p + n;

	if (nl != NULL)
		end = nl;
	while (cr != NULL && cr < end && *cr == '\r')
		cr++;
	return cr == NULL || cr >= end;
}

/* The start of a match in [0, within) of the text; `within` if there is
 * none. */
static size_t
output_viewer_find_in(const char *p, size_t n, size_t within, const char *text,
    bool last)
{
	size_t at, from = 0, found = within;

	while (from < within && page_find_pos(p + from, n - from, text, &at)) {
		at += from;
		if (at >= within)
			break;
		if (output_viewer_is_shown(p, n, at)) {
			found = at;
			if (!last)
				break;
		}
		from = at + 1;
	}
	return found;
}

bool
output_viewer_search(struct ui *ui, const char *text, bool back)
{
	struct pane *pane = &ui->panes[PANE_OUTPUT];
	struct ui_whole *w = &ui->whole;
	bool found = pane->found && pane->found_item < pane->page.len;
	size_t row = found ? pane->found_item : pane->top, have;

	(void)output_viewer_is_on(ui);
	output_viewer_stop(ui);
	if (text[0] == '\0')
		return false;
	if (output_fetch_waits(
		ui, back ? ACTION_SEARCH_PREV : ACTION_SEARCH_NEXT))
		return true;
	if (!output_viewer_is_kept(ui))
		return false;
	w->find = xstrdup(text);
	w->back = back;
	w->at = output_viewer_byte(ui, row + (found && !back));
	w->left = w->size = ui->fold->output.bytes;
	if (ui->fold->output.running && output_fetch_bytes(ui, &have) != NULL)
		w->left = w->size = (int64_t)have;
	(void)output_viewer_step(ui);
	return true;
}

bool
output_viewer_is_busy(const struct ui *ui)
{
	return ui->whole.find != NULL;
}

static void
output_viewer_found(struct ui *ui, int64_t at)
{
	struct pane *pane = &ui->panes[PANE_OUTPUT];

	output_viewer_stop(ui);
	FREE_NULL(ui->notice);
	if (!output_viewer_open(ui, at))
		return;
	output_viewer_build(ui, &pane->page, pane->page.width);
	pane->made_seq = (int64_t)ui->fold->output.made;
	pane->found = true;
	pane->found_item = pane->top;
}

bool
output_viewer_step(struct ui *ui)
{
	struct ui_whole *w = &ui->whole;
	size_t reach = 4 * strlen(w->find), len, within, at;
	int64_t n = OUTPUT_VIEWER_STEP, from, size;
	AUTO_FREE char *p = NULL;

	if (w->at > w->size)
		w->at = w->size;
	/* At one end the search continues at the other. */
	if (w->at == (w->back ? 0 : w->size))
		w->at = w->back ? w->size : 0;
	if (n > w->left)
		n = w->left;
	if (n > (w->back ? w->at : w->size - w->at))
		n = w->back ? w->at : w->size - w->at;
	from = w->back ? w->at - n : w->at;
	p = output_viewer_piece(
	    ui, from, n + (int64_t)reach + OUTPUT_VIEWER_LINE, &len, &size);
	/* The command has ended meanwhile, and its output is kept: search all
	 * of it from here. */
	if (p != NULL && size != w->size) {
		w->left = w->size = size;
		return true;
	}
	if (p == NULL) {
		ui_notice(ui, "can't search: the full output can't be read");
		output_viewer_stop(ui);
		return true;
	}
	within = len < (size_t)n ? len : (size_t)n;
	at = output_viewer_find_in(p, len, within, w->find, w->back);
	if (at < within) {
		output_viewer_found(ui, from + (int64_t)at);
		return true;
	}
	w->at = w->back ? from : from + n;
	w->left -= n;
	if (w->left > 0 && n > 0) {
		ui_notice(ui, "searching the output: %d%%",
		    (int)(100 * (w->size - w->left) / w->size));
		return true;
	}
	ui_notice(ui,
	    ui->fold->output.running ? "not in the output so far: %s"
				     : "not in the output: %s",
	    w->find);
	output_viewer_stop(ui);
	return true;
}
