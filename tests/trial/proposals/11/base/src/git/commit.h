/*
 * commit: what `assent commit` is to commit, and where (commit-plan.c). As JSON
 * it is what the journal keeps before anything changes (commit_begin), so that
 * another assent can end what this one began.
 */
#ifndef ASSENT_GIT_COMMIT_H
#define ASSENT_GIT_COMMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

struct commit_plan {
	char		*root;		/* the project */
	char		*top, *prefix;	/* the work tree; of the root in it */
	char		*index;		/* the user's index file, */
	struct stat	 index_was;	/* as it was first; 0: there was none */
	char		*scratch;	/* a folder of the session */
	char		*head;		/* NULL: the branch is unborn */
	char		*ref;		/* NULL: detached */
	char		*tree;		/* to be committed */
	bool		 amend;
	bool		 filemode;	/* git looks at the executable bit */
	struct buf	 hooked;	/* what a hook has added, in a line */
};

/* Contents are compared as git keeps them, so that line endings, filters and LFS
 * are git's business alone. Git runs as often for a thousand files as for one,
 * unless it has to filter their contents. */
static inline bool
commit_side_equal(const struct commit_side *a, const struct commit_side *b)
{
	return a->mode == b->mode && (a->mode == 0 ||
	    strcmp(a->oid, b->oid) == 0);
}

/* What all files of the plan are in HEAD, in the index and in the work tree; which
 * git ignores, and which are in a submodule. */
int	commit_files_find(struct commit_plan *, struct err *);
/* What they are in the commit. */
int	commit_files_merge(struct commit_plan *, const char *dir,
	    struct err *);
/* The files of `now` were `head`, and `want` is in the commit: say what a hook has
 * changed, and make `head` what is in the index, `want` what will be. */
int	commit_files_after(struct commit_plan *, struct commit_plan *now,
	    struct err *);

