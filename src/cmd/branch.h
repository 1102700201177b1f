/* branch: --branch and --commit, of `exec` and of the screen. */
#ifndef ASSENT_CMD_BRANCH_H
#define ASSENT_CMD_BRANCH_H

#include "cmd/cmd.h"
#include "front/commit-run.h"

/* Switch the checkout to the new branch; says when to commit. 0, or the exit
 * code after printing git's words. */
int	branch_switch(const struct cmd_args *, const char *root,
	    enum commit_when *);

#endif
