/*
 * route: models of their own for parts of the work, as the start object's
 * `routes` names them: a summary and a review are requests beside the
 * conversation, and go to theirs.  Where none is named it is the one model.
 */
#ifndef ASSENT_CORE_ROUTE_H
#define ASSENT_CORE_ROUTE_H

#include "base/err.h"

struct core;
struct core_target;
struct routes;

enum route {
	ROUTE_COMPACT,
	ROUTE_REVIEW,
};
#define ROUTES	(ROUTE_REVIEW + 1)

struct routes *routes_new(void);
void	routes_free(struct routes *);
/* From the start object; keys that were offered are used. */
int	route_start(struct core *, struct err *);
/* A client's key for a provider; copied. */
void	route_offer(struct core *, const char *provider, const char *key);
/* Where this part's requests go: its own, or the target of the turns. */
const struct core_target *route_target(const struct core *, enum route);

#endif
