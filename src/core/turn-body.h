/*
 * turn-body: the body of a request: instructions, tools, messages.
 */
#ifndef ASSENT_CORE_TURN_BODY_H
#define ASSENT_CORE_TURN_BODY_H

#include <stdint.h>

#include <cjson/cJSON.h>

struct core;

/* The body of the next request to c->request.target, as its server takes it.
 * Records the allowed answer size and the options used. malloc'ed. */
char	*turn_body(struct core *);
/* Add a hash of the next request's instructions and tools, and of whether
 * effort markers are among its messages: signed thinking may be bound to
 * them. */
void	turn_add_prefix(struct core *, cJSON *);
/* Prompt and tools of the next request: an estimate, in tokens. */
int64_t	turn_overhead(struct core *);

#endif
