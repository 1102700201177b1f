/* See route.h. */
#include "config.h"

#include "core/route.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "core/core.h"
#include "core/start.h"

static const char *const route_names[ROUTES] = {
	[ROUTE_COMPACT] = "compact", [ROUTE_REVIEW] = "review",
};

struct routes {
	struct core_target	 targets[ROUTES];	/* without a format: none */
};

struct routes *
routes_new(void)
{
	return xcalloc(1, sizeof(struct routes));
}

static void
route_clear(struct routes *r)
{
	size_t i;

	for (i = 0; i < ROUTES; i++)
		model_release(&r->targets[i]);
}

void
routes_free(struct routes *r)
{
	if (r == NULL)
		return;
	route_clear(r);
	free(r);
}

int
route_start(struct core *c, struct err *e)
{
	const cJSON *list = json_get(c->start, "routes"), *m;
	size_t i;

	route_clear(c->routes);
	for (i = 0; i < ROUTES && c->target.replay_dir == NULL; i++) {
		struct core_target *t = &c->routes->targets[i];

		if ((m = json_get(list, route_names[i])) == NULL)
			continue;
		if (start_target(t, m, e) < 0)
			return -1;
		t->key = secret_dup(failover_key(c, t->provider));
	}
	return 0;
}

void
route_offer(struct core *c, const char *provider, const char *key)
{
	size_t i;

	for (i = 0; i < ROUTES; i++) {
		struct core_target *t = &c->routes->targets[i];

		if (t->format != NULL && t->key == NULL &&
		    strcmp(t->provider, provider) == 0)
			t->key = secret_dup(key);
	}
}

const struct core_target *
route_target(const struct core *c, enum route part)
{
	const struct core_target *t = &c->routes->targets[part];

	return t->format != NULL ? t : &c->target;
}
