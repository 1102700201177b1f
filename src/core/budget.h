/*
 * budget: the limits on a task: its working time, the pause at a limit, and the
 * user's answers; the fold counts the usage (journal/task-usage.h). Also: the
 * statistics of the task.
 */
#ifndef ASSENT_CORE_BUDGET_H
#define ASSENT_CORE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "base/pathmap.h"
#include "journal/task-usage.h"

struct core;

/* Before a turn: true if the task pauses or ends instead. */
bool	budget_is_over(struct core *);
void	budget_pause(struct core *, enum limit_kind);
/* The user asked to wrap up the task. */
bool	budget_is_wrapped(const struct core *);

/* Start the clock, or stop it while we wait for the user. */
void	budget_clock(struct core *, bool runs);
int64_t	budget_worked_ms(const struct core *);	/* of the task */
void	budget_add_worked(const struct core *, cJSON *fields);

/* Of the current task, but for `ended`; read-only for others. */
struct task_stats {
	int		 answers;	/* the user's: decisions on a proposal,
					   answers to a plan, commands allowed or
					   denied, limits. A rule's decisions don't
					   count, nor does a second key that
					   confirms an answer. */
	cJSON		*accepted_by;	/* {"person": 2, "yes": 5}: files written,
					   by what accepted them */
	int64_t		 since;		/* seq of the message that began it */
	int		 turns;
	int64_t		 in, out, cached;	/* tokens; -1: unknown */
	bool		 ended;		/* the task's last event was agent_end */
	cJSON		*findings;	/* the members of each `finding` line,
					   and of hooks' */
	cJSON		*hooks;		/* the last run of each */
	bool		 failed;	/* a test or command of the model's failed */
	bool		 undoing;	/* the open proposal undoes something */
	int		 accepted, rejected;	/* hunks, except in undo proposals */
	int	 replaced;		/* of those rejected */
	struct pathmap	 accepted_of;	/* struct task_stats_file, of the last
					   decision */
	struct pathmap	 rejected_of;	/* likewise, of all of them */
};

#endif
