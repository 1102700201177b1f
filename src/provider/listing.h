/*
 * listing: asks a provider, or servers on this machine, for their models.
 *
 * Sources: https://platform.claude.com/docs/en/api/models-list,
 * https://platform.openai.com/docs/api-reference/models/list (also for
 * compatible servers), https://ai.google.dev/api/models#method:-models.list
 */
#ifndef ASSENT_PROVIDER_LISTING_H
#define ASSENT_PROVIDER_LISTING_H

#include <cjson/cJSON.h>

#include "base/err.h"
#include "provider/provider.h"

struct call_target;

/* Does the provider accept this key? Waits up to 20 s: for a process that does
 * nothing else. -1 with the message; *rejected: the key is why. */
int	listing_ask(const struct call_target *, bool *rejected, struct err *);
/* Ask [{"url", "post"}] in parallel, without key and proxy, for up to 3 s; POST
 * if there is something to post. [object or null], in the same order; the
 * caller deletes. */
cJSON	*listing_pages(const cJSON *);

#endif
