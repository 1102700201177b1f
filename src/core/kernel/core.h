/*
 * core: one session as a state machine.  Everything that happens is an event:
 * it is journaled, folded into `fold`, added to the model's context, and sent
 * to the clients, in that order (emit.c); effects follow.
 */
#ifndef ASSENT_CORE_CORE_H
#define ASSENT_CORE_CORE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/pathmap.h"
#include "base/sha.h"
#include "core/kernel/secrets.h"
#include "gate/gate.h"
#include "journal/event.h"
#include "journal/task-usage.h"
#include "policy/price.h"
#include "provider/dialect.h"
#include "sandbox/image.h"
#include "sandbox/sandbox.h"

struct approve;
struct agent;
struct aside;
struct background;
struct baseline;
struct backgrounds;
struct compact;
struct context;
struct hook_round;
struct hooks;
struct job;
struct journal;
struct registries;
struct loop_timer;
struct mcp;
struct mcp_server;
struct network;
struct paths;
struct peer;
struct notice;
struct proof;
struct prompts;
struct provider_call;
struct provider_format;
struct question_ask;
struct http_stream;
struct reasons;
struct recall;
struct reply;
struct resume;
struct runs;
struct terminal;
struct server;
struct slash;
struct source_run;
struct syntax;
struct tags;
struct tool_entry;
struct tool_target;

#define CORE_VERSION PACKAGE_VERSION

/* Why a session can't start, as an exit code; 1: any other reason. */
#define CORE_EXIT_USAGE 2
#define CORE_EXIT_WAITS 5	/* a half-written tree, and --recover is
				   missing */
#define CORE_EXIT_SANDBOX 7	/* the host gives less than is asked for */

enum core_mode { MODE_INTERACTIVE, MODE_EXEC, MODE_TRY, MODE_DEMO,
	MODE_REVIEW,	/* `assent review`, see source.h */
};

#ifdef NDEBUG
#error "assertions stay on: they hold the invariants"
#endif

enum core_phase {
	PHASE_IDLE,
	PHASE_MODEL,	/* a request is under way */
	PHASE_RETRY,	/* waiting before the next attempt */
	PHASE_TOOL,	/* a worker runs a tool call */
	PHASE_LOOK,	/* a program inspects the project (inspect.c) */
	PHASE_CHECK,	/* a worker runs the check; the user may decide
			   meanwhile; or the command of --require */
	PHASE_HOOK,	/* the user's hooks of an event run, one by one
			   (hook.h) */
};
#define BIT(x)		(1u << (x))
#define IN(phase)	BIT(phase)

enum core_wait {	/* bits: several questions may be open at once */
	WAIT_LIMIT	= 1u << 0,	/* the task is paused at a limit */
	WAIT_CALL	= 1u << 1,	/* may the next call run? Without a
					   sandbox, or since a hook asks */
	WAIT_CHECK	= 1u << 2,	/* may the check run? */
	WAIT_PLAN	= 1u << 3,	/* is the plan approved? */
};
#define WAIT_COMMAND	(WAIT_CALL | WAIT_CHECK)

/* The command that the user typed (run.c); it may run beside the phases. */
enum own_command {
	OWN_NONE,
	OWN_ASKS,	/* waits for permission */
	OWN_RUNS,	/* or is about to: it is journaled */
};

enum core_stop {	/* in order: the highest one counts */
	STOP_NONE,
	STOP_UNMET,	/* the command of --require */
	STOP_LIMIT,
	STOP_PROVIDER,
	STOP_INTERRUPT,
};

/*
 * The state of each part of a session's work, and the phase in which that part
 * is active. `struct core` has one of each, and of those that are declared
 * beside their functions.
 */

/* PLAN_LOOK: the whole task works as if no plan were approved yet: everything
 * written is thrown away, and no plan is made. */
enum core_plan_mode { PLAN_AUTO, PLAN_REQUIRE, PLAN_SKIP, PLAN_LOOK };

/* A file that a call names. */
struct call_seen {
	char	*path;		/* from the root; NULL: not below the root */
	char	*id;		/* the file's state (seen.h); NULL: not a file */
};

/* A tool call of the last assistant message, not answered yet. */
struct core_call {
	char	*id;
	char	*name;
	const struct tool_entry *tool;	/* of assent; NULL: none of that name,
					   or the command of `try` */
	unsigned effects;	/* of it; without it, a command's */
	char	*args_text;	/* as the model sent them */
	struct tool_target *targets;	/* the files it names, as sent */
	size_t	 targets_len;
	struct call_seen *seen;	/* one per target */
	size_t	 seen_len;
	bool	 complete;
	enum core_asked {
		ASKED_NOTHING,
		ASKED_BY_HOOK,
		ASKED_TOOL,	/* its server describes it differently */
		ASKED_OUTSIDE,	/* it runs without a sandbox */
	}	 asked;		/* what the user was asked last, */
	bool	 allowed;	/* and that the answer was yes */
	int	 asks;		/* questions about it so far */
	char	 asked_hash[SHA256_HEX_SIZE]; /* ASKED_TOOL: as it was shown */
	bool	 hooked;	/* its before_tool hooks have run */
};

/* A message of the user that waits. */
struct core_said {
	char	*text;		/* NULL: none does */
	char	*client;	/* that sent it */
};

/* ---- the sandbox ---- */

/* The host's abilities, found when the session starts (start-sandbox.c), and
 * the parts of each call's sandbox (program.c). */
struct core_sandbox {
	enum sandbox_level level;
	struct sandbox_limits limits;
	struct cgroup	*cgroup;	/* by which the kernel enforces
					   them */
	struct limit_enforcement enforced;	/* how each limit is enforced */
	bool		 weaker_noted;	/* told: a call had weaker limits */
	cJSON		*info;		/* for the journal: level, line, why,
					   view */
	struct loop_timer *search_goes_on;	/* for secret files; or NULL */
	struct sandbox_search *search;	/* for the level, at the start; or
					   NULL */
	struct loop_watch *untested;	/* the self-test goes on, and the level
					   is that of the last start; or NULL */
	int64_t		 changed;	/* the turn whose request told the model
					   another level; 0: none */
	char		**toolchains;	/* the user's; NULL-terminated */
	char		**skills;	/* the user's folders; the same, or NULL */
	struct policy	**skill_policies; /* for each of them */
	char		**skills_hidden; /* secret files in them; the same */
	const char	**environment;	/* the same, borrowed from start */
	const char	**devices;	/* as in sandbox_spec, likewise */
	char		*certificates;	/* as in sandbox_spec */
	struct image	 image;		/* the system that commands see; no name:
					   the host's */
	struct sandbox_cover *covers;	/* from the last program_hide */
	size_t		 covers_len;
	size_t		 covers_git;	/* the first, in repositories */
	struct buf	 covers_of;	/* which ones */
	struct buf	 covers_looks;	/* what was looked at: git_redact_add */
	int		 joins;		/* sandbox_spec.joins: of background
					   commands; 0: none; -1: a sandbox
					   couldn't join them */
	struct {			/* prepared ones */
		struct sandbox_ready *command, *inspection;	/* the next */
		struct sandbox_ready *files;	/* the worker of the file tools,
						   between two calls */
	}		 ready;
};

/* ---- the task ---- */

/* Reasons not to end a task as "done" (driver.c); bits. */
enum core_fault {
	FAULT_REFUSED	= 1u << 0,	/* the user denied a command */
	FAULT_NO_SANDBOX = 1u << 1,	/* a command or the check didn't run: no
					   sandbox and no user to ask, or it
					   could have read another session's
					   secret and decided hunks there
					   (program_others_wait) */
	FAULT_NO_SANDBOX_CALL = 1u << 2, /* as well, if it was a call, and there
					    was no user to ask */
	FAULT_KILLED	= 1u << 3,	/* try: a limit killed the command */
	FAULT_NO_START	= 1u << 4,	/* try: its sandbox wasn't built (a
					   program that isn't found did start:
					   127); apply: git didn't accept the
					   patch */
	FAULT_NO_APPROVAL = 1u << 5,	/* no user to approve the plan */
	FAULT_LEFT_OUT	= 1u << 6,	/* some changes can never be proposed */
	FAULT_LOST	= 1u << 7,	/* the copy was lost */
	FAULT_NO_NET	= 1u << 8,	/* a host was refused unasked */
};

/* A task: from the user's message to agent_end. Whether one runs is in the fold
 * (task_runs). */
struct core_task {
	bool	 begun;		/* by a client of this process */
	bool	 owed;		/* it runs without a message, until agent_end: a
				   try, or a resumed one that left a proposal */
	enum core_stop stop;	/* why the task ends before the model is done */
	enum core_stop stopped;	/* why it had ended, before its proposal was
				   decided */
	unsigned faults;	/* enum core_fault bits */
	enum core_model_end {
		MODEL_GOES_ON,
		MODEL_CALLED_DONE,
		MODEL_CANNOT_PASS, /* the same: says it of the check */
		MODEL_ENDED,	/* its turn had no calls */
		MODEL_SILENT,	/* nor anything else, again */
	}	 model;
	char	*summary;
	char	*cannot_pass;	/* of MODEL_CANNOT_PASS: why */
	bool	 asked;		/* in plain text: once where nobody answers, or
				   in its last answer */
	bool	 go_on;		/* the user wrote beside an open proposal */
	int	 wrap_turns;	/* turns begun to wrap up at a limit */
	int	 limit_kind;	/* last limit reached, or LIMIT_NONE */
	int64_t	 limit_used;	/* and what was used of it then */
	int64_t	 near[LIMIT_KINDS]; /* limits that it knows are near */
};

/* The working time of the task. */
struct core_clock {
	int64_t	 task_started_ms;
	int64_t	 worked_ms;	/* working time before the last start */
	int64_t	 from_ms;	/* time of the last start; -1: stopped */
	struct loop_timer *timer;
	bool	 is_up;		/* the limit's timer fired */
	int64_t	 untold;	/* paid, and not in the file of the day */
	int64_t	 state_ms;	/* when fold->status.state began */
};

struct core_plan {
	enum core_plan_mode mode;	/* setting */
	struct stage	*stage;		/* planning copy, thrown away
					   afterwards */
	bool		 nudged;	/* of a plan, or of its open steps */
	int64_t		 dropped;	/* files in `stage` that commands
					   changed, which are not kept */
	struct pathmap	 outside;	/* see plan.h */
};

/* ---- PHASE_LOOK: the project context for the model ---- */

struct core_project {
	struct event	*context;	/* the last `project` line, or NULL */
	bool		 due;		/* the overview of the folders (project.h)
					   has to be read again */
	char		*map;		/* it, read for the task that begins, or
					   NULL */
	unsigned	 looks;		/* what the inspection that runs is for:
					   see inspect.c */
	enum core_first {		/* the session's first request */
		FIRST_WAITS,		/* for it, and for the search */
		FIRST_HURRIES,		/* waits no longer */
		FIRST_LATE,		/* went without: the rest is told in a
					   message */
	}		 first;
	bool		 symbols_due, symbols_known;
	char		*symbols_output;	/* of ctags, or NULL */
	size_t		 symbols_output_len;
	char		*symbols_task;	/* the message to find symbols for */
	struct tags	*tags;		/* the files of that, or NULL */
	int64_t		 environment_known_ms;	/* time of the last inspection,
						   until the model was told;
						   or 0; -1: one is due */
	char		*environment_looked;	/* output of the inspection, or
						   NULL */
	char		*environment_told;	/* text the model has, or
						   NULL */
	struct pathmap	 instructed;	/* paths of instructions already
					   sent */
	struct pathmap	 undeclared;	/* patterns of which the user was told
					   (undeclared.h) */
};

/* ---- PHASE_MODEL ---- */

struct core_target {	/* the model and how to reach it */
	const struct provider_format *format;	/* NULL: none chosen */
	char	*provider, *model, *base_url, *key_env;
	char	*answers;	/* the journal that it is; NULL: a model */
	char	*key_from;	/* where the key comes from, for messages */
	char	*ca_file, *path, *auth;	/* or NULL, as in call_target */
	const struct dialect *dialect;
	char	*key;		/* a secret; never written anywhere */
	bool	 paced;		/* its answers are streamed, word by word */
	bool	 priced;
	struct price price;	/* if the price is known */
	int64_t window;		/* tokens; 0: unknown */
	struct model_facts facts;	/* from the model table */
};

/* Places of models. */
enum route {
	ROUTE_REVIEW,
	ROUTE_EXPLORE,		/* until a plan begins, or for tasks that change
				   nothing */
	ROUTE_PLAN,		/* writes the plan */
	ROUTE_EXECUTE,
	ROUTE_MAIN,		/* the main model; after it those that replace
				   it when it fails */
};

struct model_place {
	struct core_target target;	/* without a format: the model is
					   current, or there is none */
	cJSON		*model;		/* the fields that may be recorded */
	bool		 failed;
};

struct core_models {
	struct model_place *places;
	size_t		 places_len, at;	/* at: of the current one */
	struct given	 keys;		/* that clients offered, by provider */
	struct given	 headers;	/* that clients offered, by provider */
	cJSON		*key_commands;	/* the same: what prints their keys */
	struct host_program *renewing;	/* such a command; or NULL */
	char		*renewing_for;	/* the provider */
	struct buf	 renewed;	/* what it printed */
	int64_t		 renewed_ms;	/* when it was started last; 0: never */
	struct model_place wish;	/* the user's, due; or empty */
	char		*wish_client;
	bool		 home_due;	/* back to the main one before the next
					   turn */
	bool		 chosen;	/* the user chose a model */
	bool		 planned;	/* this task has begun a plan */
};

struct core_request {
	struct provider_call *call;	/* request under way, or NULL */
	const struct core_target *target; /* target of the last request; NULL:
					     none yet */
	struct http_stream *warm;	/* a connection being opened for the
					   next request, or NULL */
	struct loop_timer *after;	/* due once the request has been sent;
					   NULL: done */
	int64_t		 heard_ms;	/* when the last answer ended, or 0 */
	int64_t		 overhead;	/* tokens of prompt and tools, measured
					   before the turn */
	int64_t		 output;	/* tokens allowed for the answer */
	unsigned	 options;	/* request_options used */
	enum effort	 effort;
	char		*aside_system, *aside_text; /* a request outside the
						       conversation, or with a
						       text of its own; NULL */
	void		(*done)(struct core *, struct reply *,
			    const char *failed);
	void		(*cancelled)(struct core *);	/* or NULL */
	/* As in struct query: to send it again, whether it goes to another
	 * model than the task's, and what makes its body. */
	void		(*again)(struct core *);
	bool		 other;
	char		*(*body)(struct core *);
	int		 attempt;	/* counts from 1 */
	int		 empty;		/* empty answers so far */
	uint64_t	 bytes;		/* size of the request body */
	size_t		 written;	/* bytes of the answer's calls so far */
	char		*previous;	/* id of the last answer, or NULL */
	int64_t		 held;		/* tokens of it that the service caches */
	int		 amendments;	/* times this request was amended, see
					   query.c */
	bool		 amend_output;	/* the limit on the answer was lowered
					   once */
	int64_t		 amend_afford;	/* tokens that the credit covers; 0:
					   unknown */
	enum effort	 effort_said;	/* set by the user, see query.c */
	struct pathmap	 amended;	/* by model, see query.c */
	struct pathmap	 reached;	/* base_urls of servers that have
					   answered */
	size_t		 answered;	/* answers of a journal so far */
};

/* Streamed text that the clients haven't got yet. */
struct core_delta {
	struct buf	 text, thinking, output, aside;
	struct loop_timer *timer;
	int64_t		 sent_ms;	/* when the last went out */
};

/* ---- PHASE_RETRY ---- */

struct core_retry {
	int64_t		 base_ms;	/* a setting */
	int64_t		 time_ms;	/* setting: limit on the sum of the
					   waits of one request */
	struct loop_timer *timer;
	void		(*again)(struct core *);
	int64_t		 due_ms;
	int64_t		 waited_ms;	/* waited before this attempt */
	int64_t		 from_ms;	/* when the first attempt failed */
	int64_t		 until_ms;	/* since 1970: no request before it; 0 */
};

/* ---- PHASE_TOOL ---- */

struct core_calls {
	struct core_call *list;		/* calls of the last assistant
					   message */
	size_t		 len, next;
	size_t		 running;	/* calls running, from `next` on; 0 in
					   other phases */
	size_t		 room;		/* bytes that the context has for the
					   current one's result; 0: enough */
	struct background *starting;	/* by the current call, which may also
					   wait for it; or NULL */
	struct buf	 capture;	/* its output, or the end of a long one */
	struct buf	 head;		/* then the start of that, masked, */
	struct output_file *whole;	/* and all of it; or NULL */
	size_t		 dropped;	/* bytes before the end */
	bool		 unheard;	/* the user has said something of the
					   answer's plan that the model didn't
					   know: the calls after it don't run */
};

/* ---- in any phase: the proposal and the user's decision ---- */

struct core_review {
	bool		 due;		/* a new proposal is due */
	bool		 step;		/* the same, at the end of a step */
	bool		 final;		/* the next proposal is the last one of
					   the task (the model is done or was
					   stopped), or no task waits for it,
					   such as an undo */
	enum {
		SCAN_READ,
		SCAN_FAILED,	/* the copy is unreadable, */
		SCAN_OWES,	/* and it had to be proposed again */
	}		 scan;
	bool		 touched;	/* a call may have written files */
	bool		 scan_due;	/* what is ignored changed; or, in a
					   review, the user's files may have */
	struct event	*left_out;	/* a proposal, of the last scan's
					   `refused` and `products`; or NULL */
	struct event	*offered;	/* the last proposal, without most
					   members, and of its files those
					   with `was` or `split`; or
					   NULL */
	int64_t		 undoing;	/* tx that the open proposal undoes; 0:
					   none */
	struct stage_scan *undo;	/* what of it is still to be put back;
					   NULL: as the fold has it */
	int64_t		 undo_tx;	/* a staging that is looked at, since
					   this client asks to undo it; or 0 */
	unsigned	 undo_client;
	cJSON		*undo_asked;	/* a client's command, until what runs
					   has stopped; or NULL */
	char		*marker;	/* the client that marked last, and the */
	int64_t		 marked, marked_before;	/* last lines of marks: its, and
					   of another one */
	int64_t		 undo_told;	/* the line up to which the model knows
					   what was undone */
	bool		 undo_part;	/* and not all of that change */
	struct event	*undo_left;	/* a proposal, of `undo_left` of the
					   next one; NULL: as in the last */
	int64_t		 staged, ignored;	/* files, at the last scan */
	enum apply_atomic atomic;	/* how apply writes the project */
	struct diagnose	*diagnose;	/* linters of edited files */
	struct adds_search *adds;	/* for what a change adds */
	struct source_run *source;	/* see source.h */
	struct event	*decided;	/* a decision after which these of its
					   hunks aren't proposed again yet; or
					   NULL */
	struct ev_decided_hunk *kept;
	size_t		 kept_len;
	/* By an old journal, until the policy has them (include_recall). */
	struct core_included {
		struct glob_list *globs;
		struct pathmap written;	/* by the model's tools */
	}		 included;
};

/* The check that runs when the model says it is done, in this turn (evidence.h). */
enum final_check {
	FINAL_CHECK_NOT_RUN,
	FINAL_CHECK_RUNS,	/* the model continues or not by its result */
	FINAL_CHECK_DONE,
};

/* A question of the user about a hunk (comment.h). */
struct core_question {
	struct question_ask *next;	/* not asked yet */
	size_t		 next_len;
	struct event	*on;		/* a message with the `question` that is
					   being answered, or NULL */
	enum core_model_end model;	/* the task's, before it, */
	enum final_check final_check;	/* and this one */
};

/* A decision is applied while no worker uses the copy: in IDLE, MODEL
 * and RETRY. */
struct core_decision {
	struct event	*line;		/* the decision that waits to be
					   applied, or NULL */
	struct core_said said;		/* to be sent after it */
	int		 tries;		/* decisions since the last turn that
					   couldn't be applied completely; at
					   CORE_APPLY_TRIES, also after one of
					   the user's, no rule tries again
					   before the next turn, at
					   CORE_APPLY_NO_RULE not even then */
	enum apply_recovery recovery;	/* how to recover an interrupted
					   apply */
	const char	*recovered;	/* its name; NULL: nothing was half-written */
};

/* Applied changes that fail the check are undone (undo.h). */
struct core_rollback {
	bool		 on;		/* setting: undo changes that fail the
					   check */
	enum core_rollback_state {	/* in this order */
		ROLLBACK_NONE,
		ROLLBACK_JUDGED, /* applied changes were checked without the
				    open ones */
		ROLLBACK_TRIED,	/* nothing could be undone */
		ROLLBACK_DONE,
	}		 state;
};

/* Facts that the model isn't told yet; of decisions see feedback.h. */
struct core_feedback {
	struct buf	 written;	/* names of accepted files */
	size_t		 names;		/* how many */
	struct feedback_word {	/* a rejection, edit, or comments */
		size_t	 hunk;		/* its number in the facts */
		char	*text;
	}		*words;		/* of each hunk the last, in the order
					   of the decisions */
	size_t		 words_len;
	size_t		 words_size;	/* bytes in them */
	size_t		 again;		/* of them: rejections taken back */
	struct buf	 changed;	/* meanwhile, by others */
	const char	*check;		/* of what was accepted last: "passed"
					   "failed"; NULL: unknown */
	struct buf	 proof;		/* what the proofs said of it */
	struct buf	 notes;		/* added to the next tool result */
	bool		 rejects, edits;	/* there are such hunks */
	bool		 turn;		/* the model gets a turn for it */
};

/* ---- PHASE_CHECK ---- */

struct core_check {
	char		*command;	/* or NULL */
	char		*by;		/* who set it: "flag", "config",
					   "project", "person" (/check), "user"
					   (edited the plan), "approved" or
					   "model" */
	bool		 due;
	enum core_check_on {	/* what the next run, or this one, is on */
		CHECK_OF_STAGE,
		CHECK_OF_ACCEPTED, /* the real tree plus the accepted hunks */
		CHECK_BY_ITSELF,   /* the same, started by itself */
		CHECK_REQUIRED,	   /* the real tree, and it is `require` */
	}		 on;
	char		*require;	/* must pass before the first request;
					   NULL when it has run */
	char		 choice[SHA256_HEX_SIZE]; /* it ran on; "": stale */
	struct loop_timer *soon;	/* until one runs by itself, or NULL */
	bool		 allowed;	/* the user allowed it (level none) */
	struct baseline	*baseline;	/* on the untouched files */
	struct proof	*proof;		/* with a part of the changes */
	struct notice	*notice;	/* with small changes to them */
	enum final_check final;
	char		 staged[SHA256_HEX_SIZE]; /* stage_digest when it last
						     sent the model back */
	char		 tests[SHA256_HEX_SIZE]; /* the same when run_tests
						    began; "": not all of it */
	struct event	*ran;		/* its result, if it was the whole check
					   on this text; or NULL */
};

/* ---- kept between calls ---- */

/* The tools as the model has them, and how well it edits files (call.h). */
struct core_edits {
	struct pathmap	 misses;	/* path -> failed edits in a row */
	int		 patch_fails;	/* calls of apply_patch in a row */
	enum {
		PATCH_ON,
		PATCH_OFF,
		PATCH_OFF_TOLD,
	}		 patch;		/* is apply_patch offered, and does the
					   model know it isn't? */
	cJSON		*short_tools;	/* full texts -> short ones */
};

/* Decisions of rules, and a model's words about changes (propose.h). */
struct core_rules {
	cJSON	*lines;		/* by "small": path -> lines since the user last
				   reviewed */
	int64_t	 total;		/* of these */
	struct event **reviews;	/* all lines `review`, the newest last */
	size_t	 reviews_len;
	struct event *asked;	/* a `review` of the files of the current
				   request; or NULL */
	struct pathmap taken_back;	/* files of which a fork proposes the
					   reverse of what was written */
};

/* See seen.h. */
struct core_seen {
	struct pathmap	 files, texts;
	size_t		 bytes;
};

struct core {
	struct loop		*loop;
	struct server		*server;
	struct journal		*journal;
	struct fold		*fold;
	struct context		*context;	/* NULL for `try`; to look
						   at it: recall_context */
	struct recall		*recall;	/* NULL: a new session */
	struct compact		*compact;
	struct prompts		*prompts;	/* NULL in try */
	struct blob_store	*blobs;
	struct stage		*stage;		/* copy, source of
						   proposals */
	struct policy		*policy;

	struct resume		*resume;	/* only while resuming */

	/* settings, from the start object */
	cJSON			*start;
	enum core_mode		 mode;
	const struct approve	*approve;
	bool			 person;	/* a user can answer
						   questions */
	enum hunk_diff		 diff;		/* of every hunk */
	struct core_target	 target;
	struct core_models	 models;
	char			*id, *dir, *root, *cwd, *worker;
	char			*out_dir, *undo_dir, *state_dir;
	struct core_sandbox	 sandbox;
	struct network		*network;	/* hosts that commands may
						   connect to */

	/* the state of the work */
	enum core_phase		 phase;		/* what the agent is doing */
	unsigned		 waits;		/* open questions to the user:
						   enum core_wait bits */
	enum own_command	 own_command;
	struct core_task	 task;
	struct core_clock	 clock;
	struct core_plan	 plan;
	struct core_project	 project;
	struct core_request	 request;
	struct core_retry	 retry;
	struct core_delta	 delta;
	struct core_calls	 calls;
	struct core_review	 review;
	struct core_question	 question;
	struct core_decision	 decision;
	struct core_rollback	 rollback;
	struct core_check	 check;
	struct core_edits	 edits;
	struct core_said	 said;		/* to be sent once the
						   interrupted work has ended */
	struct core_seen	 seen;
	struct terminal		*terminal;	/* of a try's command */
	struct runs		*runs;		/* the user's own commands */
	struct slash		*slash;		/* messages sent by a name */
	struct hooks		*hooks;		/* the user's, and those that
						   wait */
	struct hook_round	*hook_round;	/* runs now, or NULL */

	struct core_feedback	 feedback;
	struct reasons		*reasons;	/* see propose.h */
	struct core_rules	 rules;
	struct job		*jobs;		/* programs that run, by what
						   they are for (job.h) */
	struct paths		*paths;		/* project paths, or NULL */
	struct syntax		*syntax;	/* colours of files, or NULL */
	struct mcp		*mcp;		/* NULL: none was started */
	struct mcp_server	*mcp_call;	/* the server whose tool runs,
						   in TOOL; or NULL */
	struct peer		*peer;		/* another agent that works
						   instead of the model; NULL:
						   none */
	struct backgrounds	*backgrounds;	/* commands that outlive a call */
	struct agent		*agent;		/* another's program
						   (agent-plan.h) */
	struct registries	*registries;	/* of the user's (registry.h) */
	struct aside		*aside;		/* a question beside the work;
						   NULL: none is asked now */
	const struct core_part *const *parts;	/* NULL-terminated */
	const struct core_main	*main;
	bool			 step_posted;	/* a step is queued in the
						   loop */
	int			 ahead;		/* how often core_part.ahead is
						   due, for what the user types */
	struct event		*forked;	/* the note of it, which the
						   model isn't told yet (fork.c);
						   or NULL */
	enum core_ending {	/* the core exits after agent_end */
		ENDING_NOT,
		ENDING_BY_SIGNAL,
		ENDING_BY_CLIENT,
	}			 ending;
	int			 exit_code;	/* of the last task, or why the
						   session can't start */
};

/* Conditions for a client's command, see core_command.needs and bars. A refusal
 * names the first one, in this order, that is missing or in the way. */
enum core_fact {
	HAS_LIMIT	= 1u << 0,	/* the task is paused at a limit */
	HAS_ASK		= 1u << 1,	/* a command waits for permission */
	HAS_PLAN	= 1u << 2,	/* a task's plan waits for approval */
	HAS_PLAN_LEFT	= 1u << 3,	/* the same; its task has ended */
	HAS_DECISION	= 1u << 4,	/* a decision is still to be applied */
	HAS_RUN		= 1u << 5,	/* the user's own command is running */
	HAS_UNDO	= 1u << 6,	/* the open proposal is the reverse of
					   a change */
	HAS_REVIEW	= 1u << 7,	/* a proposal is open */
	HAS_SUMMARY	= 1u << 8,	/* the conversation is being summarized */
	HAS_FAILED	= 1u << 9,	/* the provider failed; the user can
					   retry */
	HAS_TASK	= 1u << 10,	/* a task is being worked on */
	HAS_PLANNING	= 1u << 11,	/* the task's plan is being made */
	HAS_ENDING	= 1u << 12,	/* the task is about to end */
	HAS_OWN		= 1u << 13,	/* the user's own changes are open for
					   review */
};

/* Hunks to mark. */
#define HAS_HUNKS	(HAS_REVIEW | HAS_OWN)

#define IN_ANY		(~0u)	/* in every phase */

/* What a command needs. WITH_USER: a user at the front end; WITH_MODEL: a model
 * (a try has none); WITH_ANSWERS: a model, or what answers instead:
 * a journal, another agent. */
enum core_who { NOBODY = 0, WITH_USER = 1, WITH_MODEL = 2,
	WITH_ANSWERS = 4 };

/* No worker runs in the copy. */
#define NO_WORKER	(IN(PHASE_IDLE) | IN(PHASE_MODEL) | IN(PHASE_RETRY))
#define OPEN_QUESTIONS	(HAS_LIMIT | HAS_ASK | HAS_PLAN)

/* A command of a client. It has one of act, answer and serve. */
struct core_command {
	const char	*name;		/* NULL: the end of the list */
	unsigned	 phases;	/* IN() of those that allow it */
	unsigned	 needs;		/* facts, one of which must hold; 0: none */
	unsigned	 bars;		/* facts that must not hold */
	unsigned	 who;		/* has to be there */
	const char	*has;		/* the row is for a command with this
					   member; or NULL */
	int		(*act)(struct core *, const cJSON *, const char *client,
			    struct err *);
	/* Its result is sent to this client alone. */
	cJSON		*(*answer)(struct core *, const cJSON *, struct err *);
	/* It answers this client (server_answer), now or later. */
	int		(*serve)(struct core *, const cJSON *, unsigned client,
			    struct err *);
};

#define OF(type)	EVENT_SET(type)

/*
 * A part of the session: what a module keeps of it, and does when. Members may
 * be NULL. start.c has the table of all parts; each call goes through it in its
 * order.
 */
struct core_part {
	void	(*init)(struct core *);
	/* A client's hello has keys and other secrets; copied. */
	void	(*offer)(struct core *, const cJSON *hello);
	/* The user begins to type a message: what it needs can begin, too. */
	void	(*ahead)(struct core *);
	/* Add what must be masked; borrowed. */
	void	(*secrets)(const struct core *, struct mask_list *);
	/* Before a request: true if it has to wait; then core_soon follows. */
	bool	(*wait)(struct core *);
	/* The session begins, or goes on: its sandbox and copy are
	 * there. */
	void	(*begun)(struct core *);
	/* Each line of the journal, once, after the fold: a new one, or an old
	 * one that is read for a resume (c->resume). */
	void	(*line)(struct core *, const struct event *);
	event_set lines;	/* OF() of the types that `line` gets */
	/* A message of the user follows: tell the model what it has to know
	 * first. */
	void	(*tell)(struct core *);
	/* A task begins. */
	void	(*task)(struct core *);
	/* The agent works from now on, or waits: limits count the time. */
	void	(*works)(struct core *, bool);
	/* End its job of this kind (enum job_kind): another one begins. */
	int	job;
	void	(*yield)(struct core *);
	/* A client's command follows, which these phases allow: it may end the
	 * inspection of the project. */
	void	(*command)(struct core *, unsigned phases);
	/* Those of its facts that hold: enum core_fact.  `has`: all that it
	 * may return; it is asked only for a command that names one. */
	unsigned (*facts)(const struct core *);
	unsigned has;
	/* Add names that match, `most` in all, to those of files. */
	void	(*names)(const struct core *, const char *match, int most,
		    cJSON *list);
	/* The copy was scanned after a call: which changes are outside
	 * the plan? */
	void	(*scanned)(struct core *, const struct stage_scan *,
		    struct event *result);
	/* A tool call's result, before it is journaled: for the user's hooks. */
	void	(*result)(struct core *, const struct core_call *,
		    const struct ev_tool_result *);
	/* The prompts that servers offer as commands have changed. */
	void	(*prompts)(struct core *);
	/* Last of a resume: end what the old core had begun. */
	void	(*resumed)(struct core *);
	/* For a client that has all lines of the journal: a line about what is
	 * only in memory, or NULL. */
	cJSON	*(*present)(struct core *);
	/* The user answers a question of this part (`answer`: id, allow, seen).
	 * False: not this part's question. */
	bool	(*answer)(struct core *, const cJSON *command,
		    const char *client);
	const struct core_command *commands;
	/* Stop what runs, without a word, and free what init and others made. */
	void	(*free)(struct core *);
};

/* *p is each part in turn. */
#define PART_EACH(c, p) for (const struct core_part *const *p = (c)->parts; \
	    *p != NULL; p++)

/* Functions of main and the agent, which are above the rooms that call them. */
struct core_main {
	/* A client's start object, taken; see start.h. */
	int	(*start)(struct core *, cJSON *start_take, const char *key,
		    int *exit_code, struct err *);
	/* Start what is next. */
	void	(*step)(struct core *);
	/* Prompt and tools of the next request: an estimate, in tokens; for
	 * compaction. */
	int64_t	(*overhead)(struct core *);
	/* The body of a request in the conversation, with this text behind
	 * it; malloc'ed. */
	char	*(*body)(struct core *, struct core_request *, char *text);
	/* A client has left; `first`: it is the one that began the session. */
	void	(*client_gone)(struct core *, bool first);
	/* Wait for the self-test that goes on: then the level is known. */
	void	(*settle)(struct core *);
	/* The core ends: true if something is still to be recorded; then
	 * server_end_flush follows. */
	bool	(*end)(struct core *);
};

/* Run its `step` from the loop, after the current callback. */
void	core_soon(struct core *);

/* False: `try`, `apply` and `review` use none. */
bool	core_has_model(const struct core *);
/* Is a task being worked on? */
bool	task_runs(const struct core *);
/* The user asked to wrap up the task. */
bool	task_is_wrapped(const struct core *);
/* Is the plan of the task (or of the last one) not approved yet? */
bool	task_plans(const struct core *);
void	phase_set(struct core *, enum core_phase);
void	phase_wait(struct core *, enum core_wait);	/* ask the user */
void	phase_answered(struct core *, unsigned waits);	/* or no longer
							   needed */
void	phase_stop(struct core *, enum core_stop);	/* end the task */
/* Assert the rules between the phases and the members, between two driver
 * steps. */
void	phase_check(const struct core *);

/* Tell clients the current work and open question, if changed. */
void	status_tell(struct core *, const char *state, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
/* Other words for the current work, which goes on. */
void	status_progress(struct core *, const char *doing);
void	status_ask(struct core *);	/* the open question waits */
/* "3 of 5 hunks to review". */
void	status_review(struct core *, const char *state);

/*
 * emit: the only way to record an event: journal, then fold, then the model's
 * context, then the clients.
 */

/* Journal, fold, context, clients. A journal that cannot be written ends the
 * session: nothing may happen unrecorded. Returns seq.
 * EMIT(c, "core", note, .text = "x"): an event with these members; EMIT_THIS: with
 * those of a struct ev_note at p. */
#define EMIT(c, by, name, ...) emit_event((c), \
	    (enum event_type)EVENT_IS_##name, (by), \
	    &(struct ev_##name){ __VA_ARGS__ })
#define EMIT_THIS(c, by, name, p) emit_event((c), \
	    (enum event_type)EVENT_IS_##name, (by), \
	    (const struct ev_##name *){ (p) })
int64_t	emit_event(struct core *, enum event_type type, const char *by,
	    const void *members);
/* The same of an event that event_make has made. Only its seq is left of it. */
int64_t	emit_made(struct core *, const char *by, struct event *);
void	emit_sync(struct core *);
/* The journal can't be written or read, or `what` else can't be done: nothing more
 * may happen. */
#define EMIT_JOURNAL "use the journal"
_Noreturn void emit_failed(struct core *, const char *what, struct err *);
/* Send a line that isn't journaled. Taken. */
void	emit_line(struct core *, cJSON *line);
/* The same, also to clients that don't have the old lines yet, and to no fold of
 * ours. */
void	emit_early(struct core *, cJSON *line);
void	emit_note(struct core *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
void	emit_error(struct core *, const char *kind, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
/* The user allowed or denied a command. */
void	emit_answered(struct core *, const cJSON *command,
	    const char *client);
/* No answer will come: this question is over. */
void	emit_unanswered(struct core *, const char *id);
/* Send the model a message from assent. */
void	emit_tell_model(struct core *, const char *text);

/* `to`: text, thinking or aside of c->delta. */
void	delta_add(struct core *, struct buf *to, const char *, size_t);
void	delta_flush(struct core *);	/* before the event that replaces it */

/* A `tool_result` to be made. */
#define CALL_RESULT(of_call, of_tool) { .type = EVENT_TOOL_RESULT, \
	    .tool_result = { .id = (of_call), .name = (of_tool) } }
/* Journal a result. */
void	emit_result(struct core *, const char *id, const char *name, bool ok,
	    const char *kind, const char *text);
/* Answer the model's call of this tool, `plan` or `done`, which was taken and has
 * no result yet; false: there is none. */
bool	emit_owed_result(struct core *, const char *name, bool ok,
	    const char *kind, const char *text);
/* The model said that it is done: it isn't, for this reason, and goes on. */
void	emit_not_done(struct core *, const char *kind, const char *why);
/* Lines about staged files: shown to the user now, and to the model with its
 * next result. */
void	emit_stage_notes(struct core *, const struct buf *);
/* Add the collected notes to this `tool_result`. */
void	emit_add_notes(struct core *, struct event *);
/* It is about to be journaled. */
void	emit_result_made(struct core *, const struct core_call *,
	    const struct ev_tool_result *);
/* The id of its question, malloc'ed. */
char	*emit_ask_id(const struct core_call *);
/* Ask the user about this call: it waits. The question gets its id. */
void	emit_ask(struct core *, struct core_call *, enum core_asked,
	    struct ev_ask *);

/* Append; what exceeds the buffer's maximum is dropped. */
void	capture_add(struct buf *, const char *p, size_t n);

#endif
