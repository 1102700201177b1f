/*
 * Comments on lines of a hunk. The core stores them at once (in the journal),
 * and sends them to the model with the decision on the hunk.
 */
#include "config.h"

#include "ui/diff/line-comment.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "front/action.h"
#include "journal/command.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"
#include "ui/base/typing-data.h"
#include "ui/base/ui-base.h"
#include "ui/diff/diff.h"
#include "ui/diff/hunk-edit.h"
#include "ui/input/draft.h"
#include "ui/input/typing.h"
#include "ui/term/screen.h"
#include "ui/text/page.h"

#define ASKED "asked · the answer comes here and in the transcript; the hunk " \
	"stays undecided"

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
line_comment_add(
    struct ui *ui, struct page *p, const struct fold_hunk *h, int line)
{
	const struct fold_comment *c;
	size_t row = p->len, i;

	(void)ui;
	for (i = 0; i < h->comments_len; i++) {
		c = &h->comments[i];
		if (c->end != line)
			continue;
		page_add(p, STYLE_USER, c->end > c->line ? page_keep_take(p,
		    xasprintf("you, of the %d lines above: ", c->end -
		    c->line + 1)) : "you: ", "   : ", c->text,
		    strlen(c->text), true);
		if (c->answer != NULL)
			page_add(p, STYLE_MODEL, "model answers: ",
			    "             : ", c->answer, strlen(c->answer),
			    true);
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
	bool one;

	if (id != ACTION_LINE_COMMENT)
		return false;
	if (ui->fold->mode != NULL && strcmp(ui->fold->mode, "try") == 0) {
		ui_notice(ui, "no model to send a comment to");
		return true;
	}
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
		typing_begin_with(ui, UI_COMMENT, place, c == NULL ? "" : c->text);
		free(place);
		one = line == end && line > 0;
		ui_notice(ui, "on %s%s%s%s · asked now if it ends in ?",
		    line == 0 ? "the hunk" : one ? "this line" : "these lines",
		    one ? " (" : "", one ? ui_key_of(ui, ACTION_LINES) : "",
		    one ? ": several)" : "");
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
	const struct fold_comment *c;

	if (id == NULL || fold_find_hunk(ui->fold, id, &h) == NULL ||
	    h->decided)
		draft_astray(ui, text, "that hunk changed or is gone");
	else if (strcmp(text, (c = line_comment_find(h, line, end, false)) ==
	    NULL ? "" : c->text) != 0) {
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

void
line_comment_line(struct ui *ui, const cJSON *line)
{
	if (json_is(line, "type", "comment") && json_is(line, "by", "model") &&
	    ui->notice != NULL && strcmp(ui->notice, ASKED) == 0)
		FREE_NULL(ui->notice);
}
