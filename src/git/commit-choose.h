/*
 * commit-choose: which part of what was applied is to be committed: changes by
 * their numbers, files by git's pathspecs.
 */
#ifndef ASSENT_GIT_COMMIT_CHOOSE_H
#define ASSENT_GIT_COMMIT_CHOOSE_H

#include <stdbool.h>
#include <stddef.h>

#include "git/commit-plan.h"

/* Only these changes: words like "3" or "3-5". Without one, all. */
int	commit_choose_changes(struct commit_plan *, const struct fold *,
	    const char *const *words, size_t n, struct err *);
/* Is that change one of them? */
bool	commit_choose_has(const struct commit_plan *, int64_t tx);
/* This other one belongs to them. */
void	commit_choose_need(struct commit_plan *, int64_t tx);
/* Of the plan's files, keep those that the pathspecs match, as seen from the
 * current directory. */
int	commit_choose_files(struct commit_plan *, const char *const *paths,
	    size_t n, struct err *);

#endif
