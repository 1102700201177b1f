/*
 * check: the model says it is done, and the success check has a say in that.
 * It runs before anything is applied or shown as finished; where it fails, the
 * model gets its output and goes on, up to `check_retries` times since a
 * person last spoke or decided.  How often is in the journal (`returned` of an
 * `evidence` line), so that a resumed session counts on.
 */
#ifndef ASSENT_CORE_REVIEW_CHECK_H
#define ASSENT_CORE_REVIEW_CHECK_H

#include <stdbool.h>

#include <cjson/cJSON.h>

struct core;

/* True if it runs now (or a person is asked whether it may), and the work is not
 * finished before that. */
bool	check_begin(struct core *);
void	check_cancel(struct core *);	/* it did not run to its end */
/* It has run, with this `evidence` line: does the model go on?  Then that has to
 * be told with check_return, after the line. */
bool	check_returns(struct core *, const cJSON *line);
void	check_return(struct core *, const cJSON *line);

#endif
