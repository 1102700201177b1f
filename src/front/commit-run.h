/*
 * commit-run: commits what was applied, as --commit says, by `assent commit
 * --no-edit` beside the front end. It has no terminal: nothing asks there.
 */
#ifndef ASSENT_FRONT_COMMIT_RUN_H
#define ASSENT_FRONT_COMMIT_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "journal/event.h"

struct fold;
struct fold_change;

enum commit_when { COMMIT_NEVER, COMMIT_TASK, COMMIT_DECISION };

struct commit_run {
	enum commit_when when;
	const char	*branch;	/* only on this one; NULL: on any.
					   Borrowed */
	bool		 due;		/* commit_run_start is to be called */
	pid_t		 pid;		/* 0: not running */
	int		 out, said;	/* files with what it prints */
};

/* Is this an applied change, or an undo of a committed one, that no commit
 * has? */
bool	commit_run_lacks(const struct fold *, const struct fold_change *);
/* How many of the task of `of` there are (NULL: of all), and in how many files,
 * unless that is NULL. */
size_t	commit_run_count(const struct fold *, const struct fold_change *of,
	    size_t *files);
/* A line of this type was folded: perhaps a commit is due. */
void	commit_run_line(struct commit_run *, const struct fold *,
	    enum event_type type);
/* Start a commit, unless one is running. */
void	commit_run_start(struct commit_run *, const char *session);
/* Call it when a child has ended. Returns the commit's result as text,
 * malloc'ed; NULL if the child wasn't the commit. *made: there is a commit. */
char	*commit_run_end(struct commit_run *, bool *made);
/* The same of the output of `assent commit --json`, and `said` on standard
 * error (or NULL). *failed: git has said why there is no commit. */
char	*commit_run_words(const char *text, size_t len, const char *said,
	    bool *made, bool *failed);
/* The branch that is checked out, or the beginning of the commit of a detached
 * HEAD; malloc'ed. NULL: neither. */
char	*commit_run_branch(const char *root);

#endif
