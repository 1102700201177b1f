/* See look-file.h. */
#include "config.h"

#include "ui/diff/look-file.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "front/bindings.h"
#include "journal/command.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"
#include "ui/diff/diff.h"
#include "ui/panes/export.h"
#include "ui/panes/ui-base.h"

bool
look_file_key(struct ui *ui, enum action_id id)
{
	const struct fold_file *f;
	const struct fold_hunk *h = diff_hunk(ui, &f);

	if (id != ACTION_LOOK_FILE)
		return false;
	if (h == NULL) {
		ui_notice(ui, "no hunk here · %s goes to the next",
		    ui_key_of(ui, ACTION_HUNK_NEXT));
		return true;
	}
	if (f->binary) {
		ui_notice(ui, "no lines to show: this file is %s",
		    fold_file_lacks(f));
		return true;
	}
	if (!f->before.exists) {
		ui_notice(ui, "a new file: not on disk yet");
		return true;
	}
	export_clear(ui);
	ui->look.line = diff_number_here(ui);
	ui->look.path = xasprintf("%s/%s", ui->fold->root == NULL ?
	    "." : ui->fold->root, f->from != NULL ? f->from_bytes :
	    f->path_bytes);
	ui->want_edit = UI_LOOK_FILE;
	return true;
}
