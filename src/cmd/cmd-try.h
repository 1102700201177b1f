/*
 * cmd-try: a session without a model, for `try` and `apply`: the user's command
 * makes the changes, and the user or the command line decides.
 */
#ifndef ASSENT_CMD_CMD_TRY_H
#define ASSENT_CMD_CMD_TRY_H

#include <cjson/cJSON.h>

#include "cmd/select.h"
#include "cmd/cmd.h"
#include "cmd/headless.h"
#include "cmd/setup.h"

/* Check that --approve, --accept and the like can be combined, for the command
 * `name`. *choose is what the latter select, or NULL. -1 with *e. */
int	try_check(const struct cmd_args *, const char *name, struct select **,
	    struct err *);
/* Its start object, without the command. Sets in the options who answers; their
 * `choose` must be set. */
cJSON	*try_start(const struct setup *, const struct cmd_args *,
	    struct headless_options *);
/* Run it; the exit code. */
int	try_run(const struct headless_options *, cJSON *start_take,
	    struct headless_result *);

#endif
