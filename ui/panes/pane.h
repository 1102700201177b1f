/*
 * pane: scrolling and drawing a page, shared by the panes.
 */
#ifndef ASSENT_UI_PANES_PANE_H
#define ASSENT_UI_PANES_PANE_H

#include <stdbool.h>

#include "ui/panes/pane-data.h"
#include "ui/term/screen.h"

struct ui;

/* Draw a page from pane->top, clamped to the page. */
void	pane_draw_page(struct ui *, struct pane *, const struct rect *);
/* Go to the next match of a page. */
bool	pane_search(struct pane *, const char *text, bool back);
/* True if the action scrolls. */
bool	pane_scroll(struct pane *, enum action_id);
void	pane_release(struct pane *);

#endif
