/*
 * budget-clock: the time that is worked on a task: it stands while a person is
 * waited for.  When the limit is reached the driver ends what is under way.
 */
#include "config.h"

#include "core/core.h"

#include "base/clock.h"
#include "base/json.h"

int64_t
budget_worked_ms(const struct core *c)
{
	return c->worked_ms + (c->clock_from_ms < 0 ? 0 :
	    clock_mono_ms() - c->clock_from_ms);
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

	c->time_timer = NULL;
	if (!c->active || c->ended)
		return;
	budget_clock(c, false);
	c->time_is_up = true;
	core_step_soon(c);
}

static void
budget_time_start(struct core *c)
{
	int64_t left, most = limit_now(&c->fold->spent, LIMIT_TIME);

	loop_timer_free(c->time_timer);
	c->time_timer = NULL;
	if (most <= 0 || c->clock_from_ms < 0)
		return;
	left = most - budget_worked_ms(c);
	c->time_timer = loop_timer_new(c->loop, left < 0 ? 0 : left,
	    budget_time_up, c);
}

void
budget_clock(struct core *c, bool runs)
{
	if (runs == (c->clock_from_ms >= 0))
		return;
	c->worked_ms = budget_worked_ms(c);
	c->clock_from_ms = runs ? clock_mono_ms() : -1;
	budget_time_start(c);
}
