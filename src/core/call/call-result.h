/*
 * call-result: what the worker gave back, as the members of a tool_result.
 */
#ifndef ASSENT_CORE_CALL_CALL_RESULT_H
#define ASSENT_CORE_CALL_CALL_RESULT_H

#include <cjson/cJSON.h>

#include "sandbox/sandbox.h"

struct capture;
struct capture_result;
struct core;
struct core_call;

/* How a command ended: exit, signal, killed, limit, ms. */
void	call_add_outcome(struct core *, cJSON *o,
    const struct sandbox_result *);
/* Words about a limit that it met, lived on and failed at (the kernel refuses
 * a process and kills none); malloc'ed, NULL if there is none. */
char	*call_limit_hit(struct core *, const struct sandbox_result *);
/* Where its whole output was kept, if it was. */
void	call_add_out(cJSON *o, const struct capture_result *);
/* capture_end, with the keys that are here masked; what could not be kept is
 * said. */
void	call_captured(struct core *, struct capture *, size_t cap,
	    bool tail_only, struct capture_result *);
/* A command's: its end in words, then its output (core->capture). */
void	call_command_result(struct core *, const struct core_call *,
	    const struct sandbox_result *, cJSON *o);
/* One that was stopped: why, and what a command had printed until then. */
void	call_stopped_result(struct core *, const char *why, bool command,
	    cJSON *o);
/* One for which no sandbox could be built. */
void	call_setup_failed(const struct sandbox_result *, cJSON *o);
/* A file tool's, from its reply; what is no object is none. */
void	call_file_result(struct core *, struct core_call *,
	    const struct sandbox_result *, const cJSON *reply, cJSON *o);

#endif
