/*
 * gitlink: finds the repository of a linked worktree or a submodule, whose
 * `.git` is a file that points out of the project.
 */
#ifndef ASSENT_SANDBOX_GITLINK_H
#define ASSENT_SANDBOX_GITLINK_H

#include <stddef.h>

/*
 * *dirs gets up to two malloc'ed folders to show read-only: the git folder and
 * the common one. Only those that point back at this project count, so that a
 * hostile `.git` file can't expose another repository. Returns how many.
 */
size_t	gitlink_find(const char *root, char *dirs[2]);

#endif
