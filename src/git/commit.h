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

/* git in the work tree's top; `in` and `out` may be NULL. */
struct git_run commit_plan_git(const struct commit_plan *,
	    const char *index, const struct buf *in, struct buf *out);
cJSON	*commit_plan_json(const struct commit_plan *);
/* From such a journal line; `dir` is the session's folder. */
int	commit_plan_read(struct commit_plan *, const cJSON *line,
	    const char *dir, struct err *);
void	commit_plan_release(struct commit_plan *);

bool	commit_side_equal(const struct commit_side *,
	    const struct commit_side *);

struct commit_choice {
	const char *const *changes;	/* numbers: "3" or "3-5"; none: all */
	size_t		 changes_len;
	const char *const *paths;	/* pathspecs of git, as seen from the
					   current directory; none: all */
	size_t		 paths_len;
	bool		 whole;		/* files with the user's own lines, too,
					   as they are */
	bool		 amend;
	const char	*on;		/* only on this branch; NULL: any */
};

/* In the repository of the project `root`, where nothing else may be under way:
 * the files of the session's applied changes that aren't committed, and their
 * sides, by the contents in the session's folder `dir`. Files without anything
 * to commit leave the plan; `left` names what is left out, and why. Then write
 * the index that git commits from. 1; 0: there is nothing to commit, or it waits
 * for other changes to be chosen. */
int	commit_plan_make(struct commit_plan *, const char *root,
	    const char *dir, const struct fold *,
	    const struct commit_choice *, struct err *);

#define COMMIT_INDEX	"index"	/* in the scratch folder: git commits from it */
/* Take index.lock. Fails if somebody has it, or has changed
 * index or HEAD since commit_plan_make. */
int	commit_index_lock(const struct commit_plan *, struct err *);
/* Git has just made the commit. If it isn't on the branch `on` (NULL: any),
 * since HEAD moved to another one meanwhile, take it back from there; says so
 * in *e. */
void	commit_index_hold(const struct commit_plan *, const char *on,
	    struct err *);
/* After git with this exit status (-1: not known): if HEAD has moved, *commit is
 * the new one (malloc'ed), with so many files, those that a hook added, too, and
 * the user's index gets its lines; else NULL, and the lock is gone. Also for a
 * lock that a dead assent has left. */
int	commit_index_finish(const struct commit_plan *, int status,
	    char **commit, size_t *files, struct err *);

/*
 * commit-message: a first draft of the commit's message, for the editor.
 *
 * What the model says in a message is text.  git reads a line
 * `Name: value` as a trailer (Signed-off-by), and servers take words of a message
 * for orders: "Fixes #1" closes an issue, "ABC-1 #close", too, "[skip ci]" skips the
 * checks, "fixup! x" makes it a part of another commit, "@bot merge" or a line
 * "/close" or "bors r+" does what it says.
 */

/* Append the text with such commands changed so that no program follows them: a
 * space before the line, quotes around the issue, a space in the brackets. What
 * the user wrote in a task of the session in the same words stays; data that
 * they passed in it (base/quote.h) isn't theirs. `subject`: the first line is
 * one, and no trailer. The fold may be NULL. */
void	commit_quote(struct buf *, const char *text, const struct fold *,
	    bool subject);
/* Append it: the goal as subject, what the agent says of it as body, of the task
 * that the plan's changes belong to; NULL: of the session's last. Nothing of the
 * model's in it is a trailer, or an order to a server. For the editor: with a space
 * before lines that git would drop as comments, and with comments of what is left
 * out, and of what the draft doesn't know. */
void	commit_message_draft(struct buf *, const struct fold *,
	    const struct commit_plan *, bool edit);
/*
 * commit-side: contents as git keeps them. Everything is compared and merged in
 * that form, so that line endings, filters and LFS are git's business alone.
 */

/* HEAD's and the index's sides of all files of the plan. With `work`, also read
 * the work tree's files into the scratch folder (file->work), find which have a
 * filter, which git ignores and which are in a submodule, and store the contents
 * there as they are. Git runs as often for a thousand files as for one. */
int	commit_side_load(struct commit_plan *, bool work, struct err *);
/* Apply to `ours` the hunks from `base` to `theirs` whose lines `ours` hasn't
 * changed; or, if `there`, apply to `base` those that `ours` has unchanged. The
 * others are left out: *some. 1; 0: it isn't text; -1 with *e. */
int	commit_side_merge(const struct commit_plan *,
	    const struct commit_side *base, const struct commit_side *ours,
	    const struct commit_side *theirs, bool there, bool *some,
	    struct commit_side *out, struct err *);
/* Fill in the sides; is_out: there is nothing to commit of a file. */
int	commit_side_select(struct commit_plan *, bool whole, struct err *);

#endif
