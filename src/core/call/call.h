/*
 * call: the tool calls of one assistant message, answered one after the other;
 * those that only look, at the same time.
 * Here a call is refused, asked about, answered (plan, done and step_done) or
 * handed to call-run.c, which runs it in the sandbox.
 */
#ifndef ASSENT_CORE_CALL_CALL_H
#define ASSENT_CORE_CALL_CALL_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;
struct core_call;
struct reply;

/* Take the calls of a reply into the queue. */
void	call_queue(struct core *, const struct reply *);
void	call_queue_clear(struct core *);
void	call_next(struct core *);	/* starts or answers the next one */
void	call_answer_ask(struct core *, const char *id, bool allow,
	    const cJSON *seen, const char *client);
/* Run the command of `try`. */
void	call_try(struct core *);
/* The arguments as the journal has them: what a model may write in more than one
 * way is brought into one. NULL, with why: they cannot be read. */
cJSON	*call_args(const struct core_call *, struct err *);
/* Does the user's list of tools have it? */
bool	call_is_on(const struct core *, const char *name);

#endif
