/*
 * task-input: the task of `exec` with the values of --input in it. A value is
 * data: it stands in a fenced block that says so, and nothing in it is expanded.
 */
#ifndef ASSENT_CMD_TASK_INPUT_H
#define ASSENT_CMD_TASK_INPUT_H

#include <cjson/cJSON.h>

#include "base/err.h"
#include "cmd/cmd.h"

struct task_input {
	char	*typed;		/* the task as the user typed it; NULL: none */
	char	*text;		/* the same with the inputs */
	cJSON	*inputs;	/* a hash of each, by its name */
};

/* -1 with the error of an input or of the task. No file is read by a symlink
 * below `root`. */
int	task_input_read(struct task_input *, const struct cmd_args *,
	    const char *root, struct err *);
void	task_input_release(struct task_input *);

#endif
