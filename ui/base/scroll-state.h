/*
 * scroll-state: where a person has left a pane, through changes of size.
 */
#ifndef ASSENT_UI_BASE_SCROLL_STATE_H
#define ASSENT_UI_BASE_SCROLL_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ui/base/pane-data.h"
#include "ui/term/screen.h"

struct ui;

#define PLACE_REST_MS 1000	/* in one size: a person looks at it */

/* A frame is going to be drawn. */
void	scroll_state_size(struct ui *);
/* It is going to be drawn; before its page is made for another width. */
void	scroll_state_begin(const struct ui *, struct pane *);
/* The page is made. In the size and with the content in which the pane was left,
 * it is there again. */
void	scroll_state_back(struct ui *, struct pane *, const struct rect *,
	    int64_t content);
/* Was it left in another size? Then so many rows stood above the cursor. */
bool	scroll_state_is_elsewhere(const struct ui *, const struct pane *,
	    size_t *above);
/* It has its place in this frame. */
void	scroll_state_keep(const struct ui *, struct pane *, const struct rect *,
	    int64_t content);
void	scroll_state_release(struct pane *);

#endif
