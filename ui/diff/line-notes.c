/*
 * Rows of the diff that are told of a file, a hunk or a line: the fold's notes, the
 * user's comments, and blocks that moved.
 */

#include "config.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/lines.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "base/utf8.h"
#include "front/bindings.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "ui/diff/diff.h"
#include "ui/panes/composer.h"
#include "ui/panes/ui-base.h"
#include "ui/term/screen.h"
#include "review/moved.h"
#include "ui/text/page.h"
#include "review/pairs.h"

#define LINE_NOTES_ELSEWHERE 5	/* findings in unchanged files */
#define LINE_NOTES_ORIGINAL 2048	/* bytes of it */

/* A note; takes the text. */
static void
line_note_add(struct page *p, enum style style, const char *first,
    struct buf *text)
{
	size_t len = text->len;

	page_add(p, style, first, NULL, page_keep_take(p, buf_take(text)),
	    len);
}

/* Is it one for which a test could be added? */
static bool
line_note_asks(const struct fold_note *n)
{
	return n->row == &fold_note_rows[NOTE_UNNOTICED];
}

/* A note on a line, or (`place`) with its line. */
static void
line_note_draw(struct page *p, const struct fold_note *n, bool place,
    const char *indent)
{
	static const struct { const char *sign; enum style style; } looks[] = {
		[NOTE_TELLS] = { "= ", STYLE_DIM },
		[NOTE_SAYS] = { "", STYLE_MODEL },
		[NOTE_LOOK] = { "! ", STYLE_BADGE },
		[NOTE_WARNS] = { "! ", STYLE_BAD },
	};
	struct fold_note here = *n;
	struct buf b = BUF_INIT(0);
	const char *first;

	if (n->row->level == NOTE_QUIET)
		return;
	here.line = place ? n->line : 0;
	fold_add_note(&b, &here);
	first = page_keep_take(p, xasprintf("%s%s", indent,
	    looks[n->row->level].sign));
	line_note_add(p, looks[n->row->level].style, first, &b);
}

/* The comments on a line; 0: on the hunk. */
static void
line_comment_add(struct page *p, const struct fold_hunk *h, int line)
{
	MEM_EACH(h, comments, c) {
		if (c->end != line)
			continue;
		page_add(p, STYLE_USER, c->end > c->line ? page_keep_take(p,
		    xasprintf("you, on the %d lines above: ", c->end -
		    c->line + 1)) : "you: ", NULL, c->text, strlen(c->text));
		if (c->answer != NULL)
			page_add(p, STYLE_MODEL, "model answers: ", NULL,
			    c->answer, strlen(c->answer));
	}
}

void
line_notes_below(const struct ui *ui, struct page *p,
    const struct fold_file *f, const struct fold_hunk *h,
    const struct pair_line *l, int line)
{
	/* The lines of an edited hunk are the user's own. */
	if (h->edit != NULL && l != NULL)
		return;
	MEM_EACH(f, notes, n)
		if (n->hunk == (int)(h - f->hunks) &&
		    !(ui->diff.quiet && line_note_asks(n)) && (l == NULL ?
		    n->line == 0 : n->line > 0 && n->line == (n->old ?
		    l->before : l->after)))
			line_note_draw(p, n, false, "");
	line_comment_add(p, h, line);
}

void
line_notes_file(const struct ui *ui, struct page *p, const struct fold_file *f,
    bool listed)
{
	MEM_EACH(f, notes, n)
		if (n->hunk == FOLD_NOTE_FILE && listed == (ui->diff.reasons &&
		    n->row->level == NOTE_SAYS && n->line == 0))
			line_note_draw(p, n, true, listed ? "    " : "");
}

static void
line_note_elsewhere(struct page *p, const struct fold_finding *g)
{
	struct buf b = BUF_INIT(0);
	AUTO_FREE char *says = xasprintf("says: %s:%d", g->path, g->line);

	fold_finding_text(&b, g, says);
	line_note_add(p, STYLE_MODEL, "", &b);
}

void
line_notes_model(struct ui *ui, struct page *p)
{
	size_t all = 0, elsewhere = 0;

	MEM_EACH(&ui->fold->findings, list, g)
		all += g->by == NULL;
	if (all > 0)
		page_addf(p, STYLE_DIM, "%zu finding%s of the model", all,
		    all == 1 ? "" : "s");
	MEM_EACH(&ui->fold->findings, list, g)
		if (g->by == NULL && !g->proposed && fold_find_file(ui->fold,
		    g->path) == NULL && ++elsewhere <= LINE_NOTES_ELSEWHERE)
			line_note_elsewhere(p, g);
	if (elsewhere > LINE_NOTES_ELSEWHERE)
		page_addf(p, STYLE_DIM, "and %zu more in unchanged files: "
		    "see the transcript", elsewhere - LINE_NOTES_ELSEWHERE);
}

/*
 * Blocks that moved (src/review/moved.h). What was changed in one has the original
 * above it.
 */

bool
moved_line_changed(struct ui *ui, int file, int hunk, int line)
{
	size_t n;
	const struct moved_change *c = moved_changes_at(review_moved(&ui->review),
	    file, hunk, line, &n);

	for (; n > 0 && c->how == MOVED_GONE; c++)
		n--;
	return n > 0;
}

/* Was the hunk with the block's other side rejected or edited? Then perhaps nothing
 * moves. The word for it, or NULL. */
static const char *
moved_rejected(const struct ui *ui, const struct moved_block *m)
{
	const struct fold_hunk *h = &ui->fold->proposal->
	    files[m->other.file].hunks[m->other.hunk];

	return h->edit != NULL ? "edited" : h->mark == MARK_NO ?
	    fold_word(ui->fold, "rejected") : NULL;
}

size_t
moved_lines_equal(struct ui *ui, int file, int hunk, int line)
{
	const struct fold_file *files = ui->fold->proposal->files, *from, *to;
	const struct moved_block *b;
	size_t n = moved_equal_lines(review_moved(&ui->review), file, hunk, line,
	    &b);

	if (n == 0 || b->uneven || moved_rejected(ui, b) != NULL)
		return 0;
	from = &files[b->added ? b->other.file : file];
	to = &files[b->added ? file : b->other.file];
	/* There they may mean something else. */
	return fold_badge(from) != fold_badge(to) || (from->before.mode ==
	    0100755) != (to->after.mode == 0100755) ? 0 : n;
}

static void
moved_block_words(struct ui *ui, struct page *p, const struct moved_block *m)
{
	struct buf b = BUF_INIT(0);

	if (m->changed == 0)
		buf_addf(&b, "%zu lines ", m->equal);
	buf_addf(&b, "moved %s line %d", m->added ? "from" : "to",
	    m->other.number);
	if (m->other.file != m->at.file) {
		buf_adds(&b, " of ");
		fold_add_name(&b, ui->fold->proposal->
		    files[m->other.file].path_bytes);
	}
	if (m->changed > 0)
		buf_addf(&b, ", %zu of %zu lines changed", m->changed,
		    m->equal + m->changed);
	if (m->indented)
		buf_adds(&b, ", indented differently");
	if (moved_rejected(ui, m) != NULL)
		buf_addf(&b, ", %s there", moved_rejected(ui, m));
	line_note_add(p, STYLE_DIM, "= ", &b);
}

void
moved_blocks_add(struct ui *ui, struct page *p, int file, int hunk, int line)
{
	const struct moved *m = review_moved(&ui->review);
	const struct moved_block *b = moved_block_at(m, file, hunk, line);
	const struct moved_change *c;
	const char *first, *s;
	size_t n, len;

	if (b != NULL)
		moved_block_words(ui, p, b);
	c = moved_changes_at(m, file, hunk, line, &n);
	for (; n > 0; c++, n--) {
		struct buf text = BUF_INIT(0);

		if (!c->added || c->how == MOVED_ONLY)
			continue;
		first = c->how == MOVED_GONE ? "= left out: " : "= was: ";
		s = ui->fold->proposal->files[c->other.file].hunks[
		    c->other.hunk].text + c->other.off;
		len = utf8_cut(s, c->other.len, LINE_NOTES_ORIGINAL);
		buf_add(&text, s, len);
		buf_adds(&text, len < c->other.len ? " \xe2\x80\xa6" : "");
		line_note_add(p, STYLE_DIM, first, &text);
	}
}

/*
 * Comments on lines of a hunk. The core stores them at once (in the journal),
 * and sends them to the model with the decision on the hunk.
 */

/* The comment on these lines; on one line also one on several, with that line
 * among them. */
static const struct fold_comment *
line_comment_find(const struct fold_hunk *h, int line, int end, bool inside)
{
	const struct fold_comment *found = NULL;

	MEM_EACH(h, comments, c) {
		if (c->line == line && c->end == end)
			return c;
		if (inside && line == end && c->line <= line && line <= c->end)
			found = c;
	}
	return found;
}

/* From the first to the last of the lines that are picked. */
static bool
line_comment_picked(const struct ui *ui, const struct fold_hunk *h, int *line,
    int *end)
{
	struct hunk_walk w = hunk_walk(h->text, h->text_len, 0, 0);
	size_t change = 0;
	int at;

	*line = *end = 0;
	if (ui->lines.hunk == NULL || strcmp(ui->lines.hunk, h->id) != 0)
		return false;
	for (at = 1; hunk_walk_next(&w); at++)
		if ((w.sign == '+' || w.sign == '-') && change <
		    ui->lines.len && ui->lines.pick[change++]) {
			*line = *line == 0 ? at : *line;
			*end = at;
		}
	return *line > 0;
}

/* The hunk to comment on if the cursor is on none: the one above the row; on a
 * file's row its first hunk, an undecided one if possible; or the next one
 * below. */
static const struct fold_hunk *
line_comment_near(struct ui *ui, const struct fold_file **file)
{
	const struct pane *pane = &ui->panes[PANE_DIFF];
	const struct fold_hunk *h;
	struct review_target t;
	size_t i;

	if (diff_row(ui, &t) != NULL && t.hunk == NULL) {
		(void)diff_goto_open(ui, t.file);
		return diff_hunk(ui, file);
	}
	h = t.hunk;
	for (i = pane->cur; h == NULL && i < pane->page.len; i++)
		h = diff_row_hunk(ui, &pane->page.rows[i]);
	if (h == NULL)
		return NULL;
	diff_goto_hunk(ui, h->id, false);
	return diff_hunk(ui, file);
}

/* With what a comment on this line (0: the hunk) begins, malloc'ed: where no test
 * notices a change, it asks for one. */
static char *
line_comment_begins(struct ui *ui, const struct fold_file *f,
    const struct fold_hunk *h, int line)
{
	int number = line == 0 ? 0 : diff_pairs(ui, h)->v[line - 1].after;

	MEM_EACH(f, notes, n)
		if (line_note_asks(n) && !ui->diff.quiet && h->edit == NULL &&
		    n->hunk == (int)(h - f->hunks) && n->line == number &&
		    (line == 0 || number > 0))
			return xasprintf("%s: add a test for it", n->text);
	return xstrdup("");
}

void
diff_comment(struct ui *ui)
{
	const struct fold_file *f;
	const struct fold_hunk *h = diff_hunk(ui, &f);
	const struct fold_comment *c;
	AUTO_FREE char *place = NULL, *begins = NULL;
	int line, end;
	bool one, answered;

	if (h == NULL)
		h = line_comment_near(ui, &f);
	if (h == NULL || h->decided)
		ui_none(ui, ACTION_LINE_COMMENT);
	else {
		/* The lines of an edited hunk are the user's own. */
		if (h->edit != NULL || !line_comment_picked(ui, h, &line, &end))
			line = end = h->edit != NULL ? 0 : diff_line_here(ui);
		/* On a line of a range, it is the comment on the range. */
		c = line_comment_find(h, line, end, true);
		if (c != NULL) {
			line = c->line;
			end = c->end;
		}
		place = end > line ? xasprintf("%s:%d:%d", h->id, line, end) :
		    xasprintf("%s:%d", h->id, line);
		answered = c != NULL && c->answer != NULL;
		begins = line_comment_begins(ui, f, h, end);
		typing_begin_with(ui, UI_COMMENT, place, c == NULL || answered ?
		    begins : c->text);
		one = line == end && line > 0 && !answered;
		/* It is typed all the same: its letters are no keys. */
		if (ui->fold->mode != NULL && strcmp(ui->fold->mode, "try") ==
		    0)
			ui_notice(ui, "no model to send a comment to");
		else if (c != NULL && !answered)
			ui_notice(ui, "edit your comment · %s clears it",
			    ui_key_of(ui, ACTION_INPUT_KILL_START));
		else
			ui_notice(ui, "on %s%s%s%s%s",
			    line == 0 ? "the hunk" : line == end ? "this line" :
			    "these lines", answered ? " · replaces the answered "
			    "one" : one ? " (" : "", one ? ui_key_of(ui,
			    ACTION_LINES) : "", one ? ": several)" : "",
			    ev_is(ui->fold->mode, "review") ? "" :
			    " · end with ? to ask now");
	}
}

static void
line_comment_text(struct ui *ui, enum ui_purpose purpose, const char *text)
{
	const char *colon = ui->purpose_id == NULL ? NULL :
	    strchr(ui->purpose_id, ':');
	const struct fold_hunk *h = NULL;
	AUTO_FREE char *id = colon == NULL ? NULL : xasprintf("%.*s",
	    (int)(colon - ui->purpose_id), ui->purpose_id);
	char *next = NULL;
	int line = colon == NULL ? 0 : (int)strtol(colon + 1, &next, 10);
	int end = next == NULL || *next != ':' ? line :
	    (int)strtol(next + 1, NULL, 10);
	const struct fold_comment *c = NULL;
	const char *was;
	bool again, other;

	if (purpose != UI_COMMENT)
		return;
	if (id != NULL && fold_find_hunk(ui->fold, id, &h) != NULL)
		c = line_comment_find(h, line, end, false);
	was = c == NULL ? "" : c->text;
	/* A question whose request failed is asked again. */
	again = c != NULL && c->answer == NULL && ui_can_retry(ui) &&
	    fold_comment_asks(ui->fold, text);
	/* If the text is empty, an answered question stays. */
	other = strcmp(text, was) != 0 && (text[0] != '\0' || c == NULL ||
	    c->answer == NULL);
	if (h == NULL || h->decided)
		draft_astray(ui, text, "that hunk changed or is gone");
	else if (again || other) {
		ui->send(ui->send_arg, command_comment(ui->fold->proposal, id,
		    line, end, text));
		if (fold_comment_asks(ui->fold, text)) {
			ui_notice_as(ui, NOTICE_ASKED, "asked · the answer comes "
			    "here and in the transcript; the hunk stays open");
			(void)hunk_edit_key(ui, ACTION_LINES_LEAVE, NULL);
		} else
			ui_notice(ui, "%s", text[0] == '\0' ?
			    "comment removed" :
			    ev_is(ui->fold->mode, "review") ? "comment kept · "
			    "/send sends your comments to a session" :
			    "sent when you write");
	} else if (c != NULL)
		ui_notice(ui, "unchanged: nothing was sent");
}

/* The model has answered: a notice says where. The transcript has it, too. */
static void
line_comment_answered(struct ui *ui, const char *hunk)
{
	const struct fold_proposal *p = ui->fold->proposal;
	AUTO_BUF struct buf b = BUF_INIT(0);
	const struct fold_hunk *h;
	const struct fold_file *f = fold_find_hunk(ui->fold, hunk, &h);

	if (f == NULL || ui->at == PANE_TRANSCRIPT || ui->notice != NULL)
		return;
	sanitize_name(&b, f->path_bytes);
	ui_notice(ui, "%s answered, at hunk %zu/%zu in %s",
	    fold_agent_or(ui->fold, "the model"), h->place + 1, p->hunks_len, buf_str(&b));
}

/* What a block that moved says depends on the mark on its other side. */
static void
moved_marked(struct ui *ui, const struct ev_draft *d)
{
	const struct fold_hunk *h;
	const struct fold_file *f = d->hunk == NULL ? NULL :
	    fold_find_hunk(ui->fold, d->hunk, &h);

	MEM_EACH(&ui->review.moved, blocks, b)
		if (d->marks_len > 0 || (f != NULL && b->at.file ==
		    (int)(f - ui->fold->proposal->files) &&
		    b->at.hunk == (int)(h - f->hunks))) {
			ui->panes[PANE_DIFF].stale = true;
			break;
		}
}

static void
line_comment_line(struct ui *ui, const struct event *e)
{
	bool asked = ui_has_notice(ui, NOTICE_ASKED);

	/* Nothing appears under the cursor. */
	if (e->type == EVENT_NOTICE) {
		ui->diff.quiet = ui->fold->live && ui->at == PANE_DIFF;
		ui->panes[PANE_DIFF].stale = true;
	}
	if (e->type == EVENT_DRAFT)
		moved_marked(ui, &e->draft);
	if (asked && e->type == EVENT_AGENT_END && fold_can_retry(ui->fold))
		ui_notice(ui, "no answer: %s · %s asks again",
		    ev_is(e->agent_end.outcome, "provider") ?
		    "the request failed" : "interrupted",
		    ui_key_or(ui, ACTION_RETRY, "/retry"));
	if (e->type != EVENT_COMMENT || strcmp(e->by, "model") != 0)
		return;
	ui_notice_end(ui, NOTICE_ASKED);
	if (ui->fold->live && e->comment.hunk != NULL)
		line_comment_answered(ui, e->comment.hunk);
}

const struct ui_part diff_notes = {
	.line = line_comment_line,
	.text = line_comment_text,
};
