/*
 * diff-colours: the syntax colours of the diff's lines, as the core sends them.
 * Text is drawn at once; the colours of lines near it are asked for, and drawn
 * when they are here.  They change only how text looks: no row, no mark and
 * nothing that was seen.
 */
#ifndef ASSENT_UI_DIFF_DIFF_COLOURS_H
#define ASSENT_UI_DIFF_DIFF_COLOURS_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

struct page;
struct ui;

/* Set the colours of a row of a line (page->ink), if they are known; else they
 * are asked for. */
void	diff_colours_row(struct ui *, struct page *, size_t row);
/* A line from the core: true if it was an answer of this kind, or a refusal. */
bool	diff_colours_line(struct ui *, const cJSON *line);
void	diff_colours_drop(struct ui *);

#endif
