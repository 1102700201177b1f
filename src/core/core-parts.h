/*
 * core-parts: the state of each part of a session's work, and the phase
 * (phase.h) in which that part is active. `struct core` has one of each, and
 * of those that are declared beside their functions.
 */
#ifndef ASSENT_CORE_CORE_PARTS_H
#define ASSENT_CORE_CORE_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/pathmap.h"
#include "base/sha256.h"
#include "core/phase.h"
#include "gate/gate.h"
#include "journal/task-limit.h"
#include "loop/loop.h"
#include "provider/facts.h"

struct call_seen;
struct core;
struct core_target;
struct inspect;
struct provider_call;
struct reply;
struct sandbox_ready;
struct stage;
struct tags;
struct tool_target;

/* PLAN_LOOK: the whole task works as if no plan were approved yet: everything
 * written is thrown away, and no plan is made. */
enum core_plan_mode { PLAN_AUTO, PLAN_REQUIRE, PLAN_SKIP, PLAN_LOOK };
/* A tool call of the last assistant message, not answered yet. */
struct core_call {
	char	*id;
	char	*name;
	char	*args_text;	/* as the model sent them */
	struct tool_target *targets;	/* the files it names, as sent */
	size_t	 targets_len;
	struct call_seen *seen;	/* one per target: see seen.h */
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
	bool	 hooked;	/* the hooks of before_tool have heard of it */
};

/* A message of the user that waits. */
struct core_said {
	char	*text;		/* NULL: none does */
	char	*client;	/* that sent it */
};

/* ---- the task ---- */

/* Reasons not to end a task as "done" (finish.c); bits. */
enum core_fault {
	FAULT_REFUSED	= 1u << 0,	/* the user denied a command */
	FAULT_NO_SANDBOX = 1u << 1,	/* a command or the check didn't run: no
					   sandbox and no user to ask, or it
					   could have read another session's
					   secret and decided hunks there
					   (call_others_wait) */
	FAULT_NO_SANDBOX_CALL = 1u << 2, /* as well, if it was a call, and there
					    was no user to ask */
	FAULT_KILLED	= 1u << 3,	/* try: a limit killed the command */
	FAULT_NO_START	= 1u << 4,	/* try: the command didn't start; apply:
					   git didn't accept the patch */
	FAULT_NO_APPROVAL = 1u << 5,	/* no user to approve the plan */
	FAULT_LEFT_OUT	= 1u << 6,	/* some changes can never be proposed */
	FAULT_LOST	= 1u << 7,	/* the staged copy was lost */
	FAULT_NO_NET	= 1u << 8,	/* a host was refused unasked */
};

/* A task: from the user's message to agent_end. */
struct core_task {
	enum core_task_state state;
	bool	 planning;	/* its plan is not approved yet; in any phase,
				   and between tasks as in the last one */
	enum core_stop stop;	/* why the task ends before the model is done */
	unsigned faults;	/* enum core_fault bits */
	enum core_model_end {
		MODEL_GOES_ON,
		MODEL_CALLED_DONE,
		MODEL_ENDED,	/* its turn had no calls */
		MODEL_SILENT,	/* nor anything else, again */
	}	 model;
	char	*done_call_id;	/* this call still needs its result */
	char	*summary;
	bool	 said;		/* the user sent a message during the request */
	bool	 go_on;		/* the user wrote beside an open proposal */
	bool	 test_first_told; /* it was told: no test has failed yet */
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
};

struct core_plan {
	enum core_plan_mode mode;	/* setting */
	struct stage	*stage;		/* planning copy, thrown away
					   afterwards */
	char		*call_id;	/* its result is owed */
	bool		 nudged;	/* of a plan, or of its open steps */
	int64_t		 dropped;	/* files in `stage` that commands
					   changed, which are not kept */
	struct pathmap	 outside;	/* see plan-step.h */
};

/* ---- PHASE_LOOK: the project context for the model ---- */

enum core_environment {	/* what the model is told of it next */
	ENVIRONMENT_NEWS,	/* the date, if it has changed */
	ENVIRONMENT_LOOK,	/* all of it, after an inspection */
	ENVIRONMENT_TELL,	/* all of it, without another one */
};

struct core_project {
	cJSON		*context;	/* from the last `project` line, or NULL
					   (project-context.c) */
	bool		 due;		/* the overview of the folders (map.h)
					   has to be read again */
	struct inspect	*look;		/* running inspection, or NULL */
	bool		 symbols_due, symbols_known;
	char		*symbols_output;	/* of ctags, or NULL */
	size_t		 symbols_output_len;
	char		*symbols_task;	/* the message to find symbols for */
	enum core_environment environment;
	int64_t		 environment_known_ms;	/* time of the last inspection,
						   until the model was told;
						   or 0 */
	char		*environment_looked;	/* output of the inspection, or
						   NULL */
	char		*environment_told;	/* text the model has, or
						   NULL */
	struct pathmap	 instructed;	/* paths of instructions already
					   sent */
};

/* ---- PHASE_MODEL ---- */

struct core_request {
	struct provider_call *call;	/* request under way, or NULL */
	const struct core_target *target; /* target of the last request; NULL:
					     none yet */
	struct provider_warm *warm;	/* a connection being opened for the
					   next request, or NULL */
	struct loop_timer *after;	/* what is due once the request has
					   been sent; NULL: it is done */
	int64_t		 heard_ms;	/* when the last answer ended, or 0 */
	int64_t		 output;	/* tokens allowed for the answer */
	unsigned	 options;	/* request_options used */
	enum effort	 effort;
	char		*aside_system, *aside_text; /* a request outside the
						       conversation; or NULL */
	void		(*done)(void *core, struct reply *);
	int		 attempt;	/* counts from 1 */
	int		 empty;		/* empty answers so far */
	uint64_t	 bytes;		/* size of the request body */
	int		 amendments;	/* times this request was amended, see
					   amend.h */
	bool		 amend_output;	/* the limit on the answer was lowered
					   once */
	int64_t		 amend_afford;	/* tokens that the credit covers; 0:
					   unknown */
	enum effort	 effort_said;	/* set by the user, see effort.h */
	struct pathmap	 amended;	/* by model, see amend.h */
	struct pathmap	 reached;	/* base_urls of servers that have
					   answered */
	size_t		 replay_turn;	/* next answer in the recording */
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
};

/* ---- PHASE_TOOL ---- */

struct core_calls {
	struct core_call *list;		/* calls of the last assistant
					   message */
	size_t		 len, next;
	size_t		 running;	/* calls running, from `next` on; 0 in
					   other phases */
};

/* ---- in any phase: the proposal and the user's decision ---- */

struct core_review {
	bool		 due;		/* a new proposal is due */
	bool		 step;		/* the same, at the end of a step */
	bool		 final;		/* the next proposal is the last one of
					   the task (the model is done or was
					   stopped), or no task waits for it,
					   such as an undo */
	bool		 failed;	/* the staged copy is unreadable */
	bool		 owed;		/* propose_anew failed */
	bool		 touched;	/* a call may have written files */
	bool		 product_due;	/* the rules for build products
					   changed */
	cJSON		*expected;	/* for patch_check, or NULL */
	cJSON		*not_proposable; /* from the last scan: path, why */
	cJSON		*products;	/* the same: path, files, why */
	cJSON		*splits;	/* path -> ids of hunks to split */
	cJSON		*offered;	/* the open proposal's last line */
	int64_t		 undoing;	/* tx that the open proposal undoes; 0:
					   none */
	bool		 undo_part;	/* and not all of that change */
	cJSON		*undo_left;	/* changes that can't be undone: [{path,
					   why}], or NULL */
	int64_t		 staged, ignored;	/* files, at the last scan */
};

/* A question of the user about a hunk (question.h). */
struct core_question {
	cJSON		*next;		/* not asked yet: hunk, line, text,
					   client; or NULL */
	cJSON		*on;		/* being answered: hunk, line, goes_on
					   (the task, after it); or NULL */
	cJSON		*left;		/* likewise: the task's stop left it
					   without an answer; the user's next
					   message drops it */
	enum core_model_end model;	/* the task's, before it, */
	int		 say;		/* and enum core_check_say */
	bool		 answered;	/* and the model had no turn since */
};

/* A decision is applied while no worker uses the staged copy: in IDLE, MODEL
 * and RETRY. */
struct core_decision {
	cJSON		*line;		/* journal line of the decision that
					   waits to be applied, or NULL */
	int64_t		 seq;		/* sequence number of that line */
	struct core_said said;		/* to be sent after it */
	int		 tries;		/* decisions since the last turn that
					   couldn't be applied completely; at
					   CORE_APPLY_TRIES no rule tries again
					   before the next turn, at
					   CORE_APPLY_NO_RULE not even then */
	enum apply_recovery recovery;	/* how to recover an interrupted
					   apply */
	const char	*recovered;	/* its name; NULL: nothing was half-written */
	int64_t		 tx;		/* last apply transaction */
};

/* What the model isn't told yet of decisions; see feedback.h. */
struct core_feedback {
	struct buf	 written;	/* names of accepted files */
	struct buf	 back;		/* of those that were rolled back */
	size_t		 names, backs;	/* how many */
	struct buf	 words;		/* rejections, edits, comments */
	struct buf	 changed;	/* meanwhile, by others */
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
		CHECK_BY_ITSELF,   /* the same, and nobody asked for it */
		CHECK_REQUIRED,	   /* the real tree, and it is `require` */
	}		 on;
	char		*require;	/* must pass before the first request;
					   NULL when it has run */
	struct stage	*stage;		/* staged copy for such a run, or NULL */
	char		 choice[SHA256_HEX_SIZE]; /* it ran on; "": stale */
	struct loop_timer *soon;	/* until one runs by itself, or NULL */
	bool		 allowed;	/* the user allowed it (level none) */
	enum core_check_say {	/* the check that runs when the model says it is
				   done (check.h), in this turn */
		CHECK_MAY_SAY,	/* it hasn't run */
		CHECK_SAYS,	/* it runs: its result decides whether the model
				   continues */
		CHECK_HAS_SAID,	/* it is over */
	}		 say;
};

/* ---- kept between calls ---- */

/* How well the model edits files (edit-tools.h). */
struct core_edits {
	struct pathmap	 misses;	/* path -> failed edits in a row */
	int		 patch_fails;	/* calls of apply_patch in a row */
	enum {
		PATCH_ON,
		PATCH_OFF,
		PATCH_OFF_TOLD,
	}		 patch;		/* is apply_patch offered, and does the
					   model know it isn't? */
};

/* What an old journal says of build products, until the policy has it
 * (include_recall). */
struct core_included {
	cJSON		*rules, *writing, *written;
};

/* Prepared sandboxes. */
struct core_ready {
	struct sandbox_ready *command, *inspection;	/* for the next one */
	struct sandbox_ready *files;	/* the worker of the file tools, between
					   two calls */
};

/* See seen.h. */
struct core_seen {
	struct pathmap	 files, texts;
	size_t		 bytes;
};

#endif
