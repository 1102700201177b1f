/*
 * estimate-note: journals an estimate for the session's first task, from the
 * project's history, while the model thinks, so that nobody waits for it.
 */
#ifndef ASSENT_CORE_BUDGET_ESTIMATE_NOTE_H
#define ASSENT_CORE_BUDGET_ESTIMATE_NOTE_H

struct core;

void	estimate_note(struct core *);		/* after sending a request */

#endif
