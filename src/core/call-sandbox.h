/*
 * call-sandbox: sets up the sandbox for a call: what it shows, what it hides,
 * which staged copy it uses, and the sandbox prepared for the next call.
 */
#ifndef ASSENT_CORE_CALL_SANDBOX_H
#define ASSENT_CORE_CALL_SANDBOX_H

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;
struct sandbox_call;
struct sandbox_ready;
struct sandbox_callbacks;
struct sandbox_limits;
struct sandbox_spec;
struct stage;

/* The staged copy that the model's calls use now. */
struct stage *call_stage(struct core *);
/* Start a tool on this staged copy. The callbacks, called with the core,
 * write its output to `capture`. NULL with the reason if the staged copy is
 * unusable. */
struct sandbox_call *call_begin(struct core *, struct stage *, const char *tool,
	    const cJSON *args, const struct sandbox_callbacks *, struct err *);
/* Begin to keep a call's output; and the callback that keeps it and sends it to
 * the clients. */
void	call_capture(struct core *);
void	call_output(void *core, const char *, size_t);
/*
 * Fill spec (borrowed strings) and limits for this tool; returns the place of a
 * sandbox prepared for it. The limit on CPU time is for commands: file tools
 * and the inspection, which ends after a few seconds, have none. From a user's
 * message until the model stops, the file tools share a worker, whose sandbox
 * shows only the project. Commands share another one, which builds a new sandbox
 * for each; on a level without namespaces each command has its own worker.
 */
struct sandbox_ready **call_setup(struct core *, struct stage *,
	    const char *tool, struct sandbox_spec *, struct sandbox_limits *);
/* Add the files to hide or protect in a call, for the current tree. */
void	call_hide(struct core *, struct sandbox_spec *);
/* Does anything keep a program from what it should not write? */
bool	call_is_walled(const struct core *);
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
