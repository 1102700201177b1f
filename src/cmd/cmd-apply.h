/* cmd-apply: for what reviews patches and proposals of others. */
#ifndef ASSENT_CMD_CMD_APPLY_H
#define ASSENT_CMD_CMD_APPLY_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "cmd/cmd.h"
#include "cmd/exec.h"
#include "cmd/select.h"

/* What is known of a file, once it was applied. */
struct apply_done {
	bool	 already;	/* it was applied before; then, and if nothing is
				   proposed, there is no session */
	cJSON	*proposal;	/* NULL: it is a patch */
	cJSON	*expect;	/* its files as they should become; or NULL */
};

void	apply_done_release(struct apply_done *);
/* Review it, or choose as the options say; the exit code. */
int	apply_file(const struct cmd_args *, const char *file,
	    struct headless_options *, struct apply_done *,
	    struct headless_result *);
/* Check that --approve, --accept and the like can be combined, for the command
 * `name`. *choose is what the latter select, or NULL. -1 with *e. */
int	try_check(const struct cmd_args *, const char *name,
	    struct select **choose, struct err *);
/* NULL with *e unless it has the form that the schema says, and names no file
 * outside a project. The caller deletes. */
cJSON	*proposal_parse(const struct buf *, struct err *);

#endif
