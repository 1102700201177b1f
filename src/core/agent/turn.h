/*
 * turn: one turn of the model: make the request, which query.c sends, journal the
 * reply and queue its calls.
 */
#ifndef ASSENT_CORE_TURN_H
#define ASSENT_CORE_TURN_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "journal/event.h"
#include "provider/provider.h"

struct core;
struct core_request;

void	turn_start(struct core *);
/* Cancel the current request, also that of a compaction or a reviewer. `why`
 * goes into the journal, with the partial answer and a guess of its cost; NULL:
 * journal nothing. */
void	turn_cancel(struct core *, const char *why);

/* The body of the next request of the conversation; with `aside`, of one with
 * that text at its end, which the conversation never has. Sets what of the
 * request depends on it; malloc'ed. */
char	*turn_body(struct core *, struct core_request *, char *aside);

/* Prompt and tools of the next request: an estimate, in tokens. */
int64_t	turn_overhead(struct core *);

#endif
