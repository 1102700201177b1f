#include "config.h"

#include "core/budget-clock.h"

#include "base/clock.h"
#include "base/json.h"
#include "core/core.h"
#include "core/driver.h"
#include "journal/fold.h"
#include "journal/task-limit.h"

#define BUDGET_WRAP_MS	120000	/* for the last answer, beyond the limit */

int64_t
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
	if (!phase_has_task(c))
		return;
	budget_clock(c, false);
	c->clock.is_up = true;
	driver_soon(c);
}

static void
budget_time_start(struct core *c)
{
	int64_t left, most = limit_now(&c->fold->spent, LIMIT_TIME);

	loop_timer_free(c->clock.timer);
	c->clock.timer = NULL;
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
