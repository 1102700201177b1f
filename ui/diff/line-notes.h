/*
 * line-notes: rows below a line of the diff that say something about it.
 */
#ifndef ASSENT_UI_DIFF_LINE_NOTES_H
#define ASSENT_UI_DIFF_LINE_NOTES_H

#include <stdbool.h>

#include "front/bindings.h"
#include "ui/term/screen.h"

struct buf;
struct fold_file;
struct page;
struct pair_line;
struct ui;

/* A note on this line of a hunk (0: none); takes the text. */
void	line_note_add(struct page *, enum style, const char *first,
	    const char *rest, struct buf *text, int line);
/* Begins the other rows of somebody's text, under `first`: a bar, since among
 * lines of code an indented row would look like one. */
const char *line_note_rest(struct page *, const char *first);
/* The notes on a line: names that mix scripts or only look like ASCII, and
 * findings. */
void	line_notes_below(struct ui *, struct page *, const struct fold_file *,
	    const struct pair_line *, const char *text, int line);
/* The findings in the file that no hunk has the line of. */
void	line_notes_file(struct ui *, struct page *, const struct fold_file *);

#endif
