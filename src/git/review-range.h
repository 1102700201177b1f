/*
 * review-range: which change `assent review` shows that isn't in the work tree:
 * what is staged, a commit, a range, a branch or a pull request, as two commits
 * to compare. Only a pull request is fetched; nothing is checked out.
 */
#ifndef ASSENT_GIT_REVIEW_RANGE_H
#define ASSENT_GIT_REVIEW_RANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct pathmap;

#define REVIEW_PULL_REF	"refs/assent/pr/"	/* and the number: where it is
						   fetched to */

struct review_ask {
	const char	*root;		/* the project's */
	const char	*name;		/* COMMIT, A..B, A...B or BRANCH; or
					   NULL */
	const char	*pull;		/* number of a pull request, or NULL */
	const char	*base;		/* of --base, or NULL: the usual one */
	bool		 staged;
	bool		 is_path;	/* a file has this name: don't look for
					   a branch that only the remote has */
};

struct review_range {
	char	*from;		/* id of a commit, or of a tree */
	char	*to;		/* the same; NULL: the index */
	char	*words;		/* "commit 0123abcd against ..." */
	char	*ref;		/* of a pull request that was fetched; NULL */
};

/* 1; 0: there is no commit, range or branch of that name. -1 with *e. Before
 * a pull request is fetched it says so. */
int	review_range_find(struct review_range *, const struct review_ask *,
	    struct err *);
void	review_range_release(struct review_range *);
/* -1 with *e if nothing differs in these paths as seen from the folder (none: all
 * of it). */
int	review_range_differs(const struct review_range *, const char *dir,
	    const char *const *paths, size_t n, struct err *);
/* Remove the ref of a pull request, if it is still at this commit. */
void	review_range_drop(const char *root, const char *ref,
	    const char *commit);
/* Remove those refs of pull requests that aren't `named`. */
void	review_range_sweep(const char *root, const struct pathmap *named);

#endif
