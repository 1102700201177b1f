/*
 * feedback: tells the model what a review decided: what was accepted and
 * written, each hunk that was rejected or edited, comments, and what is open.
 * It collects the decisions until the model's next turn. Files that couldn't be
 * written are among the open ones: the user is asked about them again.
 */
#ifndef ASSENT_CORE_FEEDBACK_H
#define ASSENT_CORE_FEEDBACK_H

#include <stdbool.h>

struct core;
struct ev_decided_file;
struct ev_decision;
struct ev_proposal;
struct event;
struct fold_file;
struct fold_hunk;

/* Add one file of a decision, after it was applied. */
void	feedback_file(struct core *, const struct ev_decision *,
	    const struct ev_decided_file *, const struct fold_file *);
/* After all files: what the proofs say of what was accepted. */
void	feedback_proofs(struct core *, const struct ev_decision *);
/* After a crash: report a decision that was applied, with its `applied` line or
 * NULL, while the fold still has its proposal; `next` follows it. False: nothing
 * was applied. */
bool	feedback_recall(struct core *, const struct ev_decision *,
	    const struct event *applied, const struct ev_proposal *next);
/* The user proposed this rejected hunk again. */
void	feedback_again(struct core *, const struct fold_file *,
	    const struct fold_hunk *);
/* What the model doesn't know yet, or NULL; malloc'ed. Counts as sent. */
char	*feedback_take(struct core *);

#endif
