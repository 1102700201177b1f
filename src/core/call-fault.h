#ifndef ASSENT_CORE_CALL_FAULT_H
#define ASSENT_CORE_CALL_FAULT_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;
struct core_call;
struct tool_entry;

/* Is the tool listed for the model? The list never changes within a session,
 * since prompt caches begin with the tools; call_fault rejects a tool that
 * isn't available in this phase. */
bool	call_tool_exists(const struct core *, const struct tool_entry *);
/* Why the call may not run, malloc'ed, with its kind; NULL: it may, and *t is
 * its tool. `args` come from call_args, or are NULL with `e`. */
char	*call_fault(struct core *, struct core_call *, const cJSON *args,
	    const struct err *e, const struct tool_entry **t,
	    const char **kind);

#endif
