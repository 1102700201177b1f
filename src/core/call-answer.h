/*
 * call-answer: the answer to a call: one sentence, and notes about changes to
 * the project's files.
 */
#ifndef ASSENT_CORE_CALL_ANSWER_H
#define ASSENT_CORE_CALL_ANSWER_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/buf.h"

struct core;
struct core_call;
enum core_asked;

/* Journal a `tool_result` line. */
void	call_result(struct core *, const char *id, const char *name, bool ok,
	    const char *kind, const char *text);
/* Answer the model's open call of `done`; false: there is none. */
bool	call_done_result(struct core *, bool ok, const char *kind,
	    const char *text);
/* Lines about staged files: shown to the user now, and to the model with its
 * next result. */
void	call_stage_notes(struct core *, const struct buf *);
/* The members of a question about what would run without a sandbox; `what`: "the
 * success check". */
cJSON	*call_ask_outside(const char *id, const char *command,
	    const char *what);
/* The question's own id, so that a late answer doesn't answer the next one: the
 * call's id, from the second question on with a number. malloc'ed. */
char	*call_ask_id(const struct core_call *);
/* Ask the user about this call: it waits. */
void	call_ask_take(struct core *, struct core_call *, enum core_asked,
	    cJSON *);
/* Add the collected notes to the model's result. */
void	call_add_notes(struct core *, cJSON *o);

#endif
