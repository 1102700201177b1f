/* doctor --live: the configured model is asked for real. */
#ifndef ASSENT_CMD_DOCTOR_LIVE_H
#define ASSENT_CMD_DOCTOR_LIVE_H

#include "cmd/cmd.h"

/* Ask whether to (unless --yes), run the trials, print what came of them; the exit
 * code: EXIT_UNPROVEN if one did not work, or the session's own. */
int	doctor_live_run(const struct cmd_args *);

#endif
