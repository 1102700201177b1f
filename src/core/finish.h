/*
 * finish: the end of a task: its reason, the exit status, the patch of the
 * applied changes, and agent_end; and what was applied in the task.
 */
#ifndef ASSENT_CORE_FINISH_H
#define ASSENT_CORE_FINISH_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "gate/stage.h"

struct core;

/* End the task; `waits`: a question to the user is open. */
void	finish_task(struct core *, bool waits);

struct changes_op {
	char			*path;
	const char		*other;		/* name of a renamed file: path of
						   its op, or NULL */
	struct stage_side	 before, after;	/* without sizes */
	bool			 mixed;		/* several changes, with someone
						   else's in between */
};

/* All files that differ from the beginning of the task: *n malloc'ed ops, by
 * path. Paths are borrowed until the next `applied`. */
struct changes_op *changes_ops(const struct core *, size_t *n);
/* ["path", ...] of them; the caller deletes. */
cJSON	*changes_paths(const struct core *);

#endif
