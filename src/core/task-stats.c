#include "config.h"

#include "core/task-stats.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "journal/event.h"

struct task_stats_file {
	char	*path;		/* as in the journal */
	int	 accepted;
	int	 rejected, turns;	/* in `rejected_of`: until this turn */
};

static void
task_stats_release(struct task_stats *t)
{
	cJSON_Delete(t->accepted_by);
	cJSON_Delete(t->findings);
	cJSON_Delete(t->hooks);
	pathmap_release(&t->accepted_of);
	pathmap_release(&t->rejected_of);
}

static void
task_stats_init(struct task_stats *t)
{
	memset(t, 0, sizeof(*t));
	t->accepted_by = cJSON_CreateObject();
	t->findings = cJSON_CreateArray();
	t->hooks = cJSON_CreateArray();
}

struct task_stats *
task_stats_new(void)
{
	struct task_stats *t = xmalloc(sizeof(*t));

	task_stats_init(t);
	return t;
}

void
task_stats_free(struct task_stats *t)
{
	if (t != NULL)
		task_stats_release(t);
	free(t);
}

/* One turn without a count makes the sum unknown for good. */
static void
task_stats_add(int64_t *sum, const cJSON *ev, const char *key)
{
	int64_t v = json_int(json_get(ev, "usage"), key, -1);

	/* A request that was cut off reports nothing. */
	if (v < 0 && json_bool(ev, "broken", false))
		v = 0;

	*sum = v < 0 || *sum < 0 || *sum > INT64_MAX / 2 ? -1 : *sum + v;
}

static void
task_stats_turn_end(struct task_stats *t, const cJSON *ev)
{
	task_stats_add(&t->in, ev, "input");
	task_stats_add(&t->out, ev, "output");
	task_stats_add(&t->cached, ev, "cached");
}

/* `by`: the hook that found it; NULL: the model. */
static void
task_stats_finding(struct task_stats *t, const cJSON *ev, const char *by)
{
	static const char *const same[] = { "path", "path_b64", "line",
		"end_line", "severity", "rule", "message" };
	cJSON *o = cJSON_CreateObject();

	JSON_COPY(o, ev, same);
	json_add_str(o, "by", by);
	cJSON_AddItemToArray(t->findings, o);
}

/* A hook's last run counts: its findings, and how it went. */
static void
task_stats_hook(struct task_stats *t, const cJSON *ev)
{
	static const char *const same[] = { "name", "event", "ok", "decision",
		"reason", "error" };
	const char *name = json_str_or(ev, "name", "?");
	cJSON *it, *next, *o;

	if (!json_is(ev, "status", "done"))
		return;
	for (it = t->findings->child; it != NULL; it = next) {
		next = it->next;
		if (json_is(it, "by", name))
			cJSON_Delete(cJSON_DetachItemViaPointer(t->findings,
			    it));
	}
	cJSON_ArrayForEach(it, json_array(ev, "findings"))
		task_stats_finding(t, it, name);
	for (it = t->hooks->child; it != NULL; it = next) {
		next = it->next;
		if (json_is(it, "name", name) && json_is(it, "event",
		    json_str_or(ev, "event", "")))
			cJSON_Delete(cJSON_DetachItemViaPointer(t->hooks, it));
	}
	o = cJSON_CreateObject();
	JSON_COPY(o, ev, same);
	json_add_int(o, "findings", cJSON_GetArraySize(json_array(ev,
	    "findings")));
	cJSON_AddItemToArray(t->hooks, o);
}

/* Hunks of a file were decided. What is accepted of it after the model's next
 * turns replaces what was rejected before. */
static void
task_stats_replaced(struct task_stats *t, const char *path, int yes, int no)
{
	struct task_stats_file *f = pathmap_find(&t->rejected_of, path);

	if (f == NULL && no == 0)
		return;
	if (f == NULL)
		f = pathmap_add(&t->rejected_of, path, sizeof(*f));
	if (yes > 0 && t->turns > f->turns) {
		t->replaced += f->rejected;
		f->rejected = 0;
	}
	f->rejected += no;
	f->turns = no > 0 ? t->turns : f->turns;
}

static void
task_stats_decision(struct task_stats *t, const cJSON *ev)
{
	const cJSON *file, *h;
	struct task_stats_file *f;

	pathmap_release(&t->accepted_of);
	/* Hunks of an undo don't count. */
	if (t->undoing || json_is(ev, "rule", "rollback"))
		return;
	cJSON_ArrayForEach(file, json_array(ev, "files")) {
		int yes = 0, no = 0;

		cJSON_ArrayForEach(h, json_array(file, "hunks"))
			if (json_is(h, "decision", "no"))
				no++;
			else
				yes++;
		t->rejected += no;
		t->accepted += yes;
		task_stats_replaced(t, json_str_or(file, "path", ""), yes, no);
		f = pathmap_add(&t->accepted_of, json_str_or(file, "path",
		    ""), sizeof(*f));
		f->accepted = yes;
	}
}

/* Changes that couldn't be written weren't decided after all: the user is asked
 * again. */
static void
task_stats_not_applied(struct task_stats *t, const char *path)
{
	const struct task_stats_file *f = pathmap_find(&t->accepted_of, path);

	if (f != NULL)
		t->accepted -= f->accepted;
	pathmap_remove(&t->accepted_of, path);
}

static bool
task_stats_is_answer(const cJSON *ev, enum event_type type)
{
	const char *status = json_str_or(ev, "status", "");

	if (!json_is(ev, "by", "user"))
		return false;
	if (type == EVENT_PLAN)
		return strcmp(status, "approved") == 0 ||
		    strcmp(status, "returned") == 0;
	if (type == EVENT_BUDGET)
		return json_str(ev, "action") != NULL;
	return type == EVENT_DECISION || type == EVENT_ANSWER;
}

void
task_stats_event(struct task_stats *t, const cJSON *ev)
{
	enum event_type type = event_type(ev);
	const cJSON *op;

	if (type == EVENT_USER_MESSAGE && t->ended &&
	    json_is(ev, "by", "user")) {
		/* Asked again, the task goes on. */
		int64_t since = json_bool(ev, "again", false) ? t->since :
		    json_int(ev, "seq", 0);

		task_stats_release(t);
		task_stats_init(t);
		t->since = since;
	} else if (type == EVENT_USER_MESSAGE && t->turns == 0)
		/* Changes by the user's own commands belong to no task. */
		t->accepted = t->rejected = t->replaced = 0;
	else if (type == EVENT_FINDING)
		task_stats_finding(t, ev, NULL);
	else if (type == EVENT_HOOK)
		task_stats_hook(t, ev);
	else if (type == EVENT_TOOL_RESULT)
		t->failed = t->failed || json_bool(ev, "test_failed", false);
	else if (type == EVENT_PROPOSAL)
		t->undoing = json_int(ev, "undo", 0) != 0;
	else if (type == EVENT_DECISION)
		task_stats_decision(t, ev);
	else if (type == EVENT_AGENT_END)
		t->ended = true;
	else if (type == EVENT_TURN_START && t->turns < INT_MAX)
		t->turns++;
	else if (type == EVENT_TURN_END ||
	    ((type == EVENT_COMPACTION ||
	    type == EVENT_REVIEW) && json_get(ev, "usage") != NULL))
		task_stats_turn_end(t, ev);
	else if (type == EVENT_APPLIED)
		cJSON_ArrayForEach(op, json_array(ev, "ops")) {
			const char *rule = json_str(op, "rule");

			if (!json_bool(op, "ok", false))
				task_stats_not_applied(t,
				    json_str_or(op, "path", ""));
			if (rule != NULL && json_bool(op, "ok", false))
				json_add_int(t->accepted_by, rule,
				    json_int(t->accepted_by, rule, 0) + 1);
		}
	if (task_stats_is_answer(ev, type) && t->answers < INT_MAX - 1)
		t->answers++;
}
