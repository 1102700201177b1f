/*
 * The items of a session and their rows. A streaming item only gets its new
 * rows; any other item's rows are made again when it changes, or when it comes
 * back into view.
 */
#include "config.h"

#include "ui/panes/transcript.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "journal/fold.h"
#include "ui/panes/transcript-data.h"
#include "ui/panes/ui-base.h"
#include "ui/panes/git-commit.h"
#include "ui/text/page.h"

void
transcript_release(struct transcript *t)
{
	size_t i;

	for (i = 0; i < TRANSCRIPT_PAGES; i++)
		page_release(&t->pages[i].page);
	free(t->heights);
	free(t->find.text);
	memset(t, 0, sizeof(*t));
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

/* Is the item a message of the model whose text would run into the item above
 * it, which doesn't end with an empty row? */
static bool
transcript_is_apart(const struct ui *ui, size_t i)
{
	struct fold_item it;

	transcript_item(ui, i, &it);
	if (it.kind != ITEM_ASSISTANT || it.hidden)
		return false;
	do {
		if (i == 0)
			return false;
		transcript_item(ui, --i, &it);
	} while (it.hidden);
	return !transcript_item_ends_apart(&it);
}

/* A number that changes when the item's rows do. */
static uint64_t
transcript_version(const struct ui *ui, size_t i)
{
	const struct fold *f = ui->fold;
	uint64_t open = transcript_is_open(ui, i), live = 0;
	uint64_t apart = transcript_is_apart(ui, i);

	if (i < f->items_len && transcript_item_lives(ui, &f->items[i]))
		live = (uint64_t)f->output.made << 10 ^
		    (uint64_t)((ui->now - ui->output.since) / 1000) << 2;
	/* Its keys. */
	if (i < f->items_len && f->items[i].kind == ITEM_END)
		live = (uint64_t)git_commit_is_offered(ui, NULL) << 31 ^
		    (uint64_t)f->changes_len << 5 ^
		    (uint64_t)ui->typing << 4 ^
		    (uint64_t)ui_can_retry(ui) << 3 ^ (uint64_t)f->ended << 2;
	if (i < f->items_len)
		return ((uint64_t)f->items[i].rev << 32 ^ live ^ apart << 2) |
		    open << 1 | 1;
	/* Streaming items have no revision: their text only grows. */
	return (uint64_t)f->partial.starts << 40 |
	    (uint64_t)(f->partial.text.len + f->partial.thinking.len) << 8 |
	    open << 1 | apart << 2 | 1 << 7;
}

void
transcript_set_width(struct ui *ui, int width)
{
	struct transcript *t = &ui->transcript;
	size_t i;

	if (t->width == width)
		return;
	t->width = width;
	for (i = 0; i < t->heights_len; i++)
		t->heights[i].version = 0;
	for (i = 0; i < TRANSCRIPT_PAGES; i++)
		t->pages[i].version = 0;
}

static struct transcript_height *
transcript_height_of(struct ui *ui, size_t i)
{
	struct transcript *t = &ui->transcript;

	for (; t->heights_len <= i; t->heights_len++) {
		GROW(t->heights, t->heights_len);
		memset(&t->heights[t->heights_len], 0, sizeof(*t->heights));
	}
	return &t->heights[i];
}

bool
transcript_is_open(const struct ui *ui, size_t i)
{
	const struct transcript *t = &ui->transcript;

	return t->open != (i < t->heights_len && t->heights[i].toggled);
}

void
transcript_toggle(struct ui *ui, size_t i)
{
	struct transcript_height *h = transcript_height_of(ui, i);

	h->toggled = !h->toggled;
}

void
transcript_toggle_all(struct ui *ui)
{
	struct transcript *t = &ui->transcript;
	size_t i;

	t->open = !t->open;
	for (i = 0; i < t->heights_len; i++)
		t->heights[i].toggled = false;
}

void
transcript_fold_all(struct ui *ui)
{
	ui->transcript.open = true;
	transcript_toggle_all(ui);
}

/* The page that has the item, or the least recently used page. */
static struct transcript_page *
transcript_page_of(struct transcript *t, size_t i)
{
	struct transcript_page *oldest = &t->pages[0];
	size_t k;

	for (k = 0; k < TRANSCRIPT_PAGES; k++) {
		if (t->pages[k].version != 0 && t->pages[k].item == i)
			return &t->pages[k];
		if (t->pages[k].used < oldest->used)
			oldest = &t->pages[k];
	}
	oldest->version = 0;
	return oldest;
}

struct page *
transcript_page(struct ui *ui, size_t i)
{
	struct transcript *t = &ui->transcript;
	struct transcript_page *tp = transcript_page_of(t, i);
	uint64_t version = transcript_version(ui, i);
	struct fold_item it;
	bool grows;

	tp->used = ++t->count;
	if (tp->version == version)
		return &tp->page;
	transcript_item(ui, i, &it);
	grows = i >= ui->fold->items_len && it.kind == ITEM_ASSISTANT;
	if (tp->version == 0 || !grows || !tp->grows ||
	    tp->partials != ui->fold->partial.starts) {
		page_clear(&tp->page, t->width, ui->screen.flags);
		memset(&tp->markdown, 0, sizeof(tp->markdown));
		if (transcript_is_apart(ui, i))
			page_row_add(&tp->page);
	}
	transcript_item_rows(ui, &it, transcript_is_open(ui, i), &tp->page,
	    &tp->markdown);
	tp->item = i;
	tp->version = version;
	tp->grows = grows;
	tp->partials = ui->fold->partial.starts;
	return &tp->page;
}

int
transcript_height(struct ui *ui, size_t i)
{
	struct transcript_height *h = transcript_height_of(ui, i);
	uint64_t version = transcript_version(ui, i);

	if (h->version != version) {
		h->rows = (int)transcript_page(ui, i)->len;
		h->version = version;
	}
	return h->rows;
}

bool
transcript_hides(struct ui *ui, size_t i)
{
	const struct page *p = transcript_page(ui, i);
	size_t k;

	for (k = 0; k < p->len; k++)
		if (p->rows[k].kind == TRANSCRIPT_FOLDED)
			return true;
	return false;
}

bool
transcript_folds(struct ui *ui, size_t i)
{
	struct fold_item it;

	transcript_item(ui, i, &it);
	if (it.kind == ITEM_TOOL || transcript_is_open(ui, i))
		return it.kind == ITEM_TOOL || it.kind == ITEM_THINKING ||
		    it.kind == ITEM_SUMMARY || it.kind == ITEM_PLAN;
	return transcript_hides(ui, i);
}
