/*
 * Keys and pastes while text is typed, and the destination of each text that is
 * sent.
 */
#include "config.h"

#include "ui/app/submit.h"

#include "base/buf.h"
#include "base/mem.h"
#include "front/bindings.h"
#include "journal/command.h"
#include "ui/app/decide.h"
#include "ui/app/pick-command.h"
#include "ui/app/state-line.h"
#include "ui/diff/line-comment.h"
#include "ui/diff/product-list.h"
#include "ui/keys/keys.h"
#include "ui/panes/composer.h"
#include "ui/panes/confirm.h"
#include "ui/panes/draft.h"
#include "ui/panes/limit.h"
#include "ui/panes/prompt-id.h"
#include "ui/panes/search.h"
#include "ui/panes/send-decision.h"
#include "ui/panes/typing-data.h"
#include "ui/panes/typing.h"
#include "ui/panes/ui-base.h"
#include "ui/panes/view.h"
#include "ui/pick/picker.h"
#include "ui/text/input.h"

static void
submit_text(struct ui *ui)
{
	enum ui_purpose purpose = ui->purpose;
	AUTO_FREE char *text = NULL;
	size_t len;

	if (ui_offers_other(ui)) {
		ui->want = UI_WANT_OTHER;
		return;
	}
	if (input_is_empty(&ui->input) && purpose == UI_SAY &&
	    ui->say.kept > 0 && ui_can_retry(ui)) {
		ui->send(ui->send_arg, command_of("retry"));
		return;
	}
	if (input_is_empty(&ui->input) && purpose == UI_SAY) {
		ui->kept = false;
		if (state_to_waiting(ui))
			return;
		ui_notice(ui, "nothing to send");
		return;
	}
	if (input_is_empty(&ui->input)) {
		typing_end(ui);
		if (purpose == UI_COMMENT)
			line_comment_send(ui, "");
		else if (purpose == UI_SEARCH)
			search_key(ui, ACTION_SEARCH_NEXT);
		return;
	}
	if (purpose == UI_SAY) {
		composer_submit(ui, false);
		ui->kept = !input_is_empty(&ui->input);
		return;
	}
	text = input_whole(&ui->input, &len);
	input_set(&ui->input, "");
	typing_end(ui);
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
		decision_send_plan(ui, "return", text, NULL);
	else
		draft_astray(ui, text, "the plan changed or was decided");
}

/* In an empty message line, the key of the list of commands opens it, too. */
static bool
submit_opens_list(const struct ui *ui, uint32_t key)
{
	const struct action *a = bindings_find(ui->bindings, ACTION_CTX_PANE,
	    key);

	return ui->purpose == UI_SAY && input_is_empty(&ui->input) &&
	    a != NULL && a->id == ACTION_PALETTE;
}

void
submit_begin(struct ui *ui, uint32_t key)
{
	typing_begin(ui, UI_SAY, NULL);
	ui->kept = true;
	input_put(&ui->input, key);
	composer_changed(ui, true);
}

bool
submit_key(struct ui *ui, const struct action *a, uint32_t key)
{
	if (composer_key(ui, a, key))
		return true;
	if (a == NULL && submit_opens_list(ui, key)) {
		pick_command_open(ui);
		return true;
	}
	if (a == NULL) {
		if (key < ' ' || key >= 0x110000)
			return false;
		input_put(&ui->input, key);
		composer_changed(ui, true);
		return true;
	}
	/* As in a shell; a session in which nothing was said ends by that. */
	if (a->id == ACTION_INPUT_DELETE && key != KEYS_DELETE &&
	    ui->input.cursor == ui->input.text.len) {
		if (ui->fold->live && ui_has_notes_only(ui) &&
		    ui->say.pending == 0 && input_is_empty(&ui->input))
			ui->want = UI_WANT_DETACH;
		else
			ui->quit_asked = true;
		return true;
	}
	if (input_key(&ui->input, a->id)) {
		composer_changed(ui, !input_only_moves(a->id));
		return true;
	}
	if (a->id == ACTION_INPUT_SEND)
		submit_text(ui);
	else if (a->id == ACTION_INPUT_COMPLETE &&
	    !input_is_empty(&ui->input))
		/* Don't lead a user who is typing to keys that decide. */
		ui_notice(ui, "nothing to complete");
	else if (a->id == ACTION_INPUT_LEAVE ||
	    a->id == ACTION_INPUT_COMPLETE) {
		bool said = ui->purpose == UI_SAY;

		typing_end(ui);
		ui->kept = false;
		if (said)
			(void)state_to_waiting(ui);
	}
	return true;
}

void
submit_paste(struct ui *ui, const struct key_event *ev)
{
	if (ui->pick.list != NULL) {
		picker_paste(ui->pick.list, ev->text, ev->len);
		return;
	}
	if (!ui->typing) {
		if (ui->confirm.action != ACTION_NONE)
			ui_notice(ui, "not done");
		confirm_clear(ui);
		typing_begin(ui, UI_SAY, NULL);
		ui->kept = true;
		ui_notice(ui, "pasted text is a message · %s clears it",
		    ui_key_of(ui, ACTION_INTERRUPT));
	}
	ui->quit_asked = false;
	if (ui->purpose != UI_SEARCH)
		search_help_close(ui);
	if (!input_paste(&ui->input, ev->text, ev->len, ev->goes_on))
		ui_notice(ui, "text too long; the rest was left out");
	composer_changed(ui, true);
}
