/*
 * fold: the state of a session as a pure function of its journal lines; the
 * same in core and front end, live and on resume.  No clock, no I/O.  Nothing
 * else changes the state.  Deltas are folded too (they only touch the partial
 * text), so that a front end needs nothing but lines.
 */
#ifndef ASSENT_JOURNAL_FOLD_H
#define ASSENT_JOURNAL_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"

#define FOLD_OUTPUT_MAX 65536	/* bytes of a command's output that are kept */
#define FOLD_TEXT_MAX 65536	/* of a tool's result in an item */
#define FOLD_PARTIAL_MAX ((size_t)4 << 20)

enum fold_mark { MARK_NONE, MARK_YES, MARK_NO };

struct fold_hunk {
	char		*id;
	int		 old_start, old_lines, new_start, new_lines;
	char		*text;		/* unified lines, each with ' ' '+' '-'
					   or '\\' first; raw bytes */
	size_t		 text_len;
	int		 added, removed;
	enum fold_mark	 mark;		/* the draft's, or undecided */
	bool		 seen;		/* as the client that marked it said */
	bool		 decided;	/* in a decision that isn't applied yet:
					   not to be marked again */
	char		*word;		/* why it was refused, or NULL */
	char		*client;	/* who marked it */
};

struct fold_side {			/* before or after */
	bool		 exists;
	char		*hash;		/* SHA-256 of the content */
	unsigned	 mode;		/* 0100644 0100755 0120000 */
	int64_t		 size;
};

struct fold_file {
	char		*path;		/* for reading: UTF-8 */
	char		*path_bytes;	/* as the system has it */
	char		*status;	/* "added" "modified" "deleted" "mode"
					   "symlink" "type" */
	struct fold_side before, after;
	bool		 binary;	/* one hunk, with text "" */
	char		*protected_by;	/* rule, or NULL */
	bool		 judges;	/* changes what judges the proposal */
	bool		 moved;		/* the real file changed meanwhile: no
					   rule may take it */
	char		*reason;	/* the model's words, or NULL */
	char		*note;		/* ours: "changed during a call" */
	struct fold_hunk *hunks;	/* at least one */
	size_t		 hunks_len;
};

struct fold_named { char *path; char *why; };	/* path: for reading */

struct fold_proposal {
	int64_t		 id;		/* seq of the first line of it */
	int		 version;	/* 1, 2, ... as changes join it */
	struct fold_file *files;
	size_t		 files_len;
	struct fold_named *refused;	/* changes that cannot be proposed */
	size_t		 refused_len;
	int64_t		 ignored;	/* build products, not proposed */
	bool		 final;		/* made at done or at the model's end */
};

struct fold_evidence {
	bool		 known;
	bool		 stale;
	bool		 running;
	char		*command;
	char		*by;		/* "flag" "config" "user" "model" */
	int		 exit;		/* -1: none (killed) */
	char		*killed;	/* by what limit ("time"), or NULL */
	char		*limit;		/* what raises it: "--timeout" */
	int64_t		 unproposed;	/* files there, in no proposal */
	char		*words;		/* "41 passed", or NULL */
	char		*where;		/* "stage" or "real" */
};

struct fold_step { char *title; bool done; };

struct fold_plan {
	int		 version;	/* 0: none yet */
	char		*json;		/* goal, steps, files, criterion,
					   risks: what a person may edit */
	char		*word;		/* why it was sent back, or NULL */
	char		*status;	/* "proposed" "approved" "returned" */
	char		*by;		/* who decided */
	char		*goal;
	struct fold_step *steps;
	size_t		 steps_len;
	char		**files, **risks;
	size_t		 files_len, risks_len;
	char		*criterion;	/* command, or NULL */
	char		*criterion_by;
};

enum fold_item_kind {
	ITEM_USER, ITEM_ASSISTANT, ITEM_THINKING, ITEM_TOOL, ITEM_PLAN,
	ITEM_PROPOSAL, ITEM_DECISION, ITEM_APPLIED, ITEM_EVIDENCE, ITEM_ERROR,
	ITEM_RETRY, ITEM_NOTE, ITEM_END,
};

struct fold_item {			/* one entry of the transcript */
	enum fold_item_kind kind;
	int64_t		 seq;		/* of the line that began it */
	unsigned	 rev;		/* goes up when the item changes */
	char		*title;		/* tool: "edit src/a.c"; may be NULL */
	char		*text;		/* UTF-8, not sanitized; may be NULL */
	char		*summary;	/* tool: "exit 2, 0.8 s"; may be NULL */
	char		*name;		/* tool: "bash" */
	char		*call_id;	/* ITEM_TOOL */
	bool		 running;	/* tool without a result yet */
	bool		 ok;
};

struct fold_limit_pause { char *what; double used, limit; };

struct fold {
	int64_t		 seq;
	char		*session, *root, *cwd, *mode, *model, *cage, *cage_why;
	char		*dir;		/* the session's folder, from hello */
	char		*task, *test;
	char		*rung;
	char		*phase;		/* "plan" "execute" */
	char		*approve;	/* mode now in force */
	struct fold_plan plan;
	struct fold_proposal *proposal;	/* the open one, or NULL */
	struct fold_evidence evidence;
	struct fold_item *items;
	size_t		 items_len;
	/* Partial text of the assistant and output of the running tool. */
	char		*partial_text, *partial_thinking;
	char		*partial_call;	/* tool call that is being written */
	char		*output;	/* tail of running or last command */
	size_t		 output_len;
	char		*output_title;
	int		 turn, turns;
	int64_t		 tokens_in, tokens_out, tokens_cached; /* -1 unknown */
	double		 cost_usd;	/* negative: unknown */
	char		*ask_command;	/* rung none: awaits a person */
	char		*ask_id;
	struct fold_limit_pause *pause;	/* NULL if none */
	char		*state;		/* core's last status: "model" "tool"
					   "evidence" "retry" "waiting"
					   "idle" "applying" "ended" */
	char		*waits_for;	/* "you: 3 hunks to decide" ... */
	char		*status_text;	/* more words of it, or NULL */
	int64_t		 status_since_ms, status_wait_ms; /* -1: not told */
	int		 staged_files, staged_ignored;
	char		*refused;	/* why the last refused command was */
	char		*refused_to;	/* its type, or NULL */
	unsigned	 refusals;	/* goes up with each */
	bool		 live;		/* the replay of old lines is over */
	int		 applied_files;	/* written so far */
	bool		 ended;
	char		*outcome;
	int		 exit_code;
	char		*summary;	/* the model's last word */
	struct buf	 buf_text, buf_thinking, buf_call, buf_output; /* fold's
					   own: storage of the partial texts */
};

struct fold *fold_new(void);
void	fold_free(struct fold *);
/* Fold one line: an event of the journal, or a delta/status/hello line. Unknown
 * types and members are skipped, and so is a line of the journal whose seq is
 * not above the last one's (it has been folded). Borrowed. */
void	fold_line(struct fold *, const cJSON *line);

const struct fold_file *fold_find_hunk(const struct fold *, const char *id,
	    const struct fold_hunk **);
/* Hunks with neither mark nor decision. NULL: 0. */
int	fold_undecided(const struct fold_proposal *);
int	fold_hunks(const struct fold_proposal *);

#endif
