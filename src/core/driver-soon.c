#include "config.h"

#include "core/driver-soon.h"

#include "core/core.h"

static void
driver_soon_cb(void *arg)
{
	struct core *c = arg;

	c->step_posted = false;
	c->step(c);
}

void
driver_soon(struct core *c)
{
	if (c->step_posted)
		return;
	c->step_posted = true;
	loop_timer_new(c->loop, 0, driver_soon_cb, c);
}
