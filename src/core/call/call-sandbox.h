/*
 * call-sandbox: a sandbox for a call: what it is shown, what is hidden in it,
 * on which stage it works, and the one that is made ready for the next call.
 */
#ifndef ASSENT_CORE_CALL_CALL_SANDBOX_H
#define ASSENT_CORE_CALL_CALL_SANDBOX_H

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;
struct sandbox_call;
struct sandbox_callbacks;
struct sandbox_spec;
struct stage;

/* The stage that the model's calls work on now. */
struct stage *call_stage(struct core *);
/* Start a tool on this stage: its output goes to `capture` by the callbacks,
 * whose argument is the core. NULL with why the stage cannot be used. */
struct sandbox_call *call_begin(struct core *, struct stage *, const char *tool,
	    const cJSON *args, const struct sandbox_callbacks *, struct err *);
/* The same in the project's folder, wherever commands start. */
struct sandbox_call *call_begin_at_root(struct core *, struct stage *,
	    const char *tool, const cJSON *args,
	    const struct sandbox_callbacks *,
	    struct err *);
/* A sandbox_spec on this stage (borrowed strings). */
void	call_spec(struct core *, struct stage *, struct sandbox_spec *);
/* What is to be hidden from a call or kept from it, as the tree is now. */
void	call_hide(struct core *, struct sandbox_spec *);
/* -1 with a sentence where a command could decide for a person what waits in
 * another session. */
int	call_others_wait(const struct core *, struct err *);
/* Have a sandbox ready for the next call, or have none. */
void	call_prepare(struct core *);
void	call_unprepare(struct core *);

#endif
