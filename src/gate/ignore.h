/*
 * ignore: what git ignores, by the rules of the real tree. We read .gitignore
 * files and info/exclude ourselves (libgit2 drops a "!" rule that cancels
 * another file's rule); libgit2 tells which paths are tracked. Those are never
 * ignored. The user's repository is only read.
 */
#ifndef ASSENT_GATE_IGNORE_H
#define ASSENT_GATE_IGNORE_H

#include <stdbool.h>

#include "base/err.h"

struct buf;
struct ignore;

/*
 * Append such an index of these paths (NULL-terminated, below the work tree's
 * folder `prefix`, "" or "a/"). Entries whose file changed at or after the
 * second `time`, that of the index file, are marked as to be compared, since the
 * new file's time doesn't say so. False: none of them is tracked, or the index
 * can't be written in this form.
 */

struct ignore *ignore_new(const char *root, struct err *);
void	ignore_free(struct ignore *);
bool	ignore_match(struct ignore *, const char *path, bool is_dir);
/* Git's index contains it, or (a folder) something below it. */
bool	ignore_has_tracked(struct ignore *, const char *path, bool is_dir);
/* Append the index with these paths hidden (index_hide); its path, malloc'ed, or
 * NULL: there is nothing to hide. */
char	*ignore_index_hide(struct ignore *, const char *const *paths,
	    struct buf *);
/* Freeze the rules and the index as they are now; or (false) read them on each
 * request again. */
void	ignore_hold(struct ignore *, bool hold);
bool	ignore_is_held(const struct ignore *);
/* The repository's HEAD commit when it was opened, as hex, or NULL. Borrowed. */
const char *ignore_head(const struct ignore *);
/* A message if git's own answer isn't available, or NULL. Borrowed. */
const char *ignore_note(const struct ignore *);

#endif
