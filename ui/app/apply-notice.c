/*
 * What a decision wrote and what it did not, in one line.
 */
#include "config.h"

#include "ui/app/apply-notice.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "front/bindings.h"
#include "journal/event.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"
#include "ui/diff/effect.h"
#include "ui/panes/ui-base.h"

/* While hunks are open, the model isn't told. */
static const char *
apply_notice_reason(const struct ui *ui)
{
	return fold_words(ui->fold->proposal).reasons == 0 ||
	    fold_undecided(ui->fold->proposal) > 0 ||
	    !effect_tells(ui, false) ? "" : ", reason sent";
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
	size_t i;

	if (c == NULL || c->who == NULL || strcmp(c->who, "you") != 0)
		return;
	for (i = 0; i < c->files_len; i++) {
		added += c->files[i].added;
		removed += c->files[i].removed;
		gone += fold_is_gone(ui->fold, c->files[i].path);
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
	buf_adds(&b, c->check_running ? "; the check hadn't ended" : "");
	/* The rest of it is decided first. */
	if (whole)
		buf_addf(&b, " · %s %s", ui_key_of(ui, undo ?
		    ACTION_REDO : ACTION_UNDO),
		    undo ? "redoes" : "undoes");
	ui_notice(ui, "%s", buf_str(&b));
	ui_notice_stay(ui);
	ui->notice_undoes = whole;
}

/* What was decided; what it wrote is said instead. */
static void
apply_notice_decided(struct ui *ui)
{
	const struct fold_item *it = &ui->fold->items[ui->fold->items_len - 1];

	ui_notice(ui, "%s%s", it->title, apply_notice_reason(ui));
	ui_notice_stay(ui);
}

void
apply_notice_line(struct ui *ui, const cJSON *line)
{
	enum event_type type = event_type(line);
	const char *first = NULL;
	const cJSON *op;
	int n = 0;

	if (!ui->fold->live)
		return;
	if (type == EVENT_ERROR &&
	    strcmp(json_str_or(line, "kind", ""), "apply") == 0)
		ui_notice(ui, "%s", json_str_or(line, "text", "not written"));
	if (type == EVENT_DECISION && json_is(line, "by", "user"))
		apply_notice_decided(ui);
	if (type != EVENT_APPLIED)
		return;
	/* Those that changed on disk: disk-note.h. */
	cJSON_ArrayForEach(op, json_array(line, "ops"))
		if (!json_bool(op, "ok", false) &&
		    !json_is(op, "error", "changed") && n++ == 0)
			first = json_str_or(op, "text",
			    json_str_or(op, "path", "?"));
	if (n == 1)
		ui_notice(ui, "not written: %s", first);
	else if (n > 1)
		ui_notice(ui, "%d files not written, such as %s", n, first);
	else if (ui->diff.unwritten == NULL)
		apply_notice_wrote(ui, fold_change_find(ui->fold,
		    json_int(line, "tx", 0)));
	else
		/* That hunks were accepted: the header says what became of
		 * it, and the row is for the hunk that is open again. */
		FREE_NULL(ui->notice);
}
