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

#include "base/buf.h"
#include "base/err.h"
#include "policy/price.h"
#include "provider/dialect.h"

struct core;
struct core_target;
struct failover;
struct mask_list;
struct model_place;
struct model_wish;
struct provider_format;
struct routes;

/* Is a model chosen? An interactive session may begin without one. */
bool	model_is_chosen(const struct core *);
/* -1 with advice if there is no model. */
int	model_needed(const struct core *, struct err *);
/* Report that there is no model, if none could be chosen. */
void	model_note_none(struct core *);
/*
 * Client command: use another model from the next request on. The client sends
 * its connection details, as in a start object, and its key, which stays in the
 * target only. The messages so far are converted to the new format. Data of the
 * old model alone (signed thinking) is left out, and used again if that model
 * returns.
 */
int	model_switch(struct core *, const cJSON *command, const char *client,
	    struct err *);
void	model_switch_due(struct core *);	/* no request is under way */
/* Add the keys of all models in use or in reserve; borrowed. */
void	model_secrets(const struct core *, struct mask_list *);

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

/* A parked model. */
struct model_place {
	struct core_target	 target;	/* without a format: the model
						   is current */
	cJSON			*model;		/* the fields that may be
						   recorded */
};

/* Read how to connect to a model, without its key. Release it with
 * target_release, also after -1. */
int	target_read(struct core_target *, const cJSON *model, struct err *);
void	target_set_key(struct core_target *, const char *key); /* copied */

struct given_value {
	char	*owner, *name;
	char	*value;		/* a secret */
};

struct given {
	struct given_value	*v;
	size_t			 len;
};

/* {"NAME": "VALUE"} for this owner; the first value of a name counts. */
void	given_add(struct given *, const char *owner, const cJSON *values);
/* Forget those of this owner. */
void	given_release(struct given *);
/* Append "NAME: VALUE" of each, with its NUL. Free them with given_wipe. */
void	given_lines(const struct given *, const char *owner, struct buf *);
void	given_wipe(struct buf *lines);
/* Add the values that are secret to what is masked. */
void	given_secrets(const struct given *, struct mask_list *);

enum route {
	ROUTE_MAIN = -1,	/* the main model */
	ROUTE_REVIEW,
	ROUTE_EXPLORE,		/* until a plan begins, or for tasks that change
				   nothing */
	ROUTE_PLAN,		/* writes the plan */
	ROUTE_EXECUTE,
};

/* The route for a phase; `phase` as in `turn_start`. */
enum route route_wanted(const struct routes *, const char *phase);

/* Read the start object and use the keys that were offered. */
int	route_start(struct core *, struct err *);
/* The target for this part: its own, or that of the turns. */
const struct core_target *route_target(const struct core *, enum route);
/* Before a turn: switch to the model of its phase. */
void	route_turn(struct core *);
/* The current model only explores; the next turn switches to the one that
 * plans. */
bool	route_plans_next(const struct core *);
/* The name of the route whose model is current; NULL for the main model. */
const char *route_name(const struct core *);

/* The effort for a request to this model, in the conversation or outside it. */
enum effort effort_for(const struct core *, const struct core_target *,
	    bool aside);
/* Report an effort that the settings name and the model doesn't have. */
void	effort_note(struct core *);
/* Client command; "default" removes the user's choice. */
int	effort_say(struct core *, const char *word, const char *client,
	    struct err *);

/* Read the list from the start object and use the keys that were offered. */
int	failover_start(struct core *, struct err *);
/* Take a client's key for a provider other than the first; copied. */
void	failover_offer(struct core *, const char *provider, const char *key);
/* The current model failed for good because of `why`. True if another model is
 * now the target. */
bool	failover_next(struct core *, const char *why);
bool	failover_has_next(const struct core *);
/* Go back to the first model before the next turn. */
void	failover_home_soon(struct core *);
void	failover_home(struct core *);
bool	failover_is_switched(const struct core *); /* the target isn't the first
						   model */

#endif
