/* Shared by the files of hooks. */
#ifndef ASSENT_CORE_HOOK_INT_H
#define ASSENT_CORE_HOOK_INT_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "core/agent/hook.h"
#include "policy/hook-spec.h"

struct ev_hook;

/* ---- hook.c ---- */

/* The members of a line about the run. */
struct ev_hook	hook_line(const struct hook_run *, const char *status);

/* ---- hook-run.c ---- */

#define HOOK_SAID_SHOWN	((size_t)2000)	/* its last line is in these */
#define HOOK_EXIT_MAX	2		/* a status above that is a failure */

void	hook_run_release(struct hook_run *);
/* Start it; its end is reported to its ended() from the loop, always. */
void	hook_run_start(struct core *, struct hook_run *, cJSON *input);
/* End it without a report. */
void	hook_run_cancel(struct core *, struct hook_run *);
/* Add the paths that it changed in the session's copy; true if there
 * are any. */
bool	hook_run_changed(struct core *, struct hook_run *, struct event *line);

#endif
