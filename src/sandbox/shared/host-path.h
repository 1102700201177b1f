/*
 * host-path: resolves a user's path, unless the project controls where it
 * leads. A symlink among the project's files must not choose what is shown of
 * the home, or what runs outside the sandbox.
 */
#ifndef ASSENT_SANDBOX_SHARED_HOST_PATH_H
#define ASSENT_SANDBOX_SHARED_HOST_PATH_H

/* As realpath(3), malloc'ed; also NULL if any step of the way is in `root`, a
 * real path (NULL: there is no project). */
char	*host_path_real(const char *path, const char *root);

#endif
