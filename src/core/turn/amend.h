/*
 * amend: what a server refuses of a request, by name, is not sent to that model
 * again.  Each is said once, in a `note` of the journal, so that a session that
 * is resumed knows it too.
 */
#ifndef ASSENT_CORE_TURN_AMEND_H
#define ASSENT_CORE_TURN_AMEND_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "provider/provider.h"

struct core;
struct core_target;

/* Another question. */
void	amend_begin(struct core *);
/* The last request, to this model, was refused: true if it was for something
 * that can be left out or be smaller, and the same is to be asked again.  A
 * few times for one question, and for a shorter answer once. */
bool	amend_refused(struct core *, const struct core_target *,
	    const struct provider_error *);
/* The longest answer that its server allows, in tokens; 0: it has not said.  What
 * the credit is enough for holds for this question. */
int64_t	amend_output(const struct core *, const struct core_target *);
/* The request_options that it has refused. */
unsigned amend_without(const struct core *, const struct core_target *);
/* A line of the journal. */
void	amend_event(struct core *, const cJSON *line);

#endif
