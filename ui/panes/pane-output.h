/*
 * pane-output: what a command prints.
 */
#ifndef ASSENT_UI_PANES_PANE_OUTPUT_H
#define ASSENT_UI_PANES_PANE_OUTPUT_H

#include <stddef.h>

struct page;

/* Rows of what was printed; the text is borrowed. */
void	output_add_lines(struct page *, const char *p, size_t n);
/* Stands in front of a line that was written over. */
const char *output_over(unsigned sanitize_flags);

#endif
