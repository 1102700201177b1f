/*
 * What a line of the core changes, and when the pane of a prompt comes to the
 * front. The focus stays where it is.
 */
#include "config.h"

#include "ui/app/state-line.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "front/bindings.h"
#include "journal/event.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"
#include "ui/app/apply-notice.h"
#include "ui/app/take-back.h"
#include "ui/app/verdict.h"
#include "ui/diff/context-lines.h"
#include "ui/diff/diff.h"
#include "ui/diff/disk-note.h"
#include "ui/diff/hunk-edit.h"
#include "ui/diff/line-comment.h"
#include "ui/panes/colours.h"
#include "ui/panes/composer.h"
#include "ui/panes/confirm.h"
#include "ui/panes/displayed.h"
#include "ui/panes/draft.h"
#include "ui/panes/mark-history.h"
#include "ui/panes/output-fetch.h"
#include "ui/panes/pane-changes.h"
#include "ui/panes/pane-data.h"
#include "ui/panes/plan-news.h"
#include "ui/panes/prompt-id.h"
#include "ui/panes/send-decision.h"
#include "ui/panes/summary-edit.h"
#include "ui/panes/typing-data.h"
#include "ui/panes/ui-base.h"
#include "ui/panes/view.h"
#include "ui/text/input.h"

/* Is the user typing or answering? */
static bool
state_is_held(const struct ui *ui)
{
	return (ui->typing && (ui->kept || !input_is_empty(&ui->input) ||
	    ui->purpose != UI_SAY)) || ui->help || ui->quit_asked ||
	    ui->pick.list != NULL || ui->confirm.action != ACTION_NONE;
}

/* Does the user read or work elsewhere? */
static bool
state_is_elsewhere(const struct ui *ui)
{
	const struct pane *pane = &ui->panes[ui->at];

	if (ui->away || ui->search.text != NULL)
		return true;
	switch (ui->at) {
	case PANE_OUTPUT:
		/* Don't leave the output of the user's own command; but while
		 * the command waits for permission it has no output. */
		if (ui->own_output && ui->fold->output.own &&
		    prompt_id_waiting_pane(ui) != PANE_ASK)
			return true;
		/* FALLTHROUGH */
	case PANE_TRANSCRIPT:
		return !pane->follow;
	default:
		return !ui->typing;
	}
}

bool
state_comes(const struct ui *ui)
{
	return ui->wanted != NULL && !state_is_held(ui) && (ui->typing ||
	    ui->at != prompt_id_waiting_pane(ui)) && !state_is_elsewhere(ui);
}

bool
state_to_waiting(struct ui *ui)
{
	enum pane_id to = prompt_id_waiting_pane(ui);

	if (ui->wanted == NULL || (!ui->typing && ui->at == to))
		return false;
	ui->typing = ui->kept = false;
	view_visit(ui, to);
	return true;
}

bool
state_attend_now(struct ui *ui)
{
	if (!state_comes(ui) || ui->now - ui->last_key < UI_QUIET_MS)
		return false;
	/* A notice of the last key was about the pane that leaves. */
	if (!ui->notice_stays)
		FREE_NULL(ui->notice);
	(void)state_to_waiting(ui);
	verdict_came(ui);
	return true;
}

/* What waits gets the keys, unless the user is busy. */
static void
state_attend(struct ui *ui)
{
	char *waiting;
	bool here;

	prompt_id_update(ui);
	waiting = prompt_id_waiting(ui);
	/* Who answered what waited before goes on to what waits now. */
	here = !ui->typing && ui->wanted != NULL && ui->at == ui->wanted_pane;
	if (waiting == NULL) {
		/* Decided: return to the pane that shows the work. */
		if (ui->at == PANE_ASK || (ui->wanted != NULL &&
		    ui->at == ui->wanted_pane))
			view_go(ui, ui->asked_list && !ui->typing ?
			    PANE_CHANGES : PANE_TRANSCRIPT);
		if (ui->wanted != NULL)
			ui->asked_list = false;
		FREE_NULL(ui->wanted);
		ui->away = false;
		return;
	}
	/* An old prompt that is already answered moves nothing. */
	if (!(ui->fold->live || ui->checking) || (ui->wanted != NULL &&
	    strcmp(ui->wanted, waiting) == 0)) {
		free(waiting);
		return;
	}
	if (ui->notice_undoes)
		FREE_NULL(ui->notice);
	free(ui->wanted);
	ui->wanted = waiting;
	ui->alert = true;
	ui->wanted_pane = prompt_id_waiting_pane(ui);
	/* Show a new plan or proposal from its beginning. */
	if (ui->wanted_pane == PANE_PLAN || ui->wanted_pane == PANE_ASK)
		ui->panes[ui->wanted_pane].top = 0;
	if (ui->at == PANE_ASK && ui->wanted_pane != PANE_ASK)
		view_go(ui, here ? ui->wanted_pane : PANE_TRANSCRIPT);
	if (ui->asked)
		(void)state_to_waiting(ui);
	else if (here && !state_is_held(ui))
		view_go(ui, ui->wanted_pane);
	else
		state_attend_now(ui);
}

#define NO_CHECK "no success check is set"

/* The project's files suggest a success check, and none is set: said once, until
 * the next key, or until the model's plan offers one. */
static void
state_offer_check(struct ui *ui)
{
	const struct fold *f = ui->fold;

	if (f->plan.check != NULL && ui->notice != NULL &&
	    strncmp(ui->notice, NO_CHECK, sizeof(NO_CHECK) - 1) == 0)
		FREE_NULL(ui->notice);
	if (!f->live || f->check_found == NULL || ui->check_offered ||
	    ui->notice != NULL)
		return;
	ui->check_offered = true;
	if (f->test != NULL || f->plan.check != NULL)
		return;
	ui_notice(ui, NO_CHECK " · /check %s sets the project's",
	    f->check_found);
	ui_notice_stay(ui);
}

/* What was interrupted has ended: the notice says so. */
static void
state_interrupted(struct ui *ui)
{
	if (ui->notice != NULL && strncmp(ui->notice, STATE_INTERRUPT_SENT,
	    sizeof(STATE_INTERRUPT_SENT) - 1) == 0)
		ui_notice(ui, "interrupted%s", ui->notice +
		    sizeof(STATE_INTERRUPT_SENT) - 1);
}

void
state_focus_back(struct ui *ui)
{
	if (!ui->typed_before || ui->confirm.action != ACTION_NONE)
		return;
	ui->typed_before = false;
	if (ui->typing)
		ui->typed_say = ui->purpose != UI_SAY;
	ui->typing = true;
}

/* More text: how fast it comes, said anew each second. */
static void
state_text(struct ui *ui)
{
	int64_t was = ui->text.until - ui->text.since;
	int64_t ms = ui->now - ui->text.since;

	ui->text.until = ui->now;
	if (ms / 1000 != was / 1000)
		ui->text.rate = (int64_t)ui->fold->partial.text.len / 3 *
		    1000 / ms;
}

/* Lines that don't change what a verdict would do; marks may (decision_line). */
void
state_line(struct ui *ui, const cJSON *line)
{
	enum event_type type = event_type(line);
	const struct fold_file *file;
	const struct fold_hunk *hunk;
	const char *state;
	int64_t seq = ui->fold->seq;

	if (colours_line(ui, line))
		return;
	if (type != EVENT_DELTA && type != EVENT_DRAFT &&
	    type != EVENT_EVIDENCE && type != EVENT_OUTPUT &&
	    type != EVENT_STATUS)
		verdict_came(ui);
	if (type == EVENT_REFUSED) {
		ui_notice(ui, "%s", json_str_or(line, "text", "refused"));
		decision_forget_sent(ui, true);
		ui->asked = ui->asked_list = false;
		ui->diff.split = false;
		output_fetch_refused(ui, line);
		hunk_edit_settle(ui, json_str_or(line, "text", "refused"));
	}
	if (type == EVENT_DECISION) {
		mark_history_clear(ui);
		diff_news_decision(ui, line);
		/* It may offer to take back what no key does any more. */
		FREE_NULL(ui->notice);
	}
	if (type == EVENT_PROPOSAL)
		diff_news_line(ui, line);
	else if (type == EVENT_PLAN)
		plan_news_line(ui, line);
	fold_line(ui->fold, line);
	ui->checking = ui->checking && !ui->fold->live;
	composer_line(ui, type, line);
	summary_edit_line(ui, type, line);
	/* Until the `live` line, the session's state is unknown. */
	if (ui->fold->live && (ui->fold->seq != seq ||
	    type == EVENT_PROPOSAL || type == EVENT_LIVE))
		draft_settle(ui, type == EVENT_LIVE);
	if (type == EVENT_AROUND)
		context_lines_line(ui, line);
	else if (type == EVENT_CHANGE)
		changes_line(ui, line);
	else if (type == EVENT_OUTPUT)
		output_fetch_line(ui, line);
	if (ui->fold->seq != seq || type == EVENT_PROPOSAL)
		displayed_sweep(ui);
	hunk_edit_lines_drop(ui, false);
	hunk_edit_settle(ui, NULL);
	decision_line(ui, line);
	if (ui->confirm.action != ACTION_NONE && !confirm_holds(ui)) {
		ui_notice(ui, "it changed meanwhile: not done");
		ui_notice_stay(ui);
		confirm_clear(ui);
	}
	state_focus_back(ui);
	/* From one that is decided to the next, before its rows go. */
	if (type == EVENT_DECISION && (hunk = diff_hunk(ui, &file)) !=
	    NULL && hunk->decided)
		diff_next_undecided(ui);
	disk_note_line(ui, type, line);
	if (type == EVENT_PROPOSAL)
		diff_news_tell(ui);
	apply_notice_line(ui, line);
	line_comment_line(ui, line);
	state_offer_check(ui);
	if (type == EVENT_AGENT_END)
		state_interrupted(ui);
	commit_run_line(&ui->commit, ui->fold, type);
	if (type == EVENT_APPLIED && ui->at == PANE_CHANGES &&
	    ui->fold->live)
		changes_look(ui);
	state = ui->fold->state == NULL ? "" : ui->fold->state;
	if (ui->state.name == NULL || strcmp(ui->state.name, state) != 0) {
		free(ui->state.name);
		ui->state.name = xstrdup(state);
		ui->state.since = ui->now;
		if (ui->notice_begins)
			FREE_NULL(ui->notice);
	}
	if (ui->fold->partial.text.len == 0) {
		ui->text.since = ui->text.until = ui->now;
		ui->text.rate = 0;
	} else if (json_is(line, "kind", "text"))
		state_text(ui);
	if (ui->output.starts != ui->fold->output.starts) {
		ui->output.starts = ui->fold->output.starts;
		ui->output.since = ui->now;
	}
	/* Attached later: its clocks don't begin again. */
	if (type == EVENT_STATUS && ui->fold->for_ms > 0) {
		ui->state.since = ui->now - ui->fold->for_ms;
		if (strcmp(state, "tool") == 0)
			ui->output.since = ui->state.since;
	}
	state_attend(ui);
	take_back_line(ui, type);
}

void
state_checking(struct ui *ui)
{
	ui->checking = true;
	state_attend(ui);
}
