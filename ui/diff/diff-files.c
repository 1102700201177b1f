/*
 * Rows of files: the list at the top, and the row above each file's hunks. Keys
 * decide about all of the file's hunks there. The hunks of a generated file are
 * folded until the user unfolds them; they are decided like any other, and have
 * not been seen.
 */

#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "front/bindings.h"
#include "journal/fold.h"
#include "ui/diff/diff.h"
#include "ui/panes/panes.h"
#include "ui/panes/ui-base.h"
#include "ui/term/screen.h"
#include "ui/text/page.h"

static const struct fold_file *tree_at(const struct ui *ui, bool folder);
static void	tree_next(struct ui *ui);
static void	tree_goto(struct ui *ui, const struct fold_file *f);

void
diff_tally_add(const struct ui *ui, const struct fold_hunk *h,
    struct diff_tally *t)
{
	enum fold_mark m = review_mark_of(&ui->review, h).mark;

	t->all++;
	t->yes += m == MARK_YES;
	t->no += m == MARK_NO;
	t->open += review_is_open(&ui->review, h);
	t->unseen += m == MARK_NONE && h->edit == NULL &&
	    !seen_is_full(seen_find(&ui->review, h->id));
}

struct diff_tally
diff_tally(const struct ui *ui, const struct fold_file *f)
{
	struct diff_tally t = { 0 };

	MEM_EACH(f, hunks, h)
		diff_tally_add(ui, h, &t);
	return t;
}

static const char *
diff_tally_mark(struct diff_tally t, enum style *style)
{
	*style = t.yes == t.all ? STYLE_GOOD : t.no == t.all ? STYLE_BAD :
	    STYLE_BOLD;
	return t.yes == t.all ? "[y]" : t.no == t.all ? "[n]" :
	    t.yes + t.no == t.all ? "[*]" : t.yes + t.no > 0 ? "[~]" : "[ ]";
}

void
diff_draw_listed(const struct ui *ui, size_t row, int y, int x, int x_end)
{
	const struct page_row *r = &ui->panes[PANE_DIFF].page.rows[row];
	const struct fold_proposal *p = ui->fold->proposal;

	diff_draw_text(ui, row, y, x, x_end);
	if (p != NULL && !r->joins && r->file >= 0 &&
	    (size_t)r->file < p->files_len)
		diff_draw_tally(ui, r, diff_tally(ui, &p->files[r->file]),
		    ui->diff.listed_cols, y, x, x_end);
}

void
diff_draw_tally(const struct ui *ui, const struct page_row *r,
    struct diff_tally t, int cols, int y, int x, int x_end)
{
	struct screen *s = ui->screen;
	AUTO_BUF struct buf b = BUF_INIT(0), marks = BUF_INIT(0);
	enum style style;
	const char *mark = diff_tally_mark(t, &style);
	int own, end, most;

	screen_puts(s, y, x, x_end, style, mark);
	if (t.unseen > 0 && t.all > 1)
		buf_addf(&b, "  %zu unread", t.unseen);
	else if (t.unseen > 0)
		buf_adds(&b, "  unread");
	if (t.yes + t.no > 0 && t.all > 1)
		buf_addf(&marks, "  %zu/%zu", t.yes + t.no, t.all);
	if (t.no > 0 && t.all > 1)
		buf_addf(&marks, ", %zu %s", t.no, fold_word(ui->fold,
		    "rejected"));
	/* In one column, if there is room in the row. The end of a long name is
	 * more useful; then "unread" replaces "modified", which the file's head
	 * says, too. */
	x += (int)strlen("[y] ");
	own = x + sanitize_width(r->p, r->len, s->flags);
	if (own + (int)(b.len + marks.len) <= x_end)
		buf_adds(&b, buf_str(&marks));
	end = own > x + cols ? own : x + cols;
	most = x_end - (int)b.len;
	if (own <= most)
		screen_puts(s, y, end < most ? end : most, x_end, STYLE_DIM,
		    buf_str(&b));
	else if (t.unseen > 0)
		screen_puts(s, y, x, x_end, STYLE_BOLD, "unread  ");
}

/* A file that a program writes, by its name. */
static bool
diff_is_generated(const struct fold_file *f)
{
	return fold_note_text(f, FOLD_NOTE_FILE, NOTE_GENERATED) != NULL;
}

bool
diff_is_folded(const struct ui *ui, const struct fold_file *f)
{
	return diff_is_generated(f) &&
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

/* The file whose row the cursor is on, in the list or above its hunks; NULL:
 * none. */
static const struct fold_file *
diff_file(const struct ui *ui)
{
	const struct pane *pane = &ui->panes[PANE_DIFF];

	if (ui->diff.on == DIFF_ON_TREE)
		return tree_at(ui, false);
	return pane->cur >= pane->page.len ? NULL :
	    diff_row_file(ui, &pane->page.rows[pane->cur]);
}

const struct fold_file *
diff_row(const struct ui *ui, struct review_target *t)
{
	t->file = ui->diff.on == DIFF_ON_TREE ? tree_at(ui, true) : NULL;
	t->hunk = diff_alike_here(ui, &t->file);
	t->scope = t->hunk != NULL ? REVIEW_ALIKE : t->file != NULL ?
	    REVIEW_FOLDER : REVIEW_FILE;
	if (t->file == NULL)
		t->file = diff_file(ui);
	return t->file;
}

bool
diff_row_is_open(const struct ui *ui)
{
	struct review_target t = { .mark = MARK_NO };
	AUTO(review_choice_release) struct review_choice c = { 0 };

	if (diff_row(ui, &t) == NULL)
		return false;
	c = review_choose(&ui->review, &t);
	return c.len + c.open > 0;
}

bool
diff_is_file_row(const struct ui *ui)
{
	const struct pane *pane = &ui->panes[PANE_DIFF];
	const struct fold_file *f = diff_file(ui);

	/* On a folder, too: a key folds it. */
	if (ui->diff.on == DIFF_ON_TREE || diff_alike_here(ui, &f) != NULL)
		return true;
	return f != NULL && (pane->page.rows[pane->cur].kind == DIFF_LISTED ||
	    diff_is_generated(f));
}

const struct fold_file *
diff_row_folded(const struct ui *ui, const struct page_row *r)
{
	return r->stop ? diff_row_file(ui, r) : NULL;
}

void
diff_under_cursor(const struct ui *ui, int64_t row[4])
{
	struct review_target t = { 0 };
	bool on_row = diff_row(ui, &t) != NULL;

	if (!on_row) {
		t.hunk = diff_hunk(ui, &t.file);
		t.scope = REVIEW_HUNK;
	}
	if (t.file == NULL)
		return;
	row[0] = 1 + (t.file - ui->fold->proposal->files);
	row[1] = t.hunk == NULL ? 0 : 1 + (t.hunk - t.file->hunks);
	row[2] = t.scope;
	/* Where a key for a page brought the cursor there, Space means something
	 * else. */
	row[3] = on_row && ui->diff.on >= DIFF_ON_FILE;
}

void
diff_advance(struct ui *ui)
{
	struct pane *pane = &ui->panes[PANE_DIFF];
	const struct fold_file *f;
	int kind = pane->cur < pane->page.len ?
	    pane->page.rows[pane->cur].kind : DIFF_TEXT;
	size_t i;

	if (ui->diff.on == DIFF_ON_TREE) {
		tree_next(ui);
		return;
	}
	if (diff_file(ui) == NULL) {
		diff_next_undecided(ui);
		return;
	}
	for (i = pane->cur + 1; i < pane->page.len; i++) {
		f = pane->page.rows[i].kind != kind ||
		    pane->page.rows[i].joins ? NULL :
		    diff_row_file(ui, &pane->page.rows[i]);
		if (f == NULL || diff_tally(ui, f).open == 0)
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

/* If the hunk is hidden, show all hunks again. */
static void
diff_news_show(struct ui *ui, const struct fold_hunk *h)
{
	if (h == NULL || !review_hides(&ui->review, h))
		return;
	ui->review.news.on = false;
	diff_again(ui);
}

/* Go to the file's first hunk; a generated file is unfolded. */
static void
diff_open_file(struct ui *ui, const struct fold_file *f)
{
	size_t row, i;

	if (diff_is_folded(ui, f))
		diff_fold(ui, f);
	for (i = 0; i + 1 < f->hunks_len && review_hides(&ui->review, &f->hunks[i]); i++)
		;
	diff_news_show(ui, &f->hunks[i]);
	if (diff_alike_folds(ui, f, &f->hunks[i]))
		diff_alike_open(ui, &f->hunks[i]);
	row = diff_find_head(ui, f->hunks[i].id);
	if (row < ui->panes[PANE_DIFF].page.len)
		diff_goto_row(ui, row);
}

/* Show the file from its first hunk on, without unfolding it. */
static void
diff_show_file(struct ui *ui, const struct fold_file *f)
{
	struct pane *pane = &ui->panes[PANE_DIFF];
	const struct fold_hunk *first = diff_alike_first(ui, f->hunks);
	size_t row = diff_find_head(ui, f->hunks[0].id);

	/* Folded, or hidden by the view. */
	if (row == pane->page.len)
		for (row = 0; row < pane->page.len && (diff_row_file(ui,
		    &pane->page.rows[row]) != f ||
		    pane->page.rows[row].kind != DIFF_FILE); row++)
			;
	if (row == pane->page.len && first != NULL)
		row = diff_find_head(ui, first->id);
	if (row == pane->page.len)
		return;
	pane->top = row;
	diff_goto_row(ui, row);
}

bool
diff_is_on_list(const struct ui *ui)
{
	const struct pane *pane = &ui->panes[PANE_DIFF];

	return ui->diff.on == DIFF_ON_TREE || (pane->cur < pane->page.len &&
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
diff_goto_hunk(struct ui *ui, const char *id, bool list)
{
	const struct page *p = &ui->panes[PANE_DIFF].page;
	const struct fold_hunk *h;
	const struct fold_file *f = fold_find_hunk(ui->fold, id, &h), *of;
	const struct fold_hunk *first = f == NULL ? NULL :
	    diff_alike_first(ui, h);
	size_t row;

	if (list && f != NULL && ui->diff.on == DIFF_ON_TREE)
		tree_goto(ui, f);
	else if (list && f != NULL)
		(void)diff_list_file(ui, (int)(f - ui->fold->proposal->files));
	if (list)
		return;
	diff_news_show(ui, h);
	row = diff_find_head(ui, id);
	if (row == p->len && f != NULL)
		for (row = 0; row < p->len &&
		    diff_row_folded(ui, &p->rows[row]) != f &&
		    (first == NULL || diff_alike_row(ui, &p->rows[row], &of)
		    != first); row++)
			;
	ui->diff.on = DIFF_ON_OTHER;
	if (row < p->len)
		diff_goto_row(ui, row);
}

const struct fold_hunk *
diff_goto_open(struct ui *ui, const struct fold_file *f)
{
	const struct fold_hunk *h = f->hunks;

	while (h + 1 < f->hunks + f->hunks_len &&
	    !review_is_open(&ui->review, h))
		h++;
	if (diff_is_folded(ui, f))
		diff_open_file(ui, f);
	diff_goto_hunk(ui, h->id, false);
	return h;
}

/* If there is no tree: go to the file's row in the list at the top, or back. */
static void
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
			diff_goto_hunk(ui, d->listed_from, false);
		else
			diff_open_file(ui, diff_file(ui));
		return;
	}
	xstrset(&d->listed_from, pane->hunk);
	/* On none: to the first one that has an undecided hunk. */
	for (i = 0; p != NULL && file < 0 && i < p->files_len; i++)
		if (diff_tally(ui, &p->files[i]).open > 0)
			file = (int)i;
	if (!diff_list_file(ui, file < 0 ? 0 : file))
		ui_none(ui, ACTION_TREE_GO);
}

bool
diff_list_end(struct ui *ui, bool last)
{
	return ui->fold->proposal != NULL && diff_is_on_list(ui) &&
	    diff_list_file(ui, last ? (int)ui->fold->proposal->files_len - 1 :
	    0);
}

bool
diff_open_row(struct ui *ui, bool listed)
{
	const struct pane *pane = &ui->panes[PANE_DIFF];
	const struct fold_file *f = diff_file(ui);
	const struct fold_hunk *first = diff_alike_here(ui, &f);

	if (first != NULL) {
		diff_alike_open(ui, first);
		if (!diff_alike_is_folded(ui))
			ui_notice(ui, "the others are shown in their own "
			    "places");
		return true;
	}
	if (f == NULL || (listed && !diff_is_on_list(ui)))
		return false;
	if (pane->page.rows[pane->cur].kind == DIFF_FILE &&
	    diff_is_generated(f) && !diff_is_folded(ui, f))
		diff_fold(ui, f);
	else
		diff_open_file(ui, f);
	return true;
}

/*
 * The files as a tree beside the diff: folders that fold, and the state of each
 * file. It follows the diff's cursor, or has the cursor itself.
 */

#define TREE_OPEN_COLS 8		/* " 99 open" */
#define TREE_COLS_LEAST 34	/* a name of 20 letters, "3 open", a badge */
#define TREE_COLS_MOST 50

/* The length of its folder, with the '/'. */
static size_t
tree_dir(const struct fold_file *f)
{
	const char *slash = strrchr(f->path_bytes, '/');

	return slash == NULL ? 0 : (size_t)(slash - f->path_bytes) + 1;
}

/* Is it in this folder itself? */
static bool
tree_is_in(const struct fold_file *f, const struct fold_file *of, size_t dir)
{
	return strncmp(f->path_bytes, of->path_bytes, dir) == 0 &&
	    strchr(f->path_bytes + dir, '/') == NULL;
}

/* A folder's id is the number, from 1, of the first file in it; below it are those
 * of its files. The project's own folder has no row. */
static struct page_id
tree_id(const struct fold_proposal *p, const struct fold_file *f)
{
	const struct fold_file *first = p->files;
	size_t dir = tree_dir(f);

	while (dir > 0 && !tree_is_in(first, f, dir))
		first++;
	return (struct page_id){ { dir == 0 ? 0 : first - p->files + 1,
		f - p->files + 1 } };
}

static char *
tree_folder(const struct fold_file *f)
{
	return xmemdup(f->path_bytes, tree_dir(f));
}

static bool
tree_is_folded(const struct ui *ui, const struct fold_file *f)
{
	AUTO_FREE char *folder = tree_folder(f);

	return pathmap_find(&ui->diff.folded, folder) != NULL;
}

/* The files in the order of the diff, except that those of a folder follow each
 * other. */
static void
tree_build(const struct ui *ui, struct page *page)
{
	const struct fold_proposal *p = ui->fold->proposal;
	AUTO(pathmap_release) struct pathmap last = { 0 };
	AUTO_FREE size_t *next = NULL;	/* file of the same folder; from 1 */
	AUTO_FREE bool *follows = NULL;
	size_t i, k;

	if (p == NULL)
		return;
	next = xcalloc(p->files_len, sizeof(*next));
	follows = xcalloc(p->files_len, sizeof(*follows));
	for (i = 0; i < p->files_len; i++) {
		AUTO_FREE char *folder = tree_folder(&p->files[i]);

		k = pathmap_number(&last, folder);
		follows[i] = k > 0;
		if (k > 0)
			next[k - 1] = i + 1;
		pathmap_set_number(&last, folder, i + 1);
	}
	for (i = 0; i < p->files_len; i++) {
		bool top = tree_dir(&p->files[i]) == 0;

		page->next.id = (struct page_id){ { top ? 0 :
		    (int64_t)i + 1, top ? (int64_t)i + 1 : 0 } };
		/* The first file of a folder brings the others with it. */
		if (top || !follows[i])
			page_row_add(page);
		if (top || follows[i] || tree_is_folded(ui, &p->files[i]))
			continue;
		for (k = i + 1; k > 0; k = next[k - 1]) {
			page->next.id.of[1] = (int64_t)k;
			page_row_add(page);
		}
	}
}

static int64_t
tree_version(const struct ui *ui)
{
	return ui->fold->shown_seq;
}

static const struct pane_ops tree_ops = { .build = tree_build,
	.version = tree_version };

/* The file of a row or, of a folder's, the first in it; NULL: another kind of
 * row, or the file is gone. */
static const struct fold_file *
tree_row_file(const struct ui *ui, const struct page_id *id, bool folder)
{
	const struct fold_proposal *p = ui->fold->proposal;
	int64_t n = folder ? id->of[0] : id->of[1];

	return p == NULL || n < 1 || n > (int64_t)p->files_len ||
	    folder != (id->of[1] == 0) ? NULL : &p->files[n - 1];
}

static const struct fold_file *
tree_at(const struct ui *ui, bool folder)
{
	return tree_row_file(ui, &ui->diff.tree.at, folder);
}

/* To the row of a file, or of the folded folder that it is in. */
static void
tree_go(struct ui *ui, const struct fold_file *f)
{
	ui->diff.tree.at = tree_id(ui->fold->proposal, f);
	list_go(&ui->diff.tree, list_find(&ui->diff.tree));
}

/* The tree's rows, and its cursor, which follows the diff's unless the tree has the
 * keys. */
static struct pane *
tree_make(struct ui *ui)
{
	const struct pane *pane = &ui->panes[PANE_DIFF];
	struct pane *tree = &ui->diff.tree;
	const struct page_row *r = pane->cur < pane->page.len ?
	    &pane->page.rows[pane->cur] : NULL;

	tree->ops = &tree_ops;
	pane_make(ui, tree, TREE_COLS_LEAST);
	if (ui->diff.on == DIFF_ON_TREE)
		return tree;
	if (r == NULL || r->file < 0 || ui->fold->proposal == NULL ||
	    (size_t)r->file >= ui->fold->proposal->files_len)
		tree->at = (struct page_id){ 0 };
	else
		tree_go(ui, &ui->fold->proposal->files[r->file]);
	return tree;
}

/* Show the file under the tree's cursor in the diff, of a folder the first one;
 * the tree keeps the keys. */
static void
tree_show(struct ui *ui)
{
	struct review_target t;

	if (diff_row(ui, &t) != NULL)
		diff_show_file(ui, t.file);
}

/* To the next file with an undecided hunk. */
static void
tree_next(struct ui *ui)
{
	struct pane *tree = tree_make(ui);
	const struct fold_file *f;
	size_t i;

	for (i = tree->cur + 1; i < tree->page.len; i++) {
		f = tree_row_file(ui, &tree->page.rows[i].id, false);
		if (f == NULL || diff_tally(ui, f).open == 0)
			continue;
		list_go(tree, i);
		break;
	}
	tree_show(ui);
}

static void
tree_goto(struct ui *ui, const struct fold_file *f)
{
	(void)tree_make(ui);
	tree_go(ui, f);
	tree_show(ui);
}

/* ---- drawing ---- */

/* Draw the name; if it is too long, its middle is cut. */
static int
diff_put_name(struct screen *s, int y, int x, int x_end, enum style style,
    const char *p, size_t n)
{
	struct sanitize_unit u;
	int all = sanitize_width(p, n, s->flags), room = x_end - x, left = 0;
	size_t i;

	if (all <= room || room < 4)
		return screen_put(s, y, x, x_end, style, p, n, 0);
	for (i = 0; all - left > room / 2; i += u.used, left += u.width)
		sanitize_next(p + i, n - i, s->flags, left, &u);
	/* The name's last cell is the mark. */
	x = screen_put(s, y, x, x_end - (all - left), style, p, n, 0);
	return screen_put(s, y, x, x_end, style, p + i, n - i, left);
}

/* A name, as much of it as there is room for, and then how many hunks are
 * open. */
static void
tree_draw_name(const struct ui *ui, enum style style, const char *name, size_t len,
    const char *badge, struct diff_tally t, int y, int x, int x_end)
{
	AUTO_FREE char *open = t.yes + t.no == t.all ? xstrdup("") :
	    xasprintf(" %zu open", t.all - t.yes - t.no);
	int end = x_end - (int)strlen(open);

	x = diff_put_name(ui->screen, y, x, end - (int)strlen(badge), style,
	    name, len);
	screen_puts(ui->screen, y, x, x_end, STYLE_DIM, badge);
	screen_puts(ui->screen, y, end, x_end, STYLE_DIM, open);
}

static void
tree_draw_file(const struct ui *ui, const struct fold_file *f, enum style plain,
    int y, int x, int x_end)
{
	size_t dir = tree_dir(f);
	const char *name = f->path_bytes + dir, *mark;
	struct diff_tally t = diff_tally(ui, f);
	const struct fold_note_row *first = fold_badge(f);
	AUTO_FREE char *badge = first == NULL ? xstrdup("") :
	    xasprintf(" [%s]", first->badge);
	enum style style;

	mark = diff_tally_mark(t, &style);
	x = screen_puts(ui->screen, y, x + (dir > 0), x_end, style,
	    mark) + 1;
	tree_draw_name(ui, first != NULL && first->stops != NOTE_STOPS_NONE ?
	    STYLE_BADGE : plain, name, strlen(name), badge, t, y, x, x_end);
}

static void
tree_draw_folder(const struct ui *ui, const struct fold_file *f, int y, int x,
    int x_end)
{
	struct screen *s = ui->screen;
	struct diff_tally all = { 0 };
	bool ascii = (s->flags & (SANITIZE_ASCII | SANITIZE_SIGNS)) != 0;
	bool folded = tree_is_folded(ui, f);
	AUTO_FREE char *words = NULL;
	size_t dir = tree_dir(f), n = 0;
	const char *mark;
	enum style style;

	x = screen_own(s, y, x, x_end, STYLE_DIM, ascii ?
	    folded ? "+ " : "- " : folded ? "\xe2\x96\xb8 " :
	    "\xe2\x96\xbe ");
	if (folded) {
		MEM_EACH(ui->fold->proposal, files, it) {
			if (!tree_is_in(it, f, dir))
				continue;
			n++;
			MEM_EACH(it, hunks, h)
				diff_tally_add(ui, h, &all);
		}
		mark = diff_tally_mark(all, &style);
		x = screen_puts(s, y, x, x_end, style, mark) + 1;
		words = xasprintf(" %zu file%s", n, n == 1 ? "" : "s");
	}
	tree_draw_name(ui, STYLE_FILE, f->path_bytes, dir,
	    words == NULL || x + (int)(dir + strlen(words)) +
	    TREE_OPEN_COLS > x_end ? "" : words, all, y, x, x_end);
}

void
diff_tree_place(struct ui *ui)
{
	struct pane *tree = &ui->diff.tree;

	tree->height = ui->diff.tree_at.rows;
	if (ui->diff.tree_at.cols == 0)
		return;
	(void)tree_make(ui);
	if (list_level(&tree->at) > 0)
		list_go(tree, tree->cur);
}

bool
diff_tree_is_folded(const struct ui *ui)
{
	const struct fold_file *f = tree_at(ui, true);

	return f != NULL && tree_is_folded(ui, f);
}

void
diff_tree_draw(const struct ui *ui, const struct rect *r)
{
	const struct pane *tree = &ui->diff.tree;
	struct screen *s = ui->screen;
	bool lit = ui->at == PANE_DIFF && !ui->typing;
	bool keys = ui->diff.on == DIFF_ON_TREE;
	const struct fold_file *f;
	int y, x_end = r->x + r->cols - 1;
	size_t i;

	for (y = r->y, i = tree->top; y < r->y + r->rows; y++, i++) {
		bool current = i == tree->cur && list_level(&tree->at) > 0;

		screen_puts(s, y, x_end, x_end + 1, STYLE_RULE, screen_bar(s));
		if (i >= tree->page.len)
			continue;
		if (current)
			screen_puts(s, y, r->x, x_end, lit && keys ?
			    STYLE_CURRENT : STYLE_DIM, keys ? ">" :
			    screen_bar(s));
		if ((f = tree_row_file(ui, &tree->page.rows[i].id, true)) != NULL)
			tree_draw_folder(ui, f, y, r->x + 1, x_end - 1);
		else if ((f = tree_row_file(ui, &tree->page.rows[i].id, false)) !=
		    NULL)
			tree_draw_file(ui, f, current && lit ? STYLE_NAME :
			    STYLE_PLAIN, y, r->x + 1, x_end - 1);
	}
}

/* ---- keys ---- */

static void
tree_fold(struct ui *ui, const struct fold_file *f)
{
	AUTO_FREE char *folder = tree_folder(f);

	pathmap_toggle(&ui->diff.folded, folder);
	ui->diff.tree.stale = true;
	(void)tree_make(ui);
}

/* To the next file, or folded folder. */
static void
tree_step(struct ui *ui, enum action_id id)
{
	struct pane *tree = &ui->diff.tree;
	size_t was = tree->cur;

	do
		if (!list_step(tree, id == ACTION_HUNK_NEXT, 0)) {
			list_go(tree, was);
			ui_none(ui, id == ACTION_HUNK_NEXT ? ACTION_FILE_NEXT :
			    ACTION_FILE_PREV);
			return;
		}
	while (tree_at(ui, true) != NULL && !diff_tree_is_folded(ui));
}

/* Keys while the tree has them; false: the diff has them again. */
static bool
tree_key(struct ui *ui, enum action_id id)
{
	struct pane *tree = tree_make(ui);
	const struct fold_file *folder = tree_at(ui, true);
	bool folded = diff_tree_is_folded(ui);

	switch (id) {
	case ACTION_FILE_OPEN:
	case ACTION_DIFF_RIGHT:
		if (folder != NULL && (folded || id == ACTION_FILE_OPEN))
			tree_fold(ui, folder);
		return folder != NULL;
	case ACTION_DIFF_LEFT:
		if (folder != NULL && !folded)
			tree_fold(ui, folder);
		else if (folder == NULL && tree->at.of[0] != 0)
			(void)list_step(tree, false, 1);
		return true;
	case ACTION_HUNK_NEXT:
	case ACTION_HUNK_PREV:
		tree_step(ui, id);
		return true;
	default:
		return list_move(tree, id);
	}
}

void
diff_go_tree(struct ui *ui)
{
	struct ui_diff *d = &ui->diff;
	const struct fold_file *f;

	if (d->tree_at.cols == 0) {
		diff_list_go(ui);
		return;
	}
	(void)tree_make(ui);
	d->on = d->on == DIFF_ON_TREE ? DIFF_ON_OTHER : DIFF_ON_TREE;
	if (list_level(&d->tree.at) > 0)
		return;
	list_go(&d->tree, 0);
	if ((f = tree_at(ui, false)) == NULL || diff_tally(ui, f).open == 0)
		tree_next(ui);
}

bool
diff_tree_key(struct ui *ui, enum action_id id)
{
	struct ui_diff *d = &ui->diff;
	const struct fold_file *f;

	if (tree_key(ui, id)) {
		tree_show(ui);
		return true;
	}
	if ((id == ACTION_FILE_OPEN || id == ACTION_DIFF_RIGHT) &&
	    (f = tree_at(ui, false)) != NULL) {
		d->on = DIFF_ON_OTHER;
		diff_open_file(ui, f);
		return true;
	}
	/* Any other key that moves is for the diff. */
	if (id == ACTION_FILE_NEXT || id == ACTION_FILE_PREV)
		d->on = DIFF_ON_OTHER;
	return false;
}

/* ---- is it there? ---- */

void
diff_settle(struct ui *ui, int cols)
{
	struct ui_diff *d = &ui->diff;
	bool many = ui->fold->proposal != NULL &&
	    ui->fold->proposal->files_len > 1;
	int tree = cols / 4 < TREE_COLS_LEAST ? TREE_COLS_LEAST :
	    cols / 4 > TREE_COLS_MOST ? TREE_COLS_MOST : cols / 4;
	int room = cols - tree, had = d->tree_at.cols;

	/* Two versions side by side that were asked for come first. */
	d->tree_at.cols = cols >= DIFF_COLUMNS_MIN && many &&
	    (d->columns != DIFF_ON || room >= DIFF_COLUMNS_MIN) ? tree : 0;
	room = cols - d->tree_at.cols;
	/* If there is no tree, the page has the list of files. */
	if ((d->tree_at.cols > 0) != (had > 0))
		ui->panes[PANE_DIFF].stale = true;
	d->side = room >= DIFF_COLUMNS_MIN && (d->columns == DIFF_ON ||
	    (d->columns == DIFF_BY_WIDTH && cols >= DIFF_SIDE_COLS));
	if (d->on == DIFF_ON_TREE && d->tree_at.cols == 0)
		d->on = DIFF_ON_OTHER;
}
