/*
 * hook-tool: the events before_tool and after_tool.
 */
#ifndef ASSENT_CORE_HOOK_TOOL_H
#define ASSENT_CORE_HOOK_TOOL_H

#include <stdbool.h>

#include <cjson/cJSON.h>

struct core;
struct core_call;

/* Does a hook have to hear of this call before it runs? */
bool	hook_tool_is_due(const struct core *, const struct core_call *,
	    const cJSON *args);
/* Run those hooks; then the call is answered, asked about, or next again. */
void	hook_tool_before(struct core *, const struct core_call *,
	    const cJSON *args);
/* The call has this result. */
void	hook_tool_after(struct core *, const struct core_call *,
	    const cJSON *result);

#endif
