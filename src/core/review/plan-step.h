/*
 * plan-step: what a step of the approved plan is held to, from its start to its
 * step_done.  The step under way is the first that is not done.
 *
 * `tools`: of the tools that write or run something only these; reading is always
 * possible.  `paths` (patterns as in .gitignore, from the project's root): the
 * file tools change nothing else.  What a command changes elsewhere stays in the
 * stage, and no rule takes it: a person decides.
 */
#ifndef ASSENT_CORE_REVIEW_PLAN_STEP_H
#define ASSENT_CORE_REVIEW_PLAN_STEP_H

#include <stdbool.h>

#include <cjson/cJSON.h>

struct core;
struct stage_scan;
struct tool_entry;

/* Why this call has to wait for another step, for the model; malloc'ed, or NULL:
 * it may go on. `path` may be NULL. */
char	*plan_step_refuses(const struct core *, const struct tool_entry *,
	    const char *path);
/* After a call: the staged changes outside the paths of the steps, by it or
 * before, goes into its result as `outside`. */
void	plan_step_look(struct core *, const struct stage_scan *, cJSON *result);
/* Any event: the last result that looked is what counts. */
void	plan_step_event(struct core *, const cJSON *event);
/* Was this file changed outside of the steps? */
bool	plan_step_is_outside(const struct core *, const char *path);

#endif
