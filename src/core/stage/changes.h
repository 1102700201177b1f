/*
 * changes: what was written to the user's files in the task.
 */
#ifndef ASSENT_CORE_CHANGES_H
#define ASSENT_CORE_CHANGES_H

#include <stdbool.h>
#include <stddef.h>

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
/* Are there any? */
bool	changes_any(const struct core *);
/* The unified diff of all of them. Of a file that isn't shown as lines, contents
 * above CHANGES_CONTENT_MAX aren't in it (libgit2 takes more than 50 ms for each
 * MB), only that they differ: *large is such a path (borrowed), or NULL. */
#define CHANGES_CONTENT_MAX ((size_t)4 << 20)
int	changes_patch(const struct core *, struct buf *, const char **large,
	    struct err *);

#endif
