/*
 * The proposal as text: all of it for the pager, a line or a hunk for the
 * clipboard.
 */
#include "config.h"

#include "ui/diff/diff.h"

#include <string.h>

#include "base/buf.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"
#include "ui/panes/ui-base.h"
#include "ui/panes/export.h"
#include "ui/text/pairs.h"

static void
diff_look_file(struct export *l, const struct ui *ui, const struct fold_file *f)
{
	buf_addf(&l->text, "%s", f->status == NULL ? "" : f->status);
	export_add_line(l, ui, " ", f->path);
	if (f->from != NULL)
		export_add_line(l, ui, "from ", f->from);
	if (f->note != NULL)
		export_add_line(l, ui, "note: ", f->note);
	if (f->reason != NULL)
		export_add_line(l, ui, "model says: ", f->reason);
	if (f->written_by != NULL)
		export_add_line(l, ui, "written by ", f->written_by);
}

/* Add the user's comments. */
static void
diff_look_comments(struct export *l, const struct ui *ui,
    const struct fold_hunk *h)
{
	const struct fold_comment *c;
	size_t i;

	for (i = 0; i < h->comments_len; i++) {
		c = &h->comments[i];
		if (c->end > c->line)
			buf_addf(&l->text, "# you, on lines %d to %d of this "
			    "hunk", c->line, c->end);
		else if (c->line > 0)
			buf_addf(&l->text, "# you, on line %d of this hunk",
			    c->line);
		else
			buf_adds(&l->text, "# you, on this hunk");
		export_add_line(l, ui, ": ", c->text);
	}
}

static void
diff_look_all(struct ui *ui, struct export *l)
{
	const struct fold_proposal *p = ui->fold->proposal;
	const struct fold_file *f;
	const struct fold_hunk *here = diff_hunk(ui, &f), *h;
	size_t i, k, len;
	const char *text;

	l->name = "changes.diff";
	for (i = 0; i < p->files_len; i++) {
		diff_look_file(l, ui, &p->files[i]);
		for (k = 0; k < p->files[i].hunks_len; k++) {
			h = &p->files[i].hunks[k];
			if (h == here)
				l->line = 1 + export_lines(buf_str(&l->text),
				    l->text.len);
			buf_addf(&l->text, "@@ -%d,%d +%d,%d @@%s\n",
			    h->old_start, h->old_lines, h->new_start,
			    h->new_lines, h->edit != NULL ? " edited" : "");
			text = diff_text(h, &len);
			export_add(l, ui, text, len);
			diff_look_comments(l, ui, h);
		}
		buf_addc(&l->text, '\n');
	}
}

bool
diff_look(struct ui *ui, bool all, struct export *l)
{
	const struct fold_file *f;
	const struct fold_hunk *h;
	const struct pairs *ps;
	const char *text;
	size_t len;
	int line = diff_line_here(ui);

	if (ui->fold->proposal == NULL) {
		ui_notice(ui, "no changes to review");
		return false;
	}
	if (all) {
		diff_look_all(ui, l);
		return true;
	}
	h = diff_hunk(ui, &f);
	if (h == NULL || h->text_len == 0) {
		ui_notice(ui, "no line or hunk here to copy");
		return false;
	}
	text = diff_text(h, &len);
	ps = diff_pairs(ui, h);
	if (line > 0 && (size_t)line <= ps->len)
		text = pairs_text(&ps->v[line - 1], text, &len);
	buf_add(&l->text, text, len);
	l->what = line > 0 ? "the line" : "the hunk";
	return true;
}
