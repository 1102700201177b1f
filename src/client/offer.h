/*
 * offer: what can be done now with the proposal, for every front end. The screen
 * adds keys, its cursor's rows and the width, plain lines letters.
 */
#ifndef ASSENT_CLIENT_OFFER_H
#define ASSENT_CLIENT_OFFER_H

#include <stdbool.h>

#include "front/bindings.h"
#include "review/review.h"

/* Would the action do something about the hunk (NULL: about none), or about the
 * proposal? True for actions that always can. */
bool	offer_can(const struct review *, const struct fold_file *,
	    const struct fold_hunk *, enum action_id);

#endif
