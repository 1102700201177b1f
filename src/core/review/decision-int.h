/* decision-int: what decision.c (a decision is carried out) and decision-lines.c
 * (its lines in the journal) share; for these only. */
#ifndef ASSENT_CORE_REVIEW_DECISION_INT_H
#define ASSENT_CORE_REVIEW_DECISION_INT_H

#include <stddef.h>

#include "gate/gate.h"

struct core;

/* The next transaction begins: these are to be written. Both are durable. */
void	decision_emit_begin(struct core *, const struct apply_op *, size_t n);
/* What was done of it, which ends it. */
void	decision_emit_applied(struct core *, const struct apply_op *, size_t n);

#endif
