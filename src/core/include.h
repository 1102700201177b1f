/*
 * include: build products and caches stay staged and aren't proposed. The user
 * can change that ("include this", "never this pattern"), and files the model
 * wrote with its own tools are proposed even if git ignores them. These rules
 * are journaled first, and are valid for the session.
 */
#ifndef ASSENT_CORE_INCLUDE_H
#define ASSENT_CORE_INCLUDE_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;

/* The model's own tool changed this file, named as in the call. */
void	include_written(struct core *, const char *path);
void	include_recall(struct core *, const cJSON *event);
/* Give the policy the rules of the start object and an old journal. */
void	include_start(struct core *);
void	include_release(struct core *);
/* Client commands "include" and "hide": propose what matches, or hide it. */
int	include_command(struct core *, const cJSON *command,
	    const char *client, struct err *);
void	include_refresh(struct core *);	/* only while no view is mounted */

#endif
