/*
 * changes: what was applied in the task, path by path, from the first state
 * before to the last state after, by the fold's changes.
 */
#ifndef ASSENT_CORE_CHANGES_H
#define ASSENT_CORE_CHANGES_H

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"
#include "gate/stage.h"

struct core;

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
/* [{"from", "path"}] of the renamed ones; the caller deletes. */
cJSON	*changes_renamed(const struct core *);
/* The unified diff of all of them. */
int	changes_patch(const struct core *, struct buf *out, struct err *);

#endif
