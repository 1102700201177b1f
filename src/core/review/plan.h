/*
 * plan: the model's plan, with versions, and the answer of the user (or the
 * mode). Writing tools are rejected until it is approved: call_fault.
 */
#ifndef ASSENT_CORE_REVIEW_PLAN_H
#define ASSENT_CORE_REVIEW_PLAN_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;
struct core_call;

/* Handle a call of the plan tool. */
void	plan_propose(struct core *, const struct core_call *, const cJSON *args);
/* Did the task end before the plan was decided? The user can still decide it,
 * and work continues. */
bool	plan_is_left(const struct core *);
/* The user sends a message instead of deciding. */
void	plan_leave(struct core *, const char *client);
/* The answer of the user (or the mode); plan may be NULL (as proposed). -1 with
 * the reason if it can't be accepted. */
int	plan_decide(struct core *, int version, const char *action,
	    const char *word, const cJSON *plan,
	    const cJSON *seen, const char *client,
	    struct err *);

/* After a crash: answer the open plan call. `status` is the plan's ("proposed",
 * "approved", "returned", the last with its reason). */
void	plan_resume(struct core *, const char *call_id, const char *status,
	    const char *word);

#endif
