/*
 * turn: one turn of the model: send the request (turn-request.c), retry where
 * that may help, journal the reply and queue its calls.
 */
#ifndef ASSENT_CORE_TURN_H
#define ASSENT_CORE_TURN_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "provider/provider.h"

struct core;
struct core_target;
struct provider_error;
struct reply;
struct usage;

void	turn_start(struct core *);
/* Cancel the current request, also that of a compaction or a reviewer. `why`
 * goes into the journal, with the partial answer and a guess of its cost; NULL:
 * journal nothing. */
void	turn_cancel(struct core *, const char *why);
/* The core died during a request: record a guess of its cost. */
void	turn_lost(struct core *);

/* True if the error may pass: `again` is called after the wait. `other`:
 * another model is available, so a few attempts are enough. */
bool	retry_begin(struct core *, const struct provider_error *, bool other,
	    void (*again)(struct core *));
/* The user ends the wait. Only in RETRY. */
void	retry_now(struct core *);

/*
 * turn-ask: sends a request, in the conversation or outside it, and passes on
 * the streamed answer. The caller's function reads the result.
 */

/* Send a request to this target; `done` reads the answer. With a text (and
 * its prompt) the request is outside the conversation: this text alone,
 * without tools. `doing` is for the status. The target must live until the
 * core ends. */
void	turn_ask(struct core *, const struct core_target *, const char *system,
	    const char *text, const char *doing,
	    void (*done)(void *core, struct reply *));

/* A message is being typed: connect to the model's server ahead of the request,
 * if no connection was used lately. */
void	turn_warm(struct core *);

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

/* Add a hash of the next request's instructions and tools, and of whether
 * effort markers are among its messages: signed thinking may be bound to
 * them. */
void	turn_add_prefix(struct core *, cJSON *);
/* Prompt and tools of the next request: an estimate, in tokens. */
int64_t	turn_overhead(struct core *);

/* The longest answer that the server allows, in tokens; 0: unknown. A limit
 * from the remaining credit holds for this request only. */
int64_t	amend_output(const struct core *, const struct core_target *);
/* Read a line of the journal. */
void	amend_event(struct core *, const cJSON *line);

#endif
