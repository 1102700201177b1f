/*
 * disk: what a session may take of the disk: one limit (`--disk`) for all that
 * its calls leave in the stage, and for the whole outputs that are kept, which
 * have a quarter of it.  Patches of what was applied stand beside those, and fill
 * that up to a half: programs read them, and a command could do without.
 */
#ifndef ASSENT_CORE_BUDGET_DISK_H
#define ASSENT_CORE_BUDGET_DISK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "sandbox/sandbox.h"
#include "gate/stage/stage.h"

struct core;

/* Before a command: what is there, for the worker. -1 with a sentence that says
 * what fills the stage, if it is full. */
int	disk_before(struct core *, struct stage *, struct sandbox_disk *,
	    struct err *);
/* After it, before a scan: if it was stopped at this limit, build products that
 * it wrote go; where the stage is full all the same, everything that it made.
 * One line for the person and the model. */
void	disk_after(struct core *, struct stage *, const struct sandbox_result *,
	    struct buf *notes);
/* Is there room for a whole output of this size? */
bool	disk_keeps(struct core *, size_t size);
/* For a patch there is so much. */
size_t	disk_patch_room(struct core *);

#endif
