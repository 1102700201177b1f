/*
 * The tail of the output of the running or last command. A line that was
 * overwritten shows its last state; earlier states, such as those of a progress
 * bar, are in the complete output, which is kept.
 */

#include "config.h"

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
#include "ui/panes/panes.h"
#include "ui/panes/ui-base.h"
#include "ui/term/screen.h"
#include "ui/text/page.h"

#define FAILURE_LINE_MAX ((size_t)1000)	/* bytes; of longer lines, the start */

struct failure_line_row {
	enum failure_line kind;
	const char	*begins;	/* after its indent; */
	const char	*has, *ends;	/* each may be NULL */
};

/* The first row that fits counts. */
/* clang-format off */
static const struct failure_line_row failure_line_rows[] = {
	/* TAP: not yet expected to pass */
	{ FAILURE_LINE_NONE, "not ok ", "# TODO", NULL },
	{ FAILURE_LINE_NONE, "not ok ", "# SKIP", NULL },
	{ FAILURE_LINE_TEST, "not ok ", NULL, NULL },
	/* automake, unittest */
	{ FAILURE_LINE_TEST, "FAIL: ", NULL, NULL },
	{ FAILURE_LINE_TEST, "XPASS: ", NULL, NULL },
	{ FAILURE_LINE_TEST, "ERROR: ", NULL, ")" },
	/* pytest */
	{ FAILURE_LINE_TEST, "___", " ", "___" },
	{ FAILURE_LINE_LIST, "FAILED ", "::", NULL },
	{ FAILURE_LINE_LIST, "ERROR ", ".py", NULL },
	/* go test, go build */
	{ FAILURE_LINE_TEST, "--- FAIL: ", NULL, NULL },
	{ FAILURE_LINE_ERROR, "./", ".go:", NULL },
	/* cargo */
	{ FAILURE_LINE_TEST, "---- ", NULL, " stdout ----" },
	{ FAILURE_LINE_LIST, "test ", NULL, " ... FAILED" },
	/* node --test, jest, vitest */
	{ FAILURE_LINE_TEST, "test at ", NULL, NULL },
	{ FAILURE_LINE_TEST, "\xe2\x97\x8f ", NULL, NULL },
	{ FAILURE_LINE_LIST, "\xe2\x9c\x96 ", NULL, NULL },
	{ FAILURE_LINE_LIST, "FAIL ", NULL, NULL },
	/* ctest */
	{ FAILURE_LINE_LIST, NULL, "***Failed", NULL },
	{ FAILURE_LINE_LIST, NULL, "***Exception", NULL },
	{ FAILURE_LINE_LIST, NULL, "***Timeout", NULL },
	{ FAILURE_LINE_LIST, NULL, "***Not Run", NULL },
	/* compilers and linkers */
	{ FAILURE_LINE_ERROR, NULL, ": error: ", NULL },
	{ FAILURE_LINE_ERROR, NULL, ": fatal error: ", NULL },
	{ FAILURE_LINE_ERROR, NULL, ": error TS", NULL },
	{ FAILURE_LINE_ERROR, NULL, " - error TS", NULL },
	{ FAILURE_LINE_ERROR, NULL, ": undefined reference to ", NULL },
	{ FAILURE_LINE_ERROR, "error[", NULL, NULL },
	{ FAILURE_LINE_ERROR, "error: ", NULL, NULL },
	/* what isn't a test's own */
	{ FAILURE_LINE_REST, "Traceback (most recent call last)", NULL, NULL },
	{ FAILURE_LINE_REST, "panic: ", NULL, NULL },
	{ FAILURE_LINE_REST, "thread '", "' panicked at ", NULL },
	{ FAILURE_LINE_REST, NULL, ": Assertion `", NULL },
	{ FAILURE_LINE_REST, NULL, ": runtime error: ", NULL },
	{ FAILURE_LINE_REST, NULL, "ERROR: AddressSanitizer", NULL },
	{ FAILURE_LINE_REST, "ERROR: ", NULL, NULL },
	{ FAILURE_LINE_REST, "make", ": *** ", NULL },
};
/* clang-format on */

/* Which lines name a failure: for display only, nothing is decided by it. A new
 * runner is a row, or two if it lists the failed tests again. */

static bool
failure_line_fits(const struct failure_line_row *r, const char *p, size_t n)
{
	size_t begins = r->begins == NULL ? 0 : strlen(r->begins);
	size_t ends = r->ends == NULL ? 0 : strlen(r->ends);

	return n >= begins + ends &&
	    (begins == 0 || memcmp(p, r->begins, begins) == 0) &&
	    (ends == 0 || memcmp(p + n - ends, r->ends, ends) == 0) &&
	    (r->has == NULL || memmem(p + begins, n - begins, r->has,
	    strlen(r->has)) != NULL);
}

enum failure_line
failure_line(const char *p, size_t n)
{
	size_t i;

	for (; n > 0 && (*p == ' ' || *p == '\t'); n--)
		p++;
	for (; n > 0 && p[n - 1] == ' '; n--)
		;
	if (n > FAILURE_LINE_MAX)
		n = FAILURE_LINE_MAX;
	for (i = 0; n > 0 && i < MEM_COUNT(failure_line_rows); i++)
		if (failure_line_fits(&failure_line_rows[i], p, n))
			return failure_line_rows[i].kind;
	return FAILURE_LINE_NONE;
}

/*
 * All output of a command, of which the fold has only the tail: a window of it is
 * displayed, which begins and ends at a line break, unless a line is longer. A
 * search covers all of it, a piece at a time, so that keys and the core never
 * wait for it.
 */

#define OUTPUT_VIEWER_WINDOW	((int64_t)1 << 16)
#define OUTPUT_VIEWER_STEP	((int64_t)1 << 20)	/* takes some
							   milliseconds */
#define OUTPUT_VIEWER_LINE	((int64_t)1 << 14)	/* bytes to read beyond
							   a piece, to find the
							   end of a line */

static void	output_build(struct ui *ui, int width);

/* ---- pieces ---- */

/* Read bytes starting at `at`; malloc'ed, NULL if they can't be read. */
static char *
output_viewer_piece(const struct ui *ui, int64_t at, int64_t n, size_t *len,
    int64_t *size)
{
	const struct transcript_source *s = &ui->transcript.source;

	return s->piece == NULL ? NULL : s->piece(s->arg,
	    output_shown(ui)->hash, at, (size_t)n, len, size);
}

/* Is more of its output kept than is here? While it runs, only that of one in the
 * background is. */
static bool
output_viewer_is_kept(const struct ui *ui)
{
	const struct fold_output *o = output_shown(ui);

	return o->bytes > (int64_t)o->text.len && o->hash != NULL &&
	    ui->transcript.source.piece != NULL;
}

static void
output_viewer_close(struct ui *ui)
{
	FREE_NULL(ui->whole.text);
	ui->whole.goes_to = -1;
	/* Rows borrow the text: drop them too. */
	ui->panes[PANE_OUTPUT].page.len = 0;
}

/* Is a window displayed? False for output from before the last command. */
static bool
output_viewer_is_on(struct ui *ui)
{
	if (ui->whole.text != NULL &&
	    ui->whole.of != output_shown(ui)->starts) {
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
	w->of = output_shown(ui)->starts;
	memmove(text, text + skip, len - skip);
	w->len = len - skip;
	w->from = from + (int64_t)skip;
	w->size = size;
	w->goes_to = at;
	ui->panes[PANE_OUTPUT].follow = false;
	ui->panes[PANE_OUTPUT].found = false;
	return true;
}

/* What the pane has rows of: the window, or the tail. */
struct output_part {
	const char	*p;
	size_t		 len;
	int64_t		 from, after;	/* bytes before it, and after it */
};

static struct output_part
output_part(const struct ui *ui)
{
	const struct ui_whole *w = &ui->whole;
	const struct fold_output *o = output_shown(ui);
	int64_t len = (int64_t)o->text.len;

	return w->text == NULL ? (struct output_part){ o->text.p, o->text.len,
	    o->bytes - len, 0 } : (struct output_part){ w->text, w->len,
	    w->from, w->size - w->from - (int64_t)w->len };
}

/* The byte at the beginning of a row of the pane. */
static int64_t
output_viewer_byte(const struct ui *ui, size_t row)
{
	const struct page *p = &ui->panes[PANE_OUTPUT].page;
	struct output_part part = output_part(ui);

	for (; row < p->len; row++)
		if (p->rows[row].p >= part.p && p->rows[row].p < part.p +
		    part.len)
			return part.from + (p->rows[row].p - part.p);
	return part.from + (int64_t)part.len;
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

/* Does the key go down, or up? */
static bool
output_goes(enum action_id id, bool down)
{
	switch (id) {
	case ACTION_LINE_DOWN:
	case ACTION_HALF_DOWN:
	case ACTION_PAGE_DOWN:
		return down;
	case ACTION_LINE_UP:
	case ACTION_HALF_UP:
	case ACTION_PAGE_UP:
		return !down;
	default:
		return false;
	}
}

/* Open or move the window if the key leads beyond the pane's rows. The caller
 * must still handle the key. */
static void
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
		 (output_goes(id, false) && pane->top < h &&
		     (!on || ui->whole.from > 0)) ||
		 (output_goes(id, true) &&
		     pane->top + 2 * h >= pane->page.len &&
		     on && ui->whole.from + (int64_t)ui->whole.len <
		     ui->whole.size);
	if (!beyond || pane->page.len == 0 || !output_viewer_is_kept(ui))
		return;
	/* Around this row, which stays where it is. */
	if (output_viewer_open(ui, id == ACTION_TOP ? 0 :
	    output_viewer_byte(ui, pane->top)))
		output_build(ui, pane->page.width);
}

/* ---- the search ---- */

/* Does the displayed (last) state of the line contain the match? */
static bool
output_viewer_is_shown(const char *p, size_t n, size_t at)
{
	const char *cr = memchr(p + at, '\r', n - at);
	const char *end = mem_line_end(p + at, p + n);

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

	while (from < within && page_find_in(p + from, n - from, text, &at)) {
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

static void
output_viewer_found(struct ui *ui, int64_t at)
{
	struct pane *pane = &ui->panes[PANE_OUTPUT];

	if (!output_viewer_open(ui, at))
		return;
	output_build(ui, pane->page.width);
	pane->found = true;
	pane->found_item = pane->top;
}

/* Where to begin. False: the pane has all of it, or all that can be searched. */
static bool
output_viewer_begin(struct ui *ui)
{
	struct pane *pane = &ui->panes[PANE_OUTPUT];
	struct ui_search *s = &ui->search;
	bool found = pane->found && pane->found_item < pane->page.len;
	size_t row = found ? pane->found_item : pane->top;

	if (!output_viewer_is_kept(ui))
		return false;
	ui->whole.at = output_viewer_byte(ui, row + (found && !s->back));
	s->left = s->all = output_shown(ui)->bytes;
	return true;
}

/* Search the next piece. */
static enum found
output_viewer_step(struct ui *ui)
{
	struct ui_whole *w = &ui->whole;
	struct ui_search *s = &ui->search;
	size_t reach = 4 * strlen(s->text), len, within, at;
	int64_t n = OUTPUT_VIEWER_STEP, from, size;
	AUTO_FREE char *p = NULL;

	if (w->at > s->all)
		w->at = s->all;
	/* At one end the search continues at the other. */
	if (w->at == (s->back ? 0 : s->all))
		w->at = s->back ? s->all : 0;
	if (n > s->left)
		n = s->left;
	if (n > (s->back ? w->at : s->all - w->at))
		n = s->back ? w->at : s->all - w->at;
	from = s->back ? w->at - n : w->at;
	p = output_viewer_piece(
	    ui, from, n + (int64_t)reach + OUTPUT_VIEWER_LINE, &len, &size);
	if (p == NULL) {
		ui_notice(ui, "can't search: the full output can't be read");
		return FOUND_NONE;
	}
	within = len < (size_t)n ? len : (size_t)n;
	at = output_viewer_find_in(p, len, within, s->text, s->back);
	if (at < within) {
		output_viewer_found(ui, from + (int64_t)at);
		return FOUND_ONE;
	}
	w->at = s->back ? from : from + n;
	s->left -= n;
	return s->left > 0 && n > 0 ? FOUND_LATER : FOUND_NONE;
}

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
output_title(const struct ui *ui, int room UNUSED, struct buf *b)
{
	const struct fold_output *o = output_shown(ui);

	if (o->title == NULL)
		return;
	/* A long command may be cut, its result may not. */
	if (ui->background.follows != NULL)
		buf_addf(b, "%s %s", ui->background.follows, o->running ?
		    "runs" : o->end);
	else if (o->running) {
		output_seconds(b, ui->now - ui->clocks.output.since);
		if (ui->fold->timeout_ms > 0) {
			buf_adds(b, " of ");
			output_seconds(b, ui->fold->timeout_ms);
		}
	} else
		buf_adds(b, o->end == NULL ? "ended" : o->end);
	if (o->bytes > 0) {
		buf_adds(b, " · ");
		output_size(b, o->bytes);
	}
	output_title_failures(ui, b);
	buf_addf(b, " · %s", o->title);
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
	row = page_theirs(page, STYLE_PLAIN, mark, rest, line,
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
			page_style(page, k, k + 1, page->rows[k].p,
			    page->rows[k].len, STYLE_BAD);
	}
}

/* Add rows for the output, and find its failures; the text is borrowed. */
static void
output_add_lines(struct ui *ui, struct page *page, const char *p, size_t n)
{
	const char *end = p + n;

	for (; p < end; p = mem_line_after(p, end))
		output_line(page, p, mem_line_end(p, end));
	output_mark_failures(ui, page);
}

static void
output_build(struct ui *ui, int width)
{
	const struct fold_output *o = output_shown(ui);
	struct pane *pane = &ui->panes[PANE_OUTPUT];
	struct ui_whole *w = &ui->whole;
	struct page *page = &pane->page;
	struct output_part part = output_part(ui);
	bool found = pane->found && pane->found_item == pane->top;

	/* After wrapping to another width, a window has the same line at the
	 * top. */
	if (w->text != NULL && w->goes_to < 0 && page->len > 0)
		w->goes_to = output_viewer_byte(ui, pane->top);
	page_clear(page, width, ui->screen->flags);
	if (part.len == 0)
		page_adds(page, STYLE_DIM,
		    o->title == NULL ? "No output yet." : "No output.");
	else if (part.from > 0)
		page_addf(page, STYLE_DIM, "(%lld bytes before this%s)",
		    (long long)part.from, o->running ||
		    output_viewer_is_kept(ui) ? "" : " are in the session's "
		    "folder");
	output_add_lines(ui, page, part.p, part.len);
	if (part.after > 0)
		page_addf(page, STYLE_DIM, "(%lld bytes after this)",
		    (long long)part.after);
	if (w->text != NULL)
		output_viewer_go(ui);
	if (w->text != NULL && found)
		pane->found_item = pane->top;
	pane->made_seq = (int64_t)o->made;
	pane->stale = false;
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
	(void)output_viewer_is_on(ui);
	if (width > 0 && (pane->stale || pane->page.width != width ||
	    pane->made_seq != (int64_t)output_shown(ui)->made ||
	    pane->page.len == 0))
		output_build(ui, width);
}

/* A failed check's output is shown from its first failure, until the next
 * command. */
static void
output_open(struct ui *ui)
{
	if (ui->panes[PANE_OUTPUT].follow && fold_check(ui->fold).shows_why) {
		(void)follow_end(ui);
		ui->whole.first = FIRST_DUE;
	}
}

static void
output_begin(struct ui *ui)
{
	struct ui_whole *w = &ui->whole;
	struct pane *pane = &ui->panes[PANE_OUTPUT];

	if (w->first == FIRST_SHOWN && w->first_of !=
	    output_shown(ui)->starts) {
		w->first = FIRST_NOT;
		pane->follow = true;
	}
	if (w->first != FIRST_DUE)
		return;
	w->first = w->failure != 0 ? FIRST_SHOWN : FIRST_NOT;
	w->first_of = output_shown(ui)->starts;
	if (w->failure != 0) {
		pane->top = 0;
		pane->found = false;
		output_go_failure(ui, false);
	}
}

static void
output_place(struct ui *ui, const struct rect *r)
{
	struct pane *pane = &ui->panes[PANE_OUTPUT];

	output_make(ui, r->cols);
	output_begin(ui);
	pane_place_page(pane, r);
}

static bool
output_key(struct ui *ui, enum action_id id)
{
	if (id == ACTION_PANE_OUTPUT)
		return follow_end(ui);
	/* The viewer goes by the pane's rows: they must be current. */
	output_make(ui, ui->panes[PANE_OUTPUT].page.width);
	if (id != ACTION_ITEM_NEXT && id != ACTION_ITEM_PREV)
		output_viewer_key(ui, id);
	else if (ui->whole.failure == 0)
		ui_notice(ui, "no failure recognized in this output");
	else
		output_go_failure(ui, id == ACTION_ITEM_PREV);
	return id == ACTION_ITEM_NEXT || id == ACTION_ITEM_PREV;
}

static enum found
output_search(struct ui *ui, bool begins)
{
	const struct fold_output *o = output_shown(ui);
	struct pane *pane = &ui->panes[PANE_OUTPUT];

	output_make(ui, pane->page.width);
	if (!begins || output_viewer_begin(ui))
		return output_viewer_step(ui);
	if (list_search(pane, ui->search.text, ui->search.back))
		return FOUND_ONE;
	if (o->bytes > (int64_t)o->text.len)
		ui_notice(ui, "not found in the end of the output; the rest "
		    "can't be searched: %s", ui->search.text);
	return FOUND_NONE;
}

/* ---- export ---- */

/* The complete output, malloc'ed, if it is kept by now; otherwise NULL, and the
 * caller uses the tail. */
static char *
output_whole(const struct ui *ui, size_t *len)
{
	const struct transcript_source *s = &ui->transcript.source;
	const struct fold_output *o = output_shown(ui);

	return o->hash == NULL ||
	    s->content == NULL ? NULL :
	    s->content(s->arg, o->hash, EXPORT_OUTPUT_MAX, len);
}

static bool
output_look_all(struct ui *ui, struct export *l)
{
	const struct fold_output *o = output_shown(ui);
	size_t n = o->text.len;
	AUTO_FREE char *kept = output_whole(ui, &n);
	const char *p = kept != NULL ? kept : o->text.p;
	int64_t here;

	l->name = "output.txt";
	/* The line at the top of the pane; what is left out is before the
	 * tail. */
	here = output_viewer_byte(ui, ui->panes[PANE_OUTPUT].top);
	if (ui->whole.text == NULL && (int64_t)n < o->bytes)
		here -= o->bytes - (int64_t)n;
	if (here > 0 && here <= (int64_t)n)
		l->line = 1 + (int)mem_lines(p, (size_t)here);
	if (kept == NULL && o->bytes > (int64_t)n) {
		buf_addf(&l->text, "[%lld bytes before this are not here%s]\n",
		    (long long)(o->bytes - (int64_t)n),
		    o->running ? " while it runs" : "");
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
	const struct fold_output *o = output_shown(ui);
	size_t n = o->text.len;
	AUTO_FREE char *kept = NULL;

	if (n == 0)
		return false;
	output_make(ui, ui->panes[PANE_OUTPUT].page.width);
	if (all)
		return output_look_all(ui, l);
	/* Don't copy a part that looks like the whole. */
	if (o->bytes > EXPORT_COPY_MAX || n > EXPORT_COPY_MAX) {
		output_add_view(&ui->panes[PANE_OUTPUT], &l->text);
		l->what = "the visible part (the output is long)";
		return l->text.len > 0;
	}
	kept = output_whole(ui, &n);
	buf_add(&l->text, kept != NULL ? kept : o->text.p, n);
	l->what = o->running ? "the output so far" :
	    "the output";
	return true;
}

const struct pane_ops pane_output = {
	.name = "output",
	.streams = true,
	.open = output_open,
	.title = output_title,
	.place = output_place,
	.key = output_key,
	.search = output_search,
	.look = output_look,
};

const struct ui_part part_output = { .release = output_viewer_close };
