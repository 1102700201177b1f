/*
 * copy-git: the project's repository, and those in it, in a copy that isn't
 * mounted (level C): a folder of symlinks to the parts of the real one, which
 * landlock lets commands read. git writes HEAD and locks beside the links, and those go with
 * the call; anything that it would write through them is refused.
 */
#ifndef ASSENT_SANDBOX_WORKER_COPY_GIT_H
#define ASSENT_SANDBOX_WORKER_COPY_GIT_H

#include "sandbox/shared/request.h"

/* Before the payload is confined. Best effort: without it git finds no
 * repository. */
void	copy_git_show(const struct request *);
/* When everything of the call is dead. */
void	copy_git_remove(const struct request *);

#endif
