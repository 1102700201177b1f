/*
 * finish: why a task ended, the exit status that says so, the patch of what was
 * applied, and agent_end.
 */
#ifndef ASSENT_CORE_SESSION_FINISH_H
#define ASSENT_CORE_SESSION_FINISH_H

#include <stdbool.h>

struct core;

/* The task ends; `waits`: with a question to a person open. */
void	finish_task(struct core *, bool waits);

#endif
