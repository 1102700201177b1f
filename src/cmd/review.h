/*
 * review: decisions typed on a terminal, a letter and Enter for each change.
 * Every hunk is printed in full before its question; nothing typed before the
 * question was there can answer it.
 */
#ifndef ASSENT_CMD_REVIEW_H
#define ASSENT_CMD_REVIEW_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "journal/fold.h"

enum review_key {
	REVIEW_YES, REVIEW_NO, REVIEW_ALL_YES, REVIEW_ALL_NO, REVIEW_QUIT,
	REVIEW_HELP,
};
/* What a typed line says. *word points at the words after "n", or is NULL. */
enum review_key review_parse(const char *line, const char **word);

/* Ask for one line on the terminal: flush what was typed before, print the
 * prompt, wait. NULL at the end of input; malloc'ed. *interrupted is set, and
 * NULL returned, when a signal came or `hangup` (a descriptor, or -1) hung up. */
struct prompt {
	int	sig_fd;		/* signalfd, or -1 */
	int	hangup_fd;
};
char	*prompt_line(const struct prompt *, const char *question,
	    bool *interrupted);

/* So asked, y or yes is yes, and nothing else. */
bool	prompt_yes(const char *question);

/* Hunk i of the file as a patch of its own; before the first what there is to say
 * about the file. */
void	review_show(const struct fold_file *, size_t i);

/*
 * Ask for each undecided hunk of the open proposal. The marks to send (array
 * of {"type":"mark",...}, the caller deletes) and *quit when the person wants
 * no more questions; NULL when interrupted.
 */
cJSON	*review_run(const struct prompt *, const struct fold *, bool *quit);

#endif
