#ifndef ASSENT_CORE_CALL_CALL_FAULT_H
#define ASSENT_CORE_CALL_CALL_FAULT_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;
struct core_call;
struct tool_entry;

/* Is the model told of it?  In a session always the same, since caches begin with
 * the tools: one that has to wait for its phase is refused by call_fault. */
bool	call_tool_exists(const struct core *, const struct tool_entry *);
/* Why the call may not run, malloc'ed, with its kind; NULL: it may, and *t is
 * its tool. `args` are call_args's, or NULL with `e`. */
char	*call_fault(struct core *, struct core_call *, const cJSON *args,
	    const struct err *e, const struct tool_entry **t,
	    const char **kind);

#endif
