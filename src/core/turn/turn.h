/*
 * turn: one turn of the model: ask, try again when that may help, journal the
 * reply and queue its calls.
 */
#ifndef ASSENT_CORE_TURN_TURN_H
#define ASSENT_CORE_TURN_TURN_H

struct core;

void	turn_start(struct core *);
/* Also that of a compaction. */
void	turn_cancel(struct core *, const char *why);
/* A request was out when the core died: it is paid for, by a guess. */
void	turn_lost(struct core *);

#endif
