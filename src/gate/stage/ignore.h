/*
 * ignore: what git would not look at, by the rules of the real tree: .gitignore
 * files and info/exclude are read by us (libgit2 drops a "!" rule that undoes a
 * rule of another file), libgit2 tells which paths are tracked.  Those are
 * never ignored.  The user's repository is only read.
 */
#ifndef ASSENT_GATE_STAGE_IGNORE_H
#define ASSENT_GATE_STAGE_IGNORE_H

#include <stdbool.h>

#include "base/err.h"

struct ignore;

struct ignore *ignore_new(const char *root, struct err *);
void	ignore_free(struct ignore *);
bool	ignore_match(struct ignore *, const char *path, bool is_dir);
/* Git's index knows it, or (a folder) something below it. */
bool	ignore_has_tracked(struct ignore *, const char *path, bool is_dir);
/* From here on the rules and the index are as they are now; or (false) as they
 * are whenever they are asked for. */
void	ignore_hold(struct ignore *, bool hold);
bool	ignore_is_held(const struct ignore *);
/* The folder below the real `root` whose files the repository's config makes
 * git's hooks, relative; malloc'ed, or NULL. */
char	*ignore_hooks(const struct ignore *, const char *root);
/* A sentence when git's own answer cannot be had, or NULL. Borrowed. */
const char *ignore_note(const struct ignore *);

#endif
