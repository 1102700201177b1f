/*
 * task-stats: what the task has asked of a person and of the model, and what
 * let its
 * changes through; a pure fold of the journal, so that a resumed session counts
 * on.
 */
#ifndef ASSENT_CORE_BUDGET_TASK_STATS_H
#define ASSENT_CORE_BUDGET_TASK_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

struct task_stats;

struct task_stats *task_stats_new(void);
void	task_stats_free(struct task_stats *);
/* Any event. */
void	task_stats_event(struct task_stats *, const cJSON *event);
/*
 * Answers of a person since the task began: decisions on a proposal, words on a
 * plan, commands allowed or not, limits; and the one that `waits` still.  What
 * a rule answered is none, and neither is the second key that an answer took.
 */
int	task_stats_prompts(const struct task_stats *, bool waits);
/* {"person": 2, "yes": 5}: files that were written, by what let them through;
 * the caller deletes. */
cJSON	*task_stats_let_through(const struct task_stats *);
/* The members of each `finding` line since the task began; borrowed. */
const cJSON *task_stats_findings(const struct task_stats *);
/* Hunks that were rejected in this task, and all that were decided. */
int	task_stats_rejected(const struct task_stats *);
int	task_stats_decided(const struct task_stats *);
/* The paths that were written to the real tree in this task. */
const cJSON *task_stats_written(const struct task_stats *);
/* Has a test or a command that the model ran said no since then? */
bool	task_stats_has_failed(const struct task_stats *);
/* Of this task alone; tokens that were not told are -1. */
int	task_stats_turns(const struct task_stats *);
void	task_stats_tokens(const struct task_stats *, int64_t *in, int64_t *out,
	    int64_t *cached);

#endif
