/*
 * undo: an applied change comes back as a proposal in reverse, through the same
 * gate as any other.  Where the file has moved on meanwhile, only our change is
 * taken out of it, three ways; what cannot be is named and left.
 */
#ifndef ASSENT_CORE_REVIEW_UNDO_H
#define ASSENT_CORE_REVIEW_UNDO_H

#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"

struct changes_op;
struct core;
struct stage_side;

/* A client's command: propose the reverse of an applied change. */
int	undo_propose(struct core *, const cJSON *command, struct err *);
/* The line that answers a client's `changes`: what was applied, and has
 * changed in the tree since; the caller deletes. */
cJSON	*undo_look(struct core *);
/* The model hears, before a person's next words, what they have undone. */
void	undo_tell_model(struct core *);
/* What the i-th of these is taken back to, and what is there now; -1 with why
 * it is left. */
int	undo_side(struct core *, const struct changes_op *, size_t n, size_t i,
	    struct stage_side *now, struct stage_side *want, struct err *);
/* This one stays as it is: in `left`, a sentence a line, and in the list, if
 * there is one. */
void	undo_leave(const char *path, const char *why, struct buf *left,
	    cJSON *list);

#endif
