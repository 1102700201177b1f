/*
 * The rows of the list of applied changes: each change once, below the task that
 * it was made for, with its undos and redos below it.
 */
#include "config.h"

#include "ui/panes/panes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "front/bindings.h"
#include "front/exit-summary.h"
#include "gate/patch.h"
#include "journal/fold.h"
#include "ui/panes/ui-base.h"
#include "ui/term/screen.h"
#include "ui/text/page.h"

#define CHANGES_NAMES	4	/* files of one change; of one with more, */
#define CHANGES_FIRST	2	/* these */
#define CHANGES_WIDE	60	/* columns for the aligned head of a change, */
#define CHANGES_ROOMY	140	/* and for the longest states */
#define CHANGES_LINES	100	/* lines of a change that is opened; of the
				   files after them, only where they are */

const struct fold_change *
changes_rows_root(const struct fold *f, const struct fold_change *c)
{
	return c->undoes == 0 ? NULL :
	    fold_change_find(f, fold_change_root(f, c));
}

static bool
changes_on_disk(const struct fold_change *c)
{
	size_t i;

	for (i = 0; !c->undone && i < c->files_len; i++)
		if (c->files[i].changed_on_disk)
			return true;
	return false;
}

/* Append "committed 83b3025", if git has a part of it: false if not. */
static bool
changes_committed(const struct fold_change *c, struct buf *b)
{
	const char *commit = NULL;
	size_t i, n = 0;

	for (i = 0; i < c->files_len; i++)
		if (c->files[i].commit != NULL) {
			commit = c->files[i].commit;
			n++;
		}
	if (commit != NULL)
		buf_addf(b, "committed %s%.7s", n < c->files_len ?
		    "in part " : "", commit);
	return commit != NULL;
}

/* Append "undo of lib/a.c", "redo of 3 files". */
static void
changes_reverses(const struct ui *ui, const struct fold_change *c,
    struct buf *b)
{
	AUTO_FREE char *name = c->files_len != 1 ? xasprintf("%zu files",
	    c->files_len) : sanitize_dup(c->files[0].path_bytes,
	    ui->screen.flags);

	buf_addf(b, "%s of %s", c->is_redo ? "redo" : "undo", name);
}

/* Append "undone in part", "committed 83b3025, changed later". */
static void
changes_state(const struct ui *ui, const struct fold_change *c, struct buf *b)
{
	const struct fold *f = ui->fold;
	bool whole = changes_rows_root(f, c) == NULL &&
	    fold_change_undoing(f, c->tx) == NULL;
	const char *now = "";

	if (changes_rows_root(f, c) != NULL) {
		if (changes_committed(c, b))
			buf_adds(b, ", ");
		changes_reverses(ui, c, b);
		return;
	}
	if (c->undone && !c->undone_part)
		now = "undone";
	else if (!whole)
		now = "undone in part";
	else if (c->undone_by != 0)
		now = "redone";
	if (changes_committed(c, b))
		buf_addf(b, "%s%s", now[0] != '\0' ? ", " : "", now);
	else
		buf_adds(b, now[0] != '\0' ? now : "applied");
	/* The undos and redos changed the files of the others. */
	if (whole && changes_on_disk(c))
		buf_adds(b, ", changed later");
}

/* Append " 3  15:20  +12 -3  you  applied"; a narrow screen has no room for
 * aligned columns. */
static void
changes_head(const struct ui *ui, const struct fold_change *c, int digits,
    int width, struct buf *b)
{
	AUTO_BUF struct buf state = BUF_INIT(0);
	char *who, lines[48], at[CLOCK_STAMP_SIZE];
	bool wide = width >= CHANGES_WIDE;
	int added = 0, removed = 0;
	size_t i;

	for (i = 0; i < c->files_len; i++) {
		added += c->files[i].added;
		removed += c->files[i].removed;
	}
	who = sanitize_dup(c->who == NULL ? "?" : c->who, ui->screen.flags);
	snprintf(lines, sizeof(lines), "+%d -%d", added, removed);
	buf_addf(b, "%*lld  ", digits, (long long)c->tx);
	clock_local(c->time == NULL ? "" : c->time, at);
	if (at[0] != '\0')
		buf_addf(b, "%s  ", at);
	buf_addf(b, wide ? "%-9s  %-10s  " : "%s  %s  ", lines, who);
	changes_state(ui, c, &state);
	buf_addf(b, "%-*s", !wide ? 0 : width < CHANGES_ROOMY ? 7 : 33,
	    buf_str(&state));
	free(who);
}

/* What is there is not what the change left: "  changed again by 7". */
static void
changes_add_later(const struct fold *f, const struct fold_change *c,
    const char *path, struct buf *b)
{
	const struct fold_change *d;
	size_t i;

	/* An undo isn't in the list. */
	for (d = c + 1; d < f->changes + f->changes_len; d++)
		for (i = 0; d->undoes == 0 && !d->undone &&
		    i < d->files_len; i++)
			if (strcmp(d->files[i].path_bytes, path) == 0) {
				buf_addf(b, "  changed again by %lld",
				    (long long)d->tx);
				return;
			}
	buf_adds(b, "  edited after this change");
}

/* The last undo of a part of the change that touched this file and wasn't redone;
 * or NULL. */
const struct fold_change *
changes_rows_undo(const struct fold *f, const struct fold_change *c,
    const char *path)
{
	const struct fold_change *u = f->changes + f->changes_len;
	const struct fold_change_file *file;

	while (c->undone_part && --u > c) {
		file = u->undoes == c->tx ? fold_change_file(u, path) : NULL;
		if (file != NULL && !exit_summary_is_undone(f, u, file))
			return u;
	}
	return NULL;
}

/* Append what has become of a file of the change. */
static void
changes_add_notes(const struct fold *f, const struct fold_change *c,
    const struct fold_change_file *file, struct buf *b)
{
	buf_adds(b, file->from != NULL ? "" : !file->before.exists ? "  new" :
	    !file->after.exists ? "  deleted" : "");
	if (changes_rows_undo(f, c, file->path_bytes) != NULL)
		buf_adds(b, exit_summary_is_undone(f, c, file) ?
		    "  undone" : "  undone in part");
	else if (file->changed_on_disk && (!c->undone || c->undone_part))
		changes_add_later(f, c, file->path_bytes, b);
}

static void
changes_set_part(struct page_row *r, enum changes_kind kind, int file, int hunk)
{
	r->kind = (int)kind;
	r->change = file;
	r->line = hunk;
}

static void
changes_add_part(struct page *p, enum style style, char *text_take, int file,
    int hunk)
{
	page_adds(p, style, page_keep_take(p, text_take));
	changes_set_part(&p->rows[p->len - 1], CHANGES_PART, file, hunk);
}

/* Is this row of a renamed file told with its new name? */
static bool
changes_is_told(const struct fold_change_file *f)
{
	return f->renamed_later && !f->changed_on_disk;
}

/* Append the files to the row of their change: false if they don't fit. */
static bool
changes_head_files(const struct ui *ui, const struct fold_change *c, int width,
    struct buf *head)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	AUTO_FREE char *names = NULL;
	size_t i;

	for (i = 0; i < c->files_len; i++) {
		if (changes_is_told(&c->files[i]))
			continue;
		buf_adds(&b, b.len > 0 ? ", " : "  ");
		fold_add_names(&b, c->files[i].from, c->files[i].path_bytes);
		changes_add_notes(ui->fold, c, &c->files[i], &b);
	}
	names = sanitize_dup(buf_str(&b), ui->screen.flags);
	if (width < CHANGES_WIDE || sanitize_width(head->p, head->len,
	    ui->screen.flags) + sanitize_width(names, strlen(names),
	    ui->screen.flags) > width)
		return false;
	buf_adds(head, names);
	return true;
}

static void
changes_add_files(const struct ui *ui, struct page *p,
    const struct fold_change *c)
{
	size_t i, n = 0, all = 0, room;
	AUTO_BUF struct buf b = BUF_INIT(0);
	char *names;

	/* Show a renamed file with both names. */
	for (i = 0; i < c->files_len; i++)
		all += !changes_is_told(&c->files[i]);
	room = all > CHANGES_NAMES ? CHANGES_FIRST : all;
	for (i = 0; i < c->files_len && n < room; i++) {
		const struct fold_change_file *f = &c->files[i];

		if (changes_is_told(f))
			continue;
		n++;
		buf_clear(&b);
		buf_adds(&b, "     ");
		fold_add_names(&b, f->from, f->path_bytes);
		changes_add_notes(ui->fold, c, f, &b);
		names = sanitize_dup(buf_str(&b), ui->screen.flags);
		if (all > 1)
			changes_add_part(p, STYLE_DIM, names, (int)i + 1, 0);
		else
			page_adds(p, STYLE_DIM, page_keep_take(p, names));
	}
	if (n < all)
		page_addf(p, STYLE_DIM, "     and %zu more files · %s lists "
		    "them", all - n, ui_key_of(ui, ACTION_CHANGE_OPEN));
}

bool
changes_rows_open(const struct ui *ui, int64_t tx)
{
	return ui->change != NULL && json_int(ui->change, "tx", 0) == tx;
}

/* Is the change unfolded, or one of its undos and redos? */
static bool
changes_has_open(const struct ui *ui, const struct fold_change *c)
{
	const struct fold_change *open = fold_change_find(ui->fold,
	    json_int(ui->change, "tx", 0));

	return open != NULL && (open == c ||
	    changes_rows_root(ui->fold, open) == c);
}

/* The file of the change that is open, as the core listed it; or NULL. */
static const cJSON *
changes_listed(const struct ui *ui, const char *path)
{
	const cJSON *file;
	size_t len;

	cJSON_ArrayForEach(file, json_array(ui->change, "files")) {
		AUTO_FREE char *p = json_get_bytes(file, "path", &len);

		if (p != NULL && strcmp(p, path) == 0)
			return file;
	}
	return NULL;
}

const cJSON *
changes_rows_hunk(const struct ui *ui, const char *path, int hunk)
{
	return hunk <= 0 ? NULL : cJSON_GetArrayItem(json_array(
	    changes_listed(ui, path), "hunks"), hunk - 1);
}

bool
changes_rows_lines(const struct ui *ui, const char *path, int hunk)
{
	const cJSON *h, *hunks = json_array(changes_listed(ui, path), "hunks");
	int k = 0;

	cJSON_ArrayForEach(h, hunks)
		if ((++k == hunk || hunk == 0) && json_bool(h, "shown", false))
			return true;
	return false;
}

void
changes_rows_show(struct ui *ui, const char *path, int hunk, bool show)
{
	cJSON *h, *hunks = cJSON_GetObjectItemCaseSensitive(
	    changes_listed(ui, path), "hunks");
	int k = 0;

	cJSON_ArrayForEach(h, hunks)
		if (++k == hunk || hunk == 0)
			json_set_take(h, "shown", cJSON_CreateBool(show));
}

static size_t
changes_count_lines(const cJSON *hunk)
{
	size_t i, len, n = 0;
	AUTO_FREE char *diff = json_get_bytes(hunk, "diff", &len);

	for (i = 0; diff != NULL && i < len; i++)
		n += diff[i] == '\n';
	return n;
}

void
changes_rows_listed(struct ui *ui, const char *path)
{
	const cJSON *file, *hunks;
	size_t before, n = 0;

	if (path != NULL) {
		changes_rows_show(ui, path, 0, true);
		return;
	}
	cJSON_ArrayForEach(file, json_array(ui->change, "files")) {
		hunks = json_array(file, "hunks");
		if (cJSON_GetArraySize(hunks) != 1)
			continue;
		/* The first one as a whole. */
		before = n;
		n += changes_count_lines(hunks->child);
		if (before > 0 && n > CHANGES_LINES)
			break;
		json_set_take(hunks->child, "shown", cJSON_CreateTrue());
	}
}

/* The lines of a hunk, if they are shown. */
static void
changes_add_lines(struct page *p, const cJSON *hunk, int file, int k)
{
	static const enum style styles[] = {
		[DIFF_LINE_HEAD] = STYLE_DIM, [DIFF_LINE_HUNK] = STYLE_HUNK,
		[DIFF_LINE_OLD] = STYLE_DEL, [DIFF_LINE_NEW] = STYLE_ADD,
		[DIFF_LINE_SAME] = STYLE_DIM, [DIFF_LINE_NOTE] = STYLE_DIM,
	};
	struct diff_lines lines = { 0 };
	const char *at, *end;
	size_t len, n, row;
	int number = 0;

	if (!json_bool(hunk, "shown", false))
		return;
	at = page_keep_take(p, json_get_bytes(hunk, "diff", &len));
	for (; at != NULL && *at != '\0'; at = *end == '\0' ? end : end + 1) {
		end = strchrnul(at, '\n');
		n = (size_t)(end - at);
		row = page_add(p, styles[diff_line(&lines, at, n)], "       ",
		    "       ", at, n, false);
		changes_set_part(&p->rows[row], CHANGES_LINE, file, k);
		p->rows[row].number = ++number;
		for (; row < p->len; row++)
			p->rows[row].prefix_style = STYLE_DIM;
	}
	if (number > 0 && !json_bool(hunk, "cut", false))
		return;
	row = page_adds(p, STYLE_DIM, number > 0 ? "       the rest is too "
	    "long to be shown here" : json_bool(hunk, "cut", false) ?
	    "       too long to be shown here" :
	    "       no lines to show");
	changes_set_part(&p->rows[row], CHANGES_LINE, file, k);
	p->rows[row].number = ++number;
}

static void
changes_add_parts(const struct ui *ui, struct page *p,
    const struct fold_change *c)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const struct fold_change_file *of;
	const cJSON *file, *h;
	size_t len;
	bool alone;
	int i, k;

	cJSON_ArrayForEach(file, json_array(ui->change, "files")) {
		AUTO_FREE char *path = json_get_bytes(file, "path", &len);

		of = path == NULL ? NULL : fold_change_file(c, path);
		if (of == NULL)
			continue;
		i = (int)(of - c->files) + 1;
		buf_clear(&b);
		buf_adds(&b, "     ");
		fold_add_names(&b, of->from, of->path_bytes);
		changes_add_notes(ui->fold, c, of, &b);
		changes_add_part(p, STYLE_PLAIN, sanitize_dup(buf_str(&b),
		    ui->screen.flags), i, 0);
		k = 0;
		alone = cJSON_GetArraySize(json_array(file, "hunks")) == 1;
		cJSON_ArrayForEach(h, json_array(file, "hunks")) {
			k++;
			if (alone && json_bool(h, "shown", false)) {
				changes_add_lines(p, h, i, k);
				continue;
			}
			buf_clear(&b);
			buf_addf(&b, "       line %d  +%d -%d  ",
			    (int)json_int(h, "line", 0),
			    (int)json_int(h, "added", 0),
			    (int)json_int(h, "removed", 0));
			if (json_str(h, "function") != NULL)
				buf_addf(&b, "%s  ", json_str(h, "function"));
			buf_adds(&b, json_str_or(h, "text", ""));
			if (json_bool(h, "undone", false))
				buf_adds(&b, "  undone");
			changes_add_part(p, STYLE_DIM, sanitize_dup(buf_str(
			    &b), ui->screen.flags), i, k);
			changes_add_lines(p, h, i, k);
		}
	}
}

/* The heading of the changes of a task: this one, and older ones. */
static void
changes_add_task(const struct ui *ui, struct page *p,
    const struct fold_change *c)
{
	char *s = xasprintf("%.*s", (int)strcspn(c->task, "\n"), c->task);
	size_t row;

	p->unwrapped = true;
	row = page_add(p, STYLE_BOLD, NULL, NULL, page_keep_take(p, s),
	    strlen(s), false);
	p->unwrapped = false;
	p->rows[row].kind = CHANGES_TASK;
	p->rows[row].file = (int)(c - ui->fold->changes);
}

/* A change, or an undo or redo below the change that it belongs to. */
static void
changes_add(const struct ui *ui, struct page *p, const struct fold_change *c,
    int digits)
{
	struct buf b = BUF_INIT(0);
	bool part = changes_rows_root(ui->fold, c) != NULL, fits;
	size_t row = p->len;

	if (part)
		buf_adds(&b, "  ");
	changes_head(ui, c, digits, p->width, &b);
	fits = part || changes_rows_open(ui, c->tx) ||
	    changes_head_files(ui, c, p->width, &b);
	page_adds(p, c->undone ? STYLE_DIM : STYLE_PLAIN,
	    page_keep_take(p, buf_take(&b)));
	p->rows[row].kind = CHANGES_HEAD;
	if (changes_rows_open(ui, c->tx))
		changes_add_parts(ui, p, c);
	else if (!fits)
		changes_add_files(ui, p, c);
	for (; row < p->len; row++) {
		p->rows[row].hunk = (int)(c - ui->fold->changes);
		if (p->rows[row].kind == CHANGES_TEXT)
			p->rows[row].kind = CHANGES_FILE;
	}
}

void
changes_rows_build(const struct ui *ui, struct page *p, int width)
{
	const struct fold *f = ui->fold;
	const struct fold_change *c = f->changes + f->changes_len, *u;
	int64_t task = 0;
	int digits;

	/* The first cell of a row is the cursor's marker. */
	page_clear(p, width - 1, ui->screen.flags);
	if (f->changes_len == 0) {
		page_adds(p, STYLE_DIM, UI_NOTHING_WRITTEN
		    ", so nothing to undo");
		return;
	}
	digits = snprintf(NULL, 0, "%lld", (long long)c[-1].tx);
	while (c-- > f->changes) {
		if (changes_rows_root(f, c) != NULL)
			continue;
		if (c->task_id != 0 && c->task_id != task)
			changes_add_task(ui, p, c);
		task = c->task_id;
		changes_add(ui, p, c, digits);
		for (u = c + 1; changes_has_open(ui, c) &&
		    u < f->changes + f->changes_len; u++)
			if (changes_rows_root(f, u) == c)
				changes_add(ui, p, u, digits);
	}
	if (f->changes_left > 0)
		page_addf(p, STYLE_DIM, "%lld file%s not looked at: too large, "
		    "or too many", (long long)f->changes_left,
		    f->changes_left == 1 ? " was" : "s were");
}
