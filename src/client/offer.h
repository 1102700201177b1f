/*
 * offer: what can be done now with the proposal, and the command of an answer to
 * what waits, for every front end. The screen adds keys, its cursor's rows and the
 * width, plain lines letters, an editor its options.
 */
#ifndef ASSENT_CLIENT_OFFER_H
#define ASSENT_CLIENT_OFFER_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "front/bindings.h"
#include "review/review.h"

/* Would the action do something about the hunk (NULL: about none), or about the
 * proposal? True for actions that always can. */
bool	offer_can(const struct review *, const struct fold_file *,
	    const struct fold_hunk *, enum action_id);
/* The command for this answer: to a question, a limit or a plan, to write, or
 * to discard a hunk. `with` is a text, an amount, a reason or a hunk's id, or
 * NULL. Returns NULL if the action is no answer, or `with` no amount. */
cJSON	*offer_command(struct review *, enum action_id, const char *with);

#endif
