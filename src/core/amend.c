/* See amend.h. */
#include "config.h"

#include "core/amend.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/compact.h"
#include "core/context.h"
#include "core/recall.h"
#include "core/core.h"
#include "core/emit.h"
#include "core/target.h"
#include "core/turn-asked.h"
#include "journal/event.h"

/* Limit per request, so that a server which always finds another fault can't
 * keep us asking forever. */
#define AMEND_MOST	3

struct amend_model {
	char	*name;		/* "provider/model" */
	int64_t	 output;	/* 0: unknown */
	unsigned without;	/* request_options */
};

static struct amend_model
amend_find(const struct core *c, const struct core_target *t)
{
	AUTO_FREE char *name = xasprintf("%s/%s", t->provider, t->model);
	const struct amend_model *m = pathmap_find(&c->request.amended, name);

	return m == NULL ? (struct amend_model){ 0 } : *m;
}

int64_t
amend_output(const struct core *c, const struct core_target *t)
{
	int64_t most = amend_find(c, t).output;
	int64_t afford = t == c->request.target ? c->request.amend_afford : 0;

	return afford > 0 && (most == 0 || afford < most) ? afford : most;
}

unsigned
amend_without(const struct core *c, const struct core_target *t)
{
	return amend_find(c, t).without;
}

void
amend_event(struct core *c, const cJSON *line)
{
	const cJSON *m = json_get(line, "model"), *it;
	struct amend_model *a;
	AUTO_FREE char *name = NULL;

	if (event_type(line) != EVENT_NOTE || m == NULL)
		return;
	name = xasprintf("%s/%s", json_str_or(m, "provider", ""),
	    json_str_or(m, "name", ""));
	a = pathmap_add(&c->request.amended, name, sizeof(*a));
	a->output = json_int(line, "output", a->output);
	cJSON_ArrayForEach(it, json_array(line, "without"))
		a->without |= provider_option_find(cJSON_GetStringValue(it));
}

/* Journal a note, with `value` (taken) as its member `name`; NULL: nothing to
 * remember. */
static void
amend_note(struct core *c, const char *name, cJSON *value, char *text_take)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "text", text_take);
	free(text_take);
	turn_add_asked(c, o);
	if (value != NULL)
		json_set_take(o, name, value);
	emit_event(c, EVENT_NOTE, "core", o);
}

static void
amend_smaller(struct core *c, const struct core_target *t,
    const struct provider_error *pe)
{
	long long n = (long long)pe->output;

	c->request.amend_output = true;
	/* Credit changes with time; the abilities of a model don't. */
	if (pe->kind == PROVIDER_QUOTA) {
		c->request.amend_afford = pe->output;
		amend_note(c, "output", NULL, xasprintf("your credit is enough "
		    "for an answer of %lld tokens: %s is asked again with that",
		    n, t->model));
	} else
		amend_note(c, "output", cJSON_CreateNumber((double)n),
		    xasprintf("%s answers with %lld tokens at most: asked "
		    "again with that", t->model, n));
}

/* The server rejects the thinking we sent back. True if it was removed from the
 * messages. */
static bool
amend_no_thinking(struct core *c, const struct provider_error *pe)
{
	struct tokens_room room;
	cJSON *o;

	if (!context_has_thinking(recall_context(c)))
		return false;
	compact_room(c, &room);
	emit_note(c, "%s rejects its own earlier thinking (%s): sent again "
	    "without it", c->target.model, pe->message);
	o = cJSON_CreateObject();
	json_set_take(o, "results", cJSON_CreateArray());
	json_add_bool(o, "thinking", true);
	json_add_int(o, "tokens", context_tokens(recall_context(c), c->overhead));
	json_add_int(o, "window", room.window);
	emit_event(c, EVENT_SHORTENED, "core", o);
	return true;
}

static bool
amend_one(struct core *c, const struct core_target *t,
    const struct provider_error *pe)
{
	unsigned bits = t->format->refused(pe, c->request.options);
	cJSON *list;

	if (pe->output > 0 && pe->output < c->request.output) {
		if (c->request.amend_output)
			return false;
		amend_smaller(c, t, pe);
		return true;
	}
	if ((bits & REQUEST_SIGNED) != 0)
		return c->request.aside_text == NULL &&
		    amend_no_thinking(c, pe);
	if (bits == 0)
		return false;
	list = cJSON_CreateArray();
	for (; bits != 0; bits &= bits - 1)
		cJSON_AddItemToArray(list, cJSON_CreateString(
		    provider_option_name(bits)));
	amend_note(c, "without", list, xasprintf("%s refused a part of the "
	    "request (%s): asked again without it", t->model, pe->message));
	return true;
}

bool
amend_refused(struct core *c, const struct core_target *t,
    const struct provider_error *pe)
{
	if (c->request.amendments == AMEND_MOST || !amend_one(c, t, pe))
		return false;
	c->request.amendments++;
	return true;
}
