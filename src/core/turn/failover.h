/*
 * failover: the models that take the place of one that fails for good, in their
 * order (`model: ["a/x", "b/y"]`).  The one that is asked is c->target; the
 * others are parked here.  With a person's next words, and when a session is
 * resumed, the first is asked again.
 */
#ifndef ASSENT_CORE_TURN_FAILOVER_H
#define ASSENT_CORE_TURN_FAILOVER_H

#include <stdbool.h>

#include "base/err.h"

struct core;
struct failover;
struct mask_list;

struct failover *failover_new(void);
void	failover_free(struct failover *);
/* The list of the start object; keys that were offered are used. */
int	failover_start(struct core *, struct err *);
/* A client's key for a provider that is not the first; copied. */
void	failover_offer(struct core *, const char *provider, const char *key);
/* That key, borrowed; NULL if none was offered. */
const char *failover_key(const struct core *, const char *provider);
void	failover_secrets(const struct core *, struct mask_list *);
/* The model that is asked fails for good, `why`: true if there is another one,
 * which is now the target. */
bool	failover_next(struct core *, const char *why);
bool	failover_has_next(const struct core *);
/* Before the next turn the first is asked again; it is the next turn. */
void	failover_home_soon(struct core *);
void	failover_home(struct core *);
bool	failover_is_away(const struct core *);	/* one of these is asked */
/* A person has chosen a model, which takes the target's place. */
void	failover_chosen(struct core *);

#endif
