/*
 * The end of a task: its result and what it used, as text.
 */
#include "config.h"

#include "journal/fold-int.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/money.h"

static void
fold_add_usage(struct buf *b, const cJSON *o)
{
	const cJSON *tokens = json_get(o, "tokens");
	int turns = fold_int(o, "turns", 0);
	int64_t in = json_int(tokens, "in", -1);
	int64_t out = json_int(tokens, "out", -1);

	buf_addf(b, "%d turn%s", turns, turns == 1 ? "" : "s");
	if (in >= 0 && out >= 0)
		buf_addf(b, ", %lld tokens in, %lld out", (long long)in,
		    (long long)out);
	else
		buf_adds(b, ", tokens unknown");
}

void
fold_add_cost(struct buf *b, const cJSON *line)
{
	const cJSON *tokens = json_get(line, "tokens");
	int64_t cost = money_from_json(json_get(line, "cost_usd"));

	if (cost < 0)
		buf_adds(b, ", cost unknown");
	else if (cost > 0 || json_int(tokens, "in", 0) > 0 ||
	    json_int(tokens, "out", 0) > 0) {
		buf_adds(b, ", ");
		money_text(b, cost);
	}
}

void
fold_add_rejected(struct buf *b, int rejected, int decided)
{
	if (rejected > 0)
		buf_addf(b, ", %d of %d rejected", rejected, decided);
}

/* The task's, and the session's if it had other tasks. */
static char *
fold_end_title(const struct fold *f, const cJSON *line)
{
	const cJSON *session = json_get(line, "session");
	struct buf b = BUF_INIT(0);

	buf_adds(&b, f->outcome);
	fold_add_rejected(&b, f->end_rejected, f->end_decided);
	buf_adds(&b, ", ");
	fold_add_usage(&b, line);
	fold_add_cost(&b, line);
	buf_addf(&b, ", exit %d", f->exit_code);
	if (json_int(session, "turns", 0) > json_int(line, "turns", 0)) {
		buf_adds(&b, " (session: ");
		fold_add_usage(&b, session);
		buf_addc(&b, ')');
	}
	return buf_take(&b);
}

/* Before `session` existed, the tokens were the session's and the turns the
 * last task's. */
static void
fold_end_usage(struct fold *f, const cJSON *line)
{
	const cJSON *session = json_get(line, "session");
	const cJSON *of = session != NULL ? session : line;
	const cJSON *tokens = json_get(of, "tokens");

	f->turns = fold_int(of, "turns", f->turns);
	if (cJSON_IsObject(tokens)) {
		f->tokens_in = json_int(tokens, "in", -1);
		f->tokens_out = json_int(tokens, "out", -1);
		f->tokens_cached = json_int(tokens, "cached", -1);
	}
	if (session == NULL)
		f->cost_usd = json_num(line, "cost_usd", -1);
}

/* Is this the model's last message in this task? */
static bool
fold_is_said(const struct fold *f, const char *text)
{
	const struct fold_item *it;
	size_t i;

	for (i = f->items_len; text != NULL && i > 0; i--) {
		it = &f->items[i - 1];
		if (it->kind == ITEM_ASSISTANT)
			return it->title == NULL && it->text != NULL &&
			    strcmp(it->text, text) == 0;
		if (it->kind == ITEM_USER || it->kind == ITEM_END)
			break;
	}
	return false;
}

void
fold_on_agent_end(struct fold *f, const cJSON *line)
{
	struct fold_item *it;
	char *title;

	fold_partial_clear(f);
	fold_pause_free(f);
	xstrset(&f->ask_command, NULL);
	xstrset(&f->ask_id, NULL);
	f->evidence.running = false;
	f->ended = true;
	xstrset(&f->outcome, json_str_or(line, "outcome", "ended"));
	xstrset(&f->summary, json_str(line, "summary"));
	f->exit_code = fold_int(line, "exit", 1);
	f->end_decided = fold_int(line, "decided", 0);
	f->end_rejected = fold_int(line, "rejected", 0);
	fold_end_usage(f, line);
	/* None before an earlier end runs. */
	for (it = f->items + f->items_len; it > f->items &&
	    it[-1].kind != ITEM_END; it--)
		if (it[-1].running) {
			it[-1].running = false;
			it[-1].ok = false;
			it[-1].rev++;
		}
	json_drop(&f->calls);
	title = fold_end_title(f, line);
	fold_item_add(f, ITEM_END, title, fold_is_said(f, f->summary) ? NULL :
	    f->summary)->ok = f->exit_code == 0;
	free(title);
}
