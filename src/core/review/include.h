/*
 * include: build products and caches stay in the stage, unproposed; here a
 * person says otherwise ("include this", "never this pattern"), and what the
 * model wrote with a tool of its own is proposed whatever git ignores.  The
 * words go to the journal first, and hold for the session.
 */
#ifndef ASSENT_CORE_REVIEW_INCLUDE_H
#define ASSENT_CORE_REVIEW_INCLUDE_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;

/* The model's own tool changed this file, named as in the call. */
void	include_written(struct core *, const char *path);
void	include_recall(struct core *, const cJSON *event);
/* Tell the policy what the start object and an old journal say. */
void	include_start(struct core *);
void	include_release(struct core *);
/* A client's command: propose what matches, or hide it. */
int	include_command(struct core *, const cJSON *command, bool hide,
	    const char *client, struct err *);
void	include_refresh(struct core *);	/* no view is mounted */

#endif
