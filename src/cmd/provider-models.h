/* provider-models: asks a provider for its models, which also tells whether it
 * accepts the key. */
#ifndef ASSENT_CMD_PROVIDER_MODELS_H
#define ASSENT_CMD_PROVIDER_MODELS_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "cmd/setup.h"

/* {"models": [{"id"}]} of this model's provider; the caller deletes. NULL with
 * *e: *rejected (if not NULL) if the key is why, misuse if it may not be sent
 * there. Blocks for some seconds at most. */
cJSON	*provider_models(const struct setup *, const struct config_model *,
	    bool *rejected, struct err *);

#endif
