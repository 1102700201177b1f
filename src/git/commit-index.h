/*
 * commit-index: the temporary index that git commits from, and the user's own,
 * which gets the same lines after. As with git commit -a, index.lock is there
 * from before HEAD moves: nobody else can commit or stage meanwhile.
 */
#ifndef ASSENT_GIT_COMMIT_INDEX_H
#define ASSENT_GIT_COMMIT_INDEX_H

#include <stdbool.h>
#include <stddef.h>

#include "git/commit-plan.h"

/* Write it into the scratch folder; sets plan->tree. 1; 0: the tree is HEAD's,
 * there is nothing to commit. */
int	commit_index_build(struct commit_plan *, struct err *);
/* The index that git commits from; malloc'ed. */
char	*commit_index_path(const struct commit_plan *);
/* Take index.lock. Fails if somebody has it, or has changed
 * index or HEAD since commit_index_build. */
int	commit_index_lock(const struct commit_plan *, struct err *);
/* After git with this exit status (-1: not known): if HEAD has moved, *commit is
 * the new one (malloc'ed) and the user's index gets its lines; else NULL, and the
 * lock is gone. Also for a lock that a dead assent has left. */
int	commit_index_finish(const struct commit_plan *, int status,
	    char **commit, struct err *);
/* The files that git says are in the commit, with those that a hook added. */
size_t	commit_index_count(const struct commit_plan *, const char *commit);

#endif
