/*
 * estimate-note: what the session's first task may use, as its project's past
 * says;
 * journaled while the model thinks, so that nobody waits for it.
 */
#ifndef ASSENT_CORE_BUDGET_ESTIMATE_NOTE_H
#define ASSENT_CORE_BUDGET_ESTIMATE_NOTE_H

struct core;

void	estimate_note(struct core *);		/* a request has gone out */

#endif
