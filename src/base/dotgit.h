/*
 * dotgit: does git or some file system treat a name as ".git"? The stage, the
 * gate, the policy and the tools all ask here. The table is git's own
 * (is_ntfs_dotgit and is_hfs_dotgit in its tool-run.c and utf8.c).
 */
#ifndef ASSENT_BASE_DOTGIT_H
#define ASSENT_BASE_DOTGIT_H

#include <stdbool.h>

/* Is one of the path's components ".git" in any case, with code points that
 * file systems ignore, with trailing dots and spaces, or with a stream name
 * (".git::$INDEX_ALLOCATION"); its short name ("git~1"); or one of these
 * between backslashes, which separate folders on other systems? */
bool	dotgit_in_path(const char *path);

#endif
