/*
 * call-run: one call in the sandbox: how it is started and stopped, and what is
 * recorded when it has ended.
 */
#ifndef ASSENT_CORE_CALL_CALL_RUN_H
#define ASSENT_CORE_CALL_CALL_RUN_H

#include <stddef.h>

#include <cjson/cJSON.h>

struct core;

/* The present call, or the next `n` as TOOL_PARALLEL, in the sandbox; results
 * come
 * later. */
void	call_run(struct core *, const char *tool, const cJSON *args, size_t n);
void	call_stop_worker(struct core *, const char *why);
/* The result of a call that ended with the core before this one: what it left on
 * the stage counts. */
void	call_recover(struct core *, cJSON *result);

#endif
