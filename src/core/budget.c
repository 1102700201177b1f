#include "config.h"

#include "core/budget.h"

#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/budget-clock.h"
#include "core/call.h"
#include "core/core.h"
#include "core/driver.h"
#include "core/emit.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/task-usage.h"

#define BUDGET_NEAR	3	/* turns as the task's so far */

void
budget_begin(struct core *c)
{
	c->clock.worked_ms = 0;
	c->clock.from_ms = -1;
	c->task.limit_kind = LIMIT_NONE;
	c->task.wrap_turns = 0;
	memset(c->task.near, 0, sizeof(c->task.near));
	loop_timer_free(c->clock.timer);
	c->clock.timer = NULL;
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

/* `client` answered it; NULL: nobody can. `more`: in our units; 0: none. */
static void
budget_answer(struct core *c, enum limit_kind kind, const char *action,
    int64_t more, const char *client)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "what", limit_word(kind));
	json_add_str(o, "action", action);
	if (more > 0 && kind != LIMIT_REPEAT)
		json_add_num(o, "more", limit_to_json(kind, more));
	json_add_str(o, "client", client);
	budget_add_worked(c, o);
	emit_event(c, EVENT_BUDGET, client == NULL ? "core" : "user", o);
	if (strcmp(action, "wrap") == 0)
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
	json_add_str(o, "what", limit_word(kind));
	json_add_num(o, "used", limit_to_json(kind, c->task.limit_used));
	json_add_num(o, "limit", limit_to_json(kind, limit_now(s, kind)));
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
		budget_answer(c, kind, "wrap", 0, NULL);
}

/* How much more a command asks for, in our units; -1 with the reason. */
static int64_t
budget_more(struct core *c, enum limit_kind kind, const cJSON *command,
    struct err *e)
{
	const cJSON *v = json_get(command, "more");
	int64_t more;

	if (v == NULL)
		return limit_step(&c->fold->spent, kind);
	more = cJSON_IsNumber(v) ? limit_from_json(kind, v->valuedouble) : -1;
	if (more <= 0)
		return err_set(e, "a limit is extended by a number above 0");
	return more;
}

int
budget_command(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	const char *action = json_str_or(command, "action", "");
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
	if (strcmp(action, "extend") == 0) {
		more = budget_more(c, (enum limit_kind)kind, command, e);
		if (more < 0)
			return -1;
	} else if (strcmp(action, "wrap") != 0 && strcmp(action, "stop") != 0)
		return err_set(e, "unknown action \"%.40s\"", action);
	budget_answer(c, (enum limit_kind)kind, action, more, client);
	phase_answered(c, WAIT_LIMIT);
	if (strcmp(action, "extend") == 0)
		c->task.limit_kind = LIMIT_NONE;
	else if (strcmp(action, "stop") == 0)
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

	for (kind = LIMIT_TURNS; kind < LIMIT_REPEAT; kind++) {
		AUTO_BUF struct buf b = BUF_INIT(0);
		int64_t most = limit_now(s, kind);
		int64_t used = budget_used(c, kind), left = most - used;
		int64_t turns = s->task.turns, each;

		if (most <= 0 || left <= 0 || turns == 0 ||
		    c->task.near[kind] == most)
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

bool
budget_repeats(struct core *c)
{
	const struct task_usage *s = &c->fold->spent;
	const struct core_call *call = &c->calls.list[c->calls.next];
	int64_t most = limit_now(s, LIMIT_REPEAT);
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *args = NULL;
	bool again;

	/* A call that the user allowed was counted before the question. */
	if (most <= 0 || s->repeats < most || call->allowed)
		return false;
	args = call_args(c, call, &e);
	if (!cJSON_IsObject(args))
		json_drop(&args);
	again = task_usage_is_again(s, call->name, args, call->args_text);
	if (again)
		budget_pause(c, LIMIT_REPEAT);
	return again;
}

void
budget_resume(struct core *c)
{
	if (c->fold->pause == NULL || !phase_has_task(c))
		return;
	c->task.limit_kind = limit_find(c->fold->pause->what);
	c->task.limit_used = limit_from_json((enum limit_kind)
	    c->task.limit_kind, c->fold->pause->used);
	if (c->person)
		phase_wait(c, WAIT_LIMIT);
	else
		phase_stop(c, STOP_LIMIT);
}

cJSON *
budget_end(const struct core *c)
{
	const struct task_usage *s = &c->fold->spent;
	enum limit_kind kind;
	cJSON *o;

	if (c->task.limit_kind == LIMIT_NONE)
		return NULL;
	kind = (enum limit_kind)c->task.limit_kind;
	o = cJSON_CreateObject();
	json_add_str(o, "what", limit_word(kind));
	json_add_num(o, "used", limit_to_json(kind, c->task.limit_used));
	json_add_num(o, "limit", limit_to_json(kind, limit_now(s, kind)));
	json_add_str(o, "flag", limit_flag(kind));
	return o;
}
