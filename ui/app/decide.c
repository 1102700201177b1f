/*
 * The rules against accidental decisions (review/review.c makes the commands):
 *
 *  1. Keys mark hunks and choose answers; Enter writes, approves or permits, once
 *     a row has said what it does (ui/panes/confirm.c). Where something is
 *     unread, fails or overwrites newer lines, Y chooses that before.
 *  2. That counts once the row has stood unchanged for a time; an Enter that
 *     comes before is held until then, and dropped if the row changes or another
 *     key comes. A mark, on text that came by itself, counts once that stood.
 *  3. A key that accepts a hunk which hasn't been seen in full marks nothing, and
 *     says so; Y marks it, with seen:false. Keys for the rest and for all leave
 *     that to the row.
 *  4. Accepting several hunks leaves out a hunk that overwrites the user's newer
 *     text.
 *  5. n and N go to the matches of a search while its box shows; a key that
 *     doesn't only move ends it.
 */

#include "config.h"

#include "ui/app/decide.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "front/bindings.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "ui/app/state.h"
#include "ui/diff/diff.h"
#include "ui/panes/composer.h"
#include "ui/panes/confirm.h"
#include "review/review.h"
#include "ui/panes/panes.h"
#include "ui/panes/ui-base.h"

/* ---- when a key counts ---- */

/* What keys would do now, and the page that shows it. */
struct review_act
verdict_act(const struct ui *ui)
{
	const struct pane *pane = &ui->panes[ui->at];
	struct review_act a = { .pane = (int)ui->at };

	_Static_assert(sizeof(a.row) == sizeof(pane->at.of), "an id fits");
	a.prompt = prompt_now(ui, &a.of);
	if (a.prompt <= PROMPT_PANE)
		return a;
	a.top = pane->top;
	a.height = pane->height;
	a.contexts = ui_contexts(ui);
	if (confirm_stands(ui)) {
		a.does = (int)ui->confirm.action;
		a.capital = ui->confirm.capital;
	}
	if (a.prompt == PROMPT_CHANGES)
		memcpy(a.row, pane->at.of, sizeof(a.row));
	if (ui->at != PANE_DIFF || ui->fold->proposal == NULL)
		return a;
	/* Behind a question, too: its end is no news of what stands there. */
	diff_under_cursor(ui, a.row);
	a.marked = ui->review.marked;
	a.picks = ui->lines.picks;
	return a;
}

void
verdict_drawn(struct ui *ui, bool whole)
{
	review_drawn(&ui->review, whole ? verdict_act(ui) :
	    (struct review_act){ 0 });
}

bool
verdict_counts(const struct ui *ui)
{
	struct review_act now = verdict_act(ui);

	return ui->review.counts_at == 0 && review_still_shows(&ui->review,
	    &now);
}

bool
verdict_marks(const struct ui *ui)
{
	struct review_act now = verdict_act(ui);

	return now.prompt != PROMPT_NOTHING && (now.prompt != PROMPT_LIMIT ||
	    limit_is_shown(ui)) && review_marks_count(&ui->review, &now);
}

void
verdict_settle(struct ui *ui, int64_t now)
{
	enum review_saw saw = review_settle(&ui->review, now);

	/* Keys mean what the frame says. */
	if (saw == REVIEW_SAW_TOLD) {
		confirm_make(ui);
		offers_make(ui);
	}
	/* The frame said "unread" of a text that it has now shown. The one that
	 * says that keys count says that, too. */
	if (saw >= REVIEW_SAW_MORE)
		ui->want.least = FRAME_ALL;
	if (saw == REVIEW_SAW_ALL && ui->review.came_until == 0)
		ui_draws(ui, FRAME_ALL);
}

/* ---- keys while your own tree's index is written ---- */

static void
staging_begin(struct ui *ui)
{
	if (!fold_stages(ui->fold))
		return;
	ui->staging.on = true;
	xstrset(&ui->staging.hunk, ui->panes[PANE_DIFF].hunk);
}

bool
staging_takes(struct ui *ui, const struct key_event *ev)
{
	struct ui_staging *s = &ui->staging;
	const struct action *a = bindings_find(ui->bindings, ACTION_CTX_PANE,
	    ev->key);

	if ((!s->on && s->len == 0) || (ev->key >= KEYS_CLICK &&
	    ev->key <= KEYS_WHEEL_DOWN))
		return false;
	if (ev->key == 0 || (ui_contexts(ui) & ACTION_CTX_PANE) == 0 ||
	    s->len == STAGING_KEYS || (a != NULL &&
	    a->id == ACTION_INTERRUPT)) {
		s->on = false;
		s->len = 0;
		return false;
	}
	s->keys[s->len++] = ev->key;
	return true;
}

void
staging_line(struct ui *ui, const struct event *e)
{
	struct ui_staging *s = &ui->staging;

	if (!s->on)
		return;
	/* No kept key takes away the row that says why it failed. */
	if (e->type == EVENT_APPLIED)
		MEM_EACH(&e->applied, ops, op)
			if (!op->ok)
				FREE_NULL(s->hunk);
	if (e->type != EVENT_PROPOSAL && e->type != EVENT_REFUSED &&
	    e->type != EVENT_AGENT_END)
		return;
	s->on = false;
	if (e->type == EVENT_PROPOSAL && s->hunk != NULL &&
	    fold_find_hunk(ui->fold, s->hunk, NULL) != NULL)
		return;
	/* They were typed for a hunk that isn't there any more. */
	s->len = 0;
	ui->review.came = true;
}

int64_t
staging_due(const struct ui *ui)
{
	if (ui->staging.on || ui->staging.len == 0 || !verdict_marks(ui))
		return -1;
	return ui->now;
}

bool
staging_replay(struct ui *ui)
{
	struct ui_staging *s = &ui->staging;
	struct key_event ev = { 0 };
	bool any = false;

	while (staging_due(ui) >= 0) {
		any = true;
		ev.key = s->keys[0];
		s->len--;
		memmove(s->keys, s->keys + 1, s->len * sizeof(s->keys[0]));
		state_key_now(ui, &ev);
	}
	return any;
}

/* ---- what a key is about ---- */

/* What the key marks where the cursor is; false: it marks no hunk. */
static bool
decide_target(const struct ui *ui, enum action_id id, struct review_target *t)
{
	bool row, rest = id == ACTION_REST_ACCEPT || id == ACTION_REST_REJECT;

	*t = (struct review_target){ .scope = REVIEW_ALL,
		.mark = id == ACTION_REJECT || id == ACTION_REJECT_WORD ||
		id == ACTION_REST_REJECT || id == ACTION_ALL_REJECT ? MARK_NO :
		MARK_YES };
	/* About all that is open, wherever the cursor is. */
	if (id == ACTION_ALL_ACCEPT || id == ACTION_ALL_REJECT)
		return true;
	if (!(row = diff_row(ui, t) != NULL)) {
		t->hunk = diff_hunk(ui, &t->file);
		t->scope = rest ? REVIEW_REST : REVIEW_HUNK;
	}
	if (t->file == NULL)
		return false;
	switch (id) {
	case ACTION_ACCEPT:
	case ACTION_ACCEPT_UNREAD:
	case ACTION_REJECT:
	case ACTION_REST_ACCEPT:
	case ACTION_REST_REJECT:
		return true;
	case ACTION_REJECT_WORD:
		return !row;
	default:
		return false;
	}
}

bool
decide_is_unread(const struct ui *ui)
{
	AUTO(review_choice_release) struct review_choice c = { 0 };
	struct review_target t;
	int lines;

	if (ui->fold->proposal == NULL || !decide_target(ui, ACTION_ACCEPT,
	    &t) || (t.hunk != NULL && t.hunk->decided))
		return false;
	c = review_choose(&ui->review, &t);
	return review_unseen(&ui->review, &c, &lines) > 0;
}

/* The key applies to no hunk. */
static void
decide_none(struct ui *ui)
{
	const struct fold_file *f;
	const struct fold_hunk *h = diff_hunk(ui, &f);

	if (h != NULL && h->edit != NULL && !h->decided)
		ui_notice(ui, "%s as you edited it · %s: next open hunk · "
		    "%s: undo", fold_word(ui->fold, "accepted"),
		    ui_key_of(ui, ACTION_PAGE_DOWN),
		    ui_key_of(ui, ACTION_UNDO));
	else
		confirm_say_all(ui);
}

/* Append what a key leaves as it is, of the hunks that it names: " · 1 stays as
 * you edited it". */
static void
decide_stays(const struct fold *f, const struct review_choice *c, struct buf *b)
{
	if (c->edited > 0)
		buf_addf(b, " · %zu stay%s as you edited %s", c->edited,
		    c->edited == 1 ? "s" : "", c->edited == 1 ? "it" : "them");
	if (c->rejected > 0)
		buf_addf(b, " · %zu stay%s %s", c->rejected,
		    c->rejected == 1 ? "s" : "", fold_word(f, "rejected"));
	if (c->open > 0)
		buf_addf(b, " · %zu stay%s open", c->open,
		    c->open == 1 ? "s" : "");
}

/* Accepting marks nothing that isn't read. */
static void
decide_say_unread(struct ui *ui, const struct review_target *t,
    const struct review_choice *c, size_t unread, int lines)
{
	size_t below = diff_rows_below(ui);
	const char *key = ui_key_of(ui, ACTION_ACCEPT_UNREAD);
	const char *accepts = fold_word(ui->fold, "accepts");
	const char *word = fold_word(ui->fold, "unread");

	/* One of them is below the row that says so. */
	if (t->scope == REVIEW_HUNK && below > 0)
		ui_notice(ui, "%zu lines below · %s · %s %s it %s", below + 1,
		    ui_key_of(ui, ACTION_PAGE_DOWN), key, accepts, word);
	else if (t->scope == REVIEW_HUNK)
		ui_notice(ui, "%d line%s above · %s · %s %s it %s", lines,
		    lines == 1 ? "" : "s", ui_key_of(ui, ACTION_PAGE_UP), key,
		    accepts, word);
	else if (c->len == 1)
		ui_notice(ui, "%d line%s unread · %s %s it %s", lines,
		    lines == 1 ? "" : "s", key, accepts, word);
	else
		ui_notice(ui, "%zu of %zu unread · %s %s them %s", unread,
		    c->len, key, accepts, word);
}

/* Mark these hunks. `answered`: also those that aren't read. */
static void
decide_mark(struct ui *ui, const struct review_target *t, bool answered)
{
	AUTO(review_choice_release) struct review_choice c =
	    review_choose(&ui->review, t);
	AUTO_BUF struct buf rest = BUF_INIT(0), name = BUF_INIT(0);
	bool yes = t->mark == MARK_YES, named = t->scope == REVIEW_FILE;

	if (c.len == 0 && yes && c.newer > 0)
		ui_notice(ui,
		    "the remaining hunks overwrite newer lines: "
		    "review each, %s %s it", ui_key_of(ui, ACTION_ACCEPT),
		    fold_word(ui->fold, "accepts"));
	else if (c.len == 0)
		decide_none(ui);
	if (c.len == 0)
		return;
	if (yes && t->scope != REVIEW_ALL)
		decide_stays(ui->fold, &c, &rest);
	/* The cursor goes on to another row. */
	if (named) {
		buf_addc(&name, ' ');
		sanitize_name(&name, t->file->path_bytes);
	}
	if (!ui_send(ui, review_marks(&ui->review, c.hunks, c.len, t->mark,
	    NULL, t->scope == REVIEW_HUNK, answered)))
		return;
	diff_advance(ui);
	if (c.effect.open > 0 && (!yes || (named && rest.len == 0)))
		ui_notice(ui, "%s%s · %s undoes %s", fold_word(ui->fold, yes ?
		    "accepted" : "rejected"), buf_str(&name),
		    ui_key_of(ui, ACTION_UNDO),
		    c.len == 1 || named ? "it" : "them");
	else if (rest.len > 0)
		ui_notice(ui, "%zu hunk%s %s%s", c.len, c.len == 1 ? "" : "s",
		    fold_word(ui->fold, "accepted"), buf_str(&rest));
}

/* Accept what is under the cursor, if it is read. */
static void
decide_accept(struct ui *ui, const struct review_target *t, bool answered)
{
	AUTO(review_choice_release) struct review_choice c =
	    review_choose(&ui->review, t);
	int lines;
	size_t unread = review_unseen(&ui->review, &c, &lines);

	if (unread > 0 && !answered)
		decide_say_unread(ui, t, &c, unread, lines);
	else
		decide_mark(ui, t, answered);
}

/* Before the answer, which says what was saved. */
static bool
decide_save_host(struct ui *ui)
{
	const char *host = ui->fold->ask.command;
	struct err e = ERR_INIT;

	if (ui->save_host(ui->save_arg, host, &e) == 0)
		ui_notice(ui, "%s is in your settings now: net_allow", host);
	else
		ui_notice(ui, "allowed for this session only: %s", e.text);
	return !err_is_set(&e);
}

/* The waiting command may run, or connect to the host. */
static void
decide_allow(struct ui *ui, enum action_id id)
{
	const char *given = ui->fold->ask.given;
	AUTO_FREE char *question = review_question(&ui->review);

	if (given != NULL) {
		typing_begin_with(ui, UI_ANSWER, question, given);
		return;
	}
	if (id == ACTION_NET_ALWAYS && !decide_save_host(ui))
		id = ACTION_NET_SESSION;
	ui_send(ui, offer_command(&ui->review, id, NULL));
}

/* Show more of what isn't read. */
static void
decide_look(struct ui *ui)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	struct review_write w;

	if (ui->confirm.pane != PROMPT_DIFF) {
		(void)pane_key(ui, &ui->panes[ui->at], ACTION_PAGE_DOWN);
		return;
	}
	w = review_write(&ui->review, "", "", &b);
	if (w.first != NULL)
		diff_goto_unseen(ui, w.first->id);
}

/* No Enter that was meant for this does something else. */
static void
decide_wait(struct ui *ui)
{
	ui->enter_at = ui->now + REVIEW_MS;
	review_wait(&ui->review, ui->enter_at);
}

void
decide_confirmed(struct ui *ui, bool capital)
{
	struct ui_confirm was = ui->confirm;

	if (capital && was.capital) {
		confirm_choose_capital(ui);
		return;
	}
	if (was.capital || capital) {
		if (was.unread && !capital)
			decide_look(ui);
		else
			ui->confirm.pressed = true;
		return;
	}
	ui->confirm.question = ui->confirm.subject = NULL;
	confirm_clear(ui);
	switch (was.action) {
	case ACTION_SEND:
		ui->confirm.left = ui->review.marked + 1;
		/* FALLTHROUGH */
	case ACTION_DISCARD:
	case ACTION_PLAN_APPROVE:
	case ACTION_PLAN_FRESH:
	case ACTION_FORBID:
	case ACTION_NET_REJECT:
	case ACTION_EXTEND:
	case ACTION_EXTEND_BY:
	case ACTION_WRAP:
	case ACTION_WAIT:
	case ACTION_STOP:
		ui_send(ui, offer_command(&ui->review, was.action,
		    was.subject));
		break;
	case ACTION_ALLOW:
	case ACTION_NET_ONCE:
	case ACTION_NET_SESSION:
	case ACTION_NET_ALWAYS:
		decide_allow(ui, was.action);
		break;
	case ACTION_INPUT_SEND:
		composer_allow(ui, was.subject);
		break;
	case ACTION_BACKGROUND_PORT:
		background_port_send(ui, was.subject, false);
		break;
	case ACTION_CHANGES_COMMIT:
		ui->want_edit = UI_RUN_COMMIT;
		break;
	default:
		break;
	}
	FREE_ALL(was.question, was.subject);
	state_decided(ui);
	decide_wait(ui);
	staging_begin(ui);
}

/* ---- keys ---- */

static void
decide_mark_key(struct ui *ui, enum action_id id, const struct review_target *t)
{
	if (id == ACTION_ACCEPT || id == ACTION_ACCEPT_UNREAD)
		decide_accept(ui, t, id == ACTION_ACCEPT_UNREAD);
	else
		decide_mark(ui, t, false);
}

#define DECIDE_ALIKE ":alike"	/* after a hunk's id: all that make its change */

/* Keys on the row of a file or folder. Its hunks needn't be on the screen. */
static void
decide_row_key(struct ui *ui, enum action_id id, const struct review_target *t)
{
	AUTO_FREE char *alike = t->scope != REVIEW_ALIKE ? NULL :
	    xasprintf("%s" DECIDE_ALIKE, t->hunk->id);

	if (id == ACTION_REJECT_WORD && t->scope == REVIEW_FOLDER)
		ui_notice(ui, "a reason is for hunks, not for a folder");
	else if (!diff_row_is_open(ui))
		ui_notice(ui, "no hunk of this %s is open · %s undoes",
		    t->scope == REVIEW_ALIKE ? "row" : t->scope ==
		    REVIEW_FOLDER ? "folder" : "file", ui_key_of(ui, ACTION_UNDO));
	else if (id != ACTION_REJECT_WORD)
		decide_mark_key(ui, id, t);
	else
		typing_begin(ui, UI_REJECT, alike != NULL ? alike :
		    diff_goto_open(ui, t->file)->id);
}

static void
decide_discard(struct ui *ui, const struct review_target *t)
{
	if (!fold_stages(ui->fold)) {
		ui_notice(ui, FOLD_NO_DISCARD);
		return;
	}
	confirm_ask(ui, ACTION_DISCARD, xasprintf("Discard this hunk? It goes "
	    "out of your file %s (%s brings it back).", t->file->path,
	    ui_key_of(ui, ACTION_UNDO)));
	ui->confirm.subject = xstrdup(t->hunk->id);
	/* It has a row of its own: Enter does it. */
	ui->confirm.capital = false;
}

/* Keys on a hunk that isn't decided; `marks`: by its target. */
static void
decide_hunk_key(struct ui *ui, enum action_id id, const struct review_target *t,
    bool marks)
{
	if (id == ACTION_DISCARD)
		decide_discard(ui, t);
	else if (id == ACTION_HUNK_EDIT && ui->fold->reads)
		ui_notice(ui, FOLD_NO_EDIT);
	else if (id == ACTION_REJECT_WORD)
		typing_begin(ui, UI_REJECT, t->hunk->id);
	else if (marks)
		decide_mark_key(ui, id, t);
	else
		hunk_edit_key(ui, id, t->hunk);
}

static void
decide_send(struct ui *ui)
{
	if (ui->fold->reads)
		ui_notice(ui, "nothing is staged in this review");
	else {
		confirm_choose(ui, ACTION_SEND);
		if (ui->confirm.action == ACTION_NONE)
			ui_none(ui, ACTION_SEND);
	}
}

static void
decide_diff_key(struct ui *ui, enum action_id id)
{
	struct review_target t;
	bool marks = decide_target(ui, id, &t);
	bool row = t.file != NULL && t.scope >= REVIEW_FILE;

	switch (id) {
	case ACTION_SEND:
		decide_send(ui);
		break;
	case ACTION_ALL_ACCEPT:
	case ACTION_ALL_REJECT:
		decide_mark(ui, &t, false);
		break;
	case ACTION_CHECK:
		ui->send(ui->send_arg, command_of("evidence"));
		break;
	case ACTION_LINE_PICK:
	case ACTION_LINES_ACCEPT:
	case ACTION_LINES_LEAVE:
		hunk_edit_key(ui, id, row ? NULL : t.hunk);
		break;
	default:
		if (id == ACTION_ACCEPT_UNREAD && ui->lines.hunk != NULL)
			hunk_edit_key(ui, id, row ? NULL : t.hunk);
		else if (row && (marks || id == ACTION_REJECT_WORD))
			decide_row_key(ui, id, &t);
		else if (row || t.hunk == NULL || t.hunk->decided)
			ui_none(ui, id);
		else
			decide_hunk_key(ui, id, &t, marks);
		break;
	}
}

/* The user typed a reason for rejecting. */
static void
decide_word(struct ui *ui, const char *word)
{
	const char *id = ev_str(ui->purpose_id, "");
	AUTO_FREE char *hunk = xmemdup(id, strcspn(id, ":"));
	struct review_target t = { .mark = MARK_NO, .scope = strchr(id, ':') !=
	    NULL ? REVIEW_ALIKE : REVIEW_HUNK };
	AUTO(review_choice_release) struct review_choice c = { 0 };

	t.file = fold_find_hunk(ui->fold, hunk, &t.hunk);
	if (t.file == NULL || t.hunk->decided) {
		draft_astray(ui, word, "that hunk changed or is gone");
		return;
	}
	c = review_choose(&ui->review, &t);
	ui_send(ui, review_marks(&ui->review, c.hunks, c.len, MARK_NO, word,
	    false, false));
	diff_next_undecided(ui);
	if (word[0] != '\0' && review_effect(&ui->review).open > 0)
		ui_notice(ui, "%s, with your reason · %s undoes %s",
		    fold_word(ui->fold, "rejected"), ui_key_of(ui,
		    ACTION_UNDO), c.len > 1 ? "them" : "it");
}

static void
decide_typed(struct ui *ui, enum ui_purpose purpose, const char *text)
{
	if (purpose == UI_REJECT)
		decide_word(ui, text);
	else if (purpose != UI_RETURN)
		return;
	else if (draft_has_object(ui, UI_RETURN, ui->purpose_id))
		ui_send(ui, offer_command(&ui->review, ACTION_PLAN_RETURN,
		    text));
	else
		draft_astray(ui, text, "the plan changed or was answered");
}

/* Does the key answer the prompt of the pane in front, or work on it? */
static bool
decide_is_answer(const struct action *a)
{
	return (a->contexts & (ACTION_CTX_ROW | ACTION_CTX_ASK | ACTION_CTX_NET |
	    ACTION_CTX_PLAN | ACTION_CTX_DIFF | ACTION_CTX_FILES |
	    ACTION_CTX_LINES)) != 0 &&
	    (a->flags & ACTION_OF_PANE) == 0 &&	/* handled by the pane, */
	    a->id != ACTION_HUNK_NEXT && a->id != ACTION_HUNK_PREV &&
	    a->id != ACTION_UNDO && a->id != ACTION_REDO;	/* of more */
}

bool
decide_key(struct ui *ui, const struct action *a)
{
	AUTO_FREE char *version = NULL;

	if (!decide_is_answer(a))
		return false;
	switch (a->id) {
	case ACTION_CONFIRM:
	case ACTION_DO:
		decide_confirmed(ui, a->id == ACTION_CONFIRM);
		break;
	case ACTION_ROW_LEAVE:
		confirm_leave(ui);
		break;
	case ACTION_NET_ALWAYS:
		if (ui->save_host == NULL)
			break;
		/* FALLTHROUGH */
	case ACTION_ALLOW:
	case ACTION_FORBID:
	case ACTION_NET_ONCE:
	case ACTION_NET_SESSION:
	case ACTION_NET_REJECT:
	case ACTION_PLAN_APPROVE:
		confirm_choose(ui, a->id);
		break;
	case ACTION_PLAN_FRESH:
		confirm_choose(ui, ui->fold->agent != NULL ?
		    ACTION_PLAN_APPROVE : a->id);
		break;
	case ACTION_PLAN_EDIT:
		ui->want_edit = UI_EDIT_PLAN;
		break;
	case ACTION_PLAN_RETURN:
		version = xasprintf("%d", ui->fold->plan.version);
		typing_begin(ui, UI_RETURN, version);
		break;
	default:
		decide_diff_key(ui, a->id);
		break;
	}
	return true;
}

/* ---- the keys that undo and redo: the marks of the open proposal, and else a
 * write. The core makes a proposal of the reverse, with a row about all of it
 * ---- */

static void
take_back_say(struct ui *ui, bool back, const struct review_stepped *step)
{
	const char *what = back ? "undone" : "redone";

	if (step->n == 0)
		ui_notice(ui, "not %s: it overwrites newer lines", what);
	else
		ui_notice(ui, "%s · %s %s", what, ui_key_of(ui, back ?
		    ACTION_REDO : ACTION_UNDO), back ? "redoes it" :
		    "undoes it");
}

/* Are the keys about the marks of the proposal in front? */
static bool
take_back_has_marks(const struct ui *ui)
{
	return ui->at == PANE_DIFF && !ui->typing && ui->fold->proposal !=
	    NULL && ui->fold->proposal->files_len > 0;
}

/* The command for the last write, or the last one that was undone. */
static cJSON *
take_back_last(struct ui *ui, bool redo)
{
	const struct fold_change *c = fold_change_last(ui->fold, redo);

	if (c != NULL)
		return command_undo(c->tx, NULL, NULL);
	ui_none(ui, redo ? ACTION_REDO : ACTION_UNDO);
	return NULL;
}

static void
take_back_write(struct ui *ui, bool redo)
{
	cJSON *o = ui->at == PANE_CHANGES ? changes_undo(ui, redo) :
	    take_back_last(ui, redo);

	if (o == NULL)
		return;
	ui->send(ui->send_arg, o);
	ui->waits.undo = ui->at == PANE_CHANGES ? UNDO_ASKED_IN_LIST :
	    UNDO_ASKED;
}

/* Take back the last marks or set them again, and go to the first of them; with
 * none, clear the mark of this hunk. False: there is none. */
static bool
take_back_mark(struct ui *ui, enum action_id id)
{
	bool back = id == ACTION_UNDO;
	const struct fold_file *file;
	const struct fold_hunk *h = diff_hunk(ui, &file);
	struct review_stepped step;

	ui_send(ui, review_step(&ui->review, back, &step));
	if (step.hunk != NULL) {
		diff_goto_hunk(ui, step.hunk, diff_is_on_list(ui));
		take_back_say(ui, back, &step);
	} else if (back && h != NULL && !h->decided &&
	    review_mark_of(&ui->review, h).mark != MARK_NONE)
		/* Somebody else's, or from before this screen. */
		ui_send(ui, review_marks(&ui->review, &h, 1, MARK_NONE, NULL,
		    false, false));
	else if (review_is_undo(&ui->review))
		confirm_choose(ui, ACTION_SEND);
	else
		return false;
	return true;
}

static bool
take_back_key(struct ui *ui, enum action_id id)
{
	bool redo = id == ACTION_REDO;

	if ((id != ACTION_UNDO && !redo) || (ui->at == PANE_DIFF &&
	    ui->lines.hunk != NULL))
		return false;
	if (!take_back_has_marks(ui) || !take_back_mark(ui, id))
		take_back_write(ui, redo);
	return true;
}

const struct ui_part part_decide = { .key = take_back_key,
	.text = decide_typed };

bool
take_back_offers(const struct ui *ui, enum action_id id)
{
	const struct fold_proposal *p = ui->fold->proposal;
	bool redo = id == ACTION_REDO;

	if (ui->at == PANE_DIFF && ui->lines.hunk != NULL)
		return false;
	if (take_back_has_marks(ui) && (review_can_step(&ui->review, !redo) ||
	    (review_is_undo(&ui->review) &&
	    review_facts(&ui->review).redoes == redo)))
		return true;
	return (p == NULL || p->undo == 0) && fold_can_undo(ui->fold) &&
	    fold_change_last(ui->fold, redo) != NULL;
}

void
take_back_line(struct ui *ui, enum event_type type)
{
	const struct fold_proposal *p = ui->fold->proposal;

	if ((ui->waits.undo != UNDO_ASKED && ui->waits.undo !=
	    UNDO_ASKED_IN_LIST) || type != EVENT_PROPOSAL)
		return;
	ui->waits.undo = ui->waits.undo == UNDO_ASKED_IN_LIST && p != NULL &&
	    p->undo != 0 ? UNDO_OF_LIST : UNDO_NONE;
}
