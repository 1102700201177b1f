/* commit-message: a first draft of the commit's message, for the editor. */
#ifndef ASSENT_GIT_COMMIT_MESSAGE_H
#define ASSENT_GIT_COMMIT_MESSAGE_H

#include "base/buf.h"
#include "git/commit-plan.h"
#include "journal/fold.h"

/* Append it: the goal as subject, what the agent says of it as body, of the task
 * that the plan's changes belong to; NULL: of the session's last. Nothing of the
 * model's in it is a trailer, or an order to a server. */
void	commit_message_draft(struct buf *, const struct fold *,
	    const struct commit_plan *);
/* Add a space before lines that git would drop as comments once the editor is
 * closed. */
void	commit_message_escape(struct buf *, const struct commit_plan *);
/* Append comments for the editor: what is left out, and that the draft knows
 * nothing of hunks that aren't as the model made them. */
void	commit_message_advice(struct buf *, const struct fold *,
	    const struct commit_plan *);
/* The option for a trailer that names the model; malloc'ed, NULL if there was
 * none. */
char	*commit_message_trailer(const struct fold *);

#endif
