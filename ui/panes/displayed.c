/*
 * See displayed.h.
 */
#include "config.h"

#include "ui/panes/displayed.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "journal/fold.h"
#include "ui/panes/mark-history.h"
#include "ui/panes/prompt-id.h"
#include "ui/panes/ui-base.h"
#include "ui/text/page.h"
#include "ui/text/pairs.h"

#define DISPLAYED_BUCKETS 64		/* at first */

static struct seen **
displayed_bucket(const struct ui *ui, const char *id)
{
	size_t h = 5381;

	for (; *id != '\0'; id++)
		h = h * 33 + (unsigned char)*id;
	return &ui->seen[h % ui->seen_buckets];
}

/* Each hunk is looked up for every frame: keep the buckets small. */
static void
displayed_grow(struct ui *ui)
{
	struct seen **old = ui->seen, *s, **at;
	size_t i, n = ui->seen_buckets;

	ui->seen_buckets = n == 0 ? DISPLAYED_BUCKETS : 2 * n;
	ui->seen = xcalloc(ui->seen_buckets, sizeof(*ui->seen));
	for (i = 0; i < n; i++)
		while ((s = old[i]) != NULL) {
			old[i] = s->next;
			at = displayed_bucket(ui, s->id);
			s->next = *at;
			*at = s;
		}
	free(old);
}

struct seen *
displayed_find(const struct ui *ui, const char *id)
{
	struct seen *s;

	if (ui->seen_len == 0)
		return NULL;
	for (s = *displayed_bucket(ui, id); s != NULL; s = s->next)
		if (strcmp(s->id, id) == 0)
			return s;
	return NULL;
}

/* Frames not yet settled no longer count for this record. */
static void
displayed_unshow(struct ui_shown *shown, size_t n, const struct seen *s)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (shown[i].seen == s)
			shown[i].seen = NULL;
}

static void
displayed_forget(struct ui *ui, const struct seen *s)
{
	size_t i;

	displayed_unshow(ui->shown, ui->shown_len, s);
	for (i = 0; i < ui->sent_len; i++)
		displayed_unshow(ui->sent[i].shown, ui->sent[i].shown_len, s);
}

struct seen *
displayed_get(struct ui *ui, const char *id, size_t len)
{
	struct seen *s = displayed_find(ui, id), **at;

	if (len == 0)
		len = 1;	/* its only row has no text */
	if (s == NULL) {
		if (ui->seen_len++ >= ui->seen_buckets)
			displayed_grow(ui);
		s = xcalloc(1, sizeof(*s));
		s->id = xstrdup(id);
		at = displayed_bucket(ui, id);
		s->next = *at;
		*at = s;
	}
	if (s->len != len) {
		displayed_forget(ui, s);
		FREE_SET(s->bytes, xcalloc(len, 1));
		s->len = len;
		s->count = 0;
		s->fresh = s->framed = false;
		if (s->pairs != NULL)
			pairs_release(s->pairs);
		FREE_NULL(s->pairs);
	}
	return s;
}

void
displayed_show(struct ui *ui, const struct page_row *r)
{
	if (r->seen == NULL || r->hidden)
		return;
	GROW(ui->shown, ui->shown_len);
	ui->shown[ui->shown_len].seen = r->seen;
	ui->shown[ui->shown_len].off = r->seen_off;
	ui->shown[ui->shown_len++].len = r->seen_len;
}

void
displayed_again(struct ui *ui, struct seen *s)
{
	displayed_forget(ui, s);
	memset(s->bytes, 0, s->len);
	s->count = 0;
}

void
displayed_count(struct seen *s, size_t off, size_t len)
{
	for (; len > 0 && off < s->len; off++, len--)
		if (!s->bytes[off]) {
			s->bytes[off] = 1;
			s->count++;
			s->fresh = true;
		}
}

bool
displayed_is_full(const struct seen *s)
{
	return s != NULL && s->count == s->len;
}

/* Free the records without `keep`, and clear `keep` in the others; true if any
 * was freed. */
static bool
displayed_drop(struct ui *ui)
{
	bool any = false;
	struct seen *s, **at;
	size_t i;

	for (i = 0; i < ui->seen_buckets; i++)
		for (at = &ui->seen[i]; (s = *at) != NULL;) {
			if (s->keep) {
				s->keep = false;
				at = &s->next;
				continue;
			}
			any = true;
			displayed_forget(ui, s);
			*at = s->next;
			ui->seen_len--;
			free(s->id);
			free(s->bytes);
			mark_release(&s->sent);
			if (s->pairs != NULL)
				pairs_release(s->pairs);
			free(s->pairs);
			free(s);
		}
	return any;
}

void
displayed_release(struct ui *ui)
{
	(void)displayed_drop(ui);
	FREE_NULL(ui->seen);
	ui->seen_buckets = 0;
}

static void
displayed_keep(struct ui *ui, const char *id)
{
	struct seen *s = id == NULL ? NULL : displayed_find(ui, id);

	if (s != NULL)
		s->keep = true;
}

void
displayed_sweep(struct ui *ui)
{
	const struct fold_proposal *p = ui->fold->proposal;
	char *surface;
	size_t i;

	for (i = 0; p != NULL && i < p->hunks_len; i++)
		displayed_keep(ui, p->hunks[i].hunk->id);
	if (prompt_id_has_plan(ui)) {
		surface = xasprintf("plan:%d", ui->fold->plan.version);
		displayed_keep(ui, surface);
		free(surface);
	}
	surface = prompt_id_question(ui);
	displayed_keep(ui, surface);
	free(surface);
	/* Pages point to freed records: make them again before they are
	 * read. */
	if (displayed_drop(ui))
		for (i = 0; i < PANE_COUNT; i++)
			ui->panes[i].made_seq = -1;
}

int
displayed_missing_lines(const struct seen *s, const char *text, size_t len)
{
	size_t i;
	int n = 0;
	bool missing = false;

	if (s == NULL || s->len != (len == 0 ? 1 : len)) {
		for (i = 0; i < len; i++)
			n += text[i] == '\n' || i + 1 == len;
		return n > 0 ? n : 1;
	}
	if (len == 0)
		return s->count == 0;
	for (i = 0; i < len; i++) {
		missing = missing || !s->bytes[i];
		if (text[i] == '\n' || i + 1 == len) {
			n += missing;
			missing = false;
		}
	}
	return n;
}
