/*
 * target: a model, and how the core connects to it.
 */
#ifndef ASSENT_CORE_TARGET_H
#define ASSENT_CORE_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "policy/price.h"
#include "provider/dialect.h"
#include "provider/facts.h"

struct provider_format;

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
void	target_release(struct core_target *);	/* the key is cleared */
void	target_place_release(struct model_place *);

#endif
