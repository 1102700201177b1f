/* decision-int: shared by decision.c (applies a decision) and decision-lines.c
 * (its lines in the journal) only. */
#ifndef ASSENT_CORE_REVIEW_DECISION_INT_H
#define ASSENT_CORE_REVIEW_DECISION_INT_H

#include <stddef.h>

#include "gate/gate.h"

struct core;

/* Begin the next transaction, which writes these files. Both lines are
 * durable. */
void	decision_emit_begin(struct core *, const struct apply_op *, size_t n);
/* Journal the outcome, which ends the transaction. */
void	decision_emit_applied(struct core *, const struct apply_op *, size_t n);

#endif
