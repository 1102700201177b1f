/*
 * commit-message: a first draft of the commit's message, for the editor.
 *
 * What the model says in a message is text.  git reads a line
 * `Name: value` as a trailer (Signed-off-by), and servers take words of a message
 * for orders: "Fixes #1" closes an issue, "ABC-1 #close", too, "[skip ci]" skips the
 * checks, "fixup! x" makes it a part of another commit, "@bot merge" or a line
 * "/close" or "bors r+" does what it says.
 */
#ifndef ASSENT_GIT_COMMIT_MESSAGE_H
#define ASSENT_GIT_COMMIT_MESSAGE_H

#include <stdbool.h>

#include "base/buf.h"
#include "git/commit-plan.h"
#include "journal/fold.h"

/* Append the text with such orders changed so that nobody follows them: a space
 * before the line, quotes around the issue, a space in the brackets.  What the
 * user wrote in a task of the session in the same words stays; data that they
 * passed in it (base/fence.h) isn't theirs.  `subject`: the
 * first line is one, and no trailer.  The fold may be NULL. */
void	commit_quote(struct buf *, const char *text, const struct fold *,
	    bool subject);
/* Append it: the goal as subject, what the agent says of it as body, of the task
 * that the plan's changes belong to; NULL: of the session's last. Nothing of the
 * model's in it is a trailer, or an order to a server. */
void	commit_message_draft(struct buf *, const struct fold *,
	    const struct commit_plan *);
/* For the editor: add a space before lines that git would drop as comments, and
 * append comments of what is left out, and of what the draft doesn't know. */
void	commit_message_edit(struct buf *, const struct fold *,
	    const struct commit_plan *);
/* The option for a trailer that names the model; malloc'ed, NULL if there was
 * none. */
char	*commit_message_trailer(const struct fold *);

#endif
