/*
 * hook-session: the events session_start, plan and session_end.
 */
#ifndef ASSENT_CORE_HOOK_SESSION_H
#define ASSENT_CORE_HOOK_SESSION_H

#include <stdbool.h>

#include <cjson/cJSON.h>

struct core;

/* The session begins, or goes on; driver_soon follows. */
void	hook_session_start(struct core *, bool resumed);
/* The model, or the user, has proposed this plan. */
void	hook_session_plan(struct core *, const cJSON *line);
/* The session ends: run its hooks, and then over(). False: there is none, or
 * they have run. */
bool	hook_session_end(struct core *, void (*over)(struct core *));
/* Does nothing follow but those hooks? */
bool	hook_session_is_over(const struct core *);

#endif
