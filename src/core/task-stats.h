/*
 * task-stats: counts the questions to the user and the model's work in a task,
 * and what accepted its changes; a pure fold of the journal, so that a resumed
 * session keeps counting.
 */
#ifndef ASSENT_CORE_TASK_STATS_H
#define ASSENT_CORE_TASK_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/pathmap.h"

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

struct task_stats *task_stats_new(void);
void	task_stats_free(struct task_stats *);
/* Read any event. */
void	task_stats_event(struct task_stats *, const cJSON *event);

#endif
