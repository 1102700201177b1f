/*
 * The plan: whole, as it is approved, and as a strip above the other panes.
 * All words in it are the model's: headings stand at the left edge, the model's
 * lines never do.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ui/state.h"

/* "  words", with the lines below indented too. */
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
		buf_addf(&line, "[%c] %zu. %s", p->steps[i].done ? 'x' : ' ',
		    i + 1, p->steps[i].title == NULL ? "" :
		    p->steps[i].title);
		plan_add(&b, buf_str(&line));
	}
	plan_add_list(&b, "Files it expects to touch", p->files,
	    p->files_len);
	if (p->criterion != NULL) {
		buf_addf(&b, "Done when this passes (named by %s)\n",
		    p->criterion_by == NULL ? "nobody" : p->criterion_by);
		plan_add(&b, p->criterion);
	}
	plan_add_list(&b, "Risks", p->risks, p->risks_len);
	buf_release(&line);
	return buf_take(&b);
}

static void
plan_title(const struct ui *ui, struct buf *b)
{
	const struct fold_plan *p = &ui->fold->plan;

	if (p->version > 0)
		buf_addf(b, "version %d, %s", p->version,
		    p->status == NULL ? "" : p->status);
}

static void
plan_draw(struct ui *ui, const struct rect *r)
{
	struct pane *pane = &ui->panes[PANE_PLAN];
	struct page *page = &pane->page;
	struct seen *seen = NULL;
	char id[32];
	const char *text, *line, *end;
	size_t row;

	page_clear(page, r->cols, ui->screen.flags);
	if (ui->fold->plan.version == 0) {
		page_adds(page, STYLE_DIM, "There is no plan yet: the model "
		    "explores on a throw-away copy and hands one in.");
		pane_draw_page(ui, pane, r);
		return;
	}
	text = page_keep_take(page, plan_text(ui->fold));
	if (ui->fold->plan.status != NULL &&
	    strcmp(ui->fold->plan.status, "proposed") == 0) {
		snprintf(id, sizeof(id), "plan:%d", ui->fold->plan.version);
		seen = seen_get(ui, id, strlen(text));
	}
	for (line = text; *line != '\0'; line = end) {
		end = line + strcspn(line, "\n");
		end += *end == '\n';
		if (line[0] != ' ') {
			row = page_add(page, STYLE_BOLD, NULL, NULL, line,
			    (size_t)(end - line) - 1, true);
			page_set_seen(page, row, seen, text,
			    (size_t)(end - text));
			continue;
		}
		row = page_add(page, STYLE_PLAIN, "    ", "    ", line + 2,
		    (size_t)(end - line) - 3, true);
		page_set_seen(page, row, seen, text, (size_t)(end - text));
		page->rows[row].seen_off -= 2;
		page->rows[row].seen_len += 2;
	}
	pane_draw_page(ui, pane, r);
}

int
plan_strip_rows(const struct ui *ui, int rows)
{
	if (rows < 8)
		return 0;
	if (ui->fold->plan.version == 0 || rows < 16)
		return 1;
	return rows < 30 ? 2 : 3;
}

static void
plan_strip_steps(struct ui *ui, int y, const struct rect *r)
{
	const struct fold_plan *p = &ui->fold->plan;
	bool current = true;
	struct buf b = BUF_INIT(0);
	size_t i, from = 0;
	int x = r->x;

	/* What is done scrolls out on the left, but for the last of it. */
	for (i = 0; i < p->steps_len; i++)
		if (p->steps[i].done)
			from = i;
	if (p->steps_len <= 3)
		from = 0;
	for (i = from; i < p->steps_len && x < r->cols; i++) {
		buf_clear(&b);
		buf_addf(&b, "[%c] %zu ", p->steps[i].done ? 'x' :
		    current ? '>' : ' ', i + 1);
		x = screen_puts(&ui->screen, y, x, r->cols,
		    p->steps[i].done ? STYLE_DIM : STYLE_PLAIN, buf_str(&b));
		x = screen_puts(&ui->screen, y, x, r->cols,
		    p->steps[i].done ? STYLE_DIM : STYLE_PLAIN,
		    p->steps[i].title == NULL ? "" : p->steps[i].title);
		x = screen_puts(&ui->screen, y, x, r->cols, STYLE_PLAIN,
		    "  ");
		if (!p->steps[i].done)
			current = false;
	}
	buf_release(&b);
}

void
plan_strip_draw(struct ui *ui, const struct rect *r)
{
	const struct fold_plan *p = &ui->fold->plan;
	const struct fold_evidence *e = &ui->fold->evidence;
	struct screen *s = &ui->screen;
	struct buf b = BUF_INIT(0);
	int x;

	if (p->version == 0) {
		x = screen_puts(s, r->y, r->x, r->cols, STYLE_DIM,
		    ui->fold->cage == NULL ? "" : ui->fold->cage);
		if (ui->fold->cage_why != NULL) {
			x = screen_puts(s, r->y, x, r->cols, STYLE_DIM, ": ");
			screen_puts(s, r->y, x, r->cols, STYLE_DIM,
			    ui->fold->cage_why);
		}
		return;
	}
	buf_addf(&b, "plan v%d %s: ", p->version, p->status == NULL ? "" :
	    p->status);
	x = screen_puts(s, r->y, r->x, r->cols, STYLE_BOLD, buf_str(&b));
	screen_puts(s, r->y, x, r->cols, STYLE_PLAIN,
	    p->goal == NULL ? "" : p->goal);
	if (r->rows > 1)
		plan_strip_steps(ui, r->y + 1, r);
	if (r->rows > 2) {
		x = screen_puts(s, r->y + 2, r->x, r->cols, STYLE_DIM,
		    "done when: ");
		x = screen_puts(s, r->y + 2, x, r->cols, STYLE_PLAIN,
		    p->criterion == NULL ? "(no criterion)" : p->criterion);
		if (e->known || e->running) {
			buf_clear(&b);
			buf_addf(&b, "  %s", e->running ? "(running)" :
			    e->stale ? "(stale)" : e->exit == 0 ? "(passed)" :
			    "(not passed)");
			screen_puts(s, r->y + 2, x, r->cols, e->running ||
			    e->stale ? STYLE_DIM : e->exit == 0 ? STYLE_GOOD :
			    STYLE_BAD, buf_str(&b));
		}
	}
	buf_release(&b);
}

const struct pane_ops pane_plan = {
	.name = "plan",
	.title = plan_title,
	.draw = plan_draw,
};
