/*
 * review: questions on a terminal, each answered by a line, and a change as it is
 * printed before its question.  Nothing typed before a question answers it.  Which
 * change is next, and what a letter does, is in plain/plain-change.c.
 */
#ifndef ASSENT_CMD_REVIEW_H
#define ASSENT_CMD_REVIEW_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "journal/fold.h"

/* Ask for one line on the terminal: flush what was typed before, print the
 * prompt, wait. NULL at the end of input; malloc'ed. *interrupted is set, and
 * NULL returned, when a signal came or `hangup` (a descriptor, or -1) hung up. */
struct prompt {
	int	sig_fd;		/* signalfd, or -1 */
	int	hangup_fd;
};
char	*review_line(const struct prompt *, const char *question,
	    bool *interrupted);

/* The same after a question that is there already. */
char	*review_wait(const struct prompt *, bool *interrupted);

/* So asked, y or yes is yes, and nothing else. */
bool	review_yes(const char *question);

/* Hunk i of the file as a patch of its own; before the first what there is to say
 * about the file. */
void	review_show(const struct fold_file *, size_t i);

#endif
