/*
 * The list of applied changes, and what a key undoes or redoes in it.
 */

#include "config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "base/utf8.h"
#include "front/bindings.h"
#include "front/commit-run.h"
#include "front/exit-summary.h"
#include "gate/patch.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "ui/panes/confirm.h"
#include "ui/panes/panes.h"
#include "ui/panes/transcript.h"
#include "ui/panes/ui-base.h"
#include "ui/term/screen.h"
#include "ui/text/page.h"

#define GIT_COMMIT_NAMES	4	/* changes; more are counted */

/* ---- `assent commit`: in the terminal when the user asks for it (app.c runs
 * it), or beside the screen (commit-run.h) ---- */

static void
git_commit_add(struct ui *ui, int64_t tx)
{
	*GROW_ADD(ui->git.changes, ui->git.changes_len) = tx;
}

static bool
git_commit_can(struct ui *ui)
{
	if ((ui->fold->changes_len == 0 && !ev_is(ui->fold->mode, "review")) ||
	    ui->fold->session == NULL)
		ui_notice(ui, "nothing written yet");
	else if (ui->git.run.pid != 0)
		ui_notice(ui, "a commit is being made");
	else
		return true;
	return false;
}

void
git_commit_ask(struct ui *ui, const struct fold_change *c, const char *title)
{
	if (!git_commit_can(ui))
		return;
	xstrset(&ui->git.title, title);
	/* There it is of what is staged. */
	if (ev_is(ui->fold->mode, "review"))
		c = NULL;
	if (c != NULL && ui->git.here && !commit_run_lacks(ui->fold, c)) {
		ui_notice(ui, "nothing of change %lld is left to commit",
		    (long long)c->tx);
		return;
	}
	ui->want_edit = UI_RUN_COMMIT;
	ui->git.changes_len = 0;
	if (c != NULL)
		git_commit_add(ui, c->tx);
}

/* The same of all changes of the task that this one is of. */
static void
git_commit_ask_task(struct ui *ui, const struct fold_change *of)
{
	const struct fold *f = ui->fold;

	if (!git_commit_can(ui))
		return;
	FREE_NULL(ui->git.title);
	ui->git.changes_len = 0;
	MEM_EACH(f, changes, c)
		if (c->task_id == of->task_id && commit_run_lacks(f, c))
			git_commit_add(ui, c->tx);
	if (ui->git.changes_len > 0)
		ui->want_edit = UI_RUN_COMMIT;
	else
		ui_notice(ui, "nothing of this task is left to commit");
}

/* "change 1", "changes 1 and 4", "these 6 changes": those from `at` to `end`. */
static void
git_commit_names(const struct ui *ui, size_t at, size_t end, struct buf *b)
{
	size_t i;

	if (end - at > GIT_COMMIT_NAMES) {
		buf_addf(b, at == 0 ? "these %zu changes" : "%zu others",
		    end - at);
		return;
	}
	buf_addf(b, "change%s", end - at == 1 ? "" : "s");
	for (i = at; i < end; i++)
		buf_addf(b, "%s%lld", i == at ? " " : i + 1 == end ? " and " :
		    ", ", (long long)ui->git.changes[i]);
}

/* Lines of others can't be separated from the change's: false if not. */
static bool
git_commit_needs(struct ui *ui, const char *text, size_t len)
{
	AUTO_JSON cJSON *o = json_parse(text, len, JSON_NUL_REFUSE, NULL);
	size_t at = ui->git.changes_len;
	AUTO_BUF struct buf b = BUF_INIT(0);
	const cJSON *tx;

	git_commit_names(ui, 0, at, &b);
	cJSON_ArrayForEach(tx, json_array(o, "needs"))
		git_commit_add(ui, (int64_t)tx->valuedouble);
	if (ui->git.changes_len == at)
		return false;
	b.p[0] -= 'a' - 'A';
	buf_adds(&b, at == 1 ? " shares lines with " : " share lines with ");
	git_commit_names(ui, at, ui->git.changes_len, &b);
	if (ui->git.changes_len == 2)
		buf_adds(&b, ". Commit both?");
	else
		buf_addf(&b, ". Commit all %zu?", ui->git.changes_len);
	confirm_ask(ui, ACTION_CHANGES_COMMIT, buf_take(&b));
	return true;
}

/* It has ended in the terminal, after printing this. If it needs other changes,
 * too, ask for that. Git's words there may say why there is no commit. */
static void
git_commit_ran(struct ui *ui, const char *text, size_t len, int64_t of UNUSED,
    const char *why UNUSED)
{
	bool made, failed = false;
	AUTO_FREE char *words = NULL;

	if (git_commit_needs(ui, text, len))
		return;
	words = commit_run_words(text, len, NULL, &made, &failed);
	if (failed)
		ui->want_edit = UI_RUN_PAUSE;
	ui_notice_as(ui, NOTICE_STAYS, "%s", words);
}

const struct ui_edit_ops run_commit = { .done = git_commit_ran };

/*
 * The rows of the list of applied changes: each change once, below the task that
 * it was made for.
 */

/* The levels of an id. Numbers of files, hunks and lines begin at 1. A rejected
 * hunk has its number, negative, in place of a change. */
enum { CHANGES_TASK, CHANGES_TX, CHANGES_FILE, CHANGES_HUNK, CHANGES_LINE };

#define CHANGES_NAMES	4	/* files of one change; of one with more, */
#define CHANGES_FIRST	2	/* these */
#define CHANGES_WIDE	60	/* columns for the aligned head of a change, */
#define CHANGES_ROOMY	140	/* and for the longest states */
#define CHANGES_LINES	100	/* lines of a change that is opened; of the
				   files after them, only where they are */

static bool
changes_on_disk(const struct fold_change *c)
{
	MEM_EACH(c, files, file)
		if (file->changed_on_disk)
			return c->undone == UNDONE_NOT;
	return false;
}

/* Append "committed 83b3025", if git has a part of it: false if not. */
static bool
changes_committed(const struct fold_change *c, struct buf *b)
{
	const char *commit = NULL;
	size_t n = 0;

	MEM_EACH(c, files, file)
		if (file->commit != NULL) {
			commit = file->commit;
			n++;
		}
	if (commit != NULL)
		buf_addf(b, "committed %s%.7s", n < c->files_len ?
		    "in part " : "", commit);
	return commit != NULL;
}

/* Append "undone in part", "committed 83b3025, changed later". */
static void
changes_state(const struct fold *f, const struct fold_change *c, struct buf *b)
{
	bool whole = fold_change_undoing(f, c->tx) == NULL;
	const char *now = "";

	if (c->undone == UNDONE_WHOLE)
		now = "undone";
	else if (!whole)
		now = "undone in part";
	else if (c->undone_by != 0 && !c->index)
		now = "redone";
	if (changes_committed(c, b))
		buf_addf(b, "%s%s", now[0] != '\0' ? ", " : "", now);
	else
		buf_adds(b, now[0] != '\0' ? now : c->index ? "staged" :
		    ev_is(f->mode, "review") ? "discarded" : "written");
	/* The undos and redos changed the files of the others. */
	if (whole && changes_on_disk(c))
		buf_adds(b, ", changed later");
}

/* Append " 3  15:20  +12 -3  you  written"; a narrow screen has no room for
 * aligned columns. */
static void
changes_head(const struct ui *ui, const struct fold_change *c, int digits,
    int when, int width, struct buf *b)
{
	AUTO_BUF struct buf state = BUF_INIT(0);
	AUTO_FREE char *who = sanitize_dup(c->who == NULL ? "?" : c->who,
	    ui->screen->flags);
	char lines[48], at[CLOCK_STAMP_SIZE];
	bool wide = width >= CHANGES_WIDE;
	int added = 0, removed = 0;

	MEM_EACH(c, files, file) {
		added += file->added;
		removed += file->removed;
	}
	snprintf(lines, sizeof(lines), "+%d -%d", added, removed);
	buf_addf(b, "%*lld  ", digits, (long long)c->tx);
	clock_local(c->time == NULL ? "" : c->time, at);
	if (at[0] != '\0')
		buf_addf(b, "%-*s  ", wide ? when : 0, at);
	buf_addf(b, wide ? "%-9s  %-11s  " : "%s  %s  ", lines, who);
	changes_state(ui->fold, c, &state);
	buf_addf(b, "%-*s", !wide ? 0 : width < CHANGES_ROOMY ? 7 : 33,
	    buf_str(&state));
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
		for (i = 0; d->undoes == 0 && d->undone == UNDONE_NOT &&
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
static const struct fold_change *
changes_rows_undo(const struct fold *f, const struct fold_change *c,
    const char *path)
{
	const struct fold_change *u = f->changes + f->changes_len;
	const struct fold_change_file *file;

	while (c->undone == UNDONE_PART && --u > c) {
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
	else if (file->changed_on_disk && c->undone != UNDONE_WHOLE)
		changes_add_later(f, c, file->path_bytes, b);
}

static struct page_id
changes_id(const struct fold_change *c, int64_t file, int64_t hunk)
{
	return (struct page_id){ { c->task_id, c->tx, file, hunk } };
}

static void
changes_add_part(struct page *p, enum style style, char *text_take)
{
	/* A row each: the cursor's row says what it is on. */
	p->unwrapped = true;
	page_theirs(p, style, NULL, NULL, page_keep_take(p, text_take),
	    strlen(text_take), false);
	p->unwrapped = false;
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

	MEM_EACH(c, files, file) {
		if (changes_is_told(file))
			continue;
		buf_adds(&b, b.len > 0 ? ", " : "  ");
		fold_add_names(&b, file->from, file->path_bytes);
		changes_add_notes(ui->fold, c, file, &b);
	}
	names = sanitize_dup(buf_str(&b), ui->screen->flags);
	if (width < CHANGES_WIDE || sanitize_width(head->p, head->len,
	    ui->screen->flags) + sanitize_width(names, strlen(names),
	    ui->screen->flags) > width)
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
	MEM_EACH(c, files, it)
		all += !changes_is_told(it);
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
		names = sanitize_dup(buf_str(&b), ui->screen->flags);
		if (all > 1) {
			p->next.id = changes_id(c, (int64_t)i + 1, 0);
			changes_add_part(p, STYLE_DIM, names);
		} else
			page_adds(p, STYLE_DIM, page_keep_take(p, names));
	}
	p->next.id = changes_id(c, 0, 0);
	if (n < all)
		page_addf(p, STYLE_DIM, "     and %zu more files · %s lists "
		    "them", all - n, ui_key_of(ui, ACTION_CHANGE_OPEN));
}

/* The change that is open, as the core listed it; one without files: none. */
static const struct ev_change *
changes_listed(const struct ui *ui)
{
	static const struct ev_change none = { 0 };

	return ui->change == NULL ? &none : &ui->change->change;
}

static bool
changes_rows_open(const struct ui *ui, int64_t tx)
{
	return ui->change != NULL && changes_listed(ui)->tx == tx;
}

/* This file of it, or NULL. */
static const struct ev_changed_file *
changes_file(const struct ui *ui, const char *path)
{
	MEM_EACH(changes_listed(ui), files, f)
		if (ev_is(f->path_bytes, path))
			return f;
	return NULL;
}

/* Show lines: of this file, or where each file's are one hunk and few. */
static void
changes_show(struct ui *ui, const struct fold_change *c,
    const struct fold_change_file *part)
{
	size_t before, n = 0;
	struct page_id id;

	MEM_EACH(changes_listed(ui), files, f) {
		const struct fold_change_file *of = f->path_bytes == NULL ?
		    NULL : fold_change_file(c, f->path_bytes);

		if (of == NULL || (part != NULL ? of != part :
		    f->hunks_len != 1))
			continue;
		if (part == NULL) {
			/* The first one as a whole. */
			before = n;
			n += mem_lines(f->hunks[0].diff.p,
			    f->hunks[0].diff.len);
			if (before > 0 && n > CHANGES_LINES)
				break;
		}
		id = changes_id(c, of - c->files + 1, 0);
		while (id.of[CHANGES_HUNK]++ < (int64_t)f->hunks_len)
			list_open(&ui->panes[PANE_CHANGES], &id, true);
	}
}

/* The lines of the hunk whose id the next rows have. */
static void
changes_add_lines(struct page *p, const struct ev_changed_hunk *hunk)
{
	static const enum style styles[] = {
		[DIFF_LINE_HEAD] = STYLE_DIM, [DIFF_LINE_HUNK] = STYLE_HUNK,
		[DIFF_LINE_OLD] = STYLE_DEL, [DIFF_LINE_NEW] = STYLE_ADD,
		[DIFF_LINE_SAME] = STYLE_DIM, [DIFF_LINE_NOTE] = STYLE_DIM,
	};
	struct diff_lines lines = { 0 };
	const char *end, *at = page_keep_take(p, xmemdup(ev_str(hunk->diff.p, ""),
	    hunk->diff.len));
	int64_t *number = &p->next.id.of[CHANGES_LINE];
	size_t n, row;

	for (; *at != '\0'; at = *end == '\0' ? end : end + 1) {
		end = strchrnul(at, '\n');
		n = (size_t)(end - at);
		++*number;
		p->next.indent = 5;
		row = page_theirs(p, styles[diff_line(&lines, at, n)],
		    page_bar(p), page_bar(p), at, n, false);
		p->next.indent = 0;
		for (; row < p->len; row++)
			p->rows[row].prefix_style = STYLE_DIM;
	}
	if (++*number == 1 || hunk->cut)
		page_adds(p, STYLE_DIM, *number > 1 ? "       the rest is too "
		    "long to be shown here" : hunk->cut ?
		    "       too long to be shown here" :
		    "       no lines to show");
	*number = 0;
}

static void
changes_add_parts(const struct ui *ui, struct page *p,
    const struct fold_change *c)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const struct fold_change_file *of;

	MEM_EACH(changes_listed(ui), files, f) {
		of = f->path_bytes == NULL ? NULL :
		    fold_change_file(c, f->path_bytes);
		if (of == NULL)
			continue;
		p->next.id = changes_id(c, of - c->files + 1, 0);
		buf_clear(&b);
		buf_adds(&b, "     ");
		fold_add_names(&b, of->from, of->path_bytes);
		changes_add_notes(ui->fold, c, of, &b);
		fold_add_lines(&b, "  now ", ui->fold, c, of);
		changes_add_part(p, STYLE_PLAIN, sanitize_dup(buf_str(&b),
		    ui->screen->flags));
		MEM_EACH(f, hunks, h) {
			bool open;

			p->next.id.of[CHANGES_HUNK]++;
			open = list_is_open(&ui->panes[PANE_CHANGES],
			    &p->next.id);
			if (open && f->hunks_len == 1) {
				changes_add_lines(p, h);
				continue;
			}
			buf_clear(&b);
			buf_addf(&b, "       line %d  +%d -%d  ", (int)h->line,
			    (int)h->added, (int)h->removed);
			if (h->function != NULL)
				buf_addf(&b, "%s  ", h->function);
			buf_add(&b, h->text.p, h->text.len);
			if (h->undone)
				buf_adds(&b, "  undone");
			changes_add_part(p, STYLE_DIM, sanitize_dup(buf_str(
			    &b), ui->screen->flags));
			if (open)
				changes_add_lines(p, h);
		}
	}
}

/* The rejected hunk with that number, of a row or the cursor; NULL: it is none. */
static const struct facts_hunk *
changes_rejected(const struct ui *ui, int64_t number)
{
	const struct facts *f = &ui->fold->facts;

	return number >= 0 || (size_t)-number > f->hunks_len ? NULL :
	    &f->hunks[-number - 1];
}

static void
changes_add_rejected(const struct ui *ui, struct page *p)
{
	const struct facts *f = &ui->fold->facts;
	struct ev_changed_hunk lines = { 0 };
	bool any = false;

	MEM_EACH_BACK(f, hunks, h) {
		AUTO_BUF struct buf b = BUF_INIT(0);

		if (!facts_is_rejected(f, h))
			continue;
		p->next.id = (struct page_id){ 0 };
		if (!any)
			page_addf(p, STYLE_BOLD, "rejected · %s reviews one "
			    "again", ui_way_of(ui, ACTION_PROPOSE));
		any = true;
		p->next.id.of[CHANGES_TX] = -1 - (h - f->hunks);
		buf_adds(&b, "     ");
		fold_add_names(&b, NULL, h->path);
		buf_addf(&b, "  line %lld  +%d -%d", (long long)h->line,
		    h->added, h->removed);
		if (h->word != NULL)
			buf_addf(&b, "  %s", h->word);
		changes_add_part(p, STYLE_DIM, sanitize_dup(buf_str(&b),
		    ui->screen->flags));
		if (list_is_open(&ui->panes[PANE_CHANGES], &p->next.id)) {
			buf_clear(&b);
			transcript_add_hunk(ui, h->proposal, h->id, &b);
			lines.diff = (struct ev_bytes){ b.p, b.len };
			changes_add_lines(p, &lines);
		}
	}
	p->next.id = (struct page_id){ 0 };
}

/* The heading of the changes of a task: this one, and older ones. */
static void
changes_add_task(struct page *p, const struct fold_change *c)
{
	p->next.id = (struct page_id){ { c->task_id } };
	changes_add_part(p, STYLE_BOLD, xasprintf("%.*s", (int)strcspn(c->task,
	    "\n"), c->task));
}

static void
changes_add(const struct ui *ui, struct page *p, const struct fold_change *c,
    int digits, int when)
{
	struct buf b = BUF_INIT(0);
	bool fits;

	p->next.id = changes_id(c, 0, 0);
	changes_head(ui, c, digits, when, p->width, &b);
	fits = changes_rows_open(ui, c->tx) ||
	    changes_head_files(ui, c, p->width, &b);
	page_adds(p, c->undone != UNDONE_NOT ? STYLE_DIM : STYLE_PLAIN,
	    page_keep_take(p, buf_take(&b)));
	if (changes_rows_open(ui, c->tx))
		changes_add_parts(ui, p, c);
	else if (!fits)
		changes_add_files(ui, p, c);
}

static int64_t
changes_version(const struct ui *ui)
{
	return ui->fold->seq + (int64_t)ui->fold->looked.looks;
}

static void
changes_build(const struct ui *ui, struct page *p)
{
	const struct fold *f = ui->fold;
	const struct fold_change *c = f->changes + f->changes_len;
	char at[CLOCK_STAMP_SIZE];
	int64_t task = 0;
	int digits, when;

	if (f->changes_len == 0) {
		page_adds(p, STYLE_DIM, UI_NOTHING_WRITTEN
		    ", so nothing to undo");
		changes_add_rejected(ui, p);
		return;
	}
	digits = snprintf(NULL, 0, "%lld", (long long)c[-1].tx);
	/* The oldest has a date if any has one. */
	clock_local(f->changes->time == NULL ? "" : f->changes->time, at);
	when = (int)strlen(at);
	if (p->width >= CHANGES_WIDE)
		page_addf(p, STYLE_DIM, "%*s  %-*s  %-9s  %-11s  %-*s  files",
		    digits, "", when, "when", "lines",
		    "accepted by", p->width < CHANGES_ROOMY ? 7 : 33, "state");
	while (c-- > f->changes) {
		if (c->undoes != 0)
			continue;
		if (c->task_id != 0 && c->task_id != task)
			changes_add_task(p, c);
		task = c->task_id;
		changes_add(ui, p, c, digits, when);
	}
	changes_add_rejected(ui, p);
	if (f->looked.left > 0)
		page_addf(p, STYLE_DIM, "%lld file%s not looked at: too large, "
		    "or too many", (long long)f->looked.left,
		    f->looked.left == 1 ? " was" : "s were");
}

#define CHANGES_NAME	19	/* bytes of a file's name in a short hint */

static void changes_list(struct ui *, const struct event *);

static void
changes_title(const struct ui *ui, int room UNUSED, struct buf *b)
{
	const struct fold *f = ui->fold;
	static const char *const words[] = { "written", "committed",
		"undone in part", "undone", "rejected", "staged",
		"discarded" };
	size_t i, n[MEM_COUNT(words)] = { 0 };
	size_t from = b->len + strlen("changes");

	MEM_EACH(f, changes, c)
		if (c->undoes == 0)
			n[c->undone == UNDONE_WHOLE ? 3 :
			    c->undone == UNDONE_PART ? 2 :
			    c->files->commit != NULL || !ev_is(f->mode,
			    "review") ? !commit_run_lacks(f, c) :
			    c->index ? 5 : 6]++;
	MEM_EACH(&f->facts, hunks, h)
		n[4] += facts_is_rejected(&f->facts, h);
	buf_adds(b, "changes");
	for (i = 0; i < MEM_COUNT(words); i++)
		if (n[i] > 0)
			buf_addf(b, "%s%zu %s", b->len > from ? " · " : ": ",
			    n[i], words[i]);
}

/* ---- what is under the cursor ---- */

static int64_t
changes_number(const struct ui *ui, int level)
{
	return ui->panes[PANE_CHANGES].at.of[level];
}

static const struct fold_change *
changes_at(const struct ui *ui)
{
	return fold_change_find(ui->fold, changes_number(ui, CHANGES_TX));
}

/* A change of the task whose heading is under the cursor, or NULL. */
static const struct fold_change *
changes_task_at(const struct ui *ui)
{
	if (changes_number(ui, CHANGES_TX) != 0)
		return NULL;
	MEM_EACH(ui->fold, changes, c)
		if (c->task_id != 0 && c->undoes == 0 &&
		    c->task_id == changes_number(ui, CHANGES_TASK))
			return c;
	return NULL;
}

/* The file of the change under the cursor, or NULL, and the hunk's number or 0. */
static const struct fold_change_file *
changes_part_at(const struct ui *ui, const struct fold_change *c, int64_t *hunk)
{
	int64_t file = changes_number(ui, CHANGES_FILE);

	*hunk = changes_number(ui, CHANGES_HUNK);
	return c == NULL || file == 0 || (size_t)file > c->files_len ?
	    NULL : &c->files[file - 1];
}

/* The id of what is unfolded there; true: it is. */
static bool
changes_is_open(const struct ui *ui, struct page_id *id)
{
	const struct fold_change *c = changes_at(ui);

	*id = ui->panes[PANE_CHANGES].at;
	id->of[CHANGES_LINE] = 0;
	return c != NULL && (!changes_rows_open(ui, c->tx) ||
	    id->of[CHANGES_FILE] == 0) ? changes_rows_open(ui, c->tx) :
	    list_is_open(&ui->panes[PANE_CHANGES], id);
}

static bool
changes_open_effect(const struct ui *ui, struct buf *b)
{
	const struct fold_change *c = changes_at(ui);
	struct page_id id;
	int64_t hunk;

	if (c == NULL && changes_number(ui, CHANGES_TX) >= 0)
		return false;
	buf_addf(b, "%s%s", changes_is_open(ui, &id) ? "close" : "open",
	    c == NULL ? " hunk" : changes_part_at(ui, c, &hunk) == NULL ? "" :
	    hunk > 0 ? " hunk" : " file");
	return true;
}

/* Why a key for a change does nothing here. */
static const char *
changes_none(const struct ui *ui)
{
	return changes_task_at(ui) == NULL ? "no written change here" :
	    "this is a task: go to one of its changes";
}

/* Show the files and hunks of the change under the cursor, or the lines of this
 * file or hunk; hide them if they are shown. */
static void
changes_unfold(struct ui *ui)
{
	const struct fold_change *c = changes_at(ui);
	const struct fold_change_file *part;
	struct page_id id;
	bool open = changes_is_open(ui, &id);
	int64_t hunk;

	part = changes_part_at(ui, c, &hunk);
	if (c == NULL && id.of[CHANGES_TX] == 0)
		ui_none(ui, ACTION_CHANGE_OPEN);
	else if (c != NULL && !changes_rows_open(ui, c->tx))
		ui->send(ui->send_arg, command_int("changes", "tx", c->tx));
	else if (c != NULL && part == NULL)
		changes_list(ui, NULL);
	else if (c != NULL && !open && hunk == 0)
		changes_show(ui, c, part);
	else
		list_open(&ui->panes[PANE_CHANGES], &id, !open);
}

/* The files and hunks of a change have come; NULL: they are hidden. */
static void
changes_list(struct ui *ui, const struct event *e)
{
	const struct fold_change *c = e == NULL || changes_rows_open(ui,
	    e->change.tx) ? NULL : fold_change_find(ui->fold, e->change.tx);
	int64_t hunk;

	event_keep(&ui->change, e);
	if (c != NULL)
		changes_show(ui, c, changes_at(ui) != c ? NULL :
		    changes_part_at(ui, c, &hunk));
	ui->panes[PANE_CHANGES].stale = true;
}

/* ---- undo and redo ---- */

/* Ask the core which files have changed on disk since. */
static void
changes_look(struct ui *ui)
{
	ui->send(ui->send_arg, command_of("changes"));
	if (ui->change != NULL)
		ui->send(ui->send_arg, command_int("changes", "tx",
		    changes_listed(ui)->tx));
}

/* What a key undoes or redoes: a change, or a file of it, or a hunk. */
struct changes_target { int64_t tx; const char *path, *hunk; };

/* What the key is about at the cursor; NULL, or why it does nothing there. */
static const char *
changes_target(const struct ui *ui, bool redo, struct changes_target *t)
{
	const struct fold_change *c = changes_at(ui), *undo;
	const struct fold_change_file *part;
	const struct ev_changed_file *f;
	int64_t hunk;

	if (c == NULL)
		return changes_none(ui);
	part = changes_part_at(ui, c, &hunk);
	*t = (struct changes_target){ .tx = c->tx, .path = part == NULL ? NULL :
	    part->path_bytes };
	if (part != NULL && c->undone == UNDONE_WHOLE)
		return "undone with the whole change: redo that";
	if (redo) {
		undo = part != NULL ? changes_rows_undo(ui->fold, c, t->path) :
		    fold_change_undoing(ui->fold, c->tx);
		if (undo == NULL)
			return "this isn't undone";
		t->tx = undo->tx;
		return NULL;
	}
	if (part != NULL ? exit_summary_is_undone(ui->fold, c, part) :
	    c->undone == UNDONE_WHOLE)
		return "this is undone";
	f = part == NULL ? NULL : changes_file(ui, t->path);
	if (f == NULL || hunk <= 0 || hunk > (int64_t)f->hunks_len)
		return NULL;
	t->hunk = f->hunks[hunk - 1].id;
	return f->hunks[hunk - 1].undone ? "this hunk is undone" : NULL;
}

cJSON *
changes_undo(struct ui *ui, bool redo)
{
	struct changes_target t;
	const char *why = changes_target(ui, redo, &t);

	if (why == NULL)
		return command_undo(t.tx, t.path, t.hunk);
	ui_notice(ui, "%s", why);
	return NULL;
}

/* Append a file's path or, so that the hints after it have room, its name. */
static void
changes_add_name(struct buf *b, const char *path, bool brief)
{
	const char *name = brief ? strrchr(path, '/') : NULL;
	AUTO_FREE char *cut = utf8_cut_dup(name == NULL ? path : name + 1,
	    brief ? CHANGES_NAME : SIZE_MAX);

	buf_adds(b, cut);
}

static bool
changes_effect(const struct ui *ui, bool redo, bool brief, struct buf *b)
{
	const struct fold_change *c = changes_at(ui);
	AUTO_FREE char *name = NULL;
	struct changes_target t;
	const char *last = "";
	size_t n = 0;

	if (!fold_can_undo(ui->fold) || changes_target(ui, redo, &t) != NULL)
		return false;
	buf_adds(b, redo ? "redo " : "undo ");
	if (!brief)
		buf_addf(b, "change %lld: ", (long long)c->tx);
	MEM_EACH(c, files, file)
		if (!file->renamed_later || file->changed_on_disk) {
			n++;
			last = file->path;
		}
	if (t.hunk != NULL)
		buf_adds(b, "this hunk only");
	else if (t.path == NULL && c->undone == UNDONE_PART)
		buf_adds(b, redo ? "the part undone last" : "the rest of it");
	else if (t.path == NULL && n != 1)
		buf_addf(b, "%s%zu files", brief ? "" : "its ", n);
	else {
		name = sanitize_dup(t.path != NULL ? t.path : last,
		    ui->screen->flags);
		changes_add_name(b, name, brief);
		buf_adds(b, t.path != NULL && n > 1 ? " only" : "");
	}
	return true;
}

static bool
changes_commit_effect(const struct ui *ui, bool brief, struct buf *b)
{
	const struct fold_change *c = changes_at(ui), *of = changes_task_at(ui);
	size_t n = 0, files = 0;

	if (of != NULL && ui->git.here)
		n = commit_run_count(ui->fold, of, &files);
	if (of != NULL ? n == 0 : c == NULL || !ui->git.here ||
	    !commit_run_lacks(ui->fold, c))
		return false;
	if (of == NULL) {
		buf_adds(b, "commit");
		if (!brief)
			buf_addf(b, " change %lld", (long long)c->tx);
		return true;
	}
	buf_addf(b, "commit %s%zu change%s", brief ? "" : "this task: ", n,
	    n == 1 ? "" : "s");
	if (!brief)
		buf_addf(b, ", %zu file%s", files, files == 1 ? "" : "s");
	return true;
}

bool
changes_hint(const struct ui *ui, enum action_id id, bool brief, struct buf *b)
{
	switch (id) {
	case ACTION_UNDO:
	case ACTION_REDO:
		return changes_effect(ui, id == ACTION_REDO, brief, b);
	case ACTION_CHANGE_OPEN:
		return changes_open_effect(ui, b);
	case ACTION_PROPOSE:
		buf_adds(b, "review again");
		return changes_number(ui, CHANGES_TX) < 0;
	default:
		return changes_commit_effect(ui, brief, b);
	}
}

/* Commit what is under the cursor. */
static void
changes_commit(struct ui *ui)
{
	const struct fold_change *c = changes_at(ui), *of = changes_task_at(ui);

	if (of != NULL)
		git_commit_ask_task(ui, of);
	else if (c != NULL)
		git_commit_ask(ui, c, NULL);
	else
		ui_none(ui, ACTION_CHANGES_COMMIT);
}

/* Propose the rejected hunk under the cursor again; false if there is none. */
static bool
changes_propose(struct ui *ui)
{
	const struct facts_hunk *h = changes_rejected(ui,
	    changes_number(ui, CHANGES_TX));

	if (h == NULL)
		return false;
	ui->send(ui->send_arg, command_text("propose", "hunk", h->id));
	ui->waits.undo = UNDO_ASKED_IN_LIST;
	return true;
}

static bool
changes_key(struct ui *ui, enum action_id id)
{
	struct pane *pane = &ui->panes[PANE_CHANGES];

	switch (id) {
	case ACTION_ITEM_NEXT:
	case ACTION_ITEM_PREV:
		if (!list_step(pane, id == ACTION_ITEM_NEXT, CHANGES_TX + 1))
			ui_none(ui, id);
		return true;
	case ACTION_ITEM_OPEN:
	case ACTION_CHANGE_OPEN:
		changes_unfold(ui);
		return true;
	case ACTION_CHANGES_COMMIT:
		changes_commit(ui);
		return true;
	case ACTION_PROPOSE:
		return changes_propose(ui);
	default:
		return false;
	}
}

/* Open the list with the cursor on the change that would be undone next; after an
 * undo that was asked here, where it was. */
static void
changes_open(struct ui *ui)
{
	struct pane *pane = &ui->panes[PANE_CHANGES];
	const struct fold_change *c = fold_change_last(ui->fold, false);

	pane->stale = true;
	if (ui->waits.undo < UNDO_ASKED_IN_LIST) {
		pane->top = pane->cur = 0;
		pane->at = c == NULL ? (struct page_id){ 0 } :
		    changes_id(c, 0, 0);
	}
	changes_look(ui);
}

const struct pane_ops pane_changes = {
	.name = "changes",
	.open = changes_open,
	.title = changes_title,
	.build = changes_build,
	.version = changes_version,
	.key = changes_key,
};

static void
changes_line(struct ui *ui, const struct event *e)
{
	if (e->type == EVENT_CHANGE)
		changes_list(ui, e);
	else if (e->type == EVENT_APPLIED && ui->at == PANE_CHANGES &&
	    ui->fold->live)
		changes_look(ui);
}

static void
changes_release(struct ui *ui)
{
	event_drop(&ui->change);
	FREE_ALL(ui->git.changes, ui->git.title);
}

const struct ui_part part_changes = {
	.line = changes_line,
	.release = changes_release,
};
