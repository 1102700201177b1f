/*
 * feedback: what the model is to hear of a decision: each hunk that was
 * refused or taken as a person edited it, and comments.  It gathers over the
 * decisions about one proposal, until the model hears of it.  Of a file that
 * could not be written nothing is said: it is asked about again, and the model
 * would be told what is not so.
 */
#ifndef ASSENT_CORE_REVIEW_FEEDBACK_H
#define ASSENT_CORE_REVIEW_FEEDBACK_H

#include <cjson/cJSON.h>

struct core;
struct fold_file;

/* Before the files of this decision. */
void	feedback_begin(struct core *, const cJSON *files);
/* A file of it, once it is carried out. */
void	feedback_file(struct core *, const cJSON *file,
	    const struct fold_file *);
/* After a crash: of a decision that was carried out, with its `applied` line or
 * NULL, while the proposal that it was about is the fold's. */
void	feedback_recall(struct core *, const cJSON *decision,
	    const cJSON *applied);

#endif
