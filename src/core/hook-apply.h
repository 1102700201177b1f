/*
 * hook-apply: the event before_apply: between a decision and its writes. It is
 * about what would be written: the real tree with the accepted hunks, in a
 * staged copy of its own.
 */
#ifndef ASSENT_CORE_HOOK_APPLY_H
#define ASSENT_CORE_HOOK_APPLY_H

#include <stdbool.h>

struct core;

/* Does a hook have to hear of the pending decision before it is applied? */
bool	hook_apply_is_due(const struct core *);
/* Run those hooks, in IDLE; then the decision goes ahead, or its hunks are open
 * again. Those of a decision that an earlier core began to ask about aren't run
 * again: its hunks are open. */
void	hook_apply_before(struct core *);
/* The session ends first: the hunks are open again. */
void	hook_apply_too_late(struct core *);

#endif
