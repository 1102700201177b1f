/*
 * run-queue: the user's commands, waiting and current, for other files.
 */
#include "config.h"

#include "core/run-int.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/core.h"

struct runs *
runs_new(void)
{
	return xcalloc(1, sizeof(struct runs));
}

void
run_release(struct run *r)
{
	free(r->command);
	free(r->client);
	memset(r, 0, sizeof(*r));
}

void
runs_free(struct runs *rs)
{
	size_t i;

	if (rs == NULL)
		return;
	if (rs->worker != NULL)
		sandbox_call_cancel(rs->worker);
	for (i = 0; i < rs->queue_len; i++)
		run_release(&rs->queue[i]);
	run_release(&rs->now);
	free(rs->id);
	free(rs);
}

bool
run_is_on(const struct core *c)
{
	return c->runs->state != RUN_NONE;
}

bool
run_is_asking(const struct core *c)
{
	return c->runs->state == RUN_ASKS;
}

bool
run_may_begin(const struct core *c)
{
	return c->phase != PHASE_TOOL && c->phase != PHASE_LOOK &&
	    c->phase != PHASE_HOOK &&
	    (c->waits & WAIT_COMMAND) == 0 && c->decision.line == NULL &&
	    !c->ending;
}

bool
run_is_busy(const struct core *c)
{
	return c->runs->worker != NULL ||
	    (c->runs->queue_len > 0 && !run_is_asking(c) && run_may_begin(c));
}

bool
run_is_planning(const struct core *c)
{
	return run_is_on(c) && c->runs->planning;
}

cJSON *
run_queue_fields(const struct core *c)
{
	cJSON *o = cJSON_CreateObject(), *list = cJSON_CreateArray();
	size_t i;

	json_add_str(o, "type", "queued");
	for (i = 0; i < c->runs->queue_len; i++)
		cJSON_AddItemToArray(list,
		    cJSON_CreateString(c->runs->queue[i].command));
	json_set_take(o, "commands", list);
	return o;
}

cJSON *
run_queue_line(const struct core *c)
{
	return c->runs->queue_len == 0 ? NULL : run_queue_fields(c);
}
