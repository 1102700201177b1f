/*
 * question: a question of the user about a hunk. The model answers it in a turn
 * in which it can only read; the hunk stays undecided, and the task goes on from
 * where it was. question-ask.h begins one.
 */
#ifndef ASSENT_CORE_QUESTION_H
#define ASSENT_CORE_QUESTION_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "core/core-parts.h"

struct core;
struct fold_file;
struct fold_hunk;
struct tool_entry;

/* Why this tool may not run now; malloc'ed, NULL if it may. */
char	*question_refuses(const struct core *, const struct tool_entry *);
/* The model's answer; false: nothing was asked. */
bool	question_answered(struct core *, const char *text);
/* Now the model answers this one (taken; see struct core_question). What the
 * task did before, as `model` says, goes on after it. */
void	question_open(struct core *, cJSON *on, enum core_model_end model);
/* The task ends. */
void	question_drop(struct core *);
/* Set *left to a copy of a question that ends without an answer. */
void	question_leave(cJSON **left, const cJSON *on, bool goes_on);
/* The question `q` about this hunk as a message of the user; malloc'ed. */
char	*question_words(const cJSON *q, const struct fold_file *,
	    const struct fold_hunk *);
/* Before the files of a decision are told to the model: their comments that
 * were asked, or will be, are marked as `asked`, and questions that waited for
 * it no longer do. */
void	question_decided(struct core *, cJSON *files);
/* May the one that was left be asked again? So it is if none was left; -1: its
 * hunk is gone or decided. */
int	question_may_repeat(const struct core *, struct err *);
/* After a resume: the open question and the one that was left (both taken, may
 * be NULL); `answered`: the model has said nothing since its last answer. */
void	question_recover(struct core *, cJSON *on, cJSON *left, bool answered);

#endif
