/*
 * The complete plan, as it is approved; plan-strip.c shows it above the other
 * panes. All its text is the model's: our headings start at the left edge, the
 * model's lines never do.
 */

#include "config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/lines.h"
#include "base/mem.h"
#include "front/bindings.h"
#include "front/plan-markdown.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "policy/approve.h"
#include "review/pairs.h"
#include "review/review.h"
#include "ui/panes/composer.h"
#include "ui/panes/panes.h"
#include "ui/panes/ui-base.h"
#include "ui/term/screen.h"
#include "ui/text/page.h"

#define PLAN_ROWS_BELOW (PLAN_AT_RISK + 1)	/* of the rows below the plan */

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
	const char *json = ev_str(f->plan.json, "");
	AUTO_JSON cJSON *plan = json_parse(json, strlen(json),
	    JSON_NUL_REPLACE, NULL);
	size_t len;

	if (plan == NULL)
		return xstrdup("");
	if (plan_files_are_said(&f->plan))
		cJSON_DeleteItemFromObject(plan, "files");
	return plan_markdown_shown(plan, &len);
}

/*
 * The version that the user has seen or answered last: a new one is shown with
 * what changed since. A line that is the same in both, in the same order, was
 * seen if all of the earlier version was.
 */

static void
plan_news_line(struct ui *ui, const struct event *e)
{
	const struct fold_plan *p = &ui->fold->plan;
	struct ui_plan_news *news = &ui->plan_news;
	AUTO_FREE char *id = review_wait_name(&ui->review, REVIEW_PLAN);
	bool full;

	if (e->type != EVENT_PLAN || fold_plan_status(e) >= FOLD_PLAN_STEP)
		return;
	if (p->task == PLAN_OF_EARLIER &&
	    fold_plan_status(e) == FOLD_PLAN_PROPOSED)
		FREE_NULL(news->was);	/* of another task */
	else if (p->status == FOLD_PLAN_PROPOSED) {
		full = seen_is_full(seen_find(&ui->review, id));
		/* An answer counts as a look, too. */
		if (!full && e->plan.version != p->version)
			return;
		FREE_SET(news->was, plan_text(ui->fold));
		news->version = p->version;
		news->full = full;
	}
}

/* The text that this version is compared with; NULL: none. */
static const char *
plan_news(const struct ui *ui)
{
	return ui->fold->plan.status != FOLD_PLAN_PROPOSED ||
	    ui->plan_news.version == ui->fold->plan.version ? NULL :
	    ui->plan_news.was;
}

static struct seen *
plan_seen(struct ui *ui, const char *text)
{
	AUTO_FREE char *id = review_wait_name(&ui->review, REVIEW_PLAN);

	return seen_get(&ui->review, id, strlen(text));
}

static void
plan_news_carry(struct ui *ui, const struct event *e)
{
	const char *was = plan_news(ui);
	AUTO_FREE struct line_op *ops = NULL;
	AUTO_FREE char *text = NULL;
	struct seen *seen;
	size_t i, n;

	if (e->type != EVENT_PLAN || was == NULL || !ui->plan_news.full)
		return;
	text = plan_text(ui->fold);
	seen = plan_seen(ui, text);
	ops = line_ops(was, strlen(was), text, strlen(text), false, &n);
	for (i = 0; i < n; i++)
		if (ops[i].sign == ' ')
			seen_count(seen, (size_t)(ops[i].p - text), ops[i].n);
}

static void
plan_title(const struct ui *ui, int room UNUSED, struct buf *b)
{
	const struct fold_plan *p = &ui->fold->plan;

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
		if (rows[i][1] == NULL)
			continue;
		page_addf(page, STYLE_DIM, "    %s%s", rows[i][0], rows[i][1]);
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

		page_add(page, STYLE_DIM, "    ", NULL, s, strlen(s));
	}
}

/* ---- the rows: lines of the text to approve, with what changed ---- */

/* What a row's margin says: of a step, whether it is done, in progress or under
 * review, or pending. The model's words never begin that far left. */
static const char *
plan_margin(const struct fold *f, const struct plan_item *it)
{
	enum fold_step_at at;

	if (it->part != PLAN_AT_STEP || !it->first)
		return "    ";
	at = fold_step_at(f, (size_t)it->n - 1);
	return at == STEP_DONE ? "[x] " : at == STEP_REVIEW ||
	    (at == STEP_CURRENT && f->plan.status == FOLD_PLAN_APPROVED) ?
	    "[>] " : at == STEP_REJECTED ? "[-] " : "[ ] ";
}

/* Below an item: the user's note on it; below the check, that it is new. */
static void
plan_add_said(const struct ui *ui, struct page *page,
    const struct plan_item *it)
{
	const struct fold_plan *p = &ui->fold->plan;
	AUTO_FREE char *at = fold_plan_at(it->part, it->n);
	const struct fold_plan_note *x = fold_plan_note(p, at);

	if (it->part == PLAN_AT_CHECK && p->status == FOLD_PLAN_PROPOSED &&
	    ev_is(p->check_by, "model"))
		page_adds(page, STYLE_DIM, "  suggested by the model: "
		    "approving the plan sets this check");
	if (x != NULL)
		page_add(page, STYLE_USER, "   you: ", NULL, x->text,
		    strlen(x->text));
}

/* Add the line of the compared texts. `off`: where it begins in the text to
 * approve. */
static void
plan_add_line(const struct ui *ui, struct page *page, struct seen *seen,
    const struct plan_item *it, const struct pairs *ps, size_t i,
    const char *both, size_t off)
{
	const struct pair_line *l = &ps->v[i];
	size_t n, row;
	const char *s = pairs_text(l, both, &n), *margin = s[0] == '#' ? "" :
	    l->sign == '-' ? "    " : plan_margin(ui->fold, it);
	char *first = xasprintf("%c%s", l->sign, margin);
	char *rest = xasprintf("%c%s", l->sign, page_goes_on(page,
	    margin[0] == '\0' ? 0 : strlen(margin) - 2));

	page_keep_take(page, first);
	page_keep_take(page, rest);
	if (l->sign == '-')
		page->next.id = (struct page_id){ 0 };
	row = page_theirs(page, l->sign == '+' ? STYLE_ADD : l->sign == '-' ?
	    STYLE_DEL : s[0] == '#' ? STYLE_BOLD : STYLE_PLAIN, first, rest, s, n,
	    true);
	page->next.id = (struct page_id){ { it->part, it->n } };
	page_style_pair(page, row, page->len, ps, both, i);
	if (seen == NULL || l->sign == '-')
		return;
	page_set_seen(page, row, seen, both, l->end);
	for (; row < page->len; row++)
		page->rows[row].seen_off -= l->off + 1 - off;
}
/* Is it an empty line beside a heading? It has no row: its byte is seen with the
 * row above. */
static bool
plan_is_gap(const struct pairs *ps, size_t i, const char *both)
{
	return ps->v[i].len == 1 && (i + 1 == ps->len || i == 0 ||
	    both[ps->v[i - 1].off + 1] == '#' ||
	    both[ps->v[i + 1].off + 1] == '#');
}

static void
plan_add_text(const struct ui *ui, struct page *page)
{
	const char *text = page_keep_take(page, plan_text(ui->fold));
	AUTO_FREE char *id = review_wait_name(&ui->review, REVIEW_PLAN);
	struct seen *seen = ui->fold->plan.status != FOLD_PLAN_PROPOSED ? NULL :
	    seen_find(&ui->review, id);
	const char *was = plan_news(ui) == NULL ? text : plan_news(ui);
	struct plan_item it = { 0 }, next;
	AUTO_FREE struct line_op *ops = NULL;
	struct buf b = BUF_INIT(0);
	struct pairs ps = { 0 };
	const char *both;
	size_t i, n, off = 0, last = 0;

	if (was != text)
		page_addf(page, STYLE_BOLD, " What changed since version %d",
		    ui->plan_news.version - ui->fold->plan.before);
	ops = line_ops(was, strlen(was), text, strlen(text), false, &n);
	for (i = 0; i < n; i++) {
		buf_addc(&b, ops[i].sign);
		buf_add(&b, ops[i].p, ops[i].n);
	}
	n = b.len;
	both = page_keep_take(page, buf_take(&b));
	pairs_make(&ps, both, n, 1, 1);
	for (i = 0; i < ps.len; i++) {
		const struct pair_line *l = &ps.v[i];

		next = it;
		if (l->sign != '-')
			plan_markdown_item(both + l->off + 1, l->len - 1,
			    &next);
		if (i > 0 && (next.part != it.part || next.n != it.n))
			plan_add_said(ui, page, &it);
		it = next;
		page->next.id = (struct page_id){ { it.part, it.n } };
		if (!plan_is_gap(&ps, i, both)) {
			last = l->sign == '-' ? last : page->len;
			plan_add_line(ui, page, seen, &it, &ps, i, both, off);
		} else if (l->sign != '-' && seen != NULL)
			page->rows[last].seen_len++;
		off += l->sign == '-' ? 0 : l->end - l->off - 1;
	}
	plan_add_said(ui, page, &it);
	free(ps.v);
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
	const int64_t *of = ui->panes[PANE_PLAN].at.of;
	AUTO_FREE char *at = NULL, *id = NULL;
	const struct fold_plan_note *x;

	/* A heading is that of its first item; below the plan, a note is about all
	 * of it. */
	at = of[0] == 0 || of[0] == PLAN_ROWS_BELOW ?
	    fold_plan_at(PLAN_AT_GOAL, 1) :
	    fold_plan_at((enum fold_plan_part)of[0], MAX((int)of[1], 1));
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
	struct pane *p = &ui->panes[PANE_PLAN];

	if (id == ACTION_PLAN_NOTE)
		plan_note_begin(ui);
	/* A page is the next one, wherever the cursor is in this one. */
	else if (id == ACTION_PAGE_DOWN || id == ACTION_PAGE_UP)
		list_go(p, id == ACTION_PAGE_UP ? p->top : p->top +
		    (size_t)MAX(p->height, 1) - 1);
	return id == ACTION_PLAN_NOTE;
}

static const char *
plan_missing(const struct fold *f)
{
	if (f->turn_start == NULL)
		return "No plan yet.";
	if (!ev_is(f->turn_start->turn_start.phase, "plan"))
		return "No plan: the agent works without one.";
	return "No plan yet. The agent explores the project; what it writes "
	    "meanwhile is discarded.";
}

static int64_t
plan_version(const struct ui *ui)
{
	return ui->fold->seq;
}

/* The plan, and below it what isn't part of the text to approve. Each row is one
 * for the cursor, so that none of a long line is passed unseen. */
static void
plan_rows(const struct ui *ui, struct page *page)
{
	struct page_id last = { 0 };

	if (ui->fold->plan.version == 0)
		page_adds(page, STYLE_DIM, plan_missing(ui->fold));
	else {
		plan_add_text(ui, page);
		page->next.id = (struct page_id){ { PLAN_ROWS_BELOW } };
	}
	plan_add_grants(ui, page);
	plan_add_sandbox(ui, page);
	for (struct page_row *r = page->rows; r < page->rows + page->len; r++) {
		if (r->id.of[0] == 0)
			continue;
		r->id.of[2] = 1 + (r->id.of[0] == last.of[0] && r->id.of[1] ==
		    last.of[1] ? last.of[2] : 0);
		last = r->id;
	}
}

int
plan_enough(const struct ui *ui, int cols)
{
	AUTO(page_release) struct page page = { 0 };

	if (ui->fold->plan.version == 0)
		return 0;
	page_clear(&page, cols - 1, ui->screen->flags);
	plan_rows(ui, &page);
	return (int)page.len;
}

/* The cursor goes to the first change, since all before it was read. */
static void
plan_to_change(struct pane *pane)
{
	const struct page_row *r = pane->page.rows;
	size_t i = 0;

	while (i < pane->page.len && r[i].style != STYLE_ADD &&
	    r[i].style != STYLE_DEL)
		i++;
	list_go(pane, i + (i < pane->page.len && r[i].style == STYLE_DEL));
}

static void
plan_place(struct ui *ui, const struct rect *r)
{
	const struct fold_plan *p = &ui->fold->plan;
	struct pane *pane = &ui->panes[PANE_PLAN];

	if (p->status == FOLD_PLAN_PROPOSED) {
		AUTO_FREE char *text = plan_text(ui->fold);

		(void)plan_seen(ui, text);
	}
	/* What rows say was seen may have been dropped since. */
	page_clear(&pane->page, 0, ui->screen->flags);
	pane_make(ui, pane, r->cols - 1);
	/* The last row says that there are more. */
	pane->height = r->rows - (p->status == FOLD_PLAN_PROPOSED &&
	    r->rows > 1 && pane->page.len > (size_t)r->rows);
	if (pane->proposal != p->version && plan_news(ui) != NULL &&
	    ui->plan_news.full)
		plan_to_change(pane);
	pane->proposal = p->version;
	list_go(pane, pane->cur);
}

static bool
plan_look(struct ui *ui, bool all, struct export *l)
{
	AUTO_FREE char *text = NULL;

	if (ui->fold->plan.version == 0)
		return false;
	text = plan_text(ui->fold);
	l->name = "plan.md";
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
	.build = plan_rows,
	.version = plan_version,
	.place = plan_place,
	.key = plan_key,
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
