/*
 * When unsent text is saved to the session's folder: after a pause in typing,
 * or a short time after it was typed, but not after each key; long texts less
 * often. Also when the UI is suspended or exits.
 */
#include "config.h"

#include "ui/app/app-int.h"

#include "front/bindings.h"
#include "front/exit-summary.h"
#include "journal/fold.h"
#include "ui/diff/hunk-edit.h"
#include "ui/panes/draft.h"
#include "ui/panes/typing-data.h"
#include "ui/panes/ui-base.h"
#include "ui/text/input.h"

#define DRAFT_QUIET_MS 1000
#define DRAFT_LAST_MS 10000
#define DRAFT_MUCH ((size_t)256 << 10)	/* bytes */

int64_t
app_draft_at(const struct app *a)
{
	bool much = a->ui.input.text.len > DRAFT_MUCH;
	int64_t quiet, last;

	if (a->draft == NULL || a->typed_since < 0)
		return -1;
	quiet = a->typed_at + DRAFT_QUIET_MS;
	last = a->typed_since + DRAFT_LAST_MS;
	return much ? last : quiet < last ? quiet : last;
}

bool
app_draft_save(struct app *a)
{
	a->typed_since = -1;
	return a->draft != NULL && draft_file_save(a->draft, &a->ui);
}

void
app_draft_load(struct app *a)
{
	struct ui *ui = &a->ui;

	if (a->draft != NULL || ui->fold->dir == NULL)
		return;
	a->draft = draft_file_new(ui->fold->dir);
	if (draft_file_load(a->draft, ui) && ui->purpose == UI_SAY &&
	    input_is_empty(&ui->input) &&
	    draft_take(&ui->drafts, UI_SAY, NULL, &ui->input))
		ui_notice(ui, "your unsent text is back%s%s",
		    ui->typing ? "" : " · ",
		    ui->typing ? "" : ui_key_of(ui, ACTION_TYPE));
}

bool
app_draft_end(struct app *a)
{
	bool told;

	hunk_edit_leave(&a->ui);
	/* A message that was sent to the core is kept until it is in the
	 * journal; as long as that core runs, there is no need to mention
	 * it. */
	told = a->end != UI_DETACHED || lineio_wants_write(a->options->io) ||
	    draft_is_own(&a->ui);
	return app_draft_save(a) && told;
}
