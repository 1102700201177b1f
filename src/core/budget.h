/*
 * budget: the limits on a task. The fold counts the usage
 * (journal/task-usage.h), budget-clock.c the working time; this file handles
 * the pause at a limit, and the user's answers.
 */
#ifndef ASSENT_CORE_BUDGET_H
#define ASSENT_CORE_BUDGET_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "journal/task-limit.h"

struct core;

void	budget_begin(struct core *);		/* at the start of a task */
void	budget_resume(struct core *);		/* after reading an old
						   journal */
/* Before a turn: true if the task pauses or ends instead. */
bool	budget_is_over(struct core *);
/* Before a call: is the same call repeated too often, in this answer or
 * before? */
bool	budget_repeats(struct core *);
void	budget_pause(struct core *, enum limit_kind);
/* A client's answer to a pause. */
int	budget_command(struct core *, const cJSON *command,
	    const char *client, struct err *);
/* The user asked to wrap up the task. */
bool	budget_is_wrapped(const struct core *);
/* The limit that the task reached, for agent_end; NULL if none. */
cJSON	*budget_end(const struct core *);

#endif
