/* gemini: between its parts, decoder, request and schema. */
#ifndef ASSENT_PROVIDER_GEMINI_H
#define ASSENT_PROVIDER_GEMINI_H

#include <stdbool.h>

#include "provider/provider.h"

/*
 * The API names calls or does not.  A call that came without an id gets one
 * that begins like this, for our own use, and goes back without it.
 */
#define GEMINI_OWN_ID "own-"

void	gemini_message(struct buf *, const struct message *,
	    const char *model, const struct dialect *);
unsigned gemini_request(struct buf *, const struct request *);
void	gemini_headers(struct buf *, const char *key, unsigned options);
unsigned gemini_refused(const struct provider_error *, unsigned options);
/* The name if the API takes it, else one that it takes; borrowed. */
const char *gemini_name(const char *);

/* ---- gemini-schema.c ---- */

/*
 * The JSON Schema of a tool in the subset of OpenAPI's that the API takes:
 * references resolved, alternatives as anyOf, a list of types as one type and
 * nullable; what only narrows further is left out, since tools check their
 * arguments themselves. NULL for a tool without parameters; the caller deletes.
 */
cJSON	*gemini_schema(const char *parameters);

#endif
