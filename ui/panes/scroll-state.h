/*
 * scroll-state: keeps the user's position in a pane when its size changes.
 */
#ifndef ASSENT_UI_PANES_SCROLL_STATE_H
#define ASSENT_UI_PANES_SCROLL_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ui/panes/pane-data.h"
#include "ui/term/screen.h"

struct ui;

/* Call before drawing a pane, and before its page is made for another width. */
void	scroll_state_begin(const struct ui *, struct pane *);
/* Call when the page is made. At the size and with the content with which the
 * user left the pane, its position is restored. */
void	scroll_state_back(struct ui *, struct pane *, const struct rect *,
	    int64_t content);
/* Did the user leave it at another size? Then *above gets the rows above the
 * cursor. */
bool	scroll_state_is_elsewhere(const struct ui *, const struct pane *,
	    size_t *above);
/* Call when the pane has its position in this frame. */
void	scroll_state_keep(const struct ui *, struct pane *, const struct rect *,
	    int64_t content);

#endif
