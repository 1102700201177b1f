/*
 * commit-blobs: asks git about all files at once, so that it runs as often for a
 * thousand files as for one.
 */
#ifndef ASSENT_GIT_COMMIT_BLOBS_H
#define ASSENT_GIT_COMMIT_BLOBS_H

#include "git/commit-plan.h"

/* Read the work tree's files into the scratch folder (file->work), find which
 * have a filter, which git ignores and which are in a submodule, and store the
 * contents there as they are. */
int	commit_blobs_load(struct commit_plan *, struct err *);
/* The content of that name in the scratch folder, unless git has to convert it
 * for this file; else NULL. */
const char *commit_blobs_find(const struct commit_plan *,
	    const struct commit_file *, const struct fold_side *);

#endif
