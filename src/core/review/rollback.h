/*
 * rollback: undoes changes that were applied in a run and fail the check, by a
 * rule of that name, through the same gate as an undo. Open changes stay open:
 * they are neither checked nor decided here.
 */
#ifndef ASSENT_CORE_REVIEW_ROLLBACK_H
#define ASSENT_CORE_REVIEW_ROLLBACK_H

#include <stdbool.h>

struct core;

/* Everything is decided and checked. True if a rollback has begun. */
bool	rollback_closed(struct core *);
/* The run ends with an open proposal: check its applied part without the open
 * one. True if the check or a rollback has begun. */
bool	rollback_beside_open(struct core *);
void	rollback_reset(struct core *);	/* at the start of a task, or the end of
					   the core */

#endif
