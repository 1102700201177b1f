/*
 * The input line for texts of all purposes: the current purpose, the text that
 * was interrupted by another, and the destination of each text.
 */
#include "config.h"

#include "ui/panes/typing.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "base/utf8.h"
#include "front/bindings.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"
#include "ui/panes/draft.h"
#include "ui/panes/typing-data.h"
#include "ui/panes/ui-base.h"
#include "ui/text/input.h"

#define TYPING_NAME 24		/* bytes of a file's name in the prompt */

/* Name the hunk that the text is about: the cursor may be elsewhere. */
static void
typing_name(struct ui *ui)
{
	const struct fold_proposal *p = ui->fold->proposal;
	AUTO_FREE char *id = ui->purpose_id == NULL ? NULL :
	    xmemdup(ui->purpose_id, strcspn(ui->purpose_id, ":")), *name;
	const struct fold_hunk *h = NULL;
	const struct fold_file *f = id == NULL || (ui->purpose != UI_REJECT &&
	    ui->purpose != UI_COMMENT) ? NULL :
	    fold_find_hunk(ui->fold, id, &h);
	size_t at = 1, i;

	FREE_NULL(ui->about);
	name = NULL;
	if (f == NULL)
		return;
	for (i = 0; &p->files[i] != f; i++)
		at += p->files[i].hunks_len;
	name = strrchr(f->path_bytes, '/');
	name = sanitize_dup(name == NULL ? f->path_bytes : name + 1,
	    ui->screen.flags);
	ui->about = xasprintf("%s (%.*s, hunk %zu/%zu)> ", ui->purpose ==
	    UI_REJECT ? "reason" : "comment", (int)utf8_cut(name, strlen(name),
	    TYPING_NAME), name, at + (size_t)(h - f->hunks), p->hunks_len);
}

void
typing_begin(struct ui *ui, enum ui_purpose purpose, const char *id)
{
	if (purpose != UI_SAY && ui->purpose == UI_SAY) {
		input_release(&ui->saved_input);
		ui->saved_input = ui->input;
		input_init(&ui->input);
	}
	if (ui->purpose == UI_SAY)
		ui->typed_say = purpose != UI_SAY && ui->typing;
	xstrset(&ui->purpose_id, id);
	ui->purpose = purpose;
	ui->purpose_marked = ui->marked;
	typing_name(ui);
	ui->typing = true;
	FREE_NULL(ui->begun);
	if (input_is_empty(&ui->input))
		(void)draft_take(&ui->drafts, (int)purpose, id, &ui->input);
}

void
typing_begin_with(struct ui *ui, enum ui_purpose purpose, const char *id,
    const char *text)
{
	typing_begin(ui, purpose, id);
	if (!input_is_empty(&ui->input))
		return;
	input_set(&ui->input, text);
	ui->begun = xstrdup(text);
}

/* The key that begins a text with this purpose. */
static enum action_id
typing_key(enum ui_purpose purpose)
{
	switch (purpose) {
	case UI_REJECT:
		return ACTION_REJECT_WORD;
	case UI_RETURN:
		return ACTION_PLAN_RETURN;
	case UI_HIDE:
		return ACTION_NEVER;
	case UI_COMMENT:
		return ACTION_LINE_COMMENT;
	case UI_EXTEND:
		return ACTION_EXTEND_BY;
	default:
		return ACTION_TYPE;
	}
}

void
typing_end(struct ui *ui)
{
	struct input left;

	ui->typing = false;
	if (ui->purpose == UI_SAY)
		return;
	ui->typing = ui->typed_say;
	input_init(&left);
	if (draft_is_kept((int)ui->purpose) &&
	    !input_is_empty(&ui->input) && (ui->begun == NULL ||
	    strcmp(ui->begun, buf_str(&ui->input.text)) != 0)) {
		if (draft_has_object(ui, (int)ui->purpose, ui->purpose_id)) {
			draft_put(&ui->drafts, (int)ui->purpose,
			    ui->purpose_id, &ui->input);
			ui_notice(ui, "not sent · press %s for your text",
			    ui_key_of(ui, typing_key(ui->purpose)));
		} else
			input_move(&left, &ui->input);
	}
	input_release(&ui->input);
	ui->input = ui->saved_input;
	input_init(&ui->saved_input);
	ui->purpose = UI_SAY;
	FREE_NULL(ui->about);
	if (!input_is_empty(&left))
		draft_leave(ui, &left);
	input_release(&left);
}
