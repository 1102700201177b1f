/* decision-int: shared by decision.c (applies a decision), decision-lines.c (its
 * lines in the journal) and decision-settle.c (the staged copy) only. */
#ifndef ASSENT_CORE_DECISION_INT_H
#define ASSENT_CORE_DECISION_INT_H

#include <stdbool.h>
#include <stddef.h>

#include "gate/gate.h"

struct core;
struct fold_file;

/* One file of a decision, on its way to the real tree. */
struct chosen {
	const struct fold_file	*file;
	struct gate_choice	 choice;
	const char		**yes, **no;
	struct gate_edit	*edits;		/* text is ours */
	struct stage_side	 write, rest;
	bool			 composed;
	bool			 renames;	/* the new name is accepted */
	struct apply_op		*op;	/* NULL: no part of it was accepted */
	struct apply_op		*old;	/* other half of a renaming */
};

/* Is nothing of this file left to write? If false, it is proposed again. */
bool	decision_is_done(const struct chosen *);
/* Update the staged copy after a decision: real + accepted + undecided. */
void	decision_settle(struct core *, struct chosen *, size_t n);
/* Begin the next transaction, which writes these files. Both lines are
 * durable. */
void	decision_emit_begin(struct core *, const struct apply_op *, size_t n);
/* Journal the outcome, which ends the transaction. */
void	decision_emit_applied(struct core *, const struct apply_op *, size_t n);

#endif
