/*
 * Parts of a hunk, or an edited hunk: splits a hunk, picks single lines, opens
 * its text in the editor. Decisions are sent through decide.c; an edit is kept
 * (draft.c) until it is accepted, and comes back into the editor with the reason.
 */

#include "config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "front/bindings.h"
#include "gate/patch.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "ui/diff/diff.h"
#include "ui/panes/composer.h"
#include "ui/panes/confirm.h"
#include "review/review.h"
#include "ui/panes/ui-base.h"

#define HUNK_EDIT_WHY "Doesn't apply: "
#define HUNK_EDIT_HELP \
	"# Lines that start with a space stay, with - are deleted, with + are\n" \
	"# added. To keep a - line, replace its - with a space. Change, delete\n" \
	"# or add + lines as you like. Lines that start with # are ignored. To\n" \
	"# leave the hunk as it was, delete all lines.\n"

#define HUNK_EDIT_OVERWRITES "it now overwrites newer lines"

static bool
hunk_edit_has_lines(struct ui *ui, const struct fold_hunk *h)
{
	const struct fold_file *f = fold_find_hunk(ui->fold, h->id, &h);

	if (f != NULL && !f->binary && h->text_len > 0 &&
	    f->after.mode != 0120000 && f->before.mode != 0120000)
		return true;
	ui_notice(
	    ui, "this change has no lines: only as a whole");
	return false;
}

/* ---- lines ---- */

/* Forget the picks if the hunk is gone or has other lines, or (`all`) always. */
static void
hunk_edit_lines_drop(struct ui *ui, bool all)
{
	const struct fold_hunk *h;
	const char *text;
	size_t len;

	if (ui->lines.hunk == NULL)
		return;
	if (!all && fold_find_hunk(ui->fold, ui->lines.hunk, &h) != NULL &&
	    !h->decided) {
		text = diff_text(h, &len);
		if (hunk_text_changes(text, len) == ui->lines.len)
			return;
	}
	FREE_ALL(ui->lines.hunk, ui->lines.pick);
	ui->lines = (struct ui_lines){ .picks = ui->lines.picks };
}

static void
hunk_edit_lines_begin(struct ui *ui, const struct fold_hunk *h)
{
	const char *text;
	size_t len;

	if (!hunk_edit_has_lines(ui, h))
		return;
	hunk_edit_lines_drop(ui, true);
	(void)diff_show_moved(ui, h);
	text = diff_text(h, &len);
	ui->lines.hunk = xstrdup(h->id);
	ui->lines.len = hunk_text_changes(text, len);
	ui->lines.pick = xcalloc(ui->lines.len + 1, sizeof(bool));
	diff_goto_change(ui);
	ui_notice(ui, "%s picks (*) a + or - line · %s %s the picked "
	    "lines · %s %s them · %s stops",
	    ui_key_of(ui, ACTION_LINE_PICK),
	    ui_key_of(ui, ACTION_LINES_ACCEPT), fold_word(ui->fold, "accepts"),
	    ui_key_of(ui, ACTION_LINE_COMMENT),
	    ev_is(ui->fold->mode, "review") ? "comments on" : "asks about",
	    ui_key_of(ui, ACTION_LINES_LEAVE));
}

static void
hunk_edit_lines_pick(struct ui *ui, const struct fold_hunk *h)
{
	int n = diff_numbered(ui, DIFF_LINE);

	if (h == NULL || strcmp(h->id, ui->lines.hunk) != 0 || n <= 0 ||
	    (size_t)n > ui->lines.len) {
		ui_none(ui, ACTION_LINE_PICK);
		return;
	}
	ui->lines.pick[n - 1] = !ui->lines.pick[n - 1];
	ui->lines.picks++;
	ui->lines.picked += ui->lines.pick[n - 1] ? 1 : (size_t)-1;
	diff_next_change(ui);
}

/* `answered`: also if the hunk isn't read. */
static void
hunk_edit_lines_take(struct ui *ui, const struct fold_hunk *h, bool answered)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const char *text;
	size_t len;

	if (ui->lines.picked == 0) {
		ui_none(ui, ACTION_LINES_ACCEPT);
		return;
	}
	/* A hunk that isn't displayed now is not accepted. */
	if (h == NULL || strcmp(ui->lines.hunk, h->id) != 0) {
		ui_notice(ui,
		    "these lines are in another hunk; go back to it, or stop "
		    "picking (%s)",
		    ui_key_of(ui, ACTION_LINES_LEAVE));
		return;
	}
	if (!answered && !seen_is_full(seen_find(&ui->review, h->id))) {
		ui_notice(ui, "the hunk isn't read · %s %s them %s",
		    ui_key_of(ui, ACTION_ACCEPT_UNREAD),
		    fold_word(ui->fold, "accepts"),
		    fold_word(ui->fold, "unread"));
		return;
	}
	text = diff_text(h, &len);
	hunk_text_pick(&b, text, len, ui->lines.pick);
	ui_send(ui, review_edit(&ui->review, h, buf_str(&b), b.len, false,
	    answered));
	/* The cursor stays: the hunk is displayed as it will be written. */
	ui_notice(ui, "picked lines %s, rest %s · %s undoes it",
	    fold_word(ui->fold, "accepted"), fold_word(ui->fold, "rejected"),
	    ui_key_of(ui, ACTION_UNDO));
	hunk_edit_lines_drop(ui, true);
}

/* ---- the editor ---- */

static void
hunk_edit_edit(struct ui *ui, const struct fold_hunk *h)
{
	if (!hunk_edit_has_lines(ui, h))
		return;
	xstrset(&ui->diff.edit.hunk, h->id);
	ui->diff.edit.overwrites = h->overwrites;
	ui->want_edit = UI_EDIT_HUNK;
}

/* Add text as comment lines. */
static void
hunk_edit_comment(struct buf *b, const char *what, const char *words)
{
	AUTO_FREE char *s = sanitize_dup(words, 0);

	buf_addf(b, "# %s%s\n", what, s);
}

/* The text after the reason that was added the last time. */
static const char *
hunk_edit_after_why(const char *text, size_t len)
{
	static const char reason[] = "# " HUNK_EDIT_WHY;

	if (len < sizeof(reason) || memcmp(text, reason, sizeof(reason) - 1)
	    != 0)
		return text;
	return mem_line_after(text, text + len);
}

/* An error counts the lines as the next edit shows them: below the reason. */
static int
hunk_edit_amend(struct hunk_amended *m, const struct fold_hunk *h,
    const char *text, size_t len, struct err *e)
{
	const char *p = hunk_edit_after_why(text, len);
	AUTO_BUF struct buf whole = BUF_INIT(0);

	buf_adds(&whole, "#\n");
	buf_add(&whole, p, (size_t)(text + len - p));
	return hunk_text_amend(m, h->text, h->text_len, buf_str(&whole),
	    whole.len, e);
}

/* Add the text that was kept, below the reason why it doesn't apply. */
static void
hunk_edit_add_kept(const struct ui *ui, struct buf *b,
    const struct fold_hunk *h, const char *text, size_t len)
{
	const char *p = hunk_edit_after_why(text, len);
	struct hunk_amended m;
	struct err e = ERR_INIT;

	if (hunk_edit_amend(&m, h, text, len, &e) < 0)
		hunk_edit_comment(b, HUNK_EDIT_WHY, e.text);
	else
		hunk_amended_release(&m);
	if (ui->diff.edit.overwrites && strstr(text, FOLD_OVERWRITES) == NULL)
		hunk_edit_comment(b, "", FOLD_OVERWRITES);
	buf_add(b, p, (size_t)(text + len - p));
}

static char *
hunk_edit_text(struct ui *ui, size_t *len, int64_t *of UNUSED,
    struct err *e UNUSED)
{
	const struct fold_hunk *h = NULL;
	const struct fold_file *f = ui->diff.edit.hunk == NULL ? NULL :
	    fold_find_hunk(ui->fold, ui->diff.edit.hunk, &h);
	struct buf b = BUF_INIT(0);
	AUTO_FREE char *kept = NULL;
	size_t kept_len;

	if (f == NULL || h->decided)
		return NULL;
	kept = draft_text(ui, UI_HUNK_TEXT, h->id, &kept_len);
	if (kept != NULL) {
		hunk_edit_add_kept(ui, &b, h, kept, kept_len);
	} else {
		hunk_edit_comment(&b, "A hunk of ", f->path);
		if (ui->diff.edit.overwrites)
			hunk_edit_comment(&b, "", FOLD_OVERWRITES);
		buf_adds(&b, HUNK_EDIT_HELP);
		buf_addf(&b, "@@ -%d,%d +%d,%d @@\n", h->old_start,
		    h->old_lines, h->new_start, h->new_lines);
		if (h->edit != NULL)
			buf_add(&b, h->edit, h->edit_len);
		else
			buf_add(&b, h->text, h->text_len);
	}
	*len = b.len;
	return buf_take(&b);
}

static bool
hunk_edit_is_empty(const char *text, size_t len)
{
	const char *p, *end = text + len;

	for (p = text; p < end; p = mem_line_after(p, end))
		if (*p != '#' && *p != '\n' && strncmp(p, "@@ ", 3) != 0)
			return false;
	return true;
}

static void
hunk_edit_unchanged(struct ui *ui, const struct fold_hunk *h)
{
	if (h->mark == MARK_NONE)
		ui_notice(ui, "hunk unchanged · %s %s it",
		    ui_key_of(ui, ACTION_ACCEPT),
		    fold_word(ui->fold, "accepts"));
	else
		ui_notice(ui, "hunk unchanged");
}

static void
hunk_edit_edited(struct ui *ui, const char *text, size_t len,
    int64_t of UNUSED, const char *why)
{
	const char *id = ui->diff.edit.hunk;
	const struct fold_hunk *h = NULL;
	struct hunk_amended m;
	struct err e = ERR_INIT;

	if (text == NULL) {
		ui_notice(ui, "%s", why);
		return;
	}
	ui->diff.edit.sent = false;
	if (id == NULL || fold_find_hunk(ui->fold, id, &h) == NULL ||
	    h->decided) {
		(void)draft_text_to_line(ui, text, len);
		ui_notice(ui, "not sent: the hunk changed while you edited it · "
		    "your text is a message now");
		return;
	}
	draft_text_put(ui, UI_HUNK_TEXT, id, NULL, 0);
	if (hunk_edit_is_empty(text, len)) {
		hunk_edit_unchanged(ui, h);
		return;
	}
	if (hunk_edit_amend(&m, h, text, len, &e) < 0) {
		draft_text_put(ui, UI_HUNK_TEXT, id, text, len);
		ui_notice(ui, "doesn't apply: %s · %s edits it again", e.text,
		    ui_key_of(ui, ACTION_HUNK_EDIT));
		return;
	}
	if (m.len == h->text_len && memcmp(m.text, h->text, m.len) == 0)
		hunk_edit_unchanged(ui, h);
	else if (h->overwrites && !ui->diff.edit.overwrites) {
		draft_text_put(ui, UI_HUNK_TEXT, id, text, len);
		ui_notice(ui,
		    HUNK_EDIT_OVERWRITES "; not sent · %s edits it again",
		    ui_key_of(ui, ACTION_HUNK_EDIT));
	} else {
		/* The core answers an edit that doesn't apply with
		 * `refused`. */
		draft_text_put(ui, UI_HUNK_TEXT, id, text, len);
		ui->diff.edit.sent = true;
		ui_send(ui, review_edit(&ui->review, h, m.text, m.len, true,
		    false));
		diff_next_undecided(ui);
		ui_notice(ui, "your version is %s · %s undoes it",
		    fold_word(ui->fold, "accepted"), ui_key_of(ui, ACTION_UNDO));
	}
	hunk_amended_release(&m);
}

const struct ui_edit_ops edit_hunk = {
	.name = "hunk.diff",
	.text = hunk_edit_text,
	.done = hunk_edit_edited,
};

/* ---- keys ---- */

bool
hunk_edit_key(struct ui *ui, enum action_id id, const struct fold_hunk *h)
{
	switch (id) {
	case ACTION_SPLIT:
		ui->review.news.split = true;
		ui->send(ui->send_arg, command_about(ui->fold->proposal,
		    "split", h->id));
		return true;
	case ACTION_HUNK_EDIT:
		hunk_edit_edit(ui, h);
		return true;
	case ACTION_LINES:
		hunk_edit_lines_begin(ui, h);
		return true;
	case ACTION_LINE_PICK:
		hunk_edit_lines_pick(ui, h);
		return true;
	case ACTION_LINES_ACCEPT:
	case ACTION_ACCEPT_UNREAD:
		hunk_edit_lines_take(ui, h, id == ACTION_ACCEPT_UNREAD);
		return true;
	case ACTION_LINES_LEAVE:
		hunk_edit_lines_drop(ui, true);
		return true;
	default:
		return false;
	}
}

static void
hunk_edit_row(struct ui *ui, const struct event *e)
{
	size_t len;
	AUTO_FREE char *kept = e->type != EVENT_REFUSED ||
	    !ui->diff.edit.sent ? NULL : draft_text(ui, UI_HUNK_TEXT,
	    ui->diff.edit.hunk, &len);

	if (kept != NULL) {
		ui->diff.edit.sent = false;
		diff_goto_hunk(ui, ui->diff.edit.hunk, false);
		ui_notice(ui, "doesn't apply: %s · %s edits it again",
		    e->refused.text, ui_key_of(ui, ACTION_HUNK_EDIT));
	}
	hunk_edit_lines_drop(ui, false);
}

static void
hunk_edit_release(struct ui *ui)
{
	hunk_edit_lines_drop(ui, true);
	free(ui->diff.edit.hunk);
}

const struct ui_part diff_edit = {
	.line = hunk_edit_row,
	.release = hunk_edit_release,
};
