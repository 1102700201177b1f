/*
 * exec-estimate: what a task may use, without running it: the turns that it may
 * take times the average of a turn in this project's latest sessions.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/money.h"
#include "front/print.h"
#include "cmd/cmd.h"
#include "front/log.h"
#include "cmd/setup.h"
#include "journal/event.h"
#include "journal/session.h"
#include "journal/task-limit.h"
#include "policy/price.h"

#define ESTIMATE_SESSIONS	40

struct estimate_used {
	double	 turns, in, out, cached;
};

struct estimate {
	struct estimate_used task;	/* the current one; turns 0: none */
	struct estimate_used sum;
	int64_t	 tasks;
};

/* ---- the past ---- */

static void
estimate_count(struct estimate *p)
{
	p->tasks += p->task.turns > 0;
	p->sum.turns += p->task.turns;
	p->sum.in += p->task.in;
	p->sum.out += p->task.out;
	p->sum.cached += p->task.cached;
	p->task = (struct estimate_used){ 0 };
}

/* A task that waited for review ends again once it is decided, with all its
 * tokens: its last end counts. */
static void
estimate_end(struct estimate *p, const cJSON *line)
{
	const cJSON *tokens = json_get(line, "tokens");

	if (json_num(line, "turns", 0) > 0 && json_num(tokens, "in", 0) > 0)
		p->task = (struct estimate_used){
			.turns = json_num(line, "turns", 0),
			.in = json_num(tokens, "in", 0),
			.out = json_num(tokens, "out", 0),
			.cached = json_num(tokens, "cached", 0),
		};
}

static int
estimate_line(void *arg, const char *line, size_t n, struct err *e)
{
	static const char said[] = "\"type\":\"user_message\"",
		ended[] = "\"type\":\"agent_end\"";
	AUTO_JSON cJSON *o = NULL;

	(void)e;
	if ((memmem(line, n, said, strlen(said)) == NULL &&
	    memmem(line, n, ended, strlen(ended)) == NULL) ||
	    (o = event_parse(line, n, NULL)) == NULL)
		return 0;
	if (event_type(o) == EVENT_AGENT_END)
		estimate_end(arg, o);
	else if (event_type(o) == EVENT_USER_MESSAGE && json_is(o, "by", "user"))
		estimate_count(arg);
	return 0;
}

static int
estimate_read(struct estimate *p, const char *root, struct err *e)
{
	struct session_info *v = NULL;
	size_t i, n = 0, found = 0;

	if (session_list(root, &v, &n, e) < 0)
		return -1;
	for (i = 0; i < n && found < ESTIMATE_SESSIONS; i++) {
		struct err ignored = ERR_INIT;
		AUTO_FREE char *dir = session_dir(v[i].id, &ignored);

		if (dir == NULL || (v[i].mode != NULL &&
		    strcmp(v[i].mode, "demo") == 0))
			continue;
		found++;
		(void)log_lines(dir, estimate_line, p, NULL, &ignored);
		estimate_count(p);
	}
	session_list_free(v, n);
	return 0;
}

/* ---- the estimate ---- */

/* A turn's average times the turns, rounded up. */
static int64_t
estimate_of(const struct estimate *p, double sum, int64_t n)
{
	return (int64_t)(sum / p->sum.turns * (double)n + 0.999);
}

/* Turn by turn, because the price for long prompts depends on the single
 * prompt. */
static int64_t
estimate_turn_cost(const struct estimate *p, const struct price *price)
{
	struct price_usage turn = {
		.input = estimate_of(p, p->sum.in, 1),
		.cached = (int64_t)(p->sum.cached / p->sum.turns),
		.cache_write = -1,
		.output = estimate_of(p, p->sum.out, 1),
	};

	return price == NULL ? PRICE_UNKNOWN : price_of(price, &turn);
}

static void
estimate_range(cJSON *o, const char *key, double low, double high)
{
	cJSON *range = cJSON_CreateObject();

	json_add_num(range, "low", low);
	json_add_num(range, "high", high);
	json_set_take(o, key, range);
}

/* Tokens and cost are null if unknown: no earlier tasks, or no price (NULL). */
static cJSON *
estimate_make(const struct estimate *p, int64_t high,
    const struct price *price)
{
	cJSON *o = cJSON_CreateObject(), *t;
	int64_t low = p->tasks == 0 ? 1 :
	    (int64_t)(p->sum.turns / (double)p->tasks + 0.999), turn;

	if (low > high)
		low = high;
	json_add_int(o, "tasks", p->tasks);
	estimate_range(o, "turns", (double)low, (double)high);
	json_add_null(o, "tokens");
	json_add_null(o, "cost_usd");
	if (p->tasks == 0)
		return o;
	t = cJSON_CreateObject();
	estimate_range(t, "in", (double)estimate_of(p, p->sum.in, low),
	    (double)estimate_of(p, p->sum.in, high));
	estimate_range(t, "out", (double)estimate_of(p, p->sum.out, low),
	    (double)estimate_of(p, p->sum.out, high));
	json_set_take(o, "tokens", t);
	turn = estimate_turn_cost(p, price);
	if (turn >= 0)
		estimate_range(o, "cost_usd",
		    (double)(turn * low) / MONEY_DOLLAR,
		    (double)(turn * high) / MONEY_DOLLAR);
	return o;
}

static void
estimate_add_range(struct buf *b, const cJSON *range, const char *of)
{
	limit_count_text(b, json_int(range, "low", 0));
	buf_adds(b, " to ");
	limit_count_text(b, json_int(range, "high", 0));
	buf_adds(b, of);
}

static void
estimate_print(const cJSON *o, const struct setup *s)
{
	const cJSON *tokens = json_get(o, "tokens");
	const cJSON *cost = json_get(o, "cost_usd");
	long long tasks = (long long)json_int(o, "tasks", 0);
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (!cJSON_IsObject(tokens)) {
		print_words(stdout, "unknown: no task with known token counts "
		    "has ended in this project yet");
		return;
	}
	estimate_add_range(&b, json_get(o, "turns"), "");
	print_words(stdout, "turns:  %s (the average of %lld past task%s here, "
	    "up to the limit)", buf_str(&b), tasks, tasks == 1 ? "" : "s");
	buf_clear(&b);
	estimate_add_range(&b, json_get(tokens, "in"), " in, ");
	estimate_add_range(&b, json_get(tokens, "out"), " out");
	print_words(stdout, "tokens: %s", buf_str(&b));
	buf_clear(&b);
	if (cJSON_IsObject(cost)) {
		money_text(&b, money_from_json(json_get(cost, "low")));
		buf_adds(&b, " to ");
		money_text(&b, money_from_json(json_get(cost, "high")));
		buf_addf(&b, " with %s/%s, prices of %s", s->model.provider,
		    s->model.name, json_str_or(s->model.price, "dated",
		    "your own table"));
	} else
		buf_addf(&b, "unknown: no price for %s/%s",
		    s->model.provider, s->model.name);
	print_words(stdout, "cost:   %s", buf_str(&b));
}

int
cmd_exec_estimate(const struct cmd_args *a)
{
	AUTO(setup_release) struct setup s = { 0 };
	struct estimate p = { .tasks = 0 };
	struct price price;
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *o = NULL;
	AUTO_FREE char *text = NULL;
	int code;

	if ((code = setup_project(&s, a)) != 0 ||
	    (code = setup_config(&s, a, "exec")) != 0)
		return code;
	s.keyless = true;
	if ((code = setup_model(&s)) != 0)
		return code;
	if (estimate_read(&p, s.root, &e) < 0)
		return cmd_fail_err(&e);
	o = estimate_make(&p, config_int(s.config, "max_turns", 30),
	    price_read(s.model.price, &price) ? &price : NULL);
	if (!a->json)
		estimate_print(o, &s);
	else {
		text = json_print(o);
		print_json(stdout, text, strlen(text));
	}
	return 0;
}
