/* cmd-stats: prints what sessions used, and what was decided on their hunks. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/money.h"
#include "cmd/cmd.h"
#include "cmd/log.h"
#include "cmd/base/print.h"
#include "cmd/setup.h"
#include "journal/event.h"
#include "journal/session.h"
#include "journal/task-usage.h"

struct stats {
	struct task_usage	 spent;
	int64_t		 tasks, accepted, edited, refused;
	struct task_usage_sum first;    /* of the session's first task */
	cJSON		*estimate;	/* of it, or NULL */
	bool		 task_ended;	/* the last task, at least once */
	char		*model, *outcome;
	char		*now;		/* the current model */
	struct stats_model {
		char		*name;
		struct task_usage_sum sum;
	}		*by_model;
	size_t		 by_model_len;
	cJSON		*models;	/* the names of all models used */
};

static void
stats_add(struct task_usage_sum *t, const struct task_usage_sum *f)
{
	t->turns += f->turns;
	t->in += f->in;
	t->out += f->out;
	t->cached += f->cached;
	t->counted += f->counted;
	t->cached_told = t->cached_told || f->cached_told;
	t->cost += f->cost;
	t->unpriced += f->unpriced;
	t->worked_ms += f->worked_ms;
	t->guessed = t->guessed || f->guessed;
}

static void
stats_decision(struct stats *s, const cJSON *line)
{
	const cJSON *f, *h;

	cJSON_ArrayForEach(f, json_array(line, "files"))
		cJSON_ArrayForEach(h, json_array(f, "hunks")) {
			const char *d = json_str_or(h, "decision", "");

			s->accepted += strcmp(d, "yes") == 0;
			s->edited += strcmp(d, "edited") == 0;
			s->refused += strcmp(d, "no") == 0;
		}
}

static void
stats_model(struct stats *s, const cJSON *model)
{
	AUTO_FREE char *name = NULL;

	if (!cJSON_IsObject(model))
		return;
	name = xasprintf("%s/%s", json_str_or(model, "provider", "?"),
	    json_str_or(model, "name", "?"));
	if (s->models == NULL)
		s->models = cJSON_CreateArray();
	if (!json_has(s->models, name))
		cJSON_AddItemToArray(s->models, cJSON_CreateString(name));
	if (s->model == NULL)
		s->model = xstrdup(name);
	xstrset(&s->now, name);
}

static struct task_usage_sum *
stats_of(struct stats *s, const char *name)
{
	struct stats_model *m = MEM_FIND_IN(s->by_model, s->by_model_len, name);

	if (m == NULL) {
		GROW(s->by_model, s->by_model_len);
		m = &s->by_model[s->by_model_len++];
		*m = (struct stats_model) { .name = xstrdup(name) };
	}
	return &m->sum;
}

/* A separate request (a review, a summary) names its model. */
static void
stats_paid(struct stats *s, const cJSON *line)
{
	const cJSON *m = json_get(line, "model");
	struct task_usage_sum sum = { 0 };
	AUTO_FREE char *name = NULL;

	if (!task_usage_paid(&sum, line))
		return;
	name = cJSON_IsObject(m) ? xasprintf("%s/%s", json_str_or(m,
	    "provider", "?"), json_str_or(m, "name", "?")) :
	    xstrdup(s->now == NULL ? "?" : s->now);
	sum.turns = 1;
	stats_add(stats_of(s, name), &sum);
}

/* A task may end twice: when it waits for review, and after the decision. */
static void
stats_end_of_task(struct stats *s)
{
	s->tasks += !s->task_ended;
	s->task_ended = true;
	if (s->tasks == 1)
		s->first = s->spent.task;
}

static void
stats_line(struct stats *s, const cJSON *line)
{
	const char *type = json_str_or(line, "type", "");

	task_usage_event(&s->spent, line);
	stats_paid(s, line);
	if (strcmp(type, "session_start") == 0 || strcmp(type, "model") == 0)
		stats_model(s, json_get(line, "model"));
	else if (strcmp(type, "user_message") == 0 &&
	    json_is(line, "by", "user"))
		s->task_ended = false;
	else if (strcmp(type, "decision") == 0)
		stats_decision(s, line);
	else if (strcmp(type, "estimate") == 0 && s->estimate == NULL)
		s->estimate = cJSON_Duplicate(line, 1);
	else if (strcmp(type, "agent_end") == 0) {
		stats_end_of_task(s);
		xstrset(&s->outcome, json_str(line, "outcome"));
	}
}

static int
stats_take(void *arg, const char *line, size_t n, struct err *e)
{
	AUTO_JSON cJSON *o = event_parse(line, n, NULL);

	(void)e;
	if (o != NULL)
		stats_line(arg, o);
	return 0;
}

static int
stats_read(struct stats *s, const char *id, struct err *e)
{
	AUTO_FREE char *dir = session_dir(id, e);
	int rc;

	memset(s, 0, sizeof(*s));
	if (dir == NULL)
		return -1;
	rc = log_lines(dir, stats_take, s, NULL, e);
	/* If no task has ended: so far. */
	if (s->tasks == 0)
		s->first = s->spent.task;
	return rc;
}

static void
stats_release(struct stats *s)
{
	size_t i;

	task_usage_release(&s->spent);
	cJSON_Delete(s->estimate);
	cJSON_Delete(s->models);
	for (i = 0; i < s->by_model_len; i++)
		free(s->by_model[i].name);
	free(s->by_model);
	free(s->now);
	free(s->model);
	free(s->outcome);
}

/* ---- one object ---- */

static int64_t
stats_cost(const struct task_usage_sum *s)
{
	return s->unpriced > 0 ? MONEY_UNKNOWN : s->cost;
}

static void
stats_add_sum(cJSON *o, const struct task_usage_sum *s)
{
	cJSON *t = cJSON_CreateObject();

	json_add_int(o, "turns", s->turns);
	json_add_int(t, "in", s->in);
	json_add_int(t, "out", s->out);
	json_add_count(t, "cached", s->cached_told ? s->cached : -1);
	json_add_int(t, "counted", s->counted);
	json_add_bool(t, "guessed", s->guessed);
	json_set_take(o, "tokens", t);
	json_set_take(o, "cost_usd", money_to_json(stats_cost(s)));
	json_add_int(o, "worked_ms", s->worked_ms);
}

static void
stats_add_models(cJSON *o, const struct stats *s)
{
	cJSON *list = cJSON_AddArrayToObject(o, "by_model"), *it;
	size_t i;

	for (i = 0; i < s->by_model_len; i++) {
		it = cJSON_CreateObject();
		json_add_str(it, "model", s->by_model[i].name);
		stats_add_sum(it, &s->by_model[i].sum);
		cJSON_DeleteItemFromObjectCaseSensitive(it, "worked_ms");
		cJSON_AddItemToArray(list, it);
	}
}

static void
stats_add_hunks(cJSON *o, const struct stats *s)
{
	cJSON *h = cJSON_CreateObject();

	json_add_int(h, "accepted", s->accepted);
	json_add_int(h, "edited", s->edited);
	json_add_int(h, "refused", s->refused);
	json_set_take(o, "hunks", h);
}

/* The estimate and the actual figures. */
static cJSON *
stats_estimate(const struct stats *s)
{
	static const char *const same[] = { "turns", "tokens", "cost_usd",
		"text" };
	cJSON *o, *truth;

	if (s->estimate == NULL)
		return cJSON_CreateNull();
	o = cJSON_CreateObject();
	JSON_COPY(o, s->estimate, same);
	truth = cJSON_CreateObject();
	stats_add_sum(truth, &s->first);
	json_set_take(o, "truth", truth);
	return o;
}

static cJSON *
stats_session(const struct stats *s, const struct session_info *info)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "session", info->id);
	json_add_str(o, "project", info->root);
	json_add_str(o, "started", info->started);
	json_add_str(o, "mode", info->mode);
	json_add_str(o, "model", s->model);
	json_set_take(o, "models", s->models == NULL ? cJSON_CreateArray() :
	    cJSON_Duplicate(s->models, 1));
	json_add_str(o, "outcome", s->outcome);
	json_add_int(o, "tasks", s->tasks);
	stats_add_sum(o, &s->spent.session);
	stats_add_models(o, s);
	stats_add_hunks(o, s);
	json_set_take(o, "estimate", stats_estimate(s));
	return o;
}

/* ---- lines ---- */

static void
stats_print_sum(struct buf *b, const struct task_usage_sum *s)
{
	buf_addf(b, "%lld turn%s, %s", (long long)s->turns,
	    s->turns == 1 ? "" : "s", s->guessed ? "~" : "");
	limit_count_text(b, s->in);
	buf_adds(b, " in ");
	limit_count_text(b, s->out);
	buf_adds(b, " out, cache ");
	task_usage_cache_text(b, s);
	buf_adds(b, ", ");
	if (stats_cost(s) < 0)
		buf_adds(b, "cost unknown");
	else
		money_text(b, stats_cost(s));
}

static void
stats_print_hunks(struct buf *b, const struct stats *s)
{
	buf_addf(
	    b, "hunks: %lld accepted", (long long)(s->accepted + s->edited));
	if (s->edited > 0)
		buf_addf(b, " (%lld edited)", (long long)s->edited);
	buf_addf(b, ", %lld rejected", (long long)s->refused);
}

/* Was it within the estimate? */
static const char *
stats_verdict(int64_t v, const cJSON *range)
{
	return v < json_int(range, "low", 0) ? "less" :
	    v > json_int(range, "high", 0) ? "more" : "within";
}

static void
stats_print(const struct stats *s, const struct session_info *info, bool all)
{
	const cJSON *tokens = json_get(s->estimate, "tokens");
	const cJSON *in = json_get(tokens, "in"), *it;
	AUTO_BUF struct buf b = BUF_INIT(0);

	buf_addf(&b, "%s  %-11s  ", info->id, s->outcome == NULL ? "-" :
	    s->outcome);
	stats_print_sum(&b, &s->spent.session);
	buf_adds(&b, ", ");
	stats_print_hunks(&b, s);
	cJSON_ArrayForEach(it, s->models)
		buf_addf(&b, "%s %s", it != s->models->child ? "," :
		    it->next == NULL ? "; model" : "; models",
		    it->valuestring);
	if (all)
		buf_addf(&b, "  %s", info->root == NULL ? "?" : info->root);
	print_words(stdout, "%s", buf_str(&b));
	buf_clear(&b);
	if (in != NULL) {
		limit_count_text(&b, json_int(in, "low", 0));
		buf_adds(&b, " to ");
		limit_count_text(&b, json_int(in, "high", 0));
		buf_adds(&b, " input tokens estimated for the first task, ");
		limit_count_text(&b, s->first.in);
		buf_addf(&b, " used (%s)", stats_verdict(s->first.in, in));
		print_words(stdout, "    %s", buf_str(&b));
	}
}

static void
stats_sum(struct stats *to, const struct stats *s)
{
	size_t i;

	stats_add(&to->spent.session, &s->spent.session);
	for (i = 0; i < s->by_model_len; i++)
		stats_add(stats_of(to, s->by_model[i].name),
		    &s->by_model[i].sum);
	to->tasks += s->tasks;
	to->accepted += s->accepted;
	to->edited += s->edited;
	to->refused += s->refused;
}

static void
stats_end(const struct stats *total, size_t n, cJSON *out)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t i;
	cJSON *o;
	char *text;

	if (out != NULL) {
		o = cJSON_CreateObject();
		json_add_int(o, "sessions", (int64_t)n);
		json_add_int(o, "tasks", total->tasks);
		stats_add_sum(o, &total->spent.session);
		stats_add_models(o, total);
		stats_add_hunks(o, total);
		json_set_take(out, "total", o);
		text = json_print(out);
		print_json(stdout, text, strlen(text));
		free(text);
		return;
	}
	buf_addf(&b, "%zu session%s, %lld task%s: ", n, n == 1 ? "" : "s",
	    (long long)total->tasks, total->tasks == 1 ? "" : "s");
	stats_print_sum(&b, &total->spent.session);
	buf_adds(&b, ", ");
	stats_print_hunks(&b, total);
	print_words(stdout, "%s", buf_str(&b));
	for (i = 0; i < total->by_model_len; i++) {
		buf_clear(&b);
		buf_addf(&b, "    %s: ", total->by_model[i].name);
		stats_print_sum(&b, &total->by_model[i].sum);
		print_words(stdout, "%s", buf_str(&b));
	}
}

static int
stats_list(const struct session_info *v, size_t n, const char *only,
    const struct cmd_args *a)
{
	AUTO_JSON cJSON *out = a->json ? cJSON_CreateObject() : NULL;
	cJSON *list = cJSON_CreateArray();
	AUTO(stats_release) struct stats total = { .tasks = 0 };
	struct stats s;
	size_t i, counted = 0;
	int code = 0;

	for (i = 0; i < n; i++) {
		struct err e = ERR_INIT;

		if (only != NULL && strcmp(only, v[i].id) != 0)
			continue;
		if (stats_read(&s, v[i].id, &e) < 0)
			code = cmd_fail(EXIT_ERROR, "%s: %s", v[i].id, e.text);
		else {
			stats_sum(&total, &s);
			counted++;
			if (out != NULL)
				cJSON_AddItemToArray(list, stats_session(&s,
				    &v[i]));
			else
				stats_print(&s, &v[i], a->all);
		}
		stats_release(&s);
	}
	if (out != NULL)
		json_set_take(out, "sessions", list);
	else
		cJSON_Delete(list);
	stats_end(&total, counted, out);
	return code;
}

int
cmd_stats(const struct cmd_args *a)
{
	struct session_info *v = NULL;
	AUTO(setup_release) struct setup s = { 0 };
	struct err e = ERR_INIT;
	AUTO_FREE char *id = NULL;
	size_t n = 0;
	int code = 0;

	if (!a->all && a->operands_len == 0 &&
	    (code = setup_project(&s, a)) != 0)
		goto out;
	if (a->operands_len > 0 && (id = session_resolve(a->operands[0], NULL,
	    &e)) == NULL) {
		code = cmd_fail(EXIT_USAGE, "%s", e.text);
		goto out;
	}
	code = session_list(id != NULL ? NULL : s.root, &v, &n, &e) < 0 ?
	    cmd_fail(EXIT_ERROR, "%s", e.text) : stats_list(v, n, id, a);
out:
	session_list_free(v, n);
	return code;
}
