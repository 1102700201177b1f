/*
 * mine: may a file speak for the user?  Only if nobody but the user and root can
 * change it; ssh(1) has the same rule.
 */
#ifndef ASSENT_BASE_MINE_H
#define ASSENT_BASE_MINE_H

#include "base/err.h"

/* -1, with what is wrong and the command that fixes it, if somebody else owns or
 * can write the file or folder `path`, a folder above it, or one that a link on
 * the way leads through.  What doesn't exist is nobody's.  The folders above the
 * user's home are the system's, and aren't looked at. */
int	mine_check(const char *path, struct err *);
/* The same of each entry of a folder, if there is one. */
int	mine_check_entries(const char *dir, struct err *);

#endif
