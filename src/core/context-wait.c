/*
 * context-wait: measures how long the user takes between an answer and the next
 * request, which decides whether to request a long-lived cache.
 */
#include "config.h"

#include "core/context-int.h"

#include "base/clock.h"
#include "base/json.h"

/* Lifetimes of a normal and of a long-lived cache. */
#define CONTEXT_SHORT_MS	(300 * (int64_t)1000)
#define CONTEXT_LONG_MS		(3600 * (int64_t)1000)
#define CONTEXT_PERSON_MS	1000	/* less: no wait for the user */
#define CONTEXT_QUICK		5	/* consecutive waits that a short cache
					   survives */

int64_t
context_time(const cJSON *event)
{
	return clock_stamp_ms(json_str_or(event, "t", ""));
}

void
context_worked(struct context *c, const cJSON *event)
{
	int64_t now = json_int(event, "worked_ms", c->worked_ms);

	c->busy_ms += now >= c->worked_ms ? now - c->worked_ms : now;
	c->worked_ms = now;
}

void
context_person(struct context *c, const cJSON *event)
{
	int64_t gap, person;

	context_worked(c, event);
	gap = c->answered_ms == 0 ? 0 : context_time(event) - c->answered_ms;
	person = gap - c->busy_ms;
	/* No cache lives that long. */
	if (gap > CONTEXT_LONG_MS || person < CONTEXT_PERSON_MS)
		return;
	c->quick = person >= CONTEXT_SHORT_MS ? 0 : c->quick + 1;
	c->waits = c->quick == 0 || (c->waits && c->quick < CONTEXT_QUICK);
}

bool
context_waits(const struct context *c)
{
	return c->waits;
}
