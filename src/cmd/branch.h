/* branch: --branch and --commit, of `exec` and of the screen. */
#ifndef ASSENT_CMD_BRANCH_H
#define ASSENT_CMD_BRANCH_H

#include "cmd/cmd.h"
#include "front/commit-run.h"

struct branch {
	enum commit_when when;		/* to commit */
	const char	*name;		/* only there; NULL: anywhere.
					   Borrowed */
};

/* What the options say. 0, or the exit code after printing the error. */
int	branch_parse(struct branch *, const struct cmd_args *);
/* Is --branch a new one, or `made` (NULL: none) by an earlier run that did nothing
 * else? 0, or the exit code after printing the error. */
int	branch_check(const struct cmd_args *, const char *root,
	    const char *made);
/* After that: switch the checkout to it. The same, or git's words. */
int	branch_switch(const struct cmd_args *, const char *root);
/* In the start object, for who attaches later; and from there. */
void	branch_add(const struct branch *, cJSON *start);
void	branch_read(struct branch *, const cJSON *start);

#endif
