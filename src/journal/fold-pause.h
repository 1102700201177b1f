/*
 * fold-pause: the pause at a limit of the task, in words.
 */
#ifndef ASSENT_JOURNAL_FOLD_PAUSE_H
#define ASSENT_JOURNAL_FOLD_PAUSE_H

struct buf;
struct fold;
struct task_usage_sum;

int	fold_pause_kind(const struct fold *);	/* or LIMIT_NONE */
/* "the limit on turns is reached: 30 turns of 30 turns". */
void	fold_pause_text(struct buf *, const struct fold *);
/* The amount that an extension adds by default: "30 turns"; or nothing. */
void	fold_pause_step(struct buf *, const struct fold *);
/* Append the limit, the usage so far, and the answers to type. */
void	fold_pause_question(struct buf *, const struct fold *);
/* "12 turns, 34,000 tokens in and 1,200 out, cost $0.42, 2:10 min of work". */
void	fold_used_text(struct buf *, const struct task_usage_sum *);

#endif
