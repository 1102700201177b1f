/*
 * baseline: did the check fail before the agent's changes, too? When it
 * fails and never passed here, it runs once on the files without them, beside what
 * goes on, unless there were none yet. A write or an interrupt stops it; nothing waits for it.
 */
#ifndef ASSENT_CORE_BASELINE_H
#define ASSENT_CORE_BASELINE_H

struct core;

/* Start it if it is due. */
void	baseline_step(struct core *);

#endif
