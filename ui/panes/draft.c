/* See draft.h. */
#include "config.h"

#include "ui/panes/draft.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "front/bindings.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"
#include "ui/panes/plan-edit.h"
#include "ui/panes/prompt-id.h"
#include "ui/panes/typing-data.h"
#include "ui/panes/ui-base.h"
#include "ui/text/input.h"

#define DRAFT_GONE "its hunk or plan is no longer open"

static void
draft_drop(struct drafts *d, size_t i)
{
	input_release(&d->list[i].input);
	free(d->list[i].id);
	memmove(d->list + i, d->list + i + 1,
	    (d->len - i - 1) * sizeof(*d->list));
	d->len--;
}

void
drafts_release(struct drafts *d)
{
	while (d->len > 0)
		draft_drop(d, d->len - 1);
	FREE_NULL(d->list);
}

bool
draft_is_kept(int purpose)
{
	return purpose != UI_SAY && purpose != UI_SEARCH;
}

bool
draft_is_own(const struct ui *ui)
{
	size_t i;

	for (i = 0; i < ui->drafts.len; i++)
		if (ui->drafts.list[i].purpose != UI_SENT)
			return true;
	return !input_is_empty(&ui->input) ||
	    !input_is_empty(&ui->saved_input) ||
	    (ui->say.walking && ui->say.draft.len > 0);
}

bool
draft_is_any(const struct ui *ui)
{
	return draft_is_own(ui) || ui->drafts.len > 0 || ui->say.pending > 0;
}

void
draft_put(struct drafts *d, int purpose, const char *id, struct input *in)
{
	struct draft *one;

	if (d->len == DRAFTS_MAX)
		draft_drop(d, 0);
	GROW(d->list, d->len);
	one = &d->list[d->len++];
	one->purpose = purpose;
	one->id = xstrdup_null(id);
	one->input = *in;
	input_init(in);
}

static bool
draft_is_about(const struct draft *one, int purpose, const char *id)
{
	if (one->purpose != purpose || (one->id == NULL) != (id == NULL))
		return false;
	return id == NULL || strcmp(one->id, id) == 0;
}

/* The newest one about this object, counted from 1; 0: none. */
static size_t
draft_find(const struct drafts *d, int purpose, const char *id)
{
	size_t i = d->len;

	while (i > 0 && !draft_is_about(&d->list[i - 1], purpose, id))
		i--;
	return i;
}

bool
draft_take(struct drafts *d, int purpose, const char *id, struct input *in)
{
	size_t i = draft_find(d, purpose, id);

	if (i-- == 0)
		return false;
	input_move(in, &d->list[i].input);
	draft_drop(d, i);
	return true;
}

/* Is this input the message `text`? "//x" is sent as "/x", "!!x" as "!x". */
static bool
draft_is_message(const struct input *in, const char *text)
{
	size_t len;
	AUTO_FREE char *whole = input_whole(in, &len);

	return strcmp(whole, text) == 0 || ((whole[0] == '/' ||
	    whole[0] == '!') && strcmp(whole + 1, text) == 0);
}

void
draft_arrived(struct ui *ui, int64_t seq, const char *text)
{
	struct drafts *d = &ui->drafts;
	size_t i;

	for (i = 0; i < d->len; i++)
		if (d->list[i].purpose == UI_SENT && d->list[i].id != NULL &&
		    strtoll(d->list[i].id, NULL, 10) < seq &&
		    draft_is_message(&d->list[i].input, text)) {
			draft_drop(d, i);
			return;
		}
}

char *
draft_copy(const struct drafts *d, int purpose, const char *id, size_t *len)
{
	size_t i = draft_find(d, purpose, id);

	return i == 0 ? NULL : input_whole(&d->list[i - 1].input, len);
}

bool
draft_waits(const struct drafts *d, int purpose, const char *id)
{
	return draft_find(d, purpose, id) > 0;
}

/* ---- the object of a text ---- */

/* Is this hunk (id: "HUNK" or "HUNK:LINE") proposed and undecided? */
static bool
draft_has_hunk(const struct ui *ui, const char *id)
{
	const struct fold_hunk *h = NULL;
	AUTO_FREE char *hunk = xasprintf("%.*s", (int)strcspn(id, ":"), id);

	return fold_find_hunk(ui->fold, hunk, &h) != NULL &&
	    !h->decided;
}

static bool
draft_has_limit(const struct ui *ui, const char *id)
{
	AUTO_FREE char *now =
	    ui->fold->pause == NULL ? NULL : prompt_id_limit(ui);

	return now != NULL && strcmp(now, id) == 0;
}

/* Is this a proposed file or a build product? NULL: no file was meant, true. */
static bool
draft_has_path(const struct ui *ui, const char *path)
{
	const struct fold_proposal *p = ui->fold->proposal;
	bool found = path == NULL;
	size_t i;

	if (p == NULL || p->files_len == 0)
		return false;
	for (i = 0; i < p->files_len && !found; i++)
		found = strcmp(p->files[i].path, path) == 0;
	for (i = 0; i < p->product_len && !found; i++)
		found = strcmp(p->products[i].path, path) == 0;
	return found;
}

bool
draft_has_object(const struct ui *ui, int purpose, const char *id)
{
	switch (purpose) {
	case UI_REJECT:
	case UI_COMMENT:
		return id != NULL && draft_has_hunk(ui, id);
	case UI_RETURN:
	case UI_PLAN_TEXT:
		return id != NULL && prompt_id_has_plan(ui) &&
		    ui->fold->plan.version == (int)strtol(id, NULL, 10);
	case UI_SENT:
		/* An interrupting message is journaled when the interrupted
		 * step has ended. */
		return !ui->fold->live || ui_is_working(ui);
	case UI_EXTEND:
		return id != NULL && draft_has_limit(ui, id);
	case UI_HIDE:
		return draft_has_path(ui, id);
	default:
		return true;
	}
}

/* ---- the input line for the model ---- */

static bool
draft_append(struct input *to, const struct input *from)
{
	size_t len;
	AUTO_FREE char *text = input_whole(from, &len);
	bool fits = input_size(to) + len < INPUT_MAX;

	if (fits) {
		to->cursor = to->text.len;
		fits = input_insert(to, "\n", 1) &&
		    input_insert(to, text, len);
	}
	return fits;
}

bool
draft_to_line(struct ui *ui, struct input *in, bool between)
{
	struct input *line = ui->purpose == UI_SAY ? &ui->input :
	    &ui->saved_input;
	bool typed = ui->typing && ui->purpose == UI_SAY;

	if (!ui->say.walking && !ui->say.searching && (!typed || between)) {
		if (input_is_empty(line)) {
			input_move(line, in);
			return true;
		}
		if (!typed && draft_append(line, in)) {
			input_release(in);
			input_init(in);
			return true;
		}
	}
	draft_put(&ui->drafts, UI_SAY, NULL, in);
	return false;
}

bool
draft_text_to_line(struct ui *ui, const char *text, size_t len)
{
	AUTO(input_release) struct input in = { 0 };

	input_init(&in);
	(void)input_attach_put(&in, text, len);
	return draft_to_line(ui, &in, false);
}

static void
draft_tell(struct ui *ui, const char *why, bool there)
{
	if (there)
		ui_notice(ui, "not sent: %s · press %s for your text, now a message", why,
		    ui_key_of(ui, ACTION_TYPE));
	else
		ui_notice(ui,
		    "not sent: %s · your text comes back when the line is "
		    "empty",
		    why);
	ui_notice_stay(ui);
}

void
draft_astray(struct ui *ui, const char *text, const char *why)
{
	struct input in;

	input_init(&in);
	(void)input_insert(&in, text, strlen(text));
	draft_tell(ui, why, draft_to_line(ui, &in, false));
}

void
draft_leave(struct ui *ui, struct input *in)
{
	draft_tell(ui, DRAFT_GONE, draft_to_line(ui, in, false));
}

/* Has the text become the plan? */
static bool
draft_is_plan(const struct ui *ui, const struct input *in)
{
	size_t len;
	AUTO_FREE char *text = input_whole(in, &len);

	return plan_edit_is_plan(ui, text, len);
}

void
draft_settle(struct ui *ui, bool between)
{
	struct drafts *d = &ui->drafts;
	const char *why = DRAFT_GONE;
	bool any = false, there = true;
	struct input in;
	size_t i = 0;

	while (i < d->len) {
		if (draft_has_object(ui, d->list[i].purpose, d->list[i].id)) {
			i++;
			continue;
		}
		if (d->list[i].purpose == UI_PLAN_TEXT &&
		    draft_is_plan(ui, &d->list[i].input)) {
			draft_drop(d, i);
			continue;
		}
		if (d->list[i].purpose == UI_SENT)
			why = "your message didn't arrive";
		in = d->list[i].input;
		input_init(&d->list[i].input);
		draft_drop(d, i);
		there = draft_to_line(ui, &in, between) && there;
		any = true;
	}
	if (any)
		draft_tell(ui, why, there);
}
