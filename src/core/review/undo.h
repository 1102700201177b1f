/*
 * undo: proposes the reverse of an applied change, through the same gate as any
 * other. If the file changed on disk since, a 3-way merge removes only our
 * change; what can't be removed is named and left. A rollback undoes changes
 * that fail the check, as an undo of the last one.
 */
#ifndef ASSENT_CORE_UNDO_H
#define ASSENT_CORE_UNDO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;
struct fold_change;
struct stage_scan;
struct stage_side;

/* The written change that the command names; NULL: there is none, or it can't be
 * undone now. */
const struct fold_change *undo_change(const struct core *,
	    const cJSON *command, struct err *);
/* Client command: propose the reverse of an applied change. Nothing runs, and
 * nothing else is asked. */
int	undo_propose(struct core *, const cJSON *command, unsigned client,
	    struct err *);
/* Tell the model what the user undid since the last time. */
void	undo_tell_model(struct core *);
/*
 * An undo under review isn't in the copy: that keeps what the agent has changed,
 * and gets what was undone as it gets any newer version on disk. Its files are
 * here, with both sides; after a restart, those of the open one.
 */
struct stage_scan *undo_scan(struct core *);
/* Is any of it left? Merges what changed on disk since. */
bool	undo_goes_on(struct core *);
/* What is decided of this file is written: it goes on between these. */
void	undo_settle(struct core *, const char *path,
	    const struct stage_side *before, const struct stage_side *after);
/* It is over: what was open before is open again. */
void	undo_end(struct core *);
/* Nothing was, while the agent works: its changes are proposed later. Says that
 * the review is over. */
bool	undo_was_alone(struct core *);
/* Everything is decided and checked; or the run ends with an open proposal:
 * then its applied part is checked without the open one. True if a rollback has
 * begun, or that check. */
bool	rollback_step(struct core *);

#endif
