/*
 * A limit that is reached, as text, and the answer to it as the core reads it:
 * the same for panes, plain text and a terminal without either.
 */
#include "config.h"

#include "journal/fold-pause.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/money.h"
#include "journal/fold-int.h"

void
fold_pause_free(struct fold *f)
{
	if (f->pause != NULL)
		free(f->pause->what);
	FREE_NULL(f->pause);
}

/* "turns: 30 turns of 30 turns", by the kind of limit. */
static char *
fold_budget_amount(const char *what, double v)
{
	struct buf b = BUF_INIT(0);
	int kind = limit_find(what);

	if (kind == LIMIT_NONE || !(v >= 0))
		buf_addf(&b, "%g", v);
	else
		limit_text(&b, (enum limit_kind)kind,
		    limit_from_json((enum limit_kind)kind, v));
	return buf_take(&b);
}

void
fold_on_budget(struct fold *f, const cJSON *line)
{
	const char *what = json_str_or(line, "what", "?");
	const char *action = json_str(line, "action");
	char *title, *used, *limit;

	fold_pause_free(f);
	if (action == NULL) {
		f->pause = xcalloc(1, sizeof(*f->pause));
		f->pause->seq = json_int(line, "seq", 0);
		f->pause->what = xstrdup(what);
		f->pause->used = json_num(line, "used", 0);
		f->pause->limit = json_num(line, "limit", 0);
		f->pause->unpriced = json_bool(line, "unpriced", false);
		used = fold_budget_amount(what, f->pause->used);
		limit = fold_budget_amount(what, f->pause->limit);
		title = xasprintf("limit reached: %s, %s of %s%s", what, used,
		    limit, f->pause->unpriced ? ", plus turns without a known "
		    "price" : "");
		free(used);
		free(limit);
	} else if (cJSON_IsNumber(json_get(line, "more"))) {
		used = fold_budget_amount(what, json_num(line, "more", 0));
		title = xasprintf("limit of %s: %s by %s", what, action, used);
		free(used);
	} else
		title = xasprintf("limit of %s: %s", what, action);
	fold_item_add(f, ITEM_NOTE, title, NULL)->ok = action != NULL;
	free(title);
}

int
fold_pause_kind(const struct fold *f)
{
	return f->pause == NULL || f->pause->what == NULL ? LIMIT_NONE :
	    limit_find(f->pause->what);
}

/* The call that was repeated. */
static const char *
pause_call(const struct fold *f)
{
	size_t i;

	for (i = f->items_len; i > 0; i--)
		if (f->items[i - 1].kind == ITEM_TOOL)
			return f->items[i - 1].title;
	return NULL;
}

void
fold_pause_text(struct buf *b, const struct fold *f)
{
	int kind = fold_pause_kind(f);
	const char *call = pause_call(f);
	enum limit_kind k;

	if (kind == LIMIT_NONE) {
		buf_addf(b, "the limit on %s is reached: %.6g of %.6g",
		    f->pause->what == NULL ? "work" : f->pause->what,
		    f->pause->used, f->pause->limit);
		return;
	}
	k = (enum limit_kind)kind;
	if (kind == LIMIT_REPEAT) {
		buf_adds(b, "the model made the same call ");
		limit_text(b, k, limit_from_json(k, f->pause->used));
		buf_addf(b, " in a row%s%s", call == NULL ? "" : ": ",
		    call == NULL ? "" : call);
		return;
	}
	buf_addf(b, "the limit on %s %s ", f->pause->what, f->pause->unpriced ?
	    "can't be checked, because some of the work has no known price:" :
	    "is reached:");
	limit_text(b, k, limit_from_json(k, f->pause->used));
	buf_adds(b, " of ");
	limit_text(b, k, limit_from_json(k, f->pause->limit));
}

void
fold_used_text(struct buf *b, const struct task_usage_sum *s)
{
	limit_text(b, LIMIT_TURNS, s->turns);
	buf_addf(b, ", %s", s->guessed ? "about " : "");
	limit_count_text(b, s->in);
	buf_adds(b, " tokens in and ");
	limit_count_text(b, s->out);
	buf_adds(b, " out");
	if (s->in > 0 || s->out > 0 || s->unpriced > 0) {
		buf_adds(b, ", cost ");
		money_text(b, s->unpriced > 0 ? MONEY_UNKNOWN : s->cost);
	}
	if (s->worked_ms < 1000)
		return;
	buf_adds(b, ", ");
	limit_text(b, LIMIT_TIME, s->worked_ms);
	buf_adds(b, " of work");
}

/* "20 turns", or nothing if an extension has no amount. */
void
fold_pause_step(struct buf *b, const struct fold *f)
{
	int kind = fold_pause_kind(f);
	int64_t step;

	if (kind == LIMIT_NONE || kind == LIMIT_REPEAT)
		return;
	step = limit_step(&f->spent, (enum limit_kind)kind);
	if (step <= 0)
		step = limit_from_json((enum limit_kind)kind, f->pause->limit);
	limit_text(b, (enum limit_kind)kind, step);
}

void
fold_pause_question(struct buf *b, const struct fold *f)
{
	AUTO_BUF struct buf step = BUF_INIT(0);

	fold_pause_text(b, f);
	buf_adds(b, "; so far ");
	fold_used_text(b, &f->spent.task);
	fold_pause_step(&step, f);
	if (step.len > 0)
		buf_addf(b, ": extend by %s or another amount (\"e 10\"), let "
		    "the model wrap up, or stop? [e,w,s]",
		    buf_str(&step));
	else
		buf_adds(b, ": continue, let the model wrap up, or stop? "
		    "[e,w,s]");
}
