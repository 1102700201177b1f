/*
 * The row above the proposal that doesn't scroll: where the cursor is, how much
 * is decided, and whether the success check passed on the text as it will be
 * written. It leaves out the least important parts until it fits.
 */
#include "config.h"

#include "ui/diff/diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "front/action.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"
#include "ui/base/displayed.h"
#include "ui/base/pane-data.h"
#include "ui/base/send-decision.h"
#include "ui/base/ui-base.h"
#include "ui/diff/effect.h"
#include "ui/term/screen.h"

enum {
	HEADER_FILE = 1,	/* "file 2/5" */
	HEADER_MARKS = 2,	/* "5 accepted, 2 rejected" */
	HEADER_UNSEEN = 4,
	HEADER_CHECK = 8,	/* "check passed", and */
	HEADER_TEXT = 16,	/* "on this text", and sentences */
	HEADER_BARE = 32,	/* "3/9" alone, where only that leaves room for
				   the check */
	HEADER_WHY = 64,	/* the key that shows its failure */
	HEADER_NAME = 128,	/* "parse.c" */
};

struct header {
	size_t	file, files;	/* from 1; 0: the cursor is on none */
	size_t	hunk, hunks;
	size_t	yes, no, unseen;
	size_t	marked;		/* the core has the mark, but hasn't
				   carried it out */
	bool	edited;
	char	*name;		/* of the file, if no row shows it */
};

/* The name of the cursor's file, if its row isn't on the screen; malloc'ed, or
 * NULL. */
static char *
header_name(const struct ui *ui, int file)
{
	const struct pane *pane = &ui->panes[PANE_DIFF];
	const struct page *p = &pane->page;
	const char *path = ui->fold->proposal->files[file].path_bytes, *slash;
	size_t i, end = pane->top + (size_t)pane->height;

	for (i = pane->top; i < end && i < p->len; i++)
		if ((p->rows[i].kind == DIFF_FILE ||
		    p->rows[i].kind == DIFF_LISTED) && p->rows[i].file == file)
			return NULL;
	slash = strrchr(path, '/');
	return ui->diff.tree ? NULL : xstrdup(slash == NULL ? path : slash + 1);
}

static struct header
header_count(const struct ui *ui)
{
	const struct fold_proposal *p = ui->fold->proposal;
	const struct pane *pane = &ui->panes[PANE_DIFF];
	struct header n = { .files = p->files_len };
	const struct page_row *r = pane->cur >= pane->page.len ? NULL :
	    &pane->page.rows[pane->cur];
	size_t i, j;

	n.file = r == NULL || r->file < 0 ? 0 : (size_t)r->file + 1;
	if (n.file > 0 && n.file <= p->files_len)
		n.name = header_name(ui, r->file);
	for (i = 0; i < p->files_len; i++)
		for (j = 0; j < p->files[i].hunks_len; j++) {
			const struct fold_hunk *h = &p->files[i].hunks[j];
			enum fold_mark m = decision_mark(ui, h);

			n.hunks++;
			n.yes += m == MARK_YES;
			n.no += m == MARK_NO;
			n.marked += h->mark != MARK_NONE && !h->decided;
			n.unseen += m == MARK_NONE && h->edit == NULL &&
			    !displayed_is_full(displayed_find(ui, h->id));
			n.edited = n.edited || h->edit != NULL;
			if (r != NULL && r->hunk == (int)j &&
			    r->file == (int)i)
				n.hunk = n.hunks;
		}
	return n;
}

/* Is the result with all hunks known, and may all still be accepted? That
 * decision has it, whatever runs now. */
static bool
header_check_is_whole(const struct ui *ui, const struct header *n)
{
	return ui->fold->evidence.whole != NULL && n->no == 0 && !n->edited;
}

bool
diff_check_is_old(const struct ui *ui)
{
	return ui->fold->proposal->undo != 0 && ui->fold->evidence.stale &&
	    !ui->fold->evidence.running;
}

/* Append the success check's state; its style. */
static enum style
header_check(const struct ui *ui, const struct header *n, unsigned with,
    struct buf *b)
{
	bool text = (with & HEADER_TEXT) != 0;
	const struct fold_evidence *e = &ui->fold->evidence;
	bool accepted = fold_check_is_partial(e);
	bool edited = n->edited && !accepted;
	/* What it ran on has been written, or taken back. */
	bool gone = fold_check_is_early(ui->fold) && n->yes == 0;

	if (fold_hook_blocks(ui->fold) != NULL) {
		buf_addf(b, "blocked by %s", fold_hook_blocks(ui->fold)->name);
		return STYLE_BAD;
	}
	if (header_check_is_whole(ui, n) && (e->running || e->stale || gone)) {
		buf_addf(b, "check %s with all %zu", e->whole, n->hunks);
		if (e->running && text)
			buf_addf(b, ", running on %zu", n->yes);
		return strcmp(e->whole, "passed") == 0 ? STYLE_GOOD : STYLE_BAD;
	}
	if (e->running) {
		buf_adds(b, "check running");
		return STYLE_DIM;
	}
	if (!fold_check_has_run(e) && ui->fold->test == NULL &&
	    ui->fold->plan.check == NULL) {
		buf_adds(b, "no check");
		return STYLE_DIM;
	}
	if (!fold_check_has_run(e) || fold_not_run(e->killed) || gone ||
	    diff_check_is_old(ui)) {
		buf_adds(b, "check not run");
		return STYLE_DIM;
	}
	if (fold_check_since(ui->fold)[0] != '\0') {
		buf_addf(b, "check not run%s", fold_check_since(ui->fold));
		return STYLE_DIM;
	}
	if (e->stale || edited) {
		buf_addf(b, "check is stale%s", !text ? "" : edited ?
		    " since your edit" : accepted ? " since your last mark" :
		    "");
		return STYLE_DIM;
	}
	if (fold_check_is_early(ui->fold)) {
		bool ok = e->exit == 0;

		/* What is accepted may need the rest: no alarm. */
		buf_addf(b, text ? "check %s with the %zu of %zu hunks accepted "
		    "so far" : "check %s with %zu of %zu hunks",
		    fold_check_result(e), n->yes, n->hunks);
		if (header_check_is_whole(ui, n) &&
		    ok != (strcmp(e->whole, "passed") == 0))
			buf_addf(b, "; %s with all", e->whole);
		return ok ? STYLE_GOOD : STYLE_DIM;
	}
	if (n->no > 0 && n->no == n->hunks) {
		buf_adds(b, "nothing to check");
		return STYLE_DIM;
	}
	/* The shorter form must not say that what the user chose passed. */
	if (decision_is_unchecked(ui)) {
		buf_addf(b, "check %s with all %zu%s", fold_check_result(e),
		    n->hunks, text ? " hunks" : "");
		return STYLE_DIM;
	}
	/* Of a part of the change: the others are rejected. */
	buf_addf(b, "%scheck %s%s", accepted && !text ? "partial " : "",
	    fold_check_result(e), !text ? "" :
	    accepted ? " with the accepted hunks alone" : " on this text");
	return e->exit == 0 ? STYLE_GOOD : STYLE_BAD;
}

/* Will the core run the check, or run it again, unless the hunks are written
 * first? */
static bool
header_check_comes(const struct ui *ui, const struct header *n)
{
	const struct fold_evidence *e = &ui->fold->evidence;

	return e->running || (fold_check_has_run(e) &&
	    !fold_not_run(e->killed) && (e->stale || (n->edited &&
	    !fold_check_is_partial(e))));
}

bool
diff_redoes(const struct ui *ui)
{
	bool redo;

	(void)fold_change_named(ui->fold, ui->fold->proposal->undo, &redo);
	return redo;
}

void
diff_undo_text(const struct ui *ui, bool files, struct buf *b)
{
	const struct fold_proposal *p = ui->fold->proposal;
	const char *slash;
	bool redo;
	int64_t tx = fold_change_named(ui->fold, p->undo, &redo);

	buf_addf(b, "%s %schange %lld", redo ? "redoes" : "undoes",
	    p->undo_part ? "part of " : "", (long long)tx);
	if (files && p->files_len == 1) {
		slash = strrchr(p->files[0].path_bytes, '/');
		buf_adds(b, " (");
		sanitize_name(b, slash == NULL ? p->files[0].path_bytes :
		    slash + 1);
		buf_addc(b, ')');
	}
}

static void
header_place(const struct header *n, unsigned with, struct buf *b)
{
	const char *many = n->hunks == 1 ? "" : "s";

	if (n->name != NULL && ((with & HEADER_NAME) != 0 ||
	    ((with & HEADER_FILE) != 0 && n->files == 1)))
		buf_addf(b, "%s · ", n->name);
	else if ((with & HEADER_FILE) != 0 && n->name != NULL)
		buf_addf(b, "%s %zu/%zu · ", n->name, n->file, n->files);
	else if ((with & HEADER_FILE) != 0 && n->file > 0)
		buf_addf(b, "file %zu/%zu · ", n->file, n->files);
	else if ((with & HEADER_FILE) != 0)
		buf_addf(b, "%zu file%s · ", n->files,
		    n->files == 1 ? "" : "s");
	if (n->hunk > 0)
		buf_addf(b, "%s%zu/%zu", (with & HEADER_BARE) != 0 ? "" :
		    "hunk ", n->hunk, n->hunks);
	else
		buf_addf(b, "%zu hunk%s", n->hunks, many);
}

static void
header_marks(const struct header *n, struct buf *b)
{
	if (n->yes > 0)
		buf_addf(b, " · %zu accepted", n->yes);
	if (n->no > 0)
		buf_addf(b, "%s%zu rejected", n->yes > 0 ? ", " : " · ", n->no);
}

/* What a key that decides about the last open hunk does; an edit only marks
 * it. */
static void
header_last(const struct ui *ui, const struct header *n, unsigned with,
    struct buf *b)
{
	struct fold_words words = effect_words(ui);
	bool sends = words.reasons + words.comments > 0;
	bool text = sends && (with & HEADER_TEXT) != 0;
	AUTO_FREE char *last = xasprintf(" · last %s/%s", ui_key_of(ui,
	    ACTION_ACCEPT), ui_key_of(ui, ACTION_REJECT));

	if (text || n->yes > 0)
		buf_adds(b, last);
	if (n->yes > 0)
		buf_addf(b, " writes%s", !header_check_is_whole(ui, n) &&
		    header_check_comes(ui, n) ? " without the check" : "");
	if (sends) {
		buf_adds(b, !text ? " · " : n->yes > 0 ? " and sends " :
		    " sends ");
		effect_words_text(&words, b);
		buf_adds(b, text ? " to the model" : " to send");
	} else if (n->yes == 0 && n->hunks > 1) {
		buf_addf(b, "%s %s", last, effect_tells(ui, false) ?
		    "tells the model" : "ends the review");
	}
}

static enum style
header_make(const struct ui *ui, const struct header *n, unsigned with,
    struct buf *place, struct buf *check)
{
	enum style style;

	buf_clear(place);
	buf_clear(check);
	/* A review that takes changes back must not look like one that makes
	 * them. */
	if (ui->fold->proposal != NULL && ui->fold->proposal->undo != 0) {
		diff_undo_text(ui, (with & HEADER_FILE) != 0, place);
		buf_adds(place, " · ");
	}
	header_place(n, with, place);
	if (ui->diff.news)
		buf_addf(place, " · new ones only (%s)",
		    ui_key_of(ui, ACTION_NEWS));
	/* No row on the screen may have one of them. */
	if (ui->diff.space_lines > 0)
		buf_addf(place, " · %d line%s hidden (%s)",
		    ui->diff.space_lines, ui->diff.space_lines == 1 ? "" : "s",
		    ui_key_of(ui, ACTION_VIEW));
	if ((with & HEADER_BARE) == 0)
		buf_addf(place, " · %zu decided", n->yes + n->no);
	if ((with & HEADER_MARKS) != 0)
		header_marks(n, place);
	/* A notice may hide the keys, which say it, too. */
	if (n->yes + n->no + 1 == n->hunks)
		header_last(ui, n, with, place);
	/* The core carries out the decision when a mark completes it. Here every
	 * hunk has its mark, but the last key wrote nothing (an edit, or hiding
	 * a file), so the key does it. */
	if (n->marked == n->hunks && n->hunks > 0) {
		struct effect e = effect_count(ui, effect_as_marked, NULL);

		buf_addf(place, " · %s: ", ui_key_of(ui, ACTION_SEND));
		effect_text(&e, 0, place);
	}
	if ((with & HEADER_UNSEEN) != 0 && n->unseen > 0)
		buf_addf(place, " · %zu unseen", n->unseen);
	if ((with & HEADER_CHECK) == 0)
		return STYLE_PLAIN;
	buf_adds(place, " · ");
	style = header_check(ui, n, with, check);
	if ((with & HEADER_WHY) != 0)
		buf_addf(check, " · %s shows why",
		    ui_key_of(ui, ACTION_PANE_OUTPUT));
	return style;
}

/* In cells; on an ASCII terminal, too, a dot of ours takes one. */
static int
header_width(const struct buf *b)
{
	return sanitize_width(buf_str(b), b->len, 0);
}

static enum style
header_fit(const struct ui *ui, int room, struct buf *place, struct buf *check)
{
	static const unsigned tries[] = {
		HEADER_FILE | HEADER_MARKS | HEADER_UNSEEN | HEADER_CHECK |
		    HEADER_TEXT | HEADER_WHY,
		HEADER_FILE | HEADER_MARKS | HEADER_UNSEEN | HEADER_CHECK |
		    HEADER_WHY,
		HEADER_FILE | HEADER_MARKS | HEADER_CHECK | HEADER_WHY,
		HEADER_FILE | HEADER_CHECK | HEADER_WHY,
		HEADER_FILE | HEADER_MARKS | HEADER_UNSEEN | HEADER_CHECK |
		    HEADER_TEXT,
		HEADER_FILE | HEADER_MARKS | HEADER_UNSEEN | HEADER_CHECK,
		HEADER_FILE | HEADER_MARKS | HEADER_CHECK,
		HEADER_MARKS | HEADER_CHECK,
		HEADER_FILE | HEADER_UNSEEN | HEADER_CHECK,
		HEADER_FILE | HEADER_CHECK,
		HEADER_UNSEEN | HEADER_CHECK, HEADER_CHECK,
		HEADER_NAME | HEADER_BARE | HEADER_CHECK,
		HEADER_BARE | HEADER_CHECK, HEADER_UNSEEN, 0,
	};
	struct header n = header_count(ui);
	/* Does the output pane hold what the check, which failed, printed? */
	bool why = fold_check_has_why(ui->fold) &&
	    fold_hook_blocks(ui->fold) == NULL;
	enum style style = STYLE_PLAIN;
	size_t i;

	for (i = 0; i < MEM_COUNT(tries); i++) {
		if ((tries[i] & HEADER_WHY) != 0 && !why)
			continue;
		if (n.name != NULL && tries[i] == (HEADER_MARKS |
		    HEADER_CHECK))
			continue;
		/* A name is worth more than marks, a number isn't. */
		if (n.name == NULL && (tries[i] == (HEADER_FILE | HEADER_CHECK) ||
		    (tries[i] & HEADER_NAME) != 0))
			continue;
		style = header_make(ui, &n, tries[i], place, check);
		if (header_width(place) + header_width(check) <= room)
			break;
	}
	free(n.name);
	return style;
}

void
diff_header_text(const struct ui *ui, int room, struct buf *b)
{
	AUTO_BUF struct buf place = BUF_INIT(0), check = BUF_INIT(0);

	(void)header_fit(ui, room, &place, &check);
	buf_add(b, place.p, place.len);
	buf_add(b, check.p, check.len);
}

void
diff_header_draw(struct ui *ui, int y, int x, int x_end)
{
	AUTO_BUF struct buf place = BUF_INIT(0), check = BUF_INIT(0);
	enum style style = header_fit(ui, x_end - x, &place, &check);

	x = screen_own(&ui->screen, y, x, x_end, STYLE_BOLD, buf_str(&place));
	screen_own(&ui->screen, y, x, x_end, style, buf_str(&check));
}
