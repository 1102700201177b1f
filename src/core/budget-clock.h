/*
 * budget-clock: measures the working time of a task; the clock stops while we
 * wait for the user. At the limit the driver stops the current work.
 */
#ifndef ASSENT_CORE_BUDGET_CLOCK_H
#define ASSENT_CORE_BUDGET_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

struct core;

/* Start the clock, or stop it while we wait for the user. */
void	budget_clock(struct core *, bool runs);
int64_t	budget_worked_ms(const struct core *);
void	budget_add_worked(const struct core *, cJSON *fields);

#endif
