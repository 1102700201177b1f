/*
 * listing: which models a provider says it has, and what servers on this machine
 * say of theirs.
 *
 * Sources: https://platform.claude.com/docs/en/api/models-list,
 * https://platform.openai.com/docs/api-reference/models/list (which servers with
 * that API have, too), https://ai.google.dev/api/models#method:-models.list
 */
#ifndef ASSENT_PROVIDER_LISTING_H
#define ASSENT_PROVIDER_LISTING_H

#include <cjson/cJSON.h>

#include "base/err.h"
#include "provider/provider.h"

/* Asks, and waits for the answer, 20 s at most: a process that does nothing else
 * calls it.  [{"id", "window", "output", "ends"}], the last three where the
 * provider says them; the caller deletes. NULL with the sentence. */
cJSON	*listing_ask(const struct call_target *, struct err *);
/* Asks [{"url", "post"}] side by side, without a key and a proxy, 3 s at most;
 * POST where there is something to post.  [object or null], in the same order; the
 * caller deletes. */
cJSON	*listing_pages(const cJSON *);

#endif
