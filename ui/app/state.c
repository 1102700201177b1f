/*
 * Turns keys into actions. Deciding keys go to decide.c; only review/review.c
 * makes decisions. What the core's lines change is in state-line.c.
 */

#include "config.h"

#include "ui/app/state.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "front/bindings.h"
#include "journal/command.h"
#include "journal/fold.h"
#include "ui/app/decide.h"
#include "ui/app/guest.h"
#include "ui/diff/diff.h"
#include "ui/keys/keys.h"
#include "ui/panes/composer.h"
#include "ui/panes/confirm.h"
#include "review/review.h"
#include "ui/panes/panes.h"
#include "ui/panes/ui-base.h"
#include "ui/pick/picker.h"
#include "ui/term/screen.h"
#include "ui/text/input.h"

#define MOUSE_ROWS 3		/* for one step of the wheel */
#define HELD_READ 3		/* keys before Enter in its read: no paste */

/* ---- the wheel and the left button: they answer and end nothing ---- */

static bool
mouse_is_in(const struct rect *r, const struct key_event *ev)
{
	return ev->y >= r->y && ev->y < r->y + r->rows && ev->x >= r->x &&
	    ev->x < r->x + r->cols;
}

static void
mouse_list(struct ui *ui, const struct key_event *ev)
{
	if (ev->key == KEYS_CLICK)
		picker_click(ui->pick.list, ev->y);
	else
		(void)picker_key(ui->pick.list, action_find(ev->key ==
		    KEYS_WHEEL_UP ? ACTION_PICK_PREV : ACTION_PICK_NEXT), 0);
}

/* The cursor to the row that was clicked, in a pane that has one. */
static void
mouse_click(struct ui *ui, const struct key_event *ev)
{
	struct pane *p = &ui->panes[ui->at];
	size_t row = p->top + (size_t)(ev->y - p->y);

	if (ev->y < p->y || ev->x < p->x || row >= p->page.len)
		return;
	if (p->ops->go != NULL)
		p->ops->go(ui, row);
	else if (p->ops->build != NULL)
		list_go(p, row);
}

static void
mouse_event(struct ui *ui, const struct key_event *ev)
{
	enum action_id id = ev->key == KEYS_WHEEL_UP ? ACTION_LINE_UP :
	    ACTION_LINE_DOWN;
	bool beside = mouse_is_in(&ui->layout.beside, ev);
	struct pane *p = ui->help && !beside ? &ui->help_pane :
	    &ui->panes[beside ? PANE_TRANSCRIPT : ui->at];
	int i;

	/* A question stays as it is. */
	if (confirm_is_question(ui))
		return;
	if (ui->pick.list != NULL && mouse_is_in(&ui->layout.list, ev))
		mouse_list(ui, ev);
	else if (ev->key == KEYS_CLICK && ui->pick.list == NULL &&
	    mouse_is_in(&ui->layout.status, ev) &&
	    fold_background_runs(ui->fold) > 0)
		background_list_open(ui);
	else if (!beside && !mouse_is_in(&ui->layout.main, ev))
		;
	else if (ev->key == KEYS_CLICK && !beside && !ui->help)
		mouse_click(ui, ev);
	else if (ev->key != KEYS_CLICK)
		for (i = 0; i < MOUSE_ROWS; i++)
			(void)pane_key(ui, p, id);
}

/*
 * Keys and pastes while text is typed, and the destination of each text that is
 * sent.
 */

static void
submit_to_parts(struct ui *ui, enum ui_purpose purpose, const char *text)
{
	const struct ui_part *const *part;

	for (part = state_parts; *part != NULL; part++)
		if ((*part)->text != NULL)
			(*part)->text(ui, purpose, text);
}

void
state_decided(struct ui *ui)
{
	ui->waits.last = LAST_DECISION;
}

#define NO_READER "nobody reads messages here \xc2\xb7 %s has the commands"

/* Does a model or another agent read messages? */
static bool
state_has_reader(const struct ui *ui)
{
	return ev_mode_has_model(ui->fold->mode);
}

/* To what waits for the user. */
static void
state_to_what_waits(struct ui *ui)
{
	if (!state_to_waiting(ui))
		ui_notice(ui, "nothing waits for you");
}

/* The box of `/`: a command, or a text to search for. */
static void
submit_box(struct ui *ui, bool command)
{
	bool runs;
	AUTO_FREE char *line = command ? pick_command_box(ui, &runs) : NULL;
	AUTO_FREE char *text = xstrdup(buf_str(&ui->input.text));

	input_set(&ui->input, "");
	typing_end(ui);
	if (line != NULL)
		pick_command_do(ui, line, runs);
	else if (text[0] != '\0')
		submit_to_parts(ui, UI_SEARCH, text);
}

/* The first message after a decision is asked about once, if it can be a mark
 * that came too late. */
static bool
submit_asks(struct ui *ui)
{
	const char *text = buf_str(&ui->input.text);
	bool first = ui->written.first;

	ui->written.first = false;
	if (!first || text[strspn(text, "ynYNaAdxXu \n")] != '\0')
		return false;
	ui_notice(ui, "send \"%s\" as a message? %s again sends it", text,
	    ui_key_of(ui, ACTION_INPUT_SEND));
	return true;
}

static void
submit_text(struct ui *ui)
{
	enum ui_purpose purpose = ui->purpose;
	AUTO_FREE char *text = NULL;
	size_t len;

	if (ui_offers_other(ui)) {
		ui->other.go = ui->other.id;
		ui_asks(ui, UI_WANT_OTHER);
		return;
	}
	if (input_is_empty(&ui->input) && purpose == UI_SAY &&
	    ui->say.kept > 0 && ui_can_retry(ui)) {
		ui->send(ui->send_arg, command_of("retry"));
		return;
	}
	if (input_is_empty(&ui->input) && purpose == UI_SAY) {
		state_to_what_waits(ui);
		return;
	}
	if (purpose == UI_SEARCH) {
		submit_box(ui, true);
		return;
	}
	if (input_is_empty(&ui->input)) {
		typing_end(ui);
		if (purpose == UI_COMMENT || purpose == UI_ANSWER ||
		    purpose == UI_NOTE || (purpose == UI_RETURN &&
		    ui->fold->plan.notes_len > 0))
			submit_to_parts(ui, purpose, "");
		return;
	}
	if (purpose == UI_SAY) {
		if (submit_asks(ui))
			return;
		composer_submit(ui, false);
		if (!input_is_empty(&ui->input))
			return;
		ui->waits.last = LAST_MESSAGE;
		/* It was a command, and the next keys aren't text. */
		if (!state_has_reader(ui))
			typing_end(ui);
		return;
	}
	text = input_whole(&ui->input, false, &len);
	input_set(&ui->input, "");
	typing_end(ui);
	if (purpose == UI_ANSWER || purpose == UI_EXTEND || purpose ==
	    UI_RETURN)
		state_decided(ui);
	submit_to_parts(ui, purpose, text);
	/* No second Enter of it is meant for the row. */
	ui->burst.lost = purpose != UI_EXTEND && purpose != UI_ANSWER &&
	    !fold_stages(ui->fold);
}

/* Begin a message, or resume one, with this character. */
static void
submit_begin(struct ui *ui, uint32_t key)
{
	typing_begin(ui, UI_SAY, NULL);
	input_put(&ui->input, key);
	composer_changed(ui, true);
}

/* False if the key has no meaning in a text. `a` may be NULL. */
static bool
submit_key(struct ui *ui, const struct action *a, uint32_t key)
{
	enum input_did did;

	if (a == NULL) {
		if (key < ' ' || key >= 0x110000)
			return false;
		input_put(&ui->input, key);
		composer_changed(ui, true);
		return true;
	}
	if ((did = input_key(&ui->input, a->id)) != INPUT_NOTHING)
		composer_changed(ui, did == INPUT_CHANGED);
	return true;
}

static void
submit_paste(struct ui *ui, const struct key_event *ev)
{
	AUTO_FREE char *dropped = NULL;

	if (ui->pick.list != NULL) {
		picker_paste(ui->pick.list, ev->text, ev->len);
		return;
	}
	if (!ui->typing && !state_has_reader(ui)) {
		ui_notice(ui, NO_READER, ui_key_of(ui, ACTION_PALETTE));
		return;
	}
	if (!ui->typing) {
		confirm_clear(ui);
		typing_begin(ui, UI_SAY, NULL);
		ui_notice(ui, "pasted text is a message · %s clears it",
		    ui_key_of(ui, ACTION_INTERRUPT));
	}
	confirm_clear(ui);
	if (ui->purpose != UI_SEARCH)
		search_help(ui, HELP_NOT);
	dropped = ev->goes_on ? NULL : composer_dropped(ui, ev->text, ev->len);
	if (!input_paste(&ui->input, dropped != NULL ? dropped : ev->text,
	    dropped != NULL ? strlen(dropped) : ev->len, ev->goes_on))
		ui_notice(ui, "text too long; the rest was left out");
	composer_changed(ui, true);
}

const struct ui_part *const state_parts[] = {
	/* First: what a question is about may be gone. */
	&part_confirm, &part_complete, &part_composer, &part_drafts, &part_plan,
	&part_output, &part_changes, &part_diff, &part_transcript, &part_ask,
	&part_btw, &part_colours, &part_panes, &part_background, &part_pick,
	&part_decide, NULL,
};

static const struct pane_ops *const state_panes[PANE_COUNT] = {
	[PANE_PLAN] = &pane_plan,
	[PANE_TRANSCRIPT] = &pane_transcript,
	[PANE_OUTPUT] = &pane_output,
	[PANE_DIFF] = &pane_diff,
	[PANE_ASK] = &pane_ask,
	[PANE_CHANGES] = &pane_changes,
};

void
state_init(struct ui *ui, const struct bindings *bindings, ui_send_cb *send,
    void *arg)
{
	size_t i;

	memset(ui, 0, sizeof(*ui));
	for (i = 0; i < PANE_COUNT; i++)
		ui->panes[i].ops = state_panes[i];
	ui->screen = xcalloc(1, sizeof(*ui->screen));
	ui->fold = fold_new();
	ui->review.fold = ui->fold;
	ui->bindings = bindings;
	ui->send = send;
	ui->client = "no tty";	/* as client_hello() */
	ui->send_arg = arg;
	ui->at = PANE_TRANSCRIPT;
	ui->last_key = ui->burst.at = ui->burst.typed = INT64_MIN / 2;
	ui->review.came = true;
	ui->panes[PANE_TRANSCRIPT].follow = true;
	ui->panes[PANE_OUTPUT].follow = true;
	input_init(&ui->input);
	input_init(&ui->drafts.message);
}

void
state_release(struct ui *ui)
{
	const struct ui_part *const *part;

	for (part = state_parts; *part != NULL; part++)
		if ((*part)->release != NULL)
			(*part)->release(ui);
	FREE_ALL(ui->other.id, ui->other.words, ui->other.next,
	    ui->other.next_words);
	offers_release(&ui->offers);
	review_release(&ui->review);
	screen_release(ui->screen);
	FREE_ALL(ui->screen, ui->staging.hunk, ui->notice, ui->noticed.before,
	    ui->waits.id, ui->clocks.state.name, ui->git.branch,
	    ui->held.row);
	buf_release(&ui->burst.letters);
	fold_free(ui->fold);
	memset(ui, 0, sizeof(*ui));
}

/* There is nothing that an interrupt could stop, as far as the UI knows. */
static bool
state_is_idle(const struct ui *ui)
{
	return ui->clocks.state.name != NULL && !ui_is_working(ui) &&
	    ui->fold->queued == 0 && ui->say.pending == 0;
}

/* Interrupt the agent's current step; what is said to it stays. */
static void
state_interrupt(struct ui *ui)
{
	bool idle = state_is_idle(ui) &&
	    prompt_waiting_pane(ui) != PANE_ASK;
	bool tries = idle && fold_tries(ui->fold);
	cJSON *o;

	if (ui->help == HELP_BTW) {
		btw_leave(ui);
		return;
	}
	if (!ui->typing && !input_is_empty(&ui->input) && ui_is_working(ui) &&
	    ui->before != ACTION_INTERRUPT) {
		ui_notice(ui, "again: interrupts, draft kept");
		return;
	}
	/* A plan or a review that waits isn't stopped by it. */
	if (!idle || tries) {
		o = command_of("interrupt");
		if (ui_is_checking(ui) || tries)
			json_add_bool(o, "check", true);
		ui->send(ui->send_arg, o);
	}
	if (ui_is_checking(ui))
		ui_notice(ui, "check ended · %s%s%s runs it again",
		    ui->typing ? ui_key_of(ui, ACTION_INPUT_LEAVE) : "",
		    ui->typing ? ", then " : "", ui_key_of(ui, ACTION_CHECK));
	else if (tries)
		ui_notice(ui, "small changes ended · %snotice tries them again",
		    ui_key_of(ui, ACTION_PALETTE));
	else if (idle)
		ui_notice(ui, "nothing is running · %s leaves",
		    ui_leave_key(ui));
	else
		ui_notice_as(ui, NOTICE_INTERRUPT, "interrupt sent%s · %s "
		    "leaves", !ui->fold->ended && ev_mode_has_model(
		    ui->fold->mode) ? " · a message continues the task" : "",
		    ui_leave_key(ui));
}

/* Stopping without a job-control shell would leave a frozen terminal. */
static void
state_suspend(struct ui *ui)
{
	if (ui->no_shell && ui->before != ACTION_SUSPEND)
		ui_notice(ui,
		    "no shell could resume it: %s again suspends anyway",
		    ui_key_of(ui, ACTION_SUSPEND));
	else
		ui_asks(ui, UI_WANT_SUSPEND);
}

/* A key that has no meaning there; while lines are picked, it says which have. */
static void
state_key_none(struct ui *ui, const char *name)
{
	bool any = ui->lines.picked > 0;

	if (ui->at == PANE_DIFF && ui->lines.hunk != NULL)
		ui_notice(ui, "you are picking lines · %s %s, %s stops",
		    ui_key_of(ui, any ? ACTION_LINES_ACCEPT : ACTION_LINE_PICK),
		    any ? "accepts them" : "picks one",
		    ui_key_of(ui, ACTION_LINES_LEAVE));
	else
		ui_notice(ui, "%s does nothing here", name);
}

/* To what waits for the user, unless the user is there; to what else waits, or to
 * the next pane. */
static void
state_pane_next(struct ui *ui)
{
	enum pane_id to;

	search_help(ui, HELP_NOT);
	if (state_to_waiting(ui))
		return;
	if (view_next(ui, &to))
		view_visit(ui, to);
	else
		ui_notice(ui, "nothing else waits");
}

/* To another session, or to the list of those that wait. */
static void
state_key_other(struct ui *ui, enum action_id id)
{
	ui->other.go = id == ACTION_INBOX ? "" : ui->other.next;
	if (ui->other.way == OTHER_NO_WAY)
		ui_notice(ui, "not here: leave this session first");
	else if (ui->other.go == NULL && ui->other.way == OTHER_FROM_LIST)
		ui_asks(ui, UI_WANT_DETACH);
	else if (ui->other.go == NULL)
		ui_none(ui, id);
	else
		ui_asks(ui, UI_WANT_OTHER);
}

/* Let the pane in front, and then each part, handle the action, without its
 * key; false: none of them did. */
static bool
state_pane_key(struct ui *ui, enum action_id id)
{
	struct pane *p = &ui->panes[ui->at];
	const struct pane_ops *ops = p->ops;
	const struct ui_part *const *part;

	pane_make(ui, p, p->page.width);
	if (ops->key != NULL && ops->key(ui, id))
		return true;
	for (part = state_parts; *part != NULL; part++)
		if ((*part)->key != NULL && (*part)->key(ui, id))
			return true;
	return false;
}

/* One pane back. */
static void
state_back(struct ui *ui)
{
	if (ui->at == PANE_DIFF && diff_is_on_list(ui))
		(void)state_pane_key(ui, ACTION_TREE_GO);
	else if (ui->at != PANE_TRANSCRIPT)
		view_visit(ui, ui->at == PANE_CHANGES ? ui->waits.back :
		    PANE_TRANSCRIPT);
	else
		ui_none(ui, ACTION_PANE_BACK);
}

static void
state_key_pane(struct ui *ui, const struct action *a)
{
	if (state_pane_key(ui, a->id))
		return;
	switch (a->id) {
	case ACTION_SUSPEND:
		state_suspend(ui);
		break;
	case ACTION_REDRAW:
		ui_asks(ui, UI_WANT_REDRAW);
		if (ev_is(ui->fold->mode, "review"))
			ui->send(ui->send_arg, command_of("reread"));
		break;
	case ACTION_PANE_PREV:
		view_visit(ui, view_beside(ui, -1));
		break;
	case ACTION_PANE_PLAN:
	case ACTION_PANE_TRANSCRIPT:
	case ACTION_PANE_OUTPUT:
	case ACTION_PANE_DIFF:
		if (ui->at == (enum pane_id)(a->id - ACTION_PANE_PLAN))
			ui_notice(ui, "the %s is already shown",
			    ui->panes[ui->at].ops->name);
		view_visit(ui, (enum pane_id)(a->id - ACTION_PANE_PLAN));
		break;
	case ACTION_CHANGES:
		if (ui->at == PANE_CHANGES) {
			state_back(ui);
			break;
		}
		ui->waits.back = ui->at == PANE_ASK ? PANE_TRANSCRIPT : ui->at;
		view_visit(ui, PANE_CHANGES);
		break;
	case ACTION_RUN:
		/* Keep the purpose of a text that was begun. */
		if (!input_is_empty(&ui->input)) {
			typing_begin(ui, UI_SAY, NULL);
			ui_notice(ui, "you have a draft: send or clear it (%s) "
			    "first", ui_key_of(ui, ACTION_INTERRUPT));
			break;
		}
		submit_begin(ui, '!');
		break;
	case ACTION_PROPOSE:
		ui->send(ui->send_arg, command_of("propose"));
		break;
	case ACTION_RETRY:
		if (!ui_can_retry(ui)) {
			ui_none(ui, a->id);
			break;
		}
		ui->send(ui->send_arg, command_of("retry"));
		break;
	case ACTION_INBOX:
	case ACTION_SESSION_NEXT:
		state_key_other(ui, a->id);
		break;
	default:
		if (!pane_scroll(&ui->panes[ui->at], a->id))
			state_key_none(ui, ui_key_of(ui, a->id));
		break;
	}
}

/* Esc and a key typed too soon after it arrive together as Alt plus that key.
 * Where that has no meaning, the Esc counts and the other key is ignored; not
 * while typing text, because the keys after it would then be commands. */
static const struct action *
state_find(const struct ui *ui, unsigned contexts, uint32_t key)
{
	const struct action *a = bindings_find(ui->bindings, contexts, key);

	if (a == NULL && (key & KEYS_ALT) != 0 &&
	    (contexts & (ACTION_CTX_INPUT | ACTION_CTX_CONFIRM)) == 0) {
		key = KEYS_ESC;
		a = bindings_find(ui->bindings, contexts, key);
		if (a != NULL && (a->flags & ACTION_DECIDES) != 0)
			return NULL;
	}
	return a;
}

static void
state_key_none_key(struct ui *ui, uint32_t key)
{
	char name[KEY_NAME_SIZE];

	key_name_text(key, name);
	state_key_none(ui, name);
}

/* The same while text is typed: the pages of the pane above can be turned. */
static void
state_key_typing(struct ui *ui, uint32_t key)
{
	const struct action *a = bindings_find(ui->bindings, ACTION_CTX_PANE,
	    key);

	if (a != NULL && (a->id == ACTION_PAGE_UP || a->id == ACTION_PAGE_DOWN))
		state_key_pane(ui, a);
	else
		state_key_none_key(ui, key);
}

/* Is the review of the user's own tree, whose Enter only fills git's index? What
 * X and an undo do isn't that. */
static bool
state_stages(const struct ui *ui)
{
	return fold_stages(ui->fold) && ui->confirm.action == ACTION_SEND;
}

/* Does this key come too early, or with others, to decide? The row says so. */
static bool
state_is_early(struct ui *ui, const struct action *a, unsigned contexts,
    bool together)
{
	/* The words that it would choose aren't all shown. */
	if (a != NULL && a->id == ACTION_CONFIRM && !frame_has_room(ui)) {
		ui_notice(ui, "no room to ask");
		return true;
	}
	if (a == NULL || (((a->flags & ACTION_DECIDES) == 0 ||
	    verdict_marks(ui)) && ((a->flags & ACTION_FRESH) == 0 || !together ||
	    !state_has_reader(ui))))
		return false;
	if (!frame_has_room(ui) && confirm_stands(ui))
		ui_notice(ui, "no room to ask");
	else if (together)
		ui_notice(ui, "several keys at once: press it again");
	else if (ui->checking)
		ui_notice(ui, "the journal is still being checked: press it "
		    "again");
	else if ((contexts & ACTION_CTX_PAUSES) != 0 && !limit_is_shown(ui))
		ui_notice(ui, "the question was not fully on screen: %s shows "
		    "the rest", ui_key_of(ui, ACTION_LINE_DOWN));
	else
		ui_notice(ui, "just changed: press it again");
	return true;
}

/* Does it only move in the pane? */
static bool
state_moves(const struct action *a)
{
	switch (a->id) {
	case ACTION_DO:
	case ACTION_ROW_LEAVE:
	case ACTION_LINES_LEAVE:
	case ACTION_PANE_BACK:
	case ACTION_PANE_NEXT:
	case ACTION_PANE_PREV:
	case ACTION_SUSPEND:
	case ACTION_REDRAW:
		return false;
	default:
		return (a->flags & ACTION_UNLISTED) != 0;
	}
}

/* ---- an Enter that comes before its row has stood is held ---- */

static void
held_drop(struct ui *ui)
{
	FREE_NULL(ui->held.row);
}

/* Is it of several keys of one read that may be a pasted text? */
static bool
held_is_paste(const struct ui *ui, const struct key_event *ev)
{
	return ev->together && ui->read_len > HELD_READ;
}

/* The row is asked now, and says what it did. The cursor may have moved. */
static bool
held_is_same(struct ui *ui)
{
	struct review_act now = verdict_act(ui);
	const struct review_act *was = &ui->held.act;

	return confirm_stands(ui) && now.prompt == was->prompt &&
	    now.of == was->of && now.pane == was->pane &&
	    now.height == was->height && now.does == was->does &&
	    now.marked == was->marked && ui->held.cols == ui->screen->cols &&
	    ev_is(ui->confirm.question, ui->held.row);
}

bool
held_is_due(struct ui *ui)
{
	if (ui->held.row == NULL)
		return false;
	if (!held_is_same(ui)) {
		held_drop(ui);
		ui->confirm.pressed = confirm_stands(ui);
		ui_draws(ui, FRAME_ALL);
		return false;
	}
	/* The next key may be of the same read. */
	return verdict_counts(ui) && ui->now > ui->held.together;
}

void
held_act(struct ui *ui)
{
	held_drop(ui);
	decide_confirmed(ui, false);
	confirm_make(ui);
}

/* Enter at its row; false: it acts now. */
static bool
held_takes(struct ui *ui, const struct key_event *ev)
{
	bool came = !verdict_marks(ui), room = frame_has_room(ui);

	if (room && !came && state_stages(ui) && ui->review.step_at > 0)
		return false;
	if (room && !came && ui->now >= ui->enter_at && !ev->together &&
	    verdict_counts(ui))
		return false;
	if (!room)
		ui_notice(ui, "no room to ask");
	else if (came || ui->now < ui->enter_at || held_is_paste(ui, ev))
		ui->confirm.pressed = true;
	else {
		FREE_SET(ui->held.row, xstrdup(ui->confirm.question));
		ui->held.act = verdict_act(ui);
		ui->held.cols = ui->screen->cols;
		ui->held.together = ev->together ? ui->now : ui->now - 1;
	}
	return true;
}

/* A key behind a held Enter, before it: it takes that back unless it only moves,
 * and is no part of a paste. */
static void
held_key(struct ui *ui, const struct action *a, const struct key_event *ev)
{
	bool same = ev->together && ui->read_at == ui->now;

	ui->read_len = same ? ui->read_len + 1 : 0;
	ui->read_at = ui->now;
	if (ui->held.row == NULL || (!same && a != NULL && (a->id == ACTION_DO ||
	    state_moves(a))))
		return;
	held_drop(ui);
}

/* Ending needs a visible question. */
static void
state_quit(struct ui *ui, const struct action *a)
{
	bool room = frame_has_room(ui);

	confirm_clear(ui);
	if (a == NULL)
		return;
	if (a->id == ACTION_DETACH)
		ui_asks(ui, UI_WANT_DETACH);
	else if (room)
		ui_asks(ui, UI_WANT_END);
	else
		ui_notice(ui, "not ended: the window is too small to ask");
}

static void
state_help_leave(struct ui *ui)
{
	if (ui->help != HELP_BTW) {
		search_help(ui, HELP_NOT);
		return;
	}
	btw_leave(ui);
}

/* ---- the table of KEYS in assent(1): what the keys of its columns do in each
 * state ---- */

static void
state_nothing(struct ui *ui UNUSED)
{
}

/* Nothing of it is lost: up brings it back. */
static void
state_clear(struct ui *ui)
{
	(void)input_key(&ui->input, ACTION_INTERRUPT);
	composer_changed(ui, true);
	ui_notice(ui, "text cleared · %s brings it back", ui_key_of(ui,
	    ui->purpose == UI_SAY ? ACTION_INPUT_UP : ACTION_INPUT_YANK));
}

/* The text that was begun so is given up; up brings it back. */
static void
burst_give_up(struct ui *ui)
{
	if (ui->burst.drafted == 1 && ui->typing && ui->purpose == UI_SAY &&
	    !input_is_empty(&ui->input))
		state_clear(ui);
	ui->burst.drafted = 0;
}

/* From text to keys, or from a text with another purpose back to what is below
 * it; an unsent one stays. */
static void
state_leave(struct ui *ui)
{
	burst_give_up(ui);
	typing_end(ui);
}

static void
state_clear_or_leave(struct ui *ui)
{
	if (input_is_empty(&ui->input))
		state_leave(ui);
	else
		state_clear(ui);
}

static void
state_leave_empty(struct ui *ui)
{
	if (input_is_empty(&ui->input))
		state_leave(ui);
}

static void
state_type(struct ui *ui)
{
	search_help(ui, HELP_NOT);
	if (state_has_reader(ui))
		typing_begin(ui, UI_SAY, NULL);
	else
		ui_notice(ui, NO_READER, ui_key_of(ui, ACTION_PALETTE));
}

/* Where something is open, Enter is its own key. */
static void
state_enter(struct ui *ui)
{
	int64_t of;

	if (prompt_pane(ui, &of) == PROMPT_PANE || !state_has_reader(ui))
		state_type(ui);
	else
		ui_notice(ui, "%s types a message", ui_key_of(ui, ACTION_TYPE));
}

static void
state_help(struct ui *ui)
{
	search_help(ui, HELP_KEYS);
}

static void
state_help_again(struct ui *ui)
{
	search_help(ui, HELP_NOT);
	if (ui->typing)
		(void)submit_key(ui, NULL, '?');
}

static void
state_search(struct ui *ui)
{
	typing_begin(ui, UI_SEARCH, NULL);
}

static void
state_palette(struct ui *ui)
{
	search_help(ui, HELP_NOT);
	(void)part_pick.key(ui, ACTION_PALETTE);
}

/* Does nothing run, and is nothing typed that wasn't sent? */
static bool
state_rests(const struct ui *ui)
{
	return state_is_idle(ui) && fold_background_runs(ui->fold) == 0 &&
	    input_is_empty(&ui->input) &&
	    input_is_empty(&ui->drafts.message) && ui->drafts.list_len == 0;
}

/* Where nobody hears of it, marks are all that can be open, and they are kept;
 * but the command of `try` must have ended. */
static bool
state_is_alone(const struct ui *ui)
{
	const struct fold_item *tried = fold_tried(ui->fold);

	if (ev_is(ui->fold->mode, "try"))
		return tried != NULL && !tried->running;
	return !state_has_reader(ui);
}

/* Ask how to leave, if there is something to choose. */
static void
state_ask_quit(struct ui *ui)
{
	bool alone = state_is_alone(ui);

	/* A core that has nothing left to do ends with its last screen. */
	if (alone || (fold_is_over(ui->fold) && state_rests(ui)))
		ui_asks(ui, UI_WANT_DETACH);
	else
		confirm_quit(ui);
}

/* C-d where nothing is typed: after a pause, the same key is an answer. */
static void
state_end_of_input(struct ui *ui)
{
	if (fold_is_empty(ui->fold) || state_is_alone(ui))
		state_ask_quit(ui);
	else
		confirm_quit(ui);
	if (ui->confirm.action == ACTION_QUIT)
		ui->confirm.again_at = ui->now + REVIEW_MS;
}

/* It detaches if it asked. One that is held down is no answer. */
static void
state_end_again(struct ui *ui)
{
	bool waits = ui->now < ui->confirm.again_at;

	if (ui->confirm.again_at == 0)
		return;
	if (waits) {
		ui->confirm.again_at = ui->now + REVIEW_MS;
		return;
	}
	confirm_clear(ui);
	ui_asks(ui, UI_WANT_DETACH);
}

static void
state_complete(struct ui *ui)
{
	if (ui->purpose == UI_SEARCH)
		submit_box(ui, false);
	else
		ui_none(ui, ACTION_INPUT_COMPLETE);
}

/* Picked lines go instead, and the row goes, too. */
static void
state_interrupt_keys(struct ui *ui)
{
	if ((ui_contexts(ui) & ACTION_CTX_LINES) != 0) {
		(void)decide_key(ui, action_find(ACTION_LINES_LEAVE));
		return;
	}
	if (confirm_stands(ui))
		confirm_leave(ui);
	state_interrupt(ui);
}

static void burst_leave(struct ui *);

enum state {
	TYPES_NOTHING, TYPES_MESSAGE, TYPES_OTHER, IN_PANE, IN_HELP, IN_QUIT,
	IN_OTHER,		/* a list, or a question with a capital */
};

enum state_key { KEY_C_C, KEY_C_D, KEY_ESC, KEY_ENTER, KEY_HELP, KEY_SLASH,
	KEY_COLON, KEY_I, KEY_Q, KEY_TAB, KEY_OTHER };

/* NULL: the character, or what the key means in the pane. */
static void (*const state_table[IN_OTHER + 1][KEY_OTHER + 1])(struct ui *) = {
	[TYPES_NOTHING] = { state_interrupt, state_end_of_input, state_leave,
		submit_text, state_help, [KEY_TAB] = state_to_what_waits },
	[TYPES_MESSAGE] = { state_clear, state_nothing, state_leave,
		submit_text, [KEY_TAB] = state_complete },
	[TYPES_OTHER] = { state_clear_or_leave, state_leave_empty, burst_leave,
		submit_text, [KEY_TAB] = state_complete },
	[IN_PANE] = { state_interrupt_keys, NULL, state_back, state_enter,
		state_help, state_search, state_palette, state_type,
		state_ask_quit, state_pane_next },
	[IN_HELP] = { state_interrupt, NULL, state_help_leave,
		state_help_leave, state_help_again, state_search,
		state_palette, state_type, state_help_leave, state_nothing },
	[IN_QUIT] = { confirm_clear, state_end_again, confirm_clear, NULL,
		confirm_clear, confirm_clear, confirm_clear, confirm_clear,
		state_nothing, confirm_clear },
	[IN_OTHER] = { confirm_cancel },
};

static enum state
state_now(const struct ui *ui)
{
	unsigned contexts = ui_contexts(ui);

	return (contexts & ACTION_CTX_PANE) != 0 ? IN_PANE :
	    (contexts & ACTION_CTX_HELP) != 0 ? IN_HELP :
	    contexts == ACTION_CTX_QUIT ? IN_QUIT :
	    contexts != ACTION_CTX_INPUT ? IN_OTHER :
	    ui->purpose != UI_SAY ? TYPES_OTHER :
	    input_is_empty(&ui->input) ? TYPES_NOTHING : TYPES_MESSAGE;
}

/* The column of this action, or of the key that does it. */
static enum state_key
state_column(const struct ui *ui, enum action_id id, uint32_t key)
{
	switch (id) {
	case ACTION_INTERRUPT:
		return KEY_C_C;
	case ACTION_INPUT_DELETE:
		return key == KEYS_DELETE || ui->input.cursor <
		    ui->input.text.len ? KEY_OTHER : KEY_C_D;
	case ACTION_HALF_DOWN:
		return KEY_C_D;
	case ACTION_QUIT:
		return KEY_Q;
	case ACTION_PANE_BACK:
	case ACTION_INPUT_LEAVE:
		return KEY_ESC;
	case ACTION_INPUT_SEND:
		return KEY_ENTER;
	case ACTION_TYPE:
		return key == KEYS_ENTER ? KEY_ENTER : KEY_I;
	case ACTION_HELP:
		return KEY_HELP;
	case ACTION_SEARCH:
		return KEY_SLASH;
	case ACTION_PALETTE:
		return KEY_COLON;
	case ACTION_PANE_NEXT:
	case ACTION_INPUT_COMPLETE:
		return KEY_TAB;
	default:
		return KEY_OTHER;
	}
}

/* Does it open something, type, or undo a write? A mark that is undone isn't
 * that. */
static bool
state_opens(const struct ui *ui, const struct action *a)
{
	return (a->flags & ACTION_OPENS) != 0 || (a->id == ACTION_UNDO &&
	    (ui->at != PANE_DIFF || ui->review.step_at == 0));
}

#define WORDS_NOTICE "text? %s types it"

/* All of it is a text: nothing that it marked is meant, its row goes, and the
 * message line gets its letters and the keys. */
static void
burst_to_line(struct ui *ui)
{
	struct ui_burst *b = &ui->burst;
	struct review_stepped step;

	while (ui->review.step_at > b->steps)
		ui_send(ui, review_step(&ui->review, true, &step));
	confirm_close(ui);
	FREE_NULL(ui->search.text);
	b->drafted = ui->input.text.len + 1;
	ui->input.cursor = ui->input.text.len;
	if (!input_is_empty(&ui->input))
		(void)input_insert(&ui->input, "\n", 1);
	(void)input_insert(&ui->input, b->letters.p, b->letters.len);
	buf_clear(&b->letters);
	b->len = b->lost = b->moved = 0;
	state_type(ui);
	composer_changed(ui, true);
}

/* From a box back to what is below it. Its letter, and the text that was begun
 * right behind that, were a message. */
static void
burst_leave(struct ui *ui)
{
	struct ui_burst *b = &ui->burst;
	AUTO_FREE char *text = xstrdup(buf_str(&ui->input.text));

	if (ui->purpose == UI_SAY || ui->purpose == UI_SEARCH ||
	    text[0] == '\0' || b->letters.len == 0 || !state_has_reader(ui)) {
		state_leave(ui);
		return;
	}
	input_set(&ui->input, "");
	typing_end(ui);
	buf_adds(&b->letters, text);
	b->steps = ui->review.step_at;
	burst_to_line(ui);
}

/* By a line, half a page or a page: whatever key does it, it is no letter. */
static bool
state_scrolls(const struct action *a)
{
	switch (a->id) {
	case ACTION_LINE_DOWN:
	case ACTION_LINE_UP:
	case ACTION_HALF_DOWN:
	case ACTION_HALF_UP:
	case ACTION_PAGE_DOWN:
	case ACTION_PAGE_UP:
		return true;
	default:
		return false;
	}
}

/* A letter where keys act: is it one more of the burst? */
static bool
burst_add(struct ui *ui, const struct action *a, uint32_t key)
{
	struct ui_burst *b = &ui->burst;
	size_t was = b->letters.len;
	bool near;

	/* What begins a text elsewhere clears the letters, too. */
	if (was == 0 || ui->now - b->typed >= UI_QUIET_MS) {
		buf_clear(&b->letters);
		b->moved = was = 0;
	}
	b->typed = ui->now;
	utf8_put(&b->letters, key);
	/* A word has lower-case letters. */
	if (a != NULL && state_moves(a) && (state_scrolls(a) || key >= 0x80 ||
	    !islower((int)key))) {
		b->moved += b->letters.len - was;
		/* Between two words it keeps them together. */
		if (key == ' ' && ui->now - b->at < UI_QUIET_MS)
			b->at = ui->now;
		return false;
	}
	near = b->len > 0 && ui->now - b->at < UI_QUIET_MS;
	/* A digit or sign begins none. */
	if (!near && key < 0x80 && !isalpha((int)key)) {
		b->moved += b->letters.len - was;
		return false;
	}
	if (!near) {
		buf_consume(&b->letters, was - b->moved);
		b->len = b->lost = 0;
		b->steps = ui->review.step_at;
	}
	b->at = ui->now;
	b->moved = 0;
	b->len++;
	return near;
}

/* Is this key of a text that is typed by mistake where keys act? Then it does
 * nothing else. */
static bool
burst_takes(struct ui *ui, const struct action *a, uint32_t key)
{
	struct ui_burst *b = &ui->burst;
	enum state state = state_now(ui);
	bool near;

	/* A list to choose from takes letters as text of its own. */
	if (state < IN_PANE || (ui_contexts(ui) & ACTION_CTX_PICK) != 0) {
		b->len = b->lost = 0;
		if (input_is_empty(&ui->input))
			b->drafted = 0;
		if (input_is_empty(&ui->input) && ui->now - b->at >=
		    UI_QUIET_MS)
			buf_clear(&b->letters);
		/* What was pasted without brackets isn't sent. */
		if (b->drafted == 0 || key != KEYS_ENTER || ui->read_len == 0)
			return false;
		(void)input_insert(&ui->input, "\n", 1);
		return true;
	}
	if (key < ' ' || key >= KEYS_UP) {
		if (key == KEYS_ENTER && b->lost > 0) {
			/* Of a reason, or of letters. */
			if (b->len == 0)
				ui_notice(ui, "Enter again? press %s before it",
				    ui_key_of(ui, ACTION_SEND));
			else
				ui_notice(ui, WORDS_NOTICE, ui_key_of(ui,
				    ACTION_TYPE));
			return true;
		}
		if (a == NULL || !state_moves(a))
			b->len = b->lost = 0;
		return false;
	}
	near = burst_add(ui, a, key);
	/* An answer is chosen by the only letter of its burst. */
	if (near && state == IN_PANE && (ui_contexts(ui) & (ACTION_CTX_ASK |
	    ACTION_CTX_NET | ACTION_CTX_PAUSE | ACTION_CTX_SERVICE)) != 0) {
		confirm_clear(ui);
		if (a != NULL && (a->flags & ACTION_DECIDES) != 0) {
			ui_notice(ui, "which? press one letter");
			return true;
		}
	}
	if (state != IN_PANE || !state_has_reader(ui) || (a != NULL && (!near ||
	    !state_opens(ui, a))))
		return false;
	/* Other signs are no words. */
	if (a == NULL && key < 0x80 && !isalpha((int)key))
		return false;
	if (a != NULL && b->lost++ == 0) {
		ui_notice(ui, WORDS_NOTICE, ui_key_of(ui, ACTION_TYPE));
		return true;
	}
	burst_to_line(ui);
	return true;
}

/* False: it isn't of the table. */
static bool
state_does(struct ui *ui, const struct action *a, uint32_t key)
{
	enum state state = state_now(ui);
	void (*does)(struct ui *);

	/* A key that has no meaning there may have one of every pane's. */
	if (a == NULL && (state == TYPES_NOTHING || state >= IN_PANE))
		a = state_find(ui, ACTION_CTX_PANE, key);
	does = a == NULL ? NULL : state_table[state][state_column(ui, a->id,
	    key)];
	if (does != NULL)
		does(ui);
	return does != NULL;
}

void
state_action(struct ui *ui, const struct action *a)
{
	if (!state_does(ui, a, 0) && !decide_key(ui, a))
		state_key_pane(ui, a);
}

/* A key while a question with a capital is open: another one ends it. */
static void
state_key_confirm(struct ui *ui, const struct action *a, uint32_t key)
{
	if (a != NULL && a->id == ACTION_CONFIRM)
		decide_confirmed(ui, true);
	else if (a != NULL && a->id == ACTION_DO)
		decide_confirmed(ui, false);
	else if (key == (unsigned char)(ui_key_of(ui, ACTION_CONFIRM)[0] |
	    0x20))
		ui->confirm.pressed = true;
	else
		confirm_cancel(ui);
}

static void
state_key_help(struct ui *ui, const struct action *a, uint32_t key)
{
	/* Over the message line, other letters are text. */
	bool text = a == NULL && ui->typing && key > ' ' && key < KEYS_UP;

	if (a == NULL && ui->help == HELP_BTW)
		state_key_none_key(ui, key);
	else if (a == NULL || (!pane_scroll(&ui->help_pane, a->id) &&
	    !part_panes.key(ui, a->id)))
		state_help_leave(ui);
	if (text && ui->help == HELP_NOT)
		(void)submit_key(ui, NULL, key);
}

bool
state_takes(const struct ui *ui, const struct action *a)
{
	if (ui->waits.until == UNTIL_NOTHING ||
	    (ui_contexts(ui) & ACTION_CTX_PANE) == 0)
		return true;
	if (ui->waits.until == UNTIL_TAB && a->id == ACTION_INTERRUPT)
		return true;
	return (a->flags & ACTION_UNLISTED) != 0 && a->id != ACTION_SUSPEND;
}

static const char *
until_key(const struct ui *ui)
{
	return ui->waits.until == UNTIL_TAB ? ui_key_of(ui, ACTION_PANE_NEXT) :
	    GUEST_KEY_NAME;
}

/* A page came by itself, at a moment that a command or the model has chosen. So
 * all but moving waits for one key, alone, once the page was in sight for a time
 * and no other key came in it. False: this key does nothing. */
static bool
until_takes(struct ui *ui, const struct action *a, const struct key_event *ev,
    int64_t quiet)
{
	bool is = ui->waits.until == UNTIL_TAB ? a != NULL && a->id ==
	    ACTION_PANE_NEXT : ev->key == (KEYS_CTRL | (GUEST_KEY + '@'));

	if (!is && ev->key != 0 && a != NULL && state_takes(ui, a))
		return true;
	if (!is)
		ui_notice(ui, "just came: %s first", until_key(ui));
	else if (ev->together || quiet < REVIEW_MS || !ui->fold->live ||
	    !verdict_marks(ui))
		ui_notice(ui, "just came: %s again in a moment",
		    until_key(ui));
	else
		ui->waits.until = UNTIL_NOTHING;
	return false;
}

/* A letter, or C-d, that was typed for what has just been decided. */
static bool
written_takes(struct ui *ui, const struct action *a, uint32_t key)
{
	if (ui->now >= ui->written.until || state_now(ui) != TYPES_NOTHING)
		return false;
	if (a != NULL && state_column(ui, a->id, key) != KEY_C_D)
		return false;
	if (a == NULL && (key >= KEYS_UP || (key < 0x80 &&
	    !isalpha((int)key))))
		return false;
	if (!ui_has_notice(ui, NOTICE_OFFERS))
		ui_notice(ui, "just decided: type again");
	return true;
}

static void
state_key_do(struct ui *ui, const struct key_event *ev)
{
	unsigned contexts = ui_contexts(ui);
	const struct action *a = state_find(ui, contexts, ev->key);
	bool everywhere, acts, ignored;
	int64_t quiet = ui->now - ui->last_key;

	if (written_takes(ui, a, ev->key))
		return;
	/* "Esc u undoes" stays for the u. */
	if (!ui_has_notice(ui, NOTICE_OFFERS) || ev->key != KEYS_ESC)
		FREE_NULL(ui->notice);
	ui->search.runs = false;
	if (ui->waits.undo != UNDO_OF_LIST)
		ui->waits.undo = UNDO_NONE;
	ui->last_key = ui->now;
	if (a == NULL || !state_moves(a)) {
		ui->waits.last = LAST_KEY;
		/* What has come isn't brought to who does something else. */
		if (ui->waits.id != NULL && (ui->typing || ui->at !=
		    ui->waits.pane))
			ui->waits.away = true;
	}
	held_key(ui, a, ev);
	if (ui->waits.until != UNTIL_NOTHING &&
	    (contexts & ACTION_CTX_PANE) != 0 &&
	    !until_takes(ui, a, ev, quiet)) {
		ui->before = ACTION_NONE;
		review_wait(&ui->review, ui->now + REVIEW_MS);
		return;
	}
	if (ev->key == 0) {
		ui->before = ACTION_NONE;
		submit_paste(ui, ev);
		return;
	}
	everywhere = a != NULL && a->id >= ACTION_INTERRUPT && a->id <=
	    ACTION_REDRAW;
	acts = contexts != ACTION_CTX_INPUT && !everywhere;
	ignored = burst_takes(ui, a, ev->key) || (acts && (a != NULL &&
	    a->id == ACTION_DO ? held_takes(ui, ev) : (state_is_early(ui, a,
	    contexts, ev->together) || (ev->key == KEYS_ENTER &&
	    ui->now < ui->enter_at))));
	/* What is asked, or stands in the row, is asked anew. */
	if ((acts || everywhere) && ev->key != KEYS_ENTER && (a == NULL ||
	    !state_moves(a)))
		review_wait(&ui->review, ui->now + REVIEW_OWN_MS);
	if (ignored)
		return;
	if (acts) {
		ui->confirm.pressed = false;
		/* The box of a search stays while keys only move. */
		if (a == NULL || (a->flags & ACTION_UNLISTED) == 0)
			FREE_NULL(ui->search.text);
	}
	if (contexts == ACTION_CTX_INPUT && composer_key(ui, a, ev->key))
		;
	else if (state_does(ui, a, ev->key))
		;
	else if (everywhere)
		state_key_pane(ui, a);
	else if (contexts == ACTION_CTX_CONFIRM)
		state_key_confirm(ui, a, ev->key);
	else if (contexts == ACTION_CTX_QUIT)
		state_quit(ui, a);
	else if ((contexts & ACTION_CTX_HELP) != 0)
		state_key_help(ui, a, ev->key);
	else if ((contexts & ACTION_CTX_PICK) != 0)
		pick_command_key(ui, a, ev->key);
	else if (contexts == ACTION_CTX_INPUT) {
		if (!submit_key(ui, a, ev->key))
			state_key_typing(ui, ev->key);
	} else if (a == NULL) {
		confirm_step_aside(ui);
		state_key_none_key(ui, ev->key);
	} else if (!decide_key(ui, a))
		state_key_pane(ui, a);
	ui->before = a == NULL || ui->want.loop == UI_WANT_SUSPEND ?
	    ACTION_NONE : a->id;
}

/* Esc, u, typed so fast that the terminal makes Alt-u of it. */
static void
state_key_esc(struct ui *ui, const struct key_event *ev)
{
	const struct key_event esc = { .key = KEYS_ESC };
	struct key_event key = { .key = ev->key & ~KEYS_ALT };
	const struct action *a = bindings_find(ui->bindings, ACTION_CTX_PANE,
	    key.key);

	if ((ev->key & KEYS_ALT) != 0 && ui_has_notice(ui, NOTICE_OFFERS) &&
	    state_now(ui) == TYPES_NOTHING && a != NULL &&
	    (a->id == ACTION_UNDO || a->id == ACTION_REDO)) {
		state_key_do(ui, &esc);
		state_key_do(ui, &key);
	} else
		state_key_do(ui, ev);
}

/* Does the key only edit the text in the message line? */
static bool
state_key_edits(const struct ui *ui, const struct key_event *ev)
{
	const struct action *a = state_find(ui, ACTION_CTX_INPUT, ev->key);

	return ui_contexts(ui) == ACTION_CTX_INPUT && ev->key != 0 &&
	    (a == NULL ? ev->key >= ' ' && ev->key < KEYS_UP :
	    a->id >= ACTION_INPUT_LEFT && a->id <= ACTION_INPUT_UNDO);
}

void
state_key_now(struct ui *ui, const struct key_event *ev)
{
	enum offer_typed typed = offers_typed(ui);
	bool edits = state_key_edits(ui, ev), other = ui->notice != NULL ||
	    complete_rows(ui) > 0 || ui_is_working(ui);

	/* No key: it decides and ends nothing. */
	if (ev->key >= KEYS_CLICK && ev->key <= KEYS_WHEEL_DOWN) {
		mouse_event(ui, ev);
		ui_draws(ui, FRAME_ALL);
		return;
	}
	state_key_esc(ui, ev);
	edits = edits && ui->purpose != UI_SEARCH;
	/* Enter sends what is kept only while the notice says so. */
	ui->say.kept = 0;
	confirm_make(ui);
	/* Then the keys do what they did. */
	ui_draws(ui, !edits || ui_contexts(ui) != ACTION_CTX_INPUT ||
	    offers_typed(ui) != typed ? FRAME_ALL : other ||
	    ui->notice != NULL || complete_rows(ui) > 0 ? FRAME_SAME :
	    FRAME_LINE);
}

void
state_key(struct ui *ui, const struct key_event *ev)
{
	if (!staging_takes(ui, ev))
		state_key_now(ui, ev);
}
