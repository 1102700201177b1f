/*
 * exit-summary: the lines printed to the shell when the front end exits: how it
 * ended, what was written, what waits for review, how to reattach.
 */
#ifndef ASSENT_FRONT_EXIT_SUMMARY_H
#define ASSENT_FRONT_EXIT_SUMMARY_H

#include <stdbool.h>
#include <stdio.h>

#include "journal/fold.h"

enum ui_end {
	UI_NO_SCREEN,	/* the terminal can't show the UI, and the reason was
			   printed; nothing was read or sent */
	UI_DETACHED,	/* the core keeps running */
	UI_ENDED,	/* the core said that it ends */
	UI_CORE_GONE,	/* the connection broke without that */
	UI_OTHER,	/* the user goes to another session */
};

/* Call it after the terminal was restored. `draft`: a text wasn't sent. */
void	exit_summary(FILE *, const struct fold *, const char *session,
	    enum ui_end, bool draft);

/* Has this file of the change been undone, alone or with all others? */
bool	exit_summary_is_undone(const struct fold *, const struct fold_change *,
	    const struct fold_change_file *);

#endif
