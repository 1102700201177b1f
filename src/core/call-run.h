/*
 * call-run: runs a call in the sandbox: starts it, stops it, and records its
 * result.
 */
#ifndef ASSENT_CORE_CALL_RUN_H
#define ASSENT_CORE_CALL_RUN_H

#include <stddef.h>

#include <cjson/cJSON.h>

struct core;

/* Run the current call in the sandbox, or the next `n` as TOOL_PARALLEL;
 * results arrive later. */
void	call_run(struct core *, const char *tool, const cJSON *args, size_t n);
void	call_stop_worker(struct core *, const char *why);
/* Record the result of a call that ended with an earlier core, including the
 * changes it left staged. */
void	call_recover(struct core *, cJSON *result);

#endif
