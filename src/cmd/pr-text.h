/*
 * pr-text: what a pull request says of a session. All of it may be the model's:
 * control characters are visible marks, for what is sent as for what is shown, and
 * nothing in it is an order to the server.
 */
#ifndef ASSENT_CMD_PR_TEXT_H
#define ASSENT_CMD_PR_TEXT_H

#include "cmd/commit-journal.h"

/* A line, from the goal; and the rest as Markdown: goal and summary, plan,
 * success check, rejected hunks. Both malloc'ed. */
int	pr_text(const struct commit_journal *, char **title, char **body,
	    struct err *);
/* Such text, clean; malloc'ed. */
char	*pr_text_clean(const char *);

#endif
