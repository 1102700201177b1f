/*
 * code-colours: the syntax colours of fenced code in the transcript
 * (ui/panes/colours.h).  A block with a language is asked for when it is near
 * the screen and complete.
 */
#ifndef ASSENT_UI_PANES_CODE_COLOURS_H
#define ASSENT_UI_PANES_CODE_COLOURS_H

#include <stdbool.h>
#include <stddef.h>

struct page;
struct ui;

/* Set the colours of a row (page->ink) of item i, if they are known; else they
 * are asked for. */
void	code_colours_row(struct ui *, size_t item, struct page *, size_t row);

#endif
