/*
 * route: separate models for parts of the work, from `routes` in the start
 * object. A review is a request outside the conversation. The phases of a task
 * continue the conversation with their models: a line `model` with `route`, as
 * when the user switches models. A part without a model uses the main one,
 * which also replaces a route's model that fails for good. A model that the
 * user chose stays.
 */
#ifndef ASSENT_CORE_ROUTE_H
#define ASSENT_CORE_ROUTE_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;
struct core_target;
struct mask_list;
struct routes;

enum route {
	ROUTE_MAIN = -1,	/* the main model */
	ROUTE_REVIEW,
	ROUTE_EXPLORE,		/* until a plan begins, or for tasks that change
				   nothing */
	ROUTE_PLAN,		/* writes the plan */
	ROUTE_EXECUTE,
};
#define ROUTES	(ROUTE_EXECUTE + 1)

struct routes *routes_new(void);
void	routes_free(struct routes *);
/* Read a line of the journal. */
void	route_event(struct routes *, const cJSON *line);
/* The route for a phase; `phase` as in `turn_start`. */
enum route route_wanted(const struct routes *, const char *phase);

/* Read the start object and use the keys that were offered. */
int	route_start(struct core *, struct err *);
/* Take a client's key for a provider; copied. */
void	route_offer(struct core *, const char *provider, const char *key);
/* The target for this part: its own, or that of the turns. */
const struct core_target *route_target(const struct core *, enum route);
/* Before a turn: switch to the model of its phase. */
void	route_turn(struct core *);
/* The current model only explores; the next turn switches to the one that
 * plans. */
bool	route_plans_next(const struct core *);
/* The phase's model failed for good. True if the main model is now current. */
bool	route_failed(struct core *, const char *why);
bool	route_is_switched(const struct core *);	/* a phase's model is current */
/* The user's next message: try the phase's model again. */
void	route_again(struct core *);
/* The user chose a model, which is the target from now on. */
void	route_chosen(struct core *);
void	route_secrets(const struct core *, struct mask_list *);
/* The name of the route whose model is current; NULL for the main model. */
const char *route_name(const struct core *);

#endif
