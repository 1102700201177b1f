/*
 * last-words: what stays in the shell's scrollback when the front end leaves:
 * how it ended, what was written, what waits, how to come back.
 */
#ifndef ASSENT_UI_LAST_WORDS_H
#define ASSENT_UI_LAST_WORDS_H

#include <stdio.h>

#include "journal/fold.h"
#include "ui/ui.h"

/* For when the terminal has been given back. */
void	last_words(FILE *, const struct fold *, const char *session,
	    enum ui_end);

#endif
