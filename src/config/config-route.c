/*
 * config-route: parts of the work that can have their own model
 * (`model_compact` ...)
 * instead of `model`.
 */
#include "config.h"

#include "config/config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/config-int.h"

/* The names are those of the start object's "routes". */
static const struct { const char *name, *setting; } route_rows[] = {
	{ "compact", "model_compact" },
	{ "escalate", "model_escalate" },
	{ "execute", "model_execute" },
	{ "explore", "model_explore" },
	{ "plan", "model_plan" },
	{ "review", "model_review" },
};

const char *
config_route_setting(const char *name)
{
	return MEM_FIND(route_rows, name) == NULL ? NULL :
	    MEM_FIND(route_rows, name)->setting;
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
	struct config_route *v = xcalloc(MEM_COUNT(route_rows), sizeof(*v));
	const char *spec;
	size_t i;

	*out = NULL;
	*n = 0;
	for (i = 0; i < MEM_COUNT(route_rows); i++) {
		spec = config_str(c, route_rows[i].setting);
		if (spec == NULL)
			continue;
		v[*n].name = route_rows[i].name;
		v[*n].setting = route_rows[i].setting;
		if (config_model_of(c, route_rows[i].setting, spec,
		    &v[(*n)++].model, e) < 0) {
			config_routes_free(v, *n);
			*n = 0;
			return -1;
		}
	}
	*out = v;
	return 0;
}
