/*
 * recover: handles an apply that an earlier core began and didn't finish.
 * `apply_begin` is journaled before any temporary file is in the tree.
 * Meanwhile the state folder's `applying` has an empty file with the session's
 * name, so that the next core in the project, of any session, finds those
 * files. A half-written tree needs the user: finish it, undo it, or leave it.
 * If nothing is written, or everything is as before, the user decides again.
 */
#ifndef ASSENT_CORE_RECOVER_H
#define ASSENT_CORE_RECOVER_H

#include <cjson/cJSON.h>

#include "base/err.h"
#include "gate/gate.h"

struct core;

/* The ops of this apply_begin line; the caller releases and frees them. */
size_t	recover_ops(const cJSON *begin, struct apply_op **);
/* How decision_recover should proceed, by the start object; -1 with the
 * question if the object doesn't say and the tree is half-written. */
int	recover_choose(struct core *, const cJSON *begin, struct err *);
/* Mark this session as applying, or as done. */
void	recover_mark(const struct core *, bool applying);
/* Remove the temporary files that sessions without a core left in this project,
 * but only those whose content their store has; a user's file is put back. */
void	recover_sweep(struct core *);
/* For ls, show and the like, from a session's folder: {"tx", "files",
 * "written", "open", "other"}, {} if no apply was interrupted, NULL with *e. */
cJSON	*recover_tell(const char *dir, struct err *);

#endif
