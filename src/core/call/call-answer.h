/*
 * call-answer: what the model is told about a call: an answer in a sentence,
 * and beside it what befell the project's files.
 */
#ifndef ASSENT_CORE_CALL_CALL_ANSWER_H
#define ASSENT_CORE_CALL_CALL_ANSWER_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/buf.h"

struct core;

/* A line of type `tool_result`. */
void	call_result(struct core *, const char *id, const char *name, bool ok,
	    const char *kind, const char *text);
/* The result that the model's call of `done` is still owed; false: it is not. */
bool	call_done_result(struct core *, bool ok, const char *kind,
	    const char *text);
/* Lines about the stage's files: a person reads them now, the model with its
 * next result. */
void	call_stage_notes(struct core *, const struct buf *);
/* What befell its files is part of what the model is told. */
void	call_add_notes(struct core *, cJSON *o);

#endif
