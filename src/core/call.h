/*
 * call: answers the tool calls of an assistant message, one after the other;
 * reading calls run in parallel. A call is rejected, shown to the user,
 * answered here (plan, done and step_done), or passed to call-run.c, which runs
 * it in the sandbox.
 */
#ifndef ASSENT_CORE_CALL_H
#define ASSENT_CORE_CALL_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;
struct core_call;
struct reply;

/* Queue the calls of a reply. */
void	call_queue(struct core *, const struct reply *);
void	call_queue_clear(struct core *);
void	call_next(struct core *);	/* start or answer the next call */
/* Client command: the user's answer to a question. */
int	call_answer_ask(struct core *, const cJSON *command,
	    const char *client, struct err *);
/* Run the command of `try`. */
void	call_try(struct core *);
/* The arguments as in the journal: variants that models write are converted to
 * one form. NULL with the reason if they can't be parsed. */
cJSON	*call_args(const struct core *, const struct core_call *,
	    struct err *);
/* Is the tool in the user's list? */
bool	call_is_on(const struct core *, const char *name);

#endif
