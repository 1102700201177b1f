/* See look-file.h. */
#include "config.h"

#include "ui/diff/look-file.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "front/action.h"
#include "journal/command.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"
#include "ui/panes/ui-base.h"
#include "ui/diff/diff.h"
#include "ui/panes/export.h"

/* A file name without special characters for a shell or an editor, with the
 * extension that names the language. */
static char *
look_file_name(const char *path)
{
	const char *slash = strrchr(path, '/'), *p;
	struct buf b = BUF_INIT(0);

	for (p = slash == NULL ? path : slash + 1; *p != '\0' && b.len < 100;
	    p++) {
		bool plain = (*p >= '0' && *p <= '9') ||
		    ((*p | 32) >= 'a' && (*p | 32) <= 'z') || *p == '_';

		buf_addc(&b, plain || (b.len > 0 && (*p == '.' ||
		    *p == '-')) ? *p : '_');
	}
	if (b.len == 0)
		buf_adds(&b, "file");
	return buf_take(&b);
}

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
	export_clear(ui);
	ui->look.line = diff_number_here(ui, f->before.exists);
	if (f->before.exists) {
		ui->look.path = xasprintf("%s/%s", ui->fold->root == NULL ?
		    "." : ui->fold->root, f->from != NULL ? f->from_bytes :
		    f->path_bytes);
		ui->want_edit = UI_LOOK_FILE;
		return true;
	}
	ui->look.wanted = xstrdup(h->id);
	ui->look.asked = ui->last_key;
	ui->send(ui->send_arg, command_hunk(ui->fold->proposal, "file", h->id));
	return true;
}

void
look_file_line(struct ui *ui, const cJSON *line)
{
	const char *id = json_str_or(line, "hunk", "");
	const struct fold_hunk *h;
	const struct fold_file *f = fold_find_hunk(ui->fold, id, &h);

	if (ui->look.wanted == NULL || f == NULL ||
	    strcmp(ui->look.wanted, id) != 0)
		return;
	/* Keys typed since were meant for the UI, not for an editor. */
	if (ui->last_key != ui->look.asked) {
		export_clear(ui);
		ui_notice(ui, "interrupted by a key; %s opens the file",
		    ui_key_of(ui, ACTION_LOOK_FILE));
		return;
	}
	/* A file that was requested twice is opened once. */
	FREE_NULL(ui->look.wanted);
	ui->look.text = json_get_bytes(line, "text", &ui->look.len);
	if (ui->look.text == NULL)
		return;
	ui->look.name = look_file_name(f->path);
	ui->want_edit = UI_LOOK_FILE;
}
