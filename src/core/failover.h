/*
 * failover: the models to use, in order, when one fails for good (`model:
 * ["a/x", "b/y"]`). The current one is c->target; the others are parked here.
 * The user's next message, or a resume, goes back to the first.
 */
#ifndef ASSENT_CORE_FAILOVER_H
#define ASSENT_CORE_FAILOVER_H

#include <stdbool.h>

#include "base/err.h"

struct core;
struct failover;
struct mask_list;

struct failover *failover_new(void);
void	failover_free(struct failover *);
/* Read the list from the start object and use the keys that were offered. */
int	failover_start(struct core *, struct err *);
/* Take a client's key for a provider other than the first; copied. */
void	failover_offer(struct core *, const char *provider, const char *key);
/* The offered key, borrowed; NULL if none was offered. */
const char *failover_key(const struct core *, const char *provider);
void	failover_secrets(const struct core *, struct mask_list *);
/* The current model failed for good because of `why`. True if another model is
 * now the target. */
bool	failover_next(struct core *, const char *why);
bool	failover_has_next(const struct core *);
/* Go back to the first model before the next turn. */
void	failover_home_soon(struct core *);
void	failover_home(struct core *);
bool	failover_is_switched(const struct core *); /* the target isn't the first
						   model */
/* The user chose a model, which is the target from now on. */
void	failover_chosen(struct core *);

#endif
