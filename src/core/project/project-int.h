/* Shared by the files of this folder. */
#ifndef ASSENT_CORE_PROJECT_INT_H
#define ASSENT_CORE_PROJECT_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "core/project/project.h"
#include "policy/mask.h"

struct event;
struct ev_instruction;

/* ---- project.c ---- */

/* Limits in bytes: on the whole context; on the map, and twice that on the map and
 * the names together. */
size_t	project_context_max(const struct core *);
size_t	project_map_max(const struct core *);
/* The map, malloc'ed; unless it is NULL, `found` is called for each file that is
 * neither hidden nor a build product. */
char	*project_map(struct core *, map_found found, void *arg);
/* The project's main names (tags.c): journal them, and send them with the map
 * from now on. */
void	project_context_symbols(struct core *, const char *text);

/* ---- instructions.c ---- */

struct instructions {
	struct core	*core;
	struct event	*e;		/* has the texts */
	struct mask_list secrets;
	struct ev_instruction *files;	/* in their order, the nearest last */
	size_t		 len;
	const char	*reached;	/* the path that the work has reached;
					   NULL: all are read */
	size_t		 left;		/* remaining bytes */
	int		 imports;	/* imports followed */
};

/* The bytes that the files may have. */
size_t	instructions_max(const struct core *);
/* Add the user's to the event, and its project's to the list. */
void	instructions_begin(struct instructions *, struct ev_instruction *user);
void	instructions_release(struct instructions *);
void	instructions_line(struct core *, const struct event *);

/*
 * Facts of an inspection (inspect.c). `args`: add its arguments, if it has to
 * look; `found`: its output, NULL if it failed; `drop`: go on without; `tell`:
 * before a request, tell the model if it is due.
 */

bool	environment_args(struct core *, cJSON *args);
void	environment_found(struct core *, const char *out, size_t n);
void	environment_drop(struct core *);
void	environment_tell(struct core *);
void	environment_told(struct core *, const struct event *);

bool	symbols_args(struct core *, cJSON *args, int64_t *ms);
void	symbols_found(struct core *, const char *out, size_t n);
void	symbols_drop(struct core *);
void	symbols_tell(struct core *);

#endif
