/*
 * cmd-try: a session without a model, as `try` and `apply` run one: a command
 * of
 * the person's does the work, and a person or the command line decides.
 */
#ifndef ASSENT_CMD_CMD_TRY_H
#define ASSENT_CMD_CMD_TRY_H

#include <cjson/cJSON.h>

#include "cmd/select/select.h"
#include "cmd/cmd.h"
#include "cmd/headless/headless.h"
#include "cmd/setup.h"

/* Do --approve, --accept and their like go together, for the command `name`?
 * *choose is what the latter say, or NULL. -1 with *e. */
int	try_check(const struct cmd_args *, const char *name, struct select **,
	    struct err *);
/* Its start object, without what is to be done; who answers is set in the
 * options, whose `choose` is. */
cJSON	*try_start(const struct setup *, const struct cmd_args *,
	    struct headless_options *);
/* Run it; the exit code. */
int	try_run(const struct headless_options *, cJSON *start_take);

#endif
