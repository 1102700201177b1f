/*
 * index-hide: git's index, as the sandbox shows it. Files that are hidden there
 * are marked as not checked out (skip-worktree), so that `git diff` and `git
 * status` neither fail on them nor report them as changed or deleted.
 */
#ifndef ASSENT_GATE_INDEX_HIDE_H
#define ASSENT_GATE_INDEX_HIDE_H

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct git_index;

/*
 * Append such an index of these paths (NULL-terminated, below the work tree's
 * folder `prefix`, "" or "a/"). Entries whose file changed at or after the
 * second `time`, that of the index file, are marked as to be compared, since the
 * new file's time doesn't say so. False: none of them is tracked, or the index
 * can't be written in this form.
 */
bool	index_hide(struct git_index *, const char *prefix,
	    const char *const *paths, int64_t time, struct buf *);

#endif
