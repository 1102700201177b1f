/*
 * reviewer: a second model reviews the small changes of a proposal, in a
 * request of its own, without tools and without the conversation. Its verdicts
 * are a line of type `review`. The rule of this name (rule.c) accepts a change
 * only if the rule "small" would and the reviewer did.
 */
#ifndef ASSENT_CORE_REVIEWER_H
#define ASSENT_CORE_REVIEWER_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "journal/fold.h"

struct core;
struct reviewer;

struct reviewer *reviewer_new(void);
void	reviewer_free(struct reviewer *);
/* Read any event; verdicts are stored for the contents they are about. */
void	reviewer_event(struct reviewer *, const cJSON *event);
/* Ask if a small change of the open proposal has no verdict yet. True while an
 * answer is pending. */
bool	reviewer_begin(struct core *);
bool	reviewer_is_running(const struct core *);
/* The request was cancelled. */
void	reviewer_cancelled(struct core *);
/* Why this file isn't accepted, or NULL: it is. Borrowed until the next
 * event. */
const char *reviewer_rejects(const struct core *, const struct fold_file *);

#endif
