/*
 * model: which model answers and how to reach it: the target and its key, models
 * for parts of the work (routes), and the next model when one fails.
 */
#ifndef ASSENT_CORE_MODEL_H
#define ASSENT_CORE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;
struct provider_error;

#define MODEL_RENEW_MS	60000	/* a command may take, and until it runs again */

/* -1 with advice if there is no model. */
int	model_needed(const struct core *, struct err *);
void	model_switch_due(struct core *);	/* no request is under way */

/* Read the start object; `key` (copied) is for its model, or NULL. */
int	model_start(struct core *, const char *key, struct err *);
/* Before a turn: go back to the main model if that is due, or to the model of
 * the turn's phase. */
void	model_turn(struct core *);
/* The key was refused: does its command run again, after which retry_now() is
 * called? */
bool	model_renew_key(struct core *, const struct provider_error *);
/* The current model failed for good because of `why`. True if another model is
 * now the target; `why` NULL: would there be one? */
bool	model_next(struct core *, const char *why);

#endif
