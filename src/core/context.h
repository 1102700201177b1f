/*
 * context: what the model is sent, as a pure function of the journal's events.
 * Each message is serialized once, by the format in use, and kept; a request
 * is their concatenation.
 */
#ifndef ASSENT_CORE_CONTEXT_H
#define ASSENT_CORE_CONTEXT_H

#include <stddef.h>

#include <cjson/cJSON.h>

#include "provider/provider.h"

struct context;

/* `dialect` is borrowed, or NULL. */
struct context *context_new(const struct provider_format *, const char *model,
	    const struct dialect *dialect);
void	context_free(struct context *);
/* Events that are no part of the conversation are skipped. */
void	context_event(struct context *, const cJSON *event);
/*
 * Before a request: calls that never got a result (the core died, the user
 * interrupted) are answered, since a provider refuses unanswered calls.
 * Messages are borrowed until the next event.
 */
const char *const *context_messages(struct context *, size_t *n);

#endif
