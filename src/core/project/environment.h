/*
 * environment: tells the model, once per task, about its environment: system,
 * date, folders, sandbox, success check, git, toolchains. It is a message of
 * the conversation instead of a part of the system prompt, so that caches
 * survive midnight and a new branch. Git and the toolchains are inspected in
 * the sandbox (inspect.h). The message is repeated only if it has changed, or
 * was summarized away.
 */
#ifndef ASSENT_CORE_PROJECT_ENVIRONMENT_H
#define ASSENT_CORE_PROJECT_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

struct core;

/* Add the arguments of the inspection (git, programs), if it has to look. */
bool	environment_args(struct core *, cJSON *args);
/* The inspection's output; NULL: it failed. */
void	environment_found(struct core *, const char *out, size_t n);
/* Tell the model without another inspection. */
void	environment_drop(struct core *);
/* Before a request: send the message if it is due. */
void	environment_tell(struct core *);
/* Read any event: what the model was told, and what a summary removed. */
void	environment_event(struct core *, const cJSON *event);

#endif
