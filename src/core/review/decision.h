/*
 * decision: applies a decision: re-check, apply_begin (journaled), apply,
 * applied (journaled), update the copy, report rejections to the model.
 * The gate writes; this file keeps the order and the record.
 */
#ifndef ASSENT_CORE_DECISION_H
#define ASSENT_CORE_DECISION_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "gate/gate.h"

struct core;
struct ev_apply_begin;
struct ev_decision;

#define CORE_APPLY_TRIES 3	/* after so many decisions that couldn't be
				   applied completely, no rule decides in this
				   turn */

/* Apply the pending decision. In `assent review` this begins with it, or goes on
 * when a process of source.h has ended; the last time it is no longer pending. */
void	decision_carry_out(struct core *);
/* Is a decision pending, or are the changes after one not read yet? */
bool	decision_is_open(const struct core *);
/* A hook denies it: nothing is written, and its hunks are open again with their
 * marks, as if nothing could be written; no rule decides in this turn. */
void	decision_block(struct core *);
/* Write the accepted changes of this decision into this copy of the real
 * tree. */
int	decision_stage(struct core *, const struct ev_decision *,
	    struct stage *, struct err *);
/* After a crash: a decision whose outcome wasn't proposed again, if there is
 * one. */
void	decision_recover(struct core *);

/* The ops of this line; the caller releases and frees them. */
size_t	recover_ops(const struct ev_apply_begin *, struct apply_op **);
/* On a resume, before anything else: how decision_recover should proceed with an
 * apply that had begun, by the start object; -1 with the question if that doesn't
 * say and the tree is half-written. */
int	recover_choose(struct core *, struct err *);
/* For ls, show and the like, from a session's folder: {"tx", "files",
 * "written", "open", "other"}, {} if no apply was interrupted, NULL with *e. */
cJSON	*recover_tell(const char *dir, struct err *);

#endif
