#include "config.h"

#include "core/model.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "journal/event.h"
#include "policy/mask.h"
#include "core/compact.h"
#include "core/context.h"
#include "core/recall.h"
#include "core/core.h"
#include "core/mcp/mcp.h"
#include "core/driver.h"
#include "core/emit.h"
#include "core/failover.h"
#include "core/retry.h"
#include "core/route.h"
#include "core/target.h"

struct model_wish {
	struct core_target	 target;
	cJSON			*model;
	char			*client;
};

bool
model_is_chosen(const struct core *c)
{
	return c->target.format != NULL;
}

int
model_needed(const struct core *c, struct err *e)
{
	if (model_is_chosen(c))
		return 0;
	if (c->mode == MODE_TRY)
		return err_set(e, "this session uses no model");
	return err_set(e, "no model: /model PROVIDER/NAME chooses one (assent "
	    "login stores a key)");
}

void
model_note_none(struct core *c)
{
	cJSON *o;

	if (model_is_chosen(c) || c->mode == MODE_TRY)
		return;
	o = cJSON_CreateObject();
	json_add_str(o, "text", "No model is configured, so a message has "
	    "nobody to answer it. Commands work: !COMMAND runs one in the "
	    "sandbox, /help lists those of assent. /model PROVIDER/NAME "
	    "chooses a model; assent login, in another terminal, stores its "
	    "key. For later sessions, set \"model\" in config.json "
	    "(assent-config(5)).");
	json_add_bool(o, "no_model", true);
	emit_event(c, EVENT_NOTE, "core", o);
}

void
model_exchange(struct core *c, struct model_place *parked,
    struct model_place *next, cJSON *line)
{
	cJSON_Delete(parked->model);
	parked->model = cJSON_Duplicate(json_get(c->start, "model"), 1);
	parked->target = c->target;
	c->target = next->target;
	memset(&next->target, 0, sizeof(next->target));
	json_set_take(c->start, "model", cJSON_Duplicate(next->model, 1));
	compact_forget(c);
	json_set_take(line, "model", cJSON_Duplicate(next->model, 1));
	emit_event(c, EVENT_MODEL, "core", line);
	context_set_model(recall_context(c), c->target.format, c->target.model,
	    c->target.dialect);
}

void
model_secrets(const struct core *c, struct mask_list *l)
{
	mask_list_add(l, c->target.key);
	if (c->model_wish != NULL)
		mask_list_add(l, c->model_wish->target.key);
	given_secrets(&c->headers, l);
	failover_secrets(c, l);
	route_secrets(c, l);
	mcp_secrets(c, l);
}

void
model_wish_free(struct model_wish *w)
{
	if (w == NULL)
		return;
	target_release(&w->target);
	cJSON_Delete(w->model);
	free(w->client);
	free(w);
}

/* The fields that may be recorded. */
cJSON *
model_fields(const cJSON *m)
{
	static const char *const kept[] = { "provider", "name", "format",
		"base_url", "key_env", "key_from", "ca_file", "window",
		"dialect", "price", "facts" };
	cJSON *o = cJSON_CreateObject();

	JSON_COPY(o, m, kept);
	return o;
}

void
model_switch_due(struct core *c)
{
	struct model_wish *w = c->model_wish;
	cJSON *o;

	if (w == NULL || c->request.call != NULL)
		return;
	c->model_wish = NULL;
	failover_chosen(c);
	route_chosen(c);
	target_release(&c->target);
	c->target = w->target;
	memset(&w->target, 0, sizeof(w->target));
	json_set_take(c->start, "model", cJSON_Duplicate(w->model, 1));
	compact_forget(c);
	o = cJSON_CreateObject();
	json_set_take(o, "model", w->model);
	w->model = NULL;
	json_add_str(o, "client", w->client);
	emit_event(c, EVENT_MODEL, "user", o);
	context_set_model(recall_context(c), c->target.format, c->target.model,
	    c->target.dialect);
	model_wish_free(w);
}

int
model_switch(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	const cJSON *m = json_get(command, "model");
	struct model_wish *w;

	if (json_str(m, "name") == NULL || json_str(m, "replay_dir") != NULL ||
	    json_is(m, "format", "replay"))
		return err_set(e, "can't switch to a recording");
	w = xcalloc(1, sizeof(*w));
	w->model = model_fields(m);
	if (target_read(&w->target, w->model, e) < 0) {
		model_wish_free(w);
		return -1;
	}
	w->target.key = secret_dup(json_str(command, "key"));
	given_drop(&c->headers, w->target.provider);
	given_add(&c->headers, w->target.provider, json_get(json_get(command,
	    "headers"), w->target.provider));
	w->client = xstrdup(client);
	model_wish_free(c->model_wish);
	c->model_wish = w;
	if (c->request.call != NULL)
		emit_note(c, "%s/%s is used from the next request on",
		    w->target.provider, w->target.model);
	/* A user who chooses another model doesn't want to wait for the old
	 * one. */
	if (c->phase == PHASE_RETRY) {
		model_switch_due(c);
		c->request.attempt = 0;
		retry_now(c);
	} else
		driver_soon(c);
	return 0;
}
