/*
 * feedback: reports a decision to the model: each hunk that was rejected, or
 * accepted with the user's edits, and comments. The report collects the
 * decisions on one proposal until the model gets it. Files that couldn't be
 * written are left out: the user is asked about them again, so a report would
 * be wrong.
 */
#ifndef ASSENT_CORE_REVIEW_FEEDBACK_H
#define ASSENT_CORE_REVIEW_FEEDBACK_H

#include <cjson/cJSON.h>

struct core;
struct fold_file;

/* Call this before the files of a decision. */
void	feedback_begin(struct core *, const cJSON *files);
/* Add one file, after the decision was applied to it. */
void	feedback_file(struct core *, const cJSON *file,
	    const struct fold_file *);
/* After a crash: report a decision that was applied, with its `applied` line or
 * NULL, while the fold still has its proposal. */
void	feedback_recall(struct core *, const cJSON *decision,
	    const cJSON *applied);

#endif
