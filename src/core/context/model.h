/*
 * model: which model answers and how to reach it: the target and its key, models
 * for parts of the work (routes), the next model when one fails, and effort.
 */
#ifndef ASSENT_CORE_MODEL_H
#define ASSENT_CORE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "core/kernel/secrets.h"
#include "policy/price.h"
#include "provider/dialect.h"

struct core;
struct core_target;
struct provider_format;

/* -1 with advice if there is no model. */
int	model_needed(const struct core *, struct err *);
void	model_switch_due(struct core *);	/* no request is under way */

struct core_target {	/* the model and how to reach it */
	const struct provider_format *format;	/* NULL: none chosen */
	char	*provider, *model, *base_url, *key_env, *replay_dir;
	char	*key_from;	/* where the key comes from, for messages */
	char	*ca_file;	/* or NULL, as in call_target */
	const struct dialect *dialect;
	char	*key;		/* a secret; never written anywhere */
	bool	 replay_paced;
	bool	 priced;
	struct price price;	/* if the price is known */
	int64_t window;		/* tokens; 0: unknown */
	struct model_facts facts;	/* from the model table */
};

/* Places of models. */
enum route {
	ROUTE_REVIEW,
	ROUTE_EXPLORE,		/* until a plan begins, or for tasks that change
				   nothing */
	ROUTE_PLAN,		/* writes the plan */
	ROUTE_EXECUTE,
	ROUTE_MAIN,		/* the main model; after it those that replace
				   it when it fails */
};

struct model_place {
	struct core_target target;	/* without a format: the model is
					   current, or there is none */
	cJSON		*model;		/* the fields that may be recorded */
	bool		 failed;
};

struct core_models {
	struct model_place *places;
	size_t		 places_len, at;	/* at: of the current one */
	struct given	 keys;		/* that clients offered, by provider */
	struct given	 headers;	/* likewise */
	struct model_place wish;	/* the user's, due; or empty */
	char		*wish_client;
	bool		 home_due;	/* back to the main one before the next
					   turn */
	bool		 chosen;	/* the user chose a model */
	bool		 planned;	/* this task has begun a plan */
};

/* Read the start object; `key` (copied) is for its model, or NULL. */
int	model_start(struct core *, const char *key, struct err *);
/* Before a turn: go back to the main model if that is due, or to the model of
 * the turn's phase. */
void	model_turn(struct core *);
/* The current model failed for good because of `why`. True if another model is
 * now the target; `why` NULL: would there be one? */
bool	model_next(struct core *, const char *why);

#endif
