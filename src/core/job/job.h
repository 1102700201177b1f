/*
 * job: a program in the sandbox on a copy. It is started, stopped and ended
 * here; its caller knows what it is for and what its result means. Only one of
 * each kind runs at a time. The table in job.c says which waits for which, and
 * which ends when another begins.
 */
#ifndef ASSENT_CORE_JOB_H
#define ASSENT_CORE_JOB_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

struct core;
struct job;
struct loop_timer;
struct network;
struct program_plan;
struct sandbox_call;
struct sandbox_callbacks;
struct sandbox_result;
struct stage;

enum job_kind {
	JOB_CALL,	/* a tool call of the model */
	JOB_OWN,	/* a command of the user's */
	JOB_CHECK,	/* also the command of --require */
	JOB_HOOK,
	JOB_LOOK,	/* finds facts about the project */
	JOB_LINTER,	/* of edited files */
	JOB_SEARCH,	/* for what a change adds */
	JOB_BASELINE,	/* the check on the files without the changes */
	JOB_PROOF,	/* the same with a part of the changes, */
	JOB_NOTICE,	/* or with small changes to them */
	JOB_LASTING,	/* what outlives a call: a background command, an MCP
			   server, the lexer */
	/* These only wait, and end others. */
	JOB_READ,	/* a call that only reads, where layers are mounted */
	/* The core itself changes the copy: */
	JOB_APPLY,	/* for a decision; also, what runs is interrupted */
	JOB_COPY,	/* for an undo or a copy that lasts, or it removes files */
	JOB_STOP,	/* the user interrupts, or ends the session; or it ends by
			   itself, since no client is there */
	JOB_KINDS
};

#define JOB_OUTPUT	((size_t)64 << 10)	/* enough of what one prints */

/* It has ended, or (NULL) was stopped. */
typedef void job_ended(struct core *, struct job *,
	    const struct sandbox_result *);

/* A job of kind JOB_LASTING belongs to its caller, who sets these three
 * members; c->jobs has one of each other kind. */
struct job {
	struct core	*core;
	enum job_kind	 kind;
	void		*arg;
	/* The same of program_plan. */
	job_ended	*ended;
	void		(*output)(void *arg, const char *, size_t);
	const struct sandbox_callbacks *more;
	size_t		 last;
	bool		 joins;		/* its sandbox, others */
	struct sandbox_call *call;	/* NULL: it doesn't run */
	bool		 known;		/* it ended, but its sandbox is still
					   there */
	struct stage	*stage;		/* that it runs on */
	bool		 scratch;	/* that is its own */
	struct network	*network;	/* not the session's, or NULL */
	bool		 held;		/* all of it stands still */
	bool		 goes_on;	/* it shall, as soon as it does */
	struct loop_timer *timer;	/* until it must stand still */
	struct buf	 out;		/* what it printed */
	/* At its end. */
	struct buf	 notes;		/* what was removed from the copy */
	const char	*why;		/* it was stopped */
};

/* Does it run beside all others, on a copy and with a network of its own, or
 * none? */
bool	job_is_beside(enum job_kind);
/* Does another one run that it waits for? */
bool	job_waits(const struct core *, enum job_kind);
/* May it begin: nothing runs that it waits for, no command waits for permission,
 * no decision is due, and the session isn't ending? */
bool	job_may(const struct core *, enum job_kind);
/* It is about to begin: end what ends then. */
void	job_yield(struct core *, enum job_kind);
bool	job_runs(const struct core *, enum job_kind);

/* A copy of its own for the next one of this kind: the real files. It is thrown
 * away after the end, or by job_stop. NULL with *e: there is none. */
struct stage *job_scratch(struct core *, enum job_kind, struct err *);
/* Call it in ended(), if the job's own copy isn't needed any more. */
void	job_drop_copy(struct job *);
/* Start it. -1 with *e: it wasn't started, and has no copy any more. */
int	job_start(struct job *, struct program_plan *, struct err *);
/* `why`: for its end. False: it didn't run. */
bool	job_stop(struct core *, enum job_kind, const char *why);
/* End it, without ended(). */
void	job_drop(struct job *);
/* Let all of it stand still, if it lasts: then held() follows, or its end if it
 * can't be stopped. */
void	job_hold(struct job *);
/* Let it go on, also if it was only about to stand still. */
void	job_go_on(struct job *);
/* The sandbox of one that has ended may still be there: wait until it isn't. */
void	job_wait(struct core *);

#endif
