/*
 * worktrees: git worktrees of assent's own, for tasks that leave the user's
 * checkout alone. They lie in $XDG_DATA_HOME/assent/worktrees/PROJECT/NAME, on
 * the branch assent/NAME. Git's list of worktrees is the record of them, and
 * the file .NAME beside one is the mark of one that is being made or removed. One
 * with the mark, or whose .git leads nowhere, is unfinished: never worked on.
 */
#ifndef ASSENT_GIT_WORKTREES_H
#define ASSENT_GIT_WORKTREES_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/err.h"

struct worktree {
	char	*name;
	char	*dir;			/* real path */
	char	*branch;		/* NULL: none is checked out */
	bool	 is_unfinished;
	bool	 is_known;		/* to git */
};

struct worktree_made {
	char	*main;			/* NULL: none was made */
	char	*dir;
	char	*branch;		/* NULL: it was there before */
};

struct worktrees {
	char		*main;		/* the user's checkout, real path */
	char		*folder;	/* of assent's worktrees of it */
	struct worktree	*v;		/* by name */
	size_t		 len;
};

/* The work trees of the repository around `dir`. -1 outside of one; release it
 * in any case. */
int	worktrees_list(struct worktrees *, const char *dir, struct err *);
void	worktrees_release(struct worktrees *);

/* What the folder of this project's worktrees is called, also for the root of one of
 * them: "NAME-HASH", malloc'ed. */
char	*worktrees_project(const char *root);

/* -1 if this project's root is in an unfinished one. */
int	worktrees_check_root(const char *root, struct err *);
/*
 * The worktree NAME of the repository around `dir`, made from its HEAD if there
 * is none ("": the first free name work-1, work-2, ...). Sets *at to the place
 * in it that `dir` has in its own work tree (malloc'ed). *made is filled if it is
 * new; then it is on the new branch `branch`, unless that is NULL, and has
 * copies of what git doesn't track there and the globs of `copy` (or NULL) cover.
 * An unfinished one with the mark is made anew.
 */
int	worktrees_open(const char *dir, const char *name, const char *branch,
	    const cJSON *copy, char **at, struct worktree_made *made,
	    struct err *);
/* Remove it again, and its branch, if no session began there. Releases *made,
 * which may be zeroed. */
void	worktrees_settle(struct worktree_made *made);

#endif
