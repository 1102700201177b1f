/*
 * remote: which remote and branch of the user's repository others' work is on,
 * as far as the repository knows without asking a server.
 */
#ifndef ASSENT_GIT_REMOTE_H
#define ASSENT_GIT_REMOTE_H

#include "base/err.h"

/* The remote that `git push` would choose for this branch (NULL: any), else the
 * only one, else origin; malloc'ed. */
char	*git_remote_find(const char *dir, const char *branch, struct err *);
/* The remote's default branch, as refs/remotes/REMOTE/NAME, malloc'ed; NULL if
 * it isn't known. */
char	*git_remote_head(const char *dir, const char *remote);
/* The branch's name in such a ref. */
const char *git_remote_branch(const char *ref, const char *remote);

#endif
