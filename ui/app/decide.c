/*
 * The rules against accidental decisions (review/marks.c makes the commands):
 *
 *  1. A deciding key counts only once what it would do has stood unchanged
 *     on the screen for a time (verdict.c).
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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "front/bindings.h"
#include "journal/command.h"
#include "journal/fold.h"
#include "ui/app/state.h"
#include "ui/app/take-back.h"
#include "ui/app/verdict.h"
#include "ui/diff/diff.h"
#include "ui/diff/effect.h"
#include "ui/diff/product-list.h"
#include "ui/panes/composer.h"
#include "ui/panes/confirm.h"
#include "review/review.h"
#include "ui/panes/limit.h"
#include "ui/panes/panes.h"
#include "ui/panes/prompt-id.h"
#include "ui/panes/ui-base.h"

/* ---- which hunks a key decides ---- */

static bool
decide_is_yes_to_more(enum action_id id)
{
	return id == ACTION_ALL_ACCEPT || id == ACTION_REST_ACCEPT;
}

struct decide_on {
	enum action_id		 id;
	enum fold_mark		 mark;
	const struct fold_file	*file;
	const struct fold_hunk	*hunk;	/* NULL: all of the file, */
	bool			 folder;	/* or of its folder */
};

/* Does the key apply to this undecided hunk, besides the one under the
 * cursor? */
static bool
decide_is_target(const struct decide_on *on, const struct fold_file *f,
    bool below)
{
	switch (on->id) {
	case ACTION_ALL_ACCEPT:
	case ACTION_ALL_REJECT:
		return true;
	case ACTION_REST_ACCEPT:
	case ACTION_REST_REJECT:
		return diff_row_covers(on->file, on->folder, f) && below;
	default:
		return false;
	}
}

/* Accepted as the user worded it: a key that accepts must not bring the model's
 * words back. */
static bool
decide_keeps_edit(const struct ui *ui, enum action_id id,
    const struct fold_hunk *h)
{
	return (id == ACTION_ACCEPT || decide_is_yes_to_more(id)) &&
	    h->edit != NULL && review_mark_of(&ui->review, h) == MARK_YES;
}

/* Does the key apply to this hunk? */
static bool
decide_covers(const struct ui *ui, const struct decide_on *on,
    const struct fold_file *f, const struct fold_hunk *h)
{
	/* A key for several leaves out what isn't shown. */
	if (h->decided || (h != on->hunk && diff_hides(ui, h) &&
	    on->id != ACTION_ALL_ACCEPT && on->id != ACTION_ALL_REJECT) ||
	    (h->overwrites && decide_is_yes_to_more(on->id)) ||
	    decide_keeps_edit(ui, on->id, h))
		return false;
	return h == on->hunk || (review_mark_of(&ui->review, h) == MARK_NONE &&
	    decide_is_target(on, f, on->hunk == NULL ||
	    (f == on->file && h >= on->hunk)));
}

/* Put the ids of the hunks that the key applies to into ui.confirm; the cursor
 * is on this hunk, or (NULL) on the file. */
static void
decide_targets(struct ui *ui, enum action_id id, const struct fold_file *file,
    const struct fold_hunk *hunk)
{
	const struct fold_proposal *p = ui->fold->proposal;
	struct decide_on on = { .id = id, .file = file, .hunk = hunk };
	struct ui_confirm *c = &ui->confirm;
	size_t i, j;

	if (hunk == NULL)
		(void)diff_row(ui, &on.folder);
	c->hunks = xcalloc(p->hunks_len, sizeof(*c->hunks));
	for (i = 0; i < p->files_len; i++)
		for (j = 0; j < p->files[i].hunks_len; j++)
			if (decide_covers(ui, &on, &p->files[i],
			    &p->files[i].hunks[j]))
				c->hunks[c->hunks_len++] = xstrdup(
				    p->files[i].hunks[j].id);
}

/* ---- a key after which no hunk is open: the core writes ---- */

static enum fold_mark
decide_mark_after(const struct ui *ui, const struct fold_file *f,
    const struct fold_hunk *h, const void *arg)
{
	const struct decide_on *on = arg;

	return decide_covers(ui, on, f, h) ? on->mark : review_mark_of(&ui->review, h);
}

/* What the key marks where the cursor is; false: it marks no hunk. */
static bool
decide_on_key(const struct ui *ui, enum action_id id, struct decide_on *on)
{
	bool file = (on->file = diff_row(ui, &on->folder)) != NULL;

	on->id = id;
	on->hunk = NULL;
	on->mark = MARK_YES;
	/* About all that is open, wherever the cursor is. */
	if (id == ACTION_ALL_ACCEPT)
		return true;
	if (!file)
		on->hunk = diff_hunk(ui, &on->file);
	if (on->file == NULL)
		return false;
	switch (id) {
	case ACTION_ACCEPT:
		on->id = file ? ACTION_REST_ACCEPT : id;
		return true;
	case ACTION_LINES_ACCEPT:
		return !file && ui->lines.hunk != NULL &&
		    strcmp(ui->lines.hunk, on->hunk->id) == 0;
	case ACTION_REJECT:
		on->id = file ? ACTION_REST_REJECT : id;
		on->mark = MARK_NO;
		return true;
	case ACTION_REJECT_WORD:
	case ACTION_REST_REJECT:
		on->mark = MARK_NO;
		return !file;
	case ACTION_REST_ACCEPT:
		return true;
	default:
		return false;
	}
}

/* Does the key only mark, even the last open hunk? It may mark several, and isn't
 * always among the hints: the user still has to send the marks. `row`: on the
 * row of a file or folder. */
static bool
decide_only_marks(enum action_id id, bool row)
{
	return !row && (id == ACTION_REST_ACCEPT || id == ACTION_REST_REJECT);
}

bool
decide_effect(const struct ui *ui, enum action_id id, struct effect *e)
{
	const struct fold_proposal *p = ui->fold->proposal;
	struct decide_on on;
	bool any = false;
	size_t i;

	if (p == NULL || !decide_on_key(ui, id, &on) ||
	    decide_only_marks(id, on.hunk == NULL))
		return false;
	for (i = 0; i < p->hunks_len; i++) {
		if (!diff_hunk_is_open(ui, p->hunks[i].hunk))
			continue;
		if (!decide_covers(ui, &on, p->hunks[i].file,
		    p->hunks[i].hunk))
			return false;
		any = true;
	}
	if (any)
		*e = effect_count(ui, decide_mark_after, &on);
	return any;
}

void
decide_effect_text(const struct ui *ui, enum action_id id, bool brief,
    struct buf *b)
{
	struct effect e;

	/* An undo that is rejected goes to nobody. */
	if (!decide_effect(ui, id, &e) || (e.yes == 0 &&
	    ui->fold->proposal->undo != 0))
		return;
	if (e.yes == 0)
		buf_adds(b, effect_tells(ui, id == ACTION_REJECT_WORD) ?
		    id == ACTION_REJECT && brief ? ", tell model" : " and tell the model" :
		    brief ? ", end review" : " and end the review");
	else if (fold_hook_blocks(ui->fold) != NULL)
		buf_adds(b, " and run the hook again");
	else {
		buf_adds(b, brief ? ", " : " and ");
		if (id == ACTION_REJECT && brief)
			buf_addf(b, "write %zu", e.yes);
		else
			effect_text(&e, b);
	}
}

/* Append what the key leaves as it is, of the hunks that it names: " · 1 stays as
 * you edited it". */
static void
decide_untouched(const struct ui *ui, enum action_id id, struct buf *b)
{
	const struct fold_proposal *p = ui->fold->proposal;
	size_t i, n[3] = { 0 };
	struct decide_on on;

	if (!decide_on_key(ui, id, &on))
		return;
	for (i = 0; i < p->hunks_len; i++) {
		const struct fold_file *f = p->hunks[i].file;
		const struct fold_hunk *h = p->hunks[i].hunk;
		enum fold_mark m = review_mark_of(&ui->review, h);

		if (h->decided || !decide_is_target(&on, f,
		    on.hunk == NULL || (f == on.file && h >= on.hunk)) ||
		    decide_covers(ui, &on, f, h))
			continue;
		n[0] += m == MARK_YES && h->edit != NULL;
		n[1] += m == MARK_NO;
		n[2] += m == MARK_NONE;
	}
	if (n[0] > 0)
		buf_addf(b, " · %zu stay%s as you edited %s", n[0],
		    n[0] == 1 ? "s" : "", n[0] == 1 ? "it" : "them");
	if (n[1] > 0)
		buf_addf(b, " · %zu stay%s rejected", n[1],
		    n[1] == 1 ? "s" : "");
	if (n[2] > 0)
		buf_addf(b, " · %zu stay%s open", n[2], n[2] == 1 ? "s" : "");
}

/* ---- what a question is about ---- */

#define DECIDE_NAMED 3		/* files that a question names */

/* Append hunks of a file that follow each other. */
static void
decide_add_run(size_t first, size_t last, bool more, struct buf *b)
{
	buf_addf(b, "%s%zu", more ? ", " : "", first);
	if (last > first)
		buf_addf(b, "-%zu", last);
}

/* Append the numbers of the file's unseen hunks as "2, 4-6"; *at is the first
 * hunk of the question that belongs to it or to a later file. The first
 * unseen one, or NULL. */
static const struct fold_hunk *
decide_add_unseen(const struct ui *ui, const struct fold_file *f,
    size_t before, size_t *at, struct buf *b)
{
	const struct ui_confirm *c = &ui->confirm;
	const struct fold_hunk *h, *first = NULL;
	size_t i, from = 0;

	for (i = 0; i < f->hunks_len; i++) {
		h = &f->hunks[i];
		if (*at < c->hunks_len && strcmp(c->hunks[*at], h->id) == 0) {
			++*at;
			if (!seen_is_full(seen_find(&ui->review, h->id))) {
				from = from == 0 ? before + i + 1 : from;
				first = first == NULL ? h : first;
				continue;
			}
		}
		if (from != 0)
			decide_add_run(from, before + i, b->len > 0, b);
		from = 0;
	}
	if (from != 0)
		decide_add_run(from, before + i, b->len > 0, b);
	return first;
}

/* Name the unseen hunks of a question by their numbers in the header, and
 * remember the first. */
static void
decide_name_unseen(struct ui *ui, struct buf *b)
{
	const struct fold_proposal *p = ui->fold->proposal;
	const struct fold_hunk *first;
	AUTO_BUF struct buf run = BUF_INIT(0);
	size_t i, at = 0, before = 0, files = 0;

	for (i = 0; i < p->files_len; before += p->files[i++].hunks_len) {
		buf_clear(&run);
		first = decide_add_unseen(ui, &p->files[i], before, &at, &run);
		if (first == NULL)
			continue;
		if (files == 0)
			xstrset(&ui->confirm.unseen, first->id);
		if (files++ < DECIDE_NAMED) {
			buf_adds(b, files == 1 ? "" : ", ");
			sanitize_name(b, p->files[i].path_bytes);
			buf_addf(b, " (hunk%s %s)", strpbrk(buf_str(&run),
			    ",-") == NULL ? "" : "s", buf_str(&run));
		}
	}
	if (files > DECIDE_NAMED)
		buf_addf(b, ", %zu more file%s", files - DECIDE_NAMED,
		    files - DECIDE_NAMED == 1 ? "" : "s");
}

static int
decide_count_unseen(const struct ui *ui, int *lines)
{
	const struct fold_hunk *h;
	size_t i;
	int n = 0;

	*lines = 0;
	for (i = 0; i < ui->confirm.hunks_len; i++) {
		const struct seen *s = seen_find(&ui->review, ui->confirm.hunks[i]);

		if (seen_is_full(s) || fold_find_hunk(ui->fold,
		    ui->confirm.hunks[i], &h) == NULL)
			continue;
		n++;
		*lines += seen_missing_lines(s, h->text, h->text_len);
	}
	return n;
}

/* How many hunks are left out when several are accepted. */
static int
decide_count_left(const struct ui *ui)
{
	const struct fold_proposal *p = ui->fold->proposal;
	size_t i;
	int n = 0;

	for (i = 0; i < p->hunks_len; i++)
		n += p->hunks[i].hunk->overwrites &&
		    diff_hunk_is_open(ui, p->hunks[i].hunk);
	return n;
}

/* How many hunks have no mark, not counting the collected ones. */
static size_t
decide_count_others(const struct ui *ui)
{
	const struct fold_hunk *h;
	size_t i, n = effect_count(ui, effect_as_marked, NULL).open;

	for (i = 0; i < ui->confirm.hunks_len; i++)
		n -= fold_find_hunk(ui->fold, ui->confirm.hunks[i], &h) !=
		    NULL && review_mark_of(&ui->review, h) == MARK_NONE;
	return n;
}

/* The key applies to no hunk. */
static void
decide_none(struct ui *ui)
{
	const struct fold_file *f;
	const struct fold_hunk *h = diff_hunk(ui, &f);

	if (h != NULL && h->edit != NULL && !h->decided)
		ui_notice(ui, "accepted as you edited it · %s: next open hunk · "
		    "%s: undo", ui_key_of(ui, ACTION_UNDECIDED_NEXT),
		    ui_key_of(ui, ACTION_UNDO));
	else
		effect_say_all(ui);
}

/* Is there something to decide that is on the screen? If not, the question is
 * over and the user is told why. */
static bool
decide_targets_shown(struct ui *ui)
{
	if (ui->confirm.hunks_len == 0)
		decide_none(ui);
	else if (!diff_space_reveal(ui, ui->confirm.hunks,
	    ui->confirm.hunks_len))
		return true;
	confirm_clear(ui);
	return false;
}

/* Mark all collected hunks at once. A rejection can be taken back until the last
 * mark, which completes the decision. */
static void
decide_targets_send(struct ui *ui, enum action_id id, enum fold_mark mark,
    bool hold)
{
	AUTO_BUF struct buf rest = BUF_INIT(0), name = BUF_INIT(0);
	size_t n = ui->confirm.hunks_len;
	bool back, folder;
	const struct fold_file *file = diff_row(ui, &folder);

	hold = hold || decide_only_marks(id, file != NULL);
	if (!decide_targets_shown(ui))
		return;
	if (mark == MARK_YES && id != ACTION_ALL_ACCEPT)
		decide_untouched(ui, id, &rest);
	/* The cursor goes on to another row. */
	if (file != NULL && !folder) {
		buf_addc(&name, ' ');
		sanitize_name(&name, file->path_bytes);
	}
	back = (mark == MARK_NO || (name.len > 0 && rest.len == 0)) &&
	    decide_count_others(ui) > 0;
	if (!ui_send(ui, review_marks(&ui->review, ui->confirm.hunks, n, mark,
	    ui->confirm.overwrite, hold))) {
		confirm_clear(ui);
		return;
	}
	confirm_clear(ui);
	if (ui->diff.tree_keys || diff_file(ui) != NULL)
		diff_next_file(ui);
	else
		diff_next_undecided(ui);
	if (hold && review_is_complete(&ui->review))
		effect_say_marked(ui, n, mark == MARK_YES ? "accepted" :
		    "rejected", buf_str(&rest));
	else if (back)
		ui_notice(ui, "%s%s · %s undoes %s",
		    mark == MARK_YES ? "accepted" : "rejected",
		    buf_str(&name), ui_key_of(ui, ACTION_UNDO),
		    n == 1 || name.len > 0 ? "it" : "them");
	else if (rest.len > 0)
		ui_notice(ui, "%zu hunk%s accepted%s", n, n == 1 ? "" : "s",
		    buf_str(&rest));
}

/* Reject all that is open, and send nothing yet: then the key writes nothing,
 * needs no question, and can be taken back. */
static void
decide_drop(struct ui *ui)
{
	confirm_clear(ui);
	decide_targets(ui, ACTION_ALL_REJECT, NULL, NULL);
	if (!decide_targets_shown(ui))
		return;
	ui_send(ui, review_marks(&ui->review, ui->confirm.hunks, ui->confirm.hunks_len,
	    MARK_NO, false, true));
	effect_say_marked(ui, ui->confirm.hunks_len, "marked as rejected", "");
	confirm_clear(ui);
}

/* Ask before n hunks are accepted. `unseen` of them weren't seen in full and
 * have `lines` unseen lines; `left` others stay open. */
static void
decide_ask(struct ui *ui, enum action_id id, size_t n, int unseen, int lines,
    int left)
{
	struct buf b = BUF_INIT(0);
	struct effect e;

	if (id == ACTION_UNDO || id == ACTION_REDO)
		effect_undo(ui, &b);
	else if (decide_effect(ui, id, &e)) {
		effect_question(&e, &b);
		effect_check(ui, &e, id == ACTION_ALL_ACCEPT, &b);
	} else
		buf_addf(&b, "Accept %zu hunk%s?", n, n == 1 ? "" : "s");
	if (unseen > 0) {
		buf_addf(&b, " You haven't seen %d of them (%d line%s): ",
		    unseen, lines, lines == 1 ? "" : "s");
		decide_name_unseen(ui, &b);
		buf_addc(&b, '.');
	}
	if (left > 0 && id == ACTION_ALL_ACCEPT)
		buf_addf(&b, " %d that overwrite%s newer lines stay%s open.",
		    left, left == 1 ? "s" : "", left == 1 ? "s" : "");
	confirm_ask(ui, id, buf_take(&b));
}

/* Show what wasn't seen of the hunk, or of the file under the tree's cursor,
 * instead of accepting it. */
static bool
decide_shows_rest(struct ui *ui, enum action_id id,
    const struct fold_file *file, const struct fold_hunk *hunk)
{
	struct diff_folder d;

	if (id == ACTION_ACCEPT)
		return diff_show_rest(ui, id, NULL);
	return hunk == NULL && ui->diff.tree_keys && file != NULL &&
	    id == ACTION_REST_ACCEPT && !diff_tree_folder(ui, &d) &&
	    diff_show_rest(ui, ACTION_ACCEPT, file);
}

static void
decide_yes(struct ui *ui, enum action_id id, const struct fold_file *file,
    const struct fold_hunk *hunk, bool hold)
{
	int hunks, lines, left = decide_count_left(ui);
	AUTO_BUF struct buf what = BUF_INIT(0);
	size_t n;

	confirm_clear(ui);
	decide_targets(ui, id, file, hunk);
	hunks = decide_count_unseen(ui, &lines);
	n = ui->confirm.hunks_len;
	if (n == 0 && left > 0) {
		ui_notice(ui,
		    "the remaining hunks overwrite newer lines: "
		    "review each, %s accepts it",
		    ui_key_of(ui, ACTION_ACCEPT));
		return;
	}
	if (!decide_targets_shown(ui))
		return;
	if (hunks > 0 && decide_shows_rest(ui, id, file, hunk)) {
		confirm_clear(ui);
		return;
	}
	if (id == ACTION_ACCEPT && hunk->overwrites) {
		buf_adds(&what, "this hunk");
		decide_effect_text(ui, id, false, &what);
		confirm_overwrite(ui, id, buf_str(&what), lines);
		return;
	}
	if (hunks == 0 && id != ACTION_ALL_ACCEPT) {
		decide_targets_send(ui, id, MARK_YES, hold);
		return;
	}
	decide_ask(ui, id, n, hunks, lines, left);
}

void
decide_undo(struct ui *ui, enum action_id id, bool fresh)
{
	int hunks = 0, lines = 0;

	if (decide_count_left(ui) > 0) {
		ui_notice(ui, "%s", FOLD_OVERWRITES_ALONE);
		return;
	}
	(void)diff_space_reveal_all(ui);
	confirm_clear(ui);
	decide_targets(ui, ACTION_ALL_ACCEPT, NULL, NULL);
	if (!decide_targets_shown(ui))
		return;
	if (!fresh)
		hunks = decide_count_unseen(ui, &lines);
	decide_ask(ui, id, ui->confirm.hunks_len, hunks, lines, 0);
	ui->confirm.fresh = fresh;
}

void
decide_settled(struct ui *ui)
{
	int lines;

	if (!ui->confirm.fresh || !verdict_stands(ui))
		return;
	ui->confirm.fresh = false;
	if (decide_count_unseen(ui, &lines) == 0)
		return;
	decide_undo(ui, ui->confirm.action, false);
	review_came(&ui->review);
	ui->want_frame = true;
}

static void
decide_no(struct ui *ui, enum action_id id, const struct fold_file *file,
    const struct fold_hunk *hunk, bool hold)
{
	confirm_clear(ui);
	decide_targets(ui, id, file, hunk);
	decide_targets_send(ui, id, MARK_NO, hold);
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
	const char *scope = NULL;
	size_t i;

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
	bool overwrite = ui->confirm.overwrite;

	switch (id) {
	case ACTION_PALETTE:
		pick_command_confirmed(ui);
		break;
	case ACTION_ACCEPT:
	case ACTION_REST_ACCEPT:
	case ACTION_ALL_ACCEPT:
	case ACTION_UNDO:
	case ACTION_REDO:
		/* Each mark says whether its hunk was seen; the last mark
		 * completes the decision. A hunk that joined the proposal
		 * meanwhile has no mark and holds it up. */
		decide_targets_send(ui, id, MARK_YES, false);
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
		hunk_edit_lines_send(ui, overwrite);
		break;
	case ACTION_CHANGES_COMMIT:
		confirm_clear(ui);
		ui->want_edit = UI_RUN_COMMIT;
		break;
	case ACTION_NEVER:
		product_list_hide_now(ui);
		confirm_clear(ui);
		break;
	default:
		confirm_clear(ui);
		break;
	}
}

/* ---- keys ---- */

/* Ask for the reason at the file's first open hunk. */
static void
decide_row_word(struct ui *ui, const struct fold_file *f)
{
	size_t i = 0;

	while (i + 1 < f->hunks_len && !diff_hunk_is_open(ui, &f->hunks[i]))
		i++;
	if (diff_space_reveal(ui, &f->hunks[i].id, 1))
		return;
	if (diff_is_folded(ui, f))
		diff_open_file(ui, f);
	diff_goto_hunk(ui, f->hunks[i].id);
	typing_begin(ui, UI_REJECT, f->hunks[i].id);
}

/* Keys on the row of a file or folder. Its hunks needn't be on the screen:
 * accepting unseen ones asks first. */
static bool
decide_file_key(struct ui *ui, enum action_id id)
{
	bool folder, hold = decide_only_marks(id, false);
	const struct fold_file *f = diff_row(ui, &folder);

	id = id == ACTION_REST_ACCEPT ? ACTION_ACCEPT :
	    id == ACTION_REST_REJECT ? ACTION_REJECT : id;
	if (f == NULL || (id != ACTION_ACCEPT && id != ACTION_REJECT &&
	    id != ACTION_REJECT_WORD))
		return false;
	if (id == ACTION_REJECT_WORD && folder)
		ui_notice(ui, "a reason is for a hunk or a file, not for a "
		    "folder");
	else if (diff_row_is_open(ui)) {
		if (id == ACTION_REJECT_WORD)
			decide_row_word(ui, f);
		else if (id == ACTION_REJECT)
			decide_no(ui, ACTION_REST_REJECT, f, NULL, hold);
		else
			decide_yes(ui, ACTION_REST_ACCEPT, f, NULL, hold);
	} else
		ui_notice(ui, "no hunk of this %s is open · %s undoes",
		    folder ? "folder" : "file", ui_key_of(ui, ACTION_UNDO));
	return true;
}

static void
decide_send(struct ui *ui)
{
	const struct fold_proposal *p = ui->fold->proposal;

	if (review_count(&ui->review, MARK_NONE) == p->hunks_len)
		ui_notice(ui, "nothing is marked · %s accepts, %s rejects",
		    ui_key_of(ui, ACTION_ACCEPT),
		    ui_key_of(ui, ACTION_REJECT));
	else	/* never "all": a hunk that joined stays undecided */
		ui->send(ui->send_arg, command_about(p, "decide"));
}

/* The keys that need no undecided hunk at the cursor. */
static bool
decide_any_key(struct ui *ui, enum action_id id, const struct fold_hunk *h)
{
	switch (id) {
	case ACTION_SEND:
		decide_send(ui);
		return true;
	case ACTION_ALL_ACCEPT:
		decide_yes(ui, id, NULL, NULL, false);
		return true;
	case ACTION_ALL_REJECT:
		decide_drop(ui);
		return true;
	case ACTION_CHECK:
		ui->send(ui->send_arg, command_of("evidence"));
		return true;
	case ACTION_LINE_PICK:
	case ACTION_LINES_ACCEPT:
	case ACTION_LINES_LEAVE:
		hunk_edit_key(ui, id, h);
		return true;
	default:
		return product_list_key(ui, id) || decide_file_key(ui, id);
	}
}

static void
decide_diff_key(struct ui *ui, enum action_id id)
{
	const struct fold_file *file;
	const struct fold_hunk *h = diff_hunk(ui, &file);
	const struct seen *s;

	if (decide_any_key(ui, id, h))
		return;
	if (h == NULL) {
		ui_notice(ui, "no hunk here · %s goes to the next",
		    ui_key_of(ui, ACTION_HUNK_NEXT));
		return;
	}
	if (h->decided) {
		ui_notice(ui, "this hunk is already being applied");
		return;
	}
	if ((id == ACTION_SPLIT || id == ACTION_LINES ||
	    id == ACTION_HUNK_EDIT || id == ACTION_REJECT_WORD) &&
	    diff_space_reveal(ui, &h->id, 1))
		return;
	if ((id == ACTION_SPLIT || id == ACTION_LINES) &&
	    hunk_edit_key(ui, id, h))
		return;
	s = seen_find(&ui->review, h->id);
	/* To accept it first shows the rest. */
	if (id != ACTION_ACCEPT && (s == NULL || !s->framed)) {
		ui_notice(ui, "not on screen yet: look at it first");
		return;
	}
	switch (id) {
	case ACTION_ACCEPT:
	case ACTION_REST_ACCEPT:
		decide_yes(ui, id, file, h, false);
		break;
	case ACTION_REJECT:
	case ACTION_REST_REJECT:
		decide_no(ui, id, file, h, false);
		break;
	case ACTION_REJECT_WORD:
		typing_begin(ui, UI_REJECT, h->id);
		break;
	default:
		hunk_edit_key(ui, id, h);
		break;
	}
}

void
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
	ui_send(ui, review_mark(&ui->review, h, MARK_NO, word, hold));
	diff_next_undecided(ui);
	if (hold)
		review_came(&ui->review);
	if (hold && review_is_complete(&ui->review))
		effect_say_marked(ui, 0, "rejected, with your reason", "");
	else if (word[0] != '\0')
		ui_notice(ui, "rejected, with your reason · %s undoes it",
		    ui_key_of(ui, ACTION_UNDO));
}

static void
decide_approve(struct ui *ui, enum action_id id)
{
	AUTO_FREE char *surface = prompt_id(ui), *text = NULL;
	struct seen *s = seen_find(&ui->review, surface);
	struct buf b = BUF_INIT(0), shown = BUF_INIT(0);
	bool edit = id == ACTION_PLAN_APPROVE && plan_edit_waits(ui);
	int lines;

	if (seen_is_full(s) && id == ACTION_ALLOW &&
	    fold_asks_outside(ui->fold)) {
		confirm_ask(ui, id, xstrdup(fold_ask_words(ui->fold)->
		    confirm));
		return;
	}
	if (seen_is_full(s) && !edit) {
		if (id == ACTION_PLAN_APPROVE)
			ui_send(ui, review_plan(&ui->review, "approve", NULL, NULL));
		else
			decide_allow(ui, id);
		return;
	}
	if (id == ACTION_PLAN_APPROVE)
		text = plan_text(ui->fold);
	else {
		fold_ask_shown(&shown, ui->fold);
		text = buf_take(&shown);
	}
	lines = seen_missing_lines(s, text, strlen(text));
	if (edit)
		buf_addf(&b, "Approve version %d without your edit?",
		    ui->fold->plan.version);
	else
		buf_adds(&b, id == ACTION_PLAN_APPROVE ? "Approve this plan?" :
		    fold_ask_words(ui->fold)->title);
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
	return (a->contexts & (ACTION_CTX_ASK | ACTION_CTX_NET | ACTION_CTX_PAUSE |
	    ACTION_CTX_PLAN | ACTION_CTX_DIFF | ACTION_CTX_FILES |
	    ACTION_CTX_LINES)) != 0 &&
	    (a->flags & ACTION_LOOKS) == 0 &&	/* handled by the pane, */
	    a->id != ACTION_HUNK_NEXT && a->id != ACTION_HUNK_PREV &&
	    a->id != ACTION_UNDO && a->id != ACTION_REDO;	/* of more */
}

bool
decide_key(struct ui *ui, const struct action *a)
{
	char *version;

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
	case ACTION_EXTEND:
	case ACTION_EXTEND_BY:
	case ACTION_WRAP:
	case ACTION_STOP:
		return limit_key(ui, a->id);
	case ACTION_PLAN_EDIT:
		ui->want_edit = UI_EDIT_PLAN;
		break;
	case ACTION_PLAN_RETURN:
		version = xasprintf("%d", ui->fold->plan.version);
		typing_begin(ui, UI_RETURN, version);
		free(version);
		break;
	default:
		decide_diff_key(ui, a->id);
		break;
	}
	return true;
}
