/*
 * typing: the input line as one that many things are typed into: what for, and
 * what was being written when something else asked for it.
 */
#ifndef ASSENT_UI_INPUT_TYPING_H
#define ASSENT_UI_INPUT_TYPING_H

#include "ui/base/typing-data.h"

struct ui;

void	typing_begin(struct ui *, enum ui_purpose, const char *id);
/* The same, with a text to begin with, if none was left there. */
void	typing_begin_with(struct ui *, enum ui_purpose, const char *id,
	    const char *text);
/* Back to the panes, and from a word to what was being said; what is left of the
 * word is kept for the next time. */
void	typing_end(struct ui *);

#endif
