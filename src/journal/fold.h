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
#include "journal/task-usage.h"

/* What is said of a hunk that overwrites, and where it is to go with others. */
#define FOLD_OVERWRITES "This file changed on disk since. Accepting this hunk " \
	"overwrites those newer lines."
#define FOLD_OVERWRITES_ALONE "this hunk overwrites newer lines: y alone " \
	"accepts it"

#define FOLD_OUTPUT_MAX 65536	/* bytes of a command's output that are kept */
#define FOLD_TEXT_MAX 65536	/* of a tool's result in an item */
#define FOLD_TEXT_LITTLE 64	/* of an item, stays */
#define FOLD_PARTIAL_MAX ((size_t)4 << 20)

enum fold_mark { MARK_NONE, MARK_YES, MARK_NO };

struct fold_comment {
	int	 line;		/* of the hunk's text, from 1; 0: all of it */
	char	*text;
};

struct fold_hunk {
	char		*id;
	int		 old_start, old_lines, new_start, new_lines;
	char		*text;		/* unified lines, each with ' ' '+' '-'
					   or '\\' first; raw bytes */
	size_t		 text_len;
	int		 added, removed;
	enum fold_mark	 mark;		/* the draft's, or undecided */
	bool		 seen;		/* as the client that marked it said */
	char		*reason;	/* the model's words, or NULL */
	bool		 overwrites;	/* what the user wrote meanwhile: taken
					   only by an answer about it alone */
	bool		 decided;	/* in a decision that isn't applied yet:
					   not to be marked again */
	char		*edit;		/* taken in this form, with MARK_YES; or
					   NULL (see hunk_text_amend) */
	size_t		 edit_len;
	char		*word;		/* why it was refused, or NULL */
	char		*client;	/* who marked it */
	struct fold_comment *comments;	/* a person's, not yet sent */
	size_t		 comments_len;
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
	char		*from, *from_bytes;	/* "renamed": what it was called,
					   where `before` is; or NULL. The
					   first hunk is the renaming itself */
	int		 similarity;	/* then: of the contents, in percent */
	char		*status;	/* "added" "modified" "deleted" "mode"
					   "symlink" "type" "renamed" */
	struct fold_side before, after;
	bool		 binary;	/* one hunk, with text "" */
	char		*kind;		/* "PNG image"; "text": too much of
					   it to be shown; NULL: not known */
	char		*protected_by;	/* rule, or NULL */
	bool		 judges;	/* changes what judges the proposal */
	bool		 moved;		/* the real file changed meanwhile: some
					   hunks overwrite that */
	char		*reason;	/* the model's words about the file as
					   a whole, or NULL */
	char		*note;		/* ours: "changed during a call" */
	char		*not_small, *not_yes;	/* why that rule would not accept
					   it; NULL: it would, or the line
					   does not say */
	char		*meanwhile;	/* of a conflict: the patch that the user
					   made of it meanwhile; raw, or NULL */
	size_t		 meanwhile_len;
	struct fold_hunk *hunks;	/* at least one */
	size_t		 hunks_len;
	char		**split;	/* ids of hunks that are shown in parts */
	size_t		 split_len;
};

struct fold_named { char *path; char *why; };	/* path: for reading */

struct fold_product {			/* staged, and not proposed */
	char		*path;		/* for reading; a folder ends in '/' */
	char		*path_bytes;
	int64_t		 files;
	char		*why;		/* "git" "cache" "hidden"
					   "binary" */
};

struct fold_at {			/* where a hunk is */
	struct fold_hunk *hunk;
	struct fold_file *file;
};

struct fold_proposal {
	int64_t		 id;		/* seq of the first line of it */
	int		 version;	/* 1, 2, ... as changes join it */
	struct fold_file *files;
	size_t		 files_len;
	struct fold_at	*hunks;		/* all of them, sorted by id */
	size_t		 hunks_len;
	struct fold_file **paths;	/* files, sorted by path_bytes */
	size_t		 undecided;	/* hunks with neither mark nor
					   decision */
	struct fold_named *refused;	/* changes that cannot be proposed */
	size_t		 refused_len;
	int64_t		 ignored;	/* build products, not proposed */
	struct fold_product *products;	/* the first of them, by folder */
	size_t		 product_len;
	int64_t		 undo;		/* it is the reverse of this change; 0:
					   of none */
	struct fold_named *left;	/* of it, what cannot be undone */
	size_t		 left_len;
	bool		 final;		/* made at done or at the model's end */
};

struct fold_change_file {
	char		*path, *path_bytes;
	struct fold_side before, after;	/* without sizes */
	int		 added, removed;	/* lines, where there are any */
	char		*from;		/* its name before, if it got this one by
					   the change; else NULL */
	bool		 went;		/* it has another name since, which has
					   a row of its own */
	bool		 done;
	bool		 moved;		/* it is not as the change left it, as
					   the core saw it last */
};

struct fold_change {			/* what was applied in one go */
	int64_t		 tx;
	int64_t		 seq;		/* of the line that says so */
	int64_t		 undoes;	/* another one's tx; 0: none */
	char		*time;		/* as in the journal; may be NULL */
	char		*who;		/* "user", "rule small"; may be NULL */
	struct fold_change_file *files;	/* those that were written; by path */
	size_t		 files_len;
	bool		 whole;		/* all of a proposal */
	bool		 is_redo;	/* undoes what undid another */
	bool		 undone;
	bool		 undone_part;	/* something of it may still be there */
	int64_t		 undone_by;	/* the last that did, if it is */
};

struct fold_evidence {
	bool		 known;
	bool		 stale;
	bool		 running;
	char		*command;
	char		*by;		/* "flag" "config" "user" "model" */
	int		 exit;		/* -1: none (killed) */
	char		*killed;	/* by what limit ("memory"), or what kept
					   it from running; or NULL */
	char		*limit;		/* the words about it, or NULL */
	char		*met;		/* words about a limit that it failed
					   at and lived on, or NULL */
	int64_t		 unproposed;	/* files there, in no proposal */
	char		*words;		/* "41 passed", or NULL */
	char		*where;		/* "stage" or "accepted" */
	int		 returned;	/* so often it failed when the model said
					   it was done, and the model went on */
};

struct fold_step {
	char		*title;
	char		*held;		/* "edit, write; src/": to what it is held,
					   in words; or NULL */
	char		**tools, **paths;
	size_t		 tools_len, paths_len;
	bool		 done;
};

struct fold_plan {
	int		 version;	/* 0: none yet */
	char		*json;		/* goal, steps, files, success check,
					   risks: what a person may edit */
	char		*word;		/* why it was sent back, or NULL */
	char		*status;	/* "proposed" "approved" "returned" */
	char		*by;		/* who decided */
	char		*goal;
	struct fold_step *steps;
	size_t		 steps_len;
	char		**files, **risks;
	size_t		 files_len, risks_len;
	char		*check;	/* command, or NULL */
	char		*check_by;
};

enum fold_item_kind {
	ITEM_USER, ITEM_ASSISTANT, ITEM_THINKING, ITEM_TOOL, ITEM_PLAN,
	ITEM_PROPOSAL, ITEM_DECISION, ITEM_APPLIED, ITEM_EVIDENCE, ITEM_ERROR,
	ITEM_RETRY, ITEM_NOTE, ITEM_END,
	ITEM_SUMMARY,		/* takes the place of older messages */
};

struct fold_item {			/* one entry of the transcript */
	enum fold_item_kind kind;
	int64_t		 seq;		/* of the line that began it */
	int64_t		 result_seq;	/* tool: of its result; 0: none */
	unsigned	 rev;		/* goes up when the item changes */
	char		*title;		/* tool: "edit src/a.c"; may be NULL */
	char		*text;		/* UTF-8, not sanitized; may be NULL */
	char		*summary;	/* tool: "exit 2, 0.8 s"; may be NULL */
	char		*name;		/* tool: "bash" */
	char		*call_id;	/* ITEM_TOOL */
	bool		 running;	/* tool without a result yet */
	bool		 own;		/* tool: a command that the user typed */
	bool		 away;		/* its text is in the journal alone */
	bool		 kept;		/* tool: the whole output is in out/ */
	bool		 ok;
};

struct fold_limit_pause {
	int64_t	 seq;		/* of the line that asks */
	char	*what;
	double	 used, limit;	/* as in the line */
	bool	 unpriced;	/* something has no price, so it is not known */
};

struct fold {
	int64_t		 seq;
	int64_t		 shown_seq;	/* of the last line that may have
					   changed what a proposal's page
					   shows */
	char		*session, *root, *cwd, *mode, *model, *sandbox,
	    *sandbox_why;
	char		*effort;	/* that the model is asked with, or
					   NULL: it is told none */
	char		*sandbox_open;	/* what commands can reach, or NULL */
	char		*dir;		/* the session's folder, from hello */
	char		*task, *test;
	char		*level;
	char		*phase;		/* "plan" "execute" */
	char		*approve;	/* mode now in force */
	char		**grants;	/* what needs no key, in words */
	size_t		 grants_len;
	struct fold_plan plan;
	struct fold_proposal *proposal;	/* the open one, or NULL */
	struct fold_evidence evidence;
	struct fold_item *items;
	size_t		 items_len;
	/* Of the texts of items at most so many bytes are kept, those of the
	 * last ones; 0: all. The caller may set it. */
	size_t		 texts_max;
	size_t		 texts_len, texts_from;	/* fold's own */
	/* Partial text of the assistant and output of the running tool. */
	char		*partial_text, *partial_thinking;
	char		*partial_call;	/* tool call that is being written */
	unsigned	 partials;	/* goes up when they begin anew */
	char		*output;	/* tail of running or last command */
	size_t		 output_len;
	char		*output_title;
	bool		 output_running;
	char		*output_end;	/* "exit 1, 2.3 s", or NULL */
	char		*output_hash;	/* of all of it, in out/; or NULL */
	int64_t		 output_bytes;	/* there were, as far as is known */
	unsigned	 output_made;	/* goes up with each change of it */
	unsigned	 output_starts;	/* goes up with each command */
	bool		 output_own;	/* the user typed it */
	int64_t		 output_seq;	/* of the line that ended the last one */
	int64_t		 timeout_ms;	/* of a command; 0: not told */
	char		**queued;	/* commands that the user typed, and that
					   do not run yet */
	size_t		 queued_len;
	int		 turn, turns;
	int64_t		 tokens_in, tokens_out, tokens_cached; /* -1 unknown */
	double		 cost_usd;	/* negative: unknown */
	struct task_usage	 spent;		/* with limits; money in micro */
	char		*context_summary;	/* as Markdown; NULL: none */
	int64_t		 context_summary_seq;
	char		*ask_command;	/* level none: awaits a person */
	char		*ask_id;
	bool		 ask_own;	/* it is one that the user typed */
	struct fold_limit_pause *pause;	/* NULL if none */
	char		*state;		/* core's last status: "model" "tool"
					   "evidence" "retry" "waiting"
					   "idle" "applying" "ended" */
	int64_t		 left_ms;	/* of a wait, at that moment; 0: not
					   known how long */
	char		*waits_for;	/* "you: 3 hunks to decide" ... */
	char		*status_text;	/* more words of it, or NULL */
	int64_t		 status_since_ms, status_wait_ms; /* -1: not told */
	int		 staged_files, staged_ignored;
	char		*refused;	/* why the last refused command was */
	char		*refused_to;	/* its type, or NULL */
	unsigned	 refusals;	/* goes up with each */
	bool		 live;		/* the replay of old lines is over */
	int		 applied_files;	/* written so far */
	struct fold_change *changes;	/* in the order they were applied */
	size_t		 changes_len, changes_cap;
	int64_t		 changes_left;	/* files the core did not look at */
	unsigned	 changes_looks;	/* goes up when it has looked */
	struct fold_decided *decided;	/* fold's own: not applied yet */
	struct fold_change *begun;	/* and being applied */
	bool		 ended;
	char		*outcome;
	int		 exit_code;
	int		 end_decided, end_rejected; /* hunks, in the last task that
					   ended */
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

/* By binary search, like the next; NULL if there is none. `id` may be NULL. */
const struct fold_file *fold_find_hunk(const struct fold *, const char *id,
	    const struct fold_hunk **);
/* Of the open proposal, by its name in bytes. */
const struct fold_file *fold_find_file(const struct fold *, const char *path);
/* By its number, or NULL. Borrowed until the next line. */
const struct fold_change *fold_change_find(const struct fold *, int64_t tx);
/* The one that this undid, or undid the undoing of, and so on: itself if it
 * undoes none. */
int64_t	fold_change_root(const struct fold *, const struct fold_change *);
/* What is to be taken back so that this change is there again: itself if it
 * undid another, else the one that undid it. NULL if it was not undone. */
const struct fold_change *fold_change_undoing(const struct fold *, int64_t tx);
/* The last that was not undone yet and does not undo one itself; with `redo`
 * the last that undoes one. NULL if there is none. */
const struct fold_change *fold_change_last(const struct fold *, bool redo);
/* "14 build products, not proposed: build/ (12), a.out, ...", if there are
 * any; `names` at most are named. */
void	fold_product_text(struct buf *, const struct fold_proposal *,
	    size_t names);
/* What a line of type products says; malloc'ed. */
char	*fold_product_rule(const cJSON *line);
/* Append ", 1 of 71 rejected", if there is one. */
void	fold_add_rejected(struct buf *, int rejected, int decided);
/* Append ", $0.0121" of an agent_end line, or that it is unknown; nothing where
 * nothing was billed, since the provider answered nothing. */
void	fold_add_cost(struct buf *, const cJSON *line);
/* Append "from -> path", or the path alone where from is NULL.  A name that has
 * an arrow of its own, or begins with a quote, is quoted as in C. */
void	fold_add_names(struct buf *, const char *from, const char *path);
/* What let this file of an `applied` line through: "by rule small", "by a
 * person, tty"; malloc'ed, NULL in old journals. */
char	*fold_through(const cJSON *line, const cJSON *op);
/* What a line of type compaction, or shortened, comes to; malloc'ed. */
char	*fold_compaction_title(const struct fold *, const cJSON *line);
char	*fold_shortened_text(const cJSON *line);
/* " (PROVIDER/MODEL)" of a line whose answer is another model's than that of the
 * turns; else "". malloc'ed. */
char	*fold_other_model(const struct fold *, const cJSON *line);
char	*fold_review_text(const cJSON *line);
char	*fold_retry_text(const cJSON *line);
/* "shot.png, PNG, 800x600, 12 kB": one of a user_message's images. */
char	*fold_image_text(const cJSON *image);
/* "edit, write; src/": the tools and paths that a plan's step is held to;
 * malloc'ed, NULL if it is held to none. */
char	*fold_step_held(const cJSON *step);
/* Whose word a success check is: "named by" + sep + "config"; malloc'ed. */
char	*fold_named_by(const char *by, const char *sep);
/* Is what an event names as `killed` a reason why nothing ran at all? */
bool	fold_not_run(const char *killed);
/* ---- fold-pause.c: the limit that was reached ---- */
int	fold_pause_kind(const struct fold *);	/* or LIMIT_NONE */
/* "the limit on turns is reached: 30 turns of 30 turns". */
void	fold_pause_text(struct buf *, const struct fold *);
/* What an extension gives by itself: "30 turns"; nothing if it has no amount. */
void	fold_pause_step(struct buf *, const struct fold *);
/* Both, what was used, and what may be typed. */
void	fold_pause_question(struct buf *, const struct fold *);
/* "12 turns, 34,000 tokens in and 1,200 out, cost $0.42, 2:10 min of work". */
void	fold_used_text(struct buf *, const struct task_usage_sum *);

/* Hunks with neither mark nor decision. NULL: 0. */
int	fold_undecided(const struct fold_proposal *);
int	fold_hunks(const struct fold_proposal *);
/* Of a file with `binary`: why there are no lines of it, "binary" or "too large to
 * show"; and what it is, or "". */
const char *fold_file_lacks(const struct fold_file *);
const char *fold_file_kind(const struct fold_file *);

#endif
