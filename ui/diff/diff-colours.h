/*
 * diff-colours: the syntax colours of the diff's lines (ui/panes/colours.h).
 * They change no row, no mark and nothing that was seen.
 */
#ifndef ASSENT_UI_DIFF_DIFF_COLOURS_H
#define ASSENT_UI_DIFF_DIFF_COLOURS_H

#include <stddef.h>

struct page;
struct ui;

/* Set the colours of a row of a line (page->ink), if they are known; else they
 * are asked for. */
void	diff_colours_row(struct ui *, struct page *, size_t row);

#endif
