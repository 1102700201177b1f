/*
 * The complete plan, as it is approved; plan-strip.c shows it above the other
 * panes. All its text is the model's: our headings start at the left edge, the
 * model's lines never do.
 */

#include "config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "base/buf.h"
#include "base/lines.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "front/bindings.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "policy/approve.h"
#include "review/review.h"
#include "ui/panes/composer.h"
#include "ui/panes/panes.h"
#include "ui/panes/ui-base.h"
#include "ui/term/screen.h"
#include "ui/text/markdown.h"
#include "ui/text/page.h"

/*
 * What changed in a plan since the version that the user has seen or answered:
 * its lines, compared. A line that is the same in both, in the same order, was
 * seen if the whole earlier version was.
 */

static void
plan_news_line(struct ui *ui, const struct event *e)
{
	const struct fold_plan *p = &ui->fold->plan;
	struct ui_plan_news *news = &ui->plan_news;
	char id[32], *now;
	bool full;

	if (e->type != EVENT_PLAN || fold_plan_status(e) >= FOLD_PLAN_STEP)
		return;
	if (p->task == PLAN_OF_EARLIER &&
	    fold_plan_status(e) == FOLD_PLAN_PROPOSED) {
		FREE_NULL(news->was);	/* of another task */
		return;
	}
	/* A change of the approved plan is shown as the difference. */
	if (p->status == FOLD_PLAN_APPROVED &&
	    fold_plan_status(e) == FOLD_PLAN_PROPOSED) {
		FREE_SET(news->was, plan_text(ui->fold));
		now = strstr(news->was, "[>]");
		if (now != NULL)
			now[1] = ' ';
		news->version = p->version;
		news->on = true;
		return;
	}
	if (p->version == 0 || p->status != FOLD_PLAN_PROPOSED)
		return;
	snprintf(id, sizeof(id), "plan:%d", p->version);
	full = seen_is_full(seen_find(&ui->review, id));
	/* An answer counts as a look, too. */
	if (!full && e->plan.version != p->version)
		return;
	FREE_SET(news->was, plan_text(ui->fold));
	news->version = p->version;
	news->full = full;
	news->on = false;
}

bool
plan_news_has(const struct ui *ui)
{
	return ui->plan_news.was != NULL &&
	    ui->plan_news.version != ui->fold->plan.version;
}

static struct seen *
plan_seen(struct ui *ui, const char *text)
{
	char id[32];

	snprintf(id, sizeof(id), "plan:%d", ui->fold->plan.version);
	return seen_get(&ui->review, id, strlen(text));
}

/* Once for a version: what was seen of the earlier version counts as seen in
 * this text, too. */
static void
plan_news_carry(struct ui *ui, const struct event *e)
{
	struct ui_plan_news *news = &ui->plan_news;
	AUTO_FREE struct line_op *ops = NULL;
	AUTO_FREE char *text = NULL;
	struct seen *seen;
	size_t i, n;

	if (e->type != EVENT_PLAN || !plan_news_has(ui) || !news->full ||
	    ui->fold->plan.status != FOLD_PLAN_PROPOSED)
		return;
	news->full = false;
	text = plan_text(ui->fold);
	seen = plan_seen(ui, text);
	ops = line_ops(news->was, strlen(news->was), text, strlen(text), false,
	    &n);
	for (i = 0; i < n; i++)
		if (ops[i].sign == ' ')
			seen_count(seen, (size_t)(ops[i].p - text),
			    ops[i].n);
}

static void
plan_news_key(struct ui *ui)
{
	struct ui_plan_news *news = &ui->plan_news;

	if (!plan_news_has(ui)) {
		ui_notice(ui, "all of it is new: you haven't looked through an "
		    "earlier version");
		return;
	}
	news->on = !news->on;
	ui_notice(ui, news->on ? "only what changed since version %d · %s "
	    "shows all" : "the whole plan", news->version -
	    ui->fold->plan.before,
	    ui_key_of(ui, ACTION_NEWS));
}

/* A number of unchanged lines. */
static void
news_add_same(struct page *p, size_t n)
{
	if (n > 0)
		page_addf(p, STYLE_DIM, "  %zu line%s as before", n, n == 1 ?
		    "" : "s");
}

/* Only what changed; false: the whole plan is to be shown. */
static bool
plan_news_rows(struct ui *ui, struct page *p, struct seen *seen,
    const char *text)
{
	const char *was = ui->plan_news.was;
	AUTO_FREE struct line_op *ops = NULL;
	size_t i, n, same = 0, row, len;

	if (!ui->plan_news.on || !plan_news_has(ui))
		return false;
	ops = line_ops(was, strlen(was), text, strlen(text), false,
	    &n);
	page_addf(p, STYLE_BOLD, "Changed since version %d",
	    ui->plan_news.version - ui->fold->plan.before);
	for (i = 0; i < n; i++) {
		if (ops[i].sign == ' ') {
			same++;
			continue;
		}
		news_add_same(p, same);
		same = 0;
		len = ops[i].n - (ops[i].p[ops[i].n - 1] == '\n');
		if (ops[i].sign == '-') {
			page_add(p, STYLE_DEL, "-", "-", ops[i].p, len, true);
			continue;
		}
		row = page_add(p, STYLE_ADD, "+", "+", ops[i].p, len, true);
		if (seen != NULL)
			page_set_seen(p, row, seen, text, (size_t)(ops[i].p -
			    text) + ops[i].n);
	}
	news_add_same(p, same);
	return true;
}

/* Add "  text", with the following lines indented too. */
static void
plan_add(struct buf *b, const char *text)
{
	const char *p;

	buf_adds(b, "  ");
	for (p = text == NULL ? "" : text; *p != '\0'; p++) {
		buf_addc(b, *p);
		if (*p == '\n')
			buf_adds(b, "  ");
	}
	buf_addc(b, '\n');
}

static void
plan_add_list(struct buf *b, const char *heading, char **v, size_t n)
{
	size_t i;

	if (n == 0)
		return;
	buf_addf(b, "%s\n", heading);
	for (i = 0; i < n; i++)
		plan_add(b, v[i]);
}

/* The mark of a step: done, in progress or under review, or pending. */
static char
plan_step_mark(const struct fold *f, size_t step)
{
	const struct fold_plan *p = &f->plan;

	switch (fold_step_at(f, step)) {
	case STEP_DONE:
		return 'x';
	case STEP_REVIEW:
		return '>';
	case STEP_CURRENT:
		return p->status == FOLD_PLAN_APPROVED ? '>' : ' ';
	default:
		return ' ';
	}
}

/* Is the path one of the names, which commas part? */
static bool
plan_names_have(const char *names, const char *path)
{
	const char *at = names == NULL || path[0] == '\0' ? NULL :
	    strstr(names, path);
	size_t n = strlen(path);

	for (; at != NULL; at = strstr(at + 1, path))
		if ((at == names || at[-1] == ' ') &&
		    (at[n] == ',' || at[n] == '\0'))
			return true;
	return false;
}

/* Do the steps name each expected file? */
static bool
plan_files_are_said(const struct fold_plan *p)
{
	size_t i, k = 0;

	for (i = 0; i < p->files_len && k < p->steps_len; i++)
		for (k = 0; k < p->steps_len && !plan_names_have(
		    p->steps[k].held, p->files[i]); k++)
			;
	return k < p->steps_len;
}

char *
plan_text(const struct fold *f)
{
	const struct fold_plan *p = &f->plan;
	struct buf b = BUF_INIT(0), line = BUF_INIT(0);
	size_t i;

	if (p->version == 0)
		return xstrdup("");
	buf_adds(&b, "Goal\n");
	plan_add(&b, p->goal);
	if (p->steps_len > 0)
		buf_adds(&b, "Steps\n");
	for (i = 0; i < p->steps_len; i++) {
		buf_clear(&line);
		buf_addf(&line, "[%c] %zu. %s%s", plan_step_mark(f, i), i + 1,
		    p->steps[i].title == NULL ? "" : p->steps[i].title,
		    fold_step_at(f, i) == STEP_REVIEW ? " (in review)" :
		    fold_step_at(f, i) == STEP_REJECTED ? " (rejected)" : "");
		plan_add(&b, buf_str(&line));
		if (p->steps[i].held == NULL)
			continue;
		buf_clear(&line);
		buf_addf(&line, "only %s", p->steps[i].held);
		plan_add(&b, buf_str(&line));
	}
	if (!plan_files_are_said(p))
		plan_add_list(&b, "Expected files", p->files, p->files_len);
	if (p->check != NULL) {
		const char *by = fold_check_source(p->check_by);

		buf_addf(&b, "Check (%s)\n", by);
		plan_add(&b, p->check);
	}
	plan_add_list(&b, "Risks", p->risks, p->risks_len);
	buf_release(&line);
	return buf_take(&b);
}

static void
plan_title(const struct ui *ui, int room, struct buf *b)
{
	const struct fold_plan *p = &ui->fold->plan;

	(void)room;
	if (p->version > 0)
		buf_addf(b, "%sversion %d, %s", p->task == PLAN_OF_EARLIER ?
		    "of an earlier task: " : "", p->version - p->before,
		    p->edited && p->status == FOLD_PLAN_PROPOSED ?
		    "as you edited it" : fold_plan_words[p->status]);
}

/* The sandbox's limits in full; no part of the text to approve. */
static void
plan_add_sandbox(const struct ui *ui, struct page *page)
{
	const struct fold *f = ui->fold;
	const char *const rows[][2] = {
		{ "", f->sandbox.line }, { "because: ", f->sandbox.why },
		{ "open to commands: ", f->sandbox.open },
	};
	size_t i;

	if (f->sandbox.line == NULL)
		return;
	page_adds(page, STYLE_BOLD, "Sandbox");
	for (i = 0; i < MEM_COUNT(rows); i++) {
		AUTO_FREE char *line = NULL;

		if (rows[i][1] == NULL)
			continue;
		line = xasprintf("%s%s", rows[i][0], rows[i][1]);
		page_own(page, STYLE_DIM, "    ", "    ", line);
	}
}

/* Add the auto-approvals, with who granted them and for how long. */
void
plan_add_grants(const struct ui *ui, struct page *page)
{
	const struct fold *f = ui->fold;
	const struct approve *mode = approve_find(f->approve);
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t i;

	if (mode == NULL)
		return;
	page_addf(page, STYLE_BOLD, "Review (mode %s)", mode->name);
	approve_words(&b, mode, APPROVE_SCREEN);
	for (i = 0; i <= f->grants_len; i++) {
		const char *s = page_keep_take(page, i == 0 ? buf_take(&b) :
		    xstrdup(f->grants[i - 1].text));

		page_add(page, STYLE_DIM, "    ", "    ", s, strlen(s), true);
	}
}

/* Add the files of this kind, as one row. */
static void
plan_add_files(struct page *page, enum style style, const char *label,
    struct buf *names)
{
	char *s;

	if (names->len == 0)
		return;
	s = xasprintf("%s: %s", label, buf_str(names));
	page_add(page, style, "    ", "    ", s, strlen(s), true);
	(void)page_keep_take(page, s);
	buf_clear(names);
}

static void
plan_add_name(struct buf *names, const char *name)
{
	AUTO_FREE char *path = sanitize_dup(name, 0);

	/* Each name once. */
	if (!plan_names_have(names->p, path))
		buf_addf(names, "%s%s", names->len > 0 ? ", " : "", path);
}

/* The results so far: no part of the text to approve. */
static void
plan_add_so_far(const struct ui *ui, struct page *page)
{
	const struct fold *f = ui->fold;
	const struct fold_evidence *e = &f->evidence;
	const struct fold_check check = fold_check(f);
	bool early = check.early, known = check.ran;
	AUTO_BUF struct buf in = BUF_INIT(0), out = BUF_INIT(0);
	size_t i;

	if (f->plan.status != FOLD_PLAN_APPROVED)
		return;
	page_adds(page, STYLE_BOLD, "So far");
	if (e->running)
		page_add(page, STYLE_DIM, "    ", "    ",
		    "the check is running", 20, true);
	else {
		char *s = xasprintf("the check%s: %s%s%s%s",
		    !known ? "" : early ? " with the hunks accepted so far" :
		    e->partial ? " of the accepted hunks alone" :
		    "",
		    !known ? "not run" : fold_check_result(e),
		    known && e->stale ? " (stale)" : "",
		    known && e->words != NULL ? ", " : "",
		    known && e->words != NULL ? e->words : "");

		page_add(page, !known || e->stale ? STYLE_DIM :
		    e->exit == 0 ? STYLE_GOOD : early ? STYLE_DIM : STYLE_BAD,
		    "    ", "    ", s,
		    strlen(s), true);
		(void)page_keep_take(page, s);
	}
	EV_EACH(f, changes, c)
		EV_EACH(c, files, file)
			plan_add_name(fold_plan_expects(f,
			    file->path) ? &in : &out, file->path);
	plan_add_files(page, STYLE_PLAIN, "written", &in);
	plan_add_files(page, STYLE_BADGE, "written, not in the plan", &out);
	for (i = 0; f->proposal != NULL && i < f->proposal->files_len; i++)
		plan_add_name(fold_plan_expects(f,
		    f->proposal->files[i].path) ? &in : &out,
		    f->proposal->files[i].path);
	plan_add_files(page, STYLE_PLAIN, "to review", &in);
	plan_add_files(page, STYLE_BADGE, "to review, not in the plan", &out);
}

/* The rows of the text to approve, and their position in it. */
struct plan_rows {
	struct ui	*ui;
	struct page	*page;
	struct seen	*seen;		/* or NULL */
	const char	*text, *at;	/* the text, and the rest of it */
	bool		 anew;		/* the width has changed since */
};

/* The length of the next n lines of the text. */
static size_t
plan_lines(const struct plan_rows *r, size_t n)
{
	const char *end = r->at;

	for (; n > 0 && *end != '\0'; n--) {
		end += strcspn(end, "\n");
		end += *end == '\n';
	}
	return (size_t)(end - r->at);
}

/* The rows that follow are of this item of the plan. */
static void
plan_rows_at(struct plan_rows *r, enum fold_plan_part part, size_t n)
{
	r->page->next.kind = part;
	r->page->next.line = (int)n;
}

/* The user's note on the item. */
static void
plan_rows_note(struct plan_rows *r)
{
	AUTO_FREE char *at = fold_plan_at((enum fold_plan_part)
	    r->page->next.kind, r->page->next.line);
	const struct fold_plan_note *x = fold_plan_note(&r->ui->fold->plan, at);

	/* The model's words never begin that far left. */
	if (x != NULL)
		page_add(r->page, STYLE_USER, r->page->next.kind ==
		    PLAN_AT_STEP ? "       you: " : "   you: ", "          ",
		    page_keep_take(r->page, xstrdup(x->text)),
		    strlen(x->text), true);
}

static void
plan_rows_heading(struct plan_rows *r)
{
	size_t n = plan_lines(r, 1);
	size_t row = page_add(r->page, STYLE_BOLD, NULL, NULL, r->at,
	    n > 0 ? n - 1 : 0, true);

	page_set_seen(r->page, row, r->seen, r->text,
	    (size_t)(r->at - r->text) + n);
	r->at += n;
}

/* Add text unchanged: each byte counts as seen where it is displayed. */
static void
plan_rows_plain(struct plan_rows *r, size_t lines, const char *first,
    const char *rest, size_t skip)
{
	size_t n, row;

	for (; lines > 0 && *r->at != '\0'; lines--) {
		n = plan_lines(r, 1);
		/* A step's mark is in its prefix. */
		row = page_add(r->page, STYLE_PLAIN, first, rest, r->at + 2 +
		    skip, n - 3 - skip, true);
		page_set_seen(r->page, row, r->seen, r->text,
		    (size_t)(r->at - r->text) + n);
		r->page->rows[row].seen_off -= 2 + skip;
		r->page->rows[row].seen_len += 2 + skip;
		r->at += n;
		first = rest;
		skip = 0;
	}
}

/* Are the rows from `row` on exactly `words`, since it has no Markdown? */
static bool
plan_rows_are(const struct page *p, size_t row, const char *words)
{
	const struct page_row *last;
	size_t n = strlen(words), i;

	if (row == p->len)
		return false;
	last = &p->rows[p->len - 1];
	for (i = row; i < p->len; i++)
		if (p->rows[i].spans != 0 ||
		    p->rows[i].style != STYLE_PLAIN ||
		    p->rows[i].p < p->rows[row].p ||
		    p->rows[i].p > p->rows[row].p + n)
			return false;
	return strlen(p->rows[row].p) == n && last->p + last->len ==
	    p->rows[row].p + n && strcmp(p->rows[row].p, words) == 0;
}

/*
 * Add the model's text as Markdown. Its rows have no bytes of their own, so
 * each row gets a part of the text's bytes: all bytes are seen when all rows
 * are, and bytes seen at another width don't count.
 */
static void
plan_rows_words(struct plan_rows *r, const char *words, const char *first,
    const char *margin, size_t skip)
{
	struct page *p = r->page;
	struct markdown md = { 0 };
	struct page_mark mark;
	size_t lines = 1, i, n, k, at, row = p->len;

	for (i = 0; words != NULL && words[i] != '\0'; i++)
		lines += words[i] == '\n';
	page_get_mark(p, &mark);
	if (words != NULL)
		markdown_add(&md, p, margin, words, strlen(words));
	if (row == p->len || plan_rows_are(p, row, words)) {
		page_truncate(p, &mark);
		plan_rows_plain(r, lines, first, margin, skip);
		return;
	}
	/* `first` replaces the margin; what follows the margin in the first
	 * row's prefix is a list marker, and stays. */
	if (p->rows[row].prefix != NULL)
		p->rows[row].prefix = page_keep_take(p, xasprintf("%s%s",
		    first, p->rows[row].prefix + strlen(margin)));
	if (r->anew && r->seen != NULL && !seen_is_full(r->seen))
		seen_again(&r->ui->review, r->seen);
	r->anew = false;
	n = plan_lines(r, lines);
	at = (size_t)(r->at - r->text);
	k = p->len - row;
	for (i = 0; i < k; i++) {
		p->rows[row + i].seen = r->seen;
		p->rows[row + i].seen_off = at + n * i / k;
		p->rows[row + i].seen_len = n * (i + 1) / k - n * i / k;
	}
	r->at += n;
}

static void
plan_rows_list(struct plan_rows *r, char **v, size_t len,
    enum fold_plan_part part)
{
	size_t i, lines;
	const char *p;

	if (len == 0)
		return;
	plan_rows_at(r, part, 1);
	plan_rows_heading(r);
	for (i = 0; i < len; i++) {
		plan_rows_at(r, part, i + 1);
		for (p = v[i], lines = 1; p != NULL && *p != '\0'; p++)
			lines += *p == '\n';
		if (part == PLAN_AT_RISK)
			plan_rows_words(r, v[i], "    ", "    ", 0);
		else	/* names and commands are no Markdown */
			plan_rows_plain(r, lines, "    ", "    ", 0);
		plan_rows_note(r);
	}
}

static void
plan_rows_steps(struct plan_rows *r, const struct fold_plan *p)
{
	char *first, *rest;
	size_t i;

	plan_rows_at(r, PLAN_AT_STEP, 1);
	if (p->steps_len > 0)
		plan_rows_heading(r);
	for (i = 0; i < p->steps_len; i++) {
		plan_rows_at(r, PLAN_AT_STEP, i + 1);
		first = xasprintf("    [%c] %zu. ", plan_step_mark(r->ui->fold, i),
		    i + 1);
		rest = xasprintf("%*s", (int)strlen(first), "");
		page_keep_take(r->page, first);
		page_keep_take(r->page, rest);
		plan_rows_words(r, p->steps[i].title, first, rest,
		    strlen(first) - 4);
		if (p->steps[i].held != NULL)
			plan_rows_plain(r, 1, rest, rest, 0);
		plan_rows_note(r);
	}
}

/* Add the rows in the order and with the lines of plan_text: the user decides
 * about that text. */
static void
plan_rows_make(struct plan_rows *r)
{
	const struct fold_plan *p = &r->ui->fold->plan;
	char *check = p->check;

	plan_rows_at(r, PLAN_AT_GOAL, 1);
	plan_rows_heading(r);
	plan_rows_words(r, p->goal, "    ", "    ", 0);
	plan_rows_note(r);
	plan_rows_steps(r, p);
	if (!plan_files_are_said(p))
		plan_rows_list(r, p->files, p->files_len, PLAN_AT_FILE);
	if (check != NULL)
		plan_rows_list(r, &check, 1, PLAN_AT_CHECK);
	if (check != NULL && p->check_by != NULL &&
	    p->status == FOLD_PLAN_PROPOSED &&
	    strcmp(p->check_by, "model") == 0)
		page_own(r->page, STYLE_DIM, "    ", "    ",
		    "approving the plan sets this check");
	plan_rows_list(r, p->risks, p->risks_len, PLAN_AT_RISK);
	r->page->next.kind = 0;
}

/* ---- the cursor, and the user's notes on the rows of a plan that waits ---- */

/* A row of the item that this row is of, or is below; NULL: none. */
static const struct page_row *
plan_item(const struct pane *p, size_t row)
{
	size_t i = row < p->page.len ? row + 1 : p->page.len;

	while (i > 0 && p->page.rows[i - 1].kind == 0)
		i--;
	return i == 0 ? NULL : &p->page.rows[i - 1];
}

static bool
plan_is_of(const struct page_row *r, const struct page_row *item)
{
	return r != NULL && item != NULL && r->kind == item->kind &&
	    r->line == item->line;
}

/* Keep the cursor in view. */
static void
plan_cursor_bound(struct pane *p)
{
	size_t h = p->height < 1 ? 1 : (size_t)p->height;

	p->cur = MIN(MAX(p->cur, p->top), p->top + h - 1);
	if (p->cur >= p->page.len)
		p->cur = p->page.len > 0 ? p->page.len - 1 : 0;
}

/* A line's key takes the cursor to the next item; the page follows only at its
 * edge, a row at a time, so that no row of a long item is passed unseen. */
static bool
plan_scroll(struct pane *p, enum action_id id)
{
	size_t h = p->height < 1 ? 1 : (size_t)p->height;
	size_t last = p->page.len > 0 ? p->page.len - 1 : 0, at;
	bool line = id == ACTION_LINE_DOWN || id == ACTION_LINE_UP;
	const struct page_row *was = plan_item(p, p->cur);

	if (!line && !pane_scroll(p, id))
		return false;
	do {
		at = p->cur;
		(void)list_row(&p->cur, id, h > 2 ? h - 1 : 1, last);
	} while (line && p->cur != at && p->cur - p->top < h &&
	    plan_is_of(plan_item(p, p->cur), was));
	if (line)
		p->top = MAX(MIN(p->top, p->cur), p->cur + 1 - MIN(h,
		    p->cur + 1));
	plan_cursor_bound(p);
	return true;
}

static void
plan_go(struct ui *ui, size_t row)
{
	ui->panes[PANE_PLAN].cur = row;
}

void
plan_add_notes(const struct ui *ui, const char *does, struct buf *b)
{
	size_t n = ui->fold->plan.notes_len;

	buf_adds(b, does);
	if (n > 0)
		buf_addf(b, " with %zu note%s", n, n == 1 ? "" : "s");
}

static void
plan_note_begin(struct ui *ui)
{
	const struct fold_plan *p = &ui->fold->plan;
	const struct page_row *r = plan_item(&ui->panes[PANE_PLAN],
	    ui->panes[PANE_PLAN].cur);
	AUTO_FREE char *at = NULL, *id = NULL;
	const struct fold_plan_note *x;

	if (r == NULL) {
		plan_news_key(ui);
		return;
	}
	at = fold_plan_at((enum fold_plan_part)r->kind, r->line);
	id = xasprintf("%d:%s", p->version, at);
	x = fold_plan_note(p, at);
	typing_begin_with(ui, UI_NOTE, id, x == NULL ? "" : x->text);
	if (x != NULL)
		ui_notice(ui, "edit your note \xc2\xb7 %s clears it",
		    ui_key_of(ui, ACTION_INPUT_KILL_START));
}

static void
plan_note_text(struct ui *ui, enum ui_purpose purpose, const char *text)
{
	const char *at = ui->purpose_id == NULL ? NULL :
	    strchr(ui->purpose_id, ':');
	const struct fold_plan_note *x;

	if (purpose != UI_NOTE)
		return;
	if (at == NULL || !draft_has_object(ui, UI_NOTE, ui->purpose_id)) {
		draft_astray(ui, text, "the plan changed or was answered");
		return;
	}
	x = fold_plan_note(&ui->fold->plan, at + 1);
	if (strcmp(text, x == NULL ? "" : x->text) == 0)
		return;
	ui->send(ui->send_arg, command_plan_note(ui->fold, at + 1, text));
	ui_notice(ui, "%s", text[0] == '\0' ? "note removed" :
	    "sent when you approve the plan or send it back");
}

static bool
plan_key(struct ui *ui, enum action_id id)
{
	if (id == ACTION_NEWS)
		plan_news_key(ui);
	else if (id == ACTION_PLAN_NOTE)
		plan_note_begin(ui);
	else
		return ui->fold->plan.status == FOLD_PLAN_PROPOSED &&
		    plan_scroll(&ui->panes[PANE_PLAN], id);
	return true;
}

static const char *
plan_missing(const struct fold *f)
{
	if (f->phase == NULL)
		return "No plan yet.";
	if (strcmp(f->phase, "plan") != 0)
		return "No plan: the model works without one.";
	return "No plan yet. The model explores the project; what it writes "
	    "meanwhile is discarded.";
}

static bool
plan_is_head(const struct page_row *r)
{
	return r->style == STYLE_BOLD && !r->joins;
}

/* The rows with an empty one before each head. */
static size_t
plan_spaced(const struct page *page)
{
	size_t i, n = page->len;

	for (i = 1; i < page->len; i++)
		n += plan_is_head(&page->rows[i]);
	return n;
}

/* Where there is room, an empty row before each head. */
static void
plan_space(struct page *page, int rows)
{
	size_t i;

	if (plan_spaced(page) > (size_t)(rows > 0 ? rows : 0))
		return;
	for (i = page->len - 1; i > 0; i--) {
		if (!plan_is_head(&page->rows[i]))
			continue;
		page_row_add(page);
		memmove(&page->rows[i + 1], &page->rows[i],
		    (page->len - 1 - i) * sizeof(*page->rows));
		memset(&page->rows[i], 0, sizeof(*page->rows));
		page->rows[i].kind = page->rows[i + 1].kind;
		page->rows[i].line = page->rows[i + 1].line;
		page->rows[i].file = page->rows[i].hunk = -1;
	}
}

/* The plan, and below it what isn't part of the text to approve. */
static void
plan_make(struct plan_rows *r)
{
	plan_rows_make(r);
	plan_add_so_far(r->ui, r->page);
	plan_add_grants(r->ui, r->page);
	plan_add_sandbox(r->ui, r->page);
}

int
plan_enough(struct ui *ui, int cols)
{
	AUTO(page_release) struct page page = { 0 };
	struct plan_rows rows = { .ui = ui, .page = &page };

	if (ui->fold->plan.version == 0 || ui->plan_news.on)
		return 0;
	page_clear(&page, cols, ui->screen->flags);
	rows.text = rows.at = page_keep_take(&page, plan_text(ui->fold));
	plan_make(&rows);
	return (int)plan_spaced(&page) + 1;
}

static void
plan_place(struct ui *ui, const struct rect *r)
{
	struct pane *pane = &ui->panes[PANE_PLAN];
	struct page *page = &pane->page;
	struct plan_rows rows = { .ui = ui, .page = page,
		.anew = page->width != r->cols };
	const char *missing;

	pane->y = r->y;
	pane->x = r->x;
	page_clear(page, r->cols, ui->screen->flags);
	if (ui->fold->plan.version == 0) {
		missing = plan_missing(ui->fold);
		page_add(page, STYLE_DIM, "", "", missing, strlen(missing),
		    true);
		plan_add_grants(ui, page);
		plan_add_sandbox(ui, page);
		pane_place_page(pane, r);
		return;
	}
	rows.text = rows.at = page_keep_take(page, plan_text(ui->fold));
	if (ui->fold->plan.status == FOLD_PLAN_PROPOSED) {
		rows.seen = plan_seen(ui, rows.text);
		if (plan_news_rows(ui, page, rows.seen, rows.text)) {
			pane_place_page(pane, r);
			return;
		}
	}
	plan_make(&rows);
	plan_space(page, r->rows);
	pane_place_page(pane, r);
	plan_cursor_bound(pane);
}

/* The first row of the item under the cursor is marked. */
static void
plan_draw(const struct ui *ui, const struct rect *r)
{
	const struct pane *p = &ui->panes[PANE_PLAN];
	const struct page_row *row, *item = plan_item(p, p->cur);
	int y;

	pane_draw_page(ui, p, r);
	for (y = 0; ui->fold->plan.status == FOLD_PLAN_PROPOSED && y < r->rows &&
	    p->top + (size_t)y < p->page.len; y++) {
		row = &p->page.rows[p->top + (size_t)y];
		if (!plan_is_of(row, item) || row->prefix == NULL ||
		    row->prefix[0] != ' ')
			continue;
		screen_puts(ui->screen, r->y + y, r->x + 2, r->x + 3,
		    ui->typing ? STYLE_DIM : STYLE_CURRENT, ">");
		break;
	}
}

static bool
plan_look(struct ui *ui, bool all, struct export *l)
{
	AUTO_FREE char *text = NULL;

	if (ui->fold->plan.version == 0)
		return false;
	text = plan_text(ui->fold);
	l->name = "plan.txt";
	l->what = "the plan";
	if (all)
		export_add(l, ui, text, strlen(text));
	else
		buf_adds(&l->text, text);
	return true;
}

const struct pane_ops pane_plan = {
	.name = "plan",
	.title = plan_title,
	.place = plan_place,
	.draw = plan_draw,
	.key = plan_key,
	.go = plan_go,
	.look = plan_look,
};

static void
plan_release(struct ui *ui)
{
	free(ui->plan_news.was);
}

const struct ui_part part_plan = {
	.before = plan_news_line,
	.line = plan_news_carry,
	.text = plan_note_text,
	.release = plan_release,
};
