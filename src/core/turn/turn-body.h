/*
 * turn-body: what a request consists of: instructions, tools, messages.
 */
#ifndef ASSENT_CORE_TURN_TURN_BODY_H
#define ASSENT_CORE_TURN_TURN_BODY_H

#include <stdint.h>

#include <cjson/cJSON.h>

struct core;

/* The question that c->asked is to answer, as its server takes it; what it allows
 * and has in it is kept. malloc'ed. */
char	*turn_body(struct core *);
/* Instructions and tools of the next request, and whether marks of effort stand
 * among its messages, as a hash: signed thinking may be bound to them. */
void	turn_add_prefix(struct core *, cJSON *);
/* Prompt and tools of the next request, in tokens, as an estimate. */
int64_t	turn_overhead(struct core *);

#endif
