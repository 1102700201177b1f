/* See draft.h. */
#include "config.h"

#include "ui/draft.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ui/state.h"

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
	free(d->list);
	d->list = NULL;
}

bool
draft_is_kept(int purpose)
{
	return purpose != UI_SAY && purpose != UI_SEARCH;
}

bool
draft_is_any(const struct ui *ui)
{
	return ui->drafts.len > 0 || !input_is_empty(&ui->input) ||
	    !input_is_empty(&ui->saved_input) || ui->say.pending > 0 ||
	    (ui->say.walking && ui->say.draft.len > 0);
}

void
draft_put(struct drafts *d, int purpose, const char *id, struct input *in)
{
	struct draft *one;

	if (d->len == DRAFTS_MAX)
		draft_drop(d, 0);
	d->list = xreallocarray(d->list, d->len + 1, sizeof(*d->list));
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

bool
draft_take(struct drafts *d, int purpose, const char *id, struct input *in)
{
	size_t i = d->len;

	while (i > 0 && !draft_is_about(&d->list[i - 1], purpose, id))
		i--;
	if (i-- == 0)
		return false;
	input_move(in, &d->list[i].input);
	draft_drop(d, i);
	return true;
}

void
draft_astray(struct ui *ui, const char *text, const char *why)
{
	struct input *in = &ui->input;
	bool fits;

	in->cursor = in->text.len;
	fits = (in->cursor == 0 || input_insert(in, "\n", 1)) &&
	    input_insert(in, text, strlen(text));
	ui_notice(ui, fits ? "%s: not sent · %s has your words" :
	    "%s: not sent", why, ui_key_of(ui, ACTION_TYPE));
}
