/*
 * plan-step: limits the model to the current step of the approved plan, from
 * its start to its step_done. The current step is the first that isn't done.
 *
 * `tools`: the only tools that may write or run something; reading is always
 * allowed. `paths` (patterns as in .gitignore, from the project's root): the
 * only files that file tools may change. What a command changes elsewhere stays
 * staged, and no rule accepts it: the user decides.
 */
#ifndef ASSENT_CORE_PLAN_STEP_H
#define ASSENT_CORE_PLAN_STEP_H

#include <stdbool.h>

#include <cjson/cJSON.h>

struct core;
struct core_call;
struct stage_scan;
struct tool_entry;

/* Why this call must wait for another step, for the model; malloc'ed, or NULL:
 * the call may run. `path` may be NULL. */
char	*plan_step_refuses(const struct core *, const struct tool_entry *,
	    const char *path);
/* The model calls done: true, with the answer given, if steps are open and it
 * was not told so yet. */
bool	plan_step_refuses_done(struct core *, const struct core_call *);
/* After a call: add the staged changes outside the paths of the steps, old and
 * new, to its result as `outside`. */
void	plan_step_look(struct core *, const struct stage_scan *, cJSON *result);
/* Read any event; the last result with a list counts. */
void	plan_step_event(struct core *, const cJSON *event);
/* Was this file changed outside the paths of the steps? */
bool	plan_step_is_outside(const struct core *, const char *path);

#endif
