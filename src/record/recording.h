/*
 * recording: a session as a file that can be replayed without its model: the
 * files it began with, the model's answers, what the user decided, and the
 * events that must come again. The manual has the format (assent-journal(5),
 * Recordings).
 */
#ifndef ASSENT_RECORD_RECORDING_H
#define ASSENT_RECORD_RECORDING_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/err.h"

#define RECORDING_VERSION 1
#define RECORDING_SESSION "/home/user/session"	/* its folder */
#define RECORDING_ROOT "/home/user/project"	/* what the root becomes */

/* What of a start object a replay is started with: nothing that reaches out of
 * it, such as a model, hosts, hooks, servers and folders. */
cJSON	*recording_start(const cJSON *start);
/* The part of a journal line that a replay compares, which is what the agent
 * did; NULL: none of it. */
cJSON	*recording_event(const cJSON *line);
/* A limit (its line) that a replay doesn't reach: it costs nothing, and has all
 * the time. */
bool	recording_is_timed(const cJSON *limit);
/* The command with which a front end repeats what the user did in this line;
 * NULL: nothing. */
cJSON	*recording_command(const cJSON *line);

/* How far a session is, by its lines. */
struct recording_at {
	int	 answers;	/* of the model */
	bool	 thinking;	/* the next one is on its way */
};
void	recording_follow(struct recording_at *, const cJSON *line);

/* NULL with *e; the caller deletes. */
cJSON	*recording_parse(const char *text, size_t n, struct err *);
cJSON	*recording_read(const char *path, struct err *);
int	recording_write(const char *path, const cJSON *, struct err *);

#endif
