/*
 * host-path: resolves a user's path, unless the project controls where it
 * leads; and lists a folder, for tables of names that mostly aren't there. A symlink among the project's files must not choose what is shown of
 * the home, or what runs outside the sandbox.
 */
#ifndef ASSENT_SANDBOX_HOST_PATH_H
#define ASSENT_SANDBOX_HOST_PATH_H

#include <stdbool.h>
#include <stddef.h>

/* As realpath(3), malloc'ed; also NULL if any step of the way is in `root`, a
 * real path (NULL: there is no project). */
char	*host_path_real(const char *path, const char *root);

struct host_names {
	char	**v;		/* sorted */
	size_t	 len;
	bool	 unknown;	/* it can't be listed: any may be there */
};
void	host_names_read(struct host_names *, const char *dir);
void	host_names_release(struct host_names *);
/* May the folder have the first component of this relative path? */
bool	host_names_have(const struct host_names *, const char *path);

#endif
