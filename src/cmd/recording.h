/*
 * recording: a session as a file that can be replayed without its model: the
 * files it began with, the model's answers, what the user decided, and the
 * events that must come again. The manual has the format (assent-journal(5),
 * Recordings).
 */
#ifndef ASSENT_CMD_RECORDING_H
#define ASSENT_CMD_RECORDING_H

#include <cjson/cJSON.h>

#include "base/err.h"

#define RECORDING_VERSION 1
#define RECORDING_ROOT "/home/user/project"	/* what the root becomes */

/* What of a start object a replay is started with: nothing that reaches out of
 * it, such as a model, hosts, hooks, servers and folders. */
cJSON	*recording_start(const cJSON *start);
/* The part of a journal line that a replay compares; NULL: none of it. */
cJSON	*recording_event(const cJSON *line);
/* The command with which a front end repeats what the user did in this line;
 * NULL: nothing. -1 with *e in `rc` if it can't be repeated. */
cJSON	*recording_command(const cJSON *line, int *rc, struct err *e);

cJSON	*recording_read(const char *path, struct err *);
int	recording_write(const char *path, const cJSON *, struct err *);

#endif
