/* See amend.h. */
#include "config.h"

#include "core/amend.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/core.h"

static const cJSON *
amend_find(const struct core *c, const struct core_target *t)
{
	char *key = xasprintf("%s/%s", t->provider, t->model);
	const cJSON *o = json_get(c->amended, key);

	free(key);
	return o;
}

int64_t
amend_output(const struct core *c, const struct core_target *t)
{
	return json_int(amend_find(c, t), "output", 0);
}

void
amend_event(struct core *c, const cJSON *line)
{
	const cJSON *m = json_get(line, "model"), *v;
	char *key;
	cJSON *o;

	if (strcmp(json_str_or(line, "type", ""), "note") != 0 || m == NULL)
		return;
	key = xasprintf("%s/%s", json_str_or(m, "provider", ""),
	    json_str_or(m, "name", ""));
	if (c->amended == NULL)
		c->amended = cJSON_CreateObject();
	o = cJSON_GetObjectItemCaseSensitive(c->amended, key);
	if (o == NULL)
		o = cJSON_AddObjectToObject(c->amended, key);
	if ((v = json_get(line, "output")) != NULL)
		json_set_take(o, "output", cJSON_Duplicate(v, 1));
	free(key);
}

bool
amend_refused(struct core *c, const struct core_target *t,
    const struct provider_error *pe)
{
	cJSON *o;
	char *text;

	if (pe->output <= 0 || pe->output >= c->asked_output)
		return false;
	o = cJSON_CreateObject();
	text = xasprintf("%s answers with %lld tokens at most: asked again with "
	    "that", t->model, (long long)pe->output);
	json_add_str(o, "text", text);
	free(text);
	turn_add_asked(c, o);
	json_add_int(o, "output", pe->output);
	core_emit(c, "note", "core", o);
	return true;
}
