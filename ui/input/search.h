/*
 * search: one text for all panes, so that what was looked for in the output can
 * be followed into the diff.
 */
#ifndef ASSENT_UI_INPUT_SEARCH_H
#define ASSENT_UI_INPUT_SEARCH_H

#include <stdbool.h>

#include "front/action.h"

struct ui;

void	search_set(struct ui *, const char *text);	/* and go there */
/* True if the action is one of the search's. */
bool	search_key(struct ui *, enum action_id);
/* One that is long goes on in pieces: the next is due; look through it, true if
 * there is something to be shown; it is given up. */
bool	search_is_busy(const struct ui *);
bool	search_step(struct ui *);
void	search_stop(struct ui *);

#endif
