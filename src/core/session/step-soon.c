#include "config.h"

#include "core/session/step-soon.h"

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
