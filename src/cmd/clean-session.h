/* clean-session: `assent try --clean`. */
#ifndef ASSENT_CMD_CLEAN_SESSION_H
#define ASSENT_CMD_CLEAN_SESSION_H

#include "cmd/cmd.h"

/* The exit code. */
int	clean_session_session(const struct cmd_args *);

#endif
