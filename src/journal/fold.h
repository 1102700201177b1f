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
	char		*path;
	char		*status;	/* "added" "modified" "deleted" "mode"
					   "symlink" "type" */
	struct fold_side before, after;
	bool		 binary;	/* whole or not at all: one hunk, text "" */
	char		*protected_by;	/* rule, or NULL */
	bool		 judges;	/* changes what judges the proposal */
	char		*reason;	/* the model's words, or NULL */
	char		*note;		/* ours: "changed during the call" ... */
	struct fold_hunk *hunks;	/* at least one */
	size_t		 hunks_len;
};

struct fold_named { char *path; char *why; };

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
	char		*killed;	/* limit, or NULL */
	char		*words;		/* "41 passed", or NULL */
	char		*where;		/* "stage" or "real" */
};

struct fold_step { char *title; bool done; };

struct fold_plan {
	int		 version;	/* 0: none yet */
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
	int64_t		 seq;		/* 0 while it is still streaming */
	char		*title;		/* tool: "edit src/a.c"; may be NULL */
	char		*text;		/* UTF-8, not sanitized */
	char		*call_id;	/* ITEM_TOOL */
	bool		 running;	/* tool without a result yet */
	bool		 ok;
};

struct fold_limit_pause { char *what; double used, limit; };

struct fold {
	int64_t		 seq;
	char		*session, *root, *cwd, *mode, *model, *cage, *cage_why;
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
	char		*output;	/* tail of the running or last command */
	size_t		 output_len;
	char		*output_title;
	int		 turn, turns;
	int64_t		 tokens_in, tokens_out, tokens_cached; /* -1 unknown */
	double		 cost_usd;	/* negative: unknown */
	char		*ask_command;	/* rung none: command awaiting a person */
	char		*ask_id;
	struct fold_limit_pause *pause;	/* NULL if none */
	char		*state;		/* core's last status: "model" "tool"
					   "evidence" "retry" "waiting" "idle" */
	char		*waits_for;	/* "you: 3 hunks to decide" ... */
	bool		 ended;
	char		*outcome;
	int		 exit_code;
};

struct fold *fold_new(void);
void	fold_free(struct fold *);
/* Fold one line: an event of the journal, or a delta/status/hello line. Unknown
 * types and members are skipped. Borrowed. */
void	fold_line(struct fold *, const cJSON *line);

const struct fold_file *fold_find_hunk(const struct fold *, const char *id,
	    const struct fold_hunk **);
int	fold_undecided(const struct fold_proposal *);	/* hunks without mark */
int	fold_hunks(const struct fold_proposal *);

#endif
