/*
 * call-result: what the worker gave back, as the members of a tool_result.
 */
#ifndef ASSENT_CORE_CALL_RESULT_H
#define ASSENT_CORE_CALL_RESULT_H

#include <cjson/cJSON.h>

#include "cage/cage.h"

struct core;
struct core_call;

/* A command's: its end in words, then its output (core->capture). */
void	call_command_result(struct core *, const struct core_call *,
	    const struct cage_result *, cJSON *o);
/* A file tool's: the worker's one JSON object. */
void	call_file_result(struct core *, const struct core_call *,
	    const struct cage_result *, cJSON *o);

#endif
