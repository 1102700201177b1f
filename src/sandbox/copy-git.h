/*
 * copy-git: the project's repository, and those in it, in a copy that isn't
 * mounted (level C): a folder of symlinks to the parts of the real one, which
 * landlock lets commands read. git writes HEAD and locks beside the links, and
 * those are removed after the call; writing through a link is refused.
 */
#ifndef ASSENT_SANDBOX_COPY_GIT_H
#define ASSENT_SANDBOX_COPY_GIT_H

#include "sandbox/request.h"

/* Before the payload is confined. Best effort: without it git finds no
 * repository. */
void	copy_git_show(const struct request *);
/* After the call's last process has ended. */
void	copy_git_remove(const struct request *);

#endif
