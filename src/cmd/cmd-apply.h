/*
 * cmd-apply: reviews one patch or proposal, for `apply` and `decide --from`,
 * and what is checked before git gets it.
 */
#ifndef ASSENT_CMD_CMD_APPLY_H
#define ASSENT_CMD_CMD_APPLY_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "cmd/cmd.h"
#include "cmd/headless.h"

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

/* ---- decide-from.c ---- */
/* `decide --from`: each proposal in a folder; the exit code. */
int	decide_from(const struct cmd_args *);

#endif
