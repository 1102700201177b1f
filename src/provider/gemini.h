/* gemini: shared by its parts: decoder and request. */
#ifndef ASSENT_PROVIDER_GEMINI_H
#define ASSENT_PROVIDER_GEMINI_H

#include <stdbool.h>

#include "provider/provider.h"

void	gemini_message(struct buf *, const struct message *,
	    const char *model, const struct dialect *);
unsigned gemini_request(struct buf *, const struct request *);
void	gemini_headers(struct buf *, const char *key, unsigned options);
unsigned gemini_refused(const struct provider_error *, unsigned options);
/* The name if the API accepts it, else a valid one made from it; borrowed. */
const char *gemini_name(const char *);

#endif
