/* Shared by the files of start. */
#ifndef ASSENT_CORE_START_INT_H
#define ASSENT_CORE_START_INT_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "core/main/start.h"

struct event;

/* A session that is resumed: what is told when it goes on, and its settings. The
 * fold has what is open. */
struct resume {
	struct core	*core;
	char		*note;		/* about the journal's end, or NULL */
	char		*restaged;	/* about the staged copy, or NULL */
	char		*image;		/* about its image, or NULL */
	cJSON		*start;		/* settings of session_start, as the
					   user has changed them since */
	cJSON		*model;		/* the one in use */
	cJSON		*prompts;	/* hashes, from session_start or the
					   last `prompts` */
};

/* ---- start.c ---- */

/* A line of the journal: fold it, and pass it to all parts. */
void	start_line(struct core *, const struct event *);
/* Tell all parts that the sandbox and the staged copy are there. */
void	start_begun(struct core *);

/* ---- start-sandbox.c ---- */

bool	start_in_container(const struct core *);
/* Start the self-test, and settle what commands may see. A session that is
 * resumed (`gone` isn't NULL) does without an image that is gone: *gone says so. */
int	start_sandbox_begin(struct core *, char **gone, struct err *);
/* Wait for it: the level. */
int	start_sandbox(struct core *, struct err *);

/* ---- resume.c ---- */

/* A line of the old journal. */
void	resume_line(struct resume *, const struct event *);
void	resume_free(struct resume *);
/* Use the recorded settings, updated with those that the resuming client sent.
 * `note` is the journal's, about its end. */
int	resume_settings(struct resume *, char *note_take, struct err *);
/* Is this a fork that no core has gone on with yet? */
bool	resume_is_fork(const struct core *);
/* Go on with the work at the old core's death. */
int	resume_go_on(struct resume *, struct err *);

#endif
