/*
 * editor: a plan or a hunk in the user's $EDITOR, as a file in a private folder
 * where the editor is started too, so that it finds no settings of the project
 * there.
 */
#ifndef ASSENT_FRONT_EDITOR_H
#define ASSENT_FRONT_EDITOR_H

#include <stdbool.h>
#include <sys/types.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"

struct editor {
	pid_t	 pid;		/* 0: none is running */
	char	*dir;
	int	 dirfd;
	const char *name;	/* of the file */
	char	*given;		/* to be written in; NULL: to look at */
	size_t	 max;		/* bytes that are read back */
	int	 line;		/* to begin at; 0: the program's own way */
	bool	 pager;		/* $PAGER and not the editor */
};

/* Start it on a file of this name (a literal) and content. The child has no
 * signal blocked. */
int	editor_start(struct editor *, const char *name, const char *text,
	    size_t len, struct err *);
/* The same to look at: the file is read-only, and its name is the caller's until
 * the end. */
int	editor_look(struct editor *, const char *name, const char *text,
	    size_t len, int line, bool pager, struct err *);
/* The child has ended with this status: what was written, or -1 with *e. The
 * folder is gone after it, but where something was saved that is not taken: then
 * *e names it. */
int	editor_finish(struct editor *, int status, struct buf *, struct err *);

/* The plan that was written, or NULL with *e. One that was only looked at is not
 * handed in: that would approve it. `before` is the plan as the fold has it. */
cJSON	*editor_plan(const struct buf *, const char *before, struct err *);
/* Is it this plan, whatever its blanks? */
bool	editor_is_same(const struct buf *, const char *plan);
/* A text for the editor, in UTF-8 whatever the locale is: what a terminal would
 * not show is written as "<U+202E>"; malloc'ed.  Where these letters stand in
 * the text itself the character stays as it is. */
char	*editor_mark(const char *text, size_t *len);
/* What came back, with these marks taken back: byte by byte what it was, where
 * nothing was changed.  `text` ends with a NUL; malloc'ed. */
char	*editor_unmark(const char *text, size_t *len, const char *before);
/* Text of JSON in which no character is invisible or moves the cursor;
 * malloc'ed. */
char	*editor_text(const cJSON *);

#endif
