/*
 * comment: the user's comments on lines of a hunk, which are journaled at once,
 * are part of the decision on the hunk, and reach the model with it; and the
 * user's questions about a hunk, which the model answers at once.
 */
#ifndef ASSENT_CORE_COMMENT_H
#define ASSENT_CORE_COMMENT_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"

enum core_model_end;
struct core;
struct fold;
struct fold_file;

/* Restore the comments of a decision that wasn't applied on the open
 * proposal. */
void	comment_keep(struct core *, const char *hunk, const cJSON *comments,
	    const char *client);
/* Are both on the same lines of the same hunk? */
bool	comment_same_place(const cJSON *, const cJSON *);
/* Does the decision have comments that the model doesn't know? Append them as
 * text for it, unless the buffer is NULL. */
bool	comment_tell(struct buf *, const cJSON *decided,
	    const struct fold_file *);

/* Before a `proposal` with these files is journaled: its hunks get the comments
 * of those of the open proposal that it no longer has. */
void	comment_carry(const struct fold *was, const cJSON *files);

/* The model's answer; false: nothing was asked. */
bool	question_answered(struct core *, const char *text);
/* From now on the model answers this question (taken; see struct
 * core_question). `model` is the value of task.model to restore after the
 * answer. */
void	question_open(struct core *, cJSON *on, enum core_model_end model);
/* The task ends. */
void	question_drop(struct core *);
/* Before the model gets the files of a decision: mark their comments that were
 * asked, or will be, as `asked`, and end the questions that waited for it. */
void	question_decided(struct core *, cJSON *files);

/* Begin the next question, if none is open. Is one open? Then the next step is
 * the model's turn. */
bool	question_ask_step(struct core *);

#endif
