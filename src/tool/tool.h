/*
 * tool: what runs inside the sandbox.  One file a tool, one row in
 * tool_table[].
 * The file tools get the project's root as a descriptor and write one JSON
 * reply; the worker itself runs those with TOOL_COMMAND, and the core answers
 * those with TOOL_CORE.
 *
 * tool.c has the table (name, description and schema for the model, effects for
 * the core); tool-run.c joins the names to their functions, for the worker, so
 * that the core need not link the tools' libraries.
 */
#ifndef ASSENT_TOOL_TOOL_H
#define ASSENT_TOOL_TOOL_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"

#define TOOL_READS	(1u << 0)	/* looks only */
#define TOOL_WRITES	(1u << 1)	/* exists to change files: not in the
					   plan phase */
#define TOOL_COMMAND	(1u << 2)	/* runs a program: needs a sandbox, or a
					   person's word where there is none */
#define TOOL_CORE	(1u << 3)	/* the core answers it: plan, done */
#define TOOL_STRICT	(1u << 5)	/* its schema is kept by the service,
					   where one promises that */
#define TOOL_NAMED	(1u << 4)	/* only where the list of tools names it */

struct tool_entry {
	const char	*name;
	const char	*also;		/* names that other agents give it, between
					   blanks; or NULL */
	const char	*description;	/* for the model */
	const char	*schema;	/* JSON Schema text of the arguments */
	unsigned	 effects;
	/* What is shown to a model whose call cannot be read; NULL: nothing. */
	const char	*form;
	/* Of a tool with one string for an argument: its form as a Lark
	 * grammar, where a service takes such a tool. NULL: there is none. */
	const char	*grammar;
};

extern const struct tool_entry tool_table[];	/* sorted by name */
extern const size_t tool_table_len;
const struct tool_entry *tool_find(const char *name);
/* The one that a model means that takes us for another agent ("Bash", "shell");
 * NULL: none. */
const struct tool_entry *tool_meant(const char *name);

/*
 * Check arguments against the entry's schema: required members, types,
 * unknown members, limits. 0, or -1 with a sentence the model can act on.
 */
int	tool_check_args(const struct tool_entry *, const cJSON *args,
	    struct err *);

/* Some models send a list as a string of JSON, or its only element alone: make
 * it the list. A patch gets its name. */
void	tool_mend_args(const struct tool_entry *, cJSON *args);

/* A file that a call is about. */
struct tool_target {
	char	*path;		/* as the model wrote it */
	bool	 whole;		/* all of it is replaced or removed */
};
/* Those that a call with these arguments reads or changes, each once; NULL if
 * there is none. */
struct tool_target *tool_targets(const struct tool_entry *, const cJSON *args,
	    size_t *n);
void	tool_targets_free(struct tool_target *, size_t n);

/* ---- inside the worker ---- */

struct tool_env {
	int		 root_fd;	/* the project as the sandbox shows it */
	const char	*root;		/* its path there */
	const char	*cwd;		/* absolute, below root */
	const char	*copy;		/* where root_fd is, if not at root: a
					   command may have shown that path to
					   the model; or NULL */
	bool		 sandboxed;		/* false: root_fd is a copy, and every
					   path must stay beneath it by
					   openat2 */
	const char	*out_dir;	/* folder that the model knows as
					   TOOL_OUT_DIR; NULL: that very path
					   if sandboxed, else there is none */
};
#define TOOL_OUT_DIR "/assent/out"	/* the sandbox's SANDBOX_OUT_DIR */

/*
 * Run a file tool. The reply is {"ok":true,"text":"..."} or {"ok":false,
 * "error":"...","kind":"not_found"}; more members as each tool's file says
 * (read: "cut", edit/write: "path", "fuzzy"; apply_patch: "file"). Text and error are valid UTF-8,
 * at most 64 kB, with bytes that are none shown as \xNN. Kinds:
 *   bad_args not_found not_dir is_dir not_regular binary too_large outside
 *   denied bad_pattern io		any tool
 *   ambiguous no_change empty_old file_missing overlap (and not_found: the
 *   text)				edit
 *   bad_patch exists no_change file_missing overlap (and not_found: a chunk)
 *					apply_patch
 * `args` are checked again here: nothing that the caller forgot is guessed.
 */
void	tool_run(const char *name, const struct tool_env *, const cJSON *args,
	    cJSON *reply);

/*
 * Several calls that only look, [{"name","args"}], at the same time: adds their
 * replies as a JSON array, in the same order. For one without a reply {"killed":
 * 9} has the signal that ended it; null: it failed otherwise.
 */
#define TOOL_PARALLEL	   "together"	/* what the sandbox calls this */
#define TOOL_TOGETHER_MOST ((size_t)8)
void	tool_parallel(const struct tool_env *, const cJSON *calls,
	    struct buf *out);

#endif
