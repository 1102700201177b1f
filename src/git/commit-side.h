/*
 * commit-side: contents as git keeps them. Everything is compared and merged in
 * that form, so that line endings, filters and LFS are git's business alone.
 */
#ifndef ASSENT_GIT_COMMIT_SIDE_H
#define ASSENT_GIT_COMMIT_SIDE_H

#include "git/commit-plan.h"

/* HEAD's and the index's sides of all files of the plan. */
int	commit_side_load(struct commit_plan *, struct err *);
/* Read the work tree's files into the scratch folder (file->work), find which
 * have a filter, which git ignores and which are in a submodule, and store the
 * contents there as they are. Git runs as often for a thousand files as for
 * one. */
int	commit_side_load_work(struct commit_plan *, struct err *);
/* That of an applied change or the work tree, whose content is in the scratch
 * folder. */
int	commit_side_stored(struct commit_plan *, struct commit_file *,
	    const struct fold_side *, struct commit_side *, struct err *);
/* Put into `ours` the hunks from `base` to `theirs` whose lines it hasn't
 * changed; or, if `there`, into `base` those that `ours` has as they are. The
 * others are left out: *some. 1; 0: it isn't text; -1 with *e. */
int	commit_side_merge(const struct commit_plan *,
	    const struct commit_side *base, const struct commit_side *ours,
	    const struct commit_side *theirs, bool there, bool *some,
	    struct commit_side *out, struct err *);
/* Append the lines, in `work`, of what was applied between `before` and `after`
 * and isn't in `want`: "9, 12-14". */
int	commit_side_left(const struct commit_plan *,
	    const struct commit_side *before, const struct commit_side *after,
	    const struct commit_side *want, const struct commit_side *work,
	    struct buf *lines, struct err *);

#endif
