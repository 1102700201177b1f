/*
 * call: answers the tool calls of an assistant message, one after the other;
 * reading calls run in parallel. A call is rejected, shown to the user,
 * answered here (plan, done and others of assent itself), or passed to
 * call-run.c, which runs it in the sandbox and makes its result.
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

struct core;
struct core_call;
struct event;
struct reply;
struct tool_entry;
struct tool_schema;

/* Queue the calls of a reply. */
void	call_queue(struct core *, const struct reply *);
/* One more; borrowed until the next. */
struct core_call *call_add(struct core *, const char *id, const char *name,
	    const char *args, bool complete);
void	call_queue_clear(struct core *);
void	call_next(struct core *);	/* start or answer the next call */
/* The task is over, says the model by these arguments of `done`. */
void	call_says_done(struct core *, const cJSON *args);
/* The call doesn't run, for this reason: the next one follows. */
void	call_deny(struct core *, const struct core_call *, const char *kind,
	    const char *text, unsigned faults);

/*
 * call-fault: checks a call as the model sent it: whether the tool is
 * available, its arguments, converted to the form that the tool takes, and why
 * the call may not run.
 */

/* The arguments as in the journal: variants that models write are converted to
 * one form. NULL with the reason if they can't be parsed. */
cJSON	*call_args(const struct core *, const struct core_call *,
	    struct err *);

/* Why the call may not run, malloc'ed, with its kind; NULL: it may, and *t is
 * its tool. `args` come from call_args, or are NULL with `e`. */
char	*call_fault(struct core *, struct core_call *, const cJSON *args,
	    const struct err *e, const struct tool_entry **t, const char **kind);
/* Is this tool enabled in the user's list (all are, if there is none)? */
bool	call_is_on(const struct core *, const char *name);
/* Is the tool listed for the model? The list never changes within a session,
 * since prompt caches begin with the tools; call_fault rejects a tool that
 * isn't available in this phase. */
bool	call_tool_exists(const struct core *, const struct tool_entry *);

/*
 * call-run: runs a call in the sandbox: starts it, stops it, and records its
 * result.
 */

/* Run the current call in the sandbox, or the next `n` as TOOL_PARALLEL;
 * results arrive later. */
void	call_run(struct core *, const char *tool, const cJSON *args, size_t n);
/* The bytes of content that the context has room for in the current call's
 * answer; 0: enough. *together: how many calls may run in parallel, each with
 * as many. */
size_t	call_room(struct core *, size_t *together);
void	call_stop_worker(struct core *, const char *why);
/* Add the changes left staged by a call that ended with an earlier core to its
 * result. */
void	call_recover(struct core *, struct event *);

/*
 * call-tools: the tools as described to the model. For a small window the
 * descriptions are short: the first sentences for each tool, names and types
 * alone for its arguments. If MCP servers have many tools, those have a line
 * each, whatever the window is.
 */

/* The *n tool schemas of the current phase; the caller frees the array with
 * free(), not its contents. */
struct tool_schema *call_tools(struct core *, size_t *n);
/* What to add to the error about a call of this tool (NULL: an unknown one): the
 * names of those there are, if it isn't one; malloc'ed, or NULL. */
char	*call_tools_advice(struct core *, const struct tool_entry *);

/* A call failed with this kind: advice to add to the answer; malloc'ed, or
 * NULL. */
char	*edit_tools_advice(const struct core *, const struct core_call *,
	    const char *kind);
/* Report once that the model gets other tools. */
void	edit_tools_note(struct core *);

/*
 * call-patch: `assent review FILE`: git applies a patch to the copy, inside
 * the sandbox. The core never reads the patch: it is kept in out/, which the
 * sandbox mounts read-only, and the result is proposed like any other change.
 *
 * git uses a repository of ours, empty except for rules that leave all bytes
 * unchanged. The project's own .gitattributes or configuration could convert
 * line ends or encodings, or run a filter.
 */

/* Move the start object's patch, if any, into out/. */
int	patch_keep(struct core *, struct err *);
/* The command that applies it to the copy; the caller deletes. */
cJSON	*patch_argv(const struct core *);

#endif
