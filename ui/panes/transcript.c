/*
 * The items of a session and their rows. A streaming item only gets its new
 * rows; any other item's rows are made again when it changes, or when it comes
 * back into view.
 */

#include "config.h"

#include "ui/panes/transcript.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "front/bindings.h"
#include "journal/fold.h"
#include "ui/panes/panes.h"
#include "ui/panes/ui-base.h"
#include "ui/term/screen.h"
#include "ui/text/page.h"

#define TRANSCRIPT_PAGES 24	/* items whose rows are kept, beside those in
				   view */

static bool	transcript_is_open(const struct ui *ui, size_t i);

static void
transcript_release(struct ui *ui)
{
	struct transcript *t = &ui->transcript;

	MEM_EACH(t, pages, it)
		page_release(&it->page);
	FREE_ALL(t->pages, t->heights);
}

static bool
transcript_streams(const char *text)
{
	return text != NULL && text[0] != '\0';
}

size_t
transcript_len(const struct ui *ui)
{
	const struct fold *f = ui->fold;

	return f->items_len + transcript_streams(f->partial.thinking.p) +
	    transcript_streams(f->partial.text.p);
}

void
transcript_item(const struct ui *ui, size_t i, struct fold_item *out)
{
	const struct fold *f = ui->fold;

	memset(out, 0, sizeof(*out));
	if (i < f->items_len) {
		*out = f->items[i];
		return;
	}
	i -= f->items_len;
	if (i == 0 && transcript_streams(f->partial.thinking.p)) {
		out->kind = ITEM_THINKING;
		out->text = f->partial.thinking.p;
	} else {
		out->kind = ITEM_ASSISTANT;
		out->text = f->partial.text.p;
	}
	out->running = true;
}

static void
transcript_set_size(struct ui *ui, int width, int rows)
{
	struct transcript *t = &ui->transcript;
	size_t n = TRANSCRIPT_PAGES + (size_t)rows;

	if (n > t->pages_len) {
		t->pages = xreallocarray(t->pages, n, sizeof(*t->pages));
		memset(t->pages + t->pages_len, 0, (n - t->pages_len) *
		    sizeof(*t->pages));
		t->pages_len = n;
	}
	if (t->width == width)
		return;
	t->width = width;
	MEM_EACH(t, heights, it)
		it->version = 0;
	MEM_EACH(t, pages, page)
		page->version = 0;
}

static struct transcript_height *
transcript_height_of(struct ui *ui, size_t i)
{
	struct transcript *t = &ui->transcript;

	while (t->heights_len <= i)
		(void)GROW_ADD(t->heights, t->heights_len);
	return &t->heights[i];
}

static bool
transcript_is_open(const struct ui *ui, size_t i)
{
	const struct transcript *t = &ui->transcript;

	return i < t->heights_len && t->heights[i].open;
}

/* Open the item, or fold it again. */
static void
transcript_toggle(struct ui *ui, size_t i)
{
	struct transcript_height *h = transcript_height_of(ui, i);

	h->open = !h->open;
}

static void
transcript_fold_all(struct ui *ui)
{
	MEM_EACH(&ui->transcript, heights, it)
		it->open = false;
}

/* The page that has the item, or the least recently used page. */
static struct transcript_page *
transcript_page_of(struct transcript *t, size_t i)
{
	struct transcript_page *oldest = &t->pages[0];

	MEM_EACH(t, pages, it) {
		if (it->version != 0 && it->item == i)
			return it;
		if (it->used < oldest->used)
			oldest = it;
	}
	oldest->version = 0;
	return oldest;
}

/* The item's rows; borrowed until the next call. */
static struct page *
transcript_page(struct ui *ui, size_t i)
{
	struct transcript *t = &ui->transcript;
	struct transcript_page *tp = transcript_page_of(t, i);
	uint64_t version = transcript_item_version(ui, i, transcript_is_open(ui,
	    i));
	struct fold_item it;
	bool grows;

	tp->used = ++t->count;
	if (tp->version == version)
		return &tp->page;
	transcript_item(ui, i, &it);
	grows = i >= ui->fold->items_len && it.kind == ITEM_ASSISTANT;
	if (tp->version == 0 || !grows || !tp->grows ||
	    tp->partials != ui->fold->partial.starts) {
		page_clear(&tp->page, t->width, ui->screen->flags);
		memset(&tp->markdown, 0, sizeof(tp->markdown));
	}
	transcript_item_rows(ui, i, transcript_is_open(ui, i), &tp->page,
	    &tp->markdown);
	tp->item = i;
	tp->version = version;
	tp->grows = grows;
	tp->partials = ui->fold->partial.starts;
	return &tp->page;
}

/* The rows of an item in view; NULL: it has none. */
static const struct page *
transcript_page_made(const struct ui *ui, size_t i)
{
	const struct transcript *t = &ui->transcript;

	MEM_EACH(t, pages, it)
		if (it->version != 0 && it->item == i)
			return &it->page;
	return NULL;
}

static int
transcript_height(struct ui *ui, size_t i)
{
	struct transcript_height *h = transcript_height_of(ui, i);
	uint64_t version = transcript_item_version(ui, i, transcript_is_open(ui,
	    i));

	if (h->version != version) {
		h->rows = (int)transcript_page(ui, i)->len;
		h->version = version;
	}
	return h->rows;
}

/* Are rows of the item omitted? */
static bool
transcript_page_hides(const struct page *p)
{
	size_t k;

	for (k = 0; p != NULL && k < p->len; k++)
		if (p->rows[k].kind == TRANSCRIPT_FOLDED)
			return true;
	return false;
}

static bool
transcript_hides(struct ui *ui, size_t i)
{
	return transcript_page_hides(transcript_page(ui, i));
}

/* Is it open, or has it more to show than this page? */
static bool
transcript_folds(const struct ui *ui, size_t i, const struct page *p)
{
	struct fold_item it;

	transcript_item(ui, i, &it);
	return it.kind == ITEM_TOOL || transcript_is_open(ui, i) ||
	    transcript_page_hides(p);
}

/*
 * The search in the transcript. Old texts are read from the journal, so the
 * search runs a piece at a time, and keys and the core never wait for it.
 */

#define FIND_STEP ((size_t)1 << 20)	/* bytes: some milliseconds */
#define FIND_ITEM 256			/* the cost of an item without its
					   text */

static int
transcript_matches(struct ui *ui, size_t item, const char *text)
{
	const struct page *p = transcript_page(ui, item);
	int found = 0;
	size_t i;

	for (i = 0; i < p->len; i++)
		found += page_find_at(p, i, text);
	return found;
}

static bool
transcript_has(const char *s, const char *text, bool markdown)
{
	size_t n = s == NULL ? 0 : strlen(s);

	/* Markdown marks that are removed can be in the middle of a match, and
	 * an image has a label of ours. */
	return markdown ? strstr(s == NULL ? "" : s, "![") != NULL ||
	    page_find_may(s, n, text, false) : page_find_in(s, n, text, NULL);
}

/* If the item contains the text, open the item where that shows more matches;
 * false if the item doesn't contain it. */
static bool
transcript_reveal(struct ui *ui, size_t item, const char *text, size_t *looked)
{
	struct fold_item it;
	bool markdown;
	int folded;

	transcript_item(ui, item, &it);
	*looked += FIND_ITEM + (it.text == NULL ? 0 : strlen(it.text));
	markdown = it.kind == ITEM_ASSISTANT || it.kind == ITEM_END;
	if (!transcript_has(it.title, text, false) &&
	    !transcript_has(it.text, text, markdown) &&
	    !transcript_has(it.summary, text, false) &&
	    !transcript_item_may(ui, &it, transcript_is_open(ui, item), text,
	    looked))
		return false;
	if (transcript_is_open(ui, item) || !transcript_folds(ui, item,
	    transcript_page(ui, item)))
		return true;
	folded = transcript_matches(ui, item, text);
	transcript_toggle(ui, item);
	if (transcript_matches(ui, item, text) == folded)
		transcript_toggle(ui, item);
	return true;
}

/* The item's next row that matches, after or before `row`; -1: none. */
static int
transcript_match(struct ui *ui, size_t item, int row, const char *text,
    bool back, size_t *looked)
{
	const struct page *p;
	int i, n;

	if (!transcript_reveal(ui, item, text, looked))
		return -1;
	p = transcript_page(ui, item);
	n = (int)p->len;
	if (back && row > n)
		row = n;
	for (i = back ? row - 1 : row + 1; i >= 0 && i < n;
	    i += back ? -1 : 1)
		if (page_find_at(p, (size_t)i, text))
			return i;
	return -1;
}

/* Put the match at the top; on the last page, which can't scroll that far, the
 * search remembers its position. */
static void
find_show(struct ui *ui, size_t item, int row)
{
	struct pane *p = &ui->panes[PANE_TRANSCRIPT];
	struct transcript *t = &ui->transcript;

	p->found = true;
	p->found_item = t->item = t->cursor = item;
	p->found_row = t->row = row;
	t->marked = true;
	p->follow = false;
}

/* The pane's search, see pane_ops. */
static enum found
transcript_search(struct ui *ui, bool begins)
{
	struct pane *p = &ui->panes[PANE_TRANSCRIPT];
	struct transcript *t = &ui->transcript;
	struct ui_search *s = &ui->search;
	size_t n = transcript_len(ui), looked = 0;
	int row;

	if (begins) {
		bool found = p->found && p->found_item < n;

		if (t->width == 0 || t->item >= n)
			return FOUND_NONE;
		t->find_item = found ? p->found_item : t->item;
		t->find_row = found ? p->found_row : t->row - !s->back;
		/* Count the first item twice: it is searched before and after
		 * its row. */
		s->left = s->all = (int64_t)n + 1;
	}
	for (; s->left > 0 && n > 0; s->left--) {
		if (looked >= FIND_STEP)
			return FOUND_LATER;
		/* The streaming item has become another item, or none. */
		if (t->find_item >= n)
			t->find_item = s->back ? n - 1 : 0;
		row = transcript_match(ui, t->find_item, t->find_row, s->text,
		    s->back, &looked);
		if (row >= 0) {
			find_show(ui, t->find_item, row);
			return FOUND_ONE;
		}
		t->find_item = (t->find_item + (s->back ? n - 1 : 1)) % n;
		t->find_row = s->back ? INT_MAX : -1;
	}
	return FOUND_NONE;
}

/*
 * The transcript as a pane. Its position is an item and a row in it, so that a
 * long session costs no more to draw than a short one, and new items at the end
 * don't move the text that the user reads further up.
 */

/* Compute the top that has the end at the bottom. */
static void
transcript_end(struct ui *ui, int rows, size_t *item, int *row)
{
	size_t i = transcript_len(ui);
	int left = rows;

	*row = 0;
	while (i > 0 && left > 0)
		left -= transcript_height(ui, --i);
	*item = i;
	if (left < 0)
		*row = -left;
}

static void
transcript_move(struct ui *ui, int by)
{
	struct transcript *t = &ui->transcript;
	size_t n = transcript_len(ui);
	int h;

	t->row += by;
	while (t->row < 0 && t->item > 0)
		t->row += transcript_height(ui, --t->item);
	if (t->row < 0)
		t->row = 0;
	while (t->item < n && t->row >= (h = transcript_height(ui,
	    t->item))) {
		t->row -= h;
		t->item++;
	}
}

/* The last item in view, and the row after it. */
static size_t
transcript_last(struct ui *ui, int *below)
{
	struct transcript *t = &ui->transcript;
	int left = ui->panes[PANE_TRANSCRIPT].height + t->row;
	size_t n = transcript_len(ui), i;

	for (i = t->item; i < n; i++) {
		left -= transcript_height(ui, i);
		if (left <= 0 || i + 1 == n)
			break;
	}
	*below = left < 0 ? -left : 0;
	return i < n ? i : n == 0 ? 0 : n - 1;
}

static void
transcript_show_item(struct ui *ui, size_t i)
{
	ui->transcript.item = i;
	ui->transcript.row = 0;
	ui->panes[PANE_TRANSCRIPT].follow = false;
}

/* Select an item, at the top of the pane. */
static void
transcript_go(struct ui *ui, size_t i)
{
	ui->transcript.marked = true;
	ui->transcript.cursor = i;
	transcript_show_item(ui, i);
}

/* The item, or the nearest one with rows before or after it. */
static size_t
transcript_beside(struct ui *ui, size_t i, bool back)
{
	while (transcript_height(ui, i) == 0 && (back ? i > 0 :
	    i + 1 < transcript_len(ui)))
		i = back ? i - 1 : i + 1;
	return i;
}

/* Move to the item after or before the cursor. */
static void
transcript_step(struct ui *ui, bool back)
{
	struct transcript *t = &ui->transcript;
	size_t n = transcript_len(ui), last, was = t->cursor;
	int below, h;

	if (n == 0) {
		ui_notice(ui, "the transcript is empty");
		return;
	}
	last = transcript_last(ui, &below);
	if (!t->marked) {
		t->marked = true;
		t->cursor = transcript_beside(ui, last, true);
		return;
	}
	if (back && t->cursor > 0)
		t->cursor = transcript_beside(ui, t->cursor - 1, true);
	else if (!back && t->cursor + 1 < n)
		t->cursor = transcript_beside(ui, t->cursor + 1, false);
	if (t->cursor == was)
		ui_none(ui, back ? ACTION_ITEM_PREV : ACTION_ITEM_NEXT);
	if (t->cursor < t->item || (t->cursor == t->item && t->row > 0 &&
	    back)) {
		transcript_show_item(ui, t->cursor);
	} else if (t->cursor >= last) {
		/* Show all of the item, or as much as fits. */
		h = transcript_height(ui, t->cursor);
		if (t->cursor > last)
			below += h;
		if (h >= ui->panes[PANE_TRANSCRIPT].height)
			transcript_show_item(ui, t->cursor);
		else
			transcript_move(ui, below);
	}
}

/* Move to the user's message or command after or before the cursor. */
static void
transcript_said(struct ui *ui, bool back)
{
	struct transcript *t = &ui->transcript;
	const struct fold *f = ui->fold;
	bool end = !t->marked && ui->panes[PANE_TRANSCRIPT].follow;
	size_t i = t->marked ? t->cursor : t->item;

	/* From the middle of a message, back to its beginning. */
	if (back && !t->marked && t->row > 0)
		i++;
	if (end || i > f->items_len)
		i = f->items_len;
	while (back ? i > 0 : i + 1 < f->items_len) {
		i = back ? i - 1 : i + 1;
		if (f->items[i].kind != ITEM_USER && !f->items[i].own)
			continue;
		transcript_go(ui, i);
		return;
	}
	if (back) {
		ui_none(ui, ACTION_SAID_PREV);
		return;
	}
	if (ui->panes[PANE_TRANSCRIPT].follow && !t->marked)
		ui_none(ui, ACTION_SAID_NEXT);
	t->marked = false;
	ui->panes[PANE_TRANSCRIPT].follow = true;
}

int64_t
transcript_message(const struct ui *ui)
{
	const struct transcript *t = &ui->transcript;
	const struct fold *f = ui->fold;

	return t->marked && t->cursor < f->items_len &&
	    f->items[t->cursor].kind == ITEM_USER ? f->items[t->cursor].seq :
	    -1;
}

/* Open or fold the item; false if it has nothing more to show. */
static bool
transcript_open_item(struct ui *ui, size_t i)
{
	struct transcript *t = &ui->transcript;
	int below;

	if (i >= transcript_len(ui) || !transcript_folds(ui, i,
	    transcript_page(ui, i)))
		return false;
	transcript_toggle(ui, i);
	/* An item that was opened is read from its beginning. */
	if (transcript_is_open(ui, i) && i > t->item && transcript_height(ui,
	    i) > ui->panes[PANE_TRANSCRIPT].height / 2)
		transcript_show_item(ui, i);
	else if (transcript_is_open(ui, i) && i > t->item &&
	    transcript_last(ui, &below) == i)
		transcript_move(ui, below);
	else if (i == t->item && t->row >= transcript_height(ui, i))
		t->row = 0;
	ui->panes[PANE_TRANSCRIPT].follow = false;
	return true;
}

/* Open the items in view of which rows are omitted; false if there are none. */
static bool
transcript_open_view(struct ui *ui)
{
	struct transcript *t = &ui->transcript;
	int below;
	size_t last = transcript_last(ui, &below), n = 0, i, first = 0;

	for (i = t->item; i <= last; i++)
		if (transcript_hides(ui, i) && n++ == 0)
			first = i;
	if (n == 1)
		return transcript_open_item(ui, first);
	for (i = first; n > 0 && i <= last; i++)
		if (transcript_hides(ui, i))
			transcript_toggle(ui, i);
	if (n == 0)
		return false;
	/* They are read from the first one's beginning. */
	if (first == t->item)
		t->row = 0;
	ui->panes[PANE_TRANSCRIPT].follow = false;
	return true;
}

/* If one in view is open, fold all. */
static bool
transcript_fold_view(struct ui *ui)
{
	struct transcript *t = &ui->transcript;
	int below;
	size_t i = t->item, last = transcript_last(ui, &below);

	while (i <= last && !transcript_is_open(ui, i))
		i++;
	if (i > last)
		return false;
	transcript_fold_all(ui);
	if (t->row >= transcript_height(ui, t->item))
		t->row = 0;
	return true;
}

/* Open or fold the selected item; without one that can be, those in view. If no
 * rows of these are omitted, the last one has its arguments. */
static void
transcript_open(struct ui *ui)
{
	struct transcript *t = &ui->transcript;
	size_t i;
	int below;

	if (transcript_len(ui) == 0) {
		ui_notice(ui, "the transcript is empty");
		return;
	}
	if (t->marked && transcript_open_item(ui, t->cursor))
		return;
	if (transcript_open_view(ui) || transcript_fold_view(ui))
		return;
	i = transcript_last(ui, &below);
	while (!t->marked && i > t->item && !transcript_folds(ui, i,
	    transcript_page(ui, i)))
		i--;
	if (t->marked || !transcript_open_item(ui, i))
		ui_none(ui, ACTION_ITEM_OPEN);
}

static bool
transcript_key(struct ui *ui, enum action_id id)
{
	struct pane *p = &ui->panes[PANE_TRANSCRIPT];
	struct transcript *t = &ui->transcript;
	int page = (int)list_rows_of(id, p->height);

	if (t->width == 0)
		return false;
	switch (id) {
	case ACTION_LINE_DOWN:
		transcript_move(ui, p->follow ? 0 : 1);
		break;
	case ACTION_PAGE_DOWN:
	case ACTION_HALF_DOWN:
		transcript_move(ui, p->follow ? 0 : page);
		break;
	case ACTION_LINE_UP:
	case ACTION_PAGE_UP:
	case ACTION_HALF_UP:
		/* Start at the end, however much room is left below it. */
		if (p->follow)
			transcript_end(ui, p->height, &t->item, &t->row);
		p->follow = false;
		transcript_move(ui, id == ACTION_LINE_UP ? -1 : -page);
		break;
	case ACTION_TOP:
		transcript_show_item(ui, 0);
		break;
	case ACTION_BOTTOM:
		p->follow = true;
		t->marked = false;
		break;
	case ACTION_ITEM_NEXT:
	case ACTION_ITEM_PREV:
		transcript_step(ui, id == ACTION_ITEM_PREV);
		break;
	case ACTION_SAID_NEXT:
	case ACTION_SAID_PREV:
		transcript_said(ui, id == ACTION_SAID_PREV);
		break;
	case ACTION_FORK:
		ui->want.fork = transcript_message(ui);
		break;
	case ACTION_ITEM_OPEN:
		transcript_open(ui);
		break;
	default:
		return false;
	}
	p->found = false;
	return true;
}

static void
transcript_title(const struct ui *ui, int room UNUSED, struct buf *b)
{
	const struct fold *f = ui->fold;
	size_t from = b->len;

	if (f->effort != NULL)
		buf_addf(b, "effort %s", f->effort);
	if (!f->ended && f->turn_start != NULL &&
	    ev_is(f->turn_start->turn_start.phase, "plan"))
		buf_addf(b, "%splanning", b->len > from ? " · " : "");
	if (!ui->panes[PANE_TRANSCRIPT].follow)
		buf_addf(b, "%s%s goes to the end", b->len > from ? " · " : "",
		    ui_key_of(ui, ACTION_BOTTOM));
}

/* Is there room for another session of the project below the rows of this one, in
 * which nothing was said? */
static bool
transcript_has_other(const struct ui *ui, const struct rect *r, int used)
{
	return ui->other.id != NULL && r->rows >= used + 3 &&
	    fold_is_empty(ui->fold) && !ui_is_first(ui) &&
	    !ev_is(ui->fold->mode, "review");
}

static void
transcript_place_other(struct ui *ui, const struct rect *r, int used)
{
	if (ui->other.is != OTHER_OVER)
		ui->other.is = transcript_has_other(ui, r, used) ?
		    OTHER_SHOWN : OTHER_OPEN;
}

/* Draw what is open elsewhere, with the key or command that goes there. */
static void
transcript_draw_other(const struct ui *ui, const struct rect *r, int used)
{
	struct screen *s = ui->screen;
	AUTO_FREE char *words = NULL;
	int x, y = r->y + used + 1;

	if (!transcript_has_other(ui, r, used))
		return;
	if (ui->other.is == OTHER_OVER) {
		x = screen_puts(s, y, r->x, r->cols, STYLE_DIM,
		    "Last session here, ");
		screen_puts(s, y, x, r->cols, STYLE_DIM, ui->other.words);
		words = xasprintf("assent resume %s goes back to it, to look "
		    "or undo", ui->other.id);
		screen_puts(s, y + 1, r->x + 2, r->cols, STYLE_DIM, words);
		return;
	}
	x = screen_puts(s, y, r->x, r->cols, STYLE_KEY,
	    ui_key_of(ui, ACTION_INPUT_SEND));
	screen_puts(s, y, x, r->cols, STYLE_PLAIN,
	    " resumes the session that is open here:");
	screen_puts(s, y + 1, r->x + 2, r->cols, STYLE_DIM, ui->other.words);
}

/* Does it only part an item from another? */
static bool
transcript_row_is_empty(const struct page_row *r)
{
	return r->len == 0 && r->prefix == NULL;
}

/* Mark the rows of the item under the cursor as the diff does, the first one
 * across its width; the bar is only where keys go. */
static void
transcript_draw_mark(const struct ui *ui, const struct page *page, int row, int y,
    int x, int x_end)
{
	enum style style;
	bool keys = ui->at == PANE_TRANSCRIPT && !ui->typing;
	bool first = page->len > 1 && transcript_row_is_empty(&page->rows[0]);
	bool last = row + 1 == (int)page->len && row > 0 &&
	    transcript_row_is_empty(&page->rows[row]);

	if (first && row == 0)
		return;
	style = keys ? STYLE_CURRENT : STYLE_DIM;
	if (row == (int)first && page->rows[row].prefix != NULL &&
	    page->rows[row].prefix[0] != '\0')
		screen_puts(ui->screen, y, x + 1, x + 2, style, ">");
	if (row == (int)first)
		screen_restyle(ui->screen, y, x, x_end, style);
	else if (keys && !last)
		screen_puts(ui->screen, y, x, x + 1, STYLE_CURRENT,
		    screen_bar(ui->screen));
}

/* Does the key that opens items act on this one? */
static bool
transcript_opens(const struct ui *ui, size_t i)
{
	const struct transcript *t = &ui->transcript;

	return ui->at == PANE_TRANSCRIPT && !ui->typing && (!t->marked ||
	    i == t->cursor || !transcript_folds(ui, t->cursor,
	    transcript_page_made(ui, t->cursor)));
}

/* On the row that says how much is omitted. */
static void
transcript_draw_opens(const struct ui *ui, const struct page_row *row, int y, int x,
    int x_end)
{
	AUTO_FREE char *words = xasprintf(", %s opens)",
	    ui_key_of(ui, ACTION_ITEM_OPEN));

	screen_puts(ui->screen, y, x + (int)row->len - 1, x_end, STYLE_DIM,
	    words);
}

/* ---- a session without a model ---- */

/* It says what can be done now. */

#define WELCOME_WHY_MAX 240	/* bytes */

static const struct {
	const char	*command, *text;
} welcome_ways[] = {
	{ "/demo", "watch the demo: no key, no network" },
	{ "/login", "paste an API key: it is checked, and stored readable "
	    "only by you" },
	{ "/local", "use a model server on this machine" },
	{ "/help", "list keys and commands (the manual: man assent)" },
};

/* A weak sandbox, why it is one, and what to do; a strong one is shown by the
 * status. */
static void
welcome_sandbox(const struct ui *ui, struct page *p)
{
	const struct fold *f = ui->fold;
	char *why;

	if (f->sandbox.line == NULL || f->sandbox.level == NULL ||
	    f->sandbox.level[0] == 'A' || f->sandbox.level[0] == 'B')
		return;
	page_row_add(p);
	page_addf(p, STYLE_BADGE, "%s", f->sandbox.line);
	/* A profile for AppArmor is a long command. */
	if (f->sandbox.why != NULL) {
		why = utf8_cut_dup(f->sandbox.why, WELCOME_WHY_MAX);
		page_adds(p, STYLE_PLAIN, page_keep_take(p, why));
	}
	page_adds(p, STYLE_DIM, "assent doctor says how to get a stronger "
	    "sandbox.");
}

static void
welcome_draw(const struct ui *ui, const struct rect *r)
{
	AUTO(page_release) struct page p = { 0 };
	size_t i, row;
	char *line;

	page_clear(&p, r->cols, ui->screen->flags);
	page_row_add(&p);
	page_adds(&p, STYLE_BOLD, "Welcome. No model is configured yet. Type one of these:");
	page_row_add(&p);
	for (i = 0; i < MEM_COUNT(welcome_ways); i++) {
		line = xasprintf("  %-8s", welcome_ways[i].command);
		row = page_own(&p, STYLE_PLAIN, page_keep_take(&p, line),
		    "          ", welcome_ways[i].text);
		p.rows[row].prefix_style = STYLE_KEY;
	}
	page_row_add(&p);
	page_adds(&p, STYLE_DIM, "!COMMAND runs a command in the sandbox; you "
	    "review its changes. C-d quits.");
	welcome_sandbox(ui, &p);
	for (i = 0; i < p.len && (int)i < r->rows; i++)
		page_draw_row(ui->screen, &p, i, NULL, r->y + (int)i, r->x,
		    r->x + r->cols);
}

/* If a key was stored, use its provider's model. */
static void
welcome_model(struct ui *ui, bool checked)
{
	struct err e = ERR_INIT;
	cJSON *o = ui->models.by_default == NULL ? NULL :
	    ui->models.by_default(ui->models.arg, &e);
	bool failed;

	if (o != NULL)
		ui->send(ui->send_arg, o);
	if (o == NULL && !checked)
		return;
	failed = o == NULL && err_is_set(&e);
	ui_notice_as(ui, failed ? NOTICE_PLAIN : NOTICE_KEY_STORED, "%s%s",
	    failed ? e.text : "the key is stored", checked ? "" :
	    ", but it was not checked");
}

/* The login has ended. What it has said in the terminal must be read if it
 * failed. */
static void
welcome_ran(struct ui *ui, const char *text, size_t len UNUSED,
    int64_t of UNUSED, const char *why)
{
	if (text != NULL)
		welcome_model(ui, true);
	else if (why[0] != '\0') {
		welcome_model(ui, false);
		ui->want_edit = UI_RUN_PAUSE;
	}
}

const struct ui_edit_ops run_login = { .done = welcome_ran };

/* Make the rows in view; how many there are. */
static int
transcript_place_pages(struct ui *ui, int rows)
{
	const struct transcript *t = &ui->transcript;
	size_t i, n = transcript_len(ui);
	const struct page *page;
	int used = 0, k;

	for (i = t->item; i < n && used < rows; i++) {
		if (transcript_height(ui, i) == 0)
			continue;
		page = transcript_page(ui, i);
		for (k = i == t->item ? t->row : 0; k < (int)page->len &&
		    used < rows; k++, used++)
			code_colours_ask(ui, i, page, (size_t)k);
	}
	return used;
}

static void
transcript_place(struct ui *ui, const struct rect *r)
{
	struct pane *p = &ui->panes[PANE_TRANSCRIPT];
	struct transcript *t = &ui->transcript;
	size_t item, last;
	int row, below, used;

	p->height = r->rows;
	transcript_set_size(ui, r->cols, r->rows);
	transcript_place_other(ui, r, 1);
	if (transcript_len(ui) == 0)
		return;
	transcript_end(ui, r->rows, &item, &row);
	if (p->follow || t->item > item || (t->item == item &&
	    t->row >= row)) {
		t->item = item;
		t->row = row;
		p->follow = true;
	}
	if (t->row >= transcript_height(ui, t->item))
		t->row = 0;
	/* Keep the cursor in view, unless new items have pushed it out. */
	last = transcript_last(ui, &below);
	if (t->marked && p->follow && t->cursor < t->item) {
		t->marked = false;
		ui_draws(ui, FRAME_ALL);	/* its keys do other things */
	}
	if (t->marked && t->cursor > last)
		t->cursor = last;
	if (t->marked && t->cursor < t->item)
		t->cursor = t->item;
	used = transcript_place_pages(ui, r->rows);
	transcript_place_other(ui, r, used);
}

static void
transcript_draw(const struct ui *ui, const struct rect *r)
{
	const struct transcript *t = &ui->transcript;
	size_t n = transcript_len(ui), i;
	int row = t->row, y = 0;

	if (ui_is_first(ui)) {
		welcome_draw(ui, r);
		return;
	}
	if (n == 0) {
		screen_puts(ui->screen, r->y, r->x, r->cols, STYLE_DIM,
		    !ev_is(ui->fold->mode, "review") ?
		    "New session. What should I work on?" :
		    ui->fold->reads ? "reading the changes" :
		    "reading your changes");
		transcript_draw_other(ui, r, 1);
		return;
	}
	for (i = t->item; i < n && y < r->rows; i++) {
		bool opens = transcript_opens(ui, i);
		const struct page *page = transcript_page_made(ui, i);
		int rows = page == NULL ? 0 : (int)page->len;

		for (; row < rows && y < r->rows; row++, y++) {
			code_colours_ink(ui, i, page, (size_t)row);
			page_draw_row(ui->screen, page, (size_t)row,
			    ui->search.text, r->y + y, r->x, r->x + r->cols);
			if (opens && page->rows[row].kind == TRANSCRIPT_FOLDED)
				transcript_draw_opens(ui, &page->rows[row],
				    r->y + y, r->x, r->x + r->cols);
			if (t->marked && i == t->cursor)
				transcript_draw_mark(ui, page, row, r->y + y,
				    r->x, r->x + r->cols);
		}
		row = 0;
	}
	transcript_draw_other(ui, r, y);
}

const struct pane_ops pane_transcript = {
	.name = "transcript",
	.title = transcript_title,
	.place = transcript_place,
	.draw = transcript_draw,
	.key = transcript_key,
	.search = transcript_search,
	.look = transcript_look,
};

const struct ui_part part_transcript = { .release = transcript_release };
