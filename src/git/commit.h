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

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"
#include "git/git-run.h"
#include "git/index-file.h"
#include "journal/event.h"
#include "journal/fold.h"

/* A file of one applied change. */
struct commit_step {
	struct index_side before, after;	/* as git keeps them */
	const struct fold_change *change;
	const struct fold_change_file *file;	/* borrowed, as the change */
	bool		 is_chosen;
	bool		 is_in;		/* lines of it are in the commit, */
	bool		 is_left;	/* and some that could be aren't */
	bool		 is_needed;	/* it isn't chosen, but others that are
					   overlap with it */
};

/* Why lines of a file can't be committed. */
enum commit_mix {
	MIX_NONE,
	MIX_NEEDS,	/* they overlap with a change that isn't chosen, */
	MIX_STAGED,	/* with what the user has staged, */
	MIX_EDIT,	/* with their edits */
};

struct commit_file {
	char		*name;		/* below the work tree's top, raw */
	char		*path;		/* below the project's root, raw */
	struct index_side head, index, work;	/* now */
	struct index_side want;	/* in the commit */
	struct commit_step *steps;	/* in the order they were applied */
	size_t		 steps_len;
	enum commit_mix	 mix;
	struct buf	 lines;		/* that are left out, by number */
	bool		 is_filtered, is_ignored;
	bool		 is_foreign;	/* in a submodule */
	bool		 is_renamed;	/* either name */
	bool		 is_out;	/* it isn't in the commit */
	bool		 has_own;	/* the user's lines are committed, too */
};

struct commit_plan {
	char		*root;		/* the project */
	char		*top, *prefix;	/* the work tree; of the root in it */
	struct index_file index;	/* the user's */
	struct buf	 index_was;	/* and its entries, as they were first */
	char		*scratch;	/* a folder of the session */
	char		*temp;		/* in it: the index that git commits
					   from */
	char		*head;		/* NULL: the branch is unborn */
	char		*ref;		/* NULL: detached */
	char		*tree;		/* to be committed */
	bool		 amend;
	bool		 filemode;	/* git looks at the executable bit */
	struct commit_file *files;	/* by name */
	size_t		 len;
	int64_t		*changes;	/* that are in it, in order */
	size_t		 changes_len;
	int64_t		*needed;	/* the others that can't be separated
					   from them */
	size_t		 needed_len;
	bool		 is_mixed;	/* lines can't be separated, */
	bool		 is_stuck;	/* from something else than those; */
	bool		 is_held;	/* then all is left out */
	struct buf	 left;		/* what is left out, in lines */
	struct buf	 hooked;	/* hooks' additions, in a line */
};

/* Like git_run_ok and git_run_line, in the work tree's top folder. `index`,
 * `in` and `out` may be NULL. */
static inline int
commit_git(const struct commit_plan *p, const char *index,
    const struct buf *in, struct buf *out, const char *const *words,
    struct err *e)
{
	return git_run_ok(&(const struct git_run){ .dir = p->top,
	    .trusts_repo = true, .index = index, .in = in, .out = out },
	    words, e);
}

static inline char *
commit_git_line(const struct commit_plan *p, const char *index,
    const char *const *words, struct err *e)
{
	return git_run_line(&(const struct git_run){ .dir = p->top,
	    .trusts_repo = true, .index = index }, words, e);
}

/* The entries of this index file (NULL: the user's): "TAG MODE ID STAGE\tNAME",
 * each ended by 0. */
static inline int
commit_git_entries(const struct commit_plan *p, const char *index,
    struct buf *out, struct err *e)
{
	return commit_git(p, index, NULL, out, GIT_WORDS("ls-files", "-s",
	    "-t", "-z"), e);
}

/* A new file, at the end; `name` is from the top of the repository. */
struct commit_file *commit_plan_add(struct commit_plan *, char *path_take,
	    char *name_take);
/* Remove the files that are left out. */
void	commit_plan_drop(struct commit_plan *);
cJSON	*commit_plan_json(const struct commit_plan *);
/* From such a line of the journal, without the files; `dir` is the session's
 * folder. */
int	commit_plan_read(struct commit_plan *, const struct ev_commit_begin *,
	    const char *dir, struct err *);
void	commit_plan_release(struct commit_plan *);

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
 * the files with lines of the session's applied changes that are in the work tree
 * and not in HEAD, by the contents in the session's folder `dir`. Files without
 * anything to commit leave the plan; `left` names what is left out, and why. Then
 * write the index that git commits from. 1; 0: there is nothing to commit, or it
 * waits for other changes to be chosen. */
int	commit_plan_make(struct commit_plan *, const char *root,
	    const char *dir, const struct fold *,
	    const struct commit_choice *, struct err *);

/* Contents are compared as git keeps them, so that line endings, filters and LFS
 * are git's business alone. Git runs as often for a thousand files as for one,
 * unless it has to filter their contents. */
static inline bool
commit_side_equal(const struct index_side *a, const struct index_side *b)
{
	return a->mode == b->mode && (a->mode == 0 ||
	    strcmp(a->oid, b->oid) == 0);
}

/* Find the sides of all files of the plan: HEAD, index and work tree; which git
 * ignores, and which are in a submodule. */
int	commit_files_find(struct commit_plan *, struct err *);
/* Make their content in the commit. */
int	commit_files_merge(struct commit_plan *, const char *dir,
	    struct err *);
/* The files of `now` were `head`, and `want` is in the commit: say what a hook has
 * changed, and make `head` what is in the index, `want` what will be. */
int	commit_files_after(struct commit_plan *, struct commit_plan *now,
	    struct err *);

struct commit_text {
	unsigned	 mode;		/* 0: none */
	const char	*p;
	size_t		 len;
};

/* Pass on the texts of each file, but for binary and very large ones: HEAD's, the
 * index's, before and after each step, and the work tree's. */
int	commit_files_texts(struct commit_plan *, const char *dir,
	    void (*)(struct commit_file *, struct commit_text *, void *),
	    void *, struct err *);
/* The text with LF alone as line end; the buffer holds it if it differs. */
void	commit_text_lf(struct commit_text *, struct buf *);
/* Compare the file's texts: in HEAD, in the index, before and after each step,
 * and in the work tree. Sets mix, lines and the steps' marks, and writes the
 * text for the commit. Returns its mode. */
unsigned	commit_lines(struct commit_file *, struct commit_text *,
	    struct buf *);

/* Make the temporary one, as HEAD is. */
int	commit_index_begin(const struct commit_plan *, struct err *);
/* Build the index that is committed. Sets p->tree, and adds the files in which
 * it differs from HEAD to `changed`. */
int	commit_index_build(struct commit_plan *, struct commit_plan *changed,
	    struct err *);
/* Add the files in which the tree differs from HEAD's: their sides `head` and
 * `want`. */
int	commit_index_changes(const struct commit_plan *, const char *tree,
	    struct commit_plan *changed, struct err *);
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
int	commit_index_finish(struct commit_plan *, int status,
	    char **commit, size_t *files, struct err *);

/*
 * commit-note: which lines of a commit the session's agent wrote, and who accepted
 * them, in the form of the Git AI Standard 3.0.0. Only lines that the commit adds
 * to its first parent, that an accepted hunk has added as it was proposed, and that
 * nobody has changed since. Left out is what was in a file before others changed it
 * and a later change came; all of a change with a command of the user's in it; and
 * files with a name that a note can't have.
 */

/* Append the note for this commit, which the plan has become; nothing if it names
 * no line. Returns how many it names; -1 with *e. */
ptrdiff_t commit_note(struct buf *, const struct commit_plan *,
	    const char *dir, const struct fold *, const char *commit,
	    struct err *);

/*
 * commit-message: a first draft of the commit's message, for the editor.
 *
 * What the model says in a message is text.  git reads a line
 * `Name: value` as a trailer (Signed-off-by), and servers take words of a message
 * for orders: "Fixes #1" closes an issue, "ABC-1 #close", too, "[skip ci]" skips the
 * checks, "fixup! x" makes it a part of another commit, "@bot merge" or a line
 * "/close" or "bors r+" does what it says, "@name" tells somebody.
 */

/* Append the text with such commands changed so that no program follows them: a
 * space before the line, behind the sign of an issue or a name, or in the brackets.
 * What the user wrote in a task of the session in the same words stays; data that
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

#endif
