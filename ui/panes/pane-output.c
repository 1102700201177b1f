/*
 * The tail of the output of the running or last command. A line that was
 * overwritten shows its last state; earlier states, such as those of a progress
 * bar, are in the complete output, which is kept.
 */
#include "config.h"

#include "ui/panes/pane-output.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "front/bindings.h"
#include "journal/fold.h"
#include "ui/panes/export.h"
#include "ui/panes/failure-line.h"
#include "ui/panes/output-data.h"
#include "ui/panes/output-fetch.h"
#include "ui/panes/output-viewer.h"
#include "ui/panes/pane-data.h"
#include "ui/panes/pane.h"
#include "ui/panes/panes.h"
#include "ui/panes/search.h"
#include "ui/panes/transcript-data.h"
#include "ui/panes/ui-base.h"
#include "ui/term/screen.h"
#include "ui/text/page.h"

static void
output_seconds(struct buf *b, int64_t ms)
{
	int64_t s = ms / 1000;

	buf_addf(b, "%lld:%02lld", (long long)(s / 60), (long long)(s % 60));
}

static void
output_size(struct buf *b, int64_t n)
{
	if (n < 1000)
		buf_addf(b, "%lld byte%s", (long long)n, n == 1 ? "" : "s");
	else if (n < 1000000)
		buf_addf(b, "%lld kB", (long long)(n / 1000));
	else
		buf_addf(b, "%lld MB", (long long)(n / 1000000));
}

/* "failure 2 of 5", or how many there are. */
static void
output_title_failures(const struct ui *ui, struct buf *b)
{
	const struct pane *pane = &ui->panes[PANE_OUTPUT];
	size_t i, n = 0, at = 0;

	if (ui->whole.failure == 0)
		return;
	for (i = 0; i < pane->page.len; i++) {
		if (pane->page.rows[i].kind != ui->whole.failure)
			continue;
		n++;
		if (pane->found && pane->found_item == i)
			at = n;
	}
	if (n > 1 && at > 0)
		buf_addf(b, " · failure %zu of %zu", at, n);
	else if (n > 1)
		buf_addf(b, " · %zu failures", n);
}

static void
output_title(const struct ui *ui, int room, struct buf *b)
{
	const struct fold *f = ui->fold;

	(void)room;
	if (f->output.title == NULL)
		return;
	/* A long command may be cut, its result may not. */
	if (f->output.running) {
		output_seconds(b, ui->now - ui->output.since);
		if (f->timeout_ms > 0) {
			buf_adds(b, " of ");
			output_seconds(b, f->timeout_ms);
		}
	} else
		buf_adds(b, f->output.end == NULL ? "ended" : f->output.end);
	if (f->output.bytes > 0) {
		buf_adds(b, " · ");
		output_size(b, f->output.bytes);
	}
	output_title_failures(ui, b);
	buf_addf(b, " · %s", f->output.title);
}

const char *
output_over(unsigned flags)
{
	return flags & SANITIZE_ASCII ? "... " : "(\xe2\x80\xa6) ";
}

/* Does the text contain anything but carriage returns? */
static bool
output_has_text(const char *p, const char *end)
{
	while (p < end && *p == '\r')
		p++;
	return p < end;
}

/* Add one line: if it was overwritten, only its last state, with a mark in
 * front. A carriage return at the end of a line overwrites nothing. */
static void
output_line(struct page *page, const char *line, const char *end)
{
	const char *cr, *mark = NULL, *rest = NULL;
	size_t row;

	while (end > line && end[-1] == '\r')
		end--;
	cr = memrchr(line, '\r', (size_t)(end - line));
	if (cr != NULL && output_has_text(line, cr)) {
		mark = output_over(page->flags);
		rest = "    ";
	}
	if (cr != NULL)
		line = cr + 1;
	row = page_add(page, STYLE_PLAIN, mark, rest, line,
	    (size_t)(end - line), false);
	page->rows[row].prefix_style = STYLE_DIM;
	page->rows[row].kind = (int)failure_line(line, (size_t)(end - line));
}

/* Find which kind of failure the page has, and show them. */
static void
output_mark_failures(struct ui *ui, struct page *page)
{
	int *best = &ui->whole.failure;
	size_t i, k;

	*best = 0;
	for (i = 0; i < page->len; i++)
		if (page->rows[i].kind != 0 && (*best == 0 ||
		    page->rows[i].kind < *best))
			*best = page->rows[i].kind;
	for (i = 0; i < page->len && *best != 0; i++) {
		if (page->rows[i].kind != *best)
			continue;
		for (k = i; k == i || (k < page->len && page->rows[k].joins);
		    k++)
			page_style_rows(page, k, k + 1, page->rows[k].p,
			    page->rows[k].len, STYLE_BAD);
	}
}

void
output_add_lines(struct ui *ui, struct page *page, const char *p, size_t n)
{
	const char *end;
	size_t i;

	for (i = 0; i < n; i = (size_t)(end - p) + 1) {
		end = memchr(p + i, '\n', n - i);
		if (end == NULL)
			end = p + n;
		output_line(page, p + i, end);
	}
	output_mark_failures(ui, page);
}

static void
output_build(struct ui *ui, struct page *page, int width)
{
	const struct fold *f = ui->fold;
	size_t n = f->output.text.len;

	page_clear(page, width, ui->screen.flags);
	if (n == 0)
		page_adds(page, STYLE_DIM,
		    f->output.title == NULL ? "No output yet." : "No output.");
	else if (f->output.bytes > (int64_t)n)
		page_addf(page, STYLE_DIM, f->output.running ||
		    output_viewer_is_kept(ui) ? "(%lld bytes "
		    "before this)" : "(%lld bytes before this are in the "
		    "session's folder)", (long long)(f->output.bytes -
		    (int64_t)n));
	output_add_lines(ui, page, f->output.text.p, n);
}

/* ---- its failures ---- */

/* To the next failure or the one before, around the ends as a search. */
static void
output_go_failure(struct ui *ui, bool back)
{
	struct pane *pane = &ui->panes[PANE_OUTPUT];
	size_t n = pane->page.len, left;
	size_t i = pane->found && pane->found_item < n ? pane->found_item :
	    back ? pane->top : pane->top + n - 1;

	for (left = n; left > 0; left--) {
		i = (i + (back ? n - 1 : 1)) % n;
		if (pane->page.rows[i].kind != ui->whole.failure)
			continue;
		pane->top = pane->found_item = i;
		pane->found = true;
		pane->follow = false;
		return;
	}
}

/* Rows point into the fold's output, or into the part that output-viewer shows,
 * and are made again when that changes. */
static void
output_make(struct ui *ui, int width)
{
	struct pane *pane = &ui->panes[PANE_OUTPUT];
	bool on = output_viewer_is_on(ui);

	if (width < 1 || (pane->page.width == width &&
	    pane->made_seq == (int64_t)ui->fold->output.made &&
	    pane->page.len > 0))
		return;
	if (on)
		output_viewer_build(ui, &pane->page, width);
	else
		output_build(ui, &pane->page, width);
	pane->made_seq = (int64_t)ui->fold->output.made;
}

/* A failed check's output is shown from its first failure, until the next
 * command. */
static void
output_open(struct ui *ui)
{
	ui->whole.opens = ui->panes[PANE_OUTPUT].follow &&
	    fold_check_has_why(ui->fold);
}

static void
output_begin(struct ui *ui)
{
	struct ui_whole *w = &ui->whole;
	struct pane *pane = &ui->panes[PANE_OUTPUT];

	if (w->first_of != 0 && w->first_of != ui->fold->output.starts) {
		w->first_of = 0;
		pane->follow = true;
	}
	if (w->opens && w->failure != 0) {
		pane->top = 0;
		pane->found = false;
		output_go_failure(ui, false);
		w->first_of = ui->fold->output.starts;
	}
	w->opens = false;
}

static void
output_draw(struct ui *ui, const struct rect *r)
{
	struct pane *pane = &ui->panes[PANE_OUTPUT];

	output_make(ui, r->cols);
	output_begin(ui);
	pane_draw_page(ui, pane, r);
}

static bool
output_key(struct ui *ui, enum action_id id)
{
	/* The viewer goes by the pane's rows: they must be current. */
	output_make(ui, ui->panes[PANE_OUTPUT].page.width);
	if (id != ACTION_ITEM_NEXT && id != ACTION_ITEM_PREV)
		return output_viewer_key(ui, id);
	if (ui->whole.failure == 0)
		ui_notice(ui, "no failure recognized in this output");
	else
		output_go_failure(ui, id == ACTION_ITEM_PREV);
	return true;
}

static bool
output_search(struct ui *ui, const char *text, bool back)
{
	const struct fold *f = ui->fold;
	struct pane *pane = &ui->panes[PANE_OUTPUT];

	output_make(ui, pane->page.width);
	if (output_viewer_search(ui, text, back) ||
	    pane_search(pane, text, back))
		return true;
	if (f->output.bytes <= (int64_t)f->output.text.len)
		return false;
	ui_notice(ui, "not found in the end of the output; the rest can't be "
	    "searched: %s", text);
	return true;
}

/* ---- export ---- */

/* The complete output, malloc'ed, if it is kept by now or was fetched from the
 * core; otherwise NULL, and the caller uses the tail, f->output. */
static char *
output_whole(const struct ui *ui, size_t *len)
{
	const struct transcript_source *s = &ui->transcript.source;
	const struct fold *f = ui->fold;
	const char *live;
	size_t have;

	if (f->output.running || f->output.hash == NULL) {
		live = output_fetch_bytes(ui, &have);
		if (live == NULL || have > EXPORT_OUTPUT_MAX ||
		    (int64_t)have < f->output.bytes)
			return NULL;
		*len = have;
		return xmemdup(live, have);
	}
	return s->content == NULL ? NULL :
	    s->content(s->arg, f->output.hash, EXPORT_OUTPUT_MAX, len);
}

/* The line of the complete output at the top of the pane. */
static int
output_line_here(const struct ui *ui, const char *p, size_t n)
{
	const struct pane *pane = &ui->panes[PANE_OUTPUT];
	const struct fold *f = ui->fold;
	const struct buf *tail = &f->output.text;
	const struct ui_whole *w = &ui->whole;
	const char *row = pane->top >= pane->page.len ? NULL :
	    pane->page.rows[pane->top].p;
	size_t before;

	/* In a window its position is known. */
	if (w->text != NULL && n >= (size_t)w->from + w->len && row != NULL &&
	    row >= w->text && row < w->text + w->len)
		return 1 + export_lines(p, (size_t)w->from +
		    (size_t)(row - w->text));
	if (pane->top >= pane->page.len ||
	    pane->made_seq != (int64_t)f->output.made ||
	    pane->page.rows[pane->top].p < tail->p ||
	    pane->page.rows[pane->top].p >= tail->p + tail->len ||
	    n < tail->len ||
	    memcmp(p + n - tail->len, tail->p, tail->len) != 0)
		return 1;
	before = n - tail->len +
	    (size_t)(pane->page.rows[pane->top].p - tail->p);
	return 1 + export_lines(p, before);
}

static bool
output_look_all(struct ui *ui, struct export *l)
{
	const struct fold *f = ui->fold;
	size_t n = f->output.text.len;
	AUTO_FREE char *kept = output_whole(ui, &n);
	const char *p = kept != NULL ? kept : f->output.text.p;

	l->name = "output.txt";
	if (n > 0)
		l->line = output_line_here(ui, p, n);
	if (kept == NULL && f->output.bytes > (int64_t)n) {
		buf_addf(&l->text, "[%lld bytes before this are not here%s]\n",
		    (long long)(f->output.bytes - (int64_t)n),
		    f->output.running ? " while it runs" : "");
		l->line++;
	}
	if (n > 0)
		export_add(l, ui, p, n);
	return n > 0;
}

/* The lines of the pane, unwrapped. */
static void
output_add_view(const struct pane *pane, struct buf *b)
{
	size_t i, end = pane->top + (size_t)(pane->height > 0 ?
	    pane->height : 0);
	const struct page_row *r;

	for (i = pane->top; i < end && i < pane->page.len; i++) {
		r = &pane->page.rows[i];
		if (r->p == NULL || r->style != STYLE_PLAIN)
			continue;	/* a row of ours */
		buf_add(b, r->p, r->len);
		if (!r->more)
			buf_addc(b, '\n');
	}
}

static bool
output_look(struct ui *ui, bool all, struct export *l)
{
	const struct fold *f = ui->fold;
	size_t n = f->output.text.len;
	AUTO_FREE char *kept = NULL;

	if (n == 0 || (all && output_fetch_waits(ui, ACTION_LOOK_PAGER)))
		return false;
	output_make(ui, ui->panes[PANE_OUTPUT].page.width);
	if (all)
		return output_look_all(ui, l);
	/* Don't copy a part that looks like the whole. */
	if (f->output.bytes > EXPORT_COPY_MAX || n > EXPORT_COPY_MAX) {
		output_add_view(&ui->panes[PANE_OUTPUT], &l->text);
		l->what = "the visible part (the output is long)";
		return l->text.len > 0;
	}
	kept = output_whole(ui, &n);
	buf_add(&l->text, kept != NULL ? kept : f->output.text.p, n);
	l->what = f->output.running ? "the output so far" :
	    "the output";
	return true;
}

const struct pane_ops pane_output = {
	.name = "output",
	.open = output_open,
	.title = output_title,
	.draw = output_draw,
	.key = output_key,
	.search = output_search,
	.search_is_busy = output_viewer_is_busy,
	.search_step = output_viewer_step,
	.search_stop = output_viewer_stop,
	.look = output_look,
};
