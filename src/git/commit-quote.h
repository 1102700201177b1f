/*
 * commit-quote: what the model says in a message is text.  git reads a line
 * `Name: value` as a trailer (Signed-off-by), and servers take words of a message
 * for orders: "Fixes #1" closes an issue, "ABC-1 #close", too, "[skip ci]" skips the
 * checks, "fixup! x" makes it a part of another commit, "@bot merge" or a line
 * "/close" or "bors r+" does what it says.
 */
#ifndef ASSENT_GIT_COMMIT_QUOTE_H
#define ASSENT_GIT_COMMIT_QUOTE_H

#include <stdbool.h>

#include "base/buf.h"
#include "journal/fold.h"

/* Append the text with such orders changed so that nobody follows them: a space
 * before the line, quotes around the issue, a space in the brackets.  What the
 * user wrote in a task of the session in the same words stays; data that they
 * passed in it (base/fence.h) isn't theirs.  `subject`: the
 * first line is one, and no trailer.  The fold may be NULL. */
void	commit_quote(struct buf *, const char *text, const struct fold *,
	    bool subject);

#endif
