/*
 * toolchain: what of the home is shown read-only: the table of toolchains that
 * people install there, and what the user names.  Used by the worker to show
 * them, and by the core to name them and to check the user's list.
 */
#ifndef ASSENT_SANDBOX_HOST_TOOLCHAIN_H
#define ASSENT_SANDBOX_HOST_TOOLCHAIN_H

#include <stdbool.h>

#include "base/err.h"

/* One folder that is shown read-only, or one file in it that is masked; the
 * path is borrowed. */
typedef void toolchain_cb(void *arg, const char *path, bool is_mask);

/* Where to look: all absolute, each may be NULL. */
struct toolchain_where {
	const char		*home;
	const char		*path;	/* a PATH */
	const char		*root;	/* symlinks of the project count not */
	const char *const	*more;	/* NULL-terminated: shown as they are */
};

/* For each toolchain of which an entry of PATH, or what a symlink in such an
 * entry leads to, lies under the home; and for each of `more`. The same path
 * may come twice. */
void	toolchain_each(const struct toolchain_where *, toolchain_cb *,
	    void *arg);

/* Variables that name a toolchain's folder, for who has another home than that
 * in which the toolchain is; only for folders that are there. */
typedef void toolchain_variable_cb(void *arg, const char *name,
	    const char *path);
void	toolchain_variables(const char *home, toolchain_variable_cb *,
	    void *arg);

/* Does this lie in, or hold, what keys and credentials are kept in, by the
 * table of such places? Both absolute. */
bool	toolchain_is_private(const char *home, const char *path);

/* A path as the user writes it (absolute, below the home, with or without
 * "~/"), made absolute; NULL with the reason if it may not be shown. `own` are
 * assent's folders, NULL-terminated. */
char	*toolchain_resolve(const char *home, const char *const *own,
	    const char *text, struct err *);

#endif
