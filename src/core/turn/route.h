/*
 * route: models of their own for parts of the work, as the start object's
 * `routes` names them.  A summary and a review are requests beside the
 * conversation, and go to theirs.  The phases of a task, and a task whose
 * success check fails again and again, have the conversation go on with theirs:
 * a
 * line `model` with `route`, as where a person chooses another.  Where none is
 * named it is the one model; where one fails for good that one takes its place.
 * A model that a person has chosen stays.
 */
#ifndef ASSENT_CORE_TURN_ROUTE_H
#define ASSENT_CORE_TURN_ROUTE_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;
struct core_target;
struct mask_list;
struct routes;

enum route {
	ROUTE_MAIN = -1,	/* the one model */
	ROUTE_COMPACT,
	ROUTE_REVIEW,
	ROUTE_EXPLORE,		/* until a plan is begun, or nothing is to be
				   changed at all */
	ROUTE_PLAN,		/* writes it */
	ROUTE_EXECUTE,
	ROUTE_ESCALATE,
};
#define ROUTES	(ROUTE_ESCALATE + 1)

struct routes *routes_new(void);
void	routes_free(struct routes *);
/* A line of the journal: what is counted follows from these alone. */
void	route_event(struct routes *, const cJSON *line);
/* Runs of the success check that failed, in a row; in the task, while it is
 * carried
 * out. */
int	route_failures(const struct routes *);
/* What a phase is to be done by; `phase` as in `turn_start`. */
enum route route_wanted(const struct routes *, const char *phase, int after);

/* From the start object; keys that were offered are used. */
int	route_start(struct core *, struct err *);
/* A client's key for a provider; copied. */
void	route_offer(struct core *, const char *provider, const char *key);
/* Where this part's requests go: its own, or the target of the turns. */
const struct core_target *route_target(const struct core *, enum route);
/* Before a turn: the model of its phase. */
void	route_turn(struct core *);
/* The model that is asked only explored: the plan is another one's to write, which
 * is asked next. */
bool	route_plans_next(const struct core *);
/* The phase's model fails for good: true if the one model is now asked. */
bool	route_failed(struct core *, const char *why);
bool	route_is_away(const struct core *);	/* a phase's model is asked */
/* With a person's next words it is tried again. */
void	route_again(struct core *);
/* A person has chosen a model, which takes the target's place. */
void	route_chosen(struct core *);
void	route_secrets(const struct core *, struct mask_list *);
/* The name of the part whose model is the target; NULL if it is the one. */
const char *route_name(const struct core *);

#endif
