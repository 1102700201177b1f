/*
 * commit-side: contents as git keeps them. Everything is compared and merged in
 * that form, so that line endings, filters and LFS are git's business alone.
 */
#ifndef ASSENT_CMD_COMMIT_COMMIT_SIDE_H
#define ASSENT_CMD_COMMIT_COMMIT_SIDE_H

#include "cmd/commit/commit-plan.h"

/* HEAD's and the index's sides of all files of the plan. */
int	commit_side_load(struct commit_plan *, struct err *);
/* That of an applied change or the work tree, whose content is in the scratch
 * folder. */
int	commit_side_stored(struct commit_plan *, struct commit_file *,
	    const struct fold_side *, struct commit_side *, struct err *);
/* Apply to `ours` what changed from `base` to `theirs`. 1; 0: both changed the
 * same lines; -1 with *e. */
int	commit_side_merge(const struct commit_plan *,
	    const struct commit_side *base, const struct commit_side *ours,
	    const struct commit_side *theirs, struct commit_side *out,
	    struct err *);
/* After a merge that was 0: the first line of the conflict in the file as it is
 * in the work tree; 0: not known. */
size_t	commit_side_conflict(const struct commit_plan *,
	    const struct commit_side *work);

#endif
