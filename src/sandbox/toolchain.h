/*
 * toolchain: the parts of the home that are shown read-only: the table of
 * toolchains that people install there, and the user's own list. The worker
 * uses it to show them, the core to list them and to check the user's list.
 */
#ifndef ASSENT_SANDBOX_TOOLCHAIN_H
#define ASSENT_SANDBOX_TOOLCHAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* The program with this name on a PATH, malloc'ed, but none that lies in the
 * project or that it leads to (NULL: there is no project); or NULL. */
char	*host_program(const char *name, const char *path, const char *project);

struct cachedir {
	const char	*path;		/* below the home; NULL: the end */
	const char	*mask[3];	/* below the home: credentials */
};
extern const struct cachedir cachedirs[];

/* The name of the folder for the writes to it, in the stage's "cache";
 * malloc'ed. */
char	*cachedir_layer(const char *path);

/* A folder to show read-only, or a file in it to mask; the path is borrowed. */
typedef void toolchain_cb(void *arg, const char *path, bool is_mask);

/* Where to look: all absolute, each may be NULL. */
struct toolchain_where {
	const char		*home;
	const char		*path;	/* a PATH */
	const char		*root;	/* its symlinks don't count */
	const char *const	*more;	/* NULL-terminated: shown unchanged */
};

/* For each toolchain under the home that an entry of PATH, or a symlink in such
 * an entry, leads to; and for each of `more`. The same path may come twice. */
void	toolchain_each(const struct toolchain_where *, toolchain_cb *,
	    void *arg);

/* Is this path of the home shown, as a toolchain? */
bool	toolchain_shows(const struct toolchain_where *, const char *path);
/* The folder with this file of the home and what it loads: where its node_modules
 * are, or its project, else its own, or itself; malloc'ed. NULL: that is the
 * home. */
char	*toolchain_folder(const char *home, const char *path);

/* A path from the user's list (absolute, or below the home with or without
 * "~/"), made absolute; NULL with the reason if it may not be shown. `own` are
 * assent's folders, NULL-terminated. */
char	*toolchain_resolve(const char *home, const char *const *own,
	    const char *text, struct err *);

#endif
