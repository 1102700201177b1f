/*
 * git-run: runs the user's own git, with their environment, in one work tree.
 * The session's project decides which: GIT_DIR, GIT_INDEX_FILE and the like of
 * the environment don't. Names go to git on its standard input with -z, or
 * after "--"; a commit's id from elsewhere is checked first.
 *
 * No program runs that the repository names: its hooks are off, settings of its
 * own that name one are overridden, and git connects to nothing, nor does
 * git-lfs. `trusts_repo` lifts this, for example for `commit` and `pr`,
 * which the user asked for.
 */
#ifndef ASSENT_GIT_GIT_RUN_H
#define ASSENT_GIT_GIT_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/pathmap.h"

struct git_keys {
	struct pathmap	 found;
	char		**words;	/* for git: -c KEY=VALUE, of each that is
					   overridden */
	size_t		 len;
};

struct git_run {
	const char	*program;	/* NULL: git */
	const char	*dir;		/* where to run it */
	bool		 trusts_repo;
	bool		 lazy;		/* it may, with git's own protocols, for
					   what a partial clone lacks */
	const char	*index;		/* GIT_INDEX_FILE, or NULL: its own */
	const char	*objects;	/* new objects go to this folder, which
					   has the repository's as alternates;
					   NULL: into the repository */
	const struct buf *in;		/* standard input, or NULL: nothing */
	struct buf	*out;		/* its output, or NULL */
	bool		 bounded;	/* it writes no file, and may be asked
					   for too much: it gets 256 MB of
					   memory, and SIGXFSZ ends it at more
					   than `out` takes */
	bool		 alone;		/* without the user's configuration */
	unsigned	 seconds;	/* then git is ended: it may wait for a
					   pipe; 0: never */
	bool		 to_err;	/* on our terminal it prints on our
					   standard error only */
	bool		 hooks;		/* there the user's hooks have its
					   standard error as it is */
	struct buf	*said;		/* without a terminal, what it says on
					   standard error; NULL: is printed */
};

/* One that runs: its process (-1: none), and files for what it prints. */
struct git_begun {
	pid_t	pid;
	int	out, said;
};

/* The arguments of git. */
#define GIT_WORDS(...)	((const char *const[]){ __VA_ARGS__, NULL })

/* Is it the whole hash of an object, such as a commit? */
bool	git_is_hash(const char *);

/* Run git; returns its exit status (128 plus a signal's number), or -1 with *e
 * if it couldn't be run. Its standard error is appended to `said` (may be
 * NULL). The arguments end with NULL. */
int	git_run(const struct git_run *, const char *const *args,
	    struct buf *said, struct err *);
/* The same, where only 0 is success: else -1 with git's words. */
int	git_run_ok(const struct git_run *, const char *const *args,
	    struct err *);
/* git_run in two steps, to run it beside another; only with `trusts_repo`. */
struct git_begun git_run_begin(const struct git_run *, const char *const *args);
int	git_run_end(const struct git_run *, struct git_begun, struct buf *said,
	    struct err *);
/* git_run_ok in `dir`; it prints to `out`, or NULL. */
int	git_run_in(const char *dir, struct buf *out, const char *const *args,
	    struct err *);
/* A line that it prints, without the newline; malloc'ed. NULL with *e. */
char	*git_run_line(const struct git_run *, const char *const *args,
	    struct err *);
/* Like git_run_line, in `dir`, with the arguments a, b and c (NULL: fewer). */
char	*git_run_ask(const char *dir, const char *a, const char *b,
	    const char *c, struct err *);
/* Add the names, each ended by 0, of the files in `dir` that git has checked out
 * without the filter that its own configuration names, or whose content git-lfs
 * would have fetched. */
int	git_run_unfiltered(const char *dir, struct buf *names, struct err *);
/* With the terminal for its editor and for what asks there, and its signals; what
 * it prints is sanitized. `lock` is a descriptor on which git holds a read lock as
 * long as it lives. Git ends if we do.
 * lock -1: without a terminal to ask on, so that what needs a password fails at
 * once. What it prints is on our standard error, without control characters, or
 * in `out`, at most as much as that takes; a signal that would end us ends it, and
 * so does SIGALRM after `seconds`. */
int	git_run_shown(const struct git_run *, const char *const *args, int lock,
	    struct err *);

/* HEAD's commit (NULL: the branch is unborn) and branch (NULL: detached); both
 * malloc'ed. */
int	git_state_head(const char *dir, char **head, char **ref, struct err *);
/* Is there a branch of this name? */
bool	git_state_has_branch(const char *dir, const char *name);
/* A path in git's folder, such as "index"; malloc'ed, absolute. NULL with *e. */
char	*git_state_path(const char *dir, const char *name, struct err *);
/* -1 with *e if no folder above is a git repository; then git's own words would
 * be about its environment. */
int	git_state_repository(const char *dir, struct err *);
/* -1 with *e if something is in progress, such as a merge, or that can't be said. */
int	git_state_idle(const char *dir, struct err *);

enum git_follow_end {
	FOLLOW_HERE,		/* in the history of HEAD */
	FOLLOW_MOVED,		/* another one there took its place */
	FOLLOW_ELSEWHERE,	/* not in the history of HEAD */
	FOLLOW_GONE,		/* git doesn't have it any more */
};

struct git_followed {
	char			*commit;
	char			 now[65];	/* MOVED: the other one */
	enum git_follow_end	 end;
};

/* The commit's successor in the work tree `dir`; *known has those that were
 * asked about before. */
const struct git_followed *git_follow(const char *dir, struct pathmap *known,
	    const char *commit);

#endif
