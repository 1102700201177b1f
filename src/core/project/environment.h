/*
 * environment: what the model is told, once a task, about where it works: system,
 * date, folders, sandbox, success check, git, toolchains.  It is a message of the
 * conversation, not a part of the system prompt, so that caches survive midnight
 * and a new branch.  What git and the toolchains say is asked in the sandbox
 * (inspect.h).  Told again only when it has changed, or was summarized away.
 */
#ifndef ASSENT_CORE_PROJECT_ENVIRONMENT_H
#define ASSENT_CORE_PROJECT_ENVIRONMENT_H

#include <stdbool.h>

#include <cjson/cJSON.h>

struct core;

/* A task begins: it is told before the next request. */
void	environment_ask(struct core *);
/* Before a request: true if that is to wait for a look.  Tells what is due. */
bool	environment_begin(struct core *);
/* Any event: what was told, and what of it a summary took. */
void	environment_event(struct core *, const cJSON *event);
void	environment_release(struct core *);

#endif
