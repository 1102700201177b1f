/* Shared by the files of start. */
#ifndef ASSENT_CORE_START_INT_H
#define ASSENT_CORE_START_INT_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "core/main/start.h"

bool	start_in_container(const struct core *);
/* Start the self-test, and settle what commands may see. A session that is
 * resumed (`gone` isn't NULL) does without an image that is gone: *gone says so. */
int	start_sandbox_begin(struct core *, char **gone, struct err *);
/* Wait for it: the level. */
int	start_sandbox(struct core *, bool resumed, struct err *);
/* The level of a new session's sandbox, and its copy. */
int	start_stage(struct core *, struct err *);

#endif
