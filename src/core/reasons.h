/*
 * reasons: the model's reason for each edit, as given with the call. A pure
 * fold of the journal, so that a resumed session shows the same reasons.
 */
#ifndef ASSENT_CORE_REASONS_H
#define ASSENT_CORE_REASONS_H

#include <cjson/cJSON.h>

struct reasons;

struct reasons *reasons_new(void);
void	reasons_free(struct reasons *);
void	reasons_event(struct reasons *, const cJSON *event);
/* In the form that proposal_make takes; borrowed. */
const cJSON *reasons_list(const struct reasons *);

#endif
