/*
 * evidence-known: is the last run of the success check valid for the current
 * staged copy?
 */
#ifndef ASSENT_CORE_REVIEW_EVIDENCE_KNOWN_H
#define ASSENT_CORE_REVIEW_EVIDENCE_KNOWN_H

#include <stdbool.h>

struct core;

/* Journal that the last run is stale, unless that was done. */
void	evidence_stale(struct core *);
/* Journal that the last run is stale in any case. */
void	evidence_emit_stale(struct core *);
/* Did the success check run on the current staged copy? */
bool	evidence_counts(const struct core *);

#endif
