/*
 * instructions: the project's words to agents: AGENTS.md, else CLAUDE.md with the
 * files that it names as @path, and .assent/memory.md.  Those from the root down
 * to where commands start are a part of the brief (project-context.h); those of
 * another
 * folder are told when a file below it is read or edited, once until a summary
 * takes the messages away.
 */
#ifndef ASSENT_CORE_PROJECT_INSTRUCTIONS_H
#define ASSENT_CORE_PROJECT_INSTRUCTIONS_H

#include <stddef.h>

#include <cjson/cJSON.h>

struct core;

/* What is told when a task begins, of at most `max` bytes: [{"path", "text",
 * ...}], the nearest last; the caller deletes. */
cJSON	*instructions_begin(struct core *, size_t max);
/* The model has read or changed this file, by the name that it gave: the words
 * of its folders that were not told are told now. */
void	instructions_below(struct core *, const char *path);
/* Each line of the journal: what was told, and what is gone. */
void	instructions_event(struct core *, const cJSON *event);

#endif
