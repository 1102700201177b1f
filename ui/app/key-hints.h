/*
 * key-hints: which keys the row of hints shows.
 */
#ifndef ASSENT_UI_APP_KEY_HINTS_H
#define ASSENT_UI_APP_KEY_HINTS_H

#include <stdbool.h>

#include "front/bindings.h"

struct buf;
struct ui;

/* Append what the key does, on a screen of this width. */
void	key_hints_words(const struct ui *, const struct action *, int cols,
	    struct buf *);
/* "review 5 hunks": what the key that goes to the waiting prompt does; false if
 * none waits, or the user has gone to it. */
bool	key_hints_review(const struct ui *, struct buf *);
/* Would the key of this action do something now? */
bool	key_hints_offer(const struct ui *, const struct action *);

#endif
