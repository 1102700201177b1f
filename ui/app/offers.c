/*
 * What can be done now: each action that would do something where the user is,
 * with its key, what it does, and words for that. The row of hints, the list of
 * commands and the help read it.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "client/offer.h"
#include "front/bindings.h"
#include "front/slash-command.h"
#include "journal/fold.h"
#include "review/review.h"
#include "ui/app/decide.h"
#include "ui/app/state.h"
#include "ui/diff/diff.h"
#include "ui/panes/composer.h"
#include "ui/panes/confirm.h"
#include "ui/panes/panes.h"
#include "ui/panes/transcript.h"
#include "ui/panes/ui-base.h"
#include "ui/pick/picker.h"
#include "ui/text/input.h"

/* What the keys of a review are about. */
struct offer_place {
	const struct fold_file *row;	/* of a file's row, or NULL; */
	enum review_scope scope;	/* of it */
	const struct fold_file *file;
	const struct fold_hunk *hunk;	/* under the cursor, not decided; or
					   NULL */
	struct review_effect marks;
};

/* Set the offer's words, and those for a narrow row. Returns true. */
static bool
offer_say(struct offer *o, const char *words, const char *brief)
{
	buf_adds(&o->words, words);
	buf_adds(&o->brief, brief);
	return true;
}

const char *
offer_words(const struct offer *o, bool brief)
{
	return buf_str(brief && o->brief.len > 0 ? &o->brief : &o->words);
}

/* ---- a review ---- */

/* Is the hunk under the cursor the last one of the proposal? */
static bool
offer_is_last(const struct ui *ui)
{
	const struct fold_proposal *p = ui->fold->proposal;
	const struct fold_file *file;
	const struct fold_hunk *h = diff_hunk(ui, &file);

	if (h == NULL || h + 1 < file->hunks + file->hunks_len)
		return false;
	while (++file < p->files + p->files_len)
		if (file->hunks_len > 0)
			return false;
	return true;
}

/* To accept or reject what is under the cursor. */
static bool
offer_mark(const struct ui *ui, const struct offer_place *at, struct offer *o)
{
	if (at->row != NULL ? !diff_row_is_open(ui) : !offer_can(&ui->review,
	    at->file, at->hunk, o->a->id))
		return false;
	/* One of the two marks. */
	if (o->a->id != ACTION_REJECT && (o->a->id == ACTION_ACCEPT_UNREAD) !=
	    decide_is_unread(ui))
		return false;
	buf_addf(&o->words, "%s%s%s", fold_word(ui->fold, o->a->id ==
	    ACTION_REJECT ? "reject" : "accept"), at->row == NULL ? "" :
	    at->scope == REVIEW_ALIKE ? " them" : at->scope == REVIEW_FOLDER ? " folder" : " file",
	    o->a->id != ACTION_ACCEPT_UNREAD ? "" : ui->fold->reads ?
	    " anyway" : " unread");
	return true;
}

/* Picked lines, of the hunk under the cursor; only Y accepts them unread. */
static bool
offer_picked(const struct ui *ui, const struct offer_place *at, bool unread)
{
	return ui->lines.picked > 0 && at->row == NULL && at->hunk != NULL &&
	    strcmp(at->hunk->id, ui->lines.hunk) == 0 &&
	    seen_is_full(seen_find(&ui->review, at->hunk->id)) != unread;
}

static bool
offer_comment(const struct ui *ui, struct offer *o)
{
	if (ui->lines.picked > 1)
		buf_adds(&o->words, ui->fold->reads ? "comment on picked" :
		    "ask about picked");
	else if (ui->lines.hunk == NULL)
		buf_adds(&o->brief, ui->fold->reads ? "comment" : "ask");
	return true;
}

/* To the next hunk, or to the one before the last. */
static bool
offer_step(const struct ui *ui, const struct offer_place *at, struct offer *o)
{
	bool next = o->a->id == ACTION_HUNK_NEXT;

	if (at->row != NULL && ui->diff.on == DIFF_ON_TREE)
		buf_adds(&o->words, next ? "next file" : "previous file");
	else if (next)
		buf_adds(&o->brief, "next");
	o->quiet = offer_is_last(ui) == next;
	return true;
}

static bool
offer_diff(const struct ui *ui, const struct offer_place *at, struct offer *o)
{
	const struct fold *f = ui->fold;

	if (ui->lines.hunk != NULL && (o->a->id == ACTION_LINES_ACCEPT ||
	    o->a->id == ACTION_ACCEPT_UNREAD))
		return offer_picked(ui, at, o->a->id == ACTION_ACCEPT_UNREAD);
	if (o->a->id >= ACTION_ACCEPT && o->a->id <= ACTION_REJECT)
		return offer_mark(ui, at, o);
	if (!offer_can(&ui->review, at->file, at->hunk, o->a->id))
		return false;
	switch (o->a->id) {
	case ACTION_SEND:	/* its row says what */
		return (at->marks.open > 0 || !confirm_stands(ui)) &&
		    (!fold_stages(f) || offer_say(o, "stage now", ""));
	case ACTION_REJECT_WORD:
		/* Beside marks, taking one back must fit. */
		return !ev_is(f->mode, "review") && offer_say(o, "with reason",
		    at->marks.open < at->marks.all ? "reason" : "");
	case ACTION_LINE_COMMENT:
		return !fold_stages(f) && offer_comment(ui, o);
	case ACTION_CONTEXT_ALL:	/* of a new file it is here */
		return at->file->before.exists;
	case ACTION_LINE_PICK:
		return at->hunk != NULL && ui->lines.hunk != NULL &&
		    diff_numbered(ui, DIFF_LINE) > 0 &&
		    strcmp(ui->lines.hunk, at->hunk->id) == 0;
	case ACTION_HUNK_NEXT:
	case ACTION_HUNK_PREV:
		return offer_step(ui, at, o);
	case ACTION_TREE_GO:
		return f->proposal->files_len > 1 && (!diff_is_on_list(ui) ||
		    offer_say(o, "diff", ""));
	case ACTION_FILE_OPEN:
		return at->scope == REVIEW_ALIKE ? offer_say(o,
		    diff_alike_is_folded(ui) ? "unfold" : "fold", "") :
		    at->scope != REVIEW_FOLDER || offer_say(o, diff_tree_is_folded(ui) ?
		    "unfold" : "fold", "");
	case ACTION_DIFF_COLUMNS:
		return ui->diff.side ? offer_say(o, "stacked", "") :
		    ui->layout.main.cols >= DIFF_SIDE_COLS;
	case ACTION_NEWS:
		return diff_has_news(ui) && (ui->review.news.on ?
		    offer_say(o, "all", "") : offer_say(o, "what changed",
		    "changed"));
	case ACTION_IGNORED:
	case ACTION_INCLUDE:	/* while the list is folded, it opens */
		o->quiet = diff_numbered(ui, DIFF_IGNORED) == 0;
		return f->proposal->ignores_len > 0;
	default:
		return true;
	}
}

/* ---- other questions ---- */

static bool
offer_answer(const struct ui *ui, struct offer *o)
{
	const struct fold_ask_row *row = fold_ask_row(&ui->fold->ask);

	switch (o->a->id) {
	case ACTION_ALLOW:
		return row->hint_yes == NULL || offer_say(o, row->hint_yes, "");
	case ACTION_FORBID:
		return row->hint_no == NULL || offer_say(o, row->hint_no, "");
	case ACTION_NET_ALWAYS:
		return ui->save_host != NULL;
	case ACTION_PLAN_APPROVE:
		if (plan_edit_waits(ui))
			return offer_say(o, "approve without your edit", "");
		plan_add_notes(ui, "approve", &o->words);
		return true;
	case ACTION_PLAN_FRESH:
		return !plan_edit_waits(ui) && ui->fold->agent == NULL;
	case ACTION_PLAN_RETURN:
		plan_add_notes(ui, "send back", &o->words);
		return true;
	case ACTION_PLAN_EDIT:
		return !plan_edit_waits(ui) || offer_say(o, "open your edit",
		    "");
	default:
		return true;
	}
}

/* ---- a text ---- */

/* Is the text the reason of a hunk that is already rejected? */
static bool
offer_adds(const struct ui *ui)
{
	const struct fold_hunk *h;

	return ui->purpose_id != NULL && fold_find_hunk(ui->fold,
	    ui->purpose_id, &h) != NULL &&
	    review_mark_of(&ui->review, h).mark == MARK_NO;
}

enum offer_typed
offers_typed(const struct ui *ui)
{
	const char *text = buf_str(&ui->input.text), *rest, *say;
	const struct slash_command *c;

	if (input_is_empty(&ui->input))
		return TYPED_NOTHING;
	if (ui->purpose == UI_COMMENT)
		return fold_comment_asks(ui->fold, text) ? TYPED_QUESTION :
		    TYPED_TEXT;
	if (ui->purpose != UI_SAY)
		return TYPED_TEXT;
	if (slash_command_is_run(text))
		return TYPED_RUN;
	return slash_command_parse(text, SLASH_COMMAND_SCREEN, ui->fold, &c,
	    &rest, &say) == SLASH_COMMAND_SAY ? TYPED_TEXT : TYPED_COMMAND;
}

/* Does a message answer the plan? The core returns it. */
static bool
offer_returns(const struct ui *ui)
{
	return ui->fold->plan.status == FOLD_PLAN_PROPOSED &&
	    prompt_waiting_pane(ui) != PANE_ASK;
}

/* A reason, typed for the hunk under the cursor or another one. */
static bool
offer_reason(const struct ui *ui, struct offer *o)
{
	if (offer_adds(ui))
		return offer_say(o, "add this reason", "");
	return offer_say(o, "reject with this reason", "");
}

static bool
offer_message(const struct ui *ui, enum offer_typed typed, struct offer *o)
{
	if (ui_offers_other(ui))
		return offer_say(o, "resume", "");
	if ((typed == TYPED_TEXT || typed == TYPED_RUN) &&
	    !ev_mode_has_model(ui->fold->mode))
		return false;
	if (typed == TYPED_TEXT && offer_returns(ui))
		return offer_say(o, "send the plan back with this", "");
	if (typed != TYPED_RUN)
		return !ui_is_working(ui) || offer_say(o,
		    "queue for the next turn", "queue");
	return ui_is_sandboxed(ui) ? offer_say(o,
	    "run in the sandbox, on a copy of your files",
	    "run in the sandbox") : offer_say(o, "run WITHOUT a sandbox", "");
}

/* To search, or to run or begin a command. */
static bool
offer_box(const struct ui *ui, struct offer *o)
{
	bool runs;
	AUTO_FREE char *line = pick_command_box(ui, &runs);

	if (line == NULL)
		return offer_say(o, "search", "");
	buf_addf(&o->words, "%s %s · %s searches", runs ? "run" : "type", line,
	    ui_key_of(ui, ACTION_INPUT_COMPLETE));
	return true;
}

/* What Enter does with the text. */
static bool
offer_text(const struct ui *ui, struct offer *o)
{
	enum offer_typed typed = offers_typed(ui);
	bool empty = typed == TYPED_NOTHING;

	switch (ui->purpose) {
	case UI_REJECT:
		return !empty ? offer_reason(ui, o) : offer_say(o,
		    offer_adds(ui) ? "add a reason (first type it)" :
		    "reject (first type a reason)", "");
	case UI_RETURN:
		if (empty && ui->fold->plan.notes_len > 0) {
			plan_add_notes(ui, "send the plan back", &o->words);
			return true;
		}
		return offer_say(o, empty ?
		    "send the plan back (first type why)" :
		    "send the plan back with this", "");
	case UI_NOTE:
		return offer_say(o, "note", "");
	case UI_COMMENT:
		return offer_say(o, typed == TYPED_QUESTION ? "ask now" :
		    "comment", "");
	case UI_SEARCH:
		return offer_box(ui, o);
	case UI_ANSWER:
		return offer_say(o, "answer the server", "");
	case UI_EXTEND:
		return offer_say(o, empty ? "back" : "raise the limit", "");
	default:
		return offer_message(ui, typed, o);
	}
}

/* ---- everywhere ---- */

static bool
offer_other(const struct ui *ui, struct offer *o)
{
	const struct ui_other *other = &ui->other;

	if (other->next == NULL)
		offer_say(o, "back to your list", "");
	else {
		buf_adds(&o->words, other->next_words);
		buf_add(&o->brief, other->next_words, other->project);
	}
	return ui->waits.id == NULL && (other->way == OTHER_FROM_LIST ||
	    (other->way == OTHER_GOES && other->next != NULL));
}

static bool
offer_pane(const struct ui *ui, struct offer *o)
{
	const struct pane *p = &ui->panes[ui->at];
	enum pane_id to;

	switch (o->a->id) {
	case ACTION_INTERRUPT:
		/* There it closes the box. */
		return ui->help != HELP_BTW && ui_is_working(ui) &&
		    (ui_has_draft(ui) ?
		    offer_say(o, "clear", "") : (!ui->typing ||
		    ui->purpose == UI_SAY) && (!ui_is_checking(ui) ||
		    offer_say(o, "end check", "")));
	case ACTION_PANE_NEXT:
		return view_next(ui, &to);
	case ACTION_PANE_BACK:
		o->quiet = ui->at != PANE_CHANGES;
		return ui->at != PANE_TRANSCRIPT;
	case ACTION_PAGE_DOWN:
		o->quiet = !ui->help && p->top + (size_t)p->height >=
		    p->page.len;
		return true;
	case ACTION_TYPE:
		return ev_mode_has_model(ui->fold->mode);
	case ACTION_INPUT_LEAVE:
		return ui->purpose == UI_SAY || offer_say(o, "back", "");
	case ACTION_UNDO:
	case ACTION_REDO:
		if (ui->at != PANE_CHANGES)
			return take_back_offers(ui, o->a->id);
		/* FALLTHROUGH */
	case ACTION_CHANGE_OPEN:
	case ACTION_CHANGES_COMMIT:
	case ACTION_PROPOSE:
		return (o->a->id != ACTION_PROPOSE || ui->at == PANE_CHANGES) &&
		    changes_hint(ui, o->a->id, false, &o->words) &&
		    changes_hint(ui, o->a->id, true, &o->brief);
	case ACTION_FORK:
		return ui->at == PANE_TRANSCRIPT && transcript_message(ui) > 0;
	case ACTION_LOOK_COPY:	/* elsewhere there are more urgent ones */
		o->quiet = ui->at != PANE_TRANSCRIPT || !ui->transcript.marked;
		return true;
	case ACTION_CHANGES:
		return ui->fold->changes_len > 0 && ui->at != PANE_CHANGES;
	case ACTION_SESSION_NEXT:
		return offer_other(ui, o);
	case ACTION_RETRY:
		return ui_can_retry(ui);
	case ACTION_QUIT:
		return ui_leaves_to_command(ui) ? offer_say(o,
		    "back to the command", "back") : !ui_is_working(ui) ||
		    offer_say(o, "quit or detach", "quit");
	case ACTION_HELP_LEAVE:
		return ui->help != HELP_BTW || !btw_waits(ui) ||
		    offer_say(o, "stop and go back", "stop");
	case ACTION_INPUT_SEND:
		return offer_text(ui, o);
	case ACTION_INPUT_NEWLINE:
		return ui->purpose != UI_SEARCH && ui->purpose != UI_EXTEND &&
		    ui->purpose != UI_ANSWER;
	case ACTION_PICK_NEXT:
	case ACTION_PICK_PREV:
		return picker_found(ui->pick.list) > 1;
	case ACTION_PICK_TAKE:
		return picker_found(ui->pick.list) > 0 && offer_say(o,
		    ui->pick.kind == PICK_BACKGROUND ? "its output" :
		    ui->pick.kind == PICK_PORTS ? "open or close" : "run", "");
	case ACTION_BACKGROUND_STOP:
		return background_list_can_stop(ui);
	case ACTION_BACKGROUND_PORT:
		return background_list_has_port(ui);
	case ACTION_ITEM_NEXT:
	case ACTION_ITEM_PREV:
		return ui->at == PANE_TRANSCRIPT || ui->at == PANE_CHANGES ||
		    (ui->at == PANE_OUTPUT && ui->whole.failure != 0);
	default:
		return true;
	}
}

/* ---- the list ---- */

void
offers_release(struct offers *all)
{
	while (all->len > 0) {
		buf_release(&all->list[--all->len].words);
		buf_release(&all->list[all->len].brief);
	}
	FREE_NULL(all->list);
	all->cols = 0;
}

/* Would the action do something, in this context? */
static bool
offer_works(const struct ui *ui, const struct offer_place *at, unsigned bit,
    struct offer *o)
{
	if ((bit & (ACTION_CTX_DIFF | ACTION_CTX_LINES | ACTION_CTX_FILES)) !=
	    0 && o->a->id != ACTION_UNDO && o->a->id != ACTION_REDO)
		return offer_diff(ui, at, o);
	if ((bit & (ACTION_CTX_ASK | ACTION_CTX_NET | ACTION_CTX_PLAN)) != 0)
		return offer_answer(ui, o);
	return offer_pane(ui, o);
}

/* Has it a key that means it here, or is the list of commands at hand? */
static bool
offer_is_reached(const struct ui *ui, enum action_id id, unsigned here)
{
	enum action_id by = ui_key_of(ui, id)[0] == '\0' ? ACTION_PALETTE : id;

	return bindings_first_works(ui->bindings, by, here);
}

/* Add the offers of these contexts, in the order of hints. An action of two
 * contexts is offered in the first one. `row`: only those with a hint, unless
 * the key means something else. */
static void
offers_add(struct ui *ui, const struct offer_place *at, unsigned contexts,
    bool row)
{
	struct offers *all = &ui->offers;
	unsigned bit, here = ui_contexts(ui);
	const struct action *a;
	size_t i;

	for (bit = 1; bit <= ACTION_CTX_PANE; bit <<= 1)
		for (i = 0; (contexts & bit) != 0 && i < action_table_len;
		    i++) {
			struct offer o = { .a = a = &action_table[i],
				.words = BUF_INIT(0), .brief = BUF_INIT(0) };

			if ((a->contexts & bit) == 0 ||
			    (a->contexts & contexts & (bit - 1)) != 0)
				continue;
			if (!state_takes(ui, a) ||
			    !offer_works(ui, at, bit, &o)) {
				buf_release(&o.words);
				buf_release(&o.brief);
				continue;
			}
			o.key = ui_key_of(ui, a->id);
			if (o.key[0] == '\0') {
				/* Its name says what it does. */
				o.key = ui_way_of(ui, a->id);
				buf_clear(&o.words);
				buf_clear(&o.brief);
			} else if (a->hint != NULL && o.words.len == 0)
				fold_add_words(&o.words, ui->fold, a->hint);
			if (row && !o.quiet && a->hint != NULL &&
			    offer_is_reached(ui, a->id, here))
				o.cols = 2 + (int)strlen(o.key) + 1 +
				    (int)strlen(offer_words(&o, true));
			all->cols += o.cols;
			*GROW_ADD(all->list, all->len) = o;
		}
}

void
offers_make(struct ui *ui)
{
	unsigned here = ui_contexts(ui), pane = ui_contexts_pane(ui);
	struct offer_place at = { 0 };
	struct review_target t;

	at.row = diff_row(ui, &t);
	at.scope = t.scope;
	at.hunk = diff_hunk(ui, &at.file);
	if (at.hunk != NULL && at.hunk->decided)
		at.hunk = NULL;
	at.marks = review_effect(&ui->review);
	/* What is typed while a list is open searches it. */
	if ((here & ACTION_CTX_PICK) != 0)
		here = ACTION_CTX_PICK;
	offers_release(&ui->offers);
	offers_add(ui, &at, here, true);
	if (here != pane)
		offers_add(ui, &at, pane, false);
}
