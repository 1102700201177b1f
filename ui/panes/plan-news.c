/*
 * What changed in a plan since the version that the user has seen or answered:
 * its lines, compared. A line that is the same in both, in the same order, was
 * seen if the whole earlier version was.
 */
#include "config.h"

#include "ui/panes/plan-news.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/line-diff.h"
#include "base/mem.h"
#include "journal/fold.h"
#include "ui/panes/displayed.h"
#include "ui/panes/ui-base.h"
#include "ui/panes/pane-plan.h"
#include "ui/term/screen.h"
#include "ui/text/page.h"

void
plan_news_line(struct ui *ui, const cJSON *line)
{
	const struct fold_plan *p = &ui->fold->plan;
	struct ui_plan_news *news = &ui->plan_news;
	char id[32];
	bool full;

	if (p->past && json_is(line, "status", "proposed")) {
		FREE_NULL(news->was);	/* of another task */
		return;
	}
	if (p->version == 0 || p->status == NULL ||
	    strcmp(p->status, "proposed") != 0)
		return;
	snprintf(id, sizeof(id), "plan:%d", p->version);
	full = displayed_is_full(displayed_find(ui, id));
	/* An answer counts as a look, too. */
	if (!full && json_int(line, "version", 0) != p->version)
		return;
	FREE_SET(news->was, plan_text(ui->fold));
	news->version = p->version;
	news->full = full;
	news->on = news->carried = false;
}

bool
plan_news_has(const struct ui *ui)
{
	return ui->plan_news.was != NULL &&
	    ui->plan_news.version != ui->fold->plan.version;
}

void
plan_news_carry(struct ui *ui, struct seen *seen, const char *text)
{
	struct ui_plan_news *news = &ui->plan_news;
	AUTO_FREE struct line_op *ops = NULL;
	size_t i, n;

	if (!plan_news_has(ui) || news->carried)
		return;
	news->carried = true;
	if (!news->full)
		return;
	ops = line_ops(news->was, strlen(news->was), text, strlen(text), &n);
	for (i = 0; i < n; i++)
		if (ops[i].sign == ' ')
			displayed_count(seen, (size_t)(ops[i].p - text),
			    ops[i].n);
}

bool
plan_news_key(struct ui *ui, enum action_id id)
{
	struct ui_plan_news *news = &ui->plan_news;

	if (id != ACTION_NEWS)
		return false;
	if (!plan_news_has(ui)) {
		ui_notice(ui, "all of it is new: you haven't looked through an "
		    "earlier version");
		return true;
	}
	news->on = !news->on;
	ui_notice(ui, news->on ? "only what changed since version %d · %s "
	    "shows all" : "the whole plan", news->version -
	    ui->fold->plan.before,
	    ui_key_of(ui, ACTION_NEWS));
	return true;
}

/* A number of unchanged lines. */
static void
news_add_same(struct page *p, size_t n)
{
	if (n > 0)
		page_addf(p, STYLE_DIM, "  %zu line%s as before", n, n == 1 ?
		    "" : "s");
}

bool
plan_news_rows(struct ui *ui, struct page *p, struct seen *seen,
    const char *text)
{
	const char *was = ui->plan_news.was;
	AUTO_FREE struct line_op *ops = NULL;
	size_t i, n, same = 0, row, len;

	if (!ui->plan_news.on || !plan_news_has(ui))
		return false;
	ops = line_ops(was, strlen(was), text, strlen(text), &n);
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
