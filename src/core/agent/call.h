/*
 * call: answers the tool calls of an assistant message, one after the other;
 * reading calls run in parallel. A call is rejected, shown to the user,
 * answered here (plan, done and step_done), or passed to call-run.c, which runs
 * it in the sandbox and makes its result.
 */
#ifndef ASSENT_CORE_CALL_H
#define ASSENT_CORE_CALL_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sha.h"
#include "sandbox/sandbox.h"

enum core_asked;
struct core;
struct core_call;
struct ev_ask;
struct event;
struct own_copy;
struct reply;
struct stage;
struct tool_entry;
struct tool_schema;

/* Queue the calls of a reply. */
void	call_queue(struct core *, const struct reply *);
void	call_queue_clear(struct core *);
void	call_next(struct core *);	/* start or answer the next call */
/* The arguments as in the journal: variants that models write are converted to
 * one form. NULL with the reason if they can't be parsed. */
cJSON	*call_args(const struct core *, const struct core_call *,
	    struct err *);

/* The call doesn't run, for this reason: the next one follows. */
void	call_deny(struct core *, const struct core_call *, const char *kind,
	    const char *text, unsigned faults);
/*
 * call-run: runs a call in the sandbox: starts it, stops it, and records its
 * result.
 */

/* Run the current call in the sandbox, or the next `n` as TOOL_PARALLEL;
 * results arrive later. */
void	call_run(struct core *, const char *tool, const cJSON *args, size_t n);
void	call_stop_worker(struct core *, const char *why);
/* Add the changes left staged by a call that ended with an earlier core to its
 * result. */
void	call_recover(struct core *, struct event *);

/*
 * call-tools: the tools as described to the model. For a small window
 * (compact_short_tools) the descriptions are short: the first sentences for
 * each tool, names and types alone for its arguments. If MCP servers have many
 * tools, those have a line each, whatever the window is.
 */

/* The *n tool schemas of the current phase; the caller frees the array with
 * free(), not its contents. */
struct tool_schema *call_tools(struct core *, size_t *n);

/* A call failed with this kind: advice to add to the answer; malloc'ed, or
 * NULL. */
char	*edit_tools_advice(const struct core *, const struct core_call *,
	    const char *kind);
/* Report once that the model gets other tools. */
void	edit_tools_note(struct core *);

/* Move the start object's patch, if any, into out/. */
int	patch_keep(struct core *, struct err *);

#endif
