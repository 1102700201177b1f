/*
 * call-result: converts the worker's result to the members of a tool_result.
 */
#ifndef ASSENT_CORE_CALL_RESULT_H
#define ASSENT_CORE_CALL_RESULT_H

#include <cjson/cJSON.h>

#include "sandbox/sandbox.h"

struct buf;
struct capture_result;
struct core;
struct core_call;

/* How a command ended: exit, signal, killed, limit, ms. */
void	call_add_outcome(struct core *, cJSON *o,
    const struct sandbox_result *);
/* Add where the whole output was kept, if it was. */
void	call_add_out(cJSON *o, const struct capture_result *);
/* capture_end with all known keys masked; reports output that couldn't be
 * kept. */
void	call_captured(struct core *, const struct buf *, size_t cap,
	    bool tail_only, struct capture_result *);
/* A command's result: how it ended, then its output (core->capture). */
void	call_command_result(struct core *, const struct core_call *,
	    const struct sandbox_result *, cJSON *o);
/* The result of a stopped call: the reason, and a command's output so far. */
void	call_stopped_result(struct core *, const char *why, bool command,
	    cJSON *o);
/* The result if no sandbox could be built. */
void	call_setup_failed(const struct sandbox_result *, cJSON *o);
/* A file tool's result, from its reply; anything but an object is an error. */
void	call_file_result(struct core *, struct core_call *,
	    const struct sandbox_result *, const cJSON *reply, cJSON *o);

#endif
