/*
 * editor: a plan or a hunk in the user's $EDITOR, as a file in a private
 * folder. The editor also starts in that folder, where it finds no settings of
 * the project.
 */
#ifndef ASSENT_FRONT_EDITOR_H
#define ASSENT_FRONT_EDITOR_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/* Does nothing, and returns false, without a terminal or with a pager that
 * doesn't exist. */
bool	pager_begin(void);
enum pager_result {
	PAGER_READ,		/* it has read everything, or none was needed */
	PAGER_LEFT,		/* not all of standard output */
	PAGER_FAILED,		/* it may have shown nothing */
};
/* Wait until the user leaves the pager, if there is one. */
enum pager_result pager_end(void);
/* A terminal, or our pager on one? */
bool	pager_is_terminal(FILE *);
/* The terminal's width: 80 if it doesn't say; 0 if this isn't a terminal. */
int	pager_columns(FILE *);

struct editor {
	pid_t	 pid;		/* 0: not running */
	char	*dir;
	int	 dirfd;
	const char *name;	/* of the file */
	char	*given;		/* the text to edit; NULL: only to look at */
	size_t	 max;		/* read back at most so many bytes */
	int	 line;		/* start at this line; 0: not said */
	bool	 pager;		/* $PAGER instead of the editor */
	const char *program;	/* another one; NULL: none */
	bool	 printed;	/* and `out` is a file with what it prints */
	int	 out;
};

/* Start the editor on a file with this name and content, or the pager at the line
 * `look`, if that isn't 0. The child has no signal blocked. `name` must stay valid
 * until editor_finish. */
int	editor_start(struct editor *, const char *name, const char *text,
	    size_t len, int look, struct err *);
/* Run another program in the terminal, with editor_finish() at its end. argv[0]
 * must stay valid. `printed`: its standard output is the text then. */
int	editor_run(struct editor *, const char *const argv[], bool printed,
	    struct err *);
/* The child has ended with this status. Returns the saved text, or -1 with *e.
 * The folder is removed, unless something was saved but can't be used: then *e
 * names the folder. *e is empty if the user left a program with Esc or Ctrl-C. */
int	editor_finish(struct editor *, int status, struct buf *, struct err *);

/* A text for the editor, in UTF-8 whatever the locale: an invisible character
 * becomes a mark such as "<U+202E>", unless the text itself contains these
 * letters; malloc'ed. */
char	*editor_mark(const char *text, size_t *len);
/* The edited text with these marks turned back into characters: unedited parts
 * are the same bytes as before.  `text` ends with a NUL; malloc'ed. */
char	*editor_unmark(const char *text, size_t *len, const char *before);

#endif
