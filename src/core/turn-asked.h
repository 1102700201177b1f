/*
 * turn-asked: facts about a request: its phase, its model and its cost.
 */
#ifndef ASSENT_CORE_TURN_ASKED_H
#define ASSENT_CORE_TURN_ASKED_H

#include <stdint.h>

#include <cjson/cJSON.h>

struct core;
struct core_target;
struct reply;
struct usage;

/* "look", "plan" or "execute". */
const char *turn_phase(const struct core *);
/* A request has ended: every `done` function calls this first. */
void	turn_over(struct core *, const struct reply *);
/* The target of the last request. */
const struct core_target *turn_asked(const struct core *);
/* Add the last request's target to a line of the journal. */
void	turn_add_asked(const struct core *, cJSON *fields);
/* Where the key is or should be, for messages; NULL: unknown. */
const char *turn_key_from(const struct core *);
/* The usage as in the journal. */
cJSON	*turn_usage(const struct usage *);
/* The cost of a request, as reported by the provider; unreported parts are a
 * guess from the bytes sent and received. */
void	turn_add_spent(struct core *, cJSON *fields, const struct usage *,
	    uint64_t answered);

#endif
