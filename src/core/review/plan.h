/*
 * plan: the model's plan, versioned, and what a person (or the mode) says of
 * it.  Writing tools are refused until it is approved: call_fault.
 */
#ifndef ASSENT_CORE_REVIEW_PLAN_H
#define ASSENT_CORE_REVIEW_PLAN_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;
struct core_call;

/* The plan tool was called. */
void	plan_propose(struct core *, const struct core_call *, const cJSON *args);
/* The task ended before its plan was decided on: it can be still, which begins
 * work again. */
bool	plan_is_left(const struct core *);
/* The person says something else instead. */
void	plan_leave(struct core *, const char *client);
/* A person's (or the mode's) answer; plan may be NULL (as proposed). -1 with
 * the reason it cannot be taken. */
int	plan_decide(struct core *, int version, const char *action,
	    const char *word, const cJSON *plan,
	    const cJSON *seen, const char *client,
	    struct err *);

/* After a crash: the plan call is still owed its answer; `status` is the
 * plan's ("proposed", "approved", "returned", the latter with its word). */
void	plan_resume(struct core *, const char *call_id, const char *status,
	    const char *word);

#endif
