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
#include "base/pathmap.h"
#include "journal/event.h"
#include "journal/facts.h"
#include "journal/file-lines.h"
#include "journal/task-usage.h"

struct fold_decided;
struct fold_decided_file;
struct fold_finding;
struct fold_hook;
struct fold_proposal;
struct fold_step;

/* A tool result's text can end with this and notes. */
#define FOLD_NOTES	"\n\nNote about the project's files:\n"
#define FOLD_OUTPUT_MAX 65536	/* bytes of a command's output to keep */

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
	size_t		 at;		/* it is this one of fold.files, from
					   1 */
	struct fold_decided_file *decided; /* used by fold only: not applied
					   yet */
};

/* A file that the session has written, under the name that it has now. */
struct fold_written {
	char		*path;		/* as on disk; NULL: another file was
					   renamed over it */
	char		*hash;		/* as it was written last; NULL:
					   deleted */
	struct file_lines lines;	/* then */
	int64_t		 tx;		/* of the change that wrote it last, */
	bool		 changed_on_disk; /* and since, as last checked */
};

struct fold_files {
	struct fold_written *list;
	size_t		 list_len;
	struct pathmap	 at;		/* where the names of now are in it,
					   from 1 */
};

struct fold_change {			/* what one transaction wrote */
	int64_t		 tx;
	int64_t		 seq;		/* of its applied line */
	int64_t		 undoes;	/* tx of the one it reverses, or 0 */
	int64_t		 root;		/* tx at the start of a chain of undo
					   and redo: its own, if it reverses
					   none */
	char		*time;		/* as in the journal; may be NULL */
	char		*who;		/* "you", "rule small"; may be NULL */
	char		*model;		/* that was in use, which proposed it;
					   or NULL */
	char		*task;		/* its first message, or "Run make fmt"
					   of a command of the user's; or NULL */
	int64_t		 task_id;	/* seq of that line; 0: none */
	char		*goal;		/* of its plan, or NULL */
	struct fold_change_file *files;	/* the written files; by path */
	size_t		 files_len;
	int		 rejected, edited;	/* hunks, by the same decision */
	bool		 whole;		/* the whole proposal */
	bool		 index;		/* in git's index, not in the files */
	bool		 check_running;	/* at the decision */
	bool		 own;		/* a command of the user's changed files
					   of it, too */
	bool		 is_redo;	/* reverses an undo */
	enum fold_undone {
		UNDONE_NOT, UNDONE_PART, UNDONE_WHOLE,
	}		 undone;
	int64_t		 undone_by;	/* the last change that reversed it; it
					   may be redone since */
	int64_t		 also;		/* and the one that had reversed before
					   this one what this one reverses */
};

struct fold_evidence {		/* the last run of the check */
	bool		 known, running;
	int64_t		 seq;		/* of the result's line */
	int64_t		 stale;		/* seq of the line that made it so; 0:
					   it isn't */
	bool		 past;		/* of an earlier task */
	char		*command;
	char		*by;		/* "flag" "config" "user" "model" */
	int		 exit;		/* -1: none (killed) */
	char		*killed;	/* "memory", or why it didn't run; or NULL */
	char		*limit;		/* a sentence about it, or NULL */
	char		*met;		/* a sentence about a limit that made it
					   fail without killing it, or NULL */
	char		*words;		/* "41 passed", or NULL */
	bool		 partial;	/* of the accepted hunks alone */
	bool		 before;	/* it fails without the agent's changes,
					   too */
	char		*whole;		/* with all hunks: "passed" "failed" */
	char		**put_away;	/* files that only it wrote: the first
					   of them */
	size_t		 put_away_len;
	char		*cannot_pass;	/* why it can't pass, as the model says; or
					   NULL */
	int		 returned;	/* how many times it has failed and sent
					   the model back to work */
};

/* What the check said when it ran again with a part of the changes: with
 * the user's tests as they are, or with the new tests alone. */
enum fold_proof_which { FOLD_YOUR_TESTS, FOLD_ITS_TESTS, FOLD_PROOFS };
struct fold_proof {
	const char	*status;	/* of `line`; NULL: none */
	struct event	*line;		/* the `proof` line, or NULL */
};

enum fold_item_kind {
	ITEM_USER, ITEM_ASSISTANT, ITEM_THINKING, ITEM_TOOL, ITEM_PLAN,
	ITEM_PROPOSAL, ITEM_DECISION, ITEM_APPLIED, ITEM_EVIDENCE, ITEM_ERROR,
	ITEM_RETRY, ITEM_NOTE, ITEM_END,
	ITEM_SUMMARY,		/* replaces older messages */
	ITEM_ASIDE,		/* a question beside the work, and its answer */
};

/* Where in a plan's text its parts end: the goal, the steps, and what isn't
 * Markdown, a row each: files and check. Then there are the risks. */
struct fold_plan_text {
	size_t		 goal, steps, plain;
};

struct fold_item {			/* one entry of the transcript */
	enum fold_item_kind kind;
	int64_t		 seq;		/* seq of its first line */
	int64_t		 result_seq;	/* tool: seq of its result; decision: of
					   the proposal's line; 0: none */
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
	bool		 ok;		/* it succeeded, or was allowed */
	bool		 no_model;	/* the note that there is no model */
	bool		 command;	/* user: it names a command of a file;
					   tool: it runs a command */
	bool		 refusal;	/* assistant: why it refuses */
	bool		 finished;	/* plan: the title ends with a step's, which
					   is the model's text */
	struct fold_plan_text plan;	/* of a plan's text */
	enum fold_result {	/* tool: how it ended. Of the last two, the
				   text's first line says what the summary
				   does. */
		RESULT_OTHER,
		RESULT_KILLED,	/* a command, by a limit or a signal */
		RESULT_EXIT, RESULT_STOPPED,
	}		 result;
};

/* The answer that streams. */
struct fold_partial {
	struct buf	 text, thinking;
	unsigned	 starts;	/* how often they started again */
};

/* A question beside the work. */
struct fold_aside {
	struct event	*asked;		/* its line; NULL: answered */
	struct buf	 text;		/* the answer, as it streams */
};

/* The output of the running or last command. */
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
	int64_t		 own_changes;	/* seq of the user's last command
					   whose changes were proposed with the
					   task's; 0: none */
};

/* What the last agent_end said. */
struct fold_end {
	int64_t		 seq;		/* 0: none */
	char		*outcome;	/* NULL: the task goes on */
	const char	*words;		/* for it */
	int		 exit;
	char		*summary;	/* the model's, */
	bool		 said;		/* which is its last message, too */
	bool		 stopped;	/* early: the next message continues
					   its plan */
	bool		 left;		/* /new: it can't continue */
	bool		 answered;	/* and changed nothing: no failure */
	int		 dropped;	/* files changed before a plan */
	int		 decided, rejected; /* hunks of the whole
							 task */
};

struct fold_grant {
	char		*setting, *value;
	char		*from;		/* what sets it, or NULL */
	char		*text;		/* all of it in a sentence */
};

struct fold_sandbox {
	char		*level;
	char		*line, *why;
	char		*open;		/* what commands can reach, or NULL */
};

/* The core's last look at the changed files. */
struct fold_looked {
	int64_t		 left;		/* files that it did not check */
	unsigned	 looks;		/* incremented at each */
};

struct fold_findings {
	struct fold_finding *list;
	size_t		 list_len;
};

/* The core's last status. */
struct fold_status {
	char		*state;		/* "model" "tool" "evidence" "retry"
					   "waiting" "idle" "applying"; NULL:
					   none yet */
	char		*doing;		/* "thinking", "3 of 5 hunks to
					   review" */
	int64_t		 left_ms, for_ms; /* at the time of that status: the
					   remaining wait, 0: unknown; its age */
};

/* What has begun and not ended. */
struct fold_begun {
	struct fold_decided *decision;	/* used by fold only: not applied yet */
	struct fold_change *change;	/* being applied */
	struct event	*commit;	/* such a line, until committed */
	struct event	*git;		/* the same of git_begin, git_end */
};

/* Limit for the texts of items in bytes, newest first. */
struct fold_texts {
	size_t		 max;		/* 0: none; the caller may set it */
	size_t		 len, from;	/* used by fold only */
};

enum fold_plan_status {
	FOLD_PLAN_NONE,
	FOLD_PLAN_PROPOSED, FOLD_PLAN_APPROVED, FOLD_PLAN_RETURNED,
	FOLD_PLAN_STEP,		/* of a line alone: the model finished one */
	FOLD_PLAN_NOTE,		/* likewise: the user's, on a row */
};

/* Rows of a plan that can have a note. */
enum fold_plan_part { PLAN_AT_GOAL = 1, PLAN_AT_STEP, PLAN_AT_FILE,
	PLAN_AT_CHECK, PLAN_AT_RISK };

struct fold_plan {
	int		 version;	/* 0: none yet */
	int		 before;	/* of these, versions of earlier
					   tasks */
	int64_t		 seq;		/* of the line that gave its status */
	char		*json;		/* goal, steps, files, check,
					   risks: the parts that the user may
					   edit */
	char		*word;		/* why it was returned, or NULL */
	enum fold_plan_status status;
	char		*by;		/* who proposed or decided */
	bool		 edited;	/* this version is the user's */
	enum fold_plan_task {	/* A new version is of this task or, once that
				   has ended, of the next one. A message that
				   begins a task makes that this one, and this
				   one an earlier one; so does /new. */
		PLAN_OF_THIS,
		PLAN_OF_NEXT,
		PLAN_OF_EARLIER,
	}		 task;
	int64_t		 settled;	/* seq when a step was, last */
	char		*goal;
	struct fold_step *steps;
	size_t		 steps_len;
	char		**files, **risks;
	size_t		 files_len, risks_len;
	char		*check;	/* command, or NULL */
	char		*check_by;
	struct fold_plan *was;		/* the approved one, while a change of
					   it is proposed; or NULL */
	struct fold_plan_note {		/* of the user's, not yet sent */
		char	*at, *text;	/* "step 2" */
	}		*notes;
	size_t		 notes_len;
	char		*said;		/* those that its answer took along, or
					   NULL */
};

struct fold_hooks {
	struct fold_hook *list;		/* one for each name and event */
	size_t		 list_len;
	cJSON		*changed;	/* path -> the hook that changed the
					   staged file last; or NULL */
};

/* What can be asked; each has a row of fold_ask_rows. */
enum fold_ask_kind {
	ASK_NONE,
	ASK_OWN,	/* may a command run that the user typed? */
	ASK_HOST,	/* may a command connect there? (see fold_net) */
	ASK_TOOL,	/* an MCP server's has another description */
	ASK_HOOK,	/* a hook wants the call asked */
	ASK_COMMAND,	/* may a command of the model's run? */
	ASK_CALL,	/* of an MCP server's tool */
	ASK_FILE,	/* a project's command */
	ASK_PROMPT,	/* a server's */
	ASK_FORM,	/* a server wants a text of the user, */
	ASK_AGREE,	/* or a yes: `shown` is what it says */
	ASK_KINDS
};

enum fold_ask_flag {
	ASK_FOREIGN = 1u << 0,	/* a stranger's words, shown behind bars */
	ASK_OUTSIDE = 1u << 1,	/* outside the sandbox: only Y allows it, after
				   the question `confirm` */
	ASK_SENDS = 1u << 2,	/* a yes sends what the user has typed */
	ASK_OUTLIVES_TASK = 1u << 3,
	ASK_DIES_WITH_CORE = 1u << 4,	/* who asked is gone then */
};

struct fold_ask_row {
	const char	*title;		/* "run this command?" */
	const char	*look;		/* what a key that goes there does */
	const char	*waits;		/* of the status, and of a notification */
	const char	*yes, *no;	/* what they do: "runs it", "doesn't" */
	const char	*hint_yes, *hint_no;	/* of their keys; NULL: those
						   that the keys always have */
	const char	*was_yes, *was_no;	/* how an answer is told;
						   NULL: "allowed: `command`" */
	const char	*confirm;
	unsigned	 flags;
};

extern const struct fold_ask_row fold_ask_rows[ASK_KINDS];
enum fold_ask_kind fold_ask_kind(const struct event *ask);

struct fold_ask {
	enum fold_ask_kind kind;
	char	*command, *id;	/* may it run? NULL: there is none */
	int64_t	 seq;		/* of the question's line */
	char	*why;		/* the beginning of a sentence */
	char	*change;	/* a tool's new description, as a diff; or NULL */
	char	*contents;	/* of the project's file that is sent; or NULL */
	char	*shown;		/* what a yes allows: it must be shown, all of
				   it */
	char	*text;		/* all of the question, as lines */
	char	*given;		/* a text has to be typed, and this is there
				   first; NULL: only yes or no */
};

static inline const struct fold_ask_row *
fold_ask_row(const struct fold_ask *a)
{
	return &fold_ask_rows[a->kind];
}

/* Has its kind one of these flags? */
static inline bool
fold_ask_is(const struct fold_ask *a, unsigned flags)
{
	return (fold_ask_row(a)->flags & flags) != 0;
}

struct fold_net {
	char	*line;		/* the sandbox's, as in the journal */
	char	**entries;	/* of the settings: "*.example.org:443",
				   and forwards */
	size_t	 entries_len;
	char	**allowed;	/* "host:port", by the user for the session; an
				   MCP server's: "host:port (server)" */
	size_t	 allowed_len;
	char	**saved;	/* the same, saved in the settings since; a
				   resumed session has the settings' hosts */
	size_t	 saved_len;
	struct pathmap	 hosts;	/* "host:port" that were connected to */
	/* The open question (fold.ask.command): may a command connect there? */
	char	*ask_for;	/* that command, or NULL */
	char	*ask_server;	/* or the MCP server whose it is; NULL */
	char	*ask_reason;	/* what the model said before it, or NULL */
};

enum task_state {
	TASK_NONE,	/* none so far */
	TASK_RUNS,
	TASK_ENDED,	/* the next one plans anew */
	TASK_STOPPED,	/* early: the next one continues an approved plan */
};

/*
 * What is open in a session: the core works by it, and after its death the next
 * one goes on from it. Of two things the later one is that of the higher seq; 0:
 * there was none.
 *
 *   task    may become                why
 *   NONE    RUNS                      a message of the user
 *           STOPPED                   you approved a plan
 *   RUNS    ENDED, STOPPED            agent_end
 *   ENDED   RUNS                      a message
 *           STOPPED                   you approved the plan that it left
 *   STOPPED RUNS                      a message continues with its plan
 *           ENDED                     a new conversation
 */
struct fold_open {
	int64_t		 last[EVENT_TYPES_LEN];	/* line of that type */
	enum task_state	 task;
	bool		 planning;	/* its plan is not approved yet; between
					   tasks as in the last one */
	struct event	*answer;	/* the model's last one in this
					   conversation; or NULL */
	int64_t		 since;		/* its seq, or the conversation's */
	enum fold_call_state {
		CALL_WAITS, CALL_BEGUN, CALL_ENDED,
	}		*calls;		/* for each call of it */
	cJSON		*done;		/* arguments of the last call of it */
	int64_t		 told;		/* last message to the model, outside of
					   questions */
	int64_t		 said;		/* last message of the user that asks
					   nothing about a hunk */
	int64_t		 heard;		/* last answer of the model, outside of
					   questions */
	/* A message with a question about a hunk, which is open; one that was
	 * when its task ended, and the user wrote nothing since. `goes_on` says
	 * whether it is the model's turn without it, too. */
	struct event	*question, *left;
	int64_t		 answered;	/* the line that answered the last */
	struct event	*decision;	/* until the next proposal, which shows
					   its outcome; or NULL */
	struct event	*begin, *applied;	/* its apply_begin and applied */
	int64_t		 tx;		/* of the last apply that began */
	char		*run;		/* id of the user's own command without
					   a result; or NULL */
	int64_t		 ran, ran_end;	/* last one: its call, its result */
};

struct fold {
	int64_t		 seq;
	int64_t		 shown_seq;	/* seq of the last line that may have
					   changed a proposal's page */
	char		*session, *root, *model;
	char		*also;		/* fold_also */
	char		*agent;		/* of others, whose session it is and
					   who counts as its model; or NULL */
	struct event	*commands;	/* of files and of that agent: the
					   core's list; or NULL */
	char		*mode;		/* how it was started: "interactive"
					   "exec" "try" "demo" "review" */
	char		*reads;		/* "review" of what isn't in the work
					   tree, from this commit on: accepting
					   stages nothing; else NULL */
	char		*effort;	/* NULL: none is sent */
	struct fold_sandbox sandbox;
	char		*dir;		/* the session's folder, from hello */
	struct fold_task task;
	char		*test;
	char		*check_found;	/* suggested by the project's files, while
					   none was set; or NULL */
	struct event	*turn_start;	/* the last one, or NULL */
	char		*approve;	/* the current --approve mode */
	struct fold_grant *grants;	/* what is auto-approved */
	size_t		 grants_len;
	struct fold_open open;
	struct fold_plan plan;
	struct fold_proposal *proposal;	/* the open one, which has files; or
					   NULL */
	struct fold_proposal *below;	/* until an undo is over: the one that was
					   open before it; or NULL */
	struct fold_evidence evidence;
	struct fold_proof proofs[FOLD_PROOFS];	/* of the proposal's contents, or
					   of what was decided last */
	struct event	*commits;	/* the last `commits` line, or NULL */
	struct event	*notice;	/* the `notice` line, of the same; or
					   NULL */
	struct fold_hooks hooks;
	struct fold_findings findings;	/* of the last task */
	cJSON		*calls;		/* of the model in this task: {"read":
					   3, "edit": 1}; NULL: none */
	struct fold_item *items;
	size_t		 items_len, unread;
	struct fold_texts texts;
	struct fold_partial partial;
	struct fold_aside aside;
	struct fold_output output;
	int64_t		 timeout_ms;	/* of a command; 0: unknown */
	struct fold_background {	/* commands of the model that run in the
					   background, or did */
		char	*id, *command;	/* "b1" */
		char	*ended;		/* how; NULL: it runs */
		char	*hash;		/* its output in out/; NULL: none, or it
					   runs */
		struct fold_port {	/* open on this machine */
			int	 port;
			char	*address;
		}	*ports;
		size_t	 ports_len;
	}		*background;
	size_t		 background_len;
	size_t		 queued;	/* commands the user typed that haven't
					   started */
	int		 turn;
	struct facts	 facts;
	struct fold_ask	 ask;		/* the open question */
	struct fold_net	 net;
	struct event	*pause;		/* the `budget` line that asks, or
					   NULL */
	struct fold_status status;
	int		 staged_files;
	bool		 live;		/* all old lines have been read */
	struct fold_change *changes;	/* in the order they were applied */
	size_t		 changes_len;
	struct fold_files files;	/* what they wrote */
	struct pathmap	 hidden;	/* bits of 077 that files and folders lack
					   or lacked before they went, though the
					   umask allows them */
	struct fold_looked looked;
	struct fold_begun begun;
	bool		 ended;
	struct fold_end	 end;
};

static inline bool
fold_is_idle(const struct fold *f)
{
	return ev_is(f->status.state, "idle");
}

static inline bool
fold_waits(const struct fold *f)	/* for the user */
{
	return ev_is(f->status.state, "waiting");
}

struct fold *fold_new(void);
void	fold_free(struct fold *);
/* Fold one line: a journal event, or a delta, status or hello line. Unknown
 * types and members are ignored, and so is a journal line whose seq isn't
 * higher than the last one's (already folded). Borrowed. */
void	fold_event(struct fold *, const struct event *);
/* The same, of a line that nobody else reads. */
void	fold_line(struct fold *, const cJSON *line);
/* Drop the oldest texts of items, beyond `max` bytes in all, if the journal can
 * supply them again. */
void	fold_drop_texts(struct fold *, size_t max);

/* A change by its number, or NULL. Borrowed until the next line. */
const struct fold_change *fold_change_find(const struct fold *, int64_t tx);
/* The change that a proposal to reverse tx undoes, or `redo`es, as the user
 * knows it: by the number at the start of the chain. */
int64_t	fold_change_named(const struct fold *, int64_t tx, bool *redo);
/* Can a write be put back now: does nothing else wait, and has no hunk of what
 * is open a mark? Those belong to the copy and the files as they are. */
bool	fold_can_undo(const struct fold *);
/* The undo to reverse in order to redo change tx: tx itself if it is an undo,
 * otherwise the last undo of tx. NULL if none is in effect, not even in part. */
const struct fold_change *fold_change_undoing(const struct fold *, int64_t tx);
/* The last change that reversed this one, or before `after`, and is in effect, at
 * least in part; NULL: none. */
const struct fold_change *fold_change_reverser(const struct fold *,
	    const struct fold_change *, const struct fold_change *after);
/* The change's file with this path (bytes); NULL: it has none. */
const struct fold_change_file *fold_change_file(const struct fold_change *,
	    const char *path);
/* What it is now; NULL: deleted. Borrowed until the next line. */
const struct fold_written *fold_change_now(const struct fold *,
	    const struct fold_change_file *);
/* Append the text and the lines that the change has in that file now, as far as
 * the journal tells: "line 12", "line 3-5, 12"; nothing if it has none. */
#define FOLD_LINES_SHOWN 8
void	fold_add_lines(struct buf *, const char *text, const struct fold *,
	    const struct fold_change *, const struct fold_change_file *);
/* What the task has written so far, with the old names of what it renamed. The
 * caller frees the list; the names are borrowed until the next line. */
const char **fold_task_wrote(const struct fold *, size_t *n);
/* 1: the task wrote it; -1: it takes back what the task did; 0: neither, such as
 * the undo or redo of an earlier task's change. */
int	fold_change_counts(const struct fold *, const struct fold_change *);
/* Is the file as it was before its change, by this file of another one? */
bool	fold_change_is_back(const struct fold_change_file *,
	    const struct fold_change_file *now);
/* The last change that isn't undone, or else the last that is undone only in
 * part; `redo`: the last such undo instead. None that was staged and is
 * committed. */
const struct fold_change *fold_change_last(const struct fold *, bool redo);
/* The agent of others that it's a session of; else `own`, such as "the model". */
const char *fold_agent_or(const struct fold *, const char *own);
/* Does the agent of the session have a command of the name that begins a text,
 * "/name rest"? */
bool	fold_agent_command(const struct fold *, const char *text);
/* Was the model's last word an answer without calls? While a question is open,
 * the one before it counts. */
bool	fold_model_ended(const struct fold *);
/* A call of the model's last answer; NULL: there aren't so many. */
const struct ev_call *fold_open_call(const struct fold *, size_t i);
/* Are both about the same lines? */
bool	fold_same_place(const struct ev_question *, const struct ev_question *);
const char *fold_outcome(const struct fold *);	/* of the last task, in words */
/* The command of `assent try`; NULL: it is none. */
const struct fold_item *fold_tried(const struct fold *);
/* A result's text without what its item's summary says. */
const char *fold_result_rest(const struct fold_item *, const char *text);
/* The last one of this kind, or NULL. */
struct fold_item *fold_item_last(const struct fold *, enum fold_item_kind);
/* Has nothing been said or done? `assent ls` doesn't list such a session. */
bool	fold_is_empty(const struct fold *);
/* Is nothing left to do in it? Then only a screen keeps it running. */
bool	fold_is_over(const struct fold *);
/* Can the ended task continue without a new message: did the model fail, or was
 * it interrupted, does no plan wait for an answer, and was nothing cleared
 * since? */
bool	fold_can_retry(const struct fold *);
const char *fold_outcome_words(const char *outcome);	/* of an agent_end */
/* Append ", 2 of 71 hunks rejected"; `decided` 0: without "of". */
void	fold_add_rejected(struct buf *, int rejected, int decided);
bool	fold_is_gone(const struct fold *, const char *path);	/* deleted last */
/* "wrote 2 files, deleted 1 file", "deleted NAME" */
void	fold_add_wrote(struct buf *, int files, int gone, const char *name);
/* Append a name to a row in which our own words follow: quoted as in C, if it
 * contains a blank, or begins with a quote. As sanitize_name does. */
void	fold_add_name(struct buf *, const char *name);
/* The same of "from -> path", or just the path if from is NULL, sanitized. */
void	fold_add_names(struct buf *, const char *from, const char *path);
const char *fold_check_source(const char *by);	/* such as "set by you" */
bool	fold_not_run(const char *killed);	/* does this reason mean that
						   the check didn't run at
						   all? */
extern const char *const fold_proof_names[];	/* "your_tests" */
/* Append what a proof says, if it says something, in half a line. True: the user
 * should know before they accept. */
bool	fold_proof_words(struct buf *, const struct fold *,
	    enum fold_proof_which);
/* Append "14 of 16 small changes are noticed by your check", if any were made. */
void	fold_notice_words(struct buf *, const struct fold *);
bool	fold_tries(const struct fold *);	/* such changes are being tried */
/* Why the user's tests don't vouch for so many accepted hunks of the open proposal;
 * NULL: it changes none of them, or the check has passed with them as they
 * are, and all are accepted. Borrowed. */
const char *fold_unproven(const struct fold *, size_t accepted);
/* What the last run said: "passed", "failed", "failed at a limit", "stopped at a
 * limit" or "not run"; the words for it everywhere. */
const char *fold_check_result(const struct fold_evidence *);
/* What is known of the check now. */
struct fold_check {
	bool		 is;		/* there is one */
	bool		 ran;		/* in this task */
	bool		 early;		/* of the hunks accepted so far: a
					   failure says little while others are
					   open */
	bool		 shows_why;	/* the last command's output is what the
					   check, which failed, printed */
	const char	*state;		/* "running", "stale", or the result */
	const char	*since;		/* why it is stale, if by an undo or
					   redo: " since the undo"; "" */
};
struct fold_check fold_check(const struct fold *);
/* Append "passed", or of a stale one "passed before; not run since". */
void	fold_add_check(struct buf *, const struct fold *);
/* The same of the run that counts at the end of a task, with its exit status;
 * `on`: what it ran on, or "". */
void	fold_add_check_end(struct buf *, const struct fold *,
	    const struct ev_check_end *, const char *on);
/* Append "logo.png (rejected), obj/ (14 binaries, open) and 3 more", what a task
 * left; nothing if there is nothing. */
void	fold_add_not_written(struct buf *, const struct ev_agent_end *);

struct fold_hook {
	char	*id, *name, *event, *subject;	/* subject: `for`, or NULL */
	bool	 running, ok;
	char	*decision;	/* "allow" "ask" "deny"; NULL while it runs */
	char	*reason;	/* its own, or how it failed; or NULL */
	int	 findings;
};

/* Append "2 findings", "denied", "failed" or nothing. */
void	fold_hook_says(const struct fold_hook *, struct buf *);
/* The hook whose verdict on the last decision kept it from being applied; NULL:
 * none. */
const struct fold_hook *fold_hook_blocks(const struct fold *);

/* What a line `net`, or one of `net_end`'s hosts, is about, as it is shown, by
 * these members of it; malloc'ed. */
char	*fold_net_name(const char *host, int64_t port, const char *forward);
/* The user allowed this host for the session, to an MCP server; NULL: to
 * commands. */
bool	fold_net_serves(const struct fold *, const char *host_and_port,
	    const char *server);

/* Append the sandbox in short, for the user: "sandboxed", the hosts that
 * are open, and with `net` ", no network". */
void	fold_add_sandbox(struct buf *, const struct fold *, bool net);

struct fold_step {
	char		*title;
	char		*held;		/* "src/, *.md": the paths that the step
					   is restricted to; or NULL */
	char		**paths;
	size_t		 paths_len;
	enum fold_step_state {
		FOLD_STEP_OPEN,
		FOLD_STEP_DONE,		/* its proposal isn't decided */
		FOLD_STEP_DECIDED,
		FOLD_STEP_REJECTED,	/* all of it was */
	}		 state;
};

enum fold_step_at { STEP_OPEN, STEP_CURRENT, STEP_REVIEW, STEP_DONE,
	STEP_REJECTED };


extern const char *const fold_plan_words[];	/* by its status */
/* The status in a `plan` line; FOLD_PLAN_NONE for other lines. */
enum fold_plan_status fold_plan_status(const struct event *);
/* The goal of the current task's plan, or NULL. */
const char *fold_plan_goal(const struct fold_plan *);
/* Does the approved plan name this file or its folder, among its files, or
 * in a step? One that lists no files expects every file. */
bool	fold_plan_expects(const struct fold *, const char *path);
/* How many background commands run. */
size_t	fold_background_runs(const struct fold *);
/* Where the task is: at the steps under review, which are done but not decided
 * on; without any, at the first one that isn't done. */
enum fold_step_at fold_step_at(const struct fold *, size_t step);
/* "step 2"; of a goal or check without the number. Malloc'ed. */
char	*fold_plan_at(enum fold_plan_part, int n);
/* What a text begins with: "step 2 why", or "2 why" for short; *text: the rest.
 * Malloc'ed; NULL: no row of the plan. */
char	*fold_plan_at_cut(const struct fold_plan *, const char **text);
/* The text of the row that is called so; NULL: there is none. */
const char *fold_plan_row(const struct fold_plan *, const char *at);
/* The note there, or NULL. */
const struct fold_plan_note *fold_plan_note(const struct fold_plan *,
	    const char *at);
/* Append a note as the model is told it: where, with the row's first line, and
 * its text. */
void	fold_plan_note_text(struct buf *, const struct fold_plan *,
	    const char *at, const char *text);
/* Append the plan below its goal: steps, files, check and risks, a row each.
 * Where these begin and end in the text. */
struct fold_plan_text fold_plan_rows(const struct fold_plan *, struct buf *);

/* Shown at a hunk that overwrites newer lines, and for several such hunks. */
#define FOLD_OVERWRITES "These lines were changed on disk. " \
	"Accepting this hunk overwrites them."
#define FOLD_NO_EDIT "this review only reads: comment on the hunk instead (c)"
#define FOLD_NO_DISCARD "only your own uncommitted changes can be discarded, " \
	"in assent review"
#define FOLD_OVERWRITES_ALONE "this overwrites newer lines: only y accepts " \
	"it"

/* A larger file isn't looked at for lines. */
#define FOLD_FILE_MAX ((int64_t)64 << 20)

#define FOLD_ONLY_TESTS "only tests change"

enum fold_mark { MARK_NONE, MARK_YES, MARK_NO };

struct fold_finding {			/* a fault that was reported */
	char		*by;		/* by this hook or linter; NULL: by the
					   model */
	char		*path;		/* as on disk */
	char		*severity;	/* "error" "warning" "note" */
	char		*message;
	char		*rule;		/* its own name for such faults; or NULL */
	char		*source;	/* that line's text then; or NULL */
	char		*about;		/* the file that a linter looked at; or
					   NULL */
	int		 line, end;	/* in the staged file, then; end 0: that
					   line alone. Without `source` it moves
					   with its hunk: */
	char		*hunk;		/* the first one that had the line; or
					   NULL */
	int		 from;		/* where that began, last */
	bool		 proposed;	/* its file was */
	bool		 untold;	/* the model doesn't know of it */
};

struct fold_comment {
	int	 line, end;	/* lines of the hunk's text, from 1; 0: all of
				   it */
	char	*text;
	char	*answer;	/* the model's, to a question; or NULL */
};

/* Is this comment a question, which is asked at once? It ends in ?, spaces
 * apart. Never in `assent review`, which has no model; f: NULL if it is none. */
bool	 fold_comment_asks(const struct fold *f, const char *text);

struct fold_words {		/* of the user, for the model */
	size_t	 reasons, comments;	/* comments: without an answer */
};

struct fold_hunk {
	char		*id;
	/* Where it is: the how manyth of all, from 0; and its number in the
	 * patch and in the file, from 1, if it has one: */
	size_t		 place;
	int		 number, in_file;
	const char	*called;	/* "mode": a mode change, "rename": the
					   new name of a file whose content also
					   changes; or NULL */
	int		 old_start, old_lines, new_start, new_lines;
	char		*text;		/* unified diff lines, each starting
					   with ' ' '+' '-' or '\\'; raw
					   bytes */
	size_t		 text_len;
	int		 added, removed;
	enum fold_mark	 mark;		/* the draft's, or undecided */
	bool		 seen;		/* as reported by the client that marked
					   it */
	char		*function;	/* that it is in, or NULL */
	bool		 overwrites;	/* overwrites newer lines of the user:
					   accepted only by an answer about this
					   hunk alone */
	bool		 decided;	/* in a decision not applied yet: can't
					   be marked */
	struct fold_words words;	/* of that decision */
	char		*edit;		/* accepted as edited, with MARK_YES; or
					   NULL (see hunk_text_amend) */
	size_t		 edit_len;
	char		*word;		/* the reason for rejecting it, or
					   NULL */
	char		*client;	/* who marked it */
	struct fold_comment *comments;	/* a user's comment, not yet
					   submitted */
	size_t		 comments_len;
};

/* What is told of a file, a hunk or a line, in the order of their badges, if
 * they have one. A new kind is a row of fold_note_rows, and who finds it: front
 * ends draw what the file has, and rules accept nothing that one stops. */
enum fold_note_kind {
	NOTE_WEAKER, NOTE_ADDS, NOTE_PROTECTED, NOTE_CHECK, NOTE_TEST,
	NOTE_UNPLANNED, NOTE_ALSO, NOTE_GENERATED, NOTE_MIXES, NOTE_MISREAD, NOTE_REMARK,
	NOTE_OVERWRITES, NOTE_NAME, NOTE_DISPROOF, NOTE_PROOF, NOTE_UNNOTICED,
	NOTE_VALUE, NOTE_WRITER, NOTE_HOOK, NOTE_REASON, NOTE_ERROR,
	NOTE_FINDING, NOTE_KINDS
};

extern const struct fold_note_row {
	const char	*name;		/* in JSON */
	const char	*lead;		/* before the text; or NULL */
	const char	*badge;		/* of the file, where files are listed;
					   or NULL */
	const char	*all;		/* before how many there are; or NULL */
	enum fold_note_level {
		NOTE_QUIET,	/* the screen has its badge alone, if any */
		NOTE_TELLS,
		NOTE_SAYS,	/* somebody's words */
		NOTE_LOOK,	/* look at it before you accept; a hunk with
				   it is in no group of the same change */
		NOTE_WARNS,	/* it speaks against the change */
	}		 level;
	enum fold_note_stops {	/* which rules don't accept the file */
		NOTE_STOPS_NONE, NOTE_STOPS_SMALL,
		NOTE_STOPS_YES,		/* and "small" */
		NOTE_STOPS_ALL,
	}		 stops;
	const char	*why;		/* they don't; or NULL */
	bool		 alone;		/* a question about the file says so; an
					   editor doesn't ask it */
	bool		 later;		/* not of the proposal's own line */
} fold_note_rows[NOTE_KINDS];

struct fold_note {
	const struct fold_note_row *row;
	int		 hunk;		/* index; FOLD_NOTE_FILE: the file's */
	bool		 old;		/* `line` is the old file's */
	int		 line;		/* 0: all of the hunk, or file */
	char		*text;		/* not sanitized */
};
#define FOLD_NOTE_FILE	(-1)

struct fold_file {
	char		*path;		/* for display: UTF-8 */
	char		*path_bytes;	/* as on disk */
	const char	*name;		/* the end of it: the last part, with as
					   many folders as tell the proposal's
					   files apart */
	char		*from, *from_bytes;	/* "renamed": the old name,
						   which `before` refers to; or
						   NULL. The first hunk is the
						   rename itself */
	int		 similarity;	/* of the contents of a renamed file, in
					   percent */
	char		*status;	/* "added" "modified" "deleted" "mode"
					   "symlink" "type" "renamed" */
	struct fold_side before, after;
	bool		 binary;	/* one hunk, with text "" */
	const char	*lacks;		/* why its lines aren't displayed:
					   "binary" or "too large to show" */
	char		*encoding;	/* of its bytes, where its lines were
					   converted; or NULL */
	char		*kind;		/* "PNG image"; "": text, or unknown */
	int64_t		 binaries;	/* it is one of so many that commands
					   made in its folder, which are one row
					   (fold_is_in_row); or 0 */
	bool		 judges;	/* affects the check */
	bool		 tests;		/* may change tests that exist */
	bool		 changed_on_disk; /* since: some hunks overwrite newer
					   lines */
	char		*not_small, *not_yes;	/* why that rule doesn't accept
						   it; NULL: it does, or the
						   line doesn't say */
	char		*meanwhile;	/* of a conflict: a patch of the user's
					   changes meanwhile; raw, or NULL */
	size_t		 meanwhile_len;
	char		*meanwhile_by;	/* the user's session that made them, or
					   NULL */
	struct fold_hunk *hunks;	/* at least one */
	size_t		 hunks_len;
	char		**split;	/* ids of hunks that are shown split */
	size_t		 split_len;
	struct fold_note *notes;
	size_t		 notes_len;
	struct fold_adding {		/* noted once it is known to be new */
		int	 line;
		char	*what, *target;	/* target: or NULL */
		bool	 known;		/* the project had that */
	}		*adds;
	size_t		 adds_len;
};

struct fold_named { char *path; char *why; };	/* path: as on disk */

struct fold_ignored {			/* in the copy, but not proposed */
	char		*path;		/* for display; a folder ends in '/' */
	char		*path_bytes;
	int64_t		 files;
	char		*why;		/* "git" "staged" "cache"; older ones:
					   "hidden" "binary" */
	char		*rule;		/* of "staged"; else NULL */
};

struct fold_at {			/* where to find a hunk */
	struct fold_hunk *hunk;
	struct fold_file *file;
};

struct fold_proposal {
	int64_t		 id;		/* seq of its first line */
	int		 version;	/* 1, 2, ... with each new list */
	struct fold_file *files;
	size_t		 files_len;
	struct fold_at	*hunks;		/* all of them, sorted by id, */
	struct fold_at	*order;		/* and in the order of the patch */
	size_t		 hunks_len;
	struct fold_file **paths;	/* files, sorted by path_bytes */
	size_t		 undecided;	/* hunks with neither mark nor
					   decision */
	struct fold_named *refused;	/* changes that can't be proposed */
	size_t		 refused_len;
	int64_t		 ignored;	/* files */
	struct fold_ignored *ignores;	/* the first of them, by folder */
	size_t		 ignores_len;
	int64_t		 undo;		/* the change that it reverses; 0:
					   none */
	bool		 undo_part;	/* and not all of that change */
	struct fold_named *left;	/* files of that change that can't be
					   undone */
	size_t		 left_len;
	bool		 final;		/* made when the model finished */
	bool		 only_tests;	/* all files are tests */
	struct event	*adds;		/* what the project had of the files'
					   `adds`; NULL: not known yet */
	struct fold_words words;	/* of applied decisions: not sent yet */
};

/* Find a hunk by its id, by binary search; NULL if there is none. `id` may be
 * NULL. */
const struct fold_file *fold_find_hunk(const struct fold *, const char *id,
	    const struct fold_hunk **);
/* Is this line of the proposed file in it? */
static inline bool
fold_hunk_has_line(const struct fold_hunk *h, int line)
{
	return line >= h->new_start && line < h->new_start + h->new_lines;
}

/* The number in its file of line n, from 1, of the hunk's text; *line: that line,
 * which begins with its sign; NULL: there is none. */
int	fold_hunk_line(const struct fold_hunk *, int64_t n, const char **line);
/* Append where these lines of it are in the file, and the first and the last:
 * " on line 5 "+x""; nothing for 0, the whole hunk. */
void	fold_hunk_place(struct buf *, const struct fold_hunk *, int64_t line,
	    int64_t end);
/* Is it one of the binaries that are one row? No rule and no key for all hunks
 * marks them. */
static inline bool
fold_is_in_row(const struct fold_file *f)
{
	return f->binaries > 0;
}

/* Append "14 binaries that commands made in obj/". */
void	fold_row_text(struct buf *, const struct fold_file *);
/* Find a file of the open proposal by its name in bytes, by binary search; NULL
 * if there is none. */
const struct fold_file *fold_find_file(const struct fold *, const char *path);
/* The same by its name as text, in which other bytes are "\x07". */
const struct fold_file *fold_find_shown(const struct fold *, const char *path);
/* The file in what a proposal that undoes this change (0: none) is a new version
 * of: after an undo, that is what was open before it. */
const struct fold_file *fold_version_file(const struct fold *, int64_t undo,
	    const char *path);
const struct fold_proposal *fold_version_of(const struct fold *,
	    int64_t undo);
/* "14 ignored files: build/ (12), a.out, ...", if there are any,
 * with at most `names` names. */
void	fold_ignored_text(struct buf *, const struct fold_proposal *,
	    size_t names);
/* Does the proposal have the user's own changes, which go to git's index? */
bool	fold_stages(const struct fold *);

/* A word about marks ("accepted") as this kind of review says it: of your own
 * changes "to stage", of a commit or branch "read". Others are as they are. */
const char *fold_word(const struct fold *, const char *);
/* Append the text with such words. */
void	fold_add_words(struct buf *, const struct fold *, const char *);
/* How many hunks have neither mark nor decision. NULL: 0. */
int	fold_undecided(const struct fold_proposal *);
int	fold_hunks(const struct fold_proposal *);
/* The text of the file's or the hunk's first note of this kind, without its lead;
 * NULL: there is none. */
const char *fold_note_text(const struct fold_file *, int hunk,
	    enum fold_note_kind);
/* Append "old line 3: test weakened: assertion removed". */
void	fold_add_note(struct buf *, const struct fold_note *);
/* Isn't it known yet what the open proposal adds that the project had not? */
bool	fold_adds_wait(const struct fold *);
/* Which files other sessions of the project that wait change, too: "ID PATH\n" for
 * each (session_also_add). No line says so: a front end looks for it. False: that
 * is known already. */
bool	fold_also(struct fold *, const char *text);
/* Why the rule "small" leaves the file, by its first note that says so; NULL:
 * none does. */
const char *fold_note_stops(const struct fold_file *);
/* The word for what must be accepted alone, such as "protected"; or NULL. */
const char *fold_note_alone(const struct fold_file *);
/* Does one of the file or this hunk ask for a look, or stop the rule "yes"? Or
 * it adds something that may be new. */
bool	fold_note_warns(const struct fold_file *, int hunk);
/* The kind of the file's first badge, or NULL. */
const struct fold_note_row *fold_badge(const struct fold_file *);
/* Append all: "  [weakened: 2]  [generated]"; the length up to those that stop a
 * rule. */
size_t	fold_badges(struct buf *, const struct fold_file *);
/* Append "tests weakened: 3" of these files, for each such kind; false: none. */
bool	fold_notes_all(struct buf *, const struct fold_file *, size_t files,
	    const char *before);
/* Append "model says: error: it leaks", with these words after who. */
void	fold_finding_text(struct buf *, const struct fold_finding *,
	    const char *says);
/* The reasons and comments that the model gets when no hunk is open any more:
 * those of decisions, and those of the hunks. NULL: none. */
struct fold_words fold_words(const struct fold_proposal *);

/* Append a hunk of the open proposal as a diff; nothing if there is no such hunk,
 * or if it has no lines. */
void	fold_add_hunk(struct buf *, const struct fold *, const char *id);
/* Append what was decided, file by file, with the words and the lines of rejected
 * hunks, as a diff; `f` has the proposal that it is about. */
void	fold_decision_text(struct buf *, const struct fold *f,
	    const struct ev_decision *);

/* The limit at which the task pauses, of enum limit_kind; LIMIT_NONE if it
 * doesn't pause or the limit is unknown. */
int	fold_pause_kind(const struct fold *);
/* When the service answers again, in ms since 1970; 0: it isn't such a limit. */
int64_t	fold_pause_until(const struct fold *);
/* The pause at a limit of the task, in words. Append to `text` "the limit on turns
 * is reached: 30 turns of 30 turns", to `used` "12 turns, 34,000 tokens in,
 * 1,200 out, $0.42, cache 40%, 2:10 min of work", to `step` the amount that an extension
 * adds by default, if it has one. The last two may be NULL. */
void	fold_pause_words(const struct fold *, struct buf *text,
	    struct buf *used, struct buf *step);

#endif
