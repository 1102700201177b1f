/* git-state: where a work tree's HEAD is, and whether a merge, rebase or the like
 * is under way there. */
#ifndef ASSENT_GIT_GIT_STATE_H
#define ASSENT_GIT_GIT_STATE_H

#include <stdbool.h>

#include "base/err.h"

/* HEAD's commit (NULL: the branch is unborn) and branch (NULL: detached); both
 * malloc'ed. */
int	git_state_head(const char *dir, char **head, char **ref, struct err *);
/* How messages name that branch: "main", "no branch". */
const char *git_state_branch(const char *ref);
/* Is there a branch of this name? */
bool	git_state_has_branch(const char *dir, const char *name);
/* A path in git's folder, such as "index"; malloc'ed, absolute. NULL with *e. */
char	*git_state_path(const char *dir, const char *name, struct err *);
bool	git_state_has(const char *dir, const char *name);
/* -1 with *e if no folder above is a git repository; then git's own words would
 * be about its environment. */
int	git_state_repository(const char *dir, struct err *);
/* What is in progress, such as "a merge"; NULL: nothing, or *e is set. */
const char *git_state_busy(const char *dir, struct err *);
/* Is a rebase stopped at an `edit` or `break`, where its user may commit? */
bool	git_state_at_edit(const char *dir);
/* -1 with *e if something is, or that can't be said. */
int	git_state_idle(const char *dir, struct err *);

#endif
