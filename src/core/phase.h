/*
 * phase: the session's state machine.  It consists of four small ones, since
 * a question to the user can be open while the agent does something else:
 *
 *   task    whether a task runs, and how the last one ended
 *   phase   what the agent is doing: one thing at a time, or nothing
 *   waits   the open questions to the user (the open proposal belongs to the
 *           fold instead, and can be reviewed in any phase)
 *   stop    why a task ends before the model says that it is done
 *
 *           driver_step(), or a command of a client
 *   IDLE -----------------------------------------> MODEL, RETRY,
 *        <----------------------------------------- TOOL, LOOK, CHECK, HOOK
 *           it ended, or was stopped
 *
 * In IDLE driver_step() chooses the next step; an open question keeps it in
 * IDLE.  Only phase.c changes these members, and it asserts the rules below.
 * phase_check() asserts which members belong to a phase.
 *
 *   from    may become                why
 *   IDLE    any other                 driver_step(), or a command of a client
 *   MODEL   IDLE                      answered, failed or cancelled
 *           MODEL                     the request is amended and sent again
 *   RETRY   IDLE                      the wait is over or was cut short
 *   TOOL, LOOK, CHECK  IDLE           the worker ended or was stopped
 *   HOOK    IDLE                      the event's hooks have ended
 *
 *   waits   begins                    and ends with
 *   LIMIT   a limit, with a user      extend, wrap or stop
 *   CALL    level none, or a hook: the
 *           next call                 allow or reject
 *   CHECK   level none: the check     the same
 *   PLAN    the plan was proposed     approve, edit or return
 *   The end of the task ends all of them.
 *
 *   task    may become                why
 *   NONE    any                       a message; a resumed session
 *   RUNS    ENDED, STOPPED            agent_end
 *   ENDED   RUNS                      a message
 *           STOPPED                   you approved the plan that it left
 *   STOPPED RUNS                      a message continues with its plan
 *           ENDED                     a new conversation
 */
#ifndef ASSENT_CORE_PHASE_H
#define ASSENT_CORE_PHASE_H

#include <assert.h>
#include <stdbool.h>

#ifdef NDEBUG
#error "assertions stay on: they hold the invariants"
#endif

struct core;

enum core_task_state {
	TASK_NONE,	/* none so far */
	TASK_RUNS,
	TASK_ENDED,	/* the next one plans anew */
	TASK_STOPPED,	/* early: the next one continues an approved plan */
};

enum core_phase {
	PHASE_IDLE,
	PHASE_MODEL,	/* a request is under way */
	PHASE_RETRY,	/* waiting before the next attempt */
	PHASE_TOOL,	/* a worker runs a tool call */
	PHASE_LOOK,	/* a program inspects the project (inspect.c) */
	PHASE_CHECK,	/* a worker runs the success check; the user may decide
			   meanwhile; or the command of --require */
	PHASE_HOOK,	/* the user's hooks of an event run, one by one
			   (hook.h) */
};
#define IN(phase)	(1u << (phase))

enum core_wait {	/* bits: several questions may be open at once */
	WAIT_LIMIT	= 1u << 0,	/* the task is paused at a limit */
	WAIT_CALL	= 1u << 1,	/* may the next call run? Without a
					   sandbox, or since a hook asks */
	WAIT_CHECK	= 1u << 2,	/* may the success check run? */
	WAIT_PLAN	= 1u << 3,	/* is the plan approved? */
};
#define WAIT_COMMAND	(WAIT_CALL | WAIT_CHECK)

enum core_stop {	/* in order: the highest one counts */
	STOP_NONE,
	STOP_UNMET,	/* what --require asks for */
	STOP_LIMIT,
	STOP_PROVIDER,
	STOP_INTERRUPT,
};

/* Of one that begins, nothing ends it yet. */
void	phase_task(struct core *, enum core_task_state);
bool	phase_has_task(const struct core *);	/* one runs */
void	phase_set(struct core *, enum core_phase);
void	phase_wait(struct core *, enum core_wait);	/* ask the user */
void	phase_answered(struct core *, unsigned waits);	/* or no longer
							   needed */
void	phase_stop(struct core *, enum core_stop);	/* end the task */
/* Assert the rules between the phases and the members, between two driver
 * steps. */
void	phase_check(const struct core *);

#endif
