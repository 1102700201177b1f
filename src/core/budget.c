#include "config.h"

#include "core/budget.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/call.h"
#include "core/core.h"
#include "core/driver.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/task-usage.h"
#include "loop/loop.h"

#define BUDGET_WRAP_MS	120000	/* for the last answer, beyond the limit */

static int64_t
budget_worked_ms(const struct core *c)
{
	return c->clock.worked_ms + (c->clock.from_ms < 0 ? 0 :
	    clock_mono_ms() - c->clock.from_ms);
}

void
budget_add_worked(const struct core *c, cJSON *fields)
{
	json_add_int(fields, "worked_ms", budget_worked_ms(c));
}

static void
budget_time_up(void *arg)
{
	struct core *c = arg;

	c->clock.timer = NULL;
	if (c->task.state != TASK_RUNS)
		return;
	budget_clock(c, false);
	c->clock.is_up = true;
	driver_soon(c);
}

static void
budget_time_start(struct core *c)
{
	int64_t left, most = c->fold->spent.now[LIMIT_TIME];

	loop_timer_free(&c->clock.timer);
	if (most <= 0 || c->clock.from_ms < 0)
		return;
	left = most - budget_worked_ms(c);
	if (c->fold->spent.wrapped)
		left += BUDGET_WRAP_MS;
	c->clock.timer = loop_timer_new(c->loop, left < 0 ? 0 : left,
	    budget_time_up, c);
}

void
budget_clock(struct core *c, bool runs)
{
	if (runs == (c->clock.from_ms >= 0))
		return;
	c->clock.worked_ms = budget_worked_ms(c);
	c->clock.from_ms = runs ? clock_mono_ms() : -1;
	budget_time_start(c);
}

#define BUDGET_NEAR	3	/* turns as the task's so far */

static void
budget_begin(struct core *c)
{
	c->clock.worked_ms = 0;
	c->clock.from_ms = -1;
	c->task.limit_kind = LIMIT_NONE;
	c->task.wrap_turns = 0;
	memset(c->task.near, 0, sizeof(c->task.near));
	loop_timer_free(&c->clock.timer);
	c->clock.is_up = false;
}

/* ---- the pause ---- */

/* What is used of the limit by now. */
static int64_t
budget_used(const struct core *c, enum limit_kind kind)
{
	return kind == LIMIT_TIME ? budget_worked_ms(c) :
	    limit_used(&c->fold->spent, kind);
}

enum budget_action { BUDGET_EXTEND, BUDGET_STOP, BUDGET_WRAP };

static const char *const budget_actions[] = {
	[BUDGET_EXTEND] = "extend", [BUDGET_STOP] = "stop",
	[BUDGET_WRAP] = "wrap",
};

/* `client` answered it; NULL: no client can. `more`: in our units; 0: none. */
static void
budget_answer(struct core *c, enum limit_kind kind, enum budget_action action,
    int64_t more, const char *client)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "what", limit_rows[kind].word);
	json_add_str(o, "action", budget_actions[action]);
	if (more > 0 && kind != LIMIT_REPEAT)
		limit_add_json(o, "more", kind, more);
	json_add_str(o, "client", client);
	budget_add_worked(c, o);
	emit_event(c, EVENT_BUDGET, client == NULL ? "core" : "user", o);
	if (action == BUDGET_WRAP)
		emit_tell_model(c, "[assent] A limit was reached, and this is "
		    "the last turn: no tool runs any more. Say in a few lines "
		    "what is finished, what is not, and what should come "
		    "next. What you changed waits for the user's review.");
}

void
budget_pause(struct core *c, enum limit_kind kind)
{
	const struct task_usage *s = &c->fold->spent;
	cJSON *o = cJSON_CreateObject();

	c->task.limit_kind = kind;
	c->task.limit_used = budget_used(c, kind);
	json_add_str(o, "what", limit_rows[kind].word);
	limit_add_json(o, "used", kind, c->task.limit_used);
	limit_add_json(o, "limit", kind, s->now[kind]);
	if (kind == LIMIT_MONEY && s->task.unpriced > s->unpriced_known)
		json_add_bool(o, "unpriced", true);
	budget_add_worked(c, o);
	emit_event(c, EVENT_BUDGET, "core", o);
	emit_sync(c);
	if (c->person)
		phase_wait(c, WAIT_LIMIT);
	else if (budget_is_wrapped(c))
		phase_stop(c, STOP_LIMIT);
	else
		budget_answer(c, kind, BUDGET_WRAP, 0, NULL);
}

/* How much more a command asks for, in our units; -1 with the reason. */
static int64_t
budget_more(struct core *c, enum limit_kind kind, const cJSON *command,
    struct err *e)
{
	const cJSON *v = json_get(command, "more");
	int64_t more;

	if (v == NULL)
		return c->fold->spent.limit[kind];
	more = cJSON_IsNumber(v) ? limit_from_json(kind, v->valuedouble) : -1;
	if (more <= 0)
		return err_set(e, "a limit is extended by a number above 0");
	return more;
}

/* A client's answer to a pause. */
static int
budget_command(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	const char *word = json_str_or(command, "action", "");
	const char *const *found = MEM_FIND(budget_actions, word);
	enum budget_action action;
	const struct fold_limit_pause *p = c->fold->pause;
	int64_t more = 0;
	int kind;

	/* commands: while the task is paused at a limit. */
	assert((c->waits & WAIT_LIMIT) != 0);
	/* A late answer must not apply to the next pause. */
	if (json_int(command, "pause", p->seq) != p->seq)
		return err_set(e, "that limit was answered already");
	kind = limit_find(p->what);
	if (kind == LIMIT_NONE)
		return err_set(e, "the limit is of an unknown kind");
	if (found == NULL)
		return err_set(e, "unknown action \"%.40s\"", word);
	action = (enum budget_action)(found - budget_actions);
	if (action == BUDGET_EXTEND) {
		more = budget_more(c, (enum limit_kind)kind, command, e);
		if (more < 0)
			return -1;
	}
	budget_answer(c, (enum limit_kind)kind, action, more, client);
	phase_answered(c, WAIT_LIMIT);
	if (action == BUDGET_EXTEND)
		c->task.limit_kind = LIMIT_NONE;
	else if (action == BUDGET_STOP)
		phase_stop(c, STOP_LIMIT);
	driver_soon(c);
	return 0;
}

bool
budget_is_wrapped(const struct core *c)
{
	return c->fold->spent.open && c->fold->spent.wrapped;
}

/* Tell the model, once for each, that a limit is near. */
static void
budget_tell_near(struct core *c)
{
	const struct task_usage *s = &c->fold->spent;
	enum limit_kind kind;

	for (kind = LIMIT_TURNS; kind < LIMIT_KINDS; kind++) {
		AUTO_BUF struct buf b = BUF_INIT(0);
		int64_t most = s->now[kind];
		int64_t used = budget_used(c, kind), left = most - used;
		int64_t turns = s->task.turns, each;

		if (kind == LIMIT_REPEAT || most <= 0 || left <= 0 ||
		    turns == 0 || c->task.near[kind] == most)
			continue;
		each = used < turns ? 1 : used / turns;
		if (left / each > BUDGET_NEAR)
			continue;
		c->task.near[kind] = most;
		buf_adds(&b, "[assent] A limit of this task is near: ");
		limit_text(&b, kind, left);
		if (kind != LIMIT_TURNS)
			buf_adds(&b, ", a few turns,");
		buf_adds(&b, " left. Finish what matters most now, and say in "
		    "your summary what is missing.");
		emit_tell_model(c, buf_str(&b));
	}
}

bool
budget_is_over(struct core *c)
{
	int kind;

	if (budget_is_wrapped(c)) {
		/* To wrap up, the task has one turn. */
		if (c->task.wrap_turns > 0)
			phase_stop(c, STOP_LIMIT);
		c->task.wrap_turns++;
		return c->task.stop != STOP_NONE;
	}
	kind = limit_reached(&c->fold->spent);
	if (kind == LIMIT_NONE) {
		budget_tell_near(c);
		return false;
	}
	budget_pause(c, (enum limit_kind)kind);
	return true;
}

static void
budget_resumed(struct core *c)
{
	if (c->fold->pause == NULL || c->task.state != TASK_RUNS)
		return;
	c->task.limit_kind = limit_find(c->fold->pause->what);
	c->task.limit_used = limit_from_json((enum limit_kind)
	    c->task.limit_kind, c->fold->pause->used);
	if (c->person)
		phase_wait(c, WAIT_LIMIT);
	else
		phase_stop(c, STOP_LIMIT);
}

/*
 * task-stats: counts the questions to the user and the model's work in a task,
 * and what accepted its changes; a pure fold of the journal, so that a resumed
 * session keeps counting.
 */

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

/* Drop what an earlier run of the hook (for this event; NULL: any) left. */
static void
task_stats_drop(cJSON *list, const char *key, const char *name,
    const char *event)
{
	cJSON *it, *next;

	for (it = list->child; it != NULL; it = next) {
		next = it->next;
		if (json_is(it, key, name) && (event == NULL ||
		    json_is(it, "event", event)))
			cJSON_Delete(cJSON_DetachItemViaPointer(list, it));
	}
}

/* A hook's last run counts: its findings, and how it went. */
static void
task_stats_hook(struct task_stats *t, const cJSON *ev)
{
	static const char *const same[] = { "name", "event", "ok", "decision",
		"reason", "error" };
	const char *name = json_str_or(ev, "name", "?");
	const cJSON *it;
	cJSON *o;

	if (!json_is(ev, "status", "done"))
		return;
	task_stats_drop(t->findings, "by", name, NULL);
	cJSON_ArrayForEach(it, json_array(ev, "findings"))
		task_stats_finding(t, it, name);
	task_stats_drop(t->hooks, "name", name, json_str_or(ev, "event", ""));
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
	AUTO_EVENT struct event e = { 0 };
	enum fold_plan_status plan;

	event_read(&e, ev);
	plan = fold_plan_status(&e);
	if (!json_is(ev, "by", "user"))
		return false;
	if (type == EVENT_PLAN)
		return plan == FOLD_PLAN_APPROVED ||
		    plan == FOLD_PLAN_RETURNED;
	if (type == EVENT_BUDGET)
		return json_str(ev, "action") != NULL;
	return type == EVENT_DECISION || type == EVENT_ANSWER;
}

static void
budget_line(struct core *c, const struct event *e)
{
	const cJSON *ev = e->line;
	enum event_type type = e->type;
	struct task_stats *t = &c->tally;
	const cJSON *op;

	if (type == EVENT_USER_MESSAGE && t->ended &&
	    json_is(ev, "by", "user")) {
		/* Asked again, the task goes on. */
		int64_t since = json_bool(ev, "again", false) ? t->since :
		    json_int(ev, "seq", 0);

		task_stats_release(t);
		task_stats_init(t);
		t->since = since;
	} else if (type == EVENT_NOTE && json_get(ev, "forked") != NULL) {
		task_stats_release(t);
		task_stats_init(t);
		t->since = json_int(ev, "seq", 0);
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

static void
budget_init(struct core *c)
{
	c->clock.from_ms = -1;
	c->task.limit_kind = LIMIT_NONE;
	task_stats_init(&c->tally);
}

static void
budget_free(struct core *c)
{
	loop_timer_free(&c->clock.timer);
	task_stats_release(&c->tally);
}

static const struct core_command budget_commands[] = {
	{ "budget", IN_ANY, HAS_LIMIT, 0, WITH_USER, .act = budget_command },
	{ 0 }
};

const struct core_part budget_part = {
	.init = budget_init, .task = budget_begin,
	.line = budget_line, .lines = OF(EVENT_USER_MESSAGE) |
	    OF(EVENT_FINDING) | OF(EVENT_HOOK) | OF(EVENT_TOOL_RESULT) |
	    OF(EVENT_PROPOSAL) | OF(EVENT_DECISION) | OF(EVENT_AGENT_END) |
	    OF(EVENT_TURN_START) | OF(EVENT_TURN_END) | OF(EVENT_COMPACTION) |
	    OF(EVENT_REVIEW) | OF(EVENT_APPLIED) | OF(EVENT_PLAN) |
	    OF(EVENT_BUDGET) | OF(EVENT_ANSWER) | OF(EVENT_NOTE),
	.resumed = budget_resumed, .free = budget_free,
	.commands = budget_commands,
};
