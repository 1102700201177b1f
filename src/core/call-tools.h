/*
 * call-tools: the tools as described to the model. For a small window
 * (compact_short_tools) the descriptions are short: the first sentences for
 * each tool, names and types alone for its arguments. If MCP servers have many
 * tools, those have a line each, whatever the window is.
 */
#ifndef ASSENT_CORE_CALL_TOOLS_H
#define ASSENT_CORE_CALL_TOOLS_H

#include <stddef.h>

struct core;
struct tool_entry;
struct tool_schema;

/* The *n tool schemas of the current phase; the caller frees the array with
 * free(), not its contents. */
struct tool_schema *call_tools(struct core *, size_t *n);
/* What to add to the error about a call of this tool (NULL: an unknown one): the
 * names of those there are, if it isn't one; malloc'ed, or NULL. */
char	*call_tools_advice(struct core *, const struct tool_entry *);

#endif
