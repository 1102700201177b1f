/*
 * editor: a plan in the user's $EDITOR, as a file in a private folder where the
 * editor is started too, so that it finds no settings of the project there.
 */
#ifndef ASSENT_UI_EDITOR_H
#define ASSENT_UI_EDITOR_H

#include <stdbool.h>
#include <sys/types.h>

#include <cjson/cJSON.h>

#include "base/err.h"

struct editor {
	pid_t	 pid;		/* 0: none is running */
	char	*dir;
	int	 dirfd;
	int	 version;	/* of the plan that is edited */
	cJSON	*before;
};

/* `json` is the plan as the fold has it. The child has no signal blocked. */
int	editor_start(struct editor *, const char *json, int version,
	    struct err *);
/* The child has ended with this status: what was written, or NULL with *e. A
 * plan that was only looked at is not handed in: that would approve it.
 * The folder is gone after it. */
cJSON	*editor_finish(struct editor *, int status, struct err *);
/* Text of JSON in which no character is invisible or moves the cursor;
 * malloc'ed. */
char	*editor_text(const cJSON *);

#endif
