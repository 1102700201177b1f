/*
 * The search in the transcript. Old texts are read from the journal, so the
 * search runs a piece at a time, and keys and the core never wait for it.
 */
#include "config.h"

#include "ui/panes/transcript.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "journal/fold.h"
#include "ui/panes/pane-data.h"
#include "ui/panes/transcript-data.h"
#include "ui/panes/ui-base.h"
#include "ui/text/page.h"

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
	    page_find_may(s, n, text, false) : page_find_in(s, n, text);
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
	if (transcript_is_open(ui, item) || !transcript_folds(ui, item))
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

bool
transcript_find_is_busy(const struct ui *ui)
{
	return ui->transcript.find.text != NULL;
}

void
transcript_find_stop(struct ui *ui)
{
	FREE_NULL(ui->transcript.find.text);
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

/* Search the next items, until there is a match or all were searched; otherwise
 * the search goes on. */
static enum find { FIND_GOES_ON, FIND_FOUND, FIND_NOTHING }
find_step(struct ui *ui)
{
	struct transcript_find *f = &ui->transcript.find;
	size_t n = transcript_len(ui), looked = 0;
	int row;

	for (; f->left > 0 && n > 0; f->left--) {
		if (looked >= FIND_STEP)
			return FIND_GOES_ON;
		/* The streaming item has become another item, or none. */
		if (f->item >= n)
			f->item = f->back ? n - 1 : 0;
		row = transcript_match(ui, f->item, f->row, f->text, f->back,
		    &looked);
		if (row >= 0) {
			find_show(ui, f->item, row);
			transcript_find_stop(ui);
			return FIND_FOUND;
		}
		f->item = f->back ? (f->item + n - 1) % n : (f->item + 1) % n;
		f->row = f->back ? INT_MAX : -1;
	}
	transcript_find_stop(ui);
	return FIND_NOTHING;
}

static void
find_say(struct ui *ui)
{
	const struct transcript_find *f = &ui->transcript.find;

	ui_notice(ui, "searching the transcript: %d%%",
	    (int)(100 * (f->all - f->left) / f->all));
}

bool
transcript_search(struct ui *ui, const char *text, bool back)
{
	struct pane *p = &ui->panes[PANE_TRANSCRIPT];
	struct transcript *t = &ui->transcript;
	struct transcript_find *f = &t->find;
	size_t n = transcript_len(ui);
	enum find got;

	transcript_find_stop(ui);
	if (t->width == 0 || t->item >= n)
		return false;
	f->text = xstrdup(text);
	f->back = back;
	f->item = t->item;
	f->row = t->row - !back;
	if (p->found && p->found_item < n) {
		f->item = p->found_item;
		f->row = p->found_row;
	}
	/* Count the first item twice: it is searched before and after its
	 * row. */
	f->left = f->all = n + 1;
	got = find_step(ui);
	if (got == FIND_GOES_ON)
		find_say(ui);
	return got != FIND_NOTHING;
}

bool
transcript_find_step(struct ui *ui)
{
	char *text = xstrdup(ui->transcript.find.text);
	enum find got = find_step(ui);

	if (got == FIND_GOES_ON) {
		find_say(ui);
	} else if (got == FIND_FOUND) {
		FREE_NULL(ui->notice);
	} else
		ui_notice(ui, "not found: %s", text);
	free(text);
	return true;
}
