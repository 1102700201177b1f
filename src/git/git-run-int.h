/* git-run-int: what git-run.c and git-shown.c share. */
#ifndef ASSENT_GIT_GIT_RUN_INT_H
#define ASSENT_GIT_GIT_RUN_INT_H

#include <sys/types.h>

#include "git/git-run.h"

/* The settings to override: none where the repository is trusted. */
int	git_find_keys(const struct git_run *, struct git_keys *, struct err *);
void	git_keys_release(struct git_keys *);
/* In the child, which has one thread. All calls of git come through here. */
_Noreturn void git_exec(const struct git_run *, const struct git_keys *off,
	    const char *const *args, bool plumbing);
/* Wait for git: its exit status, or -1. */
int	git_wait(const struct git_run *, pid_t, struct err *);
/* Its standard input; -1 with errno. */
int	git_input(const struct git_run *);

#endif
