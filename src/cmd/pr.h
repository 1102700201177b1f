/* pr: what the files of `assent pr` share. */
#ifndef ASSENT_CMD_PR_H
#define ASSENT_CMD_PR_H

#include "cmd/commit-journal.h"

struct pr {
	const struct cmd_args	*args;
	struct commit_journal	 journal;
	char			*top;		/* of the work tree */
	char			*head;		/* its commit */
	char			*branch;	/* without refs/heads/ */
	char			*remote;	/* pushed to */
	char			*to;		/* its addresses, to show */
	char			*host;		/* of the last of them; NULL:
						   a folder */
	char			*base_ref;	/* refs/remotes/... of the
						   remote's branch; NULL:
						   unknown */
	const char		*base;		/* its name */
	char			*open;		/* address of the branch's open
						   pull request, or NULL */
};

/* Is `gh` in PATH? */
bool	pr_has_gh(void);
/* Text of the model's: control characters are visible marks, for what is sent as
 * for what is shown, and nothing in it is an order to the server. malloc'ed. */
char	*pr_text_clean(const char *);
/* Ask, unless --push says yes. */
bool	pr_asked(const struct pr *, const char *question);
/* The exit code after `gh` failed, with what may help. */
int	pr_gh_failed(int status, const char *what, const struct err *);

/* Have `gh` send this text, and print its answer; the exit code. `what`: for the
 * record; `look`: what to do if it is interrupted. */
int	pr_gh(struct pr *, const char *what, const char *const *args,
	    const char *text, const char *look);

/* pr-comment.c: the session's findings as comments. The exit code. */
int	pr_comment(struct pr *, const char *number);

#endif
