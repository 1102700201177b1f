/*
 * comment: the user's comments on lines of a hunk, which are journaled at once,
 * are part of the decision on the hunk, and reach the model with it; and the
 * user's questions about a hunk, which the model answers at once.
 */
#ifndef ASSENT_CORE_COMMENT_H
#define ASSENT_CORE_COMMENT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

enum core_model_end;
struct core;
struct ev_question;
struct ev_decided_hunk;
struct ev_decision;
struct event;
struct fold;
struct fold_file;

/* Restore the comments of a decision that wasn't applied on the open
 * proposal. */
void	comment_keep(struct core *, const struct ev_decided_hunk *,
	    const char *client);
/* Does the decision have comments that the model doesn't know, and isn't asked?
 * Append them as text for it, unless the buffer is NULL. */
bool	comment_tell(const struct core *, struct buf *,
	    const struct ev_decided_hunk *, const struct fold_file *);

/* Before this proposal is journaled: its hunks get the comments of those of the
 * open proposal that it no longer has. */
void	comment_carry(const struct fold *was, struct event *made);

/* The model's answer; false: nothing was asked. */
bool	question_answered(struct core *, const char *text);
/* From now on the model answers the question of this message. `model` is the
 * value of task.model to restore after the answer. */
void	question_open(struct core *, const struct event *,
	    enum core_model_end model);
/* The task ends. */
void	question_drop(struct core *);
/* The questions that waited for this decision are due, with what was decided. */
void	question_decided(struct core *, const struct ev_decision *);

/* Sends a question about a hunk; `decided`: the decision on it, or NULL. */
typedef void question_say(struct core *, const char *text,
	    struct ev_question *about, const char *decided,
	    const char *client);
/* Begin the next question, if none is open. Is one open? Then the next step is
 * the model's turn. */
bool	question_ask_step(struct core *, question_say *);

#endif
