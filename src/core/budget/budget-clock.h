/*
 * budget-clock: the time that is worked on a task: it stands while a person is
 * waited for.  When the limit is reached the driver ends what is under way.
 */
#ifndef ASSENT_CORE_BUDGET_BUDGET_CLOCK_H
#define ASSENT_CORE_BUDGET_BUDGET_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

struct core;

/* Is the task being worked on, or does it wait for a person? */
void	budget_clock(struct core *, bool runs);
int64_t	budget_worked_ms(const struct core *);
void	budget_add_worked(const struct core *, cJSON *fields);

#endif
