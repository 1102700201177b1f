/*
 * project-context: what the model is told about the project in advance: its
 * instruction files, a map of its folders, and a possible success check. It is
 * read at the start of a task and journaled as a line of type `project`.
 * Prompts are built from the last such line, so they are a function of the
 * journal and don't change within a task.
 */
#ifndef ASSENT_CORE_PROJECT_PROJECT_CONTEXT_H
#define ASSENT_CORE_PROJECT_PROJECT_CONTEXT_H

#include <stddef.h>

#include <cjson/cJSON.h>

#include "core/project/map.h"

struct core;

/* A task begins: read the context again, and journal it if it differs from the
 * last line. The map stays as first read, until the conversation starts anew
 * (project.due). */
void	project_context_take(struct core *);
/* The project's main names (symbols.c): journal them, and send them with the
 * map from now on. */
void	project_context_symbols(struct core *, const char *text);
/* Limit on the whole context, in bytes, at 3 per token. */
size_t	project_context_all(const struct core *);
/* Limit on the map in bytes, and on the names, each. */
size_t	project_context_room(const struct core *);
/* Call it for each file that is neither hidden nor a build product. */
void	project_context_files_each(struct core *, map_found, void *arg);
/* Read a line of an old journal; only `project` counts. */
void	project_context_recall(struct core *, const cJSON *line);

#endif
