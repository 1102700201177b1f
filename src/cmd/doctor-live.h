/* doctor --live: tests the configured model. */
#ifndef ASSENT_CMD_DOCTOR_LIVE_H
#define ASSENT_CMD_DOCTOR_LIVE_H

#include "cmd/cmd.h"

/* Ask for confirmation (unless --yes), run the trials and print the results.
 * The exit code: EXIT_UNPROVEN if one failed, or the session's own. */
int	doctor_live_run(const struct cmd_args *);

#endif
