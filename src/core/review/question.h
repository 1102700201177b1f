/*
 * question: a question of the user about a hunk. The model answers it in a turn
 * in which it can only read; the hunk stays undecided, and the task goes on from
 * where it was. question-ask.h begins one.
 */
#ifndef ASSENT_CORE_REVIEW_QUESTION_H
#define ASSENT_CORE_REVIEW_QUESTION_H

#include <stdbool.h>

#include <cjson/cJSON.h>

struct core;
struct tool_entry;

/* Why this tool may not run now; malloc'ed, NULL if it may. */
char	*question_refuses(const struct core *, const struct tool_entry *);
/* The model's answer; false: nothing was asked. */
bool	question_answered(struct core *, const char *text);
/* The task ends. */
void	question_drop(struct core *);
/* After a resume: the open question (taken; may be NULL); `answered`: the model
 * has said nothing since its last answer. */
void	question_recover(struct core *, cJSON *on, bool answered);

#endif
