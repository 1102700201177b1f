/*
 * print: a session's lines as plain text, for those who read them in a log or
 * a terminal without the screen.  Foreign bytes go raw into a file or pipe and
 * through the sanitizer onto a terminal.
 */
#ifndef ASSENT_CMD_PRINT_H
#define ASSENT_CMD_PRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <cjson/cJSON.h>

#include "journal/fold.h"

void	print_foreign(FILE *, const char *p, size_t n);
/* A line of ours with foreign words in it; a newline is added. */
void	print_words(FILE *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
/* All files of the open proposal as one diff, from column 1. */
void	print_proposal_diff(FILE *, const struct fold_proposal *);
/* What the line says, if it says anything to a person. `fold` has folded it
 * already. Proposals are left to the caller. */
void	print_line(FILE *, const struct fold *, const cJSON *line);
/* The report of agent_end. */
void	print_end(FILE *, const cJSON *end);

#endif
