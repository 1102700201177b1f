/* clean: `assent try --clean`. */
#ifndef ASSENT_CMD_CLEAN_H
#define ASSENT_CMD_CLEAN_H

#include "cmd/cmd.h"

/* The exit code. */
int	clean_session(const struct cmd_args *);

#endif
