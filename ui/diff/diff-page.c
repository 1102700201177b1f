/*
 * The proposal as a page: the check's result, the list of files, and each file
 * with its notes and hunks (diff-hunk.c).
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "base/utf8.h"
#include "front/bindings.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "ui/diff/diff.h"
#include "ui/panes/composer.h"
#include "ui/panes/confirm.h"
#include "ui/panes/panes.h"
#include "ui/panes/ui-base.h"
#include "ui/term/screen.h"
#include "ui/text/page.h"
#include "review/pairs.h"

#define DIFF_ROWS_MOST 1000	/* more than any screen, */
#define DIFF_ROWS_TEXT 65536	/* as are the lines of so many bytes */
#define DIFF_END_LINES	3	/* of an output */
#define DIFF_REASON_MAX	300	/* bytes */
#define DIFF_TALLY_COLS	10	/* "  9 unread" */

/*
 * Ignored files: one line that opens into the names, and the keys for them. The
 * keys only send requests to the core: they write nothing to the tree, and decide
 * nothing.
 */

#define IGNORED_NAMES 2		/* in the summary line, if it is one row */

static const char *
ignored_why(const struct fold_ignored *n)
{
	static const struct { const char *why, *text; } rows[] = {
		{ "git", "ignored by git" },
		{ "staged", "ignored by " },	/* its rule */
	};

	return MEM_FIND(rows, n->why) == NULL ? "cache" :
	    MEM_FIND(rows, n->why)->text;
}

static char *
ignored_text(const struct ui *ui, size_t names)
{
	const struct fold_proposal *pr = ui->fold->proposal;
	AUTO_BUF struct buf b = BUF_INIT(0);

	fold_ignored_text(&b, pr, names);
	if (pr->ignores_len > 0)
		buf_addf(&b, " %s %s %s them",
		    ui->screen->flags & SANITIZE_ASCII ? "-" : "\xc2\xb7",
		    ui_way_of(ui, ACTION_IGNORED),
		    ui->ignored_open ? "folds" : "lists");
	if (ui->ignored_open)
		buf_addf(&b, ", %s reviews one", ui_way_of(ui, ACTION_INCLUDE));
	return sanitize_dup(buf_str(&b), ui->screen->flags);
}

static void
ignored_add(struct ui *ui, struct page *p)
{
	const struct fold_proposal *pr = ui->fold->proposal;
	int64_t rest = pr->ignored;
	char *text;
	size_t names = ui->ignored_open ? 0 : IGNORED_NAMES;

	if (pr->ignored <= 0)
		return;
	for (text = ignored_text(ui, names); names > 0 &&
	    sanitize_width(text, strlen(text), ui->screen->flags) > p->width;
	    text = ignored_text(ui, --names))
		free(text);
	p->next.kind = DIFF_IGNORED;
	page_addf(p, STYLE_DIM, "%s", text);
	free(text);
	if (ui->ignored_open)
		MEM_EACH(pr, ignores, n) {
			AUTO_FREE char *rule = sanitize_dup(ev_str(n->rule, ""),
			    ui->screen->flags);
			AUTO_FREE char *path = sanitize_dup(n->path,
			    ui->screen->flags);

			p->next.change++;
			page_addf(p, STYLE_DIM, "  %s  %lld file%s  %s%s", path,
			    (long long)n->files, n->files == 1 ? "" : "s",
			    ignored_why(n), rule);
			rest -= n->files;
		}
	p->next.kind = DIFF_TEXT;
	p->next.change = 0;
	if (ui->ignored_open && rest > 0 && pr->ignores_len > 0)
		page_addf(p, STYLE_DIM, "  and %lld more file%s",
		    (long long)rest, rest == 1 ? "" : "s");
}

/* Make the page again, with the cursor on the first row of the ignored
 * files. */
static void
ignored_goto(struct ui *ui)
{
	struct pane *pane = &ui->panes[PANE_DIFF];
	size_t i;

	diff_again(ui);
	for (i = 0; i < pane->page.len; i++)
		if (pane->page.rows[i].kind == DIFF_IGNORED)
			break;
	if (i == pane->page.len)
		return;
	/* On the first name, if there is one. */
	diff_goto_row(ui, i + (i + 1 < pane->page.len &&
	    pane->page.rows[i + 1].change > 0 &&
	    pane->page.rows[i + 1].kind == DIFF_IGNORED));
}

static void
ignored_toggle(struct ui *ui)
{
	const struct fold_proposal *pr = ui->fold->proposal;

	if (pr == NULL || pr->ignores_len == 0) {
		ui_none(ui, ACTION_IGNORED);
		return;
	}
	ui->ignored_open = !ui->ignored_open;
	ignored_goto(ui);
}

static void
ignored_include(struct ui *ui)
{
	const struct fold_proposal *pr = ui->fold->proposal;
	int n = diff_numbered(ui, DIFF_IGNORED);
	cJSON *o;

	if (pr == NULL || n < 1 || (size_t)n > pr->ignores_len) {
		if (!ui->ignored_open)
			ignored_toggle(ui);
		if (pr != NULL && pr->ignores_len > 0)
			ui_none(ui, ACTION_INCLUDE);
		return;
	}
	o = command_of("include");
	json_add_bytes(o, "path", pr->ignores[n - 1].path_bytes,
	    strlen(pr->ignores[n - 1].path_bytes));
	ui->send(ui->send_arg, o);
}

void
diff_ignored(struct ui *ui, enum action_id id)
{
	if (id == ACTION_IGNORED)
		ignored_toggle(ui);
	else
		ignored_include(ui);
}

static char *
diff_clean(const char *s)
{
	struct buf b = BUF_INIT(0);

	sanitize_name(&b, s == NULL ? "" : s);
	return buf_take(&b);
}

/* What only the check wrote. */
static void
diff_add_put_away(struct page *p, const struct fold_evidence *e)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	MEM_EACH(e, put_away, path) {
		buf_adds(&b, b.len > 0 ? ", " : "");
		sanitize_name(&b, *path);
	}
	page_addf(p, STYLE_DIM, "only the check wrote, put away: %s",
	    buf_str(&b));
}

/* What the header doesn't say of the check. */
static void
diff_add_evidence(struct ui *ui, struct page *p)
{
	const struct fold_evidence *e = &ui->fold->evidence;
	const struct fold_check check = fold_check(ui->fold);
	const char *limit = e->killed == NULL ? e->met : e->limit == NULL ?
	    e->killed : e->limit;

	if (!check.ran || e->running || check.early ||
	    review_facts(&ui->review).check_is_old)
		return;
	if (limit != NULL)
		page_addf(p, STYLE_DIM, "check: %s", limit);
	if (e->put_away_len > 0)
		diff_add_put_away(p, e);
	if (e->returned > 0)
		page_addf(p, STYLE_BAD,
		    "check failed %d time%s after the model said it was done",
		    e->returned, e->returned == 1 ? "" : "s");
}

/* The model's reason why the check can't pass. */
static void
diff_add_cannot_pass(struct ui *ui, struct page *p)
{
	const char *why = ui->fold->evidence.cannot_pass;

	ui->diff.begin = SIZE_MAX;
	if (why != NULL && ui->fold->proposal->undo == 0)
		ui->diff.begin = page_addf(p, STYLE_MODEL, "model says the "
		    "check can't pass: %.*s", (int)utf8_cut(why, strlen(why),
		    DIFF_REASON_MAX), why);
}

/* What the user's hooks say of the whole change. */
static void
diff_add_hooks(struct ui *ui, struct page *p)
{
	MEM_EACH(&ui->fold->hooks, list, h) {
		AUTO_BUF struct buf says = BUF_INIT(0);
		AUTO_FREE char *reason = diff_clean(h->reason);
		bool tool = strstr(h->event, "_tool") != NULL;

		fold_hook_says(h, &says);
		if (says.len == 0 || (tool && h->findings == 0))
			continue;
		page_addf(p, h->ok && strcmp(h->decision, "allow") == 0 ?
		    STYLE_DIM : STYLE_BAD, "hook %s: %s%s%s", h->name,
		    buf_str(&says), reason[0] == '\0' ? "" : ": ", reason);
	}
}

static void
diff_count(const struct fold_file *f, int *added, int *removed)
{
	*added = *removed = 0;
	MEM_EACH(f, hunks, h) {
		*added += h->added;
		*removed += h->removed;
	}
}

/* The forms of a file's row: the first one that fits in a row. */
enum diff_file_form {
	DIFF_FILE_LONG, DIFF_FILE_BRIEF,
	DIFF_FILE_BARE		/* in the list only */
};

struct diff_file_row {
	struct buf	b;
	size_t		badge, badge_end;
};

static void
diff_file_words(const struct ui *ui, const struct fold_file *f, bool head,
    enum diff_file_form form, struct diff_file_row *r)
{
	struct buf *b = &r->b;
	int added, removed;

	buf_clear(b);
	diff_count(f, &added, &removed);
	buf_addf(b, "%-8s ", f->status == NULL ? "" : f->status);
	fold_add_name(b, f->path_bytes);
	/* A file without lines has a hunk that says what it is. */
	if (added + removed > 0 && form != DIFF_FILE_BARE)
		buf_addf(b, "  +%d -%d", added, removed);
	if (form < DIFF_FILE_BRIEF)
		buf_addf(b, "  %zu hunk%s", f->hunks_len,
		    f->hunks_len == 1 ? "" : "s");
	if (f->from != NULL) {
		buf_adds(b, "  from ");
		fold_add_name(b, f->from_bytes);
		if (f->similarity < 100)
			buf_addf(b, " (%d%% similar)", f->similarity);
	}
	if (f->binary)
		buf_addf(b, "  [%s]", f->lacks);
	r->badge = b->len;
	r->badge_end = fold_badges(b, f);
	if (head && diff_is_folded(ui, f))
		buf_adds(b, "  [folded]");
}

static void
diff_add_file_line(struct ui *ui, struct page *p, int index, bool head)
{
	const struct fold_file *f = &ui->fold->proposal->files[index];
	/* In the list, leave room for the file's mark. */
	const char *indent = head ? NULL : "    ", *text;
	struct diff_file_row r = { 0 };
	enum diff_file_form form = DIFF_FILE_LONG;
	enum diff_file_form most = head ? DIFF_FILE_BRIEF : DIFF_FILE_BARE;
	int room, cols;
	size_t row, len;

	/* And for the tally, if another form makes it. */
	room = p->width - (head ? 0 : 4 + DIFF_TALLY_COLS);

	for (;; form++) {
		diff_file_words(ui, f, head, form, &r);
		if (form == most || sanitize_width(buf_str(&r.b),
		    r.b.len, ui->screen->flags) <= room)
			break;
	}
	len = r.b.len;
	text = page_keep_take(p, buf_take(&r.b));
	p->next.file = index;
	p->next.kind = head ? DIFF_TEXT : DIFF_LISTED;
	row = page_add(p, head ? STYLE_FILE : STYLE_PLAIN, indent, NULL, text,
	    len);
	p->next.file = -1;
	p->next.kind = DIFF_TEXT;
	cols = sanitize_width(p->rows[row].p, p->rows[row].len,
	    ui->screen->flags);
	if (!head && ui->diff.listed_cols < cols)
		ui->diff.listed_cols = cols;
	if (r.badge < r.badge_end)
		page_style(p, row, p->len, text + r.badge, r.badge_end - r.badge,
		    STYLE_BADGE);
	if (!head)
		return;
	p->rows[row].kind = DIFF_FILE;
	p->rows[row].stop = diff_is_folded(ui, f);
}

/* Number of cells for the largest line number. */
static int
diff_digits(const struct fold_proposal *pr)
{
	int most = 0, digits = 1;

	MEM_EACH(pr, files, file)
		MEM_EACH(file, hunks, h) {
			if (h->old_start + h->old_lines > most)
				most = h->old_start + h->old_lines;
			if (h->new_start + h->new_lines > most)
				most = h->new_start + h->new_lines;
		}
	for (; most >= 10; most /= 10)
		digits++;
	return digits < 4 ? 4 : digits;
}

/* The page for new lines, if they are beside the old ones. */
static void
diff_build_right(struct ui *ui, int width)
{
	struct ui_diff *d = &ui->diff;

	d->digits = ui->fold->proposal == NULL ? 0 :
	    diff_digits(ui->fold->proposal);
	page_clear(&d->right, DIFF_HALF(width) - d->digits - 1,
	    ui->screen->flags);
}

static void
diff_add_named(struct page *p, enum style style, const char *before,
    const struct fold_named *v, size_t n)
{
	for (; n > 0; n--, v++) {
		AUTO_FREE char *why = diff_clean(v->why);
		AUTO_BUF struct buf path = BUF_INIT(0);

		fold_add_name(&path, v->path);
		page_addf(p, style, "%s: %s: %s", before, buf_str(&path), why);
	}
}

/* Which change this proposal reverses, and which files of it can't be
 * undone. */
static void
diff_add_undo(struct ui *ui, struct page *p)
{
	const struct fold_proposal *pr = ui->fold->proposal;
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (pr->undo == 0)
		return;
	diff_undo_text(ui, true, &b);
	page_addf(p, STYLE_BADGE, "%s", buf_str(&b));
	diff_add_named(p, STYLE_BAD, "  not undone", pr->left, pr->left_len);
}

static void
diff_add_refused(struct ui *ui, struct page *p)
{
	const struct fold_proposal *pr = ui->fold->proposal;

	if (pr->refused_len > 0)
		page_row_add(p);
	diff_add_named(p, STYLE_PLAIN, "can't be reviewed", pr->refused,
	    pr->refused_len);
}

static bool
diff_hides_file(const struct ui *ui, const struct fold_file *f)
{
	MEM_EACH(f, hunks, h)
		if (!review_hides(&ui->review, h) &&
		    !diff_alike_folds(ui, f, h))
			return false;
	return true;
}

static void
diff_add_counts(struct ui *ui, struct page *p)
{
	const struct fold_proposal *pr = ui->fold->proposal;
	AUTO_BUF struct buf b = BUF_INIT(0);
	int added = 0, removed = 0, a, d;
	bool news = diff_has_news(ui);
	size_t known;

	/* The row of a single file has them. */
	if (pr->files_len == 1 && !news)
		return;
	MEM_EACH(pr, files, it) {
		diff_count(it, &a, &d);
		added += a;
		removed += d;
	}
	buf_addf(&b, "%zu file%s, %d hunk%s, +%d -%d", pr->files_len,
	    pr->files_len == 1 ? "" : "s", fold_hunks(pr),
	    fold_hunks(pr) == 1 ? "" : "s", added, removed);
	if (news)
		buf_addf(&b, " · %zu new to you (%s%s)",
		    review_news_count(&ui->review, &known), ui_key_of(ui, ACTION_NEWS),
		    ui->review.news.on ? " shows all" : "");
	page_addf(p, news ? STYLE_BOLD : STYLE_DIM, "%s",
	    buf_str(&b));
}

/* Binaries that are one row: where the first of them is. */
static bool
diff_add_row(struct ui *ui, struct page *p, int index)
{
	const struct fold_file *f = &ui->fold->proposal->files[index];

	if (!fold_is_in_row(f))
		return false;
	if (diff_alike_first(ui, f->hunks) == f->hunks)
		diff_alike_add(ui, p, index, 0);
	return true;
}

/* The list of files, unless a tree has it. The ignored files end it. */
static void
diff_add_list(struct ui *ui, struct page *p)
{
	int i, n = (int)ui->fold->proposal->files_len;

	review_alike_make(&ui->review);
	ui->diff.listed_cols = 0;
	if (n == 1)
		line_notes_file(ui, p, ui->fold->proposal->files, true);
	if (n == 1 || ui->diff.tree_at.cols > 0)
		return;
	for (i = 0; i < n; i++)
		if (!diff_add_row(ui, p, i)) {
			diff_add_file_line(ui, p, i, false);
			line_notes_file(ui, p, &ui->fold->proposal->files[i],
			    true);
		}
	/* The keys to the next hunk stop below. */
	for (i = 0; i < (int)p->len; i++)
		p->rows[i].stop = p->rows[i].stop && p->rows[i].kind !=
		    DIFF_ALIKE;
	ignored_add(ui, p);
}

static void
diff_add_file(struct ui *ui, struct page *p, int index)
{
	const struct fold_file *f = &ui->fold->proposal->files[index];
	int i, hidden = 0, alike = 0;

	if (p->len > 0)
		page_row_add(p);
	diff_add_file_line(ui, p, index, true);
	p->next.kind = DIFF_NOTE;
	line_notes_file(ui, p, f, false);
	p->next.kind = DIFF_TEXT;
	if (diff_is_folded(ui, f))
		return;
	for (i = 0; i < (int)f->hunks_len; i++)
		if (review_hides(&ui->review, &f->hunks[i]))
			hidden++;
		else if (diff_alike_folds(ui, f, &f->hunks[i]))
			alike++;
		else {
			diff_add_hunk(ui, p, index, i);
			if (!fold_is_in_row(f))
				diff_alike_add(ui, p, index, i);
		}
	if (alike > 0)
		page_addf(p, STYLE_DIM, "  %d hunk%s the same change %s folded",
		    alike, alike == 1 ? " that makes" : "s that make",
		    alike == 1 ? "is" : "are");
	if (hidden > 0)
		page_addf(p, STYLE_DIM, "  %d hunk%s that you've read %s "
		    "hidden", hidden, hidden == 1 ? "" : "s",
		    hidden == 1 ? "is" : "are");
}

static void
diff_add_files(struct ui *ui, struct page *p)
{
	int i;

	MEM_EACH(ui->fold->proposal, files, f) {
		i = (int)(f - ui->fold->proposal->files);
		(void)diff_add_row(ui, p, i);
		if (!diff_hides_file(ui, f))
			diff_add_file(ui, p, i);
	}
}

static const char *
diff_cross(const struct page *p)
{
	return (p->flags & SANITIZE_ASCII) != 0 ? "x " : "\xe2\x9c\x97 ";
}

/* The last lines of an output. */
static void
diff_add_end(struct page *p, const char *text)
{
	const char *from;
	size_t len = strlen(text);
	int lines = 0;

	while (len > 0 && text[len - 1] == '\n')
		len--;
	for (from = text + len; from > text && (from[-1] != '\n' ||
	    ++lines < DIFF_END_LINES); from--)
		;
	len -= (size_t)(from - text);
	page_theirs(p, STYLE_DIM, page_bar(p), page_bar(p), page_keep_take(p,
	    xmemdup(from, len)), len, true);
}

static void
diff_add_proofs(struct ui *ui, struct page *p)
{
	const char *who = fold_agent_or(ui->fold, "the model");
	size_t i;

	for (i = 0; i < FOLD_PROOFS; i++) {
		AUTO_BUF struct buf b = BUF_INIT(0);
		const struct ev_proof *x;
		char *row;
		bool fails, warns = fold_proof_words(&b, ui->fold,
		    (enum fold_proof_which)i);

		if (b.len == 0)
			continue;
		row = diff_clean(buf_str(&b));
		page_add(p, warns ? STYLE_BAD : STYLE_DIM, warns ?
		    diff_cross(p) : NULL, NULL, page_keep_take(p, row),
		    strlen(row));
		if (!warns)
			continue;
		x = &ui->fold->proofs[i].line->proof;
		fails = ev_is(ui->fold->proofs[i].status, "failed");
		/* Tests that pass and are counted need no output. */
		if (x->text != NULL && (fails || x->words == NULL))
			diff_add_end(p, x->text);
		if (fails && x->returned)
			page_addf(p, STYLE_DIM, "  %s was told", who);
		else if (fails)
			page_addf(p, STYLE_DIM, "  %s/proof tells %s now; "
			    "else it hears it when you write",
			    ui_key_of(ui, ACTION_PALETTE), who);
	}
}

/* Add the row of ignored files at the end, if the page has no list of files. */
static void
ignored_add_last(struct ui *ui, struct page *p)
{
	if (ui->fold->proposal->ignored == 0 ||
	    (ui->fold->proposal->files_len > 1 && ui->diff.tree_at.cols == 0))
		return;
	page_row_add(p);
	ignored_add(ui, p);
}

/* What the page has, from the top. */
static void (*const diff_adds[])(struct ui *, struct page *) = {
	diff_add_undo, diff_add_proofs, diff_add_evidence,
	diff_add_hooks, diff_add_counts, diff_add_list, line_notes_model,
	diff_add_cannot_pass, diff_add_files, ignored_add_last,
	diff_add_refused,
};

void
diff_build(struct ui *ui, struct page *p, int width)
{
	size_t i;

	/* The first cell of a row is the cursor's marker. */
	page_clear(p, width - 1, ui->screen->flags);
	diff_build_right(ui, width);
	if (ui->fold->proposal == NULL)
		page_adds(p, STYLE_DIM, ui->fold->staged_files > 0 ?
		    "Files changed; there is nothing to review yet." :
		    "No changes to review.");
	else
		for (i = 0; i < MEM_COUNT(diff_adds); i++)
			diff_adds[i](ui, p);
}

int
diff_rows(const struct ui *ui)
{
	const struct fold_proposal *p = ui->fold->proposal;
	size_t n = 5, i;	/* header, check, counts, the end */

	if (p == NULL || p->hunks_len == 0)
		return 0;
	n += p->refused_len + p->left_len;
	for (i = 0; i < FOLD_PROOFS; i++)
		n += ui->fold->proofs[i].status != NULL;
	/* The list of files; whether a tree replaces it isn't known yet. */
	n += p->files_len == 1 ? 0 : p->files_len;
	MEM_EACH(p, files, f) {
		n += 2;
		MEM_EACH(f, notes, note)
			n += note->row->level != NOTE_QUIET;
		MEM_EACH(f, hunks, h) {
			if (n >= DIFF_ROWS_MOST)
				return DIFF_ROWS_MOST;
			n += h->comments_len + 1 + mem_lines(h->text,
			    MIN(h->text_len, DIFF_ROWS_TEXT));
		}
	}
	return (int)n;
}

/*
 * The proposal as text: all of it for the pager, a line or a hunk for the
 * clipboard.
 */

static void
diff_look_file(struct export *l, const struct ui *ui, const struct fold_file *f)
{
	buf_addf(&l->text, "%s", f->status == NULL ? "" : f->status);
	export_add_line(l, ui, " ", f->path);
	if (f->from != NULL)
		export_add_line(l, ui, "from ", f->from);
}

/* Add the notes on the file, or on this hunk and its lines. */
static void
diff_look_notes(struct export *l, const struct ui *ui,
    const struct fold_file *f, int hunk)
{
	MEM_EACH(f, notes, n) {
		AUTO_BUF struct buf b = BUF_INIT(0);

		if (n->hunk != hunk)
			continue;
		fold_add_note(&b, n);
		export_add_line(l, ui, hunk == FOLD_NOTE_FILE ? "" : "# ",
		    buf_str(&b));
	}
}

/* Add the user's comments. */
static void
diff_look_comments(struct export *l, const struct ui *ui,
    const struct fold_hunk *h)
{
	MEM_EACH(h, comments, c) {
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
	const struct fold_hunk *here = diff_hunk(ui, &f);
	size_t len;
	const char *text;

	l->name = "changes.diff";
	MEM_EACH(p, files, file) {
		diff_look_file(l, ui, file);
		diff_look_notes(l, ui, file, FOLD_NOTE_FILE);
		MEM_EACH(file, hunks, h) {
			if (h == here)
				l->line = 1 + (int)mem_lines(
				    buf_str(&l->text), l->text.len);
			buf_addf(&l->text, "@@ -%d,%d +%d,%d @@%s\n",
			    h->old_start, h->old_lines, h->new_start,
			    h->new_lines, h->edit != NULL ? " edited" : "");
			text = diff_text(h, &len);
			export_add(l, ui, text, len);
			diff_look_notes(l, ui, file, (int)(h - file->hunks));
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
