/*
 * run: a command that the user typed (`!make test`), in the sandbox, on the
 * stage
 * that the agent works on.  It is run as a call of the model is, and never at
 * the same time as one: while the model is being asked it begins at once, behind
 * a call it waits.  The agent waits for it before its next call or turn.  What it
 * printed reaches the model with the next message (context.c), and what it
 * changed is offered like any other change.
 */
#ifndef ASSENT_CORE_CALL_RUN_H
#define ASSENT_CORE_CALL_RUN_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;
struct runs;

#define RUN_COMMAND_MAX	((size_t)100000)	/* bytes; an argument's are few */
#define RUN_QUEUE_MAX	16

struct runs *runs_new(void);
/* Kills what runs; nothing is said of it. */
void	runs_free(struct runs *);

/* A client's command `run`. */
int	run_command(struct core *, const char *command, const char *client,
	    struct err *);
/* Start the next one, if it is time. True if there is one: nothing else may
 * work on the stage. */
bool	run_step(struct core *);
/* Does one run, or wait for a person's word? */
bool	run_is_on(const struct core *);
bool	run_is_asking(const struct core *);	/* for that word */
bool	run_is_busy(const struct core *);	/* it runs, or others wait */
/* On the stage that a plan's approval throws away? */
bool	run_is_planning(const struct core *);
/* End the one that is on and forget those that wait. False: there was none. */
bool	run_stop(struct core *, const char *why, const char *client);
/* The answer to its question; false if it has asked none by this id. */
bool	run_answer(struct core *, const char *id, bool allow,
	    const cJSON *seen, const char *client);
/* The line that says which ones wait; NULL: none. The caller deletes. */
cJSON	*run_queue_line(const struct core *);
/* After a crash: `open` is the id of one without a result, or NULL; `ran`: what
 * an earlier one changed may not have been offered. */
void	run_recover(struct core *, const char *open, bool ran);

#endif
