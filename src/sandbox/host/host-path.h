/*
 * host-path: where a path of the user's leads to, if the project has no say in
 * it.  What is shown of the home, and run outside of any sandbox, must not be
 * chosen by a symlink among the project's files.
 */
#ifndef ASSENT_SANDBOX_HOST_HOST_PATH_H
#define ASSENT_SANDBOX_HOST_HOST_PATH_H

/* As realpath(3), malloc'ed; NULL also if any step of the way lies in `root`,
 * a real path (NULL: there is no project). */
char	*host_path_real(const char *path, const char *root);

#endif
