/*
 * turn-asked: of a request: in which phase it is made, who was asked, and what
 * it has cost.
 */
#ifndef ASSENT_CORE_TURN_TURN_ASKED_H
#define ASSENT_CORE_TURN_TURN_ASKED_H

#include <stdint.h>

#include <cjson/cJSON.h>

struct core;
struct core_target;
struct reply;
struct usage;

/* "look", "plan" or "execute". */
const char *turn_phase(const struct core *);
/* A request has come to its end: what each `done` begins with. */
void	turn_over(struct core *, const struct reply *);
/* Who the last request went to. */
const struct core_target *turn_asked(const struct core *);
/* The same into a line of the journal. */
void	turn_add_asked(const struct core *, cJSON *fields);
/* Where the key is, or should be, for messages; NULL: nobody has said. */
const char *turn_key_from(const struct core *);
/* As in the journal. */
cJSON	*turn_usage(const struct usage *);
/* What a request has cost: what the provider told, and for what it did not, a
 * guess from the bytes that went either way. */
void	turn_add_spent(struct core *, cJSON *fields, const struct usage *,
	    uint64_t answered);

#endif
