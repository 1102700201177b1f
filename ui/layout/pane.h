/*
 * pane: what panes that show a page have in common, scrolling and drawing it.
 */
#ifndef ASSENT_UI_LAYOUT_PANE_H
#define ASSENT_UI_LAYOUT_PANE_H

#include <stdbool.h>

#include "ui/base/pane-data.h"
#include "ui/term/screen.h"

struct ui;

/* Rows of a page from pane->top on, with the scroll keys' bounds applied. */
void	pane_draw_page(struct ui *, struct pane *, const struct rect *);
/* Go to a match in a page that is scrolled by its top. */
bool	pane_search(struct pane *, const char *text, bool back);
/* True if the action scrolls. */
bool	pane_scroll(struct pane *, enum action_id);
void	pane_release(struct pane *);

#endif
