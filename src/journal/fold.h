/*
 * fold: the state of a session as a pure function of its journal lines; the
 * same code in core and front end, live and on resume. No clock, no I/O, and no
 * other way to change the state. Deltas are folded too (they only touch the
 * partial text), so that a front end needs nothing but lines.
 */
#ifndef ASSENT_JOURNAL_FOLD_H
#define ASSENT_JOURNAL_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "journal/fold-ask.h"
#include "journal/fold-hook.h"
#include "journal/fold-net.h"
#include "journal/fold-plan.h"
#include "journal/task-usage.h"

/* A tool result's text can end with this and notes. */
#define FOLD_NOTES	"\n\nNote about the project's files:\n"
#define FOLD_OUTPUT_MAX 65536	/* bytes of a command's output to keep */

/* fold-proposal.h */
struct fold_file;
struct fold_finding;
struct fold_hunk;
struct fold_proposal;

struct fold_side {			/* before or after */
	bool		 exists;
	char		*hash;		/* SHA-256 of the content */
	unsigned	 mode;		/* 0100644 0100755 0120000 */
	int64_t		 size;
};

struct fold_change_file {
	char		*path, *path_bytes;
	struct fold_side before, after;	/* without sizes */
	int		 added, removed;	/* changed lines, if any */
	char		*from;		/* its old name, if this change renamed
					   it; else NULL */
	bool		 renamed_later;	/* that change has its own row */
	bool		 done;		/* used by fold only: written; other
					   files leave the change */
	bool		 changed_on_disk; /* since, as last checked */
	char		*commit;	/* git's, that it is in; or NULL */
};

struct fold_change {			/* what one transaction wrote */
	int64_t		 tx;
	int64_t		 seq;		/* of its applied line */
	int64_t		 undoes;	/* tx of the one it reverses, or 0 */
	char		*time;		/* as in the journal; may be NULL */
	char		*who;		/* "you", "rule small"; may be NULL */
	char		*task;		/* its first message, or "Run make fmt"
					   of a command of the user's; or NULL */
	int64_t		 task_id;	/* seq of that line; 0: none */
	char		*goal;		/* of its plan, or NULL */
	char		*step;		/* its only step's title, or NULL */
	struct fold_change_file *files;	/* the written files; by path */
	size_t		 files_len;
	int		 rejected, edited;	/* hunks, by the same decision */
	bool		 whole;		/* the whole proposal */
	bool		 check_running;	/* at the decision */
	bool		 is_redo;	/* reverses an undo */
	bool		 undone, undone_part; /* some may still be there */
	int64_t		 undone_by;	/* the last change that reversed it; it
					   may be redone since */
};

struct fold_evidence {		/* the last run of the success check */
	bool		 known, running;
	int64_t		 seq;		/* of the result's line */
	bool		 stale, decided; /* ran after the last decision */
	int64_t		 stale_seq;	/* of the line that made it stale */
	bool		 past;		/* of an earlier task */
	char		*command;
	char		*by;		/* "flag" "config" "user" "model" */
	int		 exit;		/* -1: none (killed) */
	char		*killed;	/* "memory", or why it didn't run; or NULL */
	char		*limit;		/* a sentence about it, or NULL */
	char		*met;		/* a sentence about a limit that made it
					   fail without killing it, or NULL */
	char		*words;		/* "41 passed", or NULL */
	char		*where;		/* "stage", or "accepted": a part */
	char		*whole;		/* with all hunks: "passed" "failed" */
	int		 returned;	/* how many times it has failed and sent
					   the model back to work */
};

enum fold_item_kind {
	ITEM_USER, ITEM_ASSISTANT, ITEM_THINKING, ITEM_TOOL, ITEM_PLAN,
	ITEM_PROPOSAL, ITEM_DECISION, ITEM_APPLIED, ITEM_EVIDENCE, ITEM_ERROR,
	ITEM_RETRY, ITEM_NOTE, ITEM_END,
	ITEM_SUMMARY,		/* replaces older messages */
};

struct fold_item {			/* one entry of the transcript */
	enum fold_item_kind kind;
	int64_t		 seq;		/* seq of its first line */
	int64_t		 result_seq;	/* tool: seq of its result; 0: none */
	unsigned	 rev;		/* incremented when the item changes */
	char		*title;		/* tool: "edit src/a.c"; may be NULL */
	char		*text;		/* UTF-8, not sanitized; may be NULL */
	char		*summary;	/* tool: "exit 2, 0.8 s"; end: rows */
	char		*name, *call_id;	/* tool: "bash" */
	bool		 running;	/* tool without a result yet */
	bool		 own;		/* tool: a command that the user typed */
	bool		 text_dropped;	/* its text is only in the journal */
	bool		 diff;		/* tool: the text is its edit's diff */
	bool		 kept;		/* tool: its whole output is in out/ */
	bool		 hidden;	/* not shown: said again, or outdated */
	bool		 unread;	/* a message that no request has yet */
	bool		 ok, no_model;	/* the note that there is no model */
};

struct fold_limit_pause {
	int64_t	 seq;		/* seq of the line that asks */
	char	*what;
	double	 used, limit;	/* as in the line */
	bool	 unpriced;	/* part of the cost is unknown */
};

/* The answer that streams. */
struct fold_partial {
	struct buf	 text, thinking;
	unsigned	 starts;	/* how often they started again */
};

/* Of the running or last command. */
struct fold_output {
	struct buf	 text;		/* the end of it */
	char		*title;
	bool		 running;
	bool		 own;		/* the user typed it */
	char		*end;		/* "exit 1, 2.3 s", or NULL */
	char		*hash;		/* all of it in out/; or NULL */
	int64_t		 bytes;		/* total, as far as known */
	unsigned	 made;		/* incremented when it changes */
	unsigned	 starts;	/* incremented when a command starts */
	int64_t		 seq;		/* of the last command's end */
};

struct fold_task {
	char		*first, *text;	/* first message of the session's first
					   task, and of this one */
	char		*own;		/* "Run make fmt": what the user has run
					   since it ended; or NULL */
	int64_t		 id, own_id;	/* seq of the lines of both */
	int64_t		 seq;		/* of the agent_end before it; 0: none */
	int64_t		 more_seq;	/* of the message that continued it */
};

/* Of the last agent_end. */
struct fold_end {
	bool		 stopped;	/* see fold_is_stopped */
	bool		 left;		/* /new: it can't continue */
	bool		 answered;	/* and changed nothing: no failure */
	int		 dropped;	/* files changed before a plan */
	int		 decided, rejected, replaced; /* hunks of the whole
							 task */
};

/* Limit for the texts of items in bytes, newest first. */
struct fold_texts {
	size_t		 max;		/* 0: none; the caller may set it */
	size_t		 len, from;	/* used by fold only */
};

struct fold {
	int64_t		 seq;
	int64_t		 shown_seq;	/* seq of the last line that may have
					   changed a proposal's page */
	char		*session, *root, *model, *sandbox, *sandbox_why;
	char		*mode;		/* how it was started: "interactive"
					   "exec" "try" "demo" */
	char		*profile, *effort;	/* effort NULL: none is sent */
	char		*sandbox_open;	/* what commands can reach, or NULL */
	char		*dir;		/* the session's folder, from hello */
	struct fold_task task;
	char		*test;
	char		*check_found;	/* suggested by the project's files, while
					   none was set; or NULL */
	char		*level;
	char		*phase;		/* "plan" "execute" */
	char		*approve;	/* the current --approve mode */
	char		**grants;	/* what is auto-approved, as text */
	size_t		 grants_len;
	struct fold_plan plan;
	struct fold_proposal *proposal;	/* the open one, or NULL */
	struct fold_evidence evidence;
	struct fold_hooks hooks;
	struct fold_finding *findings;	/* of the last task */
	size_t		 findings_len;
	cJSON		*calls;		/* of the model in this task: {"read":
					   3, "edit": 1}; NULL: none */
	struct fold_item *items;
	size_t		 items_len, unread;
	struct fold_texts texts;
	struct fold_partial partial;
	struct fold_output output;
	int64_t		 timeout_ms;	/* of a command; 0: unknown */
	size_t		 queued;	/* commands the user typed that haven't
					   started */
	int		 turn;
	int64_t		 end_seq;	/* of the last agent_end; 0: none */
	struct task_usage	 spent;		/* with limits; money in
						   millionths of a
						   dollar */
	char		*context_summary;	/* as Markdown; NULL: none */
	int64_t		 context_summary_seq;
	struct fold_ask	 ask;		/* the open question */
	struct fold_net	 net;
	struct fold_limit_pause *pause;	/* NULL if none */
	char		*state;		/* core's last status: "model" "tool"
					   "evidence" "retry" "waiting"
					   "idle" "applying" */
	int64_t		 left_ms, for_ms; /* at the time of that status: the
					   remaining wait, 0: unknown; its age */
	char		*doing;		/* "thinking", "3 of 5 hunks to
					   review" */
	int		 staged_files;
	bool		 live;		/* all old lines have been read */
	int		 applied_files;	/* written so far */
	struct fold_change *changes;	/* in the order they were applied */
	size_t		 changes_len;
	int64_t		 changes_left;	/* files the core did not check */
	unsigned	 changes_looks;	/* incremented at each check */
	struct fold_decided *decided;	/* used by fold only: not applied yet */
	struct fold_change *begun;	/* the change being applied */
	cJSON		*commit_begun;	/* such a line, until committed */
	cJSON		*git_begun;	/* the same of git_begin, git_end */
	bool		 ended;
	char		*outcome;
	int		 exit_code;
	struct fold_end	 end;
	char		*summary;	/* the model's summary */
};

struct fold *fold_new(void);
void	fold_free(struct fold *);
/* Fold one line: a journal event, or a delta, status or hello line. Unknown
 * types and members are ignored, and so is a journal line whose seq isn't
 * higher than the last one's (already folded). Borrowed. */
void	fold_line(struct fold *, const cJSON *line);
/* Drop the oldest texts of items, beyond `max` bytes in all, if the journal can
 * supply them again. */
void	fold_drop_texts(struct fold *, size_t max);

/* A change by its number, or NULL. Borrowed until the next line. */
const struct fold_change *fold_change_find(const struct fold *, int64_t tx);
/* The change at the start of a chain of undo and redo: itself if it reverses
 * none. */
int64_t	fold_change_root(const struct fold *, const struct fold_change *);
/* The change that a proposal to reverse tx undoes, or `redo`es, as the user
 * knows it: by the number at the start of the chain. */
int64_t	fold_change_named(const struct fold *, int64_t tx, bool *redo);
/* The undo to reverse in order to redo change tx: tx itself if it is an undo,
 * otherwise the last undo of tx. NULL if none is in effect, not even in part. */
const struct fold_change *fold_change_undoing(const struct fold *, int64_t tx);
/* Its file with this path (bytes); NULL: it has none. */
const struct fold_change_file *fold_change_file(const struct fold_change *,
	    const char *path);
/* Is the file as it was before its change, by this file of another one? */
bool	fold_change_is_back(const struct fold_change_file *,
	    const struct fold_change_file *now);
/* The last that isn't undone, else not wholly; `redo`: of the undos. */
const struct fold_change *fold_change_last(const struct fold *, bool redo);
const char *fold_outcome(const struct fold *);	/* of the last task, in words */
/* Can the ended task continue without a new message: did the model fail, or was
 * it interrupted, does no plan wait for an answer, and was nothing cleared
 * since? */
bool	fold_can_retry(const struct fold *);
const char *fold_outcome_words(const char *outcome);	/* of an agent_end */
/* Append ", 2 of 71 rejected, 1 of them replaced"; `decided` 0: without "of". */
void	fold_add_rejected(struct buf *, int rejected, int replaced, int decided);
/* Did the task of agent_end stop early? The next message continues its plan. */
bool	fold_is_stopped(const cJSON *line);
bool	fold_is_gone(const struct fold *, const char *path);	/* deleted last */
/* "wrote 2 files, deleted 1 file", "deleted NAME" */
void	fold_add_wrote(struct buf *, int files, int gone, const char *name);
/* Append "from -> path", or just the path if from is NULL, sanitized. A name
 * that contains an arrow or begins with a quote is quoted as in C. */
void	fold_add_names(struct buf *, const char *from, const char *path);
const char *fold_check_source(const char *by);	/* such as "set by you" */
bool	fold_not_run(const char *killed);	/* not at all, by an event? */
/* What the last run said: "passed", "failed", "failed at a limit", "stopped at a
 * limit" or "not run"; the words for it everywhere. */
const char *fold_check_result(const struct fold_evidence *);
/* The same of now: "running", "stale", or the result. */
const char *fold_check_state(const struct fold_evidence *);
bool	fold_check_has_run(const struct fold_evidence *);	/* in this task? */
bool	fold_check_is_partial(const struct fold_evidence *);
/* Is the last command's output what the check, which failed, printed? */
bool	fold_check_has_why(const struct fold *);
/* Why it is stale, if by an undo or redo: " since the undo"; "". */
const char *fold_check_since(const struct fold *);
/* Append "passed", or of a stale one "passed before; not run since". */
void	fold_add_check(struct buf *, const struct fold *);
/* Of the hunks accepted so far: a failure says little while others are open. */
bool	fold_check_is_early(const struct fold *);

#endif
