/*
 * commit-select: which content each file gets in the commit: HEAD's with the
 * applied changes that are still in the work tree, and nothing else.
 */
#ifndef ASSENT_GIT_COMMIT_SELECT_H
#define ASSENT_GIT_COMMIT_SELECT_H

#include "git/commit-plan.h"

/* The files of the session's applied changes that aren't committed: only of
 * these changes, words like "3" or "3-5", and only those that these of git's
 * pathspecs match, as seen from the current directory; without one, all. */
int	commit_select_files(struct commit_plan *, const struct fold *,
	    const char *const *changes, size_t changes_len,
	    const char *const *paths, size_t paths_len, struct err *);
/* The hashes of their contents, for `assent-core contents`; the caller
 * deletes. */
cJSON	*commit_select_hashes(const struct commit_plan *);
/* With those in the scratch folder: fill in the sides. Files without anything
 * to commit leave the plan; `stuck` names those that can't be separated from
 * the user's own lines (`whole`: they are committed as they are), `left` those
 * that don't belong to this repository or that git ignores. */
int	commit_select_sides(struct commit_plan *, bool whole, struct err *);

#endif
