/*
 * evidence-known: what the last run of the success check says of the stage as
 * it is now.
 */
#ifndef ASSENT_CORE_REVIEW_EVIDENCE_KNOWN_H
#define ASSENT_CORE_REVIEW_EVIDENCE_KNOWN_H

#include <stdbool.h>

struct core;

/* What is known is about something else now; nothing if that was said. */
void	evidence_stale(struct core *);
/* Journal that in any case. */
void	evidence_emit_stale(struct core *);
/* Has the success check been run on the stage as it is now? */
bool	evidence_counts(const struct core *);

#endif
