/*
 * commit-plan: what `assent commit` is to commit, and where. As JSON it is what
 * the journal keeps before anything changes (commit_begin), so that another
 * assent can end what this one began.
 */
#ifndef ASSENT_GIT_COMMIT_PLAN_H
#define ASSENT_GIT_COMMIT_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"
#include "git/git-run.h"
#include "journal/fold.h"

/* A file in git: mode 0 is none. */
struct commit_side {
	unsigned	 mode;		/* 0100644 0100755 0120000, 0160000 */
	char		 oid[65];
};

/* Before and after of one applied change, as hashes in the store; borrowed. */
struct commit_step {
	const struct fold_side	*before, *after;
	int64_t			 tx;
	bool			 is_in;		/* of a chosen change, */
	bool			 is_tried;	/* or of one that is tried
						   with them */
	bool			 is_settled;	/* HEAD has another commit
						   instead of its own, or it
						   was undone before one */
};

struct commit_file {
	char		*name;		/* below the work tree's top, raw */
	char		*path;		/* below the project's root, raw */
	struct commit_side head, index;	/* now */
	struct commit_side want;	/* in the commit */
	struct commit_side after;	/* in the index then */
	struct commit_step *steps;	/* in the order they were applied */
	size_t		 steps_len;
	bool		 is_raw, is_raw_known;	/* commit-side.c */
	struct fold_side work;		/* in the work tree */
	bool		 is_filtered, is_ignored;
	bool		 is_text;	/* or filtered: no CRLF of it stays */
	bool		 is_foreign;	/* in a submodule */
	bool		 is_renamed;	/* either name */
	bool		 is_out;	/* it isn't in the commit */
	bool		 has_own;	/* the user's lines are committed, too */
	bool		 is_part;	/* applied lines of it are left out */
};

/* A content in the scratch folder, by its name there, which is borrowed. */
struct commit_blob {
	const char	*name;
	char		 oid[65];	/* without any conversion */
	bool		 has_cr;
};

/* Numbers of changes. */
struct commit_range {
	int64_t		 from, to;
};

struct commit_plan {
	char		*root;		/* the project */
	char		*top, *prefix;	/* the work tree; of the root in it */
	char		*index;		/* the user's index file */
	char		*scratch;	/* a folder of the session */
	char		*head;		/* NULL: the branch is unborn */
	char		*ref;		/* NULL: detached */
	char		*tree;		/* to be committed */
	bool		 amend;
	bool		 filemode;	/* git looks at the executable bit */
	struct commit_file *files;	/* by name */
	size_t		 len;
	struct commit_blob *blobs;	/* by name */
	size_t		 blobs_len;
	cJSON		*changes;	/* their numbers */
	struct commit_range *chosen;	/* of them, only these; none: all */
	size_t		 chosen_len;
	int64_t		*needed;	/* the others that can't be separated
					   from them */
	size_t		 needed_len;
	bool		 is_mixed;	/* lines can't be separated, */
	bool		 is_stuck;	/* from something else than those; */
	bool		 is_held;	/* then all is left out */
	struct buf	 left;		/* what is left out, in lines */
};

/* The repository of the project `root`, where nothing else may be under way.
 * `dir` is the session's folder. */
int	commit_plan_open(struct commit_plan *, const char *root,
	    const char *dir, struct err *);
/* git in the work tree's top; `in` and `out` may be NULL. */
struct git_run commit_plan_git(const struct commit_plan *,
	    const char *index, const struct buf *in, struct buf *out);
cJSON	*commit_plan_json(const struct commit_plan *);
/* From such a journal line; `dir` as above. */
int	commit_plan_read(struct commit_plan *, const cJSON *line,
	    const char *dir, struct err *);
void	commit_plan_release(struct commit_plan *);
void	commit_plan_release_files(struct commit_plan *);
/* Those that are out leave the plan. */
void	commit_plan_drop(struct commit_plan *);
/* By its name below the top; NULL: none. */
struct commit_file *commit_plan_file(const struct commit_plan *,
	    const char *name);

bool	commit_side_equal(const struct commit_side *,
	    const struct commit_side *);

#endif
