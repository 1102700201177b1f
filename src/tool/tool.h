/*
 * tool: what runs inside the sandbox. One file per tool, one row in
 * tool_table[]. File tools get a descriptor of the project's root and write one
 * JSON reply; the worker runs tools with TOOL_COMMAND itself, and the core
 * answers tools with TOOL_CORE.
 *
 * tool.c has the table (name, description and schema for the model, effects for
 * the core); tool-run.c maps names to functions for the worker, so that the
 * core needn't link the tools' libraries.
 */
#ifndef ASSENT_TOOL_TOOL_H
#define ASSENT_TOOL_TOOL_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"

#define TOOL_READS	(1u << 0)	/* only reads: the project is
					   read-only to it */
#define TOOL_WRITES	(1u << 1)	/* changes files: not in the plan
					   phase */
#define TOOL_COMMAND	(1u << 2)	/* runs a program: needs a sandbox, or
					   permission without one */
#define TOOL_CORE	(1u << 3)	/* the core answers it: plan, done */
#define TOOL_STRICT	(1u << 5)	/* the service enforces its schema, if
					   it can */
#define TOOL_NAMED	(1u << 4)	/* only if the list of tools names it */
#define TOOL_SERVER	(1u << 6)	/* an MCP server's, which checks its
					   arguments; not in tool_table */

struct tool_entry {
	const char	*name;
	const char	*also;		/* names other agents use for it,
					   between spaces; or NULL */
	const char	*description;	/* for the model */
	const char	*look;		/* ... in a session that changes nothing;
					   NULL: the same */
	const char	*schema;	/* JSON Schema text of the arguments */
	const char	*bare;		/* ... without the one that says nothing in
					   some sessions; NULL: each does */
	unsigned	 effects;
	const char	*acp;		/* its kind for an editor (acp); NULL:
					   "other" */
	/* Shown to a model whose call can't be parsed; NULL: nothing. */
	const char	*form;
	/* For a tool with a single string argument: its syntax as a Lark
	 * grammar, for services that accept such a tool. NULL: none. */
	const char	*grammar;
};

extern const struct tool_entry tool_table[];	/* sorted by name */
extern const size_t tool_table_len;
const struct tool_entry *tool_find(const char *name);
/* The schema of a row of the table, parsed once. */
const cJSON *tool_schema(const struct tool_entry *);
/* Does a call of this name, TOOL_PARALLEL and our own included, change
 * nothing? */
bool	tool_only_reads(const char *name);
/* The tool that a model means by another agent's name ("Bash", "shell"); NULL:
 * none. */
const struct tool_entry *tool_meant(const char *name);
/* Is `called` this tool's name, or another agent's for it? */
bool	tool_is(const char *called, const char *name);

/*
 * Check arguments against the schema of this row: required members, types, unknown
 * members, limits. 0, or -1 with a message that lets the model fix the call.
 */
int	tool_check_args(const struct tool_entry *, const cJSON *args,
	    struct err *);

/* Some models send a list, a number or a boolean as a string, or a list's only
 * element without the list: convert it. What other agents call an argument of
 * the same meaning gets our name, but not in a server's tool.
 * `schema`: the tool's, which needn't be in the table. */
void	tool_mend_args(const struct tool_entry *, const cJSON *schema,
	    cJSON *args);

/* A file that a call refers to. */
struct tool_target {
	char	*path;		/* as the model wrote it */
	bool	 whole;		/* it is replaced as a whole or removed */
};
/* The files that a call with these arguments reads or changes, each once; NULL
 * if there are none. */
struct tool_target *tool_targets(const struct tool_entry *, const cJSON *args,
	    size_t *n);
void	tool_targets_free(struct tool_target *, size_t n);

/* ---- inside the worker ---- */

struct tool_env {
	int		 root_fd;	/* the project as the sandbox shows it */
	const char	*root;		/* its path there */
	const char	*cwd;		/* absolute, below root */
	bool		 sandboxed;		/* false: root_fd is a copy, and
						   openat2 must keep every path
						   beneath it */
	const char	*out_dir;	/* folder that the model knows as
					   TOOL_OUT_DIR; NULL: that path if
					   sandboxed, else none */
	const char *const *skills;	/* other folders that can be read;
					   NULL-terminated or NULL */
	const cJSON	*encodings;	/* the user's setting, or NULL */
	size_t		 room;		/* bytes that the context has for the
					   answer; 0: enough */
	struct encodings *declared;	/* set by tool_run: what is declared
					   in the project */
};
/* Why an answer ends before TOOL_SHOW_MAX bytes. */
#define TOOL_SHARE_FULL	"this call's share of the answer is full"
#define TOOL_OUT_DIR "/assent/out"	/* the sandbox's SANDBOX_OUT_DIR */

/*
 * Run a file tool. The reply is {"ok":true,"text":"..."} or {"ok":false,
 * "error":"...","kind":"not_found"}; further members are in each tool's file
 * (read: "cut", edit/write: "path", "fuzzy"; apply_patch: "file"). Text and error
 * are valid UTF-8, at most 64 kB, with invalid bytes shown as \xNN. Kinds:
 *   bad_args not_found not_dir is_dir not_regular binary too_large outside
 *   denied bad_pattern encoding io	any tool
 *   ambiguous no_change empty_old file_missing overlap (and not_found: the
 *   text)				edit
 *   bad_patch exists no_change file_missing overlap (and not_found: a chunk)
 * 					apply_patch
 * `args` are checked again here, in case the caller forgot.
 */
void	tool_run(const char *name, const struct tool_env *, const cJSON *args,
	    cJSON *reply);

/*
 * Run several read-only calls, [{"name","args"}], in parallel: appends their
 * replies as a JSON array, in the same order. Instead of a missing reply:
 * {"killed": 9} with the signal that ended it; null if it failed otherwise.
 * False if one was killed.
 */
#define TOOL_PARALLEL	   "together"	/* the sandbox's name for it */
#define TOOL_INSPECT	   "inspect"	/* our own: facts about the project */
#define TOOL_WORDS	   "words"	/* our own: which of these it has */
#define TOOL_TOGETHER_MOST ((size_t)8)
bool	tool_parallel(const struct tool_env *, const cJSON *calls,
	    struct buf *out);
void	tool_words(const struct tool_env *, const cJSON *args, cJSON *reply);

#endif
