/*
 * changes: what was applied in a task, path by path, from the first state
 * before to the last state after; a pure fold of apply_begin and applied.
 */
#ifndef ASSENT_CORE_CHANGES_H
#define ASSENT_CORE_CHANGES_H

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"
#include "gate/hunk.h"
#include "gate/stage.h"
#include "store/blob.h"

struct changes_op {
	char			*path;
	const char		*other;		/* name of a renamed file: path of
						   its op, or NULL */
	struct stage_side	 before, after;	/* without sizes */
	bool			 mixed;		/* several changes, with someone
						   else's in between */
};

struct changes;

struct changes *changes_new(void);
void	changes_free(struct changes *);
/* Read any event. Only these two count, and the user_message that begins a task
 * after an end. */
void	changes_event(struct changes *, const cJSON *event);
/* ["path", ...] of all files that differ from the beginning of the task; the
 * caller deletes. */
cJSON	*changes_paths(const struct changes *);
/* [{"from", "path"}] of the renamed ones; the caller deletes. */
cJSON	*changes_renamed(const struct changes *);
/* All changes, from the first state before to the last state after: *n
 * malloc'ed ops with malloc'ed paths, by path. */
struct changes_op *changes_ops(const struct changes *, size_t *n);
/* The unified diff of all changes. */
int	changes_patch(const struct changes *, struct blob_store *,
	    enum hunk_diff, struct buf *out, struct err *);

#endif
