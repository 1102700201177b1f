/*
 * The input line as one that many things are typed into: what for, what was being
 * written when something else asked for it, and where it goes when it is sent.
 */
#include "config.h"

#include "ui/state/state.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
ui_type(struct ui *ui, enum ui_purpose purpose, const char *id)
{
	if (purpose != UI_SAY && ui->purpose == UI_SAY) {
		input_release(&ui->saved_input);
		ui->saved_input = ui->input;
		input_init(&ui->input);
	}
	free(ui->purpose_id);
	ui->purpose_id = xstrdup_null(id);
	ui->purpose = purpose;
	ui->typing = true;
	ui->say.quoting = ui->say.wording = false;
	free(ui->begun);
	ui->begun = NULL;
	if (input_is_empty(&ui->input))
		(void)draft_take(&ui->drafts, (int)purpose, id, &ui->input);
}

void
ui_type_with(struct ui *ui, enum ui_purpose purpose, const char *id,
    const char *text)
{
	ui_type(ui, purpose, id);
	if (!input_is_empty(&ui->input))
		return;
	input_set(&ui->input, text);
	ui->begun = xstrdup(text);
}

/* Which key asks for this text. */
static enum action_id
ui_type_key(enum ui_purpose purpose)
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
ui_type_end(struct ui *ui)
{
	struct input left;

	ui->typing = false;
	if (ui->purpose == UI_SAY)
		return;
	input_init(&left);
	if (draft_is_kept((int)ui->purpose) &&
	    !input_is_empty(&ui->input) && (ui->begun == NULL ||
	    strcmp(ui->begun, buf_str(&ui->input.text)) != 0)) {
		if (draft_has_object(ui, (int)ui->purpose, ui->purpose_id)) {
			draft_put(&ui->drafts, (int)ui->purpose,
			    ui->purpose_id, &ui->input);
			ui_notice(ui, "not sent: %s has what you wrote",
			    ui_key_of(ui, ui_type_key(ui->purpose)));
		} else
			input_move(&left, &ui->input);
	}
	input_release(&ui->input);
	ui->input = ui->saved_input;
	input_init(&ui->saved_input);
	ui->purpose = UI_SAY;
	if (!input_is_empty(&left))
		draft_leave(ui, &left);
	input_release(&left);
}

static void
ui_submit(struct ui *ui)
{
	enum ui_purpose purpose = ui->purpose;
	char *text;
	size_t len;

	if (input_is_empty(&ui->input)) {
		ui_type_end(ui);
		if (purpose == UI_COMMENT)
			line_comment_send(ui, "");
		return;
	}
	if (purpose == UI_SAY) {
		composer_submit(ui, false);
		return;
	}
	text = input_whole(&ui->input, &len);
	input_set(&ui->input, "");
	ui_type_end(ui);
	if (purpose == UI_REJECT)
		decide_word(ui, text);
	else if (purpose == UI_HIDE)
		product_list_hide(ui, text);
	else if (purpose == UI_SEARCH)
		search_set(ui, text);
	else if (purpose == UI_COMMENT)
		line_comment_send(ui, text);
	else if (purpose == UI_EXTEND)
		limit_amount(ui, text);
	else if (draft_has_object(ui, UI_RETURN, ui->purpose_id))
		decide_plan(ui, "return", text, NULL);
	else
		draft_astray(ui, text, "the plan has changed or is decided");
	free(text);
}

/* There is a text that a Tab would be about, and none of the agent's. */
static bool
ui_means_complete(const struct ui *ui)
{
	const char *text = buf_str(&ui->input.text);

	return !input_is_empty(&ui->input) && (ui->purpose != UI_SAY ||
	    text[0] == '!' || text[0] == '/');
}

void
ui_key_input(struct ui *ui, const struct action *a, uint32_t key)
{
	if (composer_key(ui, a, key))
		return;
	if (a == NULL) {
		if (key >= ' ' && key < 0x110000) {
			input_put(&ui->input, key);
			composer_changed(ui, true);
		}
		return;
	}
	/* In a shell it would leave. */
	if (a->id == ACTION_INPUT_DELETE && input_is_empty(&ui->input))
		ui_notice(ui, "nothing to delete · %s, then %s leaves",
		    ui_key_of(ui, ACTION_INPUT_LEAVE), ui_key_of(ui,
		    ACTION_QUIT));
	if (input_key(&ui->input, a->id)) {
		composer_changed(ui, !input_only_moves(a->id));
		return;
	}
	if (a->id == ACTION_INPUT_SEND)
		ui_submit(ui);
	else if (a->id == ACTION_INPUT_COMPLETE && ui_means_complete(ui))
		/* Who is typing is not led to keys that decide. */
		ui_notice(ui, "nothing to complete · %s leaves the text",
		    ui_key_of(ui, ACTION_INPUT_LEAVE));
	else if (a->id == ACTION_INPUT_LEAVE ||
	    a->id == ACTION_INPUT_COMPLETE) {
		ui->tabbed = a->id == ACTION_INPUT_COMPLETE &&
		    !input_is_empty(&ui->input);
		ui_type_end(ui);
		if (ui->waits)
			ui_go(ui, prompt_id_waiting_pane(ui));
	}
}

void
ui_paste(struct ui *ui, const struct key_event *ev)
{
	if (!ui->typing) {
		if (ui->confirm.action != ACTION_NONE)
			product_list_hide_not(ui, "not done");
		decide_confirm_clear(ui);
		ui->quit_asked = ui->help = false;
		ui_type(ui, UI_SAY, NULL);
	}
	if (!input_paste(&ui->input, ev->text, ev->len, ev->goes_on))
		ui_notice(ui, "the text is too long: the rest is left out");
	composer_changed(ui, true);
}
