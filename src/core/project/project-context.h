/*
 * project-context: what the model is told of the project before it looks for
 * itself: the
 * words of its instruction files, a map of its folders, and which command may
 * show success.  It is read when a task begins and stands in the journal as a
 * line of type `project`; prompts are made from the last such line, so that they
 * are a function of the journal and do not change within a task.
 */
#ifndef ASSENT_CORE_PROJECT_PROJECT_CONTEXT_H
#define ASSENT_CORE_PROJECT_PROJECT_CONTEXT_H

#include <stddef.h>

#include <cjson/cJSON.h>

#include "core/project/map.h"

struct core;

/* A task begins: read anew, and journaled if that is not what the last line
 * says.  The map stays as it was read first, until project_context_renew. */
void	project_context_take(struct core *);
/* The model is to know nothing of the past: the map too is read anew. */
void	project_context_renew(struct core *);
/* What the project's main names are (symbols.c): journaled, and told from now
 * on with the map. */
void	project_context_symbols(struct core *, const char *text);
/* The bytes that all of it may have, at three a token. */
size_t	project_context_all(const struct core *);
/* The bytes that the map may have, and the names again. */
size_t	project_context_room(const struct core *);
/* Each file that is neither hidden nor a build product. */
void	project_context_files_each(struct core *, map_found, void *arg);
/* A line of an old journal; others than `project` are skipped. */
void	project_context_recall(struct core *, const cJSON *line);
/* What may show success, or NULL; borrowed from the last line. */
const char *project_context_check(const struct core *);

#endif
