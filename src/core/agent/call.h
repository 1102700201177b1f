/*
 * call: answers the tool calls of an assistant message, one after the other;
 * reading calls run in parallel. A call is rejected, shown to the user,
 * answered here (plan, done and step_done), or passed to call-run.c, which runs
 * it in the sandbox.
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

/* A `tool_result` to be made. */
#define CALL_RESULT(of_call, of_tool) { .type = EVENT_TOOL_RESULT, \
	    .tool_result = { .id = (of_call), .name = (of_tool) } }
/* Journal a result. */
void	call_result(struct core *, const char *id, const char *name, bool ok,
	    const char *kind, const char *text);
/* The call doesn't run, for this reason: the next one follows. */
void	call_deny(struct core *, const struct core_call *, const char *kind,
	    const char *text, unsigned faults);
/* Answer the model's call of this tool, `plan` or `done`, which was taken and has
 * no result yet; false: there is none. */
bool	call_owed_result(struct core *, const char *name, bool ok,
	    const char *kind, const char *text);
/* Lines about staged files: shown to the user now, and to the model with its
 * next result. */
void	call_stage_notes(struct core *, const struct buf *);
/* Why to ask about what would run without a sandbox; `what`: "the success
 * check". malloc'ed. */
char	*call_outside_why(const char *what);
/* Ask the user about this call: it waits. The question gets its id. */
void	call_ask(struct core *, struct core_call *, enum core_asked,
	    struct ev_ask *);
/* Add the collected notes to this `tool_result`. */
void	call_add_notes(struct core *, struct event *);

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
void	call_stop_worker(struct core *, const char *why);
/* Add the changes left staged by a call that ended with an earlier core to its
 * result. */
void	call_recover(struct core *, struct event *);

/* The staged copy that the model's calls use now. */
struct stage *call_stage(struct core *);

/* What runs in a sandbox, and how. */
struct call_how {
	struct stage	*stage;
	const char	*tool;
	const cJSON	*args;
	const struct sandbox_callbacks *callbacks;	/* called with the
							   core */
	const char	*id, *command;	/* for the record of its connections; NULL:
					   it makes none */
	/* Of a hook; else NULL, 0. */
	const char	*cwd;
	const char	*staged;	/* another staged copy that is shown to
					   it */
	int64_t		 timeout_ms;	/* if it is less than that of commands */
};

/* Start it. NULL with the reason if the staged copy is unusable. */
struct sandbox_call *call_begin(struct core *, const struct call_how *,
	    struct err *);
/* It has ended (NULL: was stopped) on this staged copy: `notes` gets what was
 * removed there. */
void	call_after(struct core *, struct stage *, const struct sandbox_result *,
	    struct buf *notes);
/*
 * Fill spec (borrowed strings) and limits for this tool; returns the place of a
 * sandbox prepared for it. The limit on CPU time is for commands: file tools
 * and the inspection, which ends after a few seconds, have none. From a user's
 * message until the model stops, the file tools share a worker, whose sandbox
 * shows only the project. Commands share another one, which builds a new sandbox
 * for each; on a level without namespaces each command has its own worker.
 */
struct sandbox_ready **call_setup(struct core *, struct stage *,
	    const char *tool, struct sandbox_spec *, struct sandbox_limits *);
/* The same for a program that outlives its call, on a copy of its own: it has no
 * network yet. -1 with a message if it can't be started. */
int	call_setup_lasting(struct core *, struct own_copy *,
	    struct sandbox_spec *, struct sandbox_limits *, struct err *);
/* -1 with a message if a command could make the user's decisions in another
 * session. */
int	call_others_wait(const struct core *, struct err *);
/* Prepare sandboxes for the next calls, or for the inspection of the project
 * (core/project/project.h), or drop the prepared ones. */
void	call_prepare(struct core *);
void	call_prepare_inspection(struct core *);
void	call_unprepare(struct core *);

/*
 * call-result: makes a `tool_result` of the worker's result and output. The event
 * owns what is made for it, and borrows from the worker's result.
 */

/* If the command had weaker limits than the session reported, report that. */
void	call_check_enforcement(struct core *, const struct sandbox_result *);
/* Output with all known keys masked, about cap bytes of it (tail_only: the last
 * ones), as UTF-8, malloc'ed. What was cut is kept whole in out/, and the event
 * (or NULL) says where; reports what couldn't be kept. */
char	*call_captured(struct core *, const struct buf *, size_t cap,
	    bool tail_only, struct event *);
/* A command's output (calls.capture), at most about `cap` bytes of it, after
 * `before` and hints, and how it ended. `joined` as in hint_about. */
void	call_add_output(struct core *, const struct sandbox_result *, size_t cap,
	    bool tail, bool joined, const char *before, struct event *);
/* A command's result: how it ended, then its output. */
void	call_command_result(struct core *, const char *tool,
	    const char *args_text, const struct sandbox_result *,
	    struct event *);
/* The result of a stopped call: the reason, and a command's output so far. */
void	call_stopped_result(struct core *, const char *why, bool command,
	    struct event *);
/* A file tool's result, from its reply; anything but an object is an error. */
void	call_file_result(struct core *, struct core_call *,
	    const struct sandbox_result *, const cJSON *reply, struct event *);

/* The first path in a command line of the user's that is in the home and that the
 * sandbox doesn't show, malloc'ed, or NULL; *folder, malloc'ed, is what has to be
 * shown for it, or NULL: that may not be. */
char	*call_hidden(struct core *, const char *command, const cJSON *args,
	    char **folder);
/* What hint_not_shown says about this output. */
const char *call_not_shown(struct core *, const struct sandbox_result *,
	    const struct buf *output);

struct hint_about {
	const char		*output;
	size_t			 n;
	int			 exit;		/* -1: killed */
	bool			 sandboxed;	/* levels A, B, C */
	bool			 elsewhere;	/* C: the copy has its own path */
	bool			 image;		/* of the user, with its programs */
	bool			 joined;	/* the exit status is that of the last
						   of several commands */
	const char		*refused;	/* the first host that wasn't
						   allowed; NULL */
	size_t			 refused_len;	/* how many there were */
	const char		*unreached;	/* network_unreached; NULL */
	const char *const	*masked;	/* NULL-terminated, or NULL */
	const char		*home, *root;	/* the user's, the project's; or
						   NULL */
};

/* Append at most HINT_MOST lines, each marked as assent's own text. A
 * successful command gets none, unless it may hide a failed one; then its
 * output is searched if it is short. */
void	hint_add(struct buf *, const struct hint_about *);

/* Write bytes to out_dir/<sha256>, fsynced; returns the hash in hex. */
int	capture_keep_out(const char *out_dir, const void *p, size_t n,
	    char hex[SHA256_HEX_SIZE], struct err *);

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
