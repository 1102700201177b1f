#include "config.h"

#include "core/retry.h"

#include "base/clock.h"
#include "base/json.h"
#include "core/core.h"
#include "core/emit.h"
#include "core/status.h"
#include "core/turn-asked.h"
#include "journal/event.h"
#include "provider/provider.h"

#define RETRY_BACKOFF_MAX_MS 8000
/* Enough attempts if another model can be asked. */
#define RETRY_ATTEMPTS 4

static int64_t
retry_wait_ms(const struct core *c, const struct provider_error *pe)
{
	int64_t wait = c->retry.base_ms;
	int i;

	for (i = 1; i < c->request.attempt && wait < RETRY_BACKOFF_MAX_MS; i++)
		wait *= 2;
	if (wait > RETRY_BACKOFF_MAX_MS)
		wait = RETRY_BACKOFF_MAX_MS;
	/* Subtract up to a quarter, so that many clients don't retry at
	 * once. */
	wait -= wait / 4 * (clock_mono_ms() % 64) / 64;
	return pe->wait_ms > wait ? pe->wait_ms : wait;
}

static void
retry_go(void *arg)
{
	struct core *c = arg;
	void (*again)(struct core *) = c->retry.again;

	assert(c->phase == PHASE_RETRY);	/* phases: its timer */
	/* phases: a wait lies between two attempts. */
	assert(c->request.call == NULL);
	c->retry.timer = NULL;
	c->retry.again = NULL;
	phase_set(c, PHASE_IDLE);
	again(c);
}

/* A local server that never answered won't start by itself. */
static bool
retry_may_help(const struct core *c, const struct provider_error *pe)
{
	const char *url = turn_asked(c)->base_url;

	return pe->retry && (!pe->refused || (url != NULL &&
	    pathmap_find(&c->request.reached, url) != NULL));
}

/* Time that remains for waits after this one; negative if this one is too
 * long. */
static int64_t
retry_budget_ms(const struct core *c, int64_t wait)
{
	int64_t waited = c->retry.waited_ms;

	/* After a few attempts their own time counts as well, since each may
	 * last until a timeout. */
	if (c->request.attempt >= RETRY_ATTEMPTS &&
	    waited < clock_mono_ms() - c->retry.from_ms)
		waited = clock_mono_ms() - c->retry.from_ms;
	return c->retry.time_ms - waited - wait;
}

bool
retry_begin(struct core *c, const struct provider_error *pe, bool other,
    void (*again)(struct core *))
{
	int64_t wait, left;
	cJSON *o;

	if (c->retry.time_ms == 0 || !retry_may_help(c, pe) ||
	    (other && c->request.attempt >= RETRY_ATTEMPTS))
		return false;
	if (c->request.attempt <= 1) {
		c->retry.waited_ms = 0;
		c->retry.from_ms = clock_mono_ms();
	}
	wait = retry_wait_ms(c, pe);
	left = retry_budget_ms(c, wait);
	if (left < 0)
		return false;
	c->retry.waited_ms += wait;
	o = cJSON_CreateObject();
	json_add_int(o, "attempt", c->request.attempt);
	if (other)
		json_add_int(o, "of", RETRY_ATTEMPTS - 1);
	json_add_int(o, "left_ms", left);
	json_add_int(o, "wait_ms", wait);
	json_add_str(o, "kind", provider_error_name(pe->kind));
	json_add_str(o, "text", pe->message);
	json_add_str(o, "provider", turn_asked(c)->provider);
	if (pe->status > 0)
		json_add_int(o, "status", pe->status);
	if (pe->request_id[0] != '\0')
		json_add_str(o, "request_id", pe->request_id);
	emit_event(c, EVENT_RETRY, "core", o);
	c->retry.again = again;
	c->retry.due_ms = clock_mono_ms() + wait;
	phase_set(c, PHASE_RETRY);
	status_tell(c, "retry", "retrying (attempt %d)",
	    c->request.attempt + 1);
	c->retry.timer = loop_timer_new(c->loop, wait, retry_go, c);
	return true;
}

void
retry_stop(struct core *c)
{
	loop_timer_free(c->retry.timer);
	c->retry.timer = NULL;
	c->retry.again = NULL;
}

void
retry_now(struct core *c)
{
	loop_timer_free(c->retry.timer);
	retry_go(c);
}
