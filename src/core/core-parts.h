/*
 * core-parts: what belongs to one part of a session's work, and to the phase
 * (phase.h) in which it is at work.  `struct core` has one of each.
 */
#ifndef ASSENT_CORE_CORE_PARTS_H
#define ASSENT_CORE_CORE_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "core/phase.h"
#include "gate/gate.h"
#include "loop/loop.h"
#include "provider/facts.h"

struct call_seen;
struct core;
struct core_target;
struct inspect;
struct provider_call;
struct reply;
struct stage;
struct tags;
struct tool_target;

/* PLAN_LOOK: all of the work is as before an approved plan: what is written is
 * thrown away, and there is no plan. */
enum core_plan_mode { PLAN_AUTO, PLAN_REQUIRE, PLAN_SKIP, PLAN_LOOK };
/* A tool call of the last assistant message that is still to be answered. */
struct core_call {
	char	*id;
	char	*name;
	char	*args_text;	/* as sent */
	struct tool_target *targets;	/* that it is about, as sent */
	size_t	 targets_len;
	struct call_seen *seen;	/* of each: see seen.h */
	bool	 complete;
	bool	 allowed;	/* a person allowed this command (level none) */
};

/* ---- of a task ---- */

/* What speaks against "done" when a task ends (finish.c): bits. */
enum core_fault {
	FAULT_REFUSED	= 1u << 0,	/* a person let a command not run */
	FAULT_NO_SANDBOX = 1u << 1,	/* one did not, for want of a sandbox */
	FAULT_NO_SANDBOX_CALL = 1u << 2, /* it was the model's, or try's */
	FAULT_KILLED	= 1u << 3,	/* by a limit, in try */
	FAULT_NO_START	= 1u << 4,	/* the command did not start, in try */
	FAULT_NO_APPROVAL = 1u << 5,	/* nobody was there to approve a plan */
	FAULT_LEFT_OUT	= 1u << 6,	/* some of the changes can never be
					   proposed */
	FAULT_LOST	= 1u << 7,	/* changes went with the staged copy */
};

/* From a person's words to agent_end. */
struct core_task {
	bool	 active;	/* it is being worked on */
	bool	 planning;	/* phase is plan */
	enum core_stop stop;	/* why it ends before the model says so */
	unsigned faults;	/* core_fault */
	bool	 model_ended;	/* its turn has no calls */
	bool	 done_called;
	char	*done_call_id;	/* its result is owed */
	char	*summary;
	bool	 said;		/* a person spoke while the model was asked */
	bool	 go_on;		/* said something beside an open proposal */
	bool	 test_first_told; /* no test was seen to fail */
	int	 wrap_turns;	/* begun, to sum up at a limit */
	int	 limit_kind;	/* the last that was reached, or LIMIT_NONE */
	bool	 unfinished;	/* it was stopped: its phase goes on with the
				   next words */
};

/* The time that is worked on it. */
struct core_clock {
	int64_t	 task_started_ms;
	int64_t	 worked_ms;	/* until it was started */
	int64_t	 from_ms;	/* then; -1: it stands */
	struct loop_timer *timer;
};

struct core_plan {
	enum core_plan_mode mode;	/* a setting */
	struct stage	*stage;		/* thrown away after planning */
	char		*call_id;	/* its result is owed */
	bool		 nudged;
};

/* ---- PHASE_LOOK: what the model is told of the project ---- */

struct core_project {
	cJSON		*context;	/* of the last `project` line, or NULL
					   (project-context.c) */
	bool		 due;		/* its map is read anew */
	struct inspect	*look;		/* runs, or NULL */
	struct tags	*symbols;	/* being looked for, or NULL */
	bool		 symbols_due;
	char		*symbols_task;	/* the words they are for */
	bool		 environment_due, environment_unlooked;
	char		*environment_looked;	/* output, or NULL */
	char		*environment_told;	/* or NULL */
};

/* ---- PHASE_MODEL ---- */

struct core_request {
	struct provider_call *call;	/* under way, or NULL */
	const struct core_target *target; /* of the last one; NULL: none was
					   made */
	int64_t		 output;	/* tokens that it allows */
	unsigned	 options;	/* request_options in it */
	enum effort	 effort;
	char		*aside_system, *aside_text; /* it is beside the
					   conversation; or NULL */
	void		(*done)(void *core, struct reply *);
	int		 attempt;	/* from 1 */
	int		 empty;		/* answers to it with nothing in them */
	uint64_t	 bytes;		/* of its body */
	int		 amendments;	/* of this question, amend.h */
	bool		 amend_output;	/* one is a shorter answer */
	int64_t		 amend_afford;	/* tokens the credit is enough for; 0:
					   not told */
};

/* Streamed, not yet sent on. */
struct core_delta {
	struct buf	 text, thinking, output;
	struct loop_timer *timer;
};

/* ---- PHASE_RETRY ---- */

struct core_retry {
	int64_t		 base_ms;	/* a setting */
	int64_t		 time_ms;	/* the same: for the waits between the
					   attempts at a request */
	struct loop_timer *timer;
	void		(*again)(void *core);
	int64_t		 due_ms;
	int64_t		 waited_ms;	/* before this attempt */
	int64_t		 from_ms;	/* the first attempt failed */
};

/* ---- PHASE_TOOL ---- */

struct core_calls {
	struct core_call *list;		/* of the last assistant message */
	size_t		 len, next;
	size_t		 running;	/* from `next` on; 0 in other phases */
};

/* ---- beside the phases: what is proposed, and what a person decided ---- */

struct core_review {
	bool		 due;		/* something is to be proposed */
	bool		 final;
	bool		 failed;	/* the stage is unreadable */
	bool		 anew;		/* a decision was carried out, or could
					   not be */
	bool		 touched;	/* a call may have written */
	bool		 product_due;	/* the rules about build products
					   changed */
	cJSON		*not_proposable; /* of the last look: path, why */
	cJSON		*products;	/* the same: path, files, why */
	cJSON		*splits;	/* path -> ids of hunks to be shown in
					   parts */
	cJSON		*offered;	/* the open proposal's last line */
	int64_t		 undoing;	/* tx that the open proposal is the
					   reverse of; 0: none */
	cJSON		*undo_left;	/* of it, what cannot be: [{path, why}],
					   or NULL */
};

/* Carried out with no worker at the stage: in IDLE, MODEL and RETRY. */
struct core_decision {
	bool		 due;		/* it waits to be carried out */
	cJSON		*line;		/* that one, else NULL */
	int64_t		 seq;		/* of that line */
	int		 tries;		/* since the last turn; or it is a
					   person's: CORE_APPLY_PERSON */
	enum apply_recovery recovery;	/* of an apply that was interrupted */
	const char	*recovered;	/* the word for it; NULL: it was not
					   half-written */
	bool		 half_written;	/* and nobody says what then */
};

struct core_rollback {
	bool		 on;		/* undo what does not pass: a setting */
	bool		 judged;	/* what is applied, beside what is
					   open */
	bool		 tried;
	bool		 done;
	cJSON		*takes;		/* path -> true, or ids of hunks */
};

/* ---- PHASE_CHECK ---- */

struct core_check {
	char		*command;	/* or NULL */
	char		*by;		/* flag config person user approved
					   model */
	bool		 due;
	bool		 accepted;	/* on the real tree with what is marked,
					   next time */
	struct stage	*stage;		/* of its own, for that; or NULL */
	bool		 moved;		/* marks changed under it */
	bool		 allowed;	/* by a person (level none) */
	bool		 killed;	/* by a limit, last time */
	enum core_check_say {	/* in whether the model is done, this turn */
		CHECK_MAY_SAY,
		CHECK_SAYS,	/* its next result decides */
		CHECK_HAS_SAID,
	}		 say;
};

#endif
