/*
 * Which of the available keys would do something now: the row of hints shows
 * only those. Any other key still answers, with the reason.
 */
#include "config.h"

#include "ui/app/state.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "front/bindings.h"
#include "front/slash-command.h"
#include "gate/patch.h"
#include "journal/fold.h"
#include "ui/app/decide.h"
#include "ui/diff/diff.h"
#include "ui/panes/panes.h"
#include "ui/panes/confirm.h"
#include "review/review.h"
#include "ui/panes/ui-base.h"
#include "ui/text/input.h"

#define HINTS_WIDE 100		/* cells; in fewer, hints are shorter */
#define HINTS_LOW 60		/* in fewer, one word */

/* Actions on the hunk under the cursor. */
static bool
offer_hunk(const struct ui *ui, enum action_id id)
{
	const struct fold_file *file;
	const struct fold_hunk *h = diff_hunk(ui, &file);

	if (h == NULL || h->decided)
		return false;
	switch (id) {
	case ACTION_SPLIT:
		return hunk_text_has_parts(h->text, h->text_len);
	case ACTION_LINES:
	case ACTION_HUNK_EDIT:
		return !file->binary && hunk_text_changes(h->text,
		    h->text_len) > 0;
	case ACTION_LINE_PICK:
		return ui->lines.hunk != NULL && diff_change(ui) > 0 &&
		    strcmp(ui->lines.hunk, h->id) == 0;
	default:
		return true;
	}
}

/* Does the file have other open hunks below the one under the cursor? */
static bool
offer_has_rest(const struct ui *ui)
{
	const struct fold_file *file;
	const struct fold_hunk *h = diff_hunk(ui, &file);

	if (h == NULL)
		return false;
	while (++h < file->hunks + file->hunks_len)
		if (review_is_open(&ui->review, h))
			return true;
	return false;
}

static bool
offer_is_accepted(const struct ui *ui)
{
	const struct fold_file *file;
	const struct fold_hunk *h = diff_hunk(ui, &file);

	return h != NULL && review_mark_of(&ui->review, h) == MARK_YES;
}

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

bool
key_hints_review(const struct ui *ui, struct buf *b)
{
	bool other = ui->waits.id != NULL &&
	    prompt_id_waiting_pane(ui) != ui->at;
	enum pane_id pane = other ? prompt_id_waiting_pane(ui) : ui->at;
	AUTO_FREE char *here = other ? NULL : prompt_id_pane(ui);
	bool is = other || (here != NULL && pane != PANE_CHANGES &&
	    ui->typing && ui->purpose == UI_SAY);
	int n = fold_undecided(ui->fold->proposal);
	bool undo;

	if (!is)
		return false;
	if (pane == PANE_PLAN)
		buf_adds(b, "review the plan");
	else if (pane == PANE_ASK)
		buf_adds(b, ui->fold->ask.command == NULL ?
		    "answer the limit" : fold_ask_words(ui->fold)->look);
	else if (n > 0) {
		undo = ui->fold->proposal->undo != 0;
		buf_addf(b, "review %s%d hunk%s", !undo ? "" :
		    review_redoes(&ui->review) ? "the redo: " : "the undo: ", n,
		    n == 1 ? "" : "s");
	} else
		buf_adds(b, "review the changes");
	if (review_waiting_count(&ui->review) > 1)
		buf_addf(b, " (%d more wait%s)", review_waiting_count(&ui->review) - 1,
		    review_waiting_count(&ui->review) == 2 ? "s" : "");
	return true;
}

bool
key_hints_offer(const struct ui *ui, const struct action *a)
{
	const struct fold *f = ui->fold;
	enum action_id id = a->id;
	bool folder;

	switch (id) {
	case ACTION_INTERRUPT:
		return ui_is_working(ui);
	case ACTION_TYPE:	/* else the message line names it */
		return ui->layout.input.rows == 0 ||
		    !input_is_empty(&ui->input);
	case ACTION_NET_ALWAYS:
		return ui->save_host != NULL;
	case ACTION_ACCEPT:
	case ACTION_REJECT:
		if (diff_row(ui, &folder) != NULL)
			return diff_row_is_open(ui);
		return offer_hunk(ui, id) && !(id == ACTION_ACCEPT &&
		    offer_is_accepted(ui));
	case ACTION_ALL_ACCEPT:
		return review_count(&ui->review, MARK_NONE) > 1;
	case ACTION_REST_ACCEPT:
	case ACTION_REST_REJECT:
		return offer_hunk(ui, id) && offer_has_rest(ui);
	case ACTION_REJECT_WORD:
	case ACTION_LINE_COMMENT:
		return review_has_model(&ui->review) && offer_hunk(ui, id);
	case ACTION_CONTEXT_MORE:
	case ACTION_SPLIT:
	case ACTION_LINES:
	case ACTION_HUNK_EDIT:
	case ACTION_LINE_PICK:
		return offer_hunk(ui, id);
	case ACTION_LINES_ACCEPT:	/* with none it says how to pick */
		return ui->lines.hunk != NULL;
	case ACTION_HUNK_NEXT:
	case ACTION_HUNK_PREV:
		return fold_hunks(f->proposal) > 1 &&
		    offer_is_last(ui) == (id == ACTION_HUNK_PREV);
	case ACTION_SEND:
		return review_count(&ui->review, MARK_NONE) < f->proposal->hunks_len;
	case ACTION_TREE_GO:
		return f->proposal != NULL && f->proposal->files_len > 1;
	case ACTION_DIFF_COLUMNS:
		return f->proposal != NULL && (ui->diff.side ||
		    ui->layout.main.cols >= DIFF_SIDE_COLS);
	case ACTION_NEWS:
		return ui->at == PANE_PLAN ? plan_news_has(ui) :
		    ui->diff.news_any;
	case ACTION_UNDO:
	case ACTION_REDO:
		return take_back_offers(ui, id);
	case ACTION_CHECK:
		return f->test != NULL || f->plan.check != NULL ||
		    f->evidence.command != NULL;
	case ACTION_LINE_DOWN:
	case ACTION_LINE_UP:
		return ui->at == PANE_CHANGES && changes_leads(ui, id ==
		    ACTION_LINE_DOWN);
	case ACTION_CHANGE_OPEN:
		return changes_open_effect(ui, NULL);
	case ACTION_CHANGES_COMMIT:
		return changes_commit_effect(ui, false, NULL);
	case ACTION_CHANGES:
		return f->changes_len > 0;
	case ACTION_RETRY:
		return ui_can_retry(ui);
	case ACTION_INPUT_NEWLINE:
		return ui->purpose != UI_SEARCH && ui->purpose != UI_EXTEND &&
		    ui->purpose != UI_HIDE;
	case ACTION_ITEM_NEXT:
	case ACTION_ITEM_PREV:
		return ui->at == PANE_TRANSCRIPT || ui->at == PANE_CHANGES ||
		    (ui->at == PANE_OUTPUT && ui->whole.failure != 0);
	case ACTION_SEARCH_NEXT:
	case ACTION_SEARCH_PREV:
		return ui->search.text != NULL && !ui->search.none;
	case ACTION_SEARCH_END:
		return ui->search.text != NULL;
	default:
		return true;
	}
}

/* Is the text the reason of a hunk that is already rejected? */
static bool
key_hints_adds(const struct ui *ui)
{
	const struct fold_hunk *h;

	return ui->purpose_id != NULL && fold_find_hunk(ui->fold,
	    ui->purpose_id, &h) != NULL && review_mark_of(&ui->review, h) == MARK_NO;
}

/* Is the text a message that answers the plan? The core returns it. */
static bool
key_hints_returns(const struct ui *ui)
{
	const char *text = buf_str(&ui->input.text), *rest, *say;
	const struct slash_command *c;

	return review_has_plan(&ui->review) &&
	    prompt_id_waiting_pane(ui) != PANE_ASK &&
	    !input_is_empty(&ui->input) && slash_command_parse(text,
	    SLASH_COMMAND_SCREEN, &c, &rest, &say) == SLASH_COMMAND_SAY;
}

/* What Enter does with the text. */
static const char *
key_hints_sends(const struct ui *ui, const char *hint, int cols)
{
	if (input_is_empty(&ui->input) && ui->purpose == UI_REJECT &&
	    cols >= HINTS_LOW)
		return key_hints_adds(ui) ? "add a reason (first type it)" :
		    "reject (first type a reason)";
	if (input_is_empty(&ui->input) && ui->purpose == UI_RETURN &&
	    cols >= HINTS_LOW)
		return "send the plan back (first type why)";
	if (input_is_empty(&ui->input) && ui->purpose != UI_SAY &&
	    ui->purpose != UI_SEARCH && ui->purpose != UI_COMMENT)
		return "back";
	switch (ui->purpose) {
	case UI_REJECT:
		return key_hints_adds(ui) ? "add this reason" :
		    "reject with this reason";
	case UI_RETURN:
		return "send the plan back with this";
	case UI_COMMENT:
		return fold_comment_asks(buf_str(&ui->input.text)) ?
		    "ask now" : "comment";
	case UI_SEARCH:
		return "search";
	case UI_EXTEND:
		return "raise the limit";
	case UI_HIDE:
		return "stop proposing (asks first)";
	default:
		if (key_hints_returns(ui))
			return "send the plan back with this";
		return !slash_command_is_run(buf_str(&ui->input.text)) ?
		    (!ui_is_working(ui) ? hint : cols < HINTS_LOW ? "queue" :
		    "queue for the next turn") :
		    ui_is_sandboxed(ui) ? cols < HINTS_LOW ?
		    "run in the sandbox" :
		    "run in the sandbox, on a copy of your files" :
		    "run WITHOUT a sandbox";
	}
}

/* Does Enter reject the hunk under the cursor? */
static bool
key_hints_rejects(const struct ui *ui)
{
	const struct fold_file *f;
	const struct fold_hunk *h = diff_hunk(ui, &f);

	return ui->purpose == UI_REJECT && !key_hints_adds(ui) &&
	    ui->purpose_marked == ui->review.marked && !input_is_empty(&ui->input) && h != NULL &&
	    ui->purpose_id != NULL && strcmp(h->id, ui->purpose_id) == 0;
}

/* Does the key that accepts only show what isn't seen, for now? */
static bool
key_hints_shows_rest(const struct ui *ui, enum action_id id)
{
	bool folder;
	const struct fold_file *f = diff_row(ui, &folder);

	return (id == ACTION_ACCEPT || id == ACTION_LINES_ACCEPT) &&
	    (f == NULL || (ui->diff.tree_keys && !folder)) &&
	    diff_has_rest(ui, f);
}

void
key_hints_words(const struct ui *ui, const struct action *a, int cols,
    struct buf *b)
{
	struct diff_folder at;
	struct review_effect e;
	bool folder, row = diff_row(ui, &folder) != NULL;

	if (key_hints_shows_rest(ui, a->id)) {
		buf_adds(b, row ? "show rest of file" : "show rest");
		return;
	}
	if (a->id == ACTION_SEND) {
		e = review_effect(&ui->review);
		/* Beside it, a key that rejects the last one writes as many. */
		if (e.open == 1 && e.yes > 0)
			buf_addf(b, "write %zu, 1 open", e.yes);
		else
			review_effect_words(&e, b);
	} else if (ui->at == PANE_CHANGES && (a->id == ACTION_UNDO ||
	    a->id == ACTION_REDO))
		(void)changes_effect(ui, a->id == ACTION_REDO, cols < HINTS_WIDE, b);
	else if (a->id == ACTION_CHANGE_OPEN)
		(void)changes_open_effect(ui, b);
	else if (a->id == ACTION_CHANGES_COMMIT)
		(void)changes_commit_effect(ui, cols < HINTS_WIDE, b);
	else if (a->id == ACTION_INPUT_SEND && ui_offers_other(ui))
		buf_adds(b, "resume");
	else if (a->id == ACTION_QUIT && ui_is_working(ui) &&
	    cols >= HINTS_WIDE)
		buf_adds(b, "quit or detach");
	else if (a->id == ACTION_DIFF_COLUMNS && ui->diff.side)
		buf_adds(b, "stacked");
	else if (a->id == ACTION_TREE_GO && diff_is_on_list(ui))
		buf_adds(b, "diff");
	else if (a->id == ACTION_FILE_OPEN && folder)
		buf_adds(b, diff_tree_folder(ui, &at) && at.folded ?
		    "unfold" : "fold");
	else if (row && ui->diff.tree_keys && (a->id == ACTION_HUNK_NEXT ||
	    a->id == ACTION_HUNK_PREV))
		buf_adds(b, a->id == ACTION_HUNK_NEXT ? "next file" :
		    "previous file");
	else if (a->id == ACTION_NEWS && ui->at == PANE_PLAN &&
	    ui->plan_news.on)
		buf_adds(b, "all of it");
	else if (a->id == ACTION_NEWS && ui->at == PANE_DIFF &&
	    (ui->review.news.on || cols < HINTS_WIDE))
		buf_adds(b, ui->review.news.on ? "all" : "changed");
	else if (a->id == ACTION_PLAN_APPROVE && plan_edit_waits(ui))
		buf_adds(b, "approve without your edit");
	else if (a->id == ACTION_PLAN_EDIT && plan_edit_waits(ui))
		buf_adds(b, "open your edit");
	else if (a->id == ACTION_ALLOW)
		buf_adds(b, ui->fold->ask.own ? "run it" : a->hint);
	else if (a->id == ACTION_FORBID)
		buf_adds(b, ui->fold->ask.own ? "don't run it" : a->hint);
	else if (a->id == ACTION_PICK_TAKE && ui->pick.view)
		buf_adds(b, "switch");
	else if (a->id == ACTION_PICK_TAKE && ui->pick.of == NULL)
		buf_adds(b, "run");
	else if (a->id == ACTION_INPUT_SEND) {
		buf_adds(b, key_hints_sends(ui, a->hint, cols));
		if (key_hints_rejects(ui))
			decide_effect_text(ui, ACTION_REJECT_WORD,
			    cols < HINTS_WIDE, b);
	} else if (a->id == ACTION_INTERRUPT && ui_has_draft(ui))
		buf_adds(b, "clear");
	else if (a->id == ACTION_INTERRUPT && ui_is_checking(ui))
		buf_adds(b, "end check");
	else if (a->id == ACTION_LINE_COMMENT)
		buf_adds(b, ui->lines.hunk == NULL ? cols < HINTS_WIDE ?
		    "ask" : a->hint : hunk_edit_lines_count(ui) > 1 ?
		    "ask about picked" : a->hint);
	else if (a->id == ACTION_REJECT_WORD)
		/* Beside marks, taking one back must fit. */
		buf_addf(b, "%sreason", cols < HINTS_WIDE &&
		    review_count(&ui->review, MARK_NONE) <
		    ui->fold->proposal->hunks_len ? "" : "with ");
	else if (a->id == ACTION_HUNK_NEXT && cols < HINTS_WIDE)
		buf_adds(b, "next");
	else if (a->id == ACTION_ALL_ACCEPT && decide_effect(ui, a->id, &e))
		/* The question says what is written. */
		buf_addf(b, "%s %zu", a->hint, e.yes - review_effect(&ui->review).yes);
	else
		buf_adds(b, a->hint);
	if ((a->id == ACTION_ACCEPT || a->id == ACTION_REJECT) && row)
		buf_adds(b, folder ? " folder" : " file");
	/* A reason is sent only by Enter. */
	if ((a->contexts & (ACTION_CTX_DIFF | ACTION_CTX_LINES)) != 0 &&
	    a->id != ACTION_ALL_ACCEPT && a->id != ACTION_REJECT_WORD)
		decide_effect_text(ui, a->id, cols < HINTS_WIDE, b);
}
