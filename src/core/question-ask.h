/*
 * question-ask: a comment that ends in a question mark becomes a message to the
 * model, as soon as it has no call left to run, or with the decision it came with.
 */
#ifndef ASSENT_CORE_QUESTION_ASK_H
#define ASSENT_CORE_QUESTION_ASK_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;

/* Client command: comment on a line of a hunk, or ask. */
int	question_ask_comment(struct core *, const cJSON *command,
	    const char *client, struct err *);
/* Begin the next question, if none is open. Is one open? Then the next step is
 * the model's turn. */
bool	question_ask_step(struct core *);
/* Before the task's next turn: the model has to know that it goes on. */
void	question_ask_go_on(struct core *);

#endif
