/*
 * pane-output: the output of a command.
 */
#ifndef ASSENT_UI_PANES_PANE_OUTPUT_H
#define ASSENT_UI_PANES_PANE_OUTPUT_H

#include <stddef.h>

struct page;
struct ui;

/* Add rows for the output, and find its failures; the text is borrowed. */
void	output_add_lines(struct ui *, struct page *, const char *p, size_t n);
/* The mark in front of a line that was overwritten. */
const char *output_over(unsigned sanitize_flags);

#endif
