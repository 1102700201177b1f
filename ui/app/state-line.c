/*
 * What a line of the core changes, and when the pane of a prompt comes to the
 * front. The focus stays where it is.
 */

#include "config.h"

#include "ui/app/state.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "front/bindings.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "ui/app/decide.h"
#include "ui/diff/diff.h"
#include "ui/panes/composer.h"
#include "ui/panes/confirm.h"
#include "review/review.h"
#include "ui/panes/panes.h"
#include "ui/panes/ui-base.h"
#include "ui/text/input.h"

#define STATE_NOTICE_MS 8000
#define STATE_WRITES_MS 100	/* to wait for all that a decision does */

/* How long a notice hides the keys: at least this, and longer for a long
 * text. */
#define STATE_NOTICE_BYTE_MS 50

/* ---- the result of a decision, in one line ---- */

/* While hunks are open, the model isn't told. */
static const char *
apply_notice_reason(const struct ui *ui)
{
	return fold_words(ui->fold->proposal).reasons == 0 ||
	    fold_undecided(ui->fold->proposal) > 0 ||
	    !review_facts(&ui->review).tells ? "" : ", reason sent";
}

/* The user's own decision was the last act, in a session with a message line. */
static bool
state_decided_here(const struct ui *ui)
{
	return ui->waits.last == LAST_DECISION &&
	    ev_mode_has_model(ui->fold->mode);
}

/* The message line has the cursor, or gets it now: Esc leads to the keys. */
static const char *
apply_notice_esc(const struct ui *ui)
{
	if (ui->typing)
		return "Esc ";
	if (state_decided_here(ui) && ui->waits.undo < UNDO_ASKED_IN_LIST &&
	    fold_undecided(ui->fold->proposal) == 0)
		return "Esc ";
	return "";
}

/* What the user's decision wrote, in one line. */
static void
apply_notice_wrote(struct ui *ui, const struct fold_change *c)
{
	const struct fold_proposal *p = ui->fold->proposal;
	bool undo = c != NULL && c->undoes != 0 && !c->is_redo;
	bool part = p != NULL && p->undo_part, whole = fold_undecided(p) == 0;
	AUTO_BUF struct buf b = BUF_INIT(0);
	int added = 0, removed = 0, gone = 0, n;

	if (c == NULL || c->who == NULL || strcmp(c->who, "you") != 0)
		return;
	if (ev_is(ui->fold->mode, "review") && c->undoes == 0) {
		ui_notice_as(ui, NOTICE_STAYS, "discarded a hunk of %s · %s "
		    "brings it back", c->files[0].path, ui_key_of(ui,
		    ACTION_UNDO));
		return;
	}
	MEM_EACH(c, files, f) {
		added += f->added;
		removed += f->removed;
		gone += fold_is_gone(ui->fold, f->path);
	}
	n = part ? fold_hunks(p) - c->rejected : (int)c->files_len;
	if (undo || c->is_redo)
		buf_addf(&b, "%s %d %s%s", undo ? "undid" : "redid", n,
		    part ? "hunk" : "file", n == 1 ? "" : "s");
	else if (n == 1 && gone == 0) {
		buf_adds(&b, "wrote ");
		fold_add_names(&b, c->files[0].from, c->files[0].path);
	} else
		fold_add_wrote(&b, (int)c->files_len, gone, c->files[0].path);
	buf_addf(&b, " (+%d -%d)", added, removed);
	if (c->rejected > 0)
		buf_addf(&b, "; %d hunk%s rejected%s", c->rejected,
		    c->rejected == 1 ? "" : "s", apply_notice_reason(ui));
	if (c->check_running)
		buf_addf(&b, "; the check%s hadn't ended", c->rejected > 0 ||
		    !whole ? " of this part" : "");
	/* The rest of an undo is decided first. */
	whole = whole || c->undoes == 0;
	if (whole)
		buf_addf(&b, " · %s%s %s", apply_notice_esc(ui),
		    ui_key_of(ui, undo ? ACTION_REDO : ACTION_UNDO),
		    undo ? "redoes" : "undoes");
	ui_notice_as(ui, whole ? NOTICE_OFFERS : NOTICE_STAYS, "%s",
	    buf_str(&b));
}

/* What went to git's index, or came out of it. */
static void
apply_notice_staged(struct ui *ui, const struct ev_applied *x)
{
	const char *what = ui->fold->items[ui->fold->items_len - 1].title;
	bool redo;

	(void)fold_change_named(ui->fold, x->undoes, &redo);
	if (x->undoes != 0 && !redo)
		ui_notice_as(ui, NOTICE_STAYS, "%s · %s stages %s again", what,
		    ui_key_of(ui, ACTION_REDO), x->ops_len == 1 ? "it" :
		    "them");
	else
		ui_notice_as(ui, NOTICE_STAYS, "%s · /commit commits what is "
		    "staged · %s undoes", what, ui_key_of(ui, ACTION_UNDO));
}

/* What was decided; what it wrote is said instead. */
static void
apply_notice_decided(struct ui *ui)
{
	const struct fold_item *it = &ui->fold->items[ui->fold->items_len - 1];

	ui_notice_as(ui, NOTICE_STAYS, "%s%s", it->title,
	    apply_notice_reason(ui));
}

/* The core sent this line, which is folded already. */
static void
apply_notice_line(struct ui *ui, const struct event *e)
{
	const char *first = NULL;
	int n = 0;

	if (!ui->fold->live)
		return;
	if (e->type == EVENT_ERROR && ev_is(e->error.kind, "apply"))
		ui_notice(ui, "%s", e->error.text);
	if (e->type == EVENT_DECISION && strcmp(e->by, "user") == 0)
		apply_notice_decided(ui);
	if (e->type != EVENT_APPLIED)
		return;
	/* Files that changed on disk are reported by diff-header.c. */
	MEM_EACH(&e->applied, ops, op)
		if (!op->ok && !ev_is(op->error, "changed") && n++ == 0)
			first = ev_str(op->text, ev_str(op->path, "?"));
	if (n == 1)
		ui_notice(ui, "not %s: %s", e->applied.index ? "staged" :
		    "written", first);
	else if (n > 1)
		ui_notice(ui, "%d files not %s, such as %s", n,
		    e->applied.index ? "staged" : "written", first);
	else if (e->applied.index)
		apply_notice_staged(ui, &e->applied);
	else if (ui->diff.unwritten == NULL)
		apply_notice_wrote(ui, fold_change_find(ui->fold,
		    e->applied.tx));
	else
		/* That hunks were accepted: the header says what became of
		 * it, and the row is for the hunk that is open again. */
		FREE_NULL(ui->notice);
}

/*
 * What has happened since the user's last key, in one line that stays until the
 * next one and is kept current. Only what the journal has; nothing, if that is
 * nothing.
 */

static void
away_add(struct buf *b, size_t n, const char *one, const char *more)
{
	if (n > 0)
		buf_addf(b, "%s%zu %s", b->len > 0 ? ", " : "", n,
		    n == 1 ? one : more);
}

/* What the model has done. */
static void
away_work(const struct fold *f, int64_t seq, struct buf *b)
{
	size_t commands = 0, edits = 0;

	MEM_EACH_BACK(f, items, it) {
		if (it->seq <= seq)
			break;
		if (it->kind != ITEM_TOOL || it->own)
			continue;
		edits += it->diff && it->ok;
		commands += it->command;
	}
	away_add(b, commands, "command", "commands");
	away_add(b, edits, "edit", "edits");
}

/* Append it; nothing, if nothing has happened. */
static void
away_add_all(const struct fold *f, int64_t seq, struct buf *b)
{
	const struct fold_evidence *e = &f->evidence;
	size_t i, wrote = 0;
	int n = fold_undecided(f->proposal);

	away_work(f, seq, b);
	if (e->seq > seq && fold_check(f).ran && !e->running && !e->stale &&
	    e->killed == NULL)
		buf_addf(b, "%scheck %s", b->len > 0 ? ", " : "",
		    e->exit == 0 ? "passed" : "failed");
	for (i = f->changes_len; i > 0 && f->changes[i - 1].seq > seq; i--)
		wrote += !f->changes[i - 1].index;
	away_add(b, wrote, "change written", "changes written");
	if (f->ended && f->end.seq > seq)
		buf_addf(b, "%stask: %s", b->len > 0 ? ", " : "",
		    fold_outcome(f));
	if (b->len > 0 && n > 0)
		buf_addf(b, "; %d hunk%s to review", n, n == 1 ? "" : "s");
}

void
away_notice(struct ui *ui, int64_t seq)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	char *before;

	if (seq <= 0 || seq >= ui->fold->seq)
		return;
	away_add_all(ui->fold, seq, &b);
	if (b.len == 0)
		return;
	before = xstrdup_null(ui_has_notice(ui, NOTICE_AWAY) ?
	    ui->noticed.before : ui->notice);
	ui_notice_as(ui, NOTICE_AWAY, "%s%ssince your last key here: %s",
	    before == NULL ? "" : before, before == NULL ? "" : " · ",
	    buf_str(&b));
	ui->noticed.before = before;
	ui->noticed.away_seq = seq;
	ui->noticed.away_now = ui->fold->seq;
}

static void
away_notice_update(struct ui *ui)
{
	if (ui_has_notice(ui, NOTICE_AWAY) &&
	    ui->noticed.away_now < ui->fold->seq)
		away_notice(ui, ui->noticed.away_seq);
}

/* Does what has the keys keep them? The message line does, but before the first
 * key of all. */
static bool
state_is_held(const struct ui *ui)
{
	if (ui->typing && (ui->last_key >= 0 || ui->purpose != UI_SAY ||
	    !input_is_empty(&ui->input)))
		return true;
	return ui->help || ui->pick.list != NULL || confirm_is_question(ui);
}

/* Does the user read or work elsewhere? */
static bool
state_is_elsewhere(const struct ui *ui)
{
	const struct pane *pane = &ui->panes[ui->at];
	int64_t of;

	/* The screen was opened for a question of the command that runs. */
	if (ui->last_key < 0 && ev_is(ui->fold->mode, "try"))
		return false;
	if (ui->waits.away || ui->search.text != NULL)
		return true;
	switch (ui->at) {
	case PANE_OUTPUT:
		/* Don't leave the output of the user's own command; but while
		 * the command waits for permission it has no output. */
		if (ui->waits.own_output && ui->fold->output.own &&
		    prompt_waiting_pane(ui) != PANE_ASK)
			return true;
		/* FALLTHROUGH */
	case PANE_TRANSCRIPT:
		return !pane->follow;
	default:
		return !ui->typing && prompt_pane(ui, &of) != PROMPT_PANE;
	}
}

static bool
state_comes(const struct ui *ui)
{
	return ui->waits.id != NULL && !state_is_held(ui) && (ui->typing ||
	    ui->at != prompt_waiting_pane(ui)) && !state_is_elsewhere(ui);
}

bool
state_to_waiting(struct ui *ui)
{
	enum pane_id to = prompt_waiting_pane(ui);

	if (ui->waits.id == NULL || (!ui->typing && ui->at == to))
		return false;
	ui->typing = false;
	view_visit(ui, to);
	return true;
}

/* A page comes to the front by itself. Keys that were pressed since what led to
 * it began may still be meant for something else. */
static void
state_page_comes(struct ui *ui, enum pane_id to)
{
	bool other = to != ui->at;

	view_go(ui, to);
	ui->review.came = true;
	if (other && ui->waits.last == LAST_KEY && ui->waits.until == UNTIL_NOTHING)
		ui->waits.until = UNTIL_TAB;
}

static bool
state_attend_now(struct ui *ui)
{
	if (!state_comes(ui) || ui->now - ui->last_key < UI_QUIET_MS)
		return false;
	/* A notice of the last key was about the pane that leaves. */
	if (!ui_notice_stays(ui))
		FREE_NULL(ui->notice);
	ui->typing = false;
	state_page_comes(ui, prompt_waiting_pane(ui));
	confirm_make(ui);
	return true;
}

/* Nothing is open any more. Where your own decision was the last, the cursor is
 * in the message line; for a time letters may still be meant for what is
 * decided. */
static void
state_attend_nothing(struct ui *ui)
{
	bool to_list = ui->waits.undo >= UNDO_ASKED_IN_LIST && !ui->typing;

	if (ui->at == PANE_ASK || (ui->waits.id != NULL &&
	    ui->at == ui->waits.pane)) {
		view_go(ui, to_list ? PANE_CHANGES : PANE_TRANSCRIPT);
		if (state_decided_here(ui) && !to_list && !state_is_held(ui)) {
			typing_begin(ui, UI_SAY, NULL);
			ui->written.until = ui->now + REVIEW_MS;
			ui->written.first = true;
		}
	}
	if (ui->waits.id != NULL && ui->waits.undo == UNDO_OF_LIST)
		ui->waits.undo = UNDO_NONE;
	FREE_NULL(ui->waits.id);
	ui->waits.away = false;
	if (ui->waits.last == LAST_DECISION)
		ui->waits.last = LAST_MESSAGE;
	if (ui->waits.until == UNTIL_TAB)
		ui->waits.until = UNTIL_NOTHING;
}

/* Does what was announced last still wait? */
static bool
state_still_waits(const struct ui *ui)
{
	bool waits = false;
	int i;

	for (i = REVIEW_ASK; i < REVIEW_WAITS; i++) {
		AUTO_FREE char *name = !ui->review.waits[i] ? NULL :
		    review_wait_name(&ui->review, (enum review_wait)i);

		waits = waits || ev_is(name, ui->waits.id);
	}
	return waits;
}

/* What waits gets the keys, unless the user is busy. */
static void
state_attend(struct ui *ui)
{
	AUTO_FREE char *waiting = NULL;
	bool here;

	review_update_waits(&ui->review);
	waiting = review_wait_name(&ui->review, ui->review.first);
	/* Who answered what waited before goes on to what waits now. */
	here = !ui->typing && ui->waits.id != NULL &&
	    ui->at == ui->waits.pane && !state_still_waits(ui);
	if (waiting == NULL) {
		state_attend_nothing(ui);
		return;
	}
	/* The question may be gone while old lines are read, too. */
	if (ui->at == PANE_ASK && prompt_waiting_pane(ui) != PANE_ASK)
		view_go(ui, here ? prompt_waiting_pane(ui) : PANE_TRANSCRIPT);
	/* An old prompt that is already answered moves nothing. */
	if (!(ui->fold->live || ui->checking) || (ui->waits.id != NULL &&
	    strcmp(ui->waits.id, waiting) == 0))
		return;
	ui_notice_end(ui, NOTICE_OFFERS);
	xstrset(&ui->waits.id, waiting);
	ui->waits.pane = prompt_waiting_pane(ui);
	/* Show a new plan or proposal from its beginning. */
	if (ui->waits.pane == PANE_PLAN || ui->waits.pane == PANE_ASK) {
		ui->panes[ui->waits.pane].top = 0;
		list_go(&ui->panes[ui->waits.pane], 0);
	}
	if (ui->waits.undo == UNDO_ASKED || ui->waits.undo ==
	    UNDO_ASKED_IN_LIST)
		(void)state_to_waiting(ui);
	else if (state_is_held(ui))
		ui->waits.away = true;
	else if (here)
		state_page_comes(ui, ui->waits.pane);
	else
		state_attend_now(ui);
}

/* The project's files suggest a check, and none is set: said once. */
static void
state_offer_check(struct ui *ui)
{
	const struct fold *f = ui->fold;

	if (!f->live || f->check_found == NULL || ui->check_offered ||
	    ui->notice != NULL)
		return;
	ui->check_offered = true;
	if (f->test != NULL || f->plan.check != NULL)
		return;
	ui_notice_as(ui, NOTICE_OFFERS, "no check is set · /check %s "
	    "sets the project's", f->check_found);
}

/* What of the screen may be other after this line. */
static enum frame
state_draws(const struct ui *ui, const struct event *e,
    enum review_change change, bool same_state)
{
	/* A list of commands says which can be given now. */
	if (ui->pick.list != NULL)
		return FRAME_ALL;
	/* Elsewhere the hints say how many hunks are open; if none is now, or
	 * was before, something else can be done. */
	if (e->type == EVENT_DRAFT && change == REVIEW_KNOWN &&
	    e->draft.marks == NULL && !ev_is(e->draft.mark, "none") &&
	    fold_undecided(ui->fold->proposal) > (ui->at != PANE_DIFF))
		return ui->at == PANE_DIFF && !ui->typing ? FRAME_NONE :
		    FRAME_HINTS;
	/* Other words for it: the frame when keys begin to count has them, too. */
	if (e->type == EVENT_STATUS && same_state)
		return ui->review.came_until != 0 ? FRAME_NONE : FRAME_HINTS;
	return e->type == EVENT_DELTA && (ev_is(e->delta.kind, "text") ||
	    ev_is(e->delta.kind, "thinking")) ? FRAME_SAME : FRAME_ALL;
}

/* How long things have lasted. True: what is going on is the same as before. */
static bool
state_clocks(struct ui *ui, const struct event *e)
{
	const char *state = ev_str(ui->fold->status.state, "");
	bool same = ev_is(ui->clocks.state.name, state);

	if (!same) {
		xstrset(&ui->clocks.state.name, state);
		ui->clocks.state.since = ui->now;
		ui_notice_end(ui, NOTICE_BEGINS);
		ui_notice_end(ui, NOTICE_QUEUED);
	}
	if (ui->clocks.output.starts != ui->fold->output.starts) {
		ui->clocks.output.starts = ui->fold->output.starts;
		ui->clocks.output.since = ui->now;
	}
	/* Attached later: its clocks don't begin again. */
	if (e->type == EVENT_STATUS && ui->fold->status.for_ms > 0) {
		ui->clocks.state.since = ui->now - ui->fold->status.for_ms;
		if (strcmp(state, "tool") == 0)
			ui->clocks.output.since = ui->clocks.state.since;
	}
	return same;
}

/* Pages that have to be made again before they are read. */
static void
state_pages(struct ui *ui, enum event_type type, enum review_change change)
{
	size_t i;

	/* They point to freed records. */
	if (change == REVIEW_FREED)
		for (i = 0; i < PANE_COUNT; i++)
			ui->panes[i].stale = true;
	/* Marks aren't in the page, but what the check's row says may depend on
	 * the last one. */
	else if (type == EVENT_DRAFT && (change != REVIEW_KNOWN ||
	    fold_undecided(ui->fold->proposal) == 0))
		ui->panes[PANE_DIFF].stale = true;
}

/* What a line of the journal, or of the core, changes on the screen. */
void
state_line(struct ui *ui, const struct event *e)
{
	const struct ui_part *const *part;
	const struct fold_file *file;
	const struct fold_hunk *hunk;
	enum event_type type = e->type;
	enum review_change change;
	bool same;

	if (colours_line(ui, e)) {
		ui_draws(ui, FRAME_SAME);
		return;
	}
	/* Your own decision leaves texts that were there before. */
	if (type != EVENT_DELTA && type != EVENT_DRAFT &&
	    type != EVENT_EVIDENCE && type != EVENT_STATUS &&
	    !ui->staging.on)
		ui->review.came = true;
	if (type == EVENT_REFUSED) {
		ui_notice(ui, "%s", e->refused.text);
		ui->waits.undo = UNDO_NONE;
		ui->review.news.split = false;
	}
	/* It may offer to take back what no key does any more. */
	if (type == EVENT_DECISION)
		FREE_NULL(ui->notice);
	review_before(&ui->review, e);
	for (part = state_parts; *part != NULL; part++)
		if ((*part)->before != NULL)
			(*part)->before(ui, e);
	fold_event(ui->fold, e);
	ui->checking = ui->checking && !ui->fold->live;
	change = review_after(&ui->review, e);
	state_pages(ui, type, change);
	for (part = state_parts; *part != NULL; part++)
		if ((*part)->line != NULL)
			(*part)->line(ui, e);
	/* From one that is decided to the next, before its rows go. */
	if (type == EVENT_DECISION && (hunk = diff_hunk(ui, &file)) !=
	    NULL && hunk->decided)
		diff_next_undecided(ui);
	apply_notice_line(ui, e);
	state_offer_check(ui);
	/* What was interrupted has ended. */
	if (type == EVENT_AGENT_END && ui_has_notice(ui, NOTICE_INTERRUPT))
		ui_notice(ui, "a message continues the task · %s leaves",
		    ui_leave_key(ui));
	commit_run_line(&ui->git.run, ui->fold, type);
	same = state_clocks(ui, e);
	/* The page names the step that the agent works on. */
	if (!same)
		ui->panes[PANE_DIFF].stale = true;
	state_attend(ui);
	staging_line(ui, e);
	take_back_line(ui, type);
	if (type != EVENT_DELTA && type != EVENT_STATUS)
		confirm_make(ui);
	(void)held_is_due(ui);
	away_notice_update(ui);
	/* What a decision writes comes in several lines: one frame has them. */
	if (type == EVENT_DECISION || ev_is(ui->fold->status.state,
	    "applying"))
		ui->want.frame_at = ui->want.frame_at != 0 ?
		    ui->want.frame_at : ui->now + STATE_WRITES_MS;
	else
		ui_draws(ui, ui->want.frame_at != 0 ? FRAME_ALL :
		    state_draws(ui, e, change, same));
}

void
state_checking(struct ui *ui)
{
	ui->checking = true;
	state_attend(ui);
	ui_draws(ui, FRAME_ALL);
}

/* When a notice ends and the keys are visible again; -1: it hides none. */
static int64_t
state_notice_ends(const struct ui *ui)
{
	return ui->notice == NULL || ui_notice_stays(ui) ||
	    status_has_both(ui, ui->screen->cols) ? -1 : ui->noticed.since +
	    STATE_NOTICE_MS + STATE_NOTICE_BYTE_MS *
	    (int64_t)strlen(ui->notice);
}

static bool
state_notice_end(struct ui *ui)
{
	int64_t at = state_notice_ends(ui);

	if (at < 0 || ui->now < at)
		return false;
	FREE_NULL(ui->notice);
	return true;
}

int64_t
state_sooner(int64_t a, int64_t b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

int64_t
state_deadline(const struct ui *ui)
{
	int64_t at = state_notice_ends(ui);
	int64_t since = ui->clocks.state.since;

	if (ui->search.runs)
		return ui->now;
	if (ui_is_working(ui))
		at = state_sooner(at, since + ((ui->now - since) / 1000 + 1) *
		    1000);
	if (ui->want.frame_at != 0)
		at = state_sooner(at, ui->want.frame_at);
	if (state_comes(ui))
		at = state_sooner(at, ui->last_key + UI_QUIET_MS);
	if (ui->held.row != NULL && verdict_counts(ui))
		at = state_sooner(at, ui->held.together + 1);
	at = state_sooner(at, background_list_due(ui));
	if (ui->review.came_until != 0)
		at = state_sooner(at, ui->review.came_until);
	at = state_sooner(at, staging_due(ui));
	return ui->review.counts_at == 0 ? at : state_sooner(at,
	    ui->review.counts_at);
}

bool
state_tick(struct ui *ui)
{
	bool changed = state_notice_end(ui);
	enum frame what = FRAME_NONE;

	background_list_tick(ui);
	if (ui->search.runs) {
		search_step(ui, false);
		changed = true;
	}
	if (review_tick(&ui->review, ui->now))
		what = FRAME_HINTS;
	if (held_is_due(ui)) {
		held_act(ui);
		changed = true;
	}
	changed = staging_replay(ui) || changed;
	if (ui_is_working(ui))
		what = FRAME_SAME;
	changed = changed || (ui->want.frame_at != 0 &&
	    ui->now >= ui->want.frame_at);
	if (state_attend_now(ui) || changed)
		what = FRAME_ALL;
	ui_draws(ui, what);
	return what != FRAME_NONE;
}
