/* See route.h. */
#include "config.h"

#include "core/route.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "core/budget.h"
#include "journal/event.h"
#include "policy/mask.h"
#include "core/core.h"
#include "core/failover.h"
#include "core/model.h"
#include "core/target.h"
#include "core/turn-asked.h"

static const struct { const char *name, *why; } route_rows[ROUTES] = {
	[ROUTE_REVIEW] = { "review", NULL },
	[ROUTE_EXPLORE] = { "explore", "it explores (phases.explore)" },
	[ROUTE_PLAN] = { "plan", "it plans (phases.plan)" },
	[ROUTE_EXECUTE] = { "execute", "it does the work (phases.execute)" },
};

struct routes {
	/* Without a model the route has none of its own; without a format its
	 * target is the core's current one. */
	struct model_place	 places[ROUTES];
	struct model_place	 main;		/* the main model, while another
						   one is in use */
	enum route		 at;
	bool			 failed[ROUTES];
	/* State from the journal. */
	bool			 chosen;	/* the user chose a model */
	bool			 explored;	/* this task has begun a plan */
};

struct routes *
routes_new(void)
{
	struct routes *r = xcalloc(1, sizeof(*r));

	r->at = ROUTE_MAIN;
	return r;
}

static void
route_clear(struct routes *r)
{
	size_t i;

	for (i = 0; i < ROUTES; i++)
		target_place_release(&r->places[i]);
	target_place_release(&r->main);
	r->at = ROUTE_MAIN;
}

void
routes_free(struct routes *r)
{
	if (r == NULL)
		return;
	route_clear(r);
	free(r);
}

/* ---- what the journal says ---- */

void
route_event(struct routes *r, const cJSON *line)
{
	enum event_type type = event_type(line);

	/* On resume, a model named by a flag comes without a client. */
	if (type == EVENT_MODEL && json_is(line, "by", "user") &&
	    json_str(line, "client") != NULL)
		r->chosen = true;
	else if (type == EVENT_AGENT_END)
		r->explored = false;
	else if (type == EVENT_TOOL_CALL &&
	    json_is(line, "name", "plan"))
		r->explored = true;
}

enum route
route_wanted(const struct routes *r, const char *phase)
{
	if (strcmp(phase, "look") == 0)
		return ROUTE_EXPLORE;
	if (strcmp(phase, "plan") == 0)
		return r->explored ? ROUTE_PLAN : ROUTE_EXPLORE;
	return ROUTE_EXECUTE;
}

/* ---- the models ---- */

int
route_start(struct core *c, struct err *e)
{
	const cJSON *list = json_get(c->start, "routes"), *m;
	size_t i;

	route_clear(c->routes);
	for (i = 0; i < ROUTES && c->target.replay_dir == NULL; i++) {
		struct model_place *p = &c->routes->places[i];

		if ((m = json_get(list, route_rows[i].name)) == NULL)
			continue;
		p->model = model_fields(m);
		if (target_read(&p->target, m, e) < 0)
			return -1;
		p->target.key = secret_dup(failover_key(c,
		    p->target.provider));
	}
	return 0;
}

void
route_offer(struct core *c, const char *provider, const char *key)
{
	size_t i;

	for (i = 0; i < ROUTES; i++) {
		struct core_target *t = &c->routes->places[i].target;

		if (t->format != NULL && t->key == NULL &&
		    strcmp(t->provider, provider) == 0)
			t->key = secret_dup(key);
	}
}

void
route_secrets(const struct core *c, struct mask_list *l)
{
	size_t i;

	for (i = 0; i < ROUTES; i++)
		mask_list_add(l, c->routes->places[i].target.key);
	mask_list_add(l, c->routes->main.target.key);
}

const struct core_target *
route_target(const struct core *c, enum route part)
{
	const struct core_target *t = &c->routes->places[part].target;

	return t->format != NULL ? t : &c->target;
}

const char *
route_name(const struct core *c)
{
	enum route at = c->routes->at;

	return at == ROUTE_MAIN ? NULL : route_rows[at].name;
}

static struct model_place *
route_place(struct routes *r, enum route part)
{
	return part == ROUTE_MAIN ? &r->main : &r->places[part];
}

static void
route_go(struct core *c, enum route to, bool failed, const char *why)
{
	struct routes *r = c->routes;
	cJSON *o = cJSON_CreateObject();
	enum route from = r->at;

	r->at = to;
	if (to != ROUTE_MAIN)
		json_add_str(o, "route", route_rows[to].name);
	else if (failed)
		json_add_bool(o, "failover", true);
	json_add_str(o, "text", why);
	model_exchange(c, route_place(r, from), route_place(r, to), o);
}

static bool
route_is_there(const struct routes *r, enum route part)
{
	return r->places[part].model != NULL && !r->failed[part];
}

bool
route_plans_next(const struct core *c)
{
	return c->routes->at == ROUTE_EXPLORE && c->plan.mode != PLAN_LOOK;
}

void
route_turn(struct core *c)
{
	struct routes *r = c->routes;
	enum route to;

	if (r->chosen || failover_is_switched(c) || budget_is_wrapped(c))
		return;
	to = route_wanted(r, turn_phase(c));
	/* A part without a model of its own uses the main one. */
	if (to == ROUTE_EXPLORE && !route_is_there(r, to) && c->task.planning &&
	    c->plan.mode != PLAN_LOOK)
		to = ROUTE_PLAN;
	if (!route_is_there(r, to))
		to = ROUTE_MAIN;
	if (to != r->at)
		route_go(c, to, false, to == ROUTE_MAIN ?
		    "no other is named for what comes" : route_rows[to].why);
}

bool
route_is_switched(const struct core *c)
{
	return c->routes->at != ROUTE_MAIN;
}

bool
route_failed(struct core *c, const char *why)
{
	struct routes *r = c->routes;

	if (!route_is_switched(c))
		return false;
	r->failed[r->at] = true;
	route_go(c, ROUTE_MAIN, true, why);
	return true;
}

void
route_again(struct core *c)
{
	memset(c->routes->failed, 0, sizeof(c->routes->failed));
}

void
route_chosen(struct core *c)
{
	struct routes *r = c->routes;

	if (!route_is_switched(c))
		return;
	/* The old model keeps its place. */
	target_release(&r->places[r->at].target);
	r->places[r->at].target = c->target;
	c->target = r->main.target;
	memset(&r->main.target, 0, sizeof(r->main.target));
	r->at = ROUTE_MAIN;
}
