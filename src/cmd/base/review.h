/*
 * review: asks questions on a terminal, each answered by a line, and prints
 * changes before their questions.  Input typed before a question can't answer
 * it. plain/plain-change.c chooses the next change and handles the letters.
 */
#ifndef ASSENT_CMD_BASE_REVIEW_H
#define ASSENT_CMD_BASE_REVIEW_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "journal/fold.h"

/* Ask for one line on the terminal: discard earlier input, print the prompt,
 * wait. Malloc'ed; NULL at the end of input, or, with *interrupted set, after a
 * signal or when `hangup` (a descriptor, or -1) hung up. */
struct prompt {
	int	sig_fd;		/* signalfd, or -1 */
	int	hangup_fd;
};
char	*review_line(const struct prompt *, const char *question,
	    bool *interrupted);

/* The same without printing a prompt. */
char	*review_wait(const struct prompt *, bool *interrupted);

/* Ask for what can't be taken back: only a capital Y means yes; after a small one
 * the question stays open. */
#define REVIEW_CAPITAL "a capital Y confirms, anything else doesn't:"
bool	review_confirm(const struct prompt *, const char *question,
	    bool *interrupted);
bool	review_yes(const char *question);
/* May this, which was printed, be added to the file? `yes`: --yes says so. */
bool	review_add(bool yes, const char *what, const char *to);

/* Print hunk i of the file as a patch, and before the first one the details of
 * the file. */
void	review_show(const struct fold_file *, size_t i);
/* What a patch doesn't say of a file without lines: why, and its contents. */
void	review_add_whole(struct buf *, const struct fold_file *);
/* Does that fit on the terminal, and so many rows beside it? */
bool	review_fits(const struct fold_file *, size_t i, int around);

#endif
