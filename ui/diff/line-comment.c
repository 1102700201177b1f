/*
 * Comments on lines of a hunk. The core stores them at once (in the journal),
 * and sends them to the model with the decision on the hunk.
 */
#include "config.h"

#include "ui/diff/line-comment.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "front/bindings.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"
#include "ui/diff/diff.h"
#include "ui/diff/hunk-edit.h"
#include "ui/diff/line-notes.h"
#include "ui/panes/draft.h"
#include "ui/panes/pane-data.h"
#include "ui/panes/typing-data.h"
#include "ui/panes/typing.h"
#include "ui/panes/ui-base.h"
#include "ui/term/screen.h"
#include "ui/text/page.h"

#define ASKED "asked · the answer comes here and in the transcript; the hunk " \
	"stays open"

/* The comment on these lines; on one line also one on several, with that line
 * among them. */
static const struct fold_comment *
line_comment_find(const struct fold_hunk *h, int line, int end, bool inside)
{
	const struct fold_comment *c, *found = NULL;
	size_t i;

	for (i = 0; i < h->comments_len; i++) {
		c = &h->comments[i];
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
	const char *p = h->text, *nl;
	int at = 1, change = 0;

	for (*line = *end = 0; p < h->text + h->text_len; at++, p = nl + 1) {
		change += *p == '+' || *p == '-';
		if ((*p == '+' || *p == '-') &&
		    hunk_edit_is_picked(ui, h, change)) {
			*line = *line == 0 ? at : *line;
			*end = at;
		}
		if ((nl = memchr(p, '\n', h->text_len -
		    (size_t)(p - h->text))) == NULL)
			break;
	}
	return *line > 0;
}

void
line_comment_add(struct page *p, const struct fold_hunk *h, int line)
{
	const struct fold_comment *c;
	size_t row = p->len, i;

	for (i = 0; i < h->comments_len; i++) {
		c = &h->comments[i];
		if (c->end != line)
			continue;
		page_add(p, STYLE_USER, c->end > c->line ? page_keep_take(p,
		    xasprintf("you, on the %d lines above: ", c->end -
		    c->line + 1)) : "you: ", line_note_rest(p,
		    "you: "), c->text, strlen(c->text), true);
		if (c->answer != NULL)
			page_add(p, STYLE_MODEL, "model answers: ",
			    line_note_rest(p, "model answers: "), c->answer,
			    strlen(c->answer), true);
	}
	for (; row < p->len; row++) {
		p->rows[row].kind = DIFF_NOTE;
		p->rows[row].line = line;
	}
}

/* Without a hunk under the cursor: the first one of the file that the cursor is
 * on, undecided if there is one, or the next one below. */
static const struct fold_hunk *
line_comment_near(struct ui *ui, const struct fold_file **file)
{
	const struct pane *pane = &ui->panes[PANE_DIFF];
	const struct fold_hunk *h = NULL;
	const struct page_row *r;
	bool folder;
	size_t i = pane->cur;

	if ((*file = diff_row(ui, &folder)) != NULL) {
		for (i = 0; i + 1 < (*file)->hunks_len && !diff_hunk_is_open(ui,
		    &(*file)->hunks[i]); i++)
			;
		h = &(*file)->hunks[i];
	}
	for (; h == NULL && i < pane->page.len; i++) {
		r = &pane->page.rows[i];
		h = diff_row_hunk(ui, r);
	}
	if (h == NULL)
		return NULL;
	if (*file != NULL && diff_is_folded(ui, *file))
		diff_open_file(ui, *file);
	diff_goto_hunk(ui, h->id);
	return diff_hunk(ui, file);
}

bool
line_comment_key(struct ui *ui, enum action_id id)
{
	const struct fold_file *f;
	const struct fold_hunk *h = diff_hunk(ui, &f);
	const struct fold_comment *c;
	char *place;
	int line, end;
	bool one, answered;

	if (id != ACTION_LINE_COMMENT)
		return false;
	if (h == NULL)
		h = line_comment_near(ui, &f);
	if (h == NULL)
		ui_notice(ui, "no hunk here · %s goes to the next",
		    ui_key_of(ui, ACTION_HUNK_NEXT));
	else if (h->decided)
		ui_notice(ui, "this hunk is already being applied");
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
		typing_begin_with(ui, UI_COMMENT, place, c == NULL || answered ?
		    "" : c->text);
		free(place);
		one = line == end && line > 0 && !answered;
		/* It is typed all the same: its letters are no keys. */
		if (ui->fold->mode != NULL && strcmp(ui->fold->mode, "try") ==
		    0)
			ui_notice(ui, "no model to send a comment to");
		else if (c != NULL && !answered)
			ui_notice(ui, "edit your comment · %s clears it",
			    ui_key_of(ui, ACTION_INPUT_KILL_START));
		else
			ui_notice(ui, "on %s%s%s%s · end with ? to ask now",
			    line == 0 ? "the hunk" : line == end ? "this line" :
			    "these lines", answered ? " · replaces the answered "
			    "one" : one ? " (" : "", one ? ui_key_of(ui,
			    ACTION_LINES) : "", one ? ": several)" : "");
	}
	return true;
}

void
line_comment_send(struct ui *ui, const char *text)
{
	const char *colon = ui->purpose_id == NULL ? NULL :
	    strchr(ui->purpose_id, ':');
	const struct fold_hunk *h = NULL;
	char *id = colon == NULL ? NULL : xasprintf("%.*s",
	    (int)(colon - ui->purpose_id), ui->purpose_id);
	char *next = NULL;
	int line = colon == NULL ? 0 : (int)strtol(colon + 1, &next, 10);
	int end = next == NULL || *next != ':' ? line :
	    (int)strtol(next + 1, NULL, 10);
	const struct fold_comment *c = NULL;
	const char *was;
	bool again, other;

	if (id != NULL && fold_find_hunk(ui->fold, id, &h) != NULL)
		c = line_comment_find(h, line, end, false);
	was = c == NULL ? "" : c->text;
	/* A question whose request failed is asked again. */
	again = c != NULL && c->answer == NULL && ui_can_retry(ui) &&
	    fold_comment_asks(text);
	/* Without a text, an answered question stays. */
	other = strcmp(text, was) != 0 && (text[0] != '\0' || c == NULL ||
	    c->answer == NULL);
	if (h == NULL || h->decided)
		draft_astray(ui, text, "that hunk changed or is gone");
	else if (again || other) {
		ui->send(ui->send_arg, command_comment(ui->fold->proposal, id,
		    line, end, text));
		ui_notice(ui, "%s", fold_comment_asks(text) ? ASKED :
		    text[0] == '\0' ? "comment removed" :
		    "sent to the model with your decision on this hunk");
		if (fold_comment_asks(text))
			hunk_edit_lines_drop(ui, true);
	} else if (c != NULL)
		ui_notice(ui, "unchanged: nothing was sent");
	free(id);
}

/* The rows of the comment on this line of a hunk; false: it isn't shown. */
static bool
line_comment_rows(const struct ui *ui, const char *hunk, int line,
    size_t *first, size_t *last)
{
	const struct page *p = &ui->panes[PANE_DIFF].page;
	const struct page *right = &ui->diff.right;
	size_t i = diff_find_head(ui, hunk), end;

	end = i < p->len ? diff_hunk_end(p, i) : i;
	for (*first = end; i < end; i++)
		if ((p->rows[i].kind == DIFF_NOTE && p->rows[i].line == line) ||
		    (i < right->len && right->rows[i].kind == DIFF_NOTE &&
		    right->rows[i].line == line)) {
			*first = *first < end ? *first : i;
			*last = i;
		}
	return *first < end;
}

/* Bring as much of it into view as the cursor's row leaves room for; false: none
 * of it is. */
static bool
line_comment_show(struct ui *ui, const char *hunk, int line)
{
	struct pane *pane = &ui->panes[PANE_DIFF];
	size_t h = (size_t)pane->height, first, last = 0;

	if (ui->at != PANE_DIFF || pane->page.width <= 0)
		return false;
	diff_again(ui);
	if (!line_comment_rows(ui, hunk, line, &first, &last))
		return false;
	/* The last row of the pane may say how much is below. */
	if (first >= pane->cur && first + 1 < pane->cur + h &&
	    last + 2 > pane->top + h)
		pane->top = last + 2 < pane->cur + h ? last + 2 - h : pane->cur;
	return first >= pane->top && first + 1 < pane->top + h;
}

/* The model has answered: its words come into view, or a notice says where they
 * are. The transcript has them, too. */
static void
line_comment_answered(struct ui *ui, const char *hunk, int line)
{
	const struct fold_proposal *p = ui->fold->proposal;
	AUTO_BUF struct buf b = BUF_INIT(0);
	const struct fold_hunk *h;
	const struct fold_file *f = fold_find_hunk(ui->fold, hunk, &h);
	size_t at = 1, i;

	if (f == NULL || ui->at == PANE_TRANSCRIPT ||
	    line_comment_show(ui, hunk, line) || ui->notice != NULL)
		return;
	for (i = 0; &p->files[i] != f; i++)
		at += p->files[i].hunks_len;
	sanitize_name(&b, f->path_bytes);
	ui_notice(ui, "the model answered, at hunk %zu/%zu in %s",
	    at + (size_t)(h - f->hunks), p->hunks_len, buf_str(&b));
}

void
line_comment_line(struct ui *ui, const cJSON *line)
{
	int64_t from = json_int(line, "line", 0);
	int at = (int)json_int(line, "end_line", from);
	const char *hunk = json_str_or(line, "hunk", "");
	bool answer = json_is(line, "by", "model");
	bool asked = ui->notice != NULL && strcmp(ui->notice, ASKED) == 0;

	if (asked && event_type(line) == EVENT_AGENT_END &&
	    fold_can_retry(ui->fold))
		ui_notice(ui, "no answer: %s · %s asks again", json_is(line,
		    "outcome", "provider") ? "the request failed" :
		    "interrupted", ui_key_of(ui, ACTION_RETRY));
	if (event_type(line) != EVENT_COMMENT)
		return;
	if (answer && asked)
		FREE_NULL(ui->notice);
	if (!ui->fold->live)
		return;
	if (!answer)
		(void)line_comment_show(ui, hunk, at);
	else
		line_comment_answered(ui, hunk, at);
}
