/*
 * hook-review: the events proposal and applied, which nobody waits for.
 */
#ifndef ASSENT_CORE_HOOK_REVIEW_H
#define ASSENT_CORE_HOOK_REVIEW_H

#include <cjson/cJSON.h>

struct core;

/* There is this proposal: its line. Not again for the same staged files. */
void	hook_review_proposal(struct core *, const cJSON *line);
/* A hook changed the staged files: it has seen its own changes. */
void	hook_review_seen(struct core *);
/* Files were written: the line. */
void	hook_review_applied(struct core *, const cJSON *line);

#endif
