/*
 * budget: the limits on a task.  What was used is the fold's
 * (journal/task-usage.h), the time that is worked is budget-clock.c's; here
 * are the pause when a limit is reached, and what a person may answer.
 */
#ifndef ASSENT_CORE_BUDGET_BUDGET_H
#define ASSENT_CORE_BUDGET_BUDGET_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "journal/task-limit.h"

struct core;

void	budget_begin(struct core *);		/* of a task */
void	budget_resume(struct core *);		/* after an old journal */
/* Before a turn: true if the task pauses or ends instead. */
bool	budget_is_over(struct core *);
/* Before a call: the same one again and again, also within one answer. */
bool	budget_repeats(struct core *);
void	budget_pause(struct core *, enum limit_kind);
/* A client's answer to a pause. */
int	budget_command(struct core *, const cJSON *command,
	    const char *client, struct err *);
/* A person has asked to end the task with what there is. */
bool	budget_is_wrapped(const struct core *);
/* The limit that the task met, for agent_end; NULL if none. */
cJSON	*budget_end(const struct core *);

#endif
