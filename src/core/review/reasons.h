/*
 * reasons: why the model made each of its edits, as it said with the call. A
 * pure fold of the journal, so that a resumed session proposes the same words.
 */
#ifndef ASSENT_CORE_REVIEW_REASONS_H
#define ASSENT_CORE_REVIEW_REASONS_H

#include <cjson/cJSON.h>

struct reasons;

struct reasons *reasons_new(void);
void	reasons_free(struct reasons *);
void	reasons_event(struct reasons *, const cJSON *event);
/* As proposal_make takes them; borrowed. */
const cJSON *reasons_list(const struct reasons *);

#endif
