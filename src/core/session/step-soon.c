/*
 * step-soon: the driver (step.c) is asked for from everywhere and called from the
 * loop alone, so that what asks for it need not know it.
 */
#include "config.h"

#include "core/core.h"

static void
core_step_cb(void *arg)
{
	struct core *c = arg;

	c->step_posted = false;
	c->step(c);
}

void
core_step_soon(struct core *c)
{
	if (c->step_posted)
		return;
	c->step_posted = true;
	loop_timer_new(c->loop, 0, core_step_cb, c);
}
