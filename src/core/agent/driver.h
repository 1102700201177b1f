/*
 * driver: driver_step looks at the state and starts the next step. It runs
 * after every event, and does nothing while something runs or a question to the
 * user is open. The order of its tests is the policy. Also here: the end of a
 * task.
 */
#ifndef ASSENT_CORE_DRIVER_H
#define ASSENT_CORE_DRIVER_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "gate/stage.h"

struct core;

void	driver_step(struct core *);
#define DRIVER_SIGNAL "signal"	/* no client, nor the user */
/* Client command: stop everything, keep what is staged, and end the core. */
int	driver_end(struct core *, const cJSON *command, const char *client,
	    struct err *);
/* A client has left; `first`: it is the one that began the session. */
void	driver_client_gone(struct core *, bool first);

/*
 * changes: what was applied in the task.
 */

struct changes_op {
	char			*path;
	const char		*other;		/* name of a renamed file: path of
						   its op, or NULL */
	struct stage_side	 before, after;	/* without sizes */
	bool			 mixed;		/* several changes, with someone
						   else's in between */
};

/* All files that differ from the beginning of the task: *n malloc'ed ops, by
 * path. Paths are borrowed until the next `applied`. */
struct changes_op *changes_ops(const struct core *, size_t *n);
/* Are there any? */
bool	changes_any(const struct core *);

#endif
