/*
 * changes: what was really applied in a task, path by path, from the first
 * state before to the last one after; a pure fold of apply_begin and applied.
 */
#ifndef ASSENT_CORE_REVIEW_CHANGES_H
#define ASSENT_CORE_REVIEW_CHANGES_H

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"
#include "gate/stage/stage.h"
#include "store/blob.h"

struct changes_op {
	char			*path;
	struct stage_side	 before, after;	/* without sizes */
	bool			 mixed;		/* of several changes, with
						   somebody else's between them */
};

struct changes;

struct changes *changes_new(void);
void	changes_free(struct changes *);
/* Any event; others than these two, and the user_message that begins a task
 * after an end, are skipped. */
void	changes_event(struct changes *, const cJSON *event);
/* ["path", ...] of what differs now from the beginning; the caller deletes. */
cJSON	*changes_paths(const struct changes *);
/* [{"from", "path"}] of those of them that have another name now; the caller
 * deletes. */
cJSON	*changes_renamed(const struct changes *);
/* All of it, from the first state before to the last one after: *n malloc'ed
 * ops with malloc'ed paths. */
struct changes_op *changes_ops(const struct changes *, size_t *n);
/* The unified diff of all of it. */
int	changes_patch(const struct changes *, struct blob_store *,
	    struct buf *out, struct err *);

#endif
