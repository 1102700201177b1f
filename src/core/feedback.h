/*
 * feedback: tells the model what a review decided: what was accepted and
 * written, what --rollback took back, each hunk that was rejected or edited,
 * comments, and what is open.
 * It collects the decisions until the model's next turn. Files that couldn't be
 * written are among the open ones: the user is asked about them again.
 */
#ifndef ASSENT_CORE_FEEDBACK_H
#define ASSENT_CORE_FEEDBACK_H

#include <stdbool.h>

#include <cjson/cJSON.h>

struct core;
struct fold_file;

/* Add one file of a decision, after it was applied. */
void	feedback_file(struct core *, const cJSON *decision, const cJSON *file,
	    const struct fold_file *);
/* After a crash: report a decision that was applied, with its `applied` line or
 * NULL, while the fold still has its proposal. False: nothing was applied. */
bool	feedback_recall(struct core *, const cJSON *decision,
	    const cJSON *applied);
/* What the model isn't told yet, or NULL; malloc'ed. Then it is told. */
char	*feedback_take(struct core *);
void	feedback_clear(struct core *);
/* Is this such a text? */
bool	feedback_is(const char *text);

#endif
