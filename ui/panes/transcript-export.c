/*
 * The transcript as text: for the pager, all of it, or the entry under the
 * cursor with its arguments and complete output; for the clipboard, the text of
 * one entry. As on the screen, only our own text begins at the margin.
 */
#include "config.h"

#include "ui/panes/transcript.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "front/bindings.h"
#include "journal/fold.h"
#include "ui/panes/export.h"
#include "ui/panes/transcript-data.h"
#include "ui/panes/ui-base.h"

#define TRANSCRIPT_LOOK_MAX ((size_t)16 << 20)	/* of all entries, about */
#define TRANSCRIPT_DROPPED_LOOK 4096	/* of one text in the journal */

struct transcript_look {
	const struct ui	*ui;
	struct export	*look;
};

/* Add the text's lines, each with `before` in front. */
static void
transcript_look_lines(struct export *l, const struct ui *ui, const char *before,
    const char *p, size_t n)
{
	const char *end = p + n, *nl;

	for (; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL)
			nl = end;
		buf_adds(&l->text, before);
		export_add(l, ui, p, (size_t)(nl - p));
		if (p == nl)
			buf_addc(&l->text, '\n');
	}
}

static void
transcript_look_argument(void *arg, char *take)
{
	struct transcript_look *tl = arg;

	transcript_look_lines(tl->look, tl->ui, "    ", take, strlen(take));
	free(take);
}

static void
transcript_look_item(const struct ui *ui, const struct fold_item *it,
    bool whole, struct export *l)
{
	struct transcript_look tl = { ui, l };
	const char *text = it->text == NULL ? "" : it->text;
	bool tool = it->kind == ITEM_TOOL;
	char *kept = NULL;
	size_t n = 0;

	buf_adds(&l->text, transcript_item_mark(it));
	if (it->title != NULL)
		export_add_line(l, ui, "", it->title);
	else
		buf_addc(&l->text, '\n');
	if (whole && tool)
		transcript_item_arguments(ui, it, transcript_look_argument,
		    &tl);
	if (it->summary != NULL && it->summary[0] != '\0')
		transcript_look_lines(l, ui, "  ", it->summary,
		    strlen(it->summary));
	if (whole && tool)
		kept = transcript_item_output(ui, it, EXPORT_OUTPUT_MAX, &n);
	if (kept == NULL && it->text_dropped) {
		kept = transcript_item_text(ui, it);
		n = strlen(kept);
	}
	if (kept != NULL)
		text = kept;
	else
		n = strlen(text);
	transcript_look_lines(l, ui, tool ? "  | " : "  ", text, n);
	buf_addc(&l->text, '\n');
	free(kept);
}

static size_t
transcript_look_size(const struct fold_item *it)
{
	return 64 + (it->title == NULL ? 0 : strlen(it->title)) +
	    (it->text_dropped ? TRANSCRIPT_DROPPED_LOOK :
	    it->text == NULL ? 0 : strlen(it->text));
}

/* Add all entries; in a session that is too long for that, those around the
 * current position. */
static void
transcript_look_all(struct ui *ui, struct export *l)
{
	size_t n = transcript_len(ui), from, to, i, size = 0;
	size_t here = ui->transcript.item < n ? ui->transcript.item : n - 1;
	struct fold_item it;

	for (from = here; from > 0 && size < TRANSCRIPT_LOOK_MAX / 2; from--) {
		transcript_item(ui, from - 1, &it);
		size += transcript_look_size(&it);
	}
	for (to = here; to < n && size < TRANSCRIPT_LOOK_MAX; to++) {
		transcript_item(ui, to, &it);
		size += transcript_look_size(&it);
	}
	if (from > 0)
		buf_addf(&l->text,
		    "[%zu earlier entries left out; see assent log]\n\n", from);
	for (i = from; i < to && l->text.len < 4 * TRANSCRIPT_LOOK_MAX; i++) {
		transcript_item(ui, i, &it);
		if (it.hidden)
			continue;
		if (i == here)
			l->line = 1 + export_lines(buf_str(&l->text),
			    l->text.len);
		transcript_look_item(ui, &it, false, l);
	}
	if (i < n)
		buf_addf(&l->text, "[%zu later entries left out]\n", n - i);
}

/* Find the entry to use if the user chose none: the model's last message. */
static bool
transcript_look_last(const struct ui *ui, struct fold_item *it)
{
	size_t i;

	for (i = transcript_len(ui); i > 0; i--) {
		transcript_item(ui, i - 1, it);
		if (it->kind == ITEM_ASSISTANT && (it->text_dropped ||
		    (it->text != NULL && it->text[0] != '\0')))
			return true;
	}
	return false;
}

static bool
transcript_look_copy(struct ui *ui, struct export *l)
{
	const struct transcript *t = &ui->transcript;
	struct fold_item it;
	char *kept = NULL;
	size_t n = 0;

	if (t->marked && t->cursor < transcript_len(ui)) {
		transcript_item(ui, t->cursor, &it);
		l->what = "this entry";
	} else if (transcript_look_last(ui, &it)) {
		l->what = "the last answer";
	} else {
		ui_notice(ui, "no entry selected · %s %s select one",
		    ui_key_of(ui, ACTION_ITEM_PREV),
		    ui_key_of(ui, ACTION_ITEM_NEXT));
		return false;
	}
	if (it.kind == ITEM_TOOL)
		kept = transcript_item_output(ui, &it, EXPORT_OUTPUT_MAX, &n);
	if (kept == NULL && it.text_dropped) {
		kept = transcript_item_text(ui, &it);
		n = strlen(kept);
	}
	if (kept != NULL)
		buf_add(&l->text, kept, n);
	else if (it.text != NULL && it.text[0] != '\0')
		buf_adds(&l->text, it.text);
	else if (it.title != NULL)
		buf_adds(&l->text, it.title);
	free(kept);
	return true;
}

bool
transcript_look(struct ui *ui, bool all, struct export *l)
{
	const struct transcript *t = &ui->transcript;
	struct fold_item it;

	if (transcript_len(ui) == 0)
		return false;
	if (!all)
		return transcript_look_copy(ui, l);
	if (t->marked && t->cursor < transcript_len(ui)) {
		l->name = "entry.txt";
		transcript_item(ui, t->cursor, &it);
		transcript_look_item(ui, &it, true, l);
	} else {
		l->name = "transcript.txt";
		transcript_look_all(ui, l);
	}
	return true;
}
