/*
 * pane-changes: what was applied.
 */
#ifndef ASSENT_UI_PANES_PANE_CHANGES_H
#define ASSENT_UI_PANES_PANE_CHANGES_H

#include <stdbool.h>
#include <stdint.h>

#include "front/action.h"

struct ui;

bool	changes_key(struct ui *, enum action_id);
/* Ask the core which files have changed since. */
void	changes_look(struct ui *);
/* Ask for the proposal that takes this change back, or brings it again. */
void	changes_send(struct ui *, int64_t tx, bool redo);

#endif
