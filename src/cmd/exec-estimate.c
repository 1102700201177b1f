/* `exec --estimate`: a task's cost from this project's history; runs nothing. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/money.h"
#include "cmd/cmd.h"
#include "cmd/base/print.h"
#include "cmd/setup.h"
#include "journal/usage-history.h"
#include "policy/estimate.h"

static void
estimate_add_range(struct buf *b, const cJSON *range)
{
	limit_count_text(b, json_int(range, "low", 0));
	buf_adds(b, " to ");
	limit_count_text(b, json_int(range, "high", 0));
}

static void
estimate_print(const cJSON *o, const struct setup *s)
{
	const cJSON *tokens = json_get(o, "tokens");
	const cJSON *cost = json_get(o, "cost_usd");
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (!cJSON_IsObject(tokens)) {
		print_words(stdout, "%s", json_str_or(o, "text", "unknown"));
		return;
	}
	estimate_add_range(&b, json_get(o, "turns"));
	print_words(stdout, "turns:  %s", buf_str(&b));
	buf_clear(&b);
	estimate_add_range(&b, json_get(tokens, "in"));
	buf_adds(&b, " in, ");
	estimate_add_range(&b, json_get(tokens, "out"));
	buf_adds(&b, " out");
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
	print_words(stdout, "why:    %s", json_str_or(o, "text", ""));
}

int
cmd_exec_estimate(const struct cmd_args *a)
{
	struct estimate_past past;
	AUTO(setup_release) struct setup s = { 0 };
	struct price price;
	struct err e = ERR_INIT;
	struct usage_history p;
	AUTO_JSON cJSON *o = NULL;
	int code;

	if ((code = setup_project(&s, a)) != 0 ||
	    (code = setup_config(&s, a, "exec")) != 0)
		return code;
	s.keyless = true;
	if ((code = setup_model(&s)) != 0)
		return code;
	if (usage_history_read(s.root, NULL, &p, &e) < 0)
		return cmd_fail_err(&e);
	past = (struct estimate_past) { p.tasks, p.turns, p.in, p.out,
		p.cached, p.turns_low };
	o = estimate_make(&past, config_int(s.config, "max_turns", 30),
	    price_read(s.model.price, &price) ? &price : NULL);
	if (a->json) {
		AUTO_FREE char *text = json_print(o);

		print_json(stdout, text, strlen(text));
	} else
		estimate_print(o, &s);
	return code;
}
