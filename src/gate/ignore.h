/*
 * ignore: what git would not look at, by the rules of the real tree: .gitignore
 * files and info/exclude are read by us (libgit2 drops a "!" rule that undoes a
 * rule of another file), libgit2 tells which paths are tracked.  Those are
 * never ignored.  The user's repository is only read.
 */
#ifndef ASSENT_GATE_IGNORE_H
#define ASSENT_GATE_IGNORE_H

#include <stdbool.h>

#include "base/err.h"

struct ignore;

struct ignore *ignore_new(const char *root, struct err *);
void	ignore_free(struct ignore *);
bool	ignore_match(struct ignore *, const char *path, bool is_dir);
/* The folder below the real `root` whose files the repository's config makes
 * git's hooks, relative; malloc'ed, or NULL. */
char	*ignore_hooks(const struct ignore *, const char *root);
/* A sentence when git's own answer cannot be had, or NULL. Borrowed. */
const char *ignore_note(const struct ignore *);

#endif
