/*
 * task-stats: counts the questions to the user and the model's work in a task,
 * and what accepted its changes; a pure fold of the journal, so that a resumed
 * session keeps counting.
 */
#ifndef ASSENT_CORE_BUDGET_TASK_STATS_H
#define ASSENT_CORE_BUDGET_TASK_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

struct task_stats;

struct task_stats *task_stats_new(void);
void	task_stats_free(struct task_stats *);
/* Read any event. */
void	task_stats_event(struct task_stats *, const cJSON *event);
/*
 * The user's answers since the task began: decisions on a proposal, answers to
 * a plan, commands allowed or denied, limits; plus one if `waits`: a question
 * is open. A rule's decisions don't count, nor does a second key that confirms
 * an answer.
 */
int	task_stats_prompts(const struct task_stats *, bool waits);
/* {"person": 2, "yes": 5}: files written, by what accepted them; the caller
 * deletes. */
cJSON	*task_stats_accepted_by(const struct task_stats *);
/* The members of each `finding` line since the task began; borrowed. */
const cJSON *task_stats_findings(const struct task_stats *);
/* Hunks rejected in this task, and all that were decided. */
int	task_stats_rejected(const struct task_stats *);
int	task_stats_decided(const struct task_stats *);
/* The paths that were written to the real tree in this task. */
const cJSON *task_stats_written(const struct task_stats *);
/* Has a test or a command that the model ran failed since then? */
bool	task_stats_has_failed(const struct task_stats *);
/* For this task alone; unknown tokens are -1. */
int	task_stats_turns(const struct task_stats *);
void	task_stats_tokens(const struct task_stats *, int64_t *in, int64_t *out,
	    int64_t *cached);

#endif
