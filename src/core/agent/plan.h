/*
 * plan: the model's plan, with versions, and the answer of the user (or the
 * mode). Writing tools are rejected until it is approved: call_fault.
 */
#ifndef ASSENT_CORE_PLAN_H
#define ASSENT_CORE_PLAN_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;
struct core_call;
struct tool_entry;

/* Handle a call of the plan tool. */
void	plan_propose(struct core *, const struct core_call *, const cJSON *args);
/* The model hands in this plan, which is complete: it waits for the user, or the
 * mode approves it. */
void	plan_wait(struct core *, const cJSON *plan);
/* Can a plan name the check? Not if the user set one, or the project. */
bool	plan_sets_check(const struct core *);
/* What is next, and whether the check passed, for the model; malloc'ed. */
char	*plan_next(const struct core *);
/* Journal that this step, from 1, is done. */
void	plan_tick(struct core *, size_t step);
/* The model calls done: true, with an answer, if it must first learn that no
 * plan was proposed and its changes aren't kept, or that steps are open; if only
 * the last one is, this ticks it. */
bool	plan_refuses_done(struct core *, const struct core_call *);
/* The user sends a message instead of deciding. True if the plan's call waits for
 * its answer, which the message is. */
bool	plan_take_message(struct core *, const char *text, const char *client);

/* After a crash: answer the open plan call with the plan's state. */
void	plan_resume(struct core *);

/* Why this call must wait for another step, for the model; malloc'ed, or NULL:
 * the call may run. `path` may be NULL. */
char	*plan_step_refuses(const struct core *, const struct tool_entry *,
	    const char *path);

#endif
