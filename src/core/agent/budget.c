#include "config.h"

#include "core/agent/budget.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/kernel/core.h"
#include "journal/fold.h"
#include "journal/task-usage.h"
#include "loop/loop.h"

#define BUDGET_WRAP_MS	120000	/* for the last answer, beyond the limit */

int64_t
budget_worked_ms(const struct core *c)
{
	return c->clock.worked_ms + (c->clock.from_ms < 0 ? 0 :
	    clock_mono_ms() - c->clock.from_ms);
}

static void
budget_time_up(void *arg)
{
	struct core *c = arg;

	c->clock.timer = NULL;
	if (!task_runs(c))
		return;
	budget_clock(c, false);
	c->clock.is_up = true;
	core_soon(c);
}

static void
budget_time_start(struct core *c)
{
	int64_t left, most = c->fold->facts.usage.now[LIMIT_TIME];

	loop_timer_free(&c->clock.timer);
	if (most <= 0 || c->clock.from_ms < 0)
		return;
	left = most - budget_worked_ms(c);
	if (c->fold->facts.usage.wrapped)
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

/*
 * What all sessions have paid today (UTC), for the limit of a day: each adds a
 * line, in millionths of a dollar, to a file that begins anew with the day.
 */

#define BUDGET_DAY	"spent-today"
#define BUDGET_DAY_MAX	((size_t)16 << 20)
#define DAY_S		((time_t)24 * 3600)

static int
budget_day_open(const struct core *c)
{
	AUTO_FREE char *path = fs_join(c->state_dir, BUDGET_DAY);
	int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 &&
	    st.st_mtime / DAY_S != time(NULL) / DAY_S)
		(void)ftruncate(fd, 0);
	return fd;
}

static void
budget_line(struct core *c, const struct event *e)
{
	struct task_usage_sum sum = { 0 };
	AUTO_CLOSE int fd = -1;

	if (c->resume != NULL || !task_usage_paid(&sum, e) || sum.cost <= 0)
		return;
	c->clock.untold += sum.cost;
	fd = budget_day_open(c);
	if (fd >= 0 && dprintf(fd, "%lld\n", (long long)c->clock.untold) > 0)
		c->clock.untold = 0;
}

static int64_t
budget_day(const struct core *c)
{
	AUTO_BUF struct buf b = BUF_INIT(BUDGET_DAY_MAX);
	AUTO_CLOSE int fd = budget_day_open(c);
	int64_t sum = c->clock.untold;
	const char *p;

	if (fd >= 0)
		(void)fs_read_all(fd, &b);
	for (p = buf_str(&b); *p != '\0'; p += strcspn(p, "\n") + 1)
		sum += strtoll(p, NULL, 10);
	return sum;
}

/* The part of the limit that is used. */
static int64_t
budget_used(const struct core *c, enum limit_kind kind)
{
	return kind == LIMIT_TIME ? budget_worked_ms(c) :
	    kind == LIMIT_DAY ? budget_day(c) :
	    limit_used(&c->fold->facts.usage, kind);
}

int
budget_reached(const struct core *c)
{
	const struct task_usage *s = &c->fold->facts.usage;
	int kind = limit_reached(s);

	return kind == LIMIT_NONE && s->now[LIMIT_DAY] > 0 &&
	    budget_day(c) >= s->now[LIMIT_DAY] ? LIMIT_DAY : kind;
}

enum budget_action { BUDGET_EXTEND, BUDGET_STOP, BUDGET_WRAP, BUDGET_WAIT };

static const char *const budget_actions[] = {
	[BUDGET_EXTEND] = "extend", [BUDGET_STOP] = "stop",
	[BUDGET_WRAP] = "wrap", [BUDGET_WAIT] = "wait",
};

/* `client` answered it; NULL: no client can. `more`: in our units; 0: none. */
static void
budget_answer(struct core *c, enum limit_kind kind, enum budget_action action,
    int64_t more, const char *client)
{
	if (action == BUDGET_WAIT)
		c->retry.until_ms = fold_pause_until(c->fold);
	EMIT(c, client == NULL ? "core" : "user", budget,
	    .what = limit_rows[kind].word, .action = budget_actions[action],
	    .more = kind == LIMIT_REPEAT ? 0 : limit_to_json(kind, more),
	    .client = client, .worked_ms = budget_worked_ms(c));
	if (action == BUDGET_WRAP)
		emit_tell_model(c, "[assent] A limit was reached, and this is "
		    "the last turn: no tool runs any more. Say in a few lines "
		    "what is finished, what is not, and what should come "
		    "next. What you changed waits for the user's review.");
}

void
budget_pause(struct core *c, enum limit_kind kind)
{
	const struct task_usage *s = &c->fold->facts.usage;

	c->task.limit_kind = kind;
	c->task.limit_used = budget_used(c, kind);
	EMIT(c, "core", budget, .what = limit_rows[kind].word,
	    .used = limit_to_json(kind, c->task.limit_used),
	    .limit = limit_to_json(kind, s->now[kind]),
	    .unpriced = (kind == LIMIT_MONEY || kind == LIMIT_DAY) &&
	    s->task.unpriced > s->unpriced_known,
	    .worked_ms = budget_worked_ms(c));
	emit_sync(c);
	if (c->person)
		phase_wait(c, WAIT_LIMIT);
	else if (task_is_wrapped(c) || c->peer != NULL)
		phase_stop(c, STOP_LIMIT);
	else
		budget_answer(c, kind, BUDGET_WRAP, 0, NULL);
}

bool
budget_service(struct core *c, int64_t wait_ms)
{
	bool waits = json_bool(c->start, "wait_limit", false);

	if (wait_ms <= 0 || task_is_wrapped(c) || (!c->person && !waits))
		return false;
	EMIT(c, "core", budget, .what = limit_rows[LIMIT_SERVICE].word,
	    .limit = limit_to_json(LIMIT_SERVICE, wait_ms),
	    .worked_ms = budget_worked_ms(c));
	emit_sync(c);
	if (waits)
		budget_answer(c, LIMIT_SERVICE, BUDGET_WAIT, 0, NULL);
	else
		phase_wait(c, WAIT_LIMIT);
	return true;
}

/* How much more a command asks for, in our units; -1 with the reason. */
static int64_t
budget_more(struct core *c, enum limit_kind kind, const cJSON *command,
    struct err *e)
{
	const cJSON *v = json_get(command, "more");
	int64_t more;

	if (v == NULL)
		return c->fold->facts.usage.limit[kind];
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
	int64_t more = 0, seq = c->fold->pause->seq;
	int kind = fold_pause_kind(c->fold);

	/* commands: while the task is paused at a limit. */
	assert((c->waits & WAIT_LIMIT) != 0);
	/* A late answer must not apply to the next pause. */
	if (json_int(command, "pause", seq) != seq)
		return err_set(e, "that limit was answered already");
	if (kind == LIMIT_NONE)
		return err_set(e, "the limit is of an unknown kind");
	if (found == NULL)
		return err_set(e, "unknown action \"%.40s\"", word);
	action = (enum budget_action)(found - budget_actions);
	if (action != BUDGET_STOP &&
	    (action == BUDGET_WAIT) != (kind == LIMIT_SERVICE))
		return err_set(e, kind == LIMIT_SERVICE ? "a service's limit is "
		    "waited for, or ends the task" : "only a service's limit "
		    "can be waited for");
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
		phase_stop(c, kind == LIMIT_SERVICE ? STOP_PROVIDER :
		    STOP_LIMIT);
	core_soon(c);
	return 0;
}

/* Tell the model, once for each, that a limit is near. */
static void
budget_tell_near(struct core *c)
{
	const struct task_usage *s = &c->fold->facts.usage;
	enum limit_kind kind;

	for (kind = LIMIT_TURNS; kind < LIMIT_KINDS; kind++) {
		AUTO_BUF struct buf b = BUF_INIT(0);
		int64_t most = s->now[kind], turns = s->task.turns;
		int64_t used, left, each;

		if (kind == LIMIT_REPEAT || kind == LIMIT_DAY || most <= 0 ||
		    turns == 0 || c->task.near[kind] == most)
			continue;
		used = budget_used(c, kind);
		left = most - used;
		if (left <= 0)
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

	if (task_is_wrapped(c)) {
		/* To wrap up, the task has one turn. */
		if (c->task.wrap_turns > 0)
			phase_stop(c, STOP_LIMIT);
		c->task.wrap_turns++;
		return c->task.stop != STOP_NONE;
	}
	kind = budget_reached(c);
	/* Another agent's calls can't wait for an answer about that. */
	if (kind == LIMIT_NONE || (kind == LIMIT_REPEAT && c->peer != NULL)) {
		budget_tell_near(c);
		return false;
	}
	budget_pause(c, (enum limit_kind)kind);
	return true;
}

static void
budget_resumed(struct core *c)
{
	if (c->fold->pause == NULL || !task_runs(c))
		return;
	c->task.limit_kind = fold_pause_kind(c->fold);
	c->task.limit_used = limit_from_json((enum limit_kind)
	    c->task.limit_kind, c->fold->pause->budget.used);
	if (c->person)
		phase_wait(c, WAIT_LIMIT);
	else
		phase_stop(c, STOP_LIMIT);
}

static void
budget_init(struct core *c)
{
	c->clock.from_ms = -1;
	c->task.limit_kind = LIMIT_NONE;
}

static void
budget_free(struct core *c)
{
	loop_timer_free(&c->clock.timer);
}

static const struct core_command budget_commands[] = {
	{ "budget", IN_ANY, HAS_LIMIT, 0, WITH_USER, .act = budget_command },
	{ 0 }
};

static unsigned
budget_facts(const struct core *c)
{
	return (c->waits & WAIT_LIMIT) != 0 ? HAS_LIMIT : 0;
}

const struct core_part budget_part = {
	.facts = budget_facts, .has = HAS_LIMIT,
	.init = budget_init, .task = budget_begin, .works = budget_clock,
	.line = budget_line,
	.lines = OF(EVENT_TURN_END) | OF(EVENT_BTW) |
	    OF(EVENT_REVIEW) | OF(EVENT_COMPACTION),
	.resumed = budget_resumed, .free = budget_free,
	.commands = budget_commands,
};
