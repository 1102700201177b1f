/*
 * undo: proposes the reverse of an applied change, through the same gate as any
 * other. If the file changed on disk since, a 3-way merge removes only our
 * change; what can't be removed is named and left. A rollback
 * undoes changes that fail the check.
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
struct fold_file;
struct fold_hunk;
struct stage_scan;

/* The written change that the command names; NULL: there is none. */
const struct fold_change *undo_change(const struct core *,
	    const cJSON *command, struct err *);
/* Client command: propose the reverse of an applied change. Nothing runs, and
 * nothing else is asked. */
int	undo_propose(struct core *, const cJSON *command, unsigned client,
	    struct err *);
/* Tell the model what the user undid since the last time. */
void	undo_tell_model(struct core *);
/* Like stage_scan, while what was staged is being undone: the changes from that
 * to what the index had before. */
int	undo_scan(struct core *, struct stage_scan *, struct err *);
/* Is this file, or this hunk of it (NULL: all), being rolled back? */
bool	rollback_undoes(const struct core *, const struct fold_file *,
	    const struct fold_hunk *);
/* Everything is decided and checked; or the run ends with an open proposal:
 * then its applied part is checked without the open one. True if a rollback has
 * begun, or that check. */
bool	rollback_step(struct core *);

#endif
