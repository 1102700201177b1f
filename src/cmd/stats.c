/* See stats.h. */
#include "config.h"

#include "cmd/stats.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/money.h"
#include "cmd/log.h"
#include "journal/event.h"

/* Between two keys; a longer time isn't review. */
#define STATS_PAUSE_MS	(300 * (int64_t)1000)

struct stats_fold {
	struct task_usage	 spent;
	struct stats_sum	 task;		/* since the last message */
	struct task_usage_sum	 before;	/* of the session, then */
	char			*now;		/* the current model */
	char			*model, *week;	/* of the task */
	int64_t			 begun_ms;	/* of the task; 0: none */
	int64_t			 line_ms;	/* of the last line */
	int64_t			 tried_ms;	/* by the attempts that failed */
	int64_t			 prompts;	/* in them */
	int64_t			 looked_ms;	/* the last key of a review, or its
						   proposal; 0: none */
	bool			 ended;		/* the task, at least once */
	bool			 checked;	/* its check ran */
	bool			 partial;	/* the open proposal isn't final */
	bool			 undoing;	/* it undoes something */
	bool			 marked;	/* since the last decision */
};

static void
stats_add_sum(struct stats_sum *t, const struct stats_sum *f)
{
	int i;

	for (i = 0; i < STATS_COUNTS; i++)
		t->n[i] = task_usage_add(t->n[i], f->n[i]);
	task_usage_add_sum(&t->used, &f->used);
}

static struct stats_sum *
stats_row(struct stats *s, enum stats_by by, const char *name)
{
	struct stats_row *r = MEM_FIND_IN(s->by[by].v, s->by[by].len, name);

	if (r == NULL) {
		GROW(s->by[by].v, s->by[by].len);
		r = &s->by[by].v[s->by[by].len++];
		*r = (struct stats_row){ .name = xstrdup(name) };
	}
	return &r->sum;
}

void
stats_merge(struct stats *to, const struct stats *s)
{
	size_t i;
	int by;

	stats_add_sum(&to->sum, &s->sum);
	for (by = 0; by < STATS_BY; by++)
		for (i = 0; i < s->by[by].len; i++)
			stats_add_sum(stats_row(to, (enum stats_by)by,
			    s->by[by].v[i].name), &s->by[by].v[i].sum);
}

/* ---- a journal ---- */

char *
stats_week(const char *stamp)
{
	int64_t ms = clock_stamp_ms(stamp);
	time_t t = (time_t)(ms / 1000);
	struct tm tm;
	char text[32];

	if (ms <= 0 || gmtime_r(&t, &tm) == NULL ||
	    strftime(text, sizeof(text), "%G-W%V", &tm) == 0)
		return xstrdup("?");
	return xstrdup(text);
}

/* What the session has used since *before. */
static struct task_usage_sum
stats_used_since(const struct task_usage_sum *now,
    const struct task_usage_sum *before)
{
	struct task_usage_sum d = *now;

	d.turns -= before->turns;
	d.in -= before->in;
	d.out -= before->out;
	d.cached -= before->cached;
	d.counted -= before->counted;
	d.cost -= before->cost;
	d.unpriced -= before->unpriced;
	d.worked_ms -= before->worked_ms;
	return d;
}

/* The task, or what of it there is, is over. */
static void
stats_flush(struct stats *s)
{
	struct stats_fold *f = s->fold;
	struct stats_sum t = f->task;
	int64_t *n = t.n;

	t.used = stats_used_since(&f->spent.session, &f->before);
	n[STATS_WAITED_MS] = n[STATS_WALL_MS] > t.used.worked_ms ?
	    n[STATS_WALL_MS] - t.used.worked_ms : 0;
	stats_add_sum(&s->sum, &t);
	stats_add_sum(stats_row(s, STATS_BY_PROFILE,
	    s->profile == NULL ? "?" : s->profile), &t);
	stats_add_sum(stats_row(s, STATS_BY_WEEK,
	    f->week == NULL ? "?" : f->week), &t);
	/* The requests are counted when they are paid for. */
	t.used = (struct task_usage_sum){ .worked_ms = t.used.worked_ms };
	if (f->model != NULL)
		stats_add_sum(stats_row(s, STATS_BY_MODEL, f->model), &t);
	memset(&f->task, 0, sizeof(f->task));
	f->before = f->spent.session;
	f->begun_ms = f->looked_ms = f->tried_ms = f->prompts = 0;
	f->ended = f->checked = f->partial = f->marked = false;
}

static char *
stats_model_name(const cJSON *model)
{
	return xasprintf("%s/%s", json_str_or(model, "provider", "?"),
	    json_str_or(model, "name", "?"));
}

static void
stats_model(struct stats *s, const cJSON *model)
{
	AUTO_FREE char *name = NULL;

	if (!cJSON_IsObject(model))
		return;
	name = stats_model_name(model);
	if (s->models == NULL)
		s->models = cJSON_CreateArray();
	if (!json_has(s->models, name))
		cJSON_AddItemToArray(s->models, cJSON_CreateString(name));
	if (s->model == NULL)
		s->model = xstrdup(name);
	xstrset(&s->fold->now, name);
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
	name = cJSON_IsObject(m) ? stats_model_name(m) :
	    xstrdup(s->fold->now == NULL ? "?" : s->fold->now);
	sum.turns = 1;
	task_usage_add_sum(&stats_row(s, STATS_BY_MODEL, name)->used, &sum);
}

static void
stats_message(struct stats *s, const cJSON *line)
{
	struct stats_fold *f = s->fold;
	int64_t now = clock_stamp_ms(json_str_or(line, "t", ""));

	if (!json_is(line, "by", "user"))
		return;
	/* After a failure, the same task. */
	if (f->ended && f->begun_ms > 0 && json_bool(line, "again", false)) {
		f->tried_ms = f->task.n[STATS_WALL_MS];
		f->prompts = f->task.n[STATS_PROMPTS];
		f->begun_ms = now;
		f->ended = false;
	}
	if (f->ended)
		stats_flush(s);
	if (f->begun_ms > 0)
		return;
	f->begun_ms = now;
	FREE_SET(f->week, stats_week(json_str_or(line, "t", "")));
	xstrset(&f->model, f->now);
}

/* A task may end twice: when it waits for review, and after the decision. */
static void
stats_end_of_task(struct stats *s, const cJSON *line)
{
	struct stats_fold *f = s->fold;
	int64_t now = clock_stamp_ms(json_str_or(line, "t", ""));

	f->ended = true;
	f->task.n[STATS_TASKS] = 1;
	f->task.n[STATS_PROMPTS] = f->prompts + json_int(line, "prompts", 0);
	if (f->begun_ms > 0 && now > f->begun_ms)
		f->task.n[STATS_WALL_MS] = f->tried_ms + now - f->begun_ms;
	if (s->sum.n[STATS_TASKS] == 0)
		s->first = f->spent.task;
	xstrset(&s->outcome, json_str(line, "outcome"));
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
	f->task.n[STATS_CHECKED] = 1;
	f->task.n[STATS_PASSED] = killed == NULL &&
	    json_int(line, "exit", -1) == 0;
}

static void
stats_decision(struct stats_fold *f, const cJSON *line)
{
	const cJSON *file, *h;
	int64_t *n = f->task.n;

	/* Hunks of an undo don't count. */
	if (f->undoing || json_is(line, "rule", "rollback"))
		return;
	cJSON_ArrayForEach(file, json_array(line, "files"))
		cJSON_ArrayForEach(h, json_array(file, "hunks")) {
			const char *d = json_str_or(h, "decision", "");

			n[STATS_EDITED] += strcmp(d, "edited") == 0;
			n[STATS_ACCEPTED] += strcmp(d, "yes") == 0 ||
			    strcmp(d, "edited") == 0;
			n[STATS_REFUSED] += strcmp(d, "no") == 0;
		}
}

/* Did a person's key or command make this line? */
static bool
stats_is_key(const struct stats_fold *f, const cJSON *line, const char *type)
{
	static const char *const always[] = { "draft", "comment", "answer",
		"interrupt" };
	static const char *const plan[] = { "approved", "returned",
		"proposed" };

	if (!json_is(line, "by", "user"))
		return false;
	if (strcmp(type, "plan") == 0)
		return MEM_FIND(plan, json_str_or(line, "status", "")) != NULL;
	if (strcmp(type, "budget") == 0)
		return json_str(line, "action") != NULL;
	/* The last mark's key decides, too. */
	if (strcmp(type, "decision") == 0)
		return !f->marked;
	return MEM_FIND(always, type) != NULL;
}

static void
stats_review(struct stats_fold *f, const cJSON *line, const char *type)
{
	bool decision = strcmp(type, "decision") == 0;
	int64_t now = clock_stamp_ms(json_str_or(line, "t", "")), gap;

	if (f->looked_ms > 0 && json_is(line, "by", "user")) {
		gap = now > f->looked_ms ? now - f->looked_ms : 0;
		f->task.n[STATS_REVIEW_MS] += gap > STATS_PAUSE_MS ?
		    STATS_PAUSE_MS : gap;
		f->looked_ms = now;
	}
	if (decision)
		f->looked_ms = 0;
	f->marked = !decision;
}

static void
stats_proposal(struct stats_fold *f, const cJSON *line)
{
	bool closed = cJSON_GetArraySize(json_array(line, "files")) == 0;

	f->undoing = !closed && json_int(line, "undo", 0) != 0;
	f->partial = !closed && !json_bool(line, "final", false);
	if (closed)
		f->looked_ms = 0;
	else if (f->looked_ms == 0)
		f->looked_ms = clock_stamp_ms(json_str_or(line, "t", ""));
}

static void
stats_plan(struct stats_fold *f, const cJSON *line)
{
	bool approved = json_is(line, "status", "approved");

	if (json_is(line, "by", "user") &&
	    (approved || json_is(line, "status", "returned"))) {
		f->task.n[STATS_PLANS]++;
		f->task.n[STATS_APPROVED] += approved;
	}
}

static void
stats_start(struct stats *s, const cJSON *line)
{
	xstrset(&s->profile, json_str_or(json_get(json_get(line, "settings"),
	    "profile"), "name", "code"));
	stats_model(s, json_get(line, "model"));
	/* If no task begins: --require failed. */
	FREE_SET(s->fold->week, stats_week(json_str_or(line, "t", "")));
}

/* From the death of a core to the next start. */
static void
stats_gap(struct stats_fold *f, const cJSON *line)
{
	int64_t now = clock_stamp_ms(json_str_or(line, "t", ""));

	if (json_bool(line, "resumed", false) && f->begun_ms > 0 && !f->ended &&
	    now > f->line_ms)
		f->begun_ms += now - f->line_ms;
	f->line_ms = now;
}

static void
stats_line(struct stats *s, const cJSON *line)
{
	const char *type = json_str_or(line, "type", "");
	struct stats_fold *f = s->fold;

	stats_gap(f, line);
	if (strcmp(type, "user_message") == 0)
		stats_message(s, line);
	task_usage_event(&f->spent, line);
	stats_paid(s, line);
	f->task.n[STATS_KEYS] += stats_is_key(f, line, type);
	if (strcmp(type, "session_start") == 0)
		stats_start(s, line);
	else if (strcmp(type, "model") == 0)
		stats_model(s, json_get(line, "model"));
	else if (strcmp(type, "plan") == 0)
		stats_plan(f, line);
	else if (strcmp(type, "proposal") == 0)
		stats_proposal(f, line);
	else if (strcmp(type, "evidence") == 0)
		stats_check(f, line);
	else if (strcmp(type, "estimate") == 0 && s->estimate == NULL)
		s->estimate = cJSON_Duplicate(line, 1);
	else if (strcmp(type, "agent_end") == 0)
		stats_end_of_task(s, line);
	else if (strcmp(type, "decision") == 0)
		stats_decision(f, line);
	if (strcmp(type, "draft") == 0 || strcmp(type, "comment") == 0 ||
	    strcmp(type, "decision") == 0)
		stats_review(f, line, type);
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

int
stats_read(struct stats *s, const char *id, struct err *e)
{
	AUTO_FREE char *dir = session_dir(id, e);
	struct stats_fold f = { .begun_ms = 0 };
	int rc;

	if (dir == NULL)
		return -1;
	s->fold = &f;
	rc = log_lines(dir, stats_take, s, NULL, e);
	/* If no task has ended: so far. */
	if (s->sum.n[STATS_TASKS] == 0 && !f.ended)
		s->first = f.spent.task;
	stats_flush(s);
	s->fold = NULL;
	task_usage_release(&f.spent);
	free(f.now);
	free(f.model);
	free(f.week);
	return rc;
}

void
stats_release(struct stats *s)
{
	size_t i;
	int by;

	cJSON_Delete(s->estimate);
	cJSON_Delete(s->models);
	for (by = 0; by < STATS_BY; by++) {
		for (i = 0; i < s->by[by].len; i++)
			free(s->by[by].v[i].name);
		free(s->by[by].v);
	}
	free(s->model);
	free(s->profile);
	free(s->outcome);
	memset(s, 0, sizeof(*s));
}

int64_t
stats_cost(const struct stats_sum *s)
{
	return s->used.unpriced > 0 ? MONEY_UNKNOWN : s->used.cost;
}
