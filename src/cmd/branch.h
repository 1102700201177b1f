/* branch: --branch and --commit, of `exec` and of the screen. */
#ifndef ASSENT_CMD_BRANCH_H
#define ASSENT_CMD_BRANCH_H

#include "cmd/cmd.h"
#include "front/commit-run.h"

/* When to commit. 0, or the exit code after printing the error. */
int	branch_when(const struct cmd_args *, enum commit_when *);
/* Switch the checkout to the new branch; says when to commit. 0, or the exit
 * code after printing git's words. */
int	branch_switch(const struct cmd_args *, const char *root,
	    enum commit_when *);

#endif
