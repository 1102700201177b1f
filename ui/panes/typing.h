/*
 * typing: the input line for texts of all purposes: the current purpose, and
 * the text that was interrupted by another.
 */
#ifndef ASSENT_UI_PANES_TYPING_H
#define ASSENT_UI_PANES_TYPING_H

#include "ui/panes/typing-data.h"

struct ui;

void	typing_begin(struct ui *, enum ui_purpose, const char *id);
/* Begin with this text, unless an earlier one was kept. */
void	typing_begin_with(struct ui *, enum ui_purpose, const char *id,
	    const char *text);
/* Return to the panes, or to the message that was interrupted; an unsent text
 * is kept for the next time. */
void	typing_end(struct ui *);

#endif
