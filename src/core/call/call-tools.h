/*
 * call-tools: the tools as the model is told of them.  For a small window
 * (compact_short_tools) that is few words: the first sentences of what each is
 * for, and of its arguments names and types alone.
 */
#ifndef ASSENT_CORE_CALL_CALL_TOOLS_H
#define ASSENT_CORE_CALL_CALL_TOOLS_H

#include <stddef.h>

struct core;
struct tool_schema;

/* The tool schemas of the present phase; *n of them, borrowed array freed by
 * the caller with free(). */
struct tool_schema *call_tools(struct core *, size_t *n);

#endif
