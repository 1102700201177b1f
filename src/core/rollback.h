/*
 * rollback: undoes changes that were applied in a run and fail the check, by a
 * rule of that name, through the same gate as an undo. Open changes stay open:
 * they are neither checked nor decided here.
 */
#ifndef ASSENT_CORE_ROLLBACK_H
#define ASSENT_CORE_ROLLBACK_H

#include <stdbool.h>

#include <cjson/cJSON.h>

struct core;

struct core_rollback {
	bool		 on;		/* setting: undo changes that fail the
					   check */
	enum core_rollback_state {	/* in this order */
		ROLLBACK_NONE,
		ROLLBACK_JUDGED, /* applied changes were checked without the
				    open ones */
		ROLLBACK_TRIED,	/* nothing could be undone */
		ROLLBACK_DONE,
	}		 state;
	cJSON		*undoes;	/* what it proposes to undo: path ->
					   true (whole file), or ids of hunks */
};

/* Everything is decided and checked. True if a rollback has begun. */
bool	rollback_closed(struct core *);
/* The run ends with an open proposal: check its applied part without the open
 * one. True if the check or a rollback has begun. */
bool	rollback_beside_open(struct core *);
void	rollback_reset(struct core *);	/* at the start of a task, or the end of
					   the core */

#endif
