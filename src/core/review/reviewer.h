/*
 * reviewer: a second look, of a model, at the small changes of a proposal.  It is
 * asked in a request of its own, without tools and without the conversation; its
 * verdicts are a line of type `review`, and the rule of this name (rule.c) takes
 * what it accepted of what the rule "small" would take, and nothing else.
 */
#ifndef ASSENT_CORE_REVIEW_REVIEWER_H
#define ASSENT_CORE_REVIEW_REVIEWER_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "journal/fold.h"

struct core;
struct reviewer;

struct reviewer *reviewer_new(void);
void	reviewer_free(struct reviewer *);
/* Any event: verdicts are kept for the contents that they are about. */
void	reviewer_event(struct reviewer *, const cJSON *event);
/* Ask, if a small change of the open proposal has no verdict yet: true while an
 * answer is waited for. */
bool	reviewer_begin(struct core *);
bool	reviewer_is_running(const struct core *);
/* The request was taken back. */
void	reviewer_cancelled(struct core *);
/* Why this file is not taken, or NULL: it was accepted. Borrowed until the next
 * event. */
const char *reviewer_rejects(const struct core *, const struct fold_file *);

#endif
