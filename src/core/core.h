/*
 * core: one session as a state machine.  Everything that happens is an event:
 * it is journaled, folded into `fold`, added to the model's context, and sent
 * to the clients, in that order (emit.c); effects follow.
 *
 *   start.c    the start object -> session folder, sandbox, stage
 *   resume.c   the same from an old journal
 *   stages.c   the stages in its folder
 *   driver.c   what comes next; driver_step() after each event,
 *              which all others ask for by driver_soon()
 *   say.c      a person's words
 *   set.c      what a person changes of the session
 *   turn.c     one turn of the model: its reply, or what else is tried
 *   turn-body.c  what a request consists of
 *   turn-ask.c   it goes out
 *   turn-asked.c who was asked, and the cost
 *   retry.c    the wait before it is asked again
 *   amend.c    what a server refuses is not sent again
 *   effort.c   how much a model is asked to think
 *   context.c  events -> the messages of the next request
 *   project-context.c    what the model is told of the project
 *   environment.c  where it works: system, date, git, toolchains
 *   symbols.c  the names in the project's files, by ctags
 *   compact.c  keeps them within the model's window
 *   compact-room.c  that window
 *   target.c   how a model is reached
 *   model.c    another model, in mid-session
 *   route.c    models of their own for parts of the work
 *   failover.c the models that take the place of one that fails
 *   call.c     tool calls: refused, asked about; done, step_done
 *   call-run.c  one in the sandbox
 *   call-sandbox.c  the sandbox for it
 *   call-answer.c  what the model is told about it
 *   call-tools.c  the tools as the model is told of them
 *   edit-tools.c  by which tools a model changes files
 *   plan.c     the plan tool, and what a person says of a plan
 *   propose.c  scan -> proposal
 *   propose-mark.c  marks -> decision
 *   propose-open.c  the open proposal, as others look at it
 *   decision.c  decision -> apply -> settle
 *   disk.c     what the session takes of the disk, and its bound
 *   clean.c    build products go, at a person's word
 *   evidence.c the success check, run on the staged tree
 *   evidence-known.c  what its last run still says
 *   check.c    the same when the model says it is done: failing, it goes on
 *   run.c      a command that the user typed, between the model's calls
 *   run-queue.c  those that wait
 *   include.c  which build products are proposed after all
 *   rollback.c what does not pass is taken back
 *   budget.c   the limits on a task, and the pause when one is reached
 *   budget-clock.c  the time that is worked
 *   recover.c  an apply that the core before this one did not end
 *   finish.c   why it ended, exit code, patch, agent_end
 *   status.c   what clients are told of what is done and waited for
 *   server.c   clients: lines in, lines out
 *   dispatch.c  what their lines say
 *
 * What it is doing, and what may follow: phase.h.
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
#include "core/turn/target.h"
#include "gate/gate.h"
#include "provider/facts.h"
#include "sandbox/sandbox.h"

#define CORE_VERSION PACKAGE_VERSION

enum core_mode { MODE_INTERACTIVE, MODE_EXEC, MODE_TRY, MODE_DEMO };

struct approve;
struct blob_store;
struct capture;
struct cgroup;
struct changes;
struct compact;
struct context;
struct failover;
struct fold;
struct journal;
struct loop;
struct model_wish;
struct paths;
struct policy;
struct prompts;
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
struct task_stats;

struct core {
	struct loop		*loop;
	struct server		*server;
	struct journal		*journal;
	struct fold		*fold;
	struct context		*context;	/* NULL in try */
	struct compact		*compact;
	struct prompts		*prompts;	/* NULL in try */
	int64_t			 overhead;	/* of prompt and tools, in
						   tokens, before the turn */
	struct blob_store	*blobs;
	struct stage		*stage;		/* what may be proposed */
	struct policy		*policy;

	struct resume		*resume;	/* while an old journal is read */

	/* settings, from the start object */
	cJSON			*start;
	enum core_mode		 mode;
	const struct approve	*approve;
	bool			 person;	/* someone can be asked */
	bool			 keep_alive;
	struct core_target	 target;
	struct model_wish	*model_wish;	/* a switch that is due */
	struct failover		*failover;
	struct routes		*routes;
	enum effort		 effort_said;	/* by a person, see effort.h */
	cJSON			*amended;	/* see amend.h, by model */
	char			*id, *dir, *root, *cwd, *worker;
	char			*out_dir, *undo_dir, *state_dir;
	enum apply_atomic	 atomic;	/* how the project is written */
	enum sandbox_level		 level;
	bool			 below_required;	/* sandbox_require */
	bool			 bad_task;	/* it cannot be sent as it is */
	struct sandbox_limits	 limits;
	struct cgroup		*cgroup;	/* where the kernel keeps them */
	struct sandbox_kinds	 kinds;		/* what keeps them */
	bool			 kinds_noted;	/* that a call had less */
	struct sandbox_cover	*covers;	/* of the last call_spec */
	size_t			 covers_len;
	char			**toolchains;	/* the user's; NULL-ended */
	const char		**environment;	/* the same; of start */
	cJSON			*sandbox_info;	/* level, line, why, view */

	/* what is going on */
	enum core_phase		 phase;		/* what the agent does */
	unsigned		 waits;		/* for a person: core_wait */
	struct core_task	 task;
	struct core_clock	 clock;
	struct core_plan	 plan;
	struct core_project	 project;
	struct core_request	 request;
	struct core_retry	 retry;
	struct core_delta	 delta;
	struct core_calls	 calls;
	struct core_review	 review;
	struct core_decision	 decision;
	struct core_rollback	 rollback;
	struct core_check	 check;
	cJSON			*reached;	/* base_url -> true: a server
						   was there */
	int			 text_faults;	/* answers in a row with a call
						   that cannot be read */
	size_t			 replay_turn;	/* next answer of a recording */
	struct sandbox_call	*worker_call;
	struct sandbox_ready	*ready;		/* the next call's sandbox */
	struct capture		*capture;
	struct runs		*runs;		/* the user's own commands */

	bool			 feedback_wanted;
	bool			 feedback_rejects; /* or edits, some of it */
	struct buf		 feedback;	/* words for the model */
	struct buf		 model_notes;	/* for its next result */
	cJSON			*short_tools;	/* name -> its texts */
	cJSON			*misses;	/* path -> edits in a row that
						   failed */
	struct reasons		*reasons;
	int			 patch_fails;	/* calls of apply_patch in a
						   row */
	bool			 patch_off;	/* it is not offered any more */
	bool			 patch_told;	/* which was said */
	cJSON			*instructed;	/* path -> true: a file of words
						   that was told */
	cJSON			*product_rules;	/* of an old journal, see */
	cJSON			*writing, *written; /* include_recall */
	struct changes		*changes;	/* what was applied */
	struct rule_small	*small;		/* what that rule has taken */
	struct reviewer		*reviewer;	/* what that rule may take */
	struct task_stats		*tally;		/* what the task has asked */
	struct pathmap		 outside;	/* see plan-step.h */
	struct pathmap		 stopped;	/* see stopped.h */
	struct pathmap		 seen;		/* see seen.h */
	struct paths		*paths;		/* the project's, or NULL */
	char			*say_next;	/* when the interrupted work has
						   ended, */
	char			*say_client;	/* and who says it */
	int64_t			 tx;		/* last apply transaction */
	int			 turn;		/* of the session */
	bool			 time_is_up;	/* so says that timer */
	int64_t			 staged_files, ignored_files;
	void			(*step)(struct core *);	/* the driver */
	bool			 step_posted;	/* it is queued in the loop */
	bool			 ending;	/* the core goes after agent_end */
	int			 exit_code;
	char			*last_state, *last_doing;
};

#endif
