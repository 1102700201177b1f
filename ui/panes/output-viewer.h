/*
 * output-viewer: all that a command has printed, as it is kept when it has
 * ended, or as
 * it was asked of the core before (output-fetch.h).  The fold has its tail; of
 * the rest
 * a window is shown, and all of it is searched, a piece at a time, so that keys
 * and the core never wait for it.
 */
#ifndef ASSENT_UI_PANES_OUTPUT_VIEWER_H
#define ASSENT_UI_PANES_OUTPUT_VIEWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "front/action.h"

struct ui;
struct page;

/* Is more there than the fold has, kept or of the running command
 * (output-fetch.h)? */
bool	output_viewer_is_kept(const struct ui *);
/* Is a window shown?  Not of what was printed before the last command. */
bool	output_viewer_is_on(struct ui *);
/* Its rows. */
void	output_viewer_build(struct ui *, struct page *, int width);
/* The window is made, or moved, where the key goes beyond what the pane has; the
 * key is still to be done, unless it waits for the core (true). */
bool	output_viewer_key(struct ui *, enum action_id);
/* Search all of it; false if there is no more than the pane has. */
bool	output_viewer_search(struct ui *, const char *text, bool back);
/* The next piece is due. */
bool	output_viewer_is_busy(const struct ui *);
/* Search it; true if there is something to be shown. */
bool	output_viewer_step(struct ui *);
/* The search is given up. */
void	output_viewer_stop(struct ui *);
void	output_viewer_release(struct ui *);

#endif
