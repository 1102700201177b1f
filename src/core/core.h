/*
 * core: one session as a state machine.  Everything that happens is an event:
 * it is journaled, folded into `fold`, added to the model's context, and sent
 * to the clients, in that order (emit.c); effects follow.
 *
 *   core.c             all of it, empty and freed
 *   start.c            start object -> session folder, sandbox, staged copy
 *   resume.c           the same from an old journal
 *   resume-line.c      what was open when that journal ended
 *   stages.c           the staged copies in the session's folder
 *   kept-caches.c      what commands cached, for the project's next session
 *   driver.c           chooses the next step: driver_step() runs from the loop
 *                      when some file has requested it with driver_soon()
 *   say.c              the user's messages
 *   set.c              settings that the user changes during the session
 *   turn.c             one turn of the model: its reply, or the next attempt
 *   turn-body.c        builds a request
 *   turn-ask.c         sends a request
 *   turn-asked.c       target and cost of a request
 *   retry.c            the wait before the next attempt
 *   amend.c            leaves out what a server rejected
 *   effort.c           how much a model should think
 *   context.c          events -> messages of the next request
 *   project-context.c  what the model is told about the project
 *   environment.c      the system, date, git and toolchains
 *   symbols.c          names in the project's files, from ctags
 *   compact.c          keeps the messages within the model's window
 *   compact-room.c     how large that window is
 *   target.c           how to connect to a model
 *   given.c            secrets that a client hands over
 *   model.c            switches models in mid-session
 *   route.c            separate models for parts of the work
 *   failover.c         fallback models
 *   call.c             tool calls: refuses, asks, runs; done and step_done
 *   call-run.c         runs a call in the sandbox
 *   call-sandbox.c     sets up the sandbox for a call
 *   call-answer.c      the answer to a call
 *   call-tools.c       the tools as described to the model
 *   edit-tools.c       chooses the tools for editing files
 *   plan.c             the plan tool, and the user's answer to a plan
 *   propose.c          scan -> proposal
 *   propose-mark.c     marks -> decision
 *   propose-open.c     read access to the open proposal
 *   decision.c         decision -> apply
 *   decision-settle.c  update the staged copy after it
 *   disk.c             disk use of the session, and its limit
 *   clean.c            removes build products on request
 *   evidence.c         runs the success check on the staged copy
 *   evidence-known.c   is the last run of the check still valid?
 *   check.c            runs the check when the model says it is done; if it
 *                      fails, the model continues
 *   run.c              runs the user's own commands between the model's calls
 *   run-queue.c        the user's commands that wait
 *   hook.c             the user's hooks: when they run, what their answers mean
 *   hook-run.c         runs one
 *   include.c          build products that are proposed after all
 *   rollback.c         undoes changes that fail the check
 *   budget.c           limits on a task, and the pause at a limit
 *   budget-clock.c     measures the working time
 *   recover.c          finishes an apply that an earlier core began
 *   finish.c           end of a task: reason, exit code, patch, agent_end
 *   status.c           reports current work and open questions to clients
 *   server.c           clients: lines in, lines out
 *   dispatch.c         runs the commands of clients
 *
 * The states and the transitions between them: phase.h.
 */
#ifndef ASSENT_CORE_CORE_H
#define ASSENT_CORE_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/pathmap.h"
#include "core/core-parts.h"
#include "core/phase.h"
#include "core/rollback.h"
#include "core/delta.h"
#include "core/given.h"
#include "core/target.h"
#include "gate/gate.h"
#include "provider/facts.h"
#include "sandbox/sandbox.h"

#define CORE_VERSION PACKAGE_VERSION

/* Why a session can't start, as an exit code; 1: any other reason. */
#define CORE_EXIT_USAGE 2
#define CORE_EXIT_WAITS 5	/* a half-written tree, and --recover is
				   missing */
#define CORE_EXIT_SANDBOX 7	/* the host gives less than sandbox_require */

enum core_mode { MODE_INTERACTIVE, MODE_EXEC, MODE_TRY, MODE_DEMO };

struct approve;
struct blob_store;
struct brief_write;
struct cgroup;
struct compact;
struct context;
struct failover;
struct fold;
struct hook_round;
struct hooks;
struct journal;
struct lexer;
struct loop;
struct model_wish;
struct network;
struct paths;
struct policy;
struct prompts;
struct recall;
struct reasons;
struct resume;
struct reviewer;
struct routes;
struct rule_small;
struct runs;
struct sandbox_call;
struct sandbox_cover;
struct sandbox_ready;
struct server;
struct stage;
struct syntax;
struct task_stats;

struct core {
	struct loop		*loop;
	struct server		*server;
	struct journal		*journal;
	struct fold		*fold;
	struct context		*context;	/* NULL for `try`; to look
						   at it: recall_context */
	struct recall		*recall;	/* NULL: a new session */
	struct brief_write	*brief;
	struct compact		*compact;
	struct prompts		*prompts;	/* NULL in try */
	int64_t			 overhead;	/* tokens of prompt and tools,
						   measured before the turn */
	struct blob_store	*blobs;
	struct stage		*stage;		/* staged copy, source of
						   proposals */
	struct policy		*policy;

	struct resume		*resume;	/* only while resuming */

	/* settings, from the start object */
	cJSON			*start;
	enum core_mode		 mode;
	const struct approve	*approve;
	bool			 person;	/* a user can answer
						   questions */
	bool			 keep_alive;
	enum hunk_diff		 diff;		/* of every hunk */
	struct core_target	 target;
	struct given		 headers;	/* by provider */
	struct model_wish	*model_wish;	/* switch to another model,
						   due */
	struct failover		*failover;
	struct routes		*routes;
	char			*id, *dir, *root, *cwd, *worker;
	char			*out_dir, *undo_dir, *state_dir;
	enum apply_atomic	 atomic;	/* how apply writes the
						   project */
	enum sandbox_level		 level;
	struct sandbox_limits	 limits;
	struct cgroup		*cgroup;	/* where the kernel enforces
						   them */
	struct limit_enforcement enforced;	/* how each limit is enforced */
	bool			 enforcement_noted; /* told: a call had weaker
						   limits */
	struct sandbox_cover	*covers;	/* from the last call_hide */
	size_t			 covers_len;
	char			**toolchains;	/* the user's;
						   NULL-terminated */
	const char		**environment;	/* the same, borrowed from
						   start */
	struct network		*network;	/* hosts that commands may
						   connect to */
	int			 kept_caches;	/* kept-caches.h: the locked
						   folder, or -1 */
	struct sandbox_search	*search;	/* for the level, at the start;
						   or NULL */
	cJSON			*sandbox_info;	/* level, line, why, view */

	/* the state of the work */
	enum core_phase		 phase;		/* what the agent is doing */
	unsigned		 waits;		/* open questions to the user:
						   enum core_wait bits */
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
	struct core_included	 included;
	struct core_ready	 ready;
	struct core_said	 said;		/* to be sent once the
						   interrupted work has ended */
	struct core_seen	 seen;
	struct sandbox_call	*worker_call;
	struct buf		 capture;	/* output of the call that
						   runs */
	struct runs		*runs;		/* the user's own commands */
	struct hooks		*hooks;		/* the user's, and those that
						   wait */
	struct hook_round	*hook_round;	/* runs now, or NULL */

	struct core_feedback	 feedback;
	struct buf		 model_notes;	/* added to the model's next
						   tool result */
	cJSON			*short_tools;	/* tool name -> its short
						   texts */
	struct reasons		*reasons;
	struct rule_small	*small;		/* what the rule "small"
						   accepted */
	struct reviewer		*reviewer;	/* verdicts for the rule
						   "reviewer" */
	struct task_stats		*tally;		/* task statistics */
	struct pathmap		 stopped;	/* see stopped.h */
	struct paths		*paths;		/* project paths, or NULL */
	struct syntax		*syntax;	/* colours of files, or NULL */
	struct lexer		*lexer;		/* finds them; or NULL */
	struct mcp		*mcp;		/* NULL: none was started */
	struct mcp_server	*mcp_call;	/* whose tool runs, in TOOL; or
						   NULL */
	bool			 step_posted;	/* a step is queued in the
						   loop */
	bool			 ending;	/* the core exits after
						   agent_end */
	bool			 ended;		/* because a client said so */
	int			 exit_code;	/* of the last task, or why the
						   session can't start */
	int64_t			 state_ms;	/* when fold->state began */
};

struct core *core_new(struct loop *, struct server *);
void	core_free(struct core *);

#endif
