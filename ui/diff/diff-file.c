/*
 * Rows of files: the list at the top, and the row above each file's hunks. Keys
 * decide about all of the file's hunks there. The hunks of a generated file are
 * folded until the user unfolds them; they are decided like any other, and have
 * not been seen.
 */
#include "config.h"

#include "ui/diff/diff.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "front/bindings.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"
#include "ui/panes/pane-data.h"
#include "ui/panes/ui-base.h"
#include "ui/text/page.h"

bool
diff_is_generated(const char *path)
{
	static const char *const names[] = {
		"package-lock.json", "npm-shrinkwrap.json", "yarn.lock",
		"pnpm-lock.yaml", "bun.lock", "bun.lockb", "Cargo.lock",
		"go.sum", "poetry.lock", "Pipfile.lock", "pdm.lock", "uv.lock",
		"composer.lock", "Gemfile.lock", "Podfile.lock", "mix.lock",
		"pubspec.lock", "flake.lock", "gradle.lockfile",
		"packages.lock.json", "*.min.js", "*.min.css", "*.js.map",
		"*.css.map", "*.pb.go", "*.pb.cc", "*.pb.h", "*_pb2.py",
		"*_pb2.pyi", "*.g.dart", "*.freezed.dart",
	};
	const char *slash = strrchr(path, '/');
	size_t i;

	if (slash != NULL)
		path = slash + 1;
	for (i = 0; i < MEM_COUNT(names); i++)
		if (fnmatch(names[i], path, 0) == 0)
			return true;
	return false;
}

bool
diff_is_folded(const struct ui *ui, const struct fold_file *f)
{
	return diff_is_generated(f->path) &&
	    pathmap_find(&ui->diff.open, f->path) == NULL;
}

static const struct fold_file *
diff_row_file(const struct ui *ui, const struct page_row *r)
{
	const struct fold_proposal *p = ui->fold->proposal;

	return p == NULL || (r->kind != DIFF_LISTED && r->kind != DIFF_FILE) ||
	    r->file < 0 || (size_t)r->file >= p->files_len ? NULL :
	    &p->files[r->file];
}

const struct fold_file *
diff_file(const struct ui *ui)
{
	const struct pane *pane = &ui->panes[PANE_DIFF];

	if (ui->diff.tree_keys)
		return diff_tree_file(ui);
	return pane->cur >= pane->page.len ? NULL :
	    diff_row_file(ui, &pane->page.rows[pane->cur]);
}

const struct fold_file *
diff_row(const struct ui *ui, bool *folder)
{
	struct diff_folder d;

	*folder = diff_tree_folder(ui, &d);
	return *folder ? d.first : diff_file(ui);
}

bool
diff_row_covers(const struct fold_file *row, bool folder,
    const struct fold_file *f)
{
	const char *p = row->path_bytes, *q = f->path_bytes;
	const char *a = strrchr(p, '/'), *b = strrchr(q, '/');

	if (!folder || a == NULL || b == NULL)
		return f == row;
	return a - p == b - q && memcmp(p, q, (size_t)(a - p)) == 0;
}

bool
diff_row_is_open(const struct ui *ui)
{
	const struct fold_proposal *p = ui->fold->proposal;
	bool folder;
	const struct fold_file *row = diff_row(ui, &folder);
	size_t i;

	for (i = 0; row != NULL && i < p->files_len; i++)
		if (diff_row_covers(row, folder, &p->files[i]) &&
		    diff_has_undecided(ui, &p->files[i]))
			return true;
	return false;
}

bool
diff_is_file_row(const struct ui *ui)
{
	const struct pane *pane = &ui->panes[PANE_DIFF];
	const struct fold_file *f = diff_file(ui);

	/* On a folder, too: a key folds it. */
	if (ui->diff.tree_keys)
		return true;
	return f != NULL && (pane->page.rows[pane->cur].kind == DIFF_LISTED ||
	    diff_is_generated(f->path));
}

const struct fold_file *
diff_row_folded(const struct ui *ui, const struct page_row *r)
{
	const struct fold_file *f = r->kind != DIFF_FILE || r->joins ? NULL :
	    diff_row_file(ui, r);

	return f != NULL && diff_is_folded(ui, f) ? f : NULL;
}

char *
diff_under_cursor(const struct ui *ui)
{
	bool folder;
	const struct fold_file *f = diff_row(ui, &folder);

	if (folder)
		return xasprintf("folder:%s", f->path);
	if (f != NULL)
		/* Where a key for a page brought the cursor there, Space
		 * means something else. */
		return xasprintf(ui->diff.on_file || ui->diff.tree_keys ?
		    "file:%s" : "above:%s", f->path);
	return ui->diff.tree_keys ? NULL :
	    xstrdup_null(ui->panes[PANE_DIFF].hunk);
}

bool
diff_has_undecided(const struct ui *ui, const struct fold_file *f)
{
	size_t i;

	for (i = 0; i < f->hunks_len; i++)
		if (diff_hunk_is_open(ui, &f->hunks[i]))
			return true;
	return false;
}

void
diff_next_file(struct ui *ui)
{
	struct pane *pane = &ui->panes[PANE_DIFF];
	const struct fold_file *f;
	int kind = pane->cur < pane->page.len ?
	    pane->page.rows[pane->cur].kind : DIFF_TEXT;
	size_t i;

	if (ui->diff.tree_keys) {
		diff_tree_next(ui);
		return;
	}
	for (i = pane->cur + 1; i < pane->page.len; i++) {
		f = pane->page.rows[i].kind != kind ||
		    pane->page.rows[i].joins ? NULL :
		    diff_row_file(ui, &pane->page.rows[i]);
		if (f == NULL || !diff_has_undecided(ui, f))
			continue;
		diff_goto_row(ui, i);
		return;
	}
}

/* Unfold the file, or fold it again. */
static void
diff_fold(struct ui *ui, const struct fold_file *f)
{
	pathmap_toggle(&ui->diff.open, f->path);
	diff_again(ui);
}

void
diff_open_file(struct ui *ui, const struct fold_file *f)
{
	size_t row, i;

	if (diff_is_folded(ui, f))
		diff_fold(ui, f);
	for (i = 0; i + 1 < f->hunks_len && diff_hides(ui, &f->hunks[i]); i++)
		;
	diff_news_show(ui, &f->hunks[i]);
	row = diff_find_head(ui, f->hunks[i].id);
	if (row < ui->panes[PANE_DIFF].page.len)
		diff_goto_row(ui, row);
}

void
diff_show_file(struct ui *ui, const struct fold_file *f)
{
	struct pane *pane = &ui->panes[PANE_DIFF];
	size_t row = diff_find_head(ui, f->hunks[0].id);

	/* Folded, or hidden by the view. */
	if (row == pane->page.len)
		for (row = 0; row < pane->page.len && (diff_row_file(ui,
		    &pane->page.rows[row]) != f ||
		    pane->page.rows[row].kind != DIFF_FILE); row++)
			;
	if (row == pane->page.len)
		return;
	pane->top = row;
	diff_goto_row(ui, row);
}

bool
diff_is_on_list(const struct ui *ui)
{
	const struct pane *pane = &ui->panes[PANE_DIFF];

	return ui->diff.tree_keys || (pane->cur < pane->page.len &&
	    pane->page.rows[pane->cur].kind == DIFF_LISTED);
}

/* Go to the file's row in the list at the top; false: there is no list. */
static bool
diff_list_file(struct ui *ui, int file)
{
	struct pane *pane = &ui->panes[PANE_DIFF];
	size_t i;

	for (i = 0; i < pane->page.len; i++)
		if (pane->page.rows[i].kind == DIFF_LISTED &&
		    pane->page.rows[i].file == file) {
			pane->top = 0;
			diff_goto_row(ui, i);
			return true;
		}
	return false;
}

void
diff_list_hunk(struct ui *ui, const char *id)
{
	const struct fold_hunk *h;
	const struct fold_file *f = fold_find_hunk(ui->fold, id, &h);

	if (f != NULL && ui->diff.tree_keys)
		diff_tree_goto(ui, f);
	else if (f != NULL)
		(void)diff_list_file(ui, (int)(f - ui->fold->proposal->files));
}

void
diff_list_go(struct ui *ui)
{
	const struct fold_proposal *p = ui->fold->proposal;
	struct pane *pane = &ui->panes[PANE_DIFF];
	struct ui_diff *d = &ui->diff;
	const struct fold_hunk *h;
	int file = pane->page.rows[pane->cur].file;
	size_t i;

	if (diff_is_on_list(ui)) {
		/* The key that left a hunk leads back to it. */
		if (d->listed_from != NULL && fold_find_hunk(ui->fold,
		    d->listed_from, &h) == diff_file(ui))
			diff_goto_hunk(ui, d->listed_from);
		else
			diff_open_file(ui, diff_file(ui));
		return;
	}
	xstrset(&d->listed_from, pane->hunk);
	/* On none: to the first one that has an undecided hunk. */
	for (i = 0; p != NULL && file < 0 && i < p->files_len; i++)
		if (diff_has_undecided(ui, &p->files[i]))
			file = (int)i;
	if (!diff_list_file(ui, file < 0 ? 0 : file))
		ui_notice(ui, "no list of files: there is only one");
}

void
diff_goto_hunk(struct ui *ui, const char *id)
{
	const struct page *p = &ui->panes[PANE_DIFF].page;
	const struct fold_hunk *h;
	const struct fold_file *f = fold_find_hunk(ui->fold, id, &h);
	size_t row;

	diff_news_show(ui, h);
	row = diff_find_head(ui, id);
	if (row == p->len && f != NULL)
		for (row = 0; row < p->len &&
		    diff_row_folded(ui, &p->rows[row]) != f; row++)
			;
	ui->diff.tree_keys = false;
	if (row < p->len)
		diff_goto_row(ui, row);
}

bool
diff_file_key(struct ui *ui, enum action_id id)
{
	const struct pane *pane = &ui->panes[PANE_DIFF];
	const struct fold_file *f = diff_file(ui);

	if ((id == ACTION_TOP || id == ACTION_BOTTOM) && diff_is_on_list(ui))
		return diff_list_file(ui, id == ACTION_TOP ? 0 :
		    (int)ui->fold->proposal->files_len - 1);
	if (id != ACTION_FILE_OPEN || f == NULL)
		return false;
	if (pane->page.rows[pane->cur].kind == DIFF_FILE &&
	    diff_is_generated(f->path) && !diff_is_folded(ui, f))
		diff_fold(ui, f);
	else
		diff_open_file(ui, f);
	return true;
}

