/*
 * The rules against accidental decisions (review/review.c makes the commands):
 *
 *  1. A deciding key counts only once what it would do has stood unchanged
 *     on the screen for a time.
 *  2. A key that accepts a hunk, or in the tree a file, which hasn't been seen
 *     in full only shows its rest, and the next one accepts it. Where scrolling doesn't help or takes
 *     many pages, and for several hunks, it needs a second key, and is sent
 *     with seen:false.
 *     Rejecting never does.
 *  3. Accepting all hunks always needs a second key.
 *  4. Accepting several hunks leaves out a hunk that overwrites the user's
 *     newer text: that hunk needs an answer and a second key of its own. The
 *     same holds for single lines of it; in the editor, a note says so.
 *  5. A decision never covers lines that the view hides because only spaces
 *     differ: the key shows them instead.
 *  6. While matches of a search are marked in the pane, y, n, a and d decide
 *     nothing: in other programs n goes to the next match. If there is none,
 *     the first of them ends the search.
 *
 * An undo is decided by one question about all of its hunks.
 */

#include "config.h"

#include "ui/app/decide.h"

#include <ctype.h>
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
#include "ui/diff/diff.h"
#include "ui/panes/composer.h"
#include "ui/panes/confirm.h"
#include "review/review.h"
#include "ui/panes/panes.h"
#include "ui/panes/ui-base.h"

#define TAKE_BACK_LATER "a write can be undone after this review"

/* ---- when a key counts ---- */

/* What a verdict would do now, and the page that shows it. */
static struct review_act
verdict_act(const struct ui *ui)
{
	const struct pane *pane = &ui->panes[ui->at];
	struct review_act a = { .pane = (int)ui->at };

	a.prompt = prompt_now(ui, &a.of);
	if (a.prompt <= PROMPT_CONFIRM)
		return a;
	a.top = pane->top;
	a.height = pane->height;
	a.contexts = ui_contexts_pane(ui);
	if (a.prompt == PROMPT_CHANGES)
		changes_under_cursor(ui, a.row);
	if (a.prompt != PROMPT_DIFF && a.prompt != PROMPT_LINES)
		return a;
	/* After the last mark the key writes what is accepted, or runs the hook
	 * that blocked that. */
	diff_under_cursor(ui, a.row);
	a.marked = ui->review.marked;
	a.picks = ui->lines.picks;
	a.blocked = fold_hook_blocks(ui->fold) != NULL;
	return a;
}

void
verdict_drawn(struct ui *ui, bool whole)
{
	review_drawn(&ui->review, whole ? verdict_act(ui) :
	    (struct review_act){ 0 });
}

/* Does what a verdict would do now stand on the screen? */
static bool
verdict_stands(const struct ui *ui)
{
	struct review_act now = verdict_act(ui);

	return review_still_shows(&ui->review, &now);
}

bool
verdict_counts(const struct ui *ui)
{
	return ui->review.counts_at == 0 && verdict_stands(ui);
}

/* ---- what a key is about ---- */

/* What the key marks where the cursor is; false: it marks no hunk. A key for the
 * rest only marks, even the last open hunk: it may mark several, and isn't
 * always among the hints. */
static bool
decide_target(const struct ui *ui, enum action_id id, struct review_target *t)
{
	bool row;

	*t = (struct review_target){ .scope = REVIEW_ALL, .mark = MARK_YES };
	/* About all that is open, wherever the cursor is. */
	if (id == ACTION_ALL_ACCEPT)
		return true;
	t->hold = id == ACTION_REST_ACCEPT || id == ACTION_REST_REJECT;
	if (!(row = diff_row(ui, t) != NULL)) {
		t->hunk = diff_hunk(ui, &t->file);
		t->scope = t->hold ? REVIEW_REST : REVIEW_HUNK;
	}
	if (t->file == NULL)
		return false;
	if (id == ACTION_REJECT || id == ACTION_REJECT_WORD ||
	    id == ACTION_REST_REJECT)
		t->mark = MARK_NO;
	/* Picked lines are marked as an edit is: a key of its own writes them. */
	t->hold = t->hold || id == ACTION_LINES_ACCEPT;
	switch (id) {
	case ACTION_ACCEPT:
	case ACTION_REJECT:
	case ACTION_REST_ACCEPT:
	case ACTION_REST_REJECT:
		return true;
	case ACTION_LINES_ACCEPT:
		return !row && ui->lines.hunk != NULL &&
		    strcmp(ui->lines.hunk, t->hunk->id) == 0;
	case ACTION_REJECT_WORD:
		return !row;
	default:
		return false;
	}
}

struct offer_effect
decide_effect(const struct ui *ui, enum action_id id)
{
	struct review_target t;

	if (ui->fold->proposal == NULL || !decide_target(ui, id, &t))
		return (struct offer_effect){ .then = THEN_NOTHING };
	return offer_effect(&ui->review, &t, id == ACTION_REJECT_WORD);
}

/* The key applies to no hunk. */
static void
decide_none(struct ui *ui)
{
	const struct fold_file *f;
	const struct fold_hunk *h = diff_hunk(ui, &f);

	if (h != NULL && h->edit != NULL && !h->decided)
		ui_notice(ui, "accepted as you edited it · %s: next open hunk · "
		    "%s: undo", ui_key_of(ui, ACTION_PAGE_DOWN),
		    ui_key_of(ui, ACTION_UNDO));
	else
		confirm_say_all(ui);
}

/* Is there something to decide? If not, the user is told why. */
static bool
decide_shown(struct ui *ui, const struct review_choice *c)
{
	if (c->len == 0)
		decide_none(ui);
	return c->len > 0;
}

/* Append what a key leaves as it is, of the hunks that it names: " · 1 stays as
 * you edited it". */
static void
decide_stays(const struct review_choice *c, struct buf *b)
{
	if (c->edited > 0)
		buf_addf(b, " · %zu stay%s as you edited %s", c->edited,
		    c->edited == 1 ? "s" : "", c->edited == 1 ? "it" : "them");
	if (c->rejected > 0)
		buf_addf(b, " · %zu stay%s rejected", c->rejected,
		    c->rejected == 1 ? "s" : "");
	if (c->open > 0)
		buf_addf(b, " · %zu stay%s open", c->open,
		    c->open == 1 ? "s" : "");
}

/* Mark these hunks at once. A rejection can be taken back until the last mark,
 * which completes the decision. */
static void
decide_send_marks(struct ui *ui, const struct review_target *t,
    const struct review_choice *c, bool overwrite)
{
	AUTO_BUF struct buf rest = BUF_INIT(0), name = BUF_INIT(0);
	bool yes = t->mark == MARK_YES, named;
	const char *what = yes ? "accepted" : "rejected";
	size_t n = c->len;

	if (!decide_shown(ui, c))
		return;
	if (yes && t->scope != REVIEW_ALL)
		decide_stays(c, &rest);
	/* The cursor goes on to another row. */
	named = t->scope == REVIEW_FILE;
	if (named) {
		buf_addc(&name, ' ');
		sanitize_name(&name, t->file->path_bytes);
	}
	if (!ui_send(ui, review_marks(&ui->review, c->hunks, n, t->mark,
	    NULL, overwrite, t->hold)))
		return;
	diff_advance(ui);
	if ((t->hold || ui->fold->reads) &&
	    review_effect(&ui->review).open == 0)
		confirm_say_marked(ui, n, what, buf_str(&rest));
	else if (c->effect.open > 0 && (!yes || (named && rest.len == 0)))
		ui_notice(ui, "%s%s · %s undoes %s", what, buf_str(&name),
		    ui_key_of(ui, ACTION_UNDO), n == 1 || named ? "it" :
		    "them");
	else if (rest.len > 0)
		ui_notice(ui, "%zu hunk%s accepted%s", n, n == 1 ? "" : "s",
		    buf_str(&rest));
}

/* Reject all that is open, and send nothing yet: then the key writes nothing,
 * needs no question, and can be taken back. */
static void
decide_drop(struct ui *ui)
{
	const struct review_target t = { .scope = REVIEW_ALL, .mark = MARK_NO,
		.hold = true };
	AUTO(review_choice_release) struct review_choice c =
	    review_choose(&ui->review, &t);

	if (!decide_shown(ui, &c))
		return;
	ui_send(ui, review_marks(&ui->review, c.hunks, c.len, MARK_NO, NULL,
	    false, true));
	confirm_say_marked(ui, c.len, "marked as rejected", "");
}

/* Ask before these hunks are accepted. `fresh`: what isn't seen of them is named
 * once this frame is written. */
static void
decide_ask(struct ui *ui, enum action_id id, const struct review_target *t,
    struct review_choice *c_take, bool fresh)
{
	struct buf b = BUF_INIT(0);
	const struct fold_hunk *unseen;
	AUTO_FREE char *how = NULL;

	confirm_clear(ui);
	/* No key marks and runs at once: the question must not be passed by
	 * keys that were meant for something else. */
	if (id == ACTION_ALL_ACCEPT)
		how = xasprintf(" To run it: Esc, mark the rest (%s), then %s.",
		    ui_key_of(ui, ACTION_REST_ACCEPT),
		    ui_key_of(ui, ACTION_CHECK));
	unseen = review_ask(&ui->review, t, c_take, how, fresh, &b);
	ui->confirm.target = *t;
	ui->confirm.choice = *c_take;
	*c_take = (struct review_choice){ 0 };
	ui->confirm.unseen = unseen;
	ui->confirm.kind = fresh ? CONFIRM_FRESH : CONFIRM_USUAL;
	confirm_ask(ui, id, buf_take(&b));
}

/* Show what wasn't seen of the hunk, or of the file under the tree's cursor,
 * instead of accepting it. */
static bool
decide_shows_rest(struct ui *ui, const struct review_target *t)
{
	if (t->scope == REVIEW_HUNK)
		return diff_show_rest(ui, ACTION_ACCEPT, NULL);
	return t->scope == REVIEW_FILE && ui->diff.on == DIFF_ON_TREE &&
	    diff_show_rest(ui, ACTION_ACCEPT, t->file);
}

static void
decide_yes(struct ui *ui, enum action_id id, const struct review_target *t)
{
	AUTO(review_choice_release) struct review_choice c =
	    review_choose(&ui->review, t);
	AUTO_BUF struct buf what = BUF_INIT(0);
	struct offer_effect effect;
	size_t unseen;
	int lines;

	confirm_clear(ui);
	if (c.len == 0 && c.newer > 0) {
		ui_notice(ui,
		    "the remaining hunks overwrite newer lines: "
		    "review each, %s accepts it",
		    ui_key_of(ui, ACTION_ACCEPT));
		return;
	}
	if (!decide_shown(ui, &c))
		return;
	unseen = review_unseen(&ui->review, &c, &lines);
	if (unseen > 0 && decide_shows_rest(ui, t))
		return;
	if (t->scope == REVIEW_HUNK && t->hunk->overwrites) {
		buf_adds(&what, "this hunk");
		effect = decide_effect(ui, id);
		offer_effect_words(&effect, false, &what);
		ui->confirm.target = *t;
		ui->confirm.choice = c;
		c = (struct review_choice){ 0 };
		confirm_overwrite(ui, id, buf_str(&what), lines);
	} else if (unseen == 0 && t->scope != REVIEW_ALL)
		decide_send_marks(ui, t, &c, false);
	else
		decide_ask(ui, id, t, &c, false);
}

/* Ask about all of the open undo or redo; `fresh`: it isn't displayed yet, so what
 * isn't seen of it is named once that frame is written. */
static void
decide_undo(struct ui *ui, enum action_id id, bool fresh)
{
	const struct review_target t = { .scope = REVIEW_ALL, .mark = MARK_YES };
	AUTO(review_choice_release) struct review_choice c =
	    review_choose(&ui->review, &t);

	if (c.newer > 0) {
		ui_notice(ui, "%s", FOLD_OVERWRITES_ALONE);
		return;
	}
	if (decide_shown(ui, &c))
		decide_ask(ui, id, &t, &c, fresh);
}

/* The frame with the question was written. */
static void
decide_settled(struct ui *ui)
{
	int lines;

	if (ui->confirm.kind != CONFIRM_FRESH || !verdict_stands(ui))
		return;
	ui->confirm.kind = CONFIRM_USUAL;
	if (review_unseen(&ui->review, &ui->confirm.choice, &lines) == 0)
		return;
	decide_undo(ui, ui->confirm.action, false);
	ui->review.came = true;
	ui_draws(ui, FRAME_ALL);
}

void
verdict_settle(struct ui *ui, int64_t now)
{
	enum review_saw saw = review_settle(&ui->review, now);

	/* The frame said "unseen" of a text that it has now shown. The one that
	 * says that keys count says that, too. */
	if (saw != REVIEW_SAW_NOTHING)
		ui->want.least = FRAME_ALL;
	if (saw == REVIEW_SAW_ALL && ui->review.counts_at == 0)
		ui_draws(ui, FRAME_ALL);
	decide_settled(ui);
}

static void
decide_no(struct ui *ui, const struct review_target *t)
{
	AUTO(review_choice_release) struct review_choice c =
	    review_choose(&ui->review, t);

	confirm_clear(ui);
	decide_send_marks(ui, t, &c, false);
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
	static const struct {
		enum action_id	 id;
		const char	*scope;
	} scopes[] = {
		{ ACTION_NET_ONCE, "call" }, { ACTION_NET_SESSION, "session" },
		{ ACTION_NET_ALWAYS, "always" },
	};
	const char *scope = NULL, *given = ui->fold->ask.given;
	AUTO_FREE char *question = review_question(&ui->review);
	size_t i;

	if (given != NULL) {
		typing_begin_with(ui, UI_ANSWER, question, given);
		return;
	}
	for (i = 0; i < MEM_COUNT(scopes); i++)
		if (scopes[i].id == id)
			scope = scopes[i].scope;
	if (id == ACTION_NET_ALWAYS && !decide_save_host(ui))
		scope = "session";
	ui_send(ui, review_answer(&ui->review, true, scope));
}

void
decide_confirmed(struct ui *ui)
{
	enum action_id id = ui->confirm.action;
	bool overwrite = ui->confirm.kind == CONFIRM_OVERWRITES;
	AUTO(review_choice_release) struct review_choice c = { 0 };
	struct review_target t;

	switch (id) {
	case ACTION_ACCEPT:
	case ACTION_REST_ACCEPT:
	case ACTION_ALL_ACCEPT:
	case ACTION_UNDO:
	case ACTION_REDO:
		/* Each mark says whether its hunk was seen; the last mark
		 * completes the decision. A hunk that joined the proposal
		 * meanwhile has no mark and holds it up. */
		t = ui->confirm.target;
		c = ui->confirm.choice;
		ui->confirm.choice = (struct review_choice){ 0 };
		confirm_clear(ui);
		decide_send_marks(ui, &t, &c, overwrite);
		break;
	case ACTION_DISCARD:
		ui->send(ui->send_arg, command_about(ui->fold->proposal,
		    "discard", ui->confirm.subject));
		confirm_clear(ui);
		break;
	case ACTION_PLAN_APPROVE:
		confirm_clear(ui);
		ui_send(ui, review_plan(&ui->review, "approve", NULL, NULL));
		break;
	case ACTION_ALLOW:
	case ACTION_NET_ONCE:
	case ACTION_NET_SESSION:
	case ACTION_NET_ALWAYS:
		confirm_clear(ui);
		decide_allow(ui, id);
		break;
	case ACTION_LINES_ACCEPT:
		confirm_clear(ui);
		hunk_edit_lines_send(ui);
		break;
	case ACTION_INPUT_SEND:
		composer_allow(ui);
		break;
	case ACTION_BACKGROUND_PORT:
		background_port_send(ui, ui->confirm.subject, false);
		confirm_clear(ui);
		break;
	case ACTION_CHANGES_COMMIT:
		confirm_clear(ui);
		ui->want_edit = UI_RUN_COMMIT;
		break;
	default:
		confirm_clear(ui);
		break;
	}
}

/* ---- keys ---- */

static void
decide_mark(struct ui *ui, enum action_id id, const struct review_target *t)
{
	if (t->mark == MARK_NO)
		decide_no(ui, t);
	else
		decide_yes(ui, id, t);
}

/* Keys on the row of a file or folder. Its hunks needn't be on the screen:
 * accepting unseen ones asks first. */
static void
decide_row_key(struct ui *ui, enum action_id id, const struct review_target *t)
{
	const struct fold_hunk *h;

	if (id == ACTION_REJECT_WORD && t->scope != REVIEW_FILE)
		ui_notice(ui, "a reason is for a hunk or a file, not for %s",
		    t->scope == REVIEW_FOLDER ? "a folder" : "several");
	else if (!diff_row_is_open(ui))
		ui_notice(ui, "no hunk of this %s is open · %s undoes",
		    t->scope == REVIEW_ALIKE ? "row" : t->scope ==
		    REVIEW_FOLDER ? "folder" : "file", ui_key_of(ui, ACTION_UNDO));
	else if (id != ACTION_REJECT_WORD)
		decide_mark(ui, ACTION_REST_ACCEPT, t);
	else {
		h = diff_goto_open(ui, t->file);
		typing_begin(ui, UI_REJECT, h->id);
	}
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
}

/* Keys on a hunk that isn't decided; `marks`: by its target. */
static void
decide_hunk_key(struct ui *ui, enum action_id id, const struct review_target *t,
    bool marks)
{
	const struct fold_hunk *h = t->hunk;
	const struct seen *s;

	if ((id == ACTION_SPLIT || id == ACTION_LINES) &&
	    hunk_edit_key(ui, id, h))
		return;
	if (id == ACTION_DISCARD) {
		decide_discard(ui, t);
		return;
	}
	if (id == ACTION_HUNK_EDIT && ui->fold->reads) {
		ui_notice(ui, FOLD_NO_EDIT);
		return;
	}
	s = seen_find(&ui->review, h->id);
	/* To accept it first shows the rest. */
	if (id != ACTION_ACCEPT && (s == NULL || !s->framed))
		ui_notice(ui, "not on screen yet: look at it first");
	else if (id == ACTION_REJECT_WORD)
		typing_begin(ui, UI_REJECT, h->id);
	else if (marks)
		decide_mark(ui, id, t);
	else
		hunk_edit_key(ui, id, h);
}

static void
decide_send(struct ui *ui)
{
	struct review_effect e = review_effect(&ui->review);

	if (ui->fold->reads)
		ui_notice(ui, "nothing is staged in this review" CONFIRM_KEPT);
	else if (e.open == e.all)
		ui_none(ui, ACTION_SEND);
	else	/* never "all": a hunk that joined stays undecided */
		ui->send(ui->send_arg, command_about(
		    ui->fold->proposal, "decide", NULL));
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
		decide_yes(ui, id, &t);
		break;
	case ACTION_ALL_REJECT:
		decide_drop(ui);
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
		if (row && (marks || id == ACTION_REJECT_WORD))
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
	const struct fold_hunk *h;
	const struct seen *s;
	bool hold = ui->review.marked != ui->purpose_marked;

	if (ui->purpose_id == NULL || fold_find_hunk(ui->fold,
	    ui->purpose_id, &h) == NULL || h->decided) {
		draft_astray(ui, word, "that hunk changed or is gone");
		return;
	}
	/* Its key may have gone to it. */
	s = seen_find(&ui->review, h->id);
	if (s == NULL || !s->framed) {
		draft_astray(ui, word, "that hunk was not on screen yet");
		return;
	}
	/* Marked elsewhere while it was typed: what is written is shown. */
	ui_send(ui, review_marks(&ui->review, &h, 1, MARK_NO, word, false,
	    hold));
	diff_next_undecided(ui);
	if (hold)
		ui->review.came = true;
	if (hold && review_effect(&ui->review).open == 0)
		confirm_say_marked(ui, 0, "rejected, with your reason", "");
	else if (word[0] != '\0')
		ui_notice(ui, "rejected, with your reason · %s undoes it",
		    ui_key_of(ui, ACTION_UNDO));
}

static void
decide_typed(struct ui *ui, enum ui_purpose purpose, const char *text)
{
	if (purpose == UI_REJECT)
		decide_word(ui, text);
	else if (purpose != UI_RETURN)
		return;
	else if (draft_has_object(ui, UI_RETURN, ui->purpose_id))
		ui_send(ui, review_plan(&ui->review, "return", text, NULL));
	else
		draft_astray(ui, text, "the plan changed or was decided");
}

static void
decide_approve(struct ui *ui, enum action_id id)
{
	AUTO_FREE char *prompt = review_wait_name(&ui->review, id ==
	    ACTION_PLAN_APPROVE ? REVIEW_PLAN : REVIEW_ASK), *text = NULL;
	const struct fold_ask_row *row = fold_ask_row(&ui->fold->ask);
	struct seen *s = seen_find(&ui->review, prompt);
	struct buf b = BUF_INIT(0);
	bool edit = id == ACTION_PLAN_APPROVE && plan_edit_waits(ui);
	bool notes = id == ACTION_PLAN_APPROVE && ui->fold->plan.notes_len > 0;
	int lines;

	if (seen_is_full(s) && id == ACTION_ALLOW &&
	    fold_ask_is(&ui->fold->ask, ASK_OUTSIDE)) {
		confirm_ask(ui, id, xstrdup(row->confirm));
		return;
	}
	if (seen_is_full(s) && !edit && !notes) {
		if (id == ACTION_PLAN_APPROVE)
			ui_send(ui, review_plan(&ui->review, "approve", NULL, NULL));
		else
			decide_allow(ui, id);
		return;
	}
	text = id == ACTION_PLAN_APPROVE ? plan_text(ui->fold) :
	    xstrdup(ui->fold->ask.shown);
	lines = seen_missing_lines(s, text, strlen(text));
	if (edit)
		buf_addf(&b, "Approve version %d without your edit?",
		    ui->fold->plan.version);
	else if (notes) {
		plan_add_notes(ui, "Approve", &b);
		buf_addc(&b, '?');
	} else
		buf_adds(&b, id == ACTION_PLAN_APPROVE ? "Approve this plan?" :
		    row->title);
	b.p[0] = (char)toupper((unsigned char)b.p[0]);
	if (lines > 0)
		buf_addf(&b, " You haven't seen %d line%s of it.", lines,
		    lines == 1 ? "" : "s");
	confirm_ask(ui, id, buf_take(&b));
}

/* Does the key answer the prompt of the pane in front, or work on it? */
static bool
decide_is_answer(const struct action *a)
{
	return (a->contexts & (ACTION_CTX_ASK | ACTION_CTX_NET |
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
	case ACTION_NET_ALWAYS:
		if (ui->save_host == NULL)
			break;
		/* FALLTHROUGH */
	case ACTION_ALLOW:
	case ACTION_NET_ONCE:
	case ACTION_NET_SESSION:
	case ACTION_PLAN_APPROVE:
		decide_approve(ui, a->id);
		break;
	case ACTION_FORBID:
	case ACTION_NET_REJECT:
		ui_send(ui, review_answer(&ui->review, false, NULL));
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
 * write. The core makes a proposal of the reverse, and one question is asked
 * about all of it ---- */

static void
take_back_say(struct ui *ui, bool back, const struct review_stepped *step)
{
	const char *what = back ? "undone" : "redone";

	if (step->n == 0)
		ui_notice(ui, "not %s: you haven't seen all of it, "
		    "or it overwrites newer lines", what);
	else if (step->mark != MARK_NONE && step->unseen > 0)
		ui_notice(ui, "%s for %zu of %zu hunks: you haven't seen the "
		    "others", what, step->n, step->n + step->unseen);
	else if (step->mark != MARK_NONE && review_effect(&ui->review).open == 0)
		confirm_say_marked(ui, 0, what, "");
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
 * none, clear the mark of this hunk. */
static void
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
	else if (ui->fold->proposal->undo != 0)
		decide_undo(ui, id, false);
	else if (fold_stages(ui->fold))
		take_back_write(ui, !back);
	else if (back && fold_change_last(ui->fold, false) != NULL)
		ui_notice(ui, TAKE_BACK_LATER);
	else
		ui_none(ui, id);
}

static bool
take_back_key(struct ui *ui, enum action_id id)
{
	bool redo = id == ACTION_REDO;

	if ((id != ACTION_UNDO && !redo) || (ui->at == PANE_DIFF &&
	    ui->lines.hunk != NULL))
		return false;
	if (take_back_has_marks(ui)) {
		take_back_mark(ui, id);
		return true;
	}
	/* The core makes one proposal at a time. */
	if (fold_undecided(ui->fold->proposal) > 0 &&
	    !fold_stages(ui->fold)) {
		ui_notice(ui, TAKE_BACK_LATER " · %s shows it",
		    ui_key_of(ui, ACTION_PANE_DIFF));
		return true;
	}
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

	if (take_back_has_marks(ui))
		return (redo ? ui->review.step_at < ui->review.steps_len :
		    ui->review.step_at > 0) || (p->undo != 0 &&
		    review_facts(&ui->review).redoes == redo) ||
		    (fold_stages(ui->fold) && ui->review.marked == 0 &&
		    fold_change_last(ui->fold, redo) != NULL);
	return (fold_undecided(p) == 0 || fold_stages(ui->fold)) &&
	    !ui_is_working(ui) && fold_change_last(ui->fold, redo) != NULL;
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
	/* Where lines were edited since, what can be undone is reviewed. */
	if (p != NULL && p->undo != 0 && p->left_len == 0 && ui->at == PANE_DIFF)
		decide_undo(ui, review_facts(&ui->review).redoes ?
		    ACTION_REDO : ACTION_UNDO, true);
}
