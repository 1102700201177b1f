/*
 * budget: the limits on a task: its working time, the pause at a limit, and the
 * user's answers. The fold counts the usage (journal/task-usage.h).
 */
#ifndef ASSENT_CORE_BUDGET_H
#define ASSENT_CORE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "journal/task-usage.h"

struct core;

/* Before a turn: true if the task pauses or ends instead. */
bool	budget_is_over(struct core *);
void	budget_pause(struct core *, enum limit_kind);
/* A limit that is reached, also that of the day; or LIMIT_NONE. */
int	budget_reached(const struct core *);
/* The model's service answers again in so many ms: ask the user, or wait with
 * --wait-limit. False if neither, or if it doesn't say when: the task ends. */
bool	budget_service(struct core *, int64_t wait_ms);

/* Start the clock, or stop it while we wait for the user. */
void	budget_clock(struct core *, bool runs);
int64_t	budget_worked_ms(const struct core *);	/* of the task */

#endif
