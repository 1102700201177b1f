/*
 * The hooks of a session, and the rounds of them that wait. What runs them is
 * hook.c.
 */
#include "config.h"

#include "core/hook-int.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/core.h"
#include "core/driver.h"

void
hook_run_release(struct hook_run *r)
{
	free(r->id);
	free(r->staged);
	buf_release(&r->out);
	buf_release(&r->said);
	if (r->scanned)
		stage_scan_release(&r->before);
	memset(r, 0, sizeof(*r));
}

struct hooks *
hooks_new(void)
{
	struct hooks *h = xcalloc(1, sizeof(*h));

	h->last = &h->first;
	return h;
}

void
hook_round_free(struct hook_round *r)
{
	cJSON_Delete(r->input);
	cJSON_Delete(r->names);
	free(r->for_id);
	free(r->verdict.by);
	free(r->verdict.reason);
	free(r);
}

void
hook_queue_clear(struct hooks *h)
{
	struct hook_round *r;

	while ((r = h->first) != NULL) {
		h->first = r->more;
		hook_round_free(r);
	}
	h->last = &h->first;
}

void
hooks_free(struct hooks *h)
{
	hook_queue_clear(h);
	hook_run_release(&h->run);
	free(h);
}

bool
hook_is_running(const struct core *c)
{
	return c->hook_round != NULL;
}

bool
hook_is_busy(const struct core *c)
{
	return c->hook_round != NULL || c->hooks->first != NULL;
}

const cJSON *
hook_queue_find(const struct core *c, enum hook_event event, const cJSON *names,
    int *i)
{
	const cJSON *list = json_array(c->start, "hooks"), *it;

	if (c->mode == MODE_DEMO)
		return NULL;
	while ((it = cJSON_GetArrayItem(list, (*i)++)) != NULL)
		if (hook_spec_is(it, event) && hook_spec_matches(it, names))
			return it;
	return NULL;
}

bool
hook_wants(const struct core *c, enum hook_event event, const cJSON *names)
{
	int i = 0;

	return hook_queue_find(c, event, names, &i) != NULL;
}

struct hook_round *
hook_round_new(enum hook_event event, cJSON *input, cJSON *names,
    const char *for_id, hook_done *done)
{
	struct hook_round *r = xcalloc(1, sizeof(*r));

	r->event = event;
	r->input = input;
	r->names = names;
	r->for_id = xstrdup_null(for_id);
	r->done = done;
	return r;
}

void
hook_queue(struct core *c, enum hook_event event, cJSON *input, cJSON *names,
    const char *for_id)
{
	struct hook_round *r = hook_round_new(event, input, names, for_id,
	    NULL);

	if (!hook_wants(c, event, names)) {
		hook_round_free(r);
		return;
	}
	*c->hooks->last = r;
	c->hooks->last = &r->more;
	driver_soon(c);
}
