/*
 * gitlink: a linked worktree or a submodule has a `.git` file that points out
 * of the project.
 */
#ifndef ASSENT_SANDBOX_HOST_GITLINK_H
#define ASSENT_SANDBOX_HOST_GITLINK_H

#include <stddef.h>

/*
 * *dirs gets up to two malloc'ed folders to be shown read-only: the git folder
 * and the common one. Only what points back at this project counts, so that a
 * hostile `.git` file cannot show another repository. Returns how many.
 */
size_t	gitlink_find(const char *root, char *dirs[2]);

#endif
