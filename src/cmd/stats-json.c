/* The objects of `stats --json` and of `stats` in `exec --output`. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/money.h"
#include "cmd/stats.h"

/* In `hunks`, with names of their own; edited hunks are counted apart there. */
static const char *const stats_names[STATS_COUNTS] = {
	[STATS_TASKS] = "tasks",
	[STATS_CHECKED] = "checked",
	[STATS_PASSED] = "passed_first",
	[STATS_PLANS] = "plans",
	[STATS_APPROVED] = "plans_approved",
	[STATS_PROMPTS] = "prompts",
	[STATS_KEYS] = "keys",
	[STATS_REVIEW_MS] = "review_ms",
	[STATS_WAITED_MS] = "waited_ms",
	[STATS_WALL_MS] = "wall_ms",
};
static const char *const stats_by_names[STATS_BY][2] = {
	{ "by_model", "model" }, { "by_profile", "profile" },
	{ "by_week", "week" },
};

static void
stats_add_used(cJSON *o, const struct stats_sum *s)
{
	cJSON *t = cJSON_CreateObject();
	const struct task_usage_sum *u = &s->used;

	json_add_int(o, "turns", u->turns);
	json_add_int(t, "in", u->in);
	json_add_int(t, "out", u->out);
	json_add_count(t, "cached", u->cached_told ? u->cached : -1);
	json_add_int(t, "counted", u->counted);
	json_add_bool(t, "guessed", u->guessed);
	json_set_take(o, "tokens", t);
	json_set_take(o, "cost_usd", money_to_json(stats_cost(s)));
	json_add_int(o, "worked_ms", u->worked_ms);
}

static void
stats_add_members(cJSON *o, const struct stats_sum *s)
{
	cJSON *h = cJSON_CreateObject();
	int i;

	for (i = 0; i < STATS_COUNTS; i++)
		if (stats_names[i] != NULL)
			json_add_int(o, stats_names[i], s->n[i]);
	stats_add_used(o, s);
	json_add_int(h, "accepted", s->n[STATS_ACCEPTED] - s->n[STATS_EDITED]);
	json_add_int(h, "edited", s->n[STATS_EDITED]);
	json_add_int(h, "refused", s->n[STATS_REFUSED]);
	json_set_take(o, "hunks", h);
}

void
stats_add_total(cJSON *o, const struct stats *s)
{
	size_t i;
	int by;

	stats_add_members(o, &s->sum);
	for (by = 0; by < STATS_BY; by++) {
		cJSON *list = cJSON_AddArrayToObject(o, stats_by_names[by][0]);

		for (i = 0; i < s->by[by].len; i++) {
			cJSON *it = cJSON_CreateObject();

			json_add_str(it, stats_by_names[by][1],
			    s->by[by].v[i].name);
			stats_add_members(it, &s->by[by].v[i].sum);
			cJSON_AddItemToArray(list, it);
		}
	}
}

/* The estimate and the actual figures. */
static cJSON *
stats_estimate(const struct stats *s)
{
	static const char *const same[] = { "turns", "tokens", "cost_usd",
		"text" };
	const struct stats_sum first = { .used = s->first };
	cJSON *o, *truth;

	if (s->estimate == NULL)
		return cJSON_CreateNull();
	o = cJSON_CreateObject();
	JSON_COPY(o, s->estimate, same);
	truth = cJSON_CreateObject();
	stats_add_used(truth, &first);
	json_set_take(o, "truth", truth);
	return o;
}

cJSON *
stats_session(const struct stats *s, const struct session_info *info)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "session", info->id);
	json_add_str(o, "project", info->root);
	json_add_str(o, "started", info->started);
	json_add_str(o, "mode", info->mode);
	json_add_str(o, "profile", s->profile);
	json_add_str(o, "model", s->model);
	json_set_take(o, "models", s->models == NULL ? cJSON_CreateArray() :
	    cJSON_Duplicate(s->models, 1));
	json_add_str(o, "outcome", s->outcome);
	stats_add_total(o, s);
	json_set_take(o, "estimate", stats_estimate(s));
	return o;
}

cJSON *
stats_of_session(const char *id, struct err *e)
{
	AUTO(stats_release) struct stats s = { .model = NULL };
	struct session_info info;
	cJSON *o = NULL;

	if (!session_look(id, &info)) {
		err_set(e, "the journal of session %s can't be read", id);
		return NULL;
	}
	if (stats_read(&s, id, e) == 0)
		o = stats_session(&s, &info);
	session_info_release(&info);
	return o;
}

/* ---- back ---- */

static int64_t
stats_int(const cJSON *o, const char *key)
{
	int64_t v = json_int(o, key, 0);

	return v < 0 || v > TASK_USAGE_MAX ? 0 : v;
}

static void
stats_read_members(struct stats_sum *s, const cJSON *o)
{
	const cJSON *t = json_get(o, "tokens"), *h = json_get(o, "hunks");
	int64_t cost = money_from_json(json_get(o, "cost_usd"));
	int i;

	for (i = 0; i < STATS_COUNTS; i++)
		if (stats_names[i] != NULL)
			s->n[i] = stats_int(o, stats_names[i]);
	s->n[STATS_EDITED] = stats_int(h, "edited");
	s->n[STATS_ACCEPTED] = stats_int(h, "accepted") + s->n[STATS_EDITED];
	s->n[STATS_REFUSED] = stats_int(h, "refused");
	s->used = (struct task_usage_sum){
		.turns = stats_int(o, "turns"),
		.in = stats_int(t, "in"),
		.out = stats_int(t, "out"),
		.cached = stats_int(t, "cached"),
		.counted = json_get(t, "counted") == NULL ?
		    stats_int(t, "in") : stats_int(t, "counted"),
		.cached_told = cJSON_IsNumber(json_get(t, "cached")),
		.cost = cost < 0 ? 0 : cost,
		.worked_ms = stats_int(o, "worked_ms"),
		.guessed = json_bool(t, "guessed", false),
	};
	s->used.unpriced = cost < 0 && s->used.turns > 0;
}

void
stats_from_json(struct stats *s, const cJSON *o)
{
	const cJSON *it;
	int by;

	stats_read_members(&s->sum, o);
	s->model = xstrdup_null(json_str(o, "model"));
	s->profile = xstrdup_null(json_str(o, "profile"));
	s->outcome = xstrdup_null(json_str(o, "outcome"));
	if (json_array(o, "models") != NULL)
		s->models = cJSON_Duplicate(json_array(o, "models"), 1);
	for (by = 0; by < STATS_BY; by++)
		cJSON_ArrayForEach(it, json_array(o, stats_by_names[by][0])) {
			GROW(s->by[by].v, s->by[by].len);
			s->by[by].v[s->by[by].len] = (struct stats_row){
				.name = xstrdup(json_str_or(it,
				    stats_by_names[by][1], "?")) };
			stats_read_members(
			    &s->by[by].v[s->by[by].len++].sum, it);
		}
}
