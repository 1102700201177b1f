/* Shared by the files of hooks. */
#ifndef ASSENT_CORE_HOOK_INT_H
#define ASSENT_CORE_HOOK_INT_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "core/agent/hook.h"
#include "policy/hook-spec.h"

struct ev_hook;
struct ev_tool_result;

/* ---- hook.c ---- */

/* The members of a line about the run. */
struct ev_hook	hook_line(const struct hook_run *, const char *status);
/* Is there a hook for the event that fits one of these names? */
bool	hook_wants(const struct core *, enum hook_event, const cJSON *names);
/*
 * Run the hooks that fit, now: in IDLE. `input` (taken) is their input, `names`
 * (taken, may be NULL) is compared with their `match`, `for_id` says in the
 * journal what it is about. done() is called from the loop, in IDLE, unless the
 * round is stopped.
 */
void	hook_begin(struct core *, enum hook_event, cJSON *input,
	    cJSON *names, const char *for_id, hook_done *);
/* The same, as soon as the agent is between two steps; nobody waits for the
 * verdict. Does nothing if no hook fits. */
void	hook_queue(struct core *, enum hook_event, cJSON *input,
	    cJSON *names, const char *for_id);
/* From number *i on, the next hook that fits; NULL: none. */
const cJSON *hook_find(const struct core *, enum hook_event, const cJSON *names,
	    int *i);
/* Start a run, of which `event`, `for_id` and `ended` are set. */
void	hook_start(struct core *, struct hook_run *, const cJSON *spec,
	    const cJSON *input);

/* ---- hook-run.c ---- */

void	hook_run_release(struct hook_run *);
/* Start it; its end is reported to its ended() from the loop, always. */
void	hook_run_start(struct core *, struct hook_run *, cJSON *input);
/* End it without a report. */
void	hook_run_cancel(struct core *, struct hook_run *);
/* Add the paths that it changed in the session's staged copy; true if there
 * are any. */
bool	hook_run_changed(struct core *, struct hook_run *, struct event *line);

/* ---- hook-event.c ---- */

/* A hook changed the staged files itself: it needn't hear of that. */
void	hook_review_digest(struct core *);
/* The session begins, or goes on. */
void	hook_session_start(struct core *);
void	hook_tool_after(struct core *, const struct core_call *,
	    const struct ev_tool_result *);
void	hook_new_line(struct core *, const struct event *);

#endif
