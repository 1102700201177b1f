/*
 * dotgit: is a name ".git" to git or to some file system?  The one answer for
 * the stage, the gate, the policy and the tools; the table is git's own
 * (is_ntfs_dotgit, is_hfs_dotgit in its path.c and utf8.c).
 */
#ifndef ASSENT_BASE_DOTGIT_H
#define ASSENT_BASE_DOTGIT_H

#include <stdbool.h>

/* One name of a path: ".git" in any case, with code points that
 * file systems ignore, with dots and spaces at its end, with a stream's name
 * (".git::$INDEX_ALLOCATION"); its short name ("git~1"); or one of these
 * between backslashes, which part folders on other systems. */
bool	name_is_dot_git(const char *name);
/* Is a name of the path one? */
bool	path_has_dot_git(const char *path);

#endif
