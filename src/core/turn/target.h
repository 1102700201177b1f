/*
 * target: a model and how it is reached, as the core asks it.
 */
#ifndef ASSENT_CORE_TURN_TARGET_H
#define ASSENT_CORE_TURN_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "policy/price.h"
#include "provider/dialect.h"
#include "provider/facts.h"

struct provider_format;

struct core_target {	/* the model and how to reach it */
	const struct provider_format *format;	/* NULL: none is chosen */
	char	*provider, *model, *base_url, *key_env, *replay_dir;
	char	*key_from;	/* where the key comes from, in words */
	char	*proxy, *ca_file;	/* or NULL, as in call_target */
	struct dialect dialect;
	char	*key;		/* a secret; never written anywhere */
	bool	 replay_paced;
	bool	 priced;
	struct price price;	/* if so */
	int64_t window;		/* tokens; 0: not told */
	struct model_facts facts;	/* of the model table */
};

/* Where a model waits that may be asked. */
struct model_place {
	struct core_target	 target;	/* without a format: it is asked */
	cJSON			*model;		/* as it may be recorded */
};

/* How a model is reached, but for its key; to be released by target_release, also
 * after -1. */
int	target_read(struct core_target *, const cJSON *model, struct err *);
void	target_set_key(struct core_target *, const char *key); /* copied */
void	target_release(struct core_target *);	/* the key is cleared */
void	target_forget_key(struct core_target *);
void	target_place_release(struct model_place *);

#endif
