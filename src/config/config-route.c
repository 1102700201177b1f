/*
 * config-route: the setting "phases": which parts of the work have a model of
 * their own instead of `model`, and an effort instead of `effort`.
 */
#include "config.h"

#include "config/config.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/near.h"
#include "config/config-int.h"
#include "provider/facts.h"

/* The names are also those of the start object's "routes". */
static const struct {
	const char	*name;
	bool		 effort;	/* it can have its own */
} phase_rows[] = {
	{ "execute", true },
	{ "explore", false },
	{ "plan", true },
	{ "review", false },
};

static int
phase_check(const cJSON *phase, struct err *e)
{
	struct near near = NEAR_INIT(phase->string);
	const cJSON *it;
	size_t i;

	for (i = 0; i < MEM_COUNT(phase_rows); i++) {
		near_try(&near, phase_rows[i].name);
		if (strcmp(phase_rows[i].name, phase->string) == 0)
			break;
	}
	if (i == MEM_COUNT(phase_rows))
		return err_set(e, "unknown phase \"%.40s\"; did you mean "
		    "\"%s\"?", phase->string, near.known == NULL ? "plan" :
		    near.known);
	if (!cJSON_IsObject(phase))
		return err_set(e, "%s must be an object with model or effort",
		    phase->string);
	cJSON_ArrayForEach(it, phase)
		if (strcmp(it->string, "model") != 0 &&
		    strcmp(it->string, "effort") != 0)
			return err_set(e, "%s has model and effort, not "
			    "\"%.40s\"", phase->string, it->string);
		else if (strcmp(it->string, "effort") == 0 &&
		    !phase_rows[i].effort)
			return err_set(e, "%s has no effort of its own",
			    phase->string);
		else if (!cJSON_IsString(it) || it->valuestring[0] == '\0')
			return err_set(e, "%s.%s must be a string",
			    phase->string, it->string);
		else if (strcmp(it->string, "effort") == 0 &&
		    facts_effort_find(it->valuestring) == EFFORT_UNSET)
			return err_set(e, "%s.effort must be one of "
			    EFFORT_WORDS ", not \"%.40s\"", phase->string,
			    it->valuestring);
	return 0;
}

cJSON *
config_phases(const cJSON *v, struct err *e)
{
	const cJSON *it;

	if (!cJSON_IsObject(v)) {
		err_set(e, "must be an object, such as {\"plan\": "
		    "{\"effort\": \"high\"}}");
		return NULL;
	}
	cJSON_ArrayForEach(it, v)
		if (phase_check(it, e) < 0)
			return NULL;
	return cJSON_Duplicate(v, 1);
}

cJSON *
config_phases_from_text(const char *text, struct err *e)
{
	AUTO_JSON cJSON *v = json_parse(text, strlen(text), JSON_NUL_REFUSE,
	    NULL);

	return config_phases(v, e);
}

void
config_routes_free(struct config_route *v, size_t n)
{
	while (n > 0)
		config_model_release(&v[--n].model);
	free(v);
}

int
config_routes(const struct config *c, struct config_route **out, size_t *n,
    struct err *e)
{
	struct config_route *v = xcalloc(MEM_COUNT(phase_rows), sizeof(*v));
	const char *spec;
	size_t i;

	*out = NULL;
	*n = 0;
	for (i = 0; i < MEM_COUNT(phase_rows); i++) {
		spec = json_str(json_get(json_get(c->values, "phases"),
		    phase_rows[i].name), "model");
		if (spec == NULL)
			continue;
		v[*n].name = phase_rows[i].name;
		if (config_model_of(c, "phases", spec, &v[(*n)++].model,
		    e) < 0) {
			config_routes_free(v, *n);
			*n = 0;
			return -1;
		}
	}
	*out = v;
	return 0;
}
