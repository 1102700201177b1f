/*
 * amend: leaves out of a request what the server rejected by name. Each
 * amendment is a `note` in the journal, so that a resumed session knows it too.
 */
#ifndef ASSENT_CORE_AMEND_H
#define ASSENT_CORE_AMEND_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "provider/provider.h"

struct core;
struct core_target;

/* The server rejected the last request to this model. True if the cause can be
 * left out or made smaller; then send the request again. Limited to a few times
 * per request, and once for a shorter answer. */
bool	amend_refused(struct core *, const struct core_target *,
	    const struct provider_error *);
/* The longest answer that the server allows, in tokens; 0: unknown. A limit
 * from the remaining credit holds for this request only. */
int64_t	amend_output(const struct core *, const struct core_target *);
/* The request_options that this model's server rejected. */
unsigned amend_without(const struct core *, const struct core_target *);
/* Read a line of the journal. */
void	amend_event(struct core *, const cJSON *line);

#endif
