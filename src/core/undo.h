/*
 * undo: proposes the reverse of an applied change, through the same gate as any
 * other. If the file changed on disk since, a 3-way merge removes only our
 * change; what can't be removed is named and left.
 */
#ifndef ASSENT_CORE_UNDO_H
#define ASSENT_CORE_UNDO_H

#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"

struct changes_op;
struct core;
struct stage_side;

/* Client command: propose the reverse of an applied change. */
int	undo_propose(struct core *, const cJSON *command, const char *client,
	    struct err *);
/* The answer to a client's `changes`: applied changes, and what changed in the
 * tree since; the caller deletes. */
cJSON	*undo_look(struct core *);
/* Before the user's next message, tell the model what the user undid. */
void	undo_tell_model(struct core *);
/* What is undone together. */
struct undo_all {
	struct core		*core;
	const struct changes_op	*ops;	/* by path */
	size_t			 len;
};
/* The old content of the i-th file, and its current one; -1 with the reason to
 * leave it. See gate_reverse for part. */
int	undo_side(struct undo_all *, size_t i, struct stage_side *now,
	    struct stage_side *want, struct buf *part, struct err *);
/* This file stays as it is: add a line to `left`, and an entry to the list, if
 * there is one. */
void	undo_leave(const char *path, const char *why, struct buf *left,
	    cJSON *list);

#endif
