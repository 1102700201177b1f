/* data-dir: $XDG_DATA_HOME/assent, or ~/.local/share/assent: what the user may
 * want to keep, clones and worktrees. */
#ifndef ASSENT_FRONT_DATA_DIR_H
#define ASSENT_FRONT_DATA_DIR_H

#include "base/err.h"

/* A folder in it, existing or not; malloc'ed. NULL with *e without a home,
 * or if somebody else could write there. */
char	*data_dir(const char *below, struct err *);

#endif
