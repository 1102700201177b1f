/*
 * phase: the session's state machine.  It is three small ones, since a person
 * may be asked about one thing while the agent does another:
 *
 *   phase   what the agent does: one thing at a time, or nothing
 *   waits   what it has asked a person and not been told yet (a proposal that
 *           is open is the fold's, and may be reviewed in any phase)
 *   stop    why a task ends before the model says that it is done
 *
 *           driver_step(), or a command of a client
 *   IDLE -----------------------------------------> MODEL, RETRY,
 *        <----------------------------------------- TOOL, LOOK, CHECK
 *           its end, or it was stopped
 *
 * In IDLE driver_step() decides what comes next; what waits keeps it there.
 * Only phase.c changes these members; it asserts the rules below, and
 * phase_check() those about what belongs to a phase.
 *
 *   from    may become                why
 *   IDLE    any other                 driver_step(), or a command of a client
 *   MODEL   IDLE                      answered, failed or cancelled
 *           MODEL                     the request is amended and sent again
 *   RETRY   IDLE                      the wait is over or was cut short
 *   TOOL, LOOK, CHECK  IDLE           the worker ended or was stopped
 *
 *   waits   begins                    and ends with
 *   LIMIT   a limit, with a person    extend, wrap or stop
 *   CALL    level none: the next call allow or reject
 *   CHECK   level none: the check     the same
 *   PLAN    the plan was handed in    approve, edit or return
 *   all of them end with the task.
 */
#ifndef ASSENT_CORE_PHASE_H
#define ASSENT_CORE_PHASE_H

#include <assert.h>

#ifdef NDEBUG
#error "assertions stay on: they hold the invariants"
#endif

struct core;

enum core_phase {
	PHASE_IDLE,
	PHASE_MODEL,	/* a request is under way */
	PHASE_RETRY,	/* waiting to ask the model again */
	PHASE_TOOL,	/* a worker runs a tool call */
	PHASE_LOOK,	/* a program looks at the project (inspect.c) */
	PHASE_CHECK,	/* a worker runs the success check; decisions may come */
};
#define IN(phase)	(1u << (phase))

enum core_wait {	/* bits: one may be asked while another is open */
	WAIT_LIMIT	= 1u << 0,	/* the task is paused at a limit */
	WAIT_CALL	= 1u << 1,	/* may the next call run? */
	WAIT_CHECK	= 1u << 2,	/* may the success check run? */
	WAIT_PLAN	= 1u << 3,	/* is the plan approved? */
};
#define WAIT_COMMAND	(WAIT_CALL | WAIT_CHECK)

enum core_stop {	/* of two, the later one here is told */
	STOP_NONE,
	STOP_LIMIT,
	STOP_PROVIDER,
	STOP_INTERRUPT,
};

void	phase_set(struct core *, enum core_phase);
void	phase_wait(struct core *, enum core_wait);	/* a person is asked */
void	phase_answered(struct core *, unsigned waits);	/* or need not answer */
void	phase_stop(struct core *, enum core_stop);	/* the task ends */
/* Assert what belongs together, between two steps of the driver. */
void	phase_check(const struct core *);

#endif
