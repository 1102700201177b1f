/*
 * What changed in a plan since the version that the user has seen or answered:
 * its lines, compared. A line that is the same in both, in the same order, was
 * seen if the whole earlier version was.
 */
#include "config.h"

#include "ui/panes/plan-news.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "journal/fold.h"
#include "ui/base/displayed.h"
#include "ui/base/ui-base.h"
#include "ui/panes/pane-plan.h"
#include "ui/term/screen.h"
#include "ui/text/page.h"

#define NEWS_CELLS_MAX ((size_t)1 << 20)	/* beyond it, all counts as
						   changed */

struct news_line {
	const char	*p;
	size_t		 n;		/* without the newline */
	bool		 same;
};

struct news_text {
	struct news_line *v;
	size_t		 len;
};

static struct news_text
news_cut(const char *s)
{
	struct news_text t = { 0 };

	while (*s != '\0') {
		GROW(t.v, t.len);
		t.v[t.len].p = s;
		t.v[t.len].n = strcspn(s, "\n");
		t.v[t.len].same = false;
		s += t.v[t.len].n;
		s += *s == '\n';
		t.len++;
	}
	return t;
}

static bool
news_is_same(const struct news_line *a, const struct news_line *b)
{
	return a->n == b->n && memcmp(a->p, b->p, a->n) == 0;
}

/* Set `same` for the lines that both have, in their order. */
static void
news_compare(struct news_text *a, struct news_text *b)
{
	AUTO_FREE uint32_t *t = NULL;
	size_t i, j, w = b->len + 1;

	if ((a->len + 1) * w > NEWS_CELLS_MAX)
		return;
	t = xcalloc((a->len + 1) * w, sizeof(*t));
	for (i = a->len; i-- > 0;)
		for (j = b->len; j-- > 0;)
			t[i * w + j] = news_is_same(&a->v[i], &b->v[j]) ?
			    t[(i + 1) * w + j + 1] + 1 :
			    t[(i + 1) * w + j] > t[i * w + j + 1] ?
			    t[(i + 1) * w + j] : t[i * w + j + 1];
	for (i = j = 0; i < a->len && j < b->len;)
		if (news_is_same(&a->v[i], &b->v[j]))
			a->v[i++].same = b->v[j++].same = true;
		else if (t[(i + 1) * w + j] >= t[i * w + j + 1])
			i++;
		else
			j++;
}

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
	struct news_text a, b;
	size_t i;

	if (!plan_news_has(ui) || news->carried)
		return;
	news->carried = true;
	if (!news->full)
		return;
	a = news_cut(news->was);
	b = news_cut(text);
	news_compare(&a, &b);
	for (i = 0; i < b.len; i++)
		if (b.v[i].same)
			displayed_count(seen, (size_t)(b.v[i].p - text),
			    b.v[i].n + 1);
	free(a.v);
	free(b.v);
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
	struct news_text a, b;
	size_t i = 0, j = 0, same = 0, row;

	if (!ui->plan_news.on || !plan_news_has(ui))
		return false;
	a = news_cut(ui->plan_news.was);
	b = news_cut(text);
	news_compare(&a, &b);
	page_addf(p, STYLE_BOLD, "Changed since version %d",
	    ui->plan_news.version - ui->fold->plan.before);
	while (i < a.len || j < b.len) {
		if (i < a.len && j < b.len && a.v[i].same && b.v[j].same) {
			same++;
			i++;
			j++;
			continue;
		}
		news_add_same(p, same);
		same = 0;
		if (i < a.len && !a.v[i].same) {
			page_add(p, STYLE_DEL, "-", "-", a.v[i].p, a.v[i].n,
			    true);
			i++;
			continue;
		}
		row = page_add(p, STYLE_ADD, "+", "+", b.v[j].p, b.v[j].n,
		    true);
		if (seen != NULL)
			page_set_seen(p, row, seen, text, (size_t)(b.v[j].p -
			    text) + b.v[j].n + 1);
		j++;
	}
	news_add_same(p, same);
	free(a.v);
	free(b.v);
	return true;
}
