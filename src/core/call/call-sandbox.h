/*
 * call-sandbox: sets up the sandbox for a call: what it shows, what it hides,
 * which staged copy it uses, and the sandbox prepared for the next call.
 */
#ifndef ASSENT_CORE_CALL_CALL_SANDBOX_H
#define ASSENT_CORE_CALL_CALL_SANDBOX_H

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;
struct sandbox_call;
struct sandbox_ready;
struct sandbox_callbacks;
struct sandbox_spec;
struct stage;

/* The staged copy that the model's calls use now. */
struct stage *call_stage(struct core *);
/* Start a tool on this staged copy. The callbacks, called with the core,
 * write its output to `capture`. NULL with the reason if the staged copy is
 * unusable. */
struct sandbox_call *call_begin(struct core *, struct stage *, const char *tool,
	    const cJSON *args, const struct sandbox_callbacks *, struct err *);
/* Fill a sandbox_spec for this staged copy (borrowed strings). */
void	call_spec(struct core *, struct stage *, struct sandbox_spec *);
/* Add the files to hide or protect in a call, for the current tree. */
void	call_hide(struct core *, struct sandbox_spec *);
/* -1 with a message if a command could make the user's decisions in another
 * session. */
int	call_others_wait(const struct core *, struct err *);
/* Prepare sandboxes for the next calls, or for the inspection of the project
 * (core/project/inspect.h), or drop the prepared ones. */
void	call_prepare(struct core *);
void	call_prepare_inspection(struct core *);
void	call_unprepare(struct core *);
/* A command or inspection is to run in this prepared sandbox: end the other's,
 * since both would mount the layers of the caches. */
void	call_alone(struct core *, struct sandbox_ready **);

#endif
