/*
 * pr-text: what a pull request says of a session. All of it may be the model's:
 * control characters are visible marks, for what is sent as for what is shown, and
 * nothing in it is an order to the server.
 */
#ifndef ASSENT_CMD_PR_TEXT_H
#define ASSENT_CMD_PR_TEXT_H

#include "journal/fold.h"

/* A line, from the goal; and the rest as Markdown: goal and summary, plan,
 * success check. Both malloc'ed. */
void	pr_text(const struct fold *, char **title, char **body);
/* Such text, clean; malloc'ed. */
char	*pr_text_clean(const char *);

#endif
