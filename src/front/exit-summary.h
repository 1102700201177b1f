/*
 * exit-summary: what stays in the shell's scrollback when the front end leaves:
 * how it ended, what was written, what waits, how to come back.
 */
#ifndef ASSENT_FRONT_EXIT_SUMMARY_H
#define ASSENT_FRONT_EXIT_SUMMARY_H

#include <stdio.h>

#include "journal/fold.h"
#include "ui/app/ui.h"

/* For when the terminal has been given back. */
void	exit_summary(FILE *, const struct fold *, const char *session,
	    enum ui_end);

#endif
