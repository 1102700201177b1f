/*
 * cmd-apply: reviews one patch or proposal, for `apply` and `decide --from`,
 * and what is checked before git gets it.
 */
#ifndef ASSENT_CMD_CMD_APPLY_H
#define ASSENT_CMD_CMD_APPLY_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "cmd/cmd.h"
#include "cmd/exec.h"
#include "cmd/select.h"

/* Check that --approve, --accept and the like can be combined, for the command
 * `name`. *choose is what the latter select, or NULL. -1 with *e. */
int	try_check(const struct cmd_args *, const char *name, struct select **,
	    struct err *);

struct apply_done {
	bool	 already;	/* it was applied before; then, and if nothing is
				   proposed, there is no session */
	cJSON	*proposal;	/* NULL: it is a patch */
	cJSON	*expect;	/* its files as they should become; or NULL */
};

/* Review it, or choose as the options say; the exit code. */
int	apply_file(const struct cmd_args *, const char *file,
	    struct headless_options *, struct apply_done *,
	    struct headless_result *);
void	apply_done_release(struct apply_done *);

#endif
