/*
 * commit-journal: a session's journal around a git commit, or another git command
 * of ours. It names what is committed before the index is touched; if
 * assent dies after that, its next start in this project completes the commit.
 */
#ifndef ASSENT_CMD_CMD_COMMIT_H
#define ASSENT_CMD_CMD_COMMIT_H

#include "cmd/session-client.h"

struct commit_journal {
	const struct cmd_args	*args;
	struct session_client	 session;
	struct client		 client;
	struct fold		*fold;
	char			*dir;		/* the session's folder */
	int			 lock;		/* one commit at a time; or -1 */
};

/* A git command that the user asked for. It runs outside the sandbox, with
 * their terminal, settings, hooks and signing; the journal records its start
 * and its end. */
struct git_act {
	const char		*what;		/* "push" */
	const char		*dir;		/* where git runs */
	const char *const	*args;		/* ended by NULL */
	const char		*program;	/* NULL: git. Another one gets
						   no terminal */
	const struct buf	*in;		/* its standard input, ... */
	struct buf		*out;		/* ... and output: the first
						   line is an address, if it is
						   one */
	struct buf		*said;		/* its errors; NULL: they are
						   printed */
	unsigned		 seconds;	/* it may take; 0: any */
};

/* The session that the arguments name, alone; an interrupted commit of it is
 * ended first. 0, or the exit code with *e (may be NULL), or after printing the
 * error. */
int	commit_journal_open(struct commit_journal *, const struct cmd_args *,
	    struct err *);
/* Release everything; the scratch folder goes, unless a commit is still to be
 * ended. */
void	commit_journal_close(struct commit_journal *);
/* End the interrupted commits of the sessions whose project we are in, or only
 * name them. */
void	commit_journal_sweep(const struct cmd_args *, bool only_say);
/* Returns git's exit status; -1 with *e if it couldn't be run or recorded. */
int	git_act(struct commit_journal *, const struct git_act *, struct err *);

#endif
