/*
 * instructions: the project's instructions for agents: AGENTS.md, else
 * CLAUDE.md with the files it imports as @path, and .assent/memory.md. Those
 * from the root down to where commands start are part of the project context
 * (project-context.h). Those of another folder are sent when a file below it is
 * read or edited, and again after a summary has removed the message.
 */
#ifndef ASSENT_CORE_PROJECT_INSTRUCTIONS_H
#define ASSENT_CORE_PROJECT_INSTRUCTIONS_H

#include <stddef.h>

#include <cjson/cJSON.h>

struct core;

/* The instructions at the start of a task, at most `max` bytes: [{"path",
 * "text", ...}], the nearest last; the caller deletes. */
cJSON	*instructions_begin(struct core *, size_t max);
/* The model read or changed this file, named as in the call: send the
 * instructions of its folders that the model doesn't have yet. */
void	instructions_below(struct core *, const char *path);
/* Read each line of the journal: what was sent, and what was removed. */
void	instructions_event(struct core *, const cJSON *event);

#endif
