/*
 * turn: one turn of the model: send the request, retry where that may help,
 * journal the reply and queue its calls.
 */
#ifndef ASSENT_CORE_TURN_H
#define ASSENT_CORE_TURN_H

struct core;

void	turn_start(struct core *);
/* Cancel the current request, also that of a compaction or a reviewer. `why`
 * goes into the journal, with the partial answer and a guess of its cost; NULL:
 * journal nothing. */
void	turn_cancel(struct core *, const char *why);
/* The core died during a request: record a guess of its cost. */
void	turn_lost(struct core *);

#endif
