/* Shared by the files of this folder. */
#ifndef ASSENT_CORE_PROJECT_INT_H
#define ASSENT_CORE_PROJECT_INT_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "core/project/project.h"

/* The limit on the map, in bytes; twice that on the map and the names together. */
size_t	project_map_max(const struct core *);
/* The map, malloc'ed; unless it is NULL, `found` is called for each file that is
 * neither hidden nor ignored. */
char	*project_map(struct core *, map_found found, void *arg);
/* The project's main names (tags.c): journal them, and send them with the map
 * from now on. */
void	project_context_symbols(struct core *, const char *text);

#endif
