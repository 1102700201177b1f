/* See stats.h. */
#include "config.h"

#include "record/stats.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/money.h"
#include "front/log.h"
#include "journal/event.h"
#include "journal/session.h"

struct stats_fold {
	struct stats		*s;
	struct task_usage	 spent;
	char			*now;		/* the current model */
	bool			 ended;		/* the task, at least once */
	bool			 counted, checked;	/* in this task */
	bool			 partial;	/* the open proposal isn't final */
	bool			 undoing;	/* it undoes something */
};

static struct task_usage_sum *
stats_model(struct stats *s, const char *name)
{
	struct stats_model *m = MEM_FIND_IN(s->models, s->models_len, name);

	if (m == NULL) {
		GROW(s->models, s->models_len);
		m = &s->models[s->models_len++];
		*m = (struct stats_model){ .name = xstrdup(name) };
	}
	return &m->used;
}

void
stats_merge(struct stats *to, const struct stats *s)
{
	size_t i;

	for (i = 0; i < STATS_COUNTS; i++)
		to->n[i] = task_usage_add(to->n[i], s->n[i]);
	task_usage_add_sum(&to->used, &s->used);
	for (i = 0; i < s->models_len; i++)
		task_usage_add_sum(stats_model(to, s->models[i].name),
		    &s->models[i].used);
}

int64_t
stats_cost(const struct task_usage_sum *u)
{
	return u->unpriced > 0 ? MONEY_UNKNOWN : u->cost;
}

void
stats_release(struct stats *s)
{
	size_t i;

	for (i = 0; i < STATS_WORDS; i++)
		free(s->word[i]);
	for (i = 0; i < s->models_len; i++)
		free(s->models[i].name);
	free(s->models);
	memset(s, 0, sizeof(*s));
}

/* ---- a journal ---- */

static char *
stats_model_name(const cJSON *model)
{
	return xasprintf("%s/%s", json_str_or(model, "provider", "?"),
	    json_str_or(model, "name", "?"));
}

/* A separate request (a review, a summary) names its model. */
static void
stats_paid(struct stats_fold *f, const cJSON *line)
{
	const cJSON *m = json_get(line, "model");
	struct task_usage_sum sum = { 0 };
	AUTO_FREE char *name = NULL;

	if (!task_usage_paid(&sum, line))
		return;
	name = cJSON_IsObject(m) ? stats_model_name(m) :
	    xstrdup(f->now == NULL ? "?" : f->now);
	sum.turns = 1;
	task_usage_add_sum(stats_model(f->s, name), &sum);
}

static void
stats_message(struct stats_fold *f, const cJSON *line)
{
	if (!json_is(line, "by", "user") || !f->ended)
		return;
	f->ended = false;
	/* After a failure, the same task. */
	if (!json_bool(line, "again", false))
		f->counted = f->checked = f->partial = false;
}

/* A task may end twice: when it waits for review, and after the decision. */
static void
stats_end_of_task(struct stats_fold *f, const cJSON *line)
{
	f->s->n[STATS_TASKS] += !f->counted;
	f->ended = f->counted = true;
	xstrset(&f->s->word[STATS_OUTCOME], json_str(line, "outcome"));
}

/* A run that says whether the model's work is done. */
static void
stats_check(struct stats_fold *f, const cJSON *line)
{
	static const char *const not_run[] = { "sandbox", "no_sandbox",
		"refused", "stage" };
	const char *killed = json_str(line, "killed");

	if (!json_is(line, "status", "done") || f->checked || f->partial ||
	    f->undoing || json_is(line, "where", "accepted") ||
	    (killed != NULL && MEM_FIND(not_run, killed) != NULL))
		return;
	f->checked = true;
	f->s->n[STATS_CHECKED]++;
	f->s->n[STATS_PASSED] += killed == NULL &&
	    json_int(line, "exit", -1) == 0;
}

static void
stats_decision(struct stats_fold *f, const cJSON *line)
{
	const cJSON *file, *h;

	/* Hunks of an undo don't count. */
	if (f->undoing || json_is(line, "rule", "rollback"))
		return;
	cJSON_ArrayForEach(file, json_array(line, "files"))
		cJSON_ArrayForEach(h, json_array(file, "hunks")) {
			f->s->n[STATS_ACCEPTED] += json_is(h, "decision",
			    "yes");
			f->s->n[STATS_EDITED] += json_is(h, "decision",
			    "edited");
			f->s->n[STATS_REJECTED] += json_is(h, "decision",
			    "no");
		}
}

static void
stats_proposal(struct stats_fold *f, const cJSON *line)
{
	bool open = cJSON_GetArraySize(json_array(line, "files")) > 0;

	f->undoing = open && json_int(line, "undo", 0) != 0;
	f->partial = open && !json_bool(line, "final", false);
}

static void
stats_new_model(struct stats_fold *f, const cJSON *line)
{
	if (cJSON_IsObject(json_get(line, "model")))
		FREE_SET(f->now, stats_model_name(json_get(line, "model")));
}

static void
stats_start(struct stats_fold *f, const cJSON *line)
{
	char **word = f->s->word;

	xstrset(&word[STATS_PROJECT], json_str(line, "root"));
	xstrset(&word[STATS_STARTED], json_str(line, "t"));
	xstrset(&word[STATS_PROFILE], json_str_or(json_get(json_get(line,
	    "settings"), "profile"), "name", "code"));
	stats_new_model(f, line);
}

static void (*const stats_rows[EVENT_TYPES_LEN])(struct stats_fold *,
    const cJSON *) = {
	[EVENT_AGENT_END] = stats_end_of_task,
	[EVENT_DECISION] = stats_decision,
	[EVENT_EVIDENCE] = stats_check,
	[EVENT_MODEL] = stats_new_model,
	[EVENT_PROPOSAL] = stats_proposal,
	[EVENT_SESSION_START] = stats_start,
	[EVENT_USER_MESSAGE] = stats_message,
};

static int
stats_take(void *arg, const char *text, size_t n, struct err *e)
{
	struct stats_fold *f = arg;
	AUTO_JSON cJSON *line = event_parse(text, n, NULL);
	enum event_type type = event_type(line);

	(void)e;
	if (line == NULL)
		return 0;
	task_usage_event(&f->spent, line);
	stats_paid(f, line);
	if (stats_rows[type] != NULL)
		stats_rows[type](f, line);
	return 0;
}

int
stats_read(struct stats *s, const char *id, struct err *e)
{
	AUTO_FREE char *dir = session_dir(id, e);
	struct stats_fold f = { .s = s };
	int rc;

	if (dir == NULL)
		return -1;
	s->word[STATS_SESSION] = xstrdup(id);
	rc = log_lines(dir, stats_take, &f, NULL, e);
	s->used = f.spent.session;
	task_usage_release(&f.spent);
	free(f.now);
	return rc;
}

/* ---- JSON ---- */

static const char *const stats_words[STATS_WORDS] = { "session", "name",
	"file", "project", "started", "profile", "outcome" };
/* Those of hunks are in `hunks`. */
static const char *const stats_counts[STATS_COUNTS] = { "tasks", "checked",
	"passed_first", "accepted", "edited", "refused" };

static void
stats_add_used(cJSON *o, const struct task_usage_sum *u)
{
	cJSON *t = cJSON_CreateObject();

	json_add_int(o, "turns", u->turns);
	json_add_int(t, "in", u->in);
	json_add_int(t, "out", u->out);
	json_add_count(t, "cached", u->cached_told ? u->cached : -1);
	json_add_int(t, "counted", u->counted);
	json_add_bool(t, "guessed", u->guessed);
	json_set_take(o, "tokens", t);
	json_set_take(o, "cost_usd", money_to_json(stats_cost(u)));
}

void
stats_to_json(cJSON *o, const struct stats *s)
{
	cJSON *h = cJSON_CreateObject(), *list = cJSON_CreateArray(), *it;
	size_t i;

	for (i = 0; i < STATS_WORDS; i++)
		json_add_str(o, stats_words[i], s->word[i]);
	for (i = 0; i < STATS_COUNTS; i++)
		json_add_int(i < STATS_ACCEPTED ? o : h, stats_counts[i],
		    s->n[i]);
	json_set_take(o, "hunks", h);
	stats_add_used(o, &s->used);
	json_add_int(o, "worked_ms", s->used.worked_ms);
	for (i = 0; i < s->models_len; i++) {
		cJSON_AddItemToArray(list, it = cJSON_CreateObject());
		json_add_str(it, "model", s->models[i].name);
		stats_add_used(it, &s->models[i].used);
	}
	json_set_take(o, "by_model", list);
}

cJSON *
stats_of_session(const char *id, struct err *e)
{
	AUTO(stats_release) struct stats s = { 0 };
	cJSON *o;

	if (stats_read(&s, id, e) < 0)
		return NULL;
	o = cJSON_CreateObject();
	stats_to_json(o, &s);
	return o;
}

static int64_t
stats_int(const cJSON *o, const char *key)
{
	int64_t v = json_int(o, key, 0);

	return v < 0 || v > TASK_USAGE_MAX ? 0 : v;
}

static struct task_usage_sum
stats_read_used(const cJSON *o)
{
	const cJSON *t = json_get(o, "tokens");
	int64_t cost = money_from_json(json_get(o, "cost_usd"));

	return (struct task_usage_sum){
		.turns = stats_int(o, "turns"),
		.in = stats_int(t, "in"),
		.out = stats_int(t, "out"),
		.cached = stats_int(t, "cached"),
		.counted = stats_int(t, "counted"),
		.cached_told = cJSON_IsNumber(json_get(t, "cached")),
		.cost = cost < 0 ? 0 : cost,
		.unpriced = cost < 0 && stats_int(o, "turns") > 0,
		.worked_ms = stats_int(o, "worked_ms"),
		.guessed = json_bool(t, "guessed", false),
	};
}

void
stats_from_json(struct stats *s, const cJSON *o)
{
	const cJSON *h = json_get(o, "hunks"), *it;
	struct task_usage_sum used;
	size_t i;

	for (i = 0; i < STATS_WORDS; i++)
		s->word[i] = xstrdup_null(json_str(o, stats_words[i]));
	for (i = 0; i < STATS_COUNTS; i++)
		s->n[i] = stats_int(i < STATS_ACCEPTED ? o : h,
		    stats_counts[i]);
	s->used = stats_read_used(o);
	cJSON_ArrayForEach(it, json_array(o, "by_model")) {
		used = stats_read_used(it);
		task_usage_add_sum(stats_model(s, json_str_or(it, "model",
		    "?")), &used);
	}
}
