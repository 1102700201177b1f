/*
 * finish: the end of a task: how it ended, its exit code, what it wrote and cost.
 */
#ifndef ASSENT_CORE_FINISH_H
#define ASSENT_CORE_FINISH_H

#include <stdbool.h>

struct core;

void	finish_task(struct core *, bool waits);

#endif
