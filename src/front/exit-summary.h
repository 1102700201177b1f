/*
 * exit-summary: what stays in the shell's scrollback when the front end leaves:
 * how it ended, what was written, what waits, how to come back.
 */
#ifndef ASSENT_FRONT_EXIT_SUMMARY_H
#define ASSENT_FRONT_EXIT_SUMMARY_H

#include <stdio.h>

#include "journal/fold.h"

enum ui_end {
	UI_NO_SCREEN,	/* the terminal cannot do it; nothing was read or sent
			   and `io` is untouched; the sentence was printed */
	UI_DETACHED,	/* the core goes on without us */
	UI_ENDED,	/* the core said that it ends */
	UI_CORE_GONE,	/* the stream broke off without that */
};

/* For when the terminal has been given back. */
void	exit_summary(FILE *, const struct fold *, const char *session,
	    enum ui_end);

#endif
