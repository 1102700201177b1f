/*
 * finish: the end of a task: its reason, the exit status, the patch of the
 * applied changes, and agent_end.
 */
#ifndef ASSENT_CORE_FINISH_H
#define ASSENT_CORE_FINISH_H

#include <stdbool.h>

struct core;

/* End the task; `waits`: a question to the user is open. */
void	finish_task(struct core *, bool waits);

#endif
