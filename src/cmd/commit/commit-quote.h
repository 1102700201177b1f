/*
 * commit-quote: what the model says in a message is text.  git reads a line
 * `Name: value` as a trailer (Signed-off-by), and servers take words of a message
 * for orders: "Fixes #1" closes an issue, "[skip ci]" skips the checks, a line
 * "/close" does what it says.
 */
#ifndef ASSENT_CMD_COMMIT_COMMIT_QUOTE_H
#define ASSENT_CMD_COMMIT_COMMIT_QUOTE_H

#include <stdbool.h>

#include "base/buf.h"
#include "journal/fold.h"

/* Append the text with such orders changed so that nobody follows them: a space
 * before the line, quotes around the issue, a space in the brackets.  What a task
 * of the session has in the same words is the user's, and stays.  `subject`: the
 * first line is one, and no trailer.  The fold may be NULL. */
void	commit_quote(struct buf *, const char *text, const struct fold *,
	    bool subject);

#endif
