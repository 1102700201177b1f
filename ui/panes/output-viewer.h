/*
 * output-viewer: shows all output of a command: as kept after its end, or as
 * requested from the core while it runs (output-fetch.h). The fold has only its
 * tail. Of the rest a window is displayed; a search covers all of it, a piece
 * at a time, so that keys and the core never wait for the search.
 */
#ifndef ASSENT_UI_PANES_OUTPUT_VIEWER_H
#define ASSENT_UI_PANES_OUTPUT_VIEWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "front/bindings.h"

struct ui;
struct page;

/* Is there more output than the fold has, kept or of the running command
 * (output-fetch.h)? */
bool	output_viewer_is_kept(const struct ui *);
/* Is a window displayed? False for output from before the last command. */
bool	output_viewer_is_on(struct ui *);
/* Add the window's rows. */
void	output_viewer_build(struct ui *, struct page *, int width);
/* Open or move the window if the key leads beyond the pane's rows. The caller
 * must still handle the key, unless it waits for the core (true). */
bool	output_viewer_key(struct ui *, enum action_id);
/* Search all of the output; false if the pane has all of it. */
bool	output_viewer_search(struct ui *, const char *text, bool back);
/* Is the next piece due? */
bool	output_viewer_is_busy(const struct ui *);
/* Search the next piece; true if the screen changes. */
bool	output_viewer_step(struct ui *);
/* Cancel the search. */
void	output_viewer_stop(struct ui *);
void	output_viewer_release(struct ui *);

#endif
