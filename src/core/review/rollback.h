/*
 * rollback: what was applied in a run and does not pass is taken back, by a
 * rule of that name, through the same gate as an undo.  What is still open
 * stays so: it is neither judged nor decided here.
 */
#ifndef ASSENT_CORE_REVIEW_ROLLBACK_H
#define ASSENT_CORE_REVIEW_ROLLBACK_H

#include <stdbool.h>

struct core;

/* All is decided and judged. True if something is being taken back. */
bool	rollback_closed(struct core *);
/* The run ends with an open proposal: what was applied of it is judged without
 * what is open. True if that has begun, or something is being taken back. */
bool	rollback_beside_open(struct core *);
void	rollback_reset(struct core *);	/* a task begins, or the core ends */

#endif
