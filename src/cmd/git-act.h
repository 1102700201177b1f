/*
 * git-act: what the user's own git does for them outside the sandbox, with
 * their terminal, settings, hooks and signing, because they said so: in a
 * session's journal before it begins and when it has ended.
 */
#ifndef ASSENT_CMD_GIT_ACT_H
#define ASSENT_CMD_GIT_ACT_H

#include "cmd/commit-journal.h"

struct git_act {
	const char		*what;		/* "merge" */
	const char		*dir;		/* where git runs */
	const char *const	*args;		/* ended by NULL */
	const char		*program;	/* NULL: git. Another one gets
						   no terminal */
	const struct buf	*in;		/* its standard input, ... */
	struct buf		*out;		/* ... and output: the first
						   line is an address, if it is
						   one */
};

/* Its exit status; -1 with *e if it couldn't be run or recorded. */
int	git_act(struct commit_journal *, const struct git_act *, struct err *);

#endif
